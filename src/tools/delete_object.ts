import * as z from 'zod'
import { type KubeObject, printRef } from '../kinds/manifest.ts'
import { listAt, stringAt } from '../lib/json.ts'
import { refOfEntry } from '../kustomize/inventory.ts'
import { drive } from '../engine/drive.ts'
import { kustomizations } from '../kustomize/reconciler.ts'
import { ociRepositories } from '../sources/oci/reconciler.ts'
import { actingOn } from './engine.ts'
import { isFluxGroup } from '../engine/controllers.ts'
import { existing, type Located, locate } from './locate.ts'
import { guardOwnership } from './ownership.ts'
import type { World } from '../world/world.ts'
import { type Call, target, tool } from './tool.ts'

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
    guardOwnership(object)
    const taken = prunedBy(object)
    return {
      summary: `delete ${printRef(located.ref)}${taken.length > 0 ? ` and ${taken.length} objects that it applied` : ''}`,
      live: `${object.metadata.uid ?? ''} ${object.metadata.generation ?? 0} ${taken.join()}`,
      changes: [{ action: 'delete', object: printRef(located.ref) }, ...taken.map(name => ({ action: 'prune', object: name }))],
    }
  },
  async run(args, world, call) {
    const located = await locate(world, args, call.signal)
    const object = await existing(located, call.signal)
    guardOwnership(object)
    await located.cluster.delete(located.ref, { propagation: 'Background', preconditions: { uid: object.metadata.uid } }, call.signal)
    if (isFluxGroup(located.ref.group)) await finalized(world, located, call)
    const left = await located.cluster.get(located.ref, call.signal)
    return {
      object: printRef(located.ref),
      cluster: located.cluster.name,
      deleted: left === undefined,
      next:
        left === undefined
          ? 'nothing to do'
          : `its finalizers ${(left.metadata.finalizers ?? []).join(', ')} hold it: look again with get_object`,
    }
  },
  say: d => `${d.object} ${d.deleted ? 'is deleted' : 'is being deleted'}. Next: ${d.next}`,
})

/** Where no controller runs, our engine does what the finalizer waits for. */
async function finalized(world: World, { cluster, ref }: Located, call: Call): Promise<void> {
  if ((await actingOn(world, { cluster, ref }, call)).engine !== 'own') return
  const common = { hub: cluster, hands: { ...world, cluster }, clock: world.clock, settings: call.engine.settings, signal: call.signal }
  if (ref.kind === 'Kustomization') await drive(kustomizations, ref, common)
  if (ref.kind === 'OCIRepository') await drive(ociRepositories, ref, common)
}

/** The objects that go along with a Kustomization. */
function prunedBy(object: KubeObject): string[] {
  const policy = stringAt(object, 'spec', 'deletionPolicy') ?? 'MirrorPrune'
  const takes = policy === 'Delete' || policy === 'WaitForTermination' || (policy === 'MirrorPrune' && object.spec?.prune === true)
  if (!takes || object.spec?.suspend === true) return []
  return listAt(object, 'status', 'inventory', 'entries').flatMap(e => {
    const ref = refOfEntry({ id: stringAt(e, 'id') ?? '', v: stringAt(e, 'v') ?? '' })
    return ref ? [printRef(ref)] : []
  })
}
