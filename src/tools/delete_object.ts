import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { drive } from '../engine/drive.ts'
import { type KubeObject, printRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { reconcilerOf } from './run/reconcilers.ts'
import type { World } from '../world/world.ts'
import { deletionOf } from './preview/deletion.ts'
import { actingOn } from './run/engine.ts'
import { existing, type Located, locate } from './objects/locate.ts'
import { guardOwnership } from './objects/ownership.ts'
import { type Call, target, tool } from './tool.ts'
import { watchOne } from './run/watch-one.ts'

const finalizersMs = 30_000

export const deleteObject = tool({
  name: 'delete_object',
  title: 'Delete an object',
  effect: 'destroys',
  description: 'Delete one object and what it prunes. The first call answers with the plan.',
  input: target,
  output: z.looseObject({ object: z.string(), cluster: z.string(), deleted: z.boolean(), next: z.string() }),
  async preview(args, world, { signal }) {
    const located = await locate(world, args, signal)
    const object = await existing(located, signal)
    await guardOwnership(located.cluster, object, signal)
    const changes = await deletionOf(located.cluster, object, signal)
    const along = changes.filter(c => c.action === 'prune' || c.action === 'uninstall').length
    return {
      summary: `delete ${printRef(located.ref)}${along > 0 ? ` and ${along} objects that go along` : ''}`,
      live: JSON.stringify([object.metadata.uid, object.metadata.generation, changes]),
      changes,
    }
  },
  async run(args, world, call) {
    const located = await locate(world, args, call.signal)
    const { cluster, ref } = located
    const object = await existing(located, call.signal)
    await guardOwnership(cluster, object, call.signal)
    const isOurs = isFluxGroup(ref.group) && (await actingOn(world, located, call)).engine === 'own'
    await cluster.delete(ref, { propagation: 'Background', preconditions: { uid: object.metadata.uid } }, call.signal)
    if (isOurs) await finalize(world, located, call)
    const left = await whatIsLeft(world, { ...located, uid: object.metadata.uid }, call)
    return {
      object: printRef(ref),
      cluster: cluster.name,
      deleted: left === undefined,
      next:
        left === undefined
          ? 'nothing to do'
          : `held by finalizers ${(left.metadata.finalizers ?? []).join(', ') || 'of what is in it'}: look again with get_object`,
    }
  },
  say: d => `${d.object} ${d.deleted ? 'is deleted' : 'is being deleted'}. Next: ${d.next}`,
})

/** Where no controller runs, our engine does what the finalizer waits for. */
async function finalize(world: World, { cluster, ref }: Located, call: Call): Promise<void> {
  const common = { hub: cluster, hands: { ...world, cluster }, clock: world.clock, settings: call.engine.settings, signal: call.signal }
  const reconciler = reconcilerOf(ref)
  if (reconciler) await drive(reconciler, ref, common)
}

/** The object, when its finalizers hold it for longer than a short while. Without the right to watch it is looked at once. */
async function whatIsLeft(
  world: World,
  { cluster, ref, uid }: Located & { uid: string | undefined },
  call: Call,
): Promise<KubeObject | undefined> {
  const now = await cluster.get(ref, call.signal)
  const gone = (seen: KubeObject | undefined): true | undefined => (seen?.metadata.uid === uid ? undefined : true)
  if (!now || gone(now)) return undefined
  call.progress(`waiting for ${(now.metadata.finalizers ?? []).join(', ') || 'what is in it'}`)
  try {
    const { last, answer } = await watchOne(world, { cluster, ref, timeoutMs: finalizersMs, judge: gone }, call)
    return answer ? undefined : last
  } catch (thrown) {
    call.signal.throwIfAborted()
    if (thrown instanceof CodedError) return now
    throw thrown
  }
}
