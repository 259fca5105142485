import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asksForRun } from '../../src/engine/triggers.ts'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { wokenBy } from '../../src/kustomize/triggers.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { verifies } from '../conformance/verifies.ts'

const source = (revision: string | undefined, { digest = 'sha256:0', namespace = 'apps' } = {}): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { name: 'src', namespace },
  status: revision === undefined ? {} : { artifact: { url: 'http://x', revision, digest } },
})
const condition = (type: string, status: string): JsonObject => ({ type, status, reason: 'r', message: 'm' })
const ks = (name: string, spec: JsonObject = {}, status: JsonObject = {}): KustomizationObject =>
  ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps' },
    spec: { interval: '2m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'src' }, ...spec },
    status,
  }) as unknown as KustomizationObject
const woken = (before: KubeObject | undefined, after: KubeObject, ...all: KustomizationObject[]): string[] =>
  wokenBy({ before, after }, all).map(k => k.metadata.name)
const readyAt = (revision: string, ...more: JsonObject[]): JsonObject => ({
  lastAttemptedRevision: revision,
  conditions: [condition('Ready', 'True'), ...more],
})

verifies('kustomization/C16', 'another digest under the same revision wakes nobody', () => {
  assert.deepEqual(woken(source('v1'), source('v1', { digest: 'sha256:1' }), ks('a')), [])
})

const table: [says: string, before: KubeObject | undefined, after: KubeObject, ks: KustomizationObject, wakes: boolean][] = [
  ['a first artifact', source(undefined), source('v1'), ks('a'), true],
  ['a source seen for the first time', undefined, source('v1'), ks('a'), true],
  ['a source without artifact', undefined, source(undefined), ks('a'), false],
  ['an artifact that goes', source('v1'), source(undefined), ks('a'), false],
  ['another revision', source('v1'), source('v2'), ks('a', {}, readyAt('v1')), true],
  ['a revision it is ready at', source('v1'), source('v2'), ks('a', {}, readyAt('v2')), false],
  ['a revision it tries again', source('v1'), source('v2'), ks('a', {}, readyAt('v2', condition('Reconciling', 'True'))), true],
  ['a revision it stalled at', source('v1'), source('v2'), ks('a', {}, readyAt('v2', condition('Stalled', 'True'))), true],
  ['a source of another name', source('v1'), source('v2'), ks('a', { sourceRef: { kind: 'OCIRepository', name: 'other' } }), false],
  ['a source of another kind', source('v1'), source('v2'), ks('a', { sourceRef: { kind: 'Bucket', name: 'src' } }), false],
  ['a source of another namespace', source('v1', { namespace: 'infra' }), source('v2', { namespace: 'infra' }), ks('a'), false],
  [
    'a source elsewhere that it names',
    source('v1', { namespace: 'infra' }),
    source('v2', { namespace: 'infra' }),
    ks('a', { sourceRef: { kind: 'OCIRepository', name: 'src', namespace: 'infra' } }),
    true,
  ],
]
for (const [says, before, after, one, wakes] of table)
  test(`${says} ${wakes ? 'wakes' : 'does not wake'} a Kustomization`, () =>
    assert.deepEqual(woken(before, after, one), wakes ? ['a'] : []))

const on = (...names: string[]): JsonObject => ({ dependsOn: names.map(name => ({ name })) })

test('those that others depend on are woken first', () => {
  assert.deepEqual(woken(source('v1'), source('v2'), ks('c', on('b')), ks('b', on('a', 'elsewhere')), ks('a')), ['a', 'b', 'c'])
})

test('dependencies in a circle wake nobody', () => {
  assert.deepEqual(woken(source('v1'), source('v2'), ks('a', on('b')), ks('b', on('a')), ks('c')), [])
})

const object = (metadata: JsonObject, status: JsonObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'A',
  metadata: { name: 'a', uid: 'u', generation: 1, ...metadata },
  status,
})
const requested = (token: string): JsonObject => ({ annotations: { 'reconcile.fluxcd.io/requestedAt': token } })
const changes: [says: string, before: KubeObject | undefined, after: KubeObject, asks: boolean][] = [
  ['a new object', undefined, object({}), true],
  ['an object made anew', object({}), object({ uid: 'v' }), true],
  ['another spec', object({}), object({ generation: 2 }), true],
  ['a first request', object({}), object(requested('1')), true],
  ['another request', object(requested('1')), object(requested('2')), true],
  ['a request taken back', object(requested('1')), object({}), false],
  ['a deletion that begins', object({}), object({ deletionTimestamp: 'now' }), true],
  ['a deletion that goes on', object({ deletionTimestamp: 'now' }), object({ deletionTimestamp: 'now', finalizers: [] }), false],
  ['another status', object({}), object({}, { observedGeneration: 1 }), false],
  ['another label', object({}), object({ labels: { a: 'b' } }), false],
]
for (const [says, before, after, asks] of changes)
  test(`${says} ${asks ? 'asks' : 'does not ask'} for a run`, () => assert.equal(asksForRun(before, after), asks))
