import { kstatus } from '../engine/kstatus.ts'
import { StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { Status } from '../engine/kstatus-status.ts'
import type { Judged } from '../kinds/expression.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../kinds/manifest.ts'
import { isSilence, messageOf } from '../lib/coded-error.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Hands } from '../world/world.ts'
import type { Change } from './change.ts'
import { offeredBy } from './source-reconciler.ts'
import { judgeBy } from './expressions-reconciler.ts'
import { checkFor, type KindCheck, kindChecks } from './expressions.ts'
import { type Checked, podsOf, printWait, timedOut, toCheck, unplaced, verdictOf, wantedHealthy, withPods } from './health.ts'
import { accountOf, elsewhere } from './identity.ts'
import { inParallel } from '../lib/parallel.ts'
import { timeoutMs } from './timing.ts'

interface Wait {
  readonly ks: KustomizationObject
  readonly hands: Pick<Hands, 'cluster' | 'clock' | 'kernel'>
  readonly run: Run
  readonly timeoutMs: number
  /** Whether there is something newer to reconcile; absent: nobody asks. */
  readonly superseded?: (() => Promise<boolean>) | undefined
}
type End = { readonly is: 'healthy' | 'superseded' } | { readonly is: 'failed'; readonly message: string }

const [firstPauseMs, longestPauseMs, readsAtOnce] = [100, 2000, 8]

/** Waits until all are Current. @throws {StepError} ReconciliationFailed when the time is up. Spec: kustomization 7.2. */
export async function waitCurrent(refs: readonly ObjectRef[], wait: Wait): Promise<void> {
  const end = await waited(refs, { ...wait, failFast: false })
  if (end.is === 'failed') throw new StepError('ReconciliationFailed', end.message)
}

/**
 * Waits for what the spec wants healthy, and says so in the conditions. `superseded` when the source had a newer revision meanwhile,
 * where that cancels the wait.
 * @throws {StepError} HealthCheckFailed, in Flux's words. Spec: kustomization 9.1, 9.2.
 */
export async function checkHealth(
  ks: KustomizationObject,
  changes: readonly Change[],
  { hands, run, revision, newer }: Omit<Wait, 'ks' | 'timeoutMs' | 'superseded'> & { revision: string; newer: () => Promise<boolean> },
): Promise<'healthy' | 'superseded'> {
  const wanted = wantedHealthy(ks, changes)
  if (wanted.length === 0) {
    run.note({ conditions: [{ type: 'Healthy', status: 'absent' }] })
    return 'healthy'
  }
  const before = conditionOf(run.current(), 'Healthy')?.status
  const timeout = timeoutMs(ks.spec)
  const message = `Running health checks for revision ${revision} with a timeout of ${formatDuration(timeout)}`
  run.progress(message)
  await run.show({
    conditions: [healthyIs('Unknown', 'Progressing', message), { ...healthyIs('True', 'Progressing', message), type: 'Reconciling' }],
  })
  const startedAt = hands.clock.elapsed()
  const { failFast, cancelHealthCheckOnNewRevision: cancels } = run.settings
  const superseded = cancels ? newer : undefined
  const end = await waited(toCheck(ks, wanted), { ks, hands, run, timeoutMs: timeout, failFast, superseded })
  if (end.is === 'superseded') return end.is
  const took = formatDuration(hands.clock.elapsed() - startedAt)
  if (end.is === 'failed') {
    run.note({ conditions: [healthyIs('False', 'HealthCheckFailed', end.message)] })
    throw new StepError('HealthCheckFailed', `health check failed after ${took}: ${end.message}`)
  }
  const passed = `Health check passed in ${took}`
  run.note({ conditions: [healthyIs('True', 'Succeeded', passed)] })
  const changed = changes.some(c => c.action === 'created' || c.action === 'configured')
  if (before !== 'True' || (changed && ks.status?.lastAppliedRevision !== revision)) await run.emit({ severity: 'info', message: passed })
  return end.is
}

/** Whether the source has another revision meanwhile. `hands` are those of its own cluster; a source that cannot be read now has nothing newer. */
export function newerThan(
  revision: string,
  { ks, hands, run }: { ks: KustomizationObject; hands: Pick<Hands, 'cluster'>; run: Run },
): () => Promise<boolean> {
  return async () => {
    const offered = (await offeredBy(ks, { hands, run }))?.revision
    return offered !== undefined && offered !== revision
  }
}

function healthyIs<S extends 'True' | 'False' | 'Unknown'>(
  status: S,
  reason: string,
  message: string,
): { type: 'Healthy'; status: S; reason: string; message: string } {
  return { type: 'Healthy', status, reason, message }
}

async function waited(
  refs: readonly ObjectRef[],
  { ks, hands, run, timeoutMs: limit, failFast, superseded }: Wait & { failFast: boolean },
): Promise<End> {
  const until = hands.clock.elapsed() + limit
  const astray = await withoutNamespace(refs, { hands, run })
  if (astray) return { is: 'failed', message: unplaced(astray) }
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    const checked = await checkAll(refs, { ks, hands, run })
    if ('is' in checked) return checked
    const verdict = verdictOf(checked, { failFast })
    if (verdict) return verdict
    const left = until - hands.clock.elapsed()
    if (left <= 0) return { is: 'failed', message: timedOut(checked) }
    if (await superseded?.()) return { is: 'superseded' }
    run.progress(printWait(checked))
    await hands.clock.sleep(Math.min(pause, left), run.signal)
  }
}

