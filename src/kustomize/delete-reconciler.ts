import { applyOrder } from '../engine/apply-order.ts'
import { during, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { joinApiVersion, type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import { CodedError, isSilence, messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { isKept } from './apply.ts'
import type { Change } from './change.ts'
import { type InventoryEntry, refOfEntry } from './inventory.ts'
import { ownerLabels } from './owned.ts'
import { inParallel } from '../lib/parallel.ts'

/** How often an object that keeps changing is tried. */
const tries = 5
const readsAtOnce = 8

interface Task {
  readonly hands: Pick<Hands, 'cluster' | 'clock'>
  readonly run: Run
  readonly ks: KustomizationObject
}
interface Failure {
  readonly entry: InventoryEntry
  readonly message: string
}

/** Deletes what entries name, in reverse apply order, unless another owner's or told to keep. All are tried, unless nobody answers. Spec: kustomization 8.3. */
export async function deleteEntries(
  entries: readonly InventoryEntry[],
  task: Task,
): Promise<{ readonly changes: Change[]; readonly failures: Failure[] }> {
  const changes: Change[] = []
  const failures: Failure[] = []
  let silence: string | undefined
  for (const { entry, ref } of inReverse(entries)) {
    if (silence !== undefined) {
      failures.push({ entry, message: `${printRef(ref)} query failed: ${silence}` })
      continue
    }
    try {
      changes.push({ ref, action: await deleteOne(ref, task) })
    } catch (thrown) {
      task.run.signal.throwIfAborted()
      failures.push({ entry, message: messageOf(thrown) })
      if (isSilence(thrown)) silence = messageOf((thrown as Error).cause ?? thrown)
    }
  }
  return { changes, failures }
}

/** All failures in one line, as Flux words them. */
export function printFailures(failures: readonly Failure[]): string {
  return `delete failed, errors: ${failures.map(f => `${f.message};`).join('')}`
}

/** Entries that name no object are left out. */
function inReverse(entries: readonly InventoryEntry[]): { entry: InventoryEntry; ref: ObjectRef }[] {
  const named = new Map(
    entries.flatMap(entry => {
      const ref = refOfEntry(entry)
      return ref ? [[asObject(ref), { entry, ref }] as const] : []
    }),
  )
  return applyOrder([...named.keys()])
    .toReversed()
    .flatMap(object => named.get(object) ?? [])
}

/** The objects that entries name, in apply order. */
export function refsOf(entries: readonly InventoryEntry[]): ObjectRef[] {
  return inReverse(entries)
    .toReversed()
    .map(({ ref }) => ref)
}

function asObject({ group, version = '', kind, name, namespace }: ObjectRef): KubeObject {
  return { apiVersion: joinApiVersion({ group, version }), kind, metadata: { name, ...(namespace ? { namespace } : {}) } }
}

/** An object that changed since it was read is judged anew. */
async function deleteOne(ref: ObjectRef, task: Task): Promise<'deleted' | 'skipped'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await deleteAsRead(ref, task)
    } catch (thrown) {
      const changed = thrown instanceof StepError && thrown.cause instanceof CodedError && thrown.cause.code === 'CONFLICT'
      if (!changed || attempt >= tries) throw thrown
    }
  }
}

async function deleteAsRead(ref: ObjectRef, { hands: { cluster }, run, ks }: Task): Promise<'deleted' | 'skipped'> {
  const found = await during('PruneFailed', liveOrGone(ref, { cluster, run }), `${printRef(ref)} query failed: `)
  if (!found) return 'deleted'
  const { live } = found
  const { name, namespace } = ks.metadata
  const ours = live.metadata.labels?.[ownerLabels.name] === name && live.metadata.labels?.[ownerLabels.namespace] === namespace
  if (!ours || isKept(live)) return 'skipped'
  const { uid, resourceVersion } = live.metadata
  const deletion = cluster.delete(found.ref, { propagation: 'Background', preconditions: { uid, resourceVersion } }, run.signal)
  await during('PruneFailed', deletion, `${printRef(ref)} delete failed: `)
  return 'deleted'
}

/**
 * The object in any served version of its kind: a version that is served no more does not hide it. A kind that is not served has no objects,
 * unless its group did not answer.
 */
async function liveOrGone(
  given: ObjectRef,
  { cluster, run }: { cluster: Hands['cluster']; run: Run },
): Promise<{ live: KubeObject; ref: ObjectRef } | undefined> {
  const ref = { ...given, version: undefined }
  try {
    const live = await cluster.get(ref, run.signal)
    return live && { live, ref }
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== 'NO_MATCH') throw thrown
    const { incomplete } = await cluster.discover(run.signal)
    if (incomplete.some(({ group }) => group.split('/')[0] === ref.group)) throw thrown
    return undefined
  }
}

/** Waits until deleted objects are gone. Answers those that are still there when the time is up. Spec: kustomization 8.4. */
export async function waitGone(
  refs: readonly ObjectRef[],
  { hands, run, timeoutMs }: Omit<Task, 'ks'> & { timeoutMs: number },
): Promise<ObjectRef[]> {
  const until = hands.clock.elapsed() + timeoutMs
  let left = [...refs]
  for (let pause = 100; ; pause = Math.min(2000, pause * 2)) {
    const found = await inParallel(left, readsAtOnce, ref => liveOrGone(ref, { cluster: hands.cluster, run }))
    left = left.filter((_, i) => found[i] !== undefined)
    if (left.length === 0 || hands.clock.elapsed() >= until) return left
    run.progress(`waiting for ${left.length} objects to terminate`)
    await hands.clock.sleep(Math.min(pause, Math.max(1, until - hands.clock.elapsed())), run.signal)
  }
}
