import { drive, type Driven } from '../../engine/drive.ts'
import type { Pass } from '../../engine/pass.ts'
import { holdOf, isSuspended, type Judged, revisionOf, runPatch } from '../../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import { ownerOf } from '../../images/repository-reconciler.ts'
import { ImageRepository } from '../../kinds/image-repository.ts'
import { artifactOf } from '../../kustomize/depends.ts'
import { shortRevision } from '../../lib/digest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { Hands, World } from '../../world/world.ts'
import { actingOn } from './engine.ts'
import { ToolError } from '../frame/error.ts'
import { reconcilerOf, reconcilers } from './reconcilers.ts'
import { sourceRefOf } from '../../engine/source-chain.ts'
import type { Call } from '../tool.ts'

const running = new WeakMap<World, Map<string, Promise<unknown>>>()
const manager = 'fluxpilot'

/**
 * Runs our reconcilers once for an object; the source of a Kustomization first where our storage lacks its artifact. One run per object at a time.
 * @throws {ToolError} Unsupported for a kind that our engine does not reconcile.
 */
export async function runOwn(
  world: World,
  { cluster, ref }: { cluster: Cluster; ref: ObjectRef },
  call: Call,
): Promise<{ object: KubeObject | undefined; judged: Judged }> {
  const reconciler = reconcilerOf(ref)
  if (!reconciler)
    throw new ToolError('Unsupported', `no controller for ${ref.kind} runs here, and this engine does not reconcile ${ref.kind}`, {
      next: `install Flux; this engine reconciles ${reconcilers.map(({ kind }) => kind.kind).join(', ')}`,
    })
  const object = await cluster.get(ref, call.signal)
  if (!object) return { object, judged: { verdict: 'NotHandled', message: `${printRef(ref)} does not exist` } }
  await ensureStored(world, { cluster, object }, call)
  await cluster.patch(ref, { type: 'merge', body: runPatch(new Date(world.clock.now()).toISOString()), manager }, call.signal)
  const driven = await alone(world, { key: `${cluster.name} ${printRef(ref)}`, signal: call.signal }, () =>
    drive(reconciler, ref, passOf(world, cluster, call)),
  )
  return driven.is === 'gone'
    ? { object: undefined, judged: { verdict: 'NotHandled', message: 'the object is gone' } }
    : { object: driven.object, judged: judgedOf(driven) }
}

async function ensureStored(world: World, { cluster, object }: { cluster: Cluster; object: KubeObject }, call: Call): Promise<void> {
  const ref = sourceRefOf(object)
  const source = ref && (await cluster.get(ref, call.signal))
  if (!ref || !source || isSuspended(source) || !reconcilerOf(ref) || (await isStored(world, { cluster, source }, call))) return
  if ((await actingOn(world, { cluster, ref }, call)).engine === 'own') await runOwn(world, { cluster, ref }, call)
}

/** Whether our storage has what the source's status names: another process may have kept it elsewhere. */
async function isStored(world: World, { cluster, source }: { cluster: Cluster; source: KubeObject }, { signal }: Call): Promise<boolean> {
  if (source.kind === ImageRepository.kind)
    return (await world.tags.read(ownerOf(source, cluster.server), stringAt(source, 'status', 'canonicalImageName') ?? '')).length > 0
  const artifact = artifactOf(source)
  return artifact !== undefined && (await world.artifacts.verify(artifact, signal)).is === 'ok'
}

function passOf(world: World, cluster: Cluster, call: Call): Pass<Hands> {
  return {
    hub: cluster,
    hands: { ...world, cluster },
    clock: world.clock,
    settings: call.engine.settings,
    signal: call.signal,
    progress: note => call.progress(shortRevision(note)),
  }
}

function judgedOf(driven: Exclude<Driven, { is: 'gone' }>): Judged {
  if (driven.is === 'suspended') return { verdict: 'Suspended', message: holdOf(driven.object), revision: revisionOf(driven.object) }
  if (driven.is === 'static')
    return { verdict: 'Ready', reason: 'Static', message: 'it has no status of its own: what names it reads it', revision: undefined }
  const { object, outcome } = driven
  const ready = conditionOf(object, 'Ready')
  const verdict = outcome.is === 'ready' ? (ready?.status === 'True' ? 'Ready' : 'Failed') : outcome.is === 'stalled' ? 'Stalled' : 'Failed'
  return { verdict, reason: ready?.reason ?? outcome.reason, message: ready?.message ?? outcome.message, revision: revisionOf(object) }
}

/** One run per key at a time: the next waits for the one before, whatever became of it, or until its own call ends. */
async function alone<T>(world: World, { key, signal }: { key: string; signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
  const queue = running.get(world) ?? new Map<string, Promise<unknown>>()
  running.set(world, queue)
  const before = queue.get(key) ?? Promise.resolve()
  const mine = turn(before, signal).then(work)
  const both = Promise.allSettled([before, mine])
  queue.set(key, both)
  try {
    return await mine
  } finally {
    if (queue.get(key) === both) queue.delete(key)
  }
}

async function turn(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await Promise.race([before.catch(() => {}), promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
