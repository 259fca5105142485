import { absent, beginning, type ConditionChange, handledRequest, progressing, requestOf, withRetry } from '../engine/conditions.ts'
import type { Convention } from '../engine/reconciler.ts'
import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { durationMs } from '../lib/duration.ts'
import { stringAt } from '../lib/json.ts'

/** How image-automation-controller words a pass. Spec: images 0, A.3.3. */
export const automationConvention: Convention = {
  controller: 'image-automation-controller',
  settle(object, outcome) {
    const { is, reason, message } = outcome
    const handled = handledRequest(object)
    const observed = { ...handled, observedGeneration: object.metadata.generation ?? 0 }
    const ready: ConditionChange = { type: 'Ready', status: is === 'ready' ? 'True' : 'False', reason, message }
    if (is === 'ready') {
      const requeueMs = durationMs(stringAt(object, 'spec', 'interval') ?? '1m')
      return {
        status: { fields: observed, conditions: [absent('Stalled'), absent('Reconciling'), ready] },
        events: outcome.events ?? [],
        requeueMs,
      }
    }
    const events = [{ severity: 'error', reason, message } as const]
    if (is === 'stalled') {
      const stalled: ConditionChange = { type: 'Stalled', status: 'True', reason, message }
      return { status: { fields: observed, conditions: [absent('Reconciling'), stalled, ready] }, events }
    }
    return { status: { fields: handled, conditions: [absent('Stalled'), ...withRetry(object), ready] }, events, backoff: true }
  },
  suspended: () => ({}),
}

/** What a pass shows when it begins; `isNew`: for a new generation or a request, and so at once. */
export function begun(object: KubeObject): { readonly conditions: readonly ConditionChange[]; readonly isNew: boolean } {
  const { message, isNew } = beginning(object)
  const isAsked = (requestOf(object) ?? '') !== (stringAt(object, 'status', 'lastHandledReconcileAt') ?? '')
  return { conditions: progressing(conditionsOf(object), message, { drift: false }), isNew: isNew || isAsked }
}
