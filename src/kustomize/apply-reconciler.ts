import { stages } from '../engine/apply-order.ts'
import { during, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, printRef, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { stringAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import { type AppliedObjects, type Left, leftOf } from './applied-reconciler.ts'
import { cleanUp, drifted, isForced, isSkipped, keepsManagers, manager, mayBeSkipped } from './apply.ts'
import { type Change, changeLines, changeOf, skipped } from './change.ts'
import { waitCurrent } from './health-reconciler.ts'
import { applyFailure, dryRunFailure, encryptedFailure, needsRecreation } from './failure.ts'
import { isEncrypted } from './owned.ts'
import { inParallel } from '../lib/parallel.ts'
import { timeoutMs } from './timing.ts'

export type ApplyHands = Pick<Hands, 'cluster' | 'clock' | 'kernel'>
interface Task {
  readonly ks: KustomizationObject
  readonly hands: ApplyHands
  readonly run: Run
  readonly record: Record
  /** Objects that need no look. */
  readonly standing: ReadonlyMap<KubeObject, Left>
  readonly defined: readonly KubeObject[]
}
/** Called with what a stage is about to write. */
type Record = (changes: readonly Change[]) => Promise<void>
interface Prepared {
  readonly desired: KubeObject
  readonly change: Change
  readonly write: boolean
  /** How an object is left that is not written. */
  readonly left?: Left | undefined
}

const discoveryMs = 10_000
/** How often an object that others change meanwhile is tried. */
const tries = 5

/**
 * Applies objects in stages: definitions and namespaces, classes, the rest. Nothing of a stage is written before all its dry runs passed.
 * @throws {StepError} ReconciliationFailed, in Flux's words. Spec: kustomization 7.2–7.6.
 */
export async function applyAll(
  objects: readonly KubeObject[],
  ks: KustomizationObject,
  { standing = new Map(), ...given }: Pick<Task, 'hands' | 'run' | 'record'> & { standing?: Task['standing'] | undefined },
): Promise<AppliedObjects> {
  const encrypted = objects.find(isEncrypted)
  if (encrypted) throw encryptedFailure(encrypted)
  const { definitions, classes, rest } = stages([...objects])
  const task: Task = { ...given, ks, standing, defined: definitions }
  const done: AppliedObjects[] = []
  for (const early of [definitions, classes]) {
    if (early.length === 0) continue
    const applied = await applyStage(early, task)
    done.push(applied)
    await waitCurrent(named(applied.changes), { ks, ...given, timeoutMs: timeoutMs(ks.spec) })
  }
  try {
    done.push(await applyStage(rest, task))
  } catch (thrown) {
    if (!(thrown instanceof StepError)) throw thrown
    const before = changeLines(
      done.flatMap(d => d.changes),
      ['created', 'configured'],
    )
    throw new StepError(thrown.code, `${thrown.message}\n${before && `${before}\n`}`, { cause: thrown })
  }
  return { changes: done.flatMap(d => d.changes), left: done.flatMap(d => d.left) }
}

function named(changes: readonly Change[]): ObjectRef[] {
  return changes.map(c => c.ref).filter(ref => ref.name !== '')
}

async function applyStage(objects: readonly KubeObject[], task: Task): Promise<AppliedObjects> {
  const prepared = await inParallel(objects, task.run.settings.concurrentSsa, object => prepare(object, task))
  await task.record(prepared.filter(p => p.write).map(p => p.change))
  const left: (Left | undefined)[] = []
  for (const p of prepared) left.push(p.write ? leftOf(p.desired, await applyOne(p.desired, task)) : p.left)
  return { changes: prepared.map(p => p.change), left: left.filter(l => l !== undefined) }
}

async function prepare(desired: KubeObject, task: Task): Promise<Prepared> {
  const standing = task.standing.get(desired)
  if (standing) return { desired, change: { ref: standing.ref, action: 'unchanged' }, write: false, left: standing }
  if (mayBeSkipped(desired)) return compared(desired, await readLive(desired, task), { task })
  const tried = await dryRun(desired, task)
  if ('object' in tried && tried.object.metadata.resourceVersion === undefined) return created(desired, tried.object)
  return compared(desired, await readLive(desired, task), { task, tried: isUnserved(tried) ? undefined : tried })
}

/** A kind that was not served yet. */
function isUnserved(tried: Tried): boolean {
  return 'refused' in tried && tried.refused instanceof CodedError && tried.refused.code === 'NO_MATCH'
}

function created(desired: KubeObject, object: KubeObject): Prepared {
  return { desired, change: changeOf(object, 'created'), write: true }
}

/** An object beside the live one. */
async function compared(
  desired: KubeObject,
  live: KubeObject | undefined,
  { task, tried }: { task: Task; tried?: Tried | undefined },
): Promise<Prepared> {
  if (isSkipped(desired, live)) return { desired, change: skipped(desired, live), write: false }
  const result = await orRecreated(desired, live, { task, tried: tried ?? (await dryRun(desired, task)) })
  if (result.recreated || !live) return created(desired, result.object)
  const write = (await tookOver(desired, live, task)) || drifted(live, result.object)
  return { desired, change: changeOf(result.object, write ? 'configured' : 'unchanged'), write, left: leftOf(desired, live) }
}

/** Takes over what earlier tools own of an object; whether there was anything. */
async function tookOver(desired: KubeObject, live: KubeObject, { hands: { cluster }, run }: Task): Promise<boolean> {
  const ref = refOf(desired)
  let seen: KubeObject | undefined = live
  for (let attempt = 1; seen; attempt++) {
    const body = keepsManagers(desired, seen) ? [] : cleanUp(seen, run.settings.overrideManagers)
    if (body.length === 0) return false
    await run.secure()
    try {
      await cluster.patch(ref, { type: 'json', body, manager }, run.signal)
      return true
    } catch (thrown) {
      run.signal.throwIfAborted()
      if (!(thrown instanceof CodedError && thrown.code === 'CONFLICT') || attempt >= tries)
        throw new StepError('ReconciliationFailed', `${printRef(ref)} metadata.managedFields cleanup failed: ${messageOf(thrown)}`, {
          cause: thrown,
        })
      seen = await cluster.get(ref, run.signal)
    }
  }
  return false
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
  const until = clock.elapsed() + discoveryMs
  for (;;) {
    try {
      return await cluster.get(refOf(desired), run.signal)
    } catch (thrown) {
      if (!isNew || !(thrown instanceof CodedError) || thrown.code !== 'NO_MATCH' || clock.elapsed() > until)
        throw dryRunFailure(desired, thrown)
      await clock.sleep(100, run.signal)
    }
  }
}

/** What the API server says an object would become, or why it refuses it. */
type Tried = { readonly object: KubeObject } | { readonly refused: unknown }

async function dryRun(desired: KubeObject, { hands: { cluster }, run }: Task): Promise<Tried> {
  try {
    return { object: await cluster.apply(desired, { manager, force: true, dryRun: true }, run.signal) }
  } catch (refused) {
    run.signal.throwIfAborted()
    return { refused }
  }
}

/** An object that may be recreated is, when its dry run is refused for what cannot change. */
async function orRecreated(
  desired: KubeObject,
  live: KubeObject | undefined,
  { task, tried }: { task: Task; tried: Tried },
): Promise<{ object: KubeObject; recreated: boolean }> {
  if ('object' in tried) return { object: tried.object, recreated: false }
  const may = live && (task.ks.spec.force === true || isForced(desired, live)) && needsRecreation(tried.refused)
  if (!may) throw dryRunFailure(desired, tried.refused)
  await recreate(desired, task)
  const again = await dryRun(desired, task)
  if ('refused' in again) throw dryRunFailure(desired, again.refused)
  return { object: again.object, recreated: true }
}

/** Deletes the live object and waits until its finalizers let it go. Spec: kustomization 7.5. */
async function recreate(desired: KubeObject, { hands: { cluster, clock }, run }: Task): Promise<void> {
  const ref = refOf(desired)
  const id = printRef(ref)
  await run.secure()
  const deletion = cluster.delete(ref, { propagation: 'Background' }, run.signal)
  await during('ReconciliationFailed', deletion, `${id} immutable field detected, failed to delete object: `)
  const why = `${id} immutable field detected, failed to wait for object to be deleted: `
  for (let pause = 50; await during('ReconciliationFailed', cluster.get(ref, run.signal), why); pause = Math.min(2000, pause * 2)) {
    run.progress(`waiting for ${id} to be deleted`)
    await clock.sleep(pause, run.signal)
  }
}

async function applyOne(desired: KubeObject, { hands: { cluster }, run }: Task): Promise<KubeObject> {
  try {
    return await cluster.apply(desired, { manager, force: true }, run.signal)
  } catch (thrown) {
    run.signal.throwIfAborted()
    throw applyFailure(desired, thrown)
  }
}
