import { requestedAtKey } from './conditions.ts'
import { operatorGroup } from './controllers.ts'
import { conditionOf, type KubeObject, splitApiVersion } from '../kinds/manifest.ts'
import { at, equal, type JsonObject, listAt, stringAt } from '../lib/json.ts'

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

const [forceAtKey, resetAtKey] = ['reconcile.fluxcd.io/forceAt', 'reconcile.fluxcd.io/resetAt']
const operatorKey = `${operatorGroup}/reconcile`

/** What a HelmRelease does once beside a run: `force` upgrades without a change, `reset` sets its failure counts to zero. */
export interface Once {
  readonly force?: boolean | undefined
  readonly reset?: boolean | undefined
}

/** The merge patch that asks for a run. Flux hands `token` back in `status.lastHandledReconcileAt`. Spec: kustomization 10.3, image-helm-notification B.6. */
export function runPatch(token: string, { force, reset }: Once = {}): JsonObject {
  const once = { ...(force ? { [forceAtKey]: token } : {}), ...(reset ? { [resetAtKey]: token } : {}) }
  return { metadata: { annotations: { [requestedAtKey]: token, ...once } } }
}

/** Whether the kind of an object hands requests back at all: the ImagePolicy of Flux 2.6 has no such field, so its state is judged as it stands. */
export function handsBack({ kind, apiVersion }: KubeObject): boolean {
  return !(kind === 'ImagePolicy' && splitApiVersion(apiVersion).version.startsWith('v1beta'))
}

/** The merge patch that suspends or resumes: the Flux Operator's kinds are held by an annotation, all others by `spec.suspend`. */
export function suspendPatch(group: string, suspended: boolean): JsonObject {
  return group === operatorGroup
    ? { metadata: { annotations: { [operatorKey]: suspended ? 'disabled' : 'enabled' } } }
    : { spec: { suspend: suspended } }
}

/** Whether an object is held back from reconciling, in either of the two ways. */
export function isSuspended(object: KubeObject): boolean {
  return object.spec?.suspend === true || (isOperators(object) && object.metadata.annotations?.[operatorKey] === 'disabled')
}

/** What holds a suspended object, for people. */
export function holdOf(object: KubeObject): string {
  return isOperators(object) ? `annotation ${operatorKey} is disabled` : 'spec.suspend is true'
}

function isOperators(object: KubeObject): boolean {
  return splitApiVersion(object.apiVersion).group === operatorGroup
}

/** The revision in effect, in the field that each kind has for it: what was applied, stored, released, chosen or pushed. `undefined` before the first success. */
export function revisionOf(object: KubeObject): string | undefined {
  return (
    stringAt(object, 'status', 'lastAppliedRevision') ??
    stringAt(object, 'status', 'artifact', 'revision') ??
    releasedVersion(object) ??
    stringAt(object, 'status', 'latestRef', 'tag') ??
    stringAt(object, 'status', 'latestImage') ??
    stringAt(object, 'status', 'lastScanResult', 'latestTags', 0) ??
    stringAt(object, 'status', 'lastPushCommit')
  )
}

/** The chart version of the newest release that got deployed. */
function releasedVersion(object: KubeObject): string | undefined {
  const deployed = listAt(object, 'status', 'history').find(h => ['deployed', 'superseded'].includes(stringAt(h, 'status') ?? ''))
  return stringAt(deployed, 'chartVersion')
}

/**
 * Whether a requested run has ended, and how; `undefined` while it has not. Fails as soon as failure is certain, and believes no
 * condition before the controller has handed `token` back: what stands there until then is of an earlier run.
 */
export function settledVerdict(object: KubeObject, { token }: { token: string | undefined }): Judged | undefined {
  if (isSuspended(object)) return { verdict: 'Suspended', message: holdOf(object), revision: revisionOf(object) }
  if (token !== undefined && stringAt(object, 'status', 'lastHandledReconcileAt') !== token) return undefined
  const [ready, stalled] = [conditionOf(object, 'Ready'), conditionOf(object, 'Stalled')]
  if (stalled?.status === 'True') return isCurrent(object) ? judged('Stalled', stalled, object) : undefined
  if (!ready || ready.status === 'Unknown') return undefined
  const goesOn = conditionOf(object, 'Reconciling')?.status === 'True'
  if (ready.status === 'True') return isCurrent(object) && !goesOn ? judged('Ready', ready, object) : undefined
  return goesOn && isBetweenActions(object, ready.reason) ? undefined : judged('Failed', ready, object)
}

const actionReasons = /^(Install|Upgrade|Test|Rollback|Uninstall)(Failed|Succeeded)$|^PendingRelease$/

/** A HelmRelease whose action failed remediates or tries again at once: that is no end. Spec: image-helm-notification B.7, "Loop". */
function isBetweenActions({ kind }: KubeObject, reason: string): boolean {
  return kind === 'HelmRelease' && actionReasons.test(reason)
}

/** How a request stands when the time is up: a run that goes on, or nobody who took it. `first` is the object as it stood at the request. */
export function unsettledVerdict(
  object: KubeObject | undefined,
  { token, first }: { token: string | undefined; first: KubeObject | undefined },
): Judged {
  const [ready, reconciling] = [conditionOf(object, 'Ready'), conditionOf(object, 'Reconciling')]
  const runs = reconciling?.status === 'True' && reconciling.reason !== 'ProgressingWithRetry'
  const handled = token !== undefined && stringAt(object, 'status', 'lastHandledReconcileAt') === token
  const taken = handled || runs || !equal(object?.status, first?.status)
  const message = taken && runs && ready?.status !== 'False' ? reconciling.message : ready?.message
  return {
    verdict: taken ? 'TimedOut' : 'NotHandled',
    reason: ready?.reason,
    message: message ?? 'no controller answered',
    revision: object && revisionOf(object),
  }
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
