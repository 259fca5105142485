import { absent, beginning, type ConditionChange, handledRequest, progressing, type StatusChange, withRetry } from '../engine/conditions.ts'
import type { EventDraft } from '../engine/events.ts'
import type { Outcome } from '../engine/outcome.ts'
import type { Convention, Settled } from '../engine/reconciler.ts'
import { handsBack } from '../engine/request.ts'
import { conditionOf, conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import type { JsonObject } from '../lib/json.ts'

/** How image-reflector-controller words a pass. Spec: image-helm-notification 0, A.1.3, A.2.3. */
export const imageConvention: Convention = {
  controller: 'image-reflector-controller',
  settle(object, outcome) {
    const handled = handsBack(object) ? handledRequest(object) : {}
    return settled(outcome, { handled, observed: { ...handled, ...observation(object) }, retry: withRetry(object) })
  },
  suspended,
}

/** Nothing is said of a pass that does not happen, but what was said holds for the new generation. Spec: image-helm-notification 0.5. */
export function suspended(object: KubeObject): StatusChange {
  return isReady(object) || isTrue(object, 'Stalled') ? { fields: observation(object) } : {}
}

/** The conditions, events and the next look of an outcome, as the controllers of images have them. */
export function settled(
  outcome: Outcome,
  { handled, observed, retry }: { handled: JsonObject; observed: JsonObject; retry: ConditionChange[] },
): Settled {
  const { is, reason, message, events = [] } = outcome
  const ready: ConditionChange = { type: 'Ready', status: is === 'ready' ? 'True' : 'False', reason, message }
  const [calm, done] = [absent('Stalled'), absent('Reconciling')]
  switch (is) {
    case 'ready':
      return { status: { fields: observed, conditions: [calm, done, ready] }, events, requeueMs: outcome.requeueMs }
    case 'stalled':
      return {
        status: { fields: observed, conditions: [done, { ...ready, type: 'Stalled', status: 'True' }, ready] },
        events: [{ severity: 'error', reason, message }],
      }
    case 'waiting':
      return { status: { fields: handled, conditions: [calm, done, ready] }, events, requeueMs: outcome.retryMs }
    case 'failed':
      return { status: { fields: handled, conditions: [calm, ...retry, ready] }, events, backoff: true }
  }
}

/** What a status says that it has seen of the spec. */
export function observation({ metadata }: KubeObject): JsonObject {
  return { observedGeneration: metadata.generation ?? 0 }
}

function isTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}

/** Whether nothing is to be done for an object, as far as its conditions tell. */
export function isReady(object: KubeObject): boolean {
  return isTrue(object, 'Ready') && !isTrue(object, 'Reconciling') && !isTrue(object, 'Stalled')
}

/** What a pass shows when it begins, and whether that is written at once. */
export function begun(object: KubeObject): { readonly conditions: readonly ConditionChange[]; readonly isNew: boolean } {
  const { message, isNew } = beginning(object)
  return { conditions: progressing(conditionsOf(object), message, { drift: false }), isNew }
}

/** The event of a success: news where the object was not ready or said something else before; `rest` is what there is to tell otherwise. Spec: image-helm-notification A.1.3. */
export function eventOf(before: KubeObject, message: string, rest: string): EventDraft {
  const isOld = isReady(before) && conditionOf(before, 'Ready')?.message === message
  return isOld ? { severity: 'trace', reason: 'Succeeded', message: rest } : { severity: 'info', reason: 'Succeeded', message }
}
