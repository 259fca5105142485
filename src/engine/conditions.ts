import { type Condition, conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { at, type JsonObject } from '../lib/json.ts'

/** Sets a condition, or removes it. */
export type ConditionChange =
  | { readonly type: string; readonly status: Condition['status']; readonly reason: string; readonly message: string }
  | { readonly type: string; readonly status: 'absent' }

/** What a pass changes in the status: `fields` are merged (`null` removes), `conditions` are set in order. */
export interface StatusChange {
  readonly fields?: JsonObject | undefined
  readonly conditions?: readonly ConditionChange[] | undefined
}

/** Asks for a run when its value changes. */
export const requestedAtKey = 'reconcile.fluxcd.io/requestedAt'

/** Longer messages are cut. */
export const maxMessage = 32768
const cut = '...'

/**
 * Conditions after a change. The transition time moves when status, reason or message changes; `observedGeneration` is always
 * the object's. Marking Stalled removes Reconciling and the other way round. Spec: kustomization 10.1, sources 1.5.
 */
export function withCondition(
  conditions: readonly Condition[],
  change: ConditionChange,
  at: { now: number; generation: number },
): Condition[] {
  const others = conditions.filter(c => c.type !== change.type)
  if (change.status === 'absent') return others
  const message =
    change.message.length <= maxMessage ? change.message : change.message.slice(0, maxMessage - cut.length).toWellFormed() + cut
  const before = conditions.find(c => c.type === change.type)
  const same = before?.status === change.status && before.reason === change.reason && before.message === message
  const next: Condition = {
    type: change.type,
    status: change.status,
    reason: change.reason,
    message,
    lastTransitionTime: same && before ? before.lastTransitionTime : timestamp(at.now),
    observedGeneration: at.generation,
  }
  const rival = change.status === 'True' ? opposite[change.type] : undefined
  return [...others.filter(c => c.type !== rival), next]
}

const first = ['Stalled', 'Reconciling', 'Ready']

/** Conditions as Flux's controllers keep them: Stalled, Reconciling, Ready, then the newer generation, then by type. Spec: sources 1.5. */
export function inOrder(conditions: readonly Condition[]): Condition[] {
  const rank = ({ type }: Condition): number => (first.includes(type) ? first.indexOf(type) : first.length)
  const generation = ({ observedGeneration = 0 }: Condition): number => observedGeneration
  return conditions.toSorted((a, b) => rank(a) - rank(b) || generation(b) - generation(a) || (a.type < b.type ? -1 : 1))
}

/** The change that removes a condition. */
export function absent(type: string): ConditionChange {
  return { type, status: 'absent' }
}

/** A Reconciling that is still there at the end of a pass keeps the message of the last step. Spec: sources 1.5, kustomization 10.1. */
export function withRetry(object: KubeObject): ConditionChange[] {
  const before = conditionOf(object, 'Reconciling')
  return before ? [{ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: before.message }] : []
}

/**
 * What a pass shows while it runs: Reconciling, and Ready as unknown when it was not known before, or when `drift` says that there is something new.
 * Spec: sources 1.4.
 */
export function progressing(conditions: readonly Condition[], message: string, { drift }: { drift: boolean }): ConditionChange[] {
  const ready = conditions.find(c => c.type === 'Ready')
  const unknown = ready === undefined || ready.status === 'Unknown'
  const types = drift || unknown ? ['Reconciling', 'Ready'] : ['Reconciling']
  return types.map(type => ({ type, status: type === 'Ready' ? 'Unknown' : 'True', reason: 'Progressing', message }))
}

/** The request to run that an object carries; `undefined` without one. */
export function requestOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[requestedAtKey]
}

/** The status field that says which request a pass has answered. */
export function handledRequest(object: KubeObject): JsonObject {
  const token = requestOf(object)
  return token === undefined ? {} : { lastHandledReconcileAt: token }
}

const opposite: Readonly<Record<string, string>> = { Reconciling: 'Stalled', Stalled: 'Reconciling' }

/** What a pass shows when it begins: for a new generation which one. Spec: sources 1.4. */
export function beginning(object: KubeObject): { readonly message: string; readonly isNew: boolean } {
  const [generation, observed] = [object.metadata.generation ?? 0, Number(at(object, 'status', 'observedGeneration') ?? -1)]
  const isNew = generation !== observed
  return { isNew, message: isNew ? `processing object: new generation ${observed} -> ${generation}` : 'reconciliation in progress' }
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times. @param now Milliseconds since the epoch. */
export function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
