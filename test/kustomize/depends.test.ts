import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact } from '../../src/kinds/artifact.ts'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { dependencies, notReady } from '../../src/kustomize/depends.ts'
import { timeoutMs } from '../../src/kustomize/timing.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { verifies } from '../conformance/verifies.ts'

const ks = (spec: JsonObject, status?: JsonObject): KustomizationObject =>
  ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'a', namespace: 'apps', generation: 3 },
    spec: { interval: '2m', prune: true, sourceRef: { kind: 'GitRepository', name: 'src' }, ...spec },
    ...(status ? { status } : {}),
  }) as unknown as KustomizationObject

for (const [id, spec, expected] of [
  ['kustomization/C8.1', { interval: '2m' }, 90_000],
  ['kustomization/C8.2', { interval: '20s' }, 30_000],
  ['kustomization/C8.3', { timeout: '5s' }, 30_000],
] as const)
  verifies(id, `the timeout of ${JSON.stringify(spec)} is ${expected} ms`, () => assert.equal(timeoutMs(ks(spec).spec), expected))

const artifact = { url: 'http://x', revision: 'main@sha1:2', digest: 'sha256:0' } as unknown as Artifact
const condition = (type: string, status: string): JsonObject => ({ type, status, reason: 'r', message: 'm' })
const fine = { observedGeneration: 3, conditions: [condition('Ready', 'True')], lastAppliedRevision: 'main@sha1:2' }

const table: [says: string, found: KubeObject | undefined, why: string | undefined][] = [
  ['one that is not there', undefined, 'not found: kustomizations.kustomize.toolkit.fluxcd.io "b" not found'],
  ['one without status', ks({}), 'is not ready'],
  ['one without conditions', ks({}, { ...fine, conditions: [] }), 'is not ready'],
  ['one whose generation is not observed', ks({}, { ...fine, observedGeneration: 2 }), 'is not ready'],
  ['one that was never applied', ks({}, { ...fine, observedGeneration: -1 }), 'is not ready'],
  ['one that is not Ready', ks({}, { ...fine, conditions: [condition('Ready', 'False')] }), 'is not ready'],
  ['one whose Ready is unknown', ks({}, { ...fine, conditions: [condition('Ready', 'Unknown')] }), 'is not ready'],
  ['one that is healthy but says nothing of Ready', ks({}, { ...fine, conditions: [condition('Healthy', 'True')] }), 'is not ready'],
  ['one behind on the same source', ks({}, { ...fine, lastAppliedRevision: 'main@sha1:1' }), 'revision is not up to date'],
  ['one that applied nothing of the same source', ks({}, { ...fine, lastAppliedRevision: undefined }), 'revision is not up to date'],
  ['one ready at the revision', ks({}, fine), undefined],
  ['a suspended one, by what it last said', ks({ suspend: true }, fine), undefined],
  [
    'one behind on a source of another kind',
    ks({ sourceRef: { kind: 'OCIRepository', name: 'src' } }, { ...fine, lastAppliedRevision: 'v1' }),
    undefined,
  ],
  [
    'one behind on a source of another namespace',
    ks({ sourceRef: { kind: 'GitRepository', name: 'src', namespace: 'infra' } }, { ...fine, lastAppliedRevision: 'v1' }),
    undefined,
  ],
  [
    'one behind on the same source, named with its namespace',
    ks({ sourceRef: { kind: 'GitRepository', name: 'src', namespace: 'apps' } }, { ...fine, lastAppliedRevision: 'v1' }),
    'revision is not up to date',
  ],
]
const ref = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: 'infra', name: 'b' }
for (const [says, found, why] of table)
  test(`a dependency: ${says}`, () =>
    assert.equal(notReady(ks({}), { ref, found }, artifact), why === undefined ? undefined : `dependency 'infra/b' ${why}`))

test('a dependency that cannot be read says why', () => {
  assert.equal(notReady(ks({}), { ref, found: undefined, unread: 'forbidden' }, artifact), "dependency 'infra/b' not found: forbidden")
})

test('dependencies are in the namespace of their dependant unless they say otherwise', () => {
  const refs = dependencies(ks({ dependsOn: [{ name: 'x' }, { name: 'y', namespace: 'infra' }] }))
  assert.deepEqual(
    refs.map(r => `${r.namespace}/${r.name}`),
    ['apps/x', 'infra/y'],
  )
})
