import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import { applyOrder, stages } from '../../src/engine/apply-order.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'

const object = (apiVersion: string, kind: string, name = 'x', namespace?: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
})
const print = ({ apiVersion, kind, metadata }: KubeObject): string => `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`

/** In the order of the specification. */
const ordered = [
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
  object('v1', 'Namespace'),
  object('cluster.x-k8s.io/v1beta1', 'ClusterClass'),
  object('node.k8s.io/v1', 'RuntimeClass'),
  object('scheduling.k8s.io/v1', 'PriorityClass'),
  object('storage.k8s.io/v1', 'StorageClass'),
  object('snapshot.storage.k8s.io/v1', 'VolumeSnapshotClass'),
  object('networking.k8s.io/v1', 'IngressClass'),
  object('gateway.networking.k8s.io/v1', 'GatewayClass'),
  object('v1', 'ResourceQuota'),
  object('v1', 'ServiceAccount'),
  object('rbac.authorization.k8s.io/v1', 'Role'),
  object('rbac.authorization.k8s.io/v1', 'ClusterRole'),
  object('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'),
  object('v1', 'ConfigMap', 'b', 'a'),
  object('v1', 'ConfigMap', 'a', 'b'),
  object('v1', 'ConfigMap', 'b', 'b'),
  object('v1', 'Secret'),
  object('v1', 'Service'),
  object('v1', 'LimitRange'),
  object('a.example/v1', 'Deployment'),
  object('apps/v1', 'Deployment'),
  object('apps/v1', 'StatefulSet'),
  object('batch/v1', 'CronJob'),
  object('policy/v1', 'PodDisruptionBudget'),
  object('v1', 'Pod'),
  object('a.example/v1', 'Zed'),
  object('b.example/v1', 'Abc'),
  object('b.example/v1', 'FooClass'),
  object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'),
  object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'),
]

test('any order becomes that of the kinds, then group, kind, namespace and name', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), objects =>
      assert.deepEqual(applyOrder(objects).map(print), ordered.map(print)),
    ),
  )
})

test('the input stays as it is', () => {
  const objects = ordered.toReversed()
  const before = [...objects]
  applyOrder(objects)
  stages(objects)
  assert.deepEqual(objects, before)
})

test('stages are definitions, classes and the rest, each in order', () => {
  const staged = stages(ordered.toReversed())
  assert.deepEqual(staged.definitions.map(print), ordered.slice(0, 2).map(print))
  assert.deepEqual(
    staged.classes.map(o => o.kind),
    ['ClusterClass', 'RuntimeClass', 'PriorityClass', 'StorageClass', 'VolumeSnapshotClass', 'IngressClass', 'GatewayClass', 'FooClass'],
  )
  assert.equal(staged.definitions.length + staged.classes.length + staged.rest.length, ordered.length)
})

const placed: [object: KubeObject, stage: 'definitions' | 'classes' | 'rest'][] = [
  [object('example/v1', 'Namespace'), 'rest'],
  [object('example/v1', 'CustomResourceDefinition'), 'rest'],
  [object('apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition'), 'definitions'],
  [object('example/v1', 'Class'), 'classes'],
  [object('example/v1', 'Classroom'), 'rest'],
  [object('rbac.authorization.k8s.io/v1', 'ClusterRole'), 'rest'],
]
for (const [given, stage] of placed) test(`${print(given)} is one of the ${stage}`, () => assert.deepEqual(stages([given])[stage], [given]))

test('nothing has empty stages', () => assert.deepEqual(stages([]), { definitions: [], classes: [], rest: [] }))
