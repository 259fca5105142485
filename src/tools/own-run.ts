import { drive, type Driven } from '../engine/drive.ts'
import { isSuspended, type Judged, revisionOf, runPatch } from '../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import { objectAt } from '../lib/json.ts'
import { artifactOf } from '../kustomize/depends.ts'
import { kustomizations } from '../kustomize/reconciler.ts'
import { ociRepositories } from '../sources/oci/reconciler.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { Hands, World } from '../world/world.ts'
import { actingOn } from './engine.ts'
import { ToolError } from './error.ts'
import { runFlux } from './flux-run.ts'
import type { Call } from './tool.ts'

const running = new WeakMap<World, Map<string, Promise<unknown>>>()
const manager = 'fluxpilot'
const sourceTimeoutMs = 60_000

/** Kinds that our engine reconciles. */
export const ownKinds = ['Kustomization', 'OCIRepository'] as const

/**
 * Runs our reconcilers once for an object, its source first when asked or when it has no artifact yet. One run per object at a time.
 * @throws {ToolError} Unsupported for a kind that our engine does not reconcile.
 */
export async function runOwn(
  world: World,
  { cluster, ref, withSource }: { cluster: Cluster; ref: ObjectRef; withSource: boolean },
  call: Call,
): Promise<{ object: KubeObject | undefined; judged: Judged }> {
  const object = await cluster.get(ref, call.signal)
  if (!object) return { object, judged: { verdict: 'NotHandled', message: `${printRef(ref)} does not exist` } }
  if (ref.kind === 'Kustomization') await runSource(world, { cluster, object, withSource }, call)
  await cluster.patch(ref, { type: 'merge', body: runPatch(new Date(world.clock.now()).toISOString()), manager }, call.signal)
  const driven = await alone(world, `${cluster.name} ${printRef(ref)}`, () => pass(world, { cluster, ref }, call))
  return driven.is === 'gone'
    ? { object: undefined, judged: { verdict: 'NotHandled', message: 'the object is gone' } }
    : { object: driven.object, judged: judgedOf(driven) }
}

async function runSource(
  world: World,
  { cluster, object, withSource }: { cluster: Cluster; object: KubeObject; withSource: boolean },
  call: Call,
): Promise<void> {
  const { kind, name, namespace } = objectAt(object, 'spec', 'sourceRef')
  const ref: ObjectRef = {
    group: 'source.toolkit.fluxcd.io',
    kind: String(kind),
    name: String(name),
    namespace: typeof namespace === 'string' ? namespace : object.metadata.namespace,
  }
  const source = await cluster.get(ref, call.signal)
  if (!source || isSuspended(source)) return
  const { engine } = await actingOn(world, { cluster, ref }, call)
  if (engine === 'flux') {
    if (withSource) await runFlux(world, { cluster, ref, timeoutMs: sourceTimeoutMs, request: true }, call)
  } else if (withSource || !(await isStored(world, source, call))) {
    await runOwn(world, { cluster, ref, withSource: false }, call)
  }
}

/** Whether our storage has what the source's status names: another process may have kept it elsewhere. */
async function isStored(world: World, source: KubeObject, { signal }: Call): Promise<boolean> {
  const artifact = artifactOf(source)
  return artifact !== undefined && (await world.artifacts.verify(artifact, signal)) === 'ok'
}

function pass(world: World, { cluster, ref }: { cluster: Cluster; ref: ObjectRef }, call: Call): Promise<Driven> {
  const hands: Hands = { ...world, cluster }
  const common = {
    hub: cluster,
    hands,
    clock: world.clock,
    settings: call.engine.settings,
    signal: call.signal,
    progress: (note: string) => call.progress(note),
  }
  switch (ref.kind) {
    case 'Kustomization':
      return drive(kustomizations, ref, common)
    case 'OCIRepository':
      return drive(ociRepositories, ref, common)
    default:
      throw new ToolError('Unsupported', `no controller for ${ref.kind} runs here, and this engine does not reconcile ${ref.kind}`, {
        next: `install Flux; this engine reconciles ${ownKinds.join(' and ')}`,
      })
  }
}

function judgedOf(driven: Exclude<Driven, { is: 'gone' }>): Judged {
  if (driven.is === 'suspended') return { verdict: 'Suspended', message: 'spec.suspend is true', revision: revisionOf(driven.object) }
  const { object, outcome } = driven
  const ready = conditionOf(object, 'Ready')
  const verdict = outcome.is === 'ready' ? (ready?.status === 'True' ? 'Ready' : 'Failed') : outcome.is === 'stalled' ? 'Stalled' : 'Failed'
  return { verdict, reason: ready?.reason ?? outcome.reason, message: ready?.message ?? outcome.message, revision: revisionOf(object) }
}

/** One run per key at a time; the next waits for the one before, whatever became of it. */
async function alone<T>(world: World, key: string, work: () => Promise<T>): Promise<T> {
  const queue = running.get(world) ?? new Map<string, Promise<unknown>>()
  running.set(world, queue)
  const before = queue.get(key) ?? Promise.resolve()
  const mine = before.catch(() => {}).then(work)
  queue.set(key, mine)
  try {
    return await mine
  } finally {
    if (queue.get(key) === mine) queue.delete(key)
  }
}
