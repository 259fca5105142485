import { handledRequest, requestOf, withRetry } from '../engine/conditions.ts'
import type { Outcome } from '../engine/outcome.ts'
import type { Convention } from '../engine/reconciler.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { durationMs } from '../lib/duration.ts'
import { stringAt } from '../lib/json.ts'
import { begun, observation, settled, suspended } from './conditions.ts'

/** How image-automation-controller words a pass. Spec: images 0, A.3.3. */
export const automationConvention: Convention = {
  controller: 'image-automation-controller',
  settle(object, outcome) {
    const { is, reason, message } = outcome
    const handled = handledRequest(object)
    const told: Outcome =
      is === 'ready'
        ? { ...outcome, requeueMs: durationMs(stringAt(object, 'spec', 'interval') ?? '1m') }
        : { ...outcome, events: [{ severity: 'error', reason, message }] }
    return settled(told, { handled, observed: { ...handled, ...observation(object) }, retry: withRetry(object) })
  },
  suspended,
}

/** What a pass shows when it begins; `isNew`: for a new generation or a request, and so at once. */
export function begunOrAsked(object: KubeObject): ReturnType<typeof begun> {
  const { conditions, isNew } = begun(object)
  const isAsked = (requestOf(object) ?? '') !== (stringAt(object, 'status', 'lastHandledReconcileAt') ?? '')
  return { conditions, isNew: isNew || isAsked }
}
