import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, splitApiVersion } from '../../src/kinds/manifest.ts'
import { asVariable, checkFor, kindChecks } from '../../src/kustomize/expressions.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const of = (apiVersion: string, kind: string): ObjectRef => ({ ...splitApiVersion(apiVersion), kind, namespace: 'apps', name: 'x' })
const checks = kindChecks({
  spec: {
    healthCheckExprs: [
      { apiVersion: 'batch/v1', kind: 'Job', current: 'true' },
      { apiVersion: 'v1', kind: 'Job', current: 'true' },
      { apiVersion: 'batch/v2', kind: 'Job', current: 'false' },
      { apiVersion: 'example.com/v1', kind: 'Gadget', current: 'true' },
    ],
  },
} as unknown as KustomizationObject)

const table: [BehaviourId, says: string, ref: ObjectRef, impersonates: boolean, index: number | undefined][] = [
  ['kustomization/H28', 'the first of a group and kind', of('example.com/v9', 'Gadget'), false, 3],
  ['kustomization/H28', 'another group has none', of('v1', 'Gadget'), false, undefined],
  ['kustomization/H28', 'a Job of another group is no Job', of('v1', 'Job'), false, 1],
  ['kustomization/H29.2', 'a Job has a rule of its own', of('batch/v1', 'Job'), false, undefined],
  ['kustomization/H29.3', 'but for a run that impersonates, or goes elsewhere', of('batch/v1', 'Job'), true, 0],
]
for (const [id, says, ref, impersonates, index] of table)
  verifies(id, `which expressions judge an object: ${says}`, () => assert.equal(checkFor(ref, checks, { impersonates })?.index, index))

const typed: [says: string, spec: JsonObject, seen: JsonObject][] = [
  ['durations are as Go prints them', { interval: '90m', timeout: '500ms' }, { interval: '1h30m0s', timeout: '500ms' }],
  ['what is empty is absent', { suspend: false, path: '', images: [], targetNamespace: null }, {}],
  ['prune is always there', { prune: false }, { prune: false }],
  [
    'keys of the user are kept as they are',
    { postBuild: { substitute: { interval: '1h', empty: '' } }, commonMetadata: { labels: {}, annotations: { a: '' } } },
    { postBuild: { substitute: { interval: '1h', empty: '' } }, commonMetadata: { annotations: { a: '' } } },
  ],
  [
    'items of lists are typed too',
    { dependsOn: [{ name: 'a', namespace: '' }], components: ['x'], patches: [{ patch: '', target: { name: '' } }] },
    { dependsOn: [{ name: 'a' }], components: ['x'], patches: [{ patch: '', target: {} }] },
  ],
]
const object = (spec: JsonObject, status?: JsonObject): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'a', namespace: 'apps' },
  spec,
  ...(status ? { status } : {}),
})
for (const [says, spec, seen] of typed) test(`as a variable: ${says}`, () => assert.deepEqual(asVariable(object(spec), 'dep').spec, seen))

test('as a variable: only the object itself says what it is, and conditions keep empty messages', () => {
  const { apiVersion, kind, metadata } = object({})
  const status = {
    observedGeneration: 0,
    conditions: [{ type: 'Ready', status: 'True', reason: 'x', message: '' }],
    inventory: { entries: [] },
  }
  const seen = {
    metadata: { creationTimestamp: null, ...metadata },
    spec: {},
    status: { conditions: status.conditions, inventory: { entries: [] } },
  }
  assert.deepEqual(asVariable(object({}, status), 'dep'), seen)
  assert.deepEqual(asVariable(object({}, status), 'self'), { apiVersion, kind, ...seen })
})
