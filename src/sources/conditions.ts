import { absent, type ConditionChange, handledRequest, withRetry } from '../engine/conditions.ts'
import type { Convention } from '../engine/reconciler.ts'
import { type Condition, conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { durationMs } from '../lib/duration.ts'
import { type JsonObject, stringAt } from '../lib/json.ts'

const order = [
  'StorageOperationFailed',
  'FetchFailed',
  'IncludeUnavailable',
  'BuildFailed',
  'ArtifactOutdated',
  'ArtifactInStorage',
  'SourceVerified',
  'Stalled',
  'Reconciling',
]
const positive = new Set(['ArtifactInStorage', 'SourceVerified'])

/** Ready, computed from the other conditions. `undefined` when there are none to compute it from. Spec: sources 1.5. */
export function readyOf(conditions: readonly Condition[]): ConditionChange | undefined {
  const known = conditions.filter(c => order.includes(c.type)).toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type))
  const refuted = conditions.find(c => c.type === 'SourceVerified' && c.status === 'False')
  const [top] = known.toSorted((a, b) => priority(a) - priority(b))
  if (!top) return undefined
  const { reason, message } = refuted ?? top
  return { type: 'Ready', status: refuted ? 'False' : readiness(top), reason, message }
}

function priority(condition: Condition): number {
  const good = positive.has(condition.type)
  if (condition.status === 'True') return good ? 2 : 0
  if (condition.status === 'False') return good ? 1 : 3
  return 4
}

function readiness(condition: Condition): 'True' | 'False' | 'Unknown' {
  if (condition.status === 'Unknown') return 'Unknown'
  return positive.has(condition.type) === (condition.status === 'True') ? 'True' : 'False'
}

/** How source-controller words a pass. Spec: sources 1.4–1.6. */
export const sourceConvention: Convention = {
  controller: 'source-controller',
  settle(object, outcome, { random, settings }) {
    const handled = handledRequest(object)
    const observed: JsonObject = { ...handled, observedGeneration: object.metadata.generation ?? 0 }
    const interval = durationMs(stringAt(object, 'spec', 'interval') ?? '1m')
    const events = outcome.events ?? []
    switch (outcome.is) {
      case 'ready': {
        const conditions = summary(object, [absent('Reconciling'), absent('Stalled')])
        const status = { fields: observed, conditions }
        const isReady = conditions.some(c => c.type === 'Ready' && c.status === 'True')
        return isReady
          ? { status, events, requeueMs: interval * (1 + (settings.intervalJitter / 100) * (2 * random - 1)) }
          : { status, events, backoff: true }
      }
      case 'stalled': {
        const stalled: ConditionChange = { type: 'Stalled', status: 'True', reason: outcome.reason, message: outcome.message }
        return {
          status: { fields: observed, conditions: summary(object, [absent('Reconciling'), stalled]) },
          events: outcome.events ?? [{ severity: 'error', reason: outcome.reason, message: outcome.message }],
        }
      }
      case 'waiting':
      case 'failed': {
        const status = { fields: handled, conditions: summary(object, [absent('Stalled'), ...withRetry(object)]) }
        return outcome.is === 'waiting' ? { status, events, requeueMs: outcome.retryMs } : { status, events, backoff: true }
      }
    }
  },
  suspended(object) {
    const handled = handledRequest(object)
    if (conditionsOf(object).length === 0) return { fields: handled }
    return {
      fields: { ...handled, observedGeneration: object.metadata.generation ?? 0 },
      conditions: summary(object, [absent('Stalled'), ...withRetry(object)]),
    }
  },
}

/** The changes, then Ready as it follows from what they leave. */
function summary(object: KubeObject, changes: readonly ConditionChange[]): ConditionChange[] {
  const after = changes.reduce<Condition[]>((list, change) => {
    const others = list.filter(c => c.type !== change.type)
    return change.status === 'absent' ? others : [...others, { lastTransitionTime: '', ...change }]
  }, conditionsOf(object))
  const ready = readyOf(after)
  return ready ? [...changes, ready] : [...changes]
}
