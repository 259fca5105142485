import { type Judged, revisionOf, type Once } from '../../engine/request.ts'
import { type KubeObject, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import { shortRevision } from '../../lib/digest.ts'
import { plain } from '../../lib/safe.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { liveOf } from '../preview/deletion.ts'
import type { Acting } from './engine.ts'
import { type Evidence, evidenceFor } from './evidence.ts'
import { elsewhere } from '../../kustomize/identity.ts'
import { inventoryRefs } from '../objects/inventory-refs.ts'
import type { Located } from '../objects/locate.ts'
import { type Ended, runBy } from './run-by.ts'
import { runSources } from './source-run.ts'
import type { Call } from '../tool.ts'
import { nextStep, type VerdictAnswer } from './verdict.ts'

const defaultSeconds = 50
const [mostMessage, readsAtOnce] = [1200, 8]

interface Run {
  readonly located: Pick<Located, 'cluster' | 'ref'>
  /** The object as it stood before anything was written. */
  readonly before: KubeObject
  readonly acting: Acting
  readonly withSource: boolean
  readonly timeoutSeconds: number | undefined
  readonly once?: Once
}

/** Runs an object by whoever acts on it, its sources first when asked, and judges the result. The time covers all of it. */
export async function runToVerdict(
  world: World,
  { located: { cluster, ref }, before, acting, withSource, timeoutSeconds, once }: Run,
  call: Call,
): Promise<VerdictAnswer> {
  const ends = world.clock.elapsed() + (timeoutSeconds ?? defaultSeconds) * 1000
  const left = (): number => Math.max(1, ends - world.clock.elapsed())
  const failed = withSource ? await runSources(world, { cluster, object: before, left }, call) : undefined
  const { object, judged, source } = failed ?? (await runBy(world, { cluster, ref, acting, timeoutMs: left(), once }, call))
  const evidence = await evidenceOf(judged, { object, source, cluster, world, acted: acting.engine === 'own' }, call)
  return {
    object: printRef(ref),
    verdict: judged.verdict,
    revision: short(object && revisionOf(object)),
    before: short(revisionOf(before)),
    reason: judged.reason,
    untrusted: judged.message === undefined ? undefined : shortRevision(plain(judged.message.trimEnd())).slice(0, mostMessage),
    ...(object ? await inventoryChanges(cluster, { before, after: object }, call) : {}),
    ...evidence,
    engine: `${acting.engine === 'own' ? 'fluxpilot' : 'flux'}: ${acting.why}`,
    cluster: cluster.name,
    next: source && judged.verdict === 'Failed' ? `make ${printRef(source)} ready first` : nextStep(judged, source ?? ref, acting.engine),
  }
}

async function evidenceOf(
  { verdict, reason, message }: Judged,
  { object, source, cluster, world, acted }: Pick<Ended, 'object' | 'source'> & Pick<Located, 'cluster'> & { world: World; acted: boolean },
  call: Call,
): Promise<Partial<Evidence>> {
  if (source)
    return {
      blockedBy: { object: printRef(source), state: verdict, ...(reason ? { reason } : {}), untrusted: plain(message ?? '').slice(0, 300) },
    }
  return object && ['Failed', 'Stalled', 'TimedOut'].includes(verdict) ? evidenceFor(object, { cluster, world, acted }, call) : {}
}

interface InventoryChanges {
  readonly added?: string[]
  readonly pruned?: string[]
  readonly kept?: string[]
}

/** What joined and what left the inventory; nothing for kinds without one. What left and is still there was kept; other clusters are not looked into. */
async function inventoryChanges(
  cluster: Cluster,
  { before, after }: { before: KubeObject; after: KubeObject },
  call: Call,
): Promise<InventoryChanges> {
  const [was, is] = [inventoryRefs(before), inventoryRefs(after)]
  const names = (refs: readonly ObjectRef[]): string[] => refs.map(printRef)
  const added = names(is).filter(n => !names(was).includes(n))
  const left = was.filter(ref => !names(is).includes(printRef(ref)))
  const there = await inParallel(elsewhere(after) ? [] : left, readsAtOnce, async ref => {
    const live = await liveOf(cluster, ref, call.signal)
    return live !== undefined && live.metadata.deletionTimestamp === undefined
  })
  const [pruned, kept] = [left.filter((_, i) => !there[i]), left.filter((_, i) => there[i])]
  return {
    ...(added.length > 0 ? { added } : {}),
    ...(pruned.length > 0 ? { pruned: names(pruned) } : {}),
    ...(kept.length > 0 ? { kept: names(kept) } : {}),
  }
}

function short(revision: string | undefined): string | undefined {
  return revision === undefined ? undefined : shortRevision(revision)
}