/** One look at each. Where nobody answers, what else would be asked is as unknown. */
async function round<T>(refs: readonly ObjectRef[], signal: AbortSignal, look: (ref: ObjectRef) => Promise<T>): Promise<(T | Checked)[]> {
  let silence: string | undefined
  return inParallel(refs, readsAtOnce, async (ref): Promise<T | Checked> => {
    if (silence !== undefined) return { ref, status: 'Unknown', message: silence }
    try {
      return await look(ref)
    } catch (thrown) {
      signal.throwIfAborted()
      if (isSilence(thrown)) silence = messageOf(thrown)
      return { ref, status: 'Unknown', message: messageOf(thrown) }
    }
  })
}

/** The first namespaced object that names no namespace. */
async function withoutNamespace(refs: readonly ObjectRef[], { hands, run }: Pick<Wait, 'hands' | 'run'>): Promise<ObjectRef | undefined> {
  for (const { version: _, ...ref } of refs) if (!ref.namespace && (await hands.cluster.resourceOf(ref, run.signal))?.namespaced) return ref
  return undefined
}

/** An object that expressions judge. */
interface Found {
  readonly ref: ObjectRef
  readonly object: KubeObject
  readonly by: KindCheck
}

/** How all are now. A `failed` end: there are expressions that cannot be evaluated. */
async function checkAll(
  refs: readonly ObjectRef[],
  { ks, hands, run }: Pick<Wait, 'ks' | 'hands' | 'run'>,
): Promise<Checked[] | { is: 'failed'; message: string }> {
  const checks = kindChecks(ks)
  const as = { impersonates: elsewhere(ks) !== undefined || accountOf(ks, run.settings) !== undefined }
  const seen = await round(refs, run.signal, ref => check(ref, checkFor(ref, checks, as), { hands, run }))
  const found = seen.filter(one => 'object' in one)
  const judgements = new Map<Found, Judged>()
  for (const by of checks) {
    const those = found.filter(one => one.by === by)
    const objects = those.map(one => one.object)
    try {
      for (const [i, judged] of (await judgeBy(by, objects, { hands, run })).entries()) if (those[i]) judgements.set(those[i], judged)
    } catch (thrown) {
      run.signal.throwIfAborted()
      return { is: 'failed', message: `spec.healthCheckExprs[${by.index}] cannot be evaluated: ${messageOf(thrown)}` }
    }
  }
  return seen.map(one => ('object' in one ? { ref: one.ref, status: 'Unknown', ...judgements.get(one) } : one))
}

/** The version that a reference names does not matter. */
async function check(ref: ObjectRef, by: KindCheck | undefined, { hands, run }: Pick<Wait, 'hands' | 'run'>): Promise<Checked | Found> {
  const object = await hands.cluster.get({ ...ref, version: undefined }, run.signal)
  if (object && by) return { ref, object, by }
  return object ? { ref, ...(await judged(object, { hands, run })) } : { ref, status: 'NotFound' }
}

async function judged(object: KubeObject, { hands: { cluster, clock }, run }: Pick<Wait, 'hands' | 'run'>): Promise<Status> {
  const own = kstatus(object, clock.now())
  const query = own.status === 'InProgress' ? podsOf(object) : undefined
  if (!query) return own
  const pods: Status[] = []
  for await (const pod of cluster.listAll(query, run.signal)) pods.push(kstatus(pod, clock.now()))
  return withPods(own, pods)
}
