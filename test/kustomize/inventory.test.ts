import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { entryOf, refOfEntry, stale } from '../../src/kustomize/inventory.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { config, object } from './objects.ts'

const written: [id: BehaviourId, object: KubeObject, inventoryId: string, v: string][] = [
  ['kustomization/I1', object('v1 Service', { namespace: 'default', name: 'podinfo' }), 'default_podinfo__Service', 'v1'],
  ['kustomization/I2', object('apps/v1 Deployment', { namespace: 'default', name: 'podinfo' }), 'default_podinfo_apps_Deployment', 'v1'],
  [
    'kustomization/I3',
    object('autoscaling/v2 HorizontalPodAutoscaler', { namespace: 'default', name: 'podinfo' }),
    'default_podinfo_autoscaling_HorizontalPodAutoscaler',
    'v2',
  ],
  ['kustomization/I4', object('v1 Namespace', { name: 'test' }), '_test__Namespace', 'v1'],
  [
    'kustomization/I12',
    object('rbac.authorization.k8s.io/v1 ClusterRole', { name: 'system:aggregate:x' }),
    '_system__aggregate__x_rbac.authorization.k8s.io_ClusterRole',
    'v1',
  ],
]
for (const [id, of, inventoryId, v] of written)
  verifies(id, `${of.kind} ${of.metadata.name} is written as ${inventoryId}`, () => assert.deepEqual(entryOf(of), { id: inventoryId, v }))

const rbac = 'rbac.authorization.k8s.io'
const read: [id: BehaviourId, inventoryId: string, ref: Partial<ObjectRef> | undefined][] = [
  ['kustomization/I5', '_test-name_apps_ReplicaSet', { name: 'test-name', group: 'apps', kind: 'ReplicaSet' }],
  [
    'kustomization/I6',
    `test-namespace_kubeadm__nodes-kubeadm-config_${rbac}_Role`,
    { namespace: 'test-namespace', name: 'kubeadm:nodes-kubeadm-config', group: rbac, kind: 'Role' },
  ],
  [
    'kustomization/I7',
    `test-namespace_system____leader-locking-kube-scheduler_${rbac}_Role`,
    { namespace: 'test-namespace', name: 'system::leader-locking-kube-scheduler', group: rbac, kind: 'Role' },
  ],
  [
    'kustomization/I8',
    `test-namespace___leader-locking-kube-scheduler_${rbac}_ClusterRole`,
    { namespace: 'test-namespace', name: ':leader-locking-kube-scheduler', group: rbac, kind: 'ClusterRole' },
  ],
  [
    'kustomization/I9',
    `test-namespace_leader-locking-kube-scheduler___${rbac}_RoleBinding`,
    { namespace: 'test-namespace', name: 'leader-locking-kube-scheduler:', group: rbac, kind: 'RoleBinding' },
  ],
  ['kustomization/I10.1', '_test-name_apps', undefined],
  ['kustomization/I10.2', 'test-name', undefined],
  ['kustomization/I10.3', 'ns_test-name_apps_foo_Deployment', undefined],
]
for (const [id, inventoryId, ref] of read)
  verifies(id, `${inventoryId} ${ref ? `names ${ref.kind} ${ref.name}` : 'names nothing'}`, () =>
    assert.deepEqual(refOfEntry({ id: inventoryId, v: 'v1' }), ref && { ...ref, version: 'v1' }),
  )

verifies('kustomization/I11', 'what the old inventory has and the new one lacks is stale, whatever its version', () => {
  const [ns, one, two] = [object('v1 Namespace', { name: 'n' }), config('n', 'test1'), config('n', 'test2')].map(o => entryOf(o))
  assert.ok(ns && one && two)
  assert.deepEqual(stale({ entries: [ns, one, two] }, { entries: [ns, { ...one, v: 'v2' }] }), [two])
  assert.deepEqual(stale(undefined, { entries: [ns] }), [])
})

test('every object is found again by its entry', () => {
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/)
  const group = fc.constantFrom('', 'apps', 'example.com', rbac)
  const kind = fc.constantFrom('ConfigMap', 'Deployment', 'Role', 'ClusterRoleBinding')
  fc.assert(
    fc.property(name, fc.option(name, { nil: undefined }), group, kind, fc.boolean(), (base, namespace, of, k, colon) => {
      const ref: ObjectRef = {
        group: of,
        version: 'v1',
        kind: k,
        name: colon && of === rbac && k !== 'ConfigMap' && k !== 'Deployment' ? `system:${base}` : base,
        ...(namespace ? { namespace } : {}),
      }
      assert.deepEqual(refOfEntry(entryOf(ref)), ref)
    }),
  )
})
