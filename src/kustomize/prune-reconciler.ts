import { failed, type Outcome, ready, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { Hands } from '../world/world.ts'
import { type Change, changeLines } from './change.ts'
import { deleteEntries, printFailures, waitGone } from './delete-reconciler.ts'
import { entryOf, type Inventory, type InventoryEntry, stale } from './inventory.ts'
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
  const save = (more: readonly InventoryEntry[]): Promise<void> =>
    run.save({ fields: { inventory: { entries: [...applied, ...more].map(e => ({ ...e })) } } })
  if (gone.length > 0) await save(gone)
  const deleted = await deleteEntries(gone, { ks, hands, run })
  await save(deleted.failures.map(f => f.entry))
  if (deleted.failures.length > 0) throw new StepError('PruneFailed', printFailures(deleted.failures))
  const lines = changeLines(deleted.changes, ['deleted', 'skipped'])
  if (lines) await run.emit({ severity: 'info', message: lines })
}

/** What the deletion of the object takes along. Spec: kustomization 8.4. */
export async function finalize(ks: KustomizationObject, hands: Step['hands'], run: Run): Promise<Outcome> {
  const policy = ks.spec.deletionPolicy ?? 'MirrorPrune'
  const entries = (ks.status?.inventory as Inventory | undefined)?.entries ?? []
  const deletes = policy === 'Delete' || policy === 'WaitForTermination' || (policy === 'MirrorPrune' && ks.spec.prune)
  if (ks.spec.suspend || entries.length === 0 || !deletes) return ready('')
  run.annotate(revisionsOf(ks))
  const { changes, failures } = await deleteEntries(entries, { ks, hands, run })
  if (failures.length > 0)
    return failed('PruneFailed', printFailures(failures), {
      retry: 'backoff',
      events: [{ severity: 'error', message: 'pruning for deleted resource failed' }],
    })
  const lines = changeLines(changes, ['deleted', 'skipped'])
  if (lines) await run.emit({ severity: 'info', message: lines })
  if (policy !== 'WaitForTermination') return ready('')
  const deleted = changes.filter(c => c.action === 'deleted').map(c => c.ref)
  const left = await waitGone(deleted, { hands, run, timeoutMs: timeoutMs(ks.spec) })
  return left.length === 0 ? ready('') : ready('', { events: [{ severity: 'error', message: 'failed to wait for resources termination' }] })
}

function revisionsOf({ status }: KustomizationObject): Record<string, string> {
  const prefix = 'kustomize.toolkit.fluxcd.io/'
  return {
    ...(status?.lastAppliedRevision ? { [`${prefix}revision`]: status.lastAppliedRevision } : {}),
    ...(status?.lastAppliedOriginRevision ? { [`${prefix}originRevision`]: status.lastAppliedOriginRevision } : {}),
  }
}
