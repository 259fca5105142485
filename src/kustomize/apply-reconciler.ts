import { stages } from '../engine/apply-order.ts'
import { StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, printRef, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { stringAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import { cleanUp, drifted, isForced, isSkipped, keepsManagers, manager } from './apply.ts'
import { type Change, changeLines, changeOf } from './change.ts'
import { waitCurrent } from './health-reconciler.ts'
import { inParallel } from './parallel.ts'
import { timeoutMs } from './timing.ts'

export type ApplyHands = Pick<Hands, 'cluster' | 'clock'>
interface Task {
  readonly ks: KustomizationObject
  readonly hands: ApplyHands
  readonly run: Run
  readonly record: Record
  readonly defined: readonly KubeObject[]
}
/** Called with what a stage is about to write. */
type Record = (changes: readonly Change[]) => Promise<void>
interface Prepared {
  readonly desired: KubeObject
  readonly change: Change
  readonly write: boolean
}

const discoveryMs = 10_000

/**
 * Applies objects in stages: definitions and namespaces, classes, the rest. Nothing of a stage is written before all its dry runs passed.
 * @throws {StepError} ReconciliationFailed, in Flux's words. Spec: kustomization 7.2–7.6.
 */
export async function applyAll(
  objects: readonly KubeObject[],
  ks: KustomizationObject,
  { hands, run, record }: { hands: ApplyHands; run: Run; record: Record },
): Promise<Change[]> {
  const task = (defined: readonly KubeObject[]): Task => ({ ks, hands, run, record, defined })
  const { definitions, classes, rest } = stages([...objects])
  const changes: Change[] = []
  for (const early of [definitions, classes]) {
    if (early.length === 0) continue
    changes.push(...(await applyStage(early, task(definitions))))
    await waitCurrent(early.map(refOf), { hands, run, timeoutMs: timeoutMs(ks.spec) })
  }
  try {
    return [...changes, ...(await applyStage(rest, task(definitions)))]
  } catch (thrown) {
    if (!(thrown instanceof StepError)) throw thrown
    throw new StepError(thrown.code, `${thrown.message}\n${changeLines(changes, ['created', 'configured'])}`, { cause: thrown })
  }
}

async function applyStage(objects: readonly KubeObject[], task: Task): Promise<Change[]> {
  const prepared = await inParallel(objects, task.run.settings.concurrentSsa, object => prepare(object, task))
  await task.record(prepared.filter(p => p.write).map(p => p.change))
  for (const { desired, write } of prepared) if (write) await applyOne(desired, task)
  return prepared.map(p => p.change)
}

async function prepare(desired: KubeObject, task: Task): Promise<Prepared> {
  const {
    hands: { cluster },
    run,
  } = task
  const live = await readLive(desired, task)
  if (isSkipped(desired, live)) return { desired, change: changeOf(desired, 'skipped'), write: false }
  const dryRun = await dryRunOf(desired, live, task)
  const ops = live && !keepsManagers(desired, live) ? cleanUp(live, run.settings.overrideManagers) : []
  if (ops.length > 0) await cluster.patch(refOf(desired), { type: 'json', body: ops, manager }, run.signal)
  if (dryRun.recreated || !live) return { desired, change: changeOf(desired, 'created'), write: true }
  const differs = drifted(live, dryRun.object)
  return { desired, change: changeOf(desired, differs || ops.length > 0 ? 'configured' : 'unchanged'), write: differs || ops.length > 0 }
}

/** A kind whose definition was applied in this run may be served a little later. */
async function readLive(desired: KubeObject, { hands: { cluster, clock }, run, defined }: Task): Promise<KubeObject | undefined> {
  const { group } = splitApiVersion(desired.apiVersion)
  const isNew = defined.some(
    d =>
      d.kind === 'CustomResourceDefinition' &&
      stringAt(d, 'spec', 'group') === group &&
      stringAt(d, 'spec', 'names', 'kind') === desired.kind,
  )
  const until = clock.now() + discoveryMs
  for (;;) {
    try {
      return await cluster.get(refOf(desired), run.signal)
    } catch (thrown) {
      if (!isNew || !(thrown instanceof CodedError) || thrown.code !== 'NO_MATCH' || clock.now() > until)
        throw dryRunFailure(desired, thrown)
      await clock.sleep(100, run.signal)
    }
  }
}

async function dryRunOf(
  desired: KubeObject,
  live: KubeObject | undefined,
  task: Task,
): Promise<{ object: KubeObject; recreated: boolean }> {
  const {
    hands: { cluster },
    run,
    ks,
  } = task
  const attempt = (): Promise<KubeObject> => cluster.apply(desired, { manager, force: true, dryRun: true }, run.signal)
  try {
    return { object: await attempt(), recreated: false }
  } catch (thrown) {
    run.signal.throwIfAborted()
    const may = live && (ks.spec.force === true || isForced(desired, live)) && needsRecreation(thrown)
    if (!may) throw dryRunFailure(desired, thrown)
  }
  await recreate(desired, task)
  try {
    return { object: await attempt(), recreated: true }
  } catch (thrown) {
    throw dryRunFailure(desired, thrown)
  }
}

/** Deletes the live object and waits until its finalizers let it go. Spec: kustomization 7.5. */
async function recreate(desired: KubeObject, { hands: { cluster, clock }, run }: Task): Promise<void> {
  const ref = refOf(desired)
  await cluster.delete(ref, { propagation: 'Background' }, run.signal)
  for (let pause = 50; await cluster.get(ref, run.signal); pause = Math.min(2000, pause * 2)) await clock.sleep(pause, run.signal)
}

function needsRecreation(thrown: unknown): boolean {
  if (!(thrown instanceof CodedError)) return false
  return reasonOf(thrown) === 'Conflict' || reasonOf(thrown) === 'Invalid' || /is\s+immutable|immutable\s+field/.test(thrown.message)
}

async function applyOne(desired: KubeObject, { hands: { cluster }, run }: Task): Promise<void> {
  try {
    await cluster.apply(desired, { manager, force: true }, run.signal)
  } catch (thrown) {
    run.signal.throwIfAborted()
    throw new StepError('ReconciliationFailed', `${printRef(refOf(desired))} apply failed: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** The reason of the API status behind an error; `undefined` when it had none. */
function reasonOf(thrown: unknown): string | undefined {
  return thrown instanceof CodedError ? stringAt(thrown, 'call', 'reason') : undefined
}

function dryRunFailure(desired: KubeObject, thrown: unknown): unknown {
  if (!(thrown instanceof CodedError)) return thrown
  const id = printRef(refOf(desired))
  const reason = reasonOf(thrown)
  const text =
    reason === 'NotFound'
      ? `${id} ${desired.metadata.namespace ? 'not found' : 'namespace not specified'}: ${thrown.message}`
      : `${id} dry-run failed${reason ? ` (${reason})` : ''}: ${thrown.message}`
  return new StepError('ReconciliationFailed', text, { cause: thrown })
}
