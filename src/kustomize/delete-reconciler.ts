import { applyOrder } from '../engine/apply-order.ts'
import { StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { joinApiVersion, type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { isKept } from './apply.ts'
import type { Change } from './change.ts'
import { type InventoryEntry, refOfEntry } from './inventory.ts'
import { ownerLabels } from './owned.ts'

interface Task {
  readonly hands: Pick<Hands, 'cluster' | 'clock'>
  readonly run: Run
  readonly ks: KustomizationObject
}

/**
 * Deletes what entries name, in reverse apply order, unless another owner's or told to keep. All are tried.
 * @throws {StepError} PruneFailed with every failure. Spec: kustomization 8.3.
 */
export async function deleteEntries(entries: readonly InventoryEntry[], task: Task): Promise<Change[]> {
  const refs = new Map(
    entries.flatMap(entry => {
      const ref = refOfEntry(entry)
      return ref ? [[asObject(ref), ref] as const] : []
    }),
  )
  const ordered = applyOrder([...refs.keys()])
    .toReversed()
    .flatMap(object => refs.get(object) ?? [])
  const changes: Change[] = []
  const failures: string[] = []
  for (const ref of ordered) {
    try {
      changes.push({ ref, action: await deleteOne(ref, task) })
    } catch (thrown) {
      task.run.signal.throwIfAborted()
      failures.push(`${printRef(ref)} delete failed: ${messageOf(thrown)}`)
    }
  }
  if (failures.length > 0) throw new StepError('PruneFailed', failures.join('\n'))
  return changes
}

function asObject({ group, version = '', kind, name, namespace }: ObjectRef): KubeObject {
  return { apiVersion: joinApiVersion({ group, version }), kind, metadata: { name, ...(namespace ? { namespace } : {}) } }
}

async function deleteOne(ref: ObjectRef, { hands: { cluster }, run, ks }: Task): Promise<'deleted' | 'skipped'> {
  const live = await liveOrGone(ref, { cluster, run })
  if (!live) return 'deleted'
  const { name, namespace } = ks.metadata
  const ours = live.metadata.labels?.[ownerLabels.name] === name && live.metadata.labels?.[ownerLabels.namespace] === namespace
  if (!ours || isKept(live)) return 'skipped'
  await cluster.delete(ref, { propagation: 'Background', preconditions: { uid: live.metadata.uid } }, run.signal)
  return 'deleted'
}

/** A kind that is no longer served has no objects left. */
async function liveOrGone(ref: ObjectRef, { cluster, run }: { cluster: Hands['cluster']; run: Run }): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(ref, run.signal)
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'NO_MATCH') return undefined
    throw thrown
  }
}

/** Waits until deleted objects are gone. Answers those that are still there when the time is up. Spec: kustomization 8.4. */
export async function waitGone(
  refs: readonly ObjectRef[],
  { hands, run, timeoutMs }: Omit<Task, 'ks'> & { timeoutMs: number },
): Promise<ObjectRef[]> {
  const until = hands.clock.now() + timeoutMs
  let left = [...refs]
  for (let pause = 100; ; pause = Math.min(2000, pause * 2)) {
    const found = await Promise.all(left.map(ref => liveOrGone(ref, { cluster: hands.cluster, run })))
    left = left.filter((_, i) => found[i] !== undefined)
    if (left.length === 0 || hands.clock.now() >= until) return left
    run.progress(`waiting for ${left.length} objects to terminate`)
    await hands.clock.sleep(Math.min(pause, Math.max(1, until - hands.clock.now())), run.signal)
  }
}
