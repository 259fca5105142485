import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { type ConditionChange, inOrder, withCondition } from '../../src/engine/conditions.ts'
import { failed, type Outcome, ready, stalled, waiting } from '../../src/engine/outcome.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { Artifact } from '../../src/kinds/artifact.ts'
import { type Condition, conditionsOf, type KubeObject } from '../../src/kinds/manifest.ts'
import { progressing } from '../../src/engine/conditions.ts'
import { readyOf, sourceConvention } from '../../src/sources/conditions.ts'
import { newsOf, recovered } from '../../src/sources/news.ts'
import { outcomeOf, SourceProblem } from '../../src/sources/problem.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const now = Date.UTC(2026, 0, 1)
const of = (type: string, status: Condition['status'], reason: string, message = `${reason} of ${type}`): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2025-01-01T00:00:00Z',
  observedGeneration: 1,
})
const object = (conditions: readonly Condition[], annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { name: 'app', namespace: 'apps', generation: 3, annotations },
  spec: { interval: '10m' },
  status: { observedGeneration: 1, conditions: conditions.map(c => ({ ...c })) },
})

/** Conditions as text, status fields and what comes next, after an outcome over an object. */
function settled(before: KubeObject, outcome: Outcome) {
  const at = { now, tookMs: 0, random: 0.5, settings: fluxDefaults }
  const { status, requeueMs, backoff } = sourceConvention.settle(before, outcome, at)
  return { conditions: applied(before, status.conditions ?? []), fields: status.fields, requeueMs, backoff }
}
function applied(before: KubeObject, changes: readonly ConditionChange[]): Record<string, string> {
  const after = changes.reduce((list, change) => withCondition(list, change, { now, generation: 3 }), conditionsOf(before))
  return Object.fromEntries(inOrder(after).map(c => [c.type, `${c.status} ${c.reason}: ${c.message}`]))
}

const stored = of('ArtifactInStorage', 'True', 'Succeeded')
const verified = of('SourceVerified', 'True', 'Verified')
const fetchFailed = of('FetchFailed', 'True', 'AuthenticationFailed')
const storageFailed = of('StorageOperationFailed', 'True', 'ArchiveOperationFailed')
const outdated = of('ArtifactOutdated', 'True', 'NewRevision', 'new index revision')
const reconciling = of('Reconciling', 'True', 'Progressing', 'new index revision')

const summaries: [id: BehaviourId, conditions: Condition[], ready: string][] = [
  ['sources/39', [verified, stored], 'True Succeeded: Succeeded of ArtifactInStorage'],
  [
    'sources/40.1',
    [outdated, fetchFailed, stored, storageFailed],
    'False ArchiveOperationFailed: ArchiveOperationFailed of StorageOperationFailed',
  ],
  ['sources/41', [stored, fetchFailed], 'False AuthenticationFailed: AuthenticationFailed of FetchFailed'],
  [
    'sources/45.1',
    [of('SourceVerified', 'False', 'VerificationError', 'no signature'), reconciling],
    'False VerificationError: no signature',
  ],
]
for (const [id, conditions, expected] of summaries)
  verifies(id, `${conditions.map(c => `${c.type} ${c.status}`).join(', ')} make Ready ${expected}`, () => {
    for (const list of [conditions, conditions.toReversed()]) {
      const change = readyOf(list)
      assert.ok(change && change.status !== 'absent')
      assert.equal(`${change.status} ${change.reason}: ${change.message}`, expected)
    }
  })

