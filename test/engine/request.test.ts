import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  holdOf,
  isSuspended,
  revisionOf,
  runPatch,
  settledVerdict,
  stateOf,
  suspendPatch,
  unsettledVerdict,
} from '../../src/engine/request.ts'
import { conditionsOf, type KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'

const token = '2026-01-01T00:00:00.000Z'
type Said = [type: string, status: string, reason: string]
const at = '2026-01-01T00:00:00Z'

function object(kind: string, conditions: Said[], more: { status?: JsonObject; spec?: JsonObject; apiVersion?: string } = {}): KubeObject {
  return {
    apiVersion: more.apiVersion ?? 'kustomize.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'x', namespace: 'flux-system', generation: 2 },
    spec: more.spec ?? {},
    status: {
      observedGeneration: 2,
      lastHandledReconcileAt: token,
      conditions: conditions.map(([type, status, reason]) => ({
        type,
        status,
        reason,
        message: `${reason} it is`,
        lastTransitionTime: at,
      })),
      ...more.status,
    },
  }
}

const ks = (...conditions: Said[]): KubeObject => object('Kustomization', conditions)
const hr = (...conditions: Said[]): KubeObject => object('HelmRelease', conditions)
const retrying: Said = ['Reconciling', 'True', 'ProgressingWithRetry']
const running: Said = ['Reconciling', 'True', 'Progressing']
const verdicts: [says: string, seen: KubeObject, verdict: string | undefined][] = [
  ['ready at the new generation', ks(['Ready', 'True', 'ReconciliationSucceeded']), 'Ready'],
  ['ready, while the next run goes on', ks(['Ready', 'True', 'ReconciliationSucceeded'], running), undefined],
  ['ready of an earlier generation', object('Kustomization', [['Ready', 'True', 'x']], { status: { observedGeneration: 1 } }), undefined],
  ['a failed run that will be retried', ks(['Ready', 'False', 'BuildFailed'], retrying), 'Failed'],
  [
    'a failed run, its object not observed',
    object('Kustomization', [['Ready', 'False', 'x']], { status: { observedGeneration: 1 } }),
    'Failed',
  ],
  ['a run that goes on', ks(['Ready', 'Unknown', 'Progressing'], running), undefined],
  ['no condition at all', ks(), undefined],
  ['stalled', ks(['Stalled', 'True', 'AccessDenied'], ['Ready', 'False', 'AccessDenied']), 'Stalled'],
  [
    'stalled before the controller took the request',
    object('HelmRelease', [['Stalled', 'True', 'RetriesExceeded']], { status: { lastHandledReconcileAt: 'before' } }),
    undefined,
  ],
  [
    'ready before the controller took the request',
    object('Kustomization', [['Ready', 'True', 'x']], { status: { lastHandledReconcileAt: 'before' } }),
    undefined,
  ],
  [
    'stalled of an earlier generation',
    object('Kustomization', [['Stalled', 'True', 'AccessDenied']], { status: { observedGeneration: 1 } }),
    undefined,
  ],
  ['suspended meanwhile', object('Kustomization', [['Ready', 'True', 'x']], { spec: { suspend: true } }), 'Suspended'],
  ['a release whose upgrade failed and that remediates', hr(['Ready', 'False', 'UpgradeFailed'], running), undefined],
  ['a release that rolled back and tries again', hr(['Ready', 'False', 'RollbackSucceeded'], retrying), undefined],
  ['a release whose test failed, at rest', hr(['Ready', 'False', 'TestFailed']), 'Failed'],
  ['a release out of retries', hr(['Stalled', 'True', 'RetriesExceeded'], ['Ready', 'False', 'InstallFailed']), 'Stalled'],
  ['a release that waits for a dependency', hr(['Ready', 'False', 'DependencyNotReady'], running), 'Failed'],
  ['a release whose chart is not there', hr(['Ready', 'False', 'SourceNotReady'], running), 'Failed'],
]
for (const [says, seen, verdict] of verdicts)
  test(`${says} is ${verdict ?? 'no end yet'}`, () => assert.equal(settledVerdict(seen, { token })?.verdict, verdict))

const first = object('Kustomization', [['Ready', 'False', 'BuildFailed'], retrying], { status: { lastHandledReconcileAt: 'before' } })
const late: [says: string, seen: KubeObject | undefined, verdict: string][] = [
  ['an object that nobody touched', first, 'NotHandled'],
  ['an object that is gone', undefined, 'TimedOut'],
  ['an object whose request was taken', ks(['Ready', 'Unknown', 'Progressing'], running), 'TimedOut'],
  [
    'an object in a run that began before',
    object('Kustomization', [['Ready', 'Unknown', 'Progressing'], running], { status: { lastHandledReconcileAt: 'before' } }),
    'TimedOut',
  ],
]
for (const [says, seen, verdict] of late)
  test(`when the time is up, ${says} is ${verdict}`, () => assert.equal(unsettledVerdict(seen, { token, first }).verdict, verdict))

test('an object in the same run as at the request is taken for busy, not for forgotten', () => {
  const busy = object('Kustomization', [['Ready', 'Unknown', 'Progressing'], running], { status: { lastHandledReconcileAt: 'before' } })
  assert.deepEqual(unsettledVerdict(busy, { token, first: busy }), {
    verdict: 'TimedOut',
    reason: 'Progressing',
    message: 'Progressing it is',
    revision: undefined,
  })
})

const revisions: [kind: string, status: JsonObject, revision: string | undefined][] = [
  ['Kustomization', { lastAppliedRevision: 'main@sha1:a', lastAttemptedRevision: 'main@sha1:b' }, 'main@sha1:a'],
  ['Kustomization', { lastAttemptedRevision: 'main@sha1:b' }, undefined],
  ['GitRepository', { artifact: { revision: 'main@sha1:a' } }, 'main@sha1:a'],
  [
    'HelmRelease',
    {
      history: [
        { chartVersion: '2.0.0', status: 'failed' },
        { chartVersion: '1.0.0', status: 'deployed' },
      ],
    },
    '1.0.0',
  ],
  ['HelmRelease', { history: [{ chartVersion: '2.0.0', status: 'failed' }], lastAttemptedRevision: '2.0.0' }, undefined],
  ['ImagePolicy', { latestRef: { name: 'ghcr.io/a/b', tag: '1.2.3' } }, '1.2.3'],
  ['ImagePolicy', { latestImage: 'ghcr.io/a/b:1.2.3' }, 'ghcr.io/a/b:1.2.3'],
  ['ImageRepository', { lastScanResult: { tagCount: 2, latestTags: ['1.1.0', '1.0.0'] } }, '1.1.0'],
  ['ImageUpdateAutomation', { lastPushCommit: 'abc' }, 'abc'],
]
for (const [kind, status, revision] of revisions)
  test(`the revision in effect of a ${kind} with ${Object.keys(status).join(', ')} is ${revision ?? 'none yet'}`, () =>
    assert.equal(revisionOf(object(kind, [], { status })), revision))

const operator = 'fluxcd.controlplane.io'
const instance = (annotation?: string): KubeObject => ({
  apiVersion: `${operator}/v1`,
  kind: 'FluxInstance',
  metadata: { name: 'flux', annotations: annotation === undefined ? {} : { [`${operator}/reconcile`]: annotation } },
})

test("the Flux Operator's kinds are held by an annotation, all others by spec.suspend", () => {
  assert.ok(isSuspended(instance('disabled')) && !isSuspended(instance('enabled')) && !isSuspended(instance()))
  assert.equal(stateOf(instance('disabled')), 'suspended')
  assert.match(holdOf(instance('disabled')), /annotation fluxcd\.controlplane\.io\/reconcile is disabled/)
  assert.deepEqual(suspendPatch(operator, false), { metadata: { annotations: { [`${operator}/reconcile`]: 'enabled' } } })
  assert.deepEqual(suspendPatch('helm.toolkit.fluxcd.io', true), { spec: { suspend: true } })
  const annotated = { ...ks(['Ready', 'True', 'x']), metadata: { name: 'x', annotations: { [`${operator}/reconcile`]: 'disabled' } } }
  assert.ok(!isSuspended(annotated), 'the annotation means nothing on other kinds')
})

test('force and reset carry the token of the request, and only when asked for', () => {
  const annotations = (once: Parameters<typeof runPatch>[1]): unknown => (runPatch(token, once).metadata as JsonObject).annotations
  const base = { 'reconcile.fluxcd.io/requestedAt': token }
  assert.deepEqual(annotations({}), base)
  assert.deepEqual(annotations({ force: true }), { ...base, 'reconcile.fluxcd.io/forceAt': token })
  assert.deepEqual(annotations({ force: true, reset: true }), {
    ...base,
    'reconcile.fluxcd.io/forceAt': token,
    'reconcile.fluxcd.io/resetAt': token,
  })
})

const states: [seen: KubeObject, state: string][] = [
  [ks(['Ready', 'True', 'x']), 'ready'],
  [ks(['Ready', 'True', 'x'], running), 'reconciling'],
  [ks(['Ready', 'False', 'x'], retrying), 'failing'],
  [ks(['Ready', 'Unknown', 'x']), 'reconciling'],
  [ks(['Stalled', 'True', 'x']), 'failing'],
  [ks(), 'unknown'],
  [object('Kustomization', [['Ready', 'True', 'x']], { status: { observedGeneration: 1 } }), 'reconciling'],
  [object('Kustomization', [['Ready', 'False', 'x']], { spec: { suspend: true } }), 'suspended'],
]
for (const [i, [seen, state]] of states.entries())
  test(`a list shows ${JSON.stringify(conditionsOf(seen).map(c => `${c.type}=${c.status}`))} as ${state} (${i})`, () =>
    assert.equal(stateOf(seen), state))
