import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { at, isObject, type JsonObject, stringAt } from '../lib/json.ts'

/** How a requested run ended. */
export const verdicts = ['Ready', 'Failed', 'Stalled', 'Suspended', 'NotHandled', 'TimedOut'] as const
export type Verdict = (typeof verdicts)[number]

/** What decided a verdict; absent fields are not known. */
export interface Judged {
  readonly verdict: Verdict
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly revision?: string | undefined
}

export const requestedAtKey = 'reconcile.fluxcd.io/requestedAt'

/** A request for a run. `token` is the value that Flux hands back in `status.lastHandledReconcileAt`. Spec: kustomization 10.3. */
export interface RunRequest {
  readonly token: string
  readonly generation: number
}

/** The merge patch that asks for a run. */
export function runPatch(token: string): JsonObject {
  return { metadata: { annotations: { [requestedAtKey]: token } } }
}

/** The merge patch that suspends or resumes. */
export function suspendPatch(suspended: boolean): JsonObject {
  return { spec: { suspend: suspended } }
}

export function isSuspended(object: KubeObject): boolean {
  return isObject(object.spec) && object.spec.suspend === true
}

/** The revision in effect: what was applied, else what is stored. `undefined` before the first success. */
export function revisionOf(object: KubeObject): string | undefined {
  return (
    stringAt(object, 'status', 'lastAppliedRevision') ??
    stringAt(object, 'status', 'artifact', 'revision') ??
    stringAt(object, 'status', 'lastAttemptedRevision')
  )
}

/** Whether a requested run has ended, and how; `undefined` while it has not. Fails as soon as failure is certain. */
export function settledVerdict(object: KubeObject, { token }: { token: string | undefined }): Judged | undefined {
  if (isSuspended(object)) return { verdict: 'Suspended', message: 'spec.suspend is true', revision: revisionOf(object) }
  const stalled = conditionOf(object, 'Stalled')
  if (stalled?.status === 'True' && isCurrent(object)) return judged('Stalled', stalled, object)
  const handled = token === undefined || stringAt(object, 'status', 'lastHandledReconcileAt') === token
  const ready = conditionOf(object, 'Ready')
  if (!handled || !ready || ready.status === 'Unknown') return undefined
  if (ready.status === 'True') return isCurrent(object) ? judged('Ready', ready, object) : undefined
  return judged('Failed', ready, object)
}

function isCurrent(object: KubeObject): boolean {
  const observed = at(object, 'status', 'observedGeneration')
  return typeof observed !== 'number' || object.metadata.generation === undefined || observed === object.metadata.generation
}

function judged(verdict: Verdict, condition: { reason: string; message: string }, object: KubeObject): Judged {
  return { verdict, reason: condition.reason, message: condition.message, revision: revisionOf(object) }
}

/** The state of an object as a list shows it. */
export function stateOf(object: KubeObject): 'suspended' | 'failing' | 'reconciling' | 'ready' | 'unknown' {
  if (isSuspended(object)) return 'suspended'
  const [ready, stalled] = [conditionOf(object, 'Ready'), conditionOf(object, 'Stalled')]
  if (stalled?.status === 'True' || ready?.status === 'False') return 'failing'
  if (ready?.status === 'Unknown' || conditionOf(object, 'Reconciling')?.status === 'True' || (ready && !isCurrent(object)))
    return 'reconciling'
  return ready?.status === 'True' ? 'ready' : 'unknown'
}