verifies('sources/40.2', 'and the pass is tried again', () => {
  const { fields, backoff, requeueMs } = settled(
    object([outdated, fetchFailed, storageFailed]),
    failed('ArchiveOperationFailed', 'disk', { retry: 'backoff' }),
  )
  assert.deepEqual({ fields, backoff, requeueMs }, { fields: {}, backoff: true, requeueMs: undefined })
})
verifies('sources/45.2', 'a signature that was refuted beats a failure to fetch', () => {
  const refuted = of('SourceVerified', 'False', 'VerificationError', 'no signature')
  assert.equal(settled(object([refuted, fetchFailed]), failed('x', 'y')).conditions.Ready, 'False VerificationError: no signature')
})
verifies('sources/42', 'a success that leaves ArtifactOutdated is no success: Ready says so, and it is tried again', () => {
  const { conditions, fields, backoff, requeueMs } = settled(object([outdated]), ready('done'))
  assert.equal(conditions.Ready, 'False NewRevision: new index revision')
  assert.deepEqual({ fields, backoff, requeueMs }, { fields: { observedGeneration: 3 }, backoff: true, requeueMs: undefined })
})
verifies('sources/43', 'an error while reconciling becomes ProgressingWithRetry', () => {
  const { conditions, fields, backoff } = settled(object([outdated, reconciling]), failed('', 'failed to create dir'))
  assert.deepEqual(conditions, {
    Reconciling: 'True ProgressingWithRetry: new index revision',
    Ready: 'False NewRevision: new index revision',
    ArtifactOutdated: 'True NewRevision: new index revision',
  })
  assert.deepEqual([fields, backoff], [{}, true])
})
verifies('sources/44', 'an error that cannot be retried stalls, and Ready stays with the failure to fetch', () => {
  const { conditions, fields, backoff, requeueMs } = settled(object([fetchFailed, reconciling]), stalled('SomeReason', 'some error'))
  assert.deepEqual(conditions, {
    Stalled: 'True SomeReason: some error',
    Ready: 'False AuthenticationFailed: AuthenticationFailed of FetchFailed',
    FetchFailed: 'True AuthenticationFailed: AuthenticationFailed of FetchFailed',
  })
  assert.deepEqual([fields, backoff, requeueMs], [{ observedGeneration: 3 }, undefined, undefined])
})
const requested = { 'reconcile.fluxcd.io/requestedAt': 'now' }
const outcomes: [id: BehaviourId, outcome: Outcome][] = [
  ['sources/46.1', ready('done')],
  ['sources/46.2', failed('x', 'y')],
  ['sources/46.3', stalled('x', 'y')],
  ['sources/46.4', waiting('x', 'y', { retryMs: 1 })],
]
for (const [id, outcome] of outcomes)
  verifies(id, `a request is noted when a pass is ${outcome.is}`, () =>
    assert.equal(settled(object([stored], requested), outcome).fields?.lastHandledReconcileAt, 'now'),
  )
verifies('sources/46.5', 'a request is noted of a suspended object', () =>
  assert.equal(sourceConvention.suspended(object([], requested), { now }).fields?.lastHandledReconcileAt, 'now'),
)
verifies('sources/47', 'an error that may be retried ends a stall', () => {
  const { conditions, backoff } = settled(object([of('Stalled', 'True', 'URLInvalid'), reconciling, fetchFailed]), failed('x', 'y'))
  assert.deepEqual([conditions.Stalled, backoff], [undefined, true])
})
verifies('sources/48', 'waiting looks again after its delay, and observes nothing', () => {
  const { conditions, fields, backoff, requeueMs } = settled(
    object([of('Stalled', 'True', 'URLInvalid'), stored]),
    waiting('x', 'y', { retryMs: 30_000 }),
  )
  assert.deepEqual([conditions.Stalled, fields, backoff, requeueMs], [undefined, {}, undefined, 30_000])
})
verifies('sources/49', 'a pass that found nothing to do ends reconciling and comes again at the interval', () => {
  const { conditions, fields, backoff, requeueMs } = settled(object([reconciling, stored]), ready('no changes'))
  assert.deepEqual(conditions, {
    Ready: 'True Succeeded: Succeeded of ArtifactInStorage',
    ArtifactInStorage: 'True Succeeded: Succeeded of ArtifactInStorage',
  })
  assert.deepEqual([fields, backoff, requeueMs], [{ observedGeneration: 3 }, undefined, 600_000])
})

