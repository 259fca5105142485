import type { EventDraft } from '../engine/events.ts'
import type { Outcome } from '../engine/outcome.ts'
import type { Convention, Settled } from '../engine/reconciler.ts'
import { absent, handledRequest, type StatusChange, withRetry } from '../engine/conditions.ts'
import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { formatDuration } from '../lib/duration.ts'
import { intervalMs, retryMs } from './timing.ts'

const revisionKey = 'kustomize.toolkit.fluxcd.io/commit_status'

/** How kustomize-controller words a pass. Spec: kustomization 2.3, 10.1, 10.2, 10.4. */
export const convention: Convention = {
  controller: 'kustomize-controller',
  manager: 'gotk-kustomize-controller',
  settle(object, outcome, at) {
    switch (outcome.is) {
      case 'ready':
        return succeeded(object as KustomizationObject, outcome, at)
      case 'stalled':
        return {
          status: {
            fields: { ...handledRequest(object), ...observedUnless('FeatureGateDisabled', outcome, object) },
            conditions: [ready('False', outcome), absent('Reconciling'), { ...ready('True', outcome), type: 'Stalled' }],
          },
          events: outcome.events ?? [{ severity: 'error', message: outcome.message }],
        }
      case 'waiting':
        return { ...tried(object, outcome), requeueMs: outcome.retryMs }
      case 'failed':
        return {
          ...tried(object, outcome),
          ...(outcome.retry === 'backoff' ? { backoff: true } : { requeueMs: retryMs((object as KustomizationObject).spec) }),
        }
    }
  },
  suspended: object => suspendedChange(object),
}

/** Of a gate that is off the object's generation stays unobserved. Spec: kustomization 2.2 step 7. */
function observedUnless(reason: string, outcome: Outcome, { metadata }: KubeObject): { observedGeneration?: number } {
  return outcome.reason === reason ? {} : { observedGeneration: metadata.generation ?? 0 }
}

type At = Parameters<Convention['settle']>[2]

function succeeded(ks: KustomizationObject, outcome: Outcome, { tookMs, random, settings }: At): Settled {
  return {
    status: {
      fields: { ...handledRequest(ks), observedGeneration: ks.metadata.generation ?? 0 },
      conditions: [ready('True', outcome), absent('Reconciling'), absent('Stalled')],
    },
    events: [...(outcome.events ?? []), finishedEvent(ks, tookMs)],
    requeueMs: intervalMs(ks.spec) * (1 + (settings.intervalJitter / 100) * (2 * random - 1)),
  }
}

/** Not done yet: the generation stays unobserved, and a Reconciling that the run got to says that it will be tried again. */
function tried(object: KubeObject, outcome: Outcome): Pick<Settled, 'status' | 'events'> {
  return {
    status: { fields: handledRequest(object), conditions: [ready('False', outcome), ...withRetry(object)] },
    events: outcome.events ?? [],
  }
}

function ready<S extends 'True' | 'False'>(
  status: S,
  { reason, message }: Outcome,
): { type: string; status: S; reason: string; message: string } {
  return { type: 'Ready', status, reason, message }
}

/** What a run over an object that is Ready ends with; its deletion as well. Spec: kustomization 10.2. */
export function finishedEvent({ spec }: KustomizationObject, tookMs: number): EventDraft {
  const message = `Reconciliation finished in ${formatDuration(tookMs)}, next run in ${formatDuration(intervalMs(spec))}`
  return { severity: 'info', message, annotations: { [revisionKey]: 'update' } }
}

function suspendedChange(object: KubeObject): StatusChange {
  const isReady = conditionOf(object, 'Ready')?.status === 'True'
  return {
    fields: { ...handledRequest(object), ...(isReady ? { observedGeneration: object.metadata.generation ?? 0 } : {}) },
    conditions: isReady ? [absent('Reconciling')] : withRetry(object),
  }
}
