import { stages } from '../engine/apply-order.ts'
import { during, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, printRef, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { stringAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import { cleanUp, drifted, isForced, isSkipped, keepsManagers, manager } from './apply.ts'
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
/** How often an object that others change meanwhile is tried. */
const tries = 5

/**
 * Applies objects in stages: definitions and namespaces, classes, the rest. Nothing of a stage is written before all its dry runs passed.
 * @throws {StepError} ReconciliationFailed, in Flux's words. Spec: kustomization 7.2–7.6.
 */
export async function applyAll(
  objects: readonly KubeObject[],
  ks: KustomizationObject,
  { hands, run, record }: { hands: ApplyHands; run: Run; record: Record },
): Promise<Change[]> {
  const encrypted = objects.find(isEncrypted)
  if (encrypted) throw encryptedFailure(encrypted)
  const task = (defined: readonly KubeObject[]): Task => ({ ks, hands, run, record, defined })
  const { definitions, classes, rest } = stages([...objects])
  const changes: Change[] = []
  for (const early of [definitions, classes]) {
    if (early.length === 0) continue
    const applied = await applyStage(early, task(definitions))
    changes.push(...applied)
    await waitCurrent(named(applied), { ks, hands, run, timeoutMs: timeoutMs(ks.spec) })
  }
  try {
    return [...changes, ...(await applyStage(rest, task(definitions)))]
  } catch (thrown) {
    if (!(thrown instanceof StepError)) throw thrown
    const before = changeLines(changes, ['created', 'configured'])
    throw new StepError(thrown.code, `${thrown.message}\n${before && `${before}\n`}`, { cause: thrown })
  }
}

function named(changes: readonly Change[]): ObjectRef[] {
  return changes.map(c => c.ref).filter(ref => ref.name !== '')
}

async function applyStage(objects: readonly KubeObject[], task: Task): Promise<Change[]> {
  const prepared = await inParallel(objects, task.run.settings.concurrentSsa, object => prepare(object, task))
  await task.record(prepared.filter(p => p.write).map(p => p.change))
  for (const { desired, write } of prepared) if (write) await applyOne(desired, task)
  return prepared.map(p => p.change)
}

async function prepare(desired: KubeObject, task: Task): Promise<Prepared> {
  const live = await readLive(desired, task)
  if (isSkipped(desired, live)) return { desired, change: skipped(desired, live), write: false }
  const dryRun = await dryRunOf(desired, live, task)
  if (dryRun.recreated || !live) return { desired, change: changeOf(dryRun.object, 'created'), write: true }
  const write = (await tookOver(desired, live, task)) || drifted(live, dryRun.object)
  return { desired, change: changeOf(dryRun.object, write ? 'configured' : 'unchanged'), write }
}

/** Takes over what earlier tools own of an object; whether there was anything. */
async function tookOver(desired: KubeObject, live: KubeObject, { hands: { cluster }, run }: Task): Promise<boolean> {
  const ref = refOf(desired)
  let seen: KubeObject | undefined = live
  for (let attempt = 1; seen; attempt++) {
    const body = keepsManagers(desired, seen) ? [] : cleanUp(seen, run.settings.overrideManagers)
    if (body.length === 0) return false
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
  const id = printRef(ref)
  const deletion = cluster.delete(ref, { propagation: 'Background' }, run.signal)
  await during('ReconciliationFailed', deletion, `${id} immutable field detected, failed to delete object: `)
  const why = `${id} immutable field detected, failed to wait for object to be deleted: `
  for (let pause = 50; await during('ReconciliationFailed', cluster.get(ref, run.signal), why); pause = Math.min(2000, pause * 2)) {
    run.progress(`waiting for ${id} to be deleted`)
    await clock.sleep(pause, run.signal)
  }
}

async function applyOne(desired: KubeObject, { hands: { cluster }, run }: Task): Promise<void> {
  try {
    await cluster.apply(desired, { manager, force: true }, run.signal)
  } catch (thrown) {
    run.signal.throwIfAborted()
    throw applyFailure(desired, thrown)
  }
}
