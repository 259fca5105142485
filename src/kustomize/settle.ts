import type { EventDraft } from '../engine/events.ts'
import type { Convention } from '../engine/reconciler.ts'
import type { StatusChange } from '../engine/conditions.ts'
import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { formatDuration } from '../lib/duration.ts'
import type { JsonObject } from '../lib/json.ts'
import { intervalMs, retryMs } from './timing.ts'

const requestedAt = 'reconcile.fluxcd.io/requestedAt'
const revisionKey = 'kustomize.toolkit.fluxcd.io/commit_status'

/** How kustomize-controller words a pass. Spec: kustomization 2.3, 10.1, 10.2, 10.4. */
export const convention: Convention = {
  controller: 'kustomize-controller',
  settle(object, outcome, { now, startedAt, random, settings }) {
    const spec = (object as KustomizationObject).spec
    const handled = { ...handledRequest(object) }
    const ready = (status: 'True' | 'False') => ({ type: 'Ready', status, reason: outcome.reason, message: outcome.message }) as const
    switch (outcome.is) {
      case 'ready':
        return {
          status: {
            fields: { ...handled, observedGeneration: object.metadata.generation ?? 0 },
            conditions: [ready('True'), absent('Reconciling'), absent('Stalled')],
          },
          events: [...(outcome.events ?? []), finishedEvent(object as KustomizationObject, now - startedAt)],
          requeueMs: intervalMs(spec) * (1 + (settings.intervalJitter / 100) * (2 * random - 1)),
        }
      case 'stalled':
        return {
          status: {
            fields: { ...handled, observedGeneration: object.metadata.generation ?? 0 },
            conditions: [ready('False'), absent('Reconciling'), { ...ready('True'), type: 'Stalled' }],
          },
          events: outcome.events ?? [{ severity: 'error', message: outcome.message }],
        }
      case 'waiting':
        return {
          status: { fields: handled, conditions: [ready('False'), ...withRetry(object)] },
          events: outcome.events ?? [],
          requeueMs: outcome.retryMs,
        }
      case 'failed':
        return {
          status: { fields: handled, conditions: [ready('False'), ...withRetry(object)] },
          events: outcome.events ?? [],
          ...(outcome.retry === 'backoff' ? { backoff: true } : { requeueMs: retryMs(spec) }),
        }
    }
  },
  suspended: object => suspendedChange(object),
}

/** What a run over an object that is Ready ends with; its deletion as well. Spec: kustomization 10.2. */
export function finishedEvent({ spec }: KustomizationObject, tookMs: number): EventDraft {
  const message = `Reconciliation finished in ${formatDuration(tookMs)}, next run in ${formatDuration(intervalMs(spec))}`
  return { severity: 'info', message, annotations: { [revisionKey]: 'update' } }
}

function absent(type: string): { type: string; status: 'absent' } {
  return { type, status: 'absent' }
}

function handledRequest(object: KubeObject): JsonObject {
  const token = object.metadata.annotations?.[requestedAt]
  return token === undefined ? {} : { lastHandledReconcileAt: token }
}

/** A Reconciling that is still there keeps the message of the last step. */
function withRetry(object: KubeObject): { type: string; status: 'True'; reason: string; message: string }[] {
  const before = conditionOf(object, 'Reconciling')
  return before ? [{ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: before.message }] : []
}

function suspendedChange(object: KubeObject): StatusChange {
  const isReady = conditionOf(object, 'Ready')?.status === 'True'
  return {
    fields: { ...handledRequest(object), ...(isReady ? { observedGeneration: object.metadata.generation ?? 0 } : {}) },
    conditions: isReady ? [absent('Reconciling')] : withRetry(object),
  }
}