const artifact = (digest: string): Artifact => ({
  path: 'p',
  url: 'u',
  revision: 'latest@sha256:r',
  digest: `sha256:${digest}`,
  lastUpdateTime: '2026-01-01T00:00:00Z',
})
const failures = ['FetchFailed', 'StorageOperationFailed']
verifies('sources/50', 'the end of a failure is told as Succeeded, new bytes as NewArtifact, nothing as nothing', () => {
  const after = { artifact: artifact('a'), conditions: [stored] }
  const news = (digest: string | undefined, conditions: Condition[]): string | undefined =>
    newsOf({ before: { artifact: digest === undefined ? undefined : artifact(digest), conditions }, after, failures }, 'text')?.reason
  assert.deepEqual(
    [news('a', [fetchFailed]), news('a', [storageFailed]), news('b', [fetchFailed]), news(undefined, []), news('a', [stored])],
    ['Succeeded', 'Succeeded', 'NewArtifact', 'NewArtifact', undefined],
  )
  assert.deepEqual(newsOf({ before: { artifact: undefined, conditions: [] }, after, failures }, 'text'), {
    severity: 'info',
    reason: 'NewArtifact',
    message: 'text',
    annotations: { 'source.toolkit.fluxcd.io/revision': 'latest@sha256:r', 'source.toolkit.fluxcd.io/digest': 'sha256:a' },
  })
})
verifies('sources/51', 'another failure than before is no recovery', () => {
  const kinds = ['FooFailed', 'BarFailed']
  const [foo, bar] = [of('FooFailed', 'True', 'Foo'), of('BarFailed', 'True', 'Bar')]
  assert.deepEqual(
    [recovered([foo], [bar], kinds), recovered([foo], [], kinds), recovered([stored], [stored], kinds)],
    [false, true, false],
  )
})

test('a suspended object keeps its judgement, but does not stay stalled', () => {
  const before = object([of('Stalled', 'True', 'URLInvalid'), fetchFailed, of('Ready', 'False', 'URLInvalid')])
  const { conditions = [], fields } = sourceConvention.suspended(before, { now })
  assert.deepEqual(applied(before, conditions), {
    Ready: 'False AuthenticationFailed: AuthenticationFailed of FetchFailed',
    FetchFailed: 'True AuthenticationFailed: AuthenticationFailed of FetchFailed',
  })
  assert.deepEqual(fields, { observedGeneration: 3 })
  assert.deepEqual(sourceConvention.suspended(object([]), { now }), { fields: {} })
})
test('while a pass runs Ready is unknown only if it was, or if there is something new', () => {
  const types = (conditions: Condition[], drift: boolean): string[] => progressing(conditions, 'm', { drift }).map(c => c.type)
  assert.deepEqual(types([], false), ['Reconciling', 'Ready'])
  assert.deepEqual(types([of('Ready', 'Unknown', 'Progressing')], false), ['Reconciling', 'Ready'])
  assert.deepEqual(types([of('Ready', 'True', 'Succeeded')], false), ['Reconciling'])
  assert.deepEqual(types([of('Ready', 'True', 'Succeeded')], true), ['Reconciling', 'Ready'])
})
test('the interval is spread by five percent', () => {
  for (const [random, ms] of [
    [0, 570_000],
    [0.5, 600_000],
    [0.999999, 630_000],
  ] as const) {
    const { requeueMs } = sourceConvention.settle(object([stored]), ready(''), { now, tookMs: 0, random, settings: fluxDefaults })
    assert.equal(Math.round(requeueMs ?? 0), ms)
  }
})
test('a problem sets its condition, or none, and stalls when told to', () => {
  const told = (problem: SourceProblem): unknown => {
    const outcome = outcomeOf(problem)
    return [outcome.is, outcome.reason, outcome.change?.conditions?.map(c => c.type), outcome.events?.map(e => e.severity)]
  }
  assert.deepEqual(told(new SourceProblem('A', 'm', { condition: 'StorageOperationFailed' })), [
    'failed',
    'A',
    ['StorageOperationFailed'],
    ['error'],
  ])
  assert.deepEqual(told(new SourceProblem('B', 'm', { stalls: true })), ['stalled', 'B', undefined, ['error']])
})

const anyCondition = fc.record({
  type: fc.constantFrom(
    'StorageOperationFailed',
    'FetchFailed',
    'ArtifactOutdated',
    'ArtifactInStorage',
    'SourceVerified',
    'Stalled',
    'Reconciling',
  ),
  status: fc.constantFrom<Condition['status']>('True', 'False', 'Unknown'),
})
test('law: Ready is True only when nothing bad is True and nothing good is False, in any order', () =>
  fc.assert(
    fc.property(fc.uniqueArray(anyCondition, { selector: c => c.type, minLength: 1 }), list => {
      const conditions = list.map(({ type, status }) => of(type, status, type))
      const good = (c: Condition): boolean => c.type === 'ArtifactInStorage' || c.type === 'SourceVerified'
      const change = readyOf(conditions)
      const bad = conditions.some(c => (good(c) ? c.status === 'False' : c.status === 'True'))
      assert.ok(change && change.status !== 'absent')
      assert.equal(change.status === 'False', bad)
      assert.deepEqual(readyOf(conditions.toReversed()), change)
    }),
  ))
