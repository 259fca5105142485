import type { StatusChange } from '../engine/conditions.ts'
import type { EventDraft } from '../engine/events.ts'
import { type Outcome, ready, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { conditionOf, printRef } from '../kinds/manifest.ts'
import type { Hands } from '../world/world.ts'
import { type Change, changeLines } from './change.ts'
import { deleteEntries, printFailures, refsOf, waitGone } from './delete-reconciler.ts'
import { accountOf, IdentityError } from './identity.ts'
import { entryOf, type Inventory, type InventoryEntry, stale } from './inventory.ts'
import { finishedEvent } from './settle.ts'
import { type TargetHands, targetOf } from './target-reconciler.ts'
import { timeoutMs } from './timing.ts'

interface Step {
  readonly hands: Pick<Hands, 'cluster' | 'clock'>
  readonly run: Run
}

/**
 * Deletes what left the inventory. While it runs, the inventory names both; what could not be deleted stays in it, to be tried again.
 * @throws {StepError} PruneFailed with every failure. Spec: kustomization 8.3.
 */
export async function prune(ks: KustomizationObject, changes: readonly Change[], { hands, run }: Step): Promise<void> {
  const applied = changes.map(c => entryOf(c.ref))
  const gone = ks.spec.prune ? stale(ks.status?.inventory as Inventory | undefined, { entries: applied }) : []
  const named = (more: readonly InventoryEntry[]): StatusChange => ({
    fields: { inventory: { entries: [...applied, ...more].map(e => ({ ...e })) } },
  })
  if (gone.length > 0) await run.save(named(gone))
  const deleted = await deleteEntries(gone, { ks, hands, run })
  run.note(named(deleted.failures.map(f => f.entry)))
  if (deleted.failures.length > 0) throw new StepError('PruneFailed', printFailures(deleted.failures))
  const lines = changeLines(deleted.changes, ['deleted', 'skipped'])
  if (lines) await run.emit({ severity: 'info', message: lines })
}

type FinalHands = Step['hands'] & TargetHands

/** What the deletion of the object takes along. Spec: kustomization 8.4. */
export async function finalize(ks: KustomizationObject, hands: FinalHands, run: Run): Promise<Outcome> {
  if (ks.spec.suspend) return ready('')
  run.annotate(revisionsOf(ks))
  const taken = deletes(ks) ? await fromTarget(ks, hands, run) : []
  if ('is' in taken) return taken
  const finished = isReady(ks) ? [finishedEvent(ks, hands.clock.elapsed() - run.startedAt)] : []
  return ready('', { events: [...taken, ...finished] })
}

type Taken = EventDraft[] | (Outcome & { is: 'failed' })

/** Objects are deleted where and as whom they were applied. A service account that is gone takes its rights along: they stay. */
async function fromTarget(ks: KustomizationObject, hands: FinalHands, run: Run): Promise<Taken> {
  const account = accountOf(ks, run.settings)
  if (account && !(await hands.cluster.get(account, run.signal)))
    return [{ severity: 'error', message: `unable to prune objects: \n${refsOf(entriesOf(ks)).map(printRef).join('\n')}` }]
  try {
    return await takeAlong(ks, { hands: { ...hands, cluster: await targetOf(ks, hands, run) }, run })
  } catch (thrown) {
    if (!(thrown instanceof IdentityError)) throw thrown
    return { is: 'failed', reason: 'ReconciliationFailed', message: thrown.message, retry: 'backoff' }
  }
}

function entriesOf({ status }: KustomizationObject): readonly InventoryEntry[] {
  return (status?.inventory as Inventory | undefined)?.entries ?? []
}

function deletes(ks: KustomizationObject): boolean {
  const { spec } = ks
  const policy = spec.deletionPolicy ?? 'MirrorPrune'
  return entriesOf(ks).length > 0 && (policy === 'Delete' || policy === 'WaitForTermination' || (policy === 'MirrorPrune' && spec.prune))
}

function isReady(ks: KustomizationObject): boolean {
  const is = (type: string): boolean => conditionOf(ks, type)?.status === 'True'
  return is('Ready') && !is('Reconciling') && !is('Stalled')
}

/** Deletes what the inventory names. Answers the events that remain to be told, or why it failed. */
async function takeAlong(ks: KustomizationObject, { hands, run }: Step): Promise<Taken> {
  const { changes, failures } = await deleteEntries(entriesOf(ks), { ks, hands, run })
  if (failures.length > 0) {
    await run.emit({ severity: 'error', message: 'pruning for deleted resource failed' })
    return { is: 'failed', reason: 'PruneFailed', message: printFailures(failures), retry: 'backoff' }
  }
  const lines = changeLines(changes, ['deleted', 'skipped'])
  if (lines) await run.emit({ severity: 'info', message: lines })
  if (ks.spec.deletionPolicy !== 'WaitForTermination') return []
  const deleted = changes.filter(c => c.action === 'deleted').map(c => c.ref)
  const left = await waitGone(deleted, { hands, run, timeoutMs: timeoutMs(ks.spec) })
  return left.length === 0 ? [] : [{ severity: 'error', message: 'failed to wait for resources termination' }]
}

function revisionsOf({ status }: KustomizationObject): Record<string, string> {
  const prefix = 'kustomize.toolkit.fluxcd.io/'
  return {
    ...(status?.lastAppliedRevision ? { [`${prefix}revision`]: status.lastAppliedRevision } : {}),
    ...(status?.lastAppliedOriginRevision ? { [`${prefix}originRevision`]: status.lastAppliedOriginRevision } : {}),
  }
}
