import type { KustomizationObject } from '../../kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { shortRevision } from '../../lib/digest.ts'
import { type JsonObject, stringAt } from '../../lib/json.ts'
import { drifted, isForced, isKept, isSkipped, manager } from '../../kustomize/apply.ts'
import type { Rendered } from '../../kustomize/build-reconciler.ts'
import { entryOf, type Inventory, refOfEntry, stale } from '../../kustomize/inventory.ts'
import { elsewhere } from '../../kustomize/identity.ts'
import { targetOf } from '../../kustomize/target-reconciler.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { dependents } from './dependents.ts'
import type { Located } from '../objects/locate.ts'
import { objectDiff, sayDiff } from './object-diff.ts'
import { renderLive } from './render-live.ts'
import type { Preview, Running } from '../tool.ts'
import { comesWith, together } from './together.ts'

const shownActions = ['create', 'configure', 'drift', 'recreate', 'prune', 'kept', 'refused', 'skipped', 'unchanged']

/**
 * What reconciling a Kustomization would change: every object dry-run against the cluster, drift apart from intent, what prune
 * would delete, and what waits for it. All of it where and as whom it would be applied.
 */
export async function previewKustomization(world: World, located: Located & { newest?: boolean }, call: Running): Promise<Preview> {
  return previewRendered(world, { cluster: located.cluster, ...(await renderLive(world, located, call)) }, call)
}

/** A Kustomization with what it would apply. */
interface RenderedHere extends Rendered {
  readonly cluster: Cluster
  readonly ks: KustomizationObject
  readonly revision: string
}

/** The same of what was rendered already. */
export async function previewRendered(world: World, rendered: RenderedHere, call: Running): Promise<Preview> {
  const { cluster, ks, objects, revision, scrub, wasEncrypted } = rendered
  const ref = refOf(ks)
  const target = await targetOf(ks, { ...world, cluster }, { settings: call.engine.settings, signal: call.signal })
  await target.discover(call.signal)
  const where = elsewhere(ks)
  const dry = {
    force: ks.spec.force === true,
    isRepeat: isRepeat(ks, revision),
    made: together(objects),
    signal: call.signal,
    show: call.show,
    scrub,
    wasEncrypted,
  }
  const atOnce = call.engine.settings.concurrentSsa
  const changes = await inParallel(objects, atOnce, object => changeFor(target, object, dry))
  const next = { entries: objects.map(o => entryOf(o)) }
  const left = ks.spec.prune ? stale(ks.status?.inventory as Inventory | undefined, next).flatMap(e => refOfEntry(e) ?? []) : []
  const pruned = (await inParallel(left, atOnce, one => pruneOf(target, one, call.signal))).filter(c => c !== undefined)
  const all: JsonObject[] = [...changes.map(({ live: _live, ...change }) => change), ...pruned]
  const counts = shownActions.flatMap(action => {
    const n = all.filter(c => c.action === action).length
    return n > 0 ? [`${n} ${action}`] : []
  })
  return {
    summary: `${printRef(ref)} at ${shortRevision(revision)}${where ? ` in the cluster of ${where}` : ''}: ${counts.join(', ') || 'nothing'}`,
    changes: [...all.filter(c => c.action !== 'unchanged'), ...(await dependents(cluster, ref, call.signal))],
    live: JSON.stringify([revision, ks.metadata.uid, ks.metadata.generation, changes.map(c => c.live ?? null), pruned]),
  }
}

/** Whether the same revision and spec were applied before: then every difference is drift. */
function isRepeat(ks: KustomizationObject, revision: string): boolean {
  return (
    stringAt(ks, 'status', 'lastAppliedRevision') === revision && (ks as KubeObject).status?.observedGeneration === ks.metadata.generation
  )
}

interface Dry extends Pick<Rendered, 'scrub' | 'wasEncrypted'> {
  readonly force: boolean
  readonly isRepeat: boolean
  readonly made: ReturnType<typeof together>
  readonly signal: AbortSignal
  readonly show: Running['show']
}

async function changeFor(cluster: Cluster, object: KubeObject, dry: Dry): Promise<JsonObject> {
  const { force, isRepeat: repeats, made, signal, show, wasEncrypted } = dry
  const name = printRef(refOf(object))
  let live: KubeObject | undefined
  try {
    live = await cluster.get(refOf(object), signal)
    if (isSkipped(object, live)) return { action: 'skipped', object: name }
    const dryRun = await cluster.apply(object, { manager, force: true, dryRun: true }, signal)
    if (!live) return { action: 'create', object: name }
    const uid = { live: live.metadata.uid ?? '' }
    if (!drifted(live, dryRun)) return { action: 'unchanged', object: name, ...uid }
    const diff = objectDiff(live, dryRun, { manager, repeats, show, wasEncrypted })
    return { action: diff.every(d => d.by !== undefined) ? 'drift' : 'configure', object: name, detail: sayDiff(diff), ...uid }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof CodedError)) throw thrown
    if (!live && comesWith(made, object, thrown.code)) return { action: 'create', object: name }
    const recreates = (force || isForced(object, live)) && (thrown.code === 'INVALID' || thrown.code === 'CONFLICT')
    return { action: recreates ? 'recreate' : 'refused', object: name, detail: dry.scrub(thrown.message) }
  }
}

async function pruneOf(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<JsonObject | undefined> {
  const live = await cluster.get(ref, signal).catch((thrown: unknown) => {
    if (thrown instanceof CodedError && thrown.code === 'NO_MATCH') return undefined
    throw thrown
  })
  if (!live) return undefined
  return isKept(live)
    ? { action: 'kept', object: printRef(ref), detail: 'its prune is disabled' }
    : { action: 'prune', object: printRef(ref) }
}
