import * as z from 'zod'
import { applyOrder, stages } from '../engine/apply-order.ts'
import { untilServed } from '../engine/install.ts'
import { type KubeObject, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { type Judgement, judgeAll, manager, shownJudgement } from './preview/apply-judgement.ts'
import { delivery, deliveryObjects } from './preview/create-delivery.ts'
import { ToolError, toolErrorOf } from './frame/error.ts'
import { manifestObjects } from './preview/manifest-objects.ts'
import { type Call, type Preview, type Running, tool } from './tool.ts'
import { watchOne } from './run/watch-one.ts'

const goneMs = 60_000
const input = z.object({
  manifests: z.string().optional().describe('YAML'),
  create: delivery.optional().describe('OCIRepository and Kustomization for an artifact URL'),
})
type Arguments = z.infer<typeof input> & { cluster?: string | undefined; plan?: string | undefined }

export const applyManifests = tool({
  name: 'apply_manifests',
  title: 'Apply manifests',
  effect: 'changes',
  gate: 'judged',
  repeatable: true,
  description:
    'Server-side apply, for Flux objects and what Flux does not own. What would recreate or take fields from others answers with a plan first.',
  input,
  output: z.looseObject({ cluster: z.string(), applied: z.array(z.string()), next: z.string() }),
  preview: (args, world, call) => previewApply(args, world, call),
  async run(args, world, call) {
    const cluster = world.clusters.named(args.cluster)
    const objects = await objectsOf(args, cluster, call)
    const judged = await judgeAll(cluster, objects, call)
    refuseAll(judged, world)
    const applied = await applyAll(world, { cluster, judged, planned: args.plan !== undefined }, call)
    const last = objects.findLast(o => o.kind === 'Kustomization')
    return {
      cluster: cluster.name,
      applied,
      next: last ? `reconcile ${printRef(refOf(last))} withSource=true` : 'get_object shows how they are',
    }
  },
  say: d => `${d.applied.join('\n')}\nNext: ${d.next}`,
})

async function objectsOf({ manifests, create }: Arguments, cluster: Cluster, { signal }: Call): Promise<KubeObject[]> {
  if ((manifests === undefined) === (create === undefined))
    throw new ToolError('InvalidArgument', 'give either manifests or create', {
      next: 'manifests is YAML text; create has name, namespace, url, path',
    })
  const objects = create ? deliveryObjects(create) : manifestObjects(manifests ?? '')
  return applyOrder(await Promise.all(objects.map(object => placed(object, cluster, signal))))
}

/** The object in the scope of its kind: a namespace where one is needed, none where there is none. */
async function placed(object: KubeObject, cluster: Cluster, signal: AbortSignal): Promise<KubeObject> {
  const served = await cluster.resourceOf(refOf(object), signal)
  const { namespace, ...metadata } = object.metadata
  if (served?.namespaced && !namespace)
    throw new ToolError('InvalidArgument', `${printRef(refOf(object))} has no metadata.namespace`, {
      next: 'name the namespace in the manifest',
    })
  return served?.namespaced === false && namespace ? { ...object, metadata: metadata as KubeObject['metadata'] } : object
}

/** Nothing is applied when the server would refuse one of the objects. */
function refuseAll(judged: readonly Judgement[], world: World): void {
  const refused = judged.filter(j => j.refused !== undefined)
  const [first] = refused
  if (!first) return
  const { code, told } = toolErrorOf(first.refused, world.clock.id(4))
  const all = refused.map(j => `${printRef(refOf(j.object))}: ${messageOf(j.refused)}`).join('; ')
  throw new ToolError(code, `nothing was applied: ${all}`, { ...told, object: printRef(refOf(first.object)), cause: first.refused })
}

interface Applying {
  readonly cluster: Cluster
  readonly judged: readonly Judgement[]
  readonly planned: boolean
}

/** Applies definitions first and waits until they are served. A failure says what was applied before it. */
async function applyAll(world: World, { cluster, judged, planned }: Applying, call: Call): Promise<string[]> {
  const applied: string[] = []
  const { definitions, classes, rest } = stages(judged.map(j => j.object))
  for (const stage of [definitions, classes, rest]) {
    for (const object of stage) {
      const judgement = judged.find(j => j.object === object)
      try {
        applied.push(await applyOne(world, { cluster, object, recreates: planned && judgement?.action === 'recreate', planned }, call))
      } catch (thrown) {
        call.signal.throwIfAborted()
        if (!(thrown instanceof CodedError)) throw thrown
        const { code, told } = toolErrorOf(thrown, world.clock.id(4))
        const before = applied.length > 0 ? `; applied before it: ${applied.join(', ')}` : ''
        throw new ToolError(code, `${printRef(refOf(object))}: ${thrown.message}${before}`, {
          ...told,
          object: printRef(refOf(object)),
          cause: thrown,
        })
      }
    }
    for (const definition of stage.filter(o => o.kind === 'CustomResourceDefinition'))
      await untilServed(cluster, definition, { clock: world.clock, signal: call.signal })
  }
  return applied
}

async function applyOne(
  world: World,
  { cluster, object, recreates, planned }: { cluster: Cluster; object: KubeObject; recreates: boolean; planned: boolean },
  call: Call,
): Promise<string> {
  const ref = refOf(object)
  const before = await cluster.get(ref, call.signal)
  if (recreates && before) {
    const { uid } = before.metadata
    await cluster.delete(ref, { propagation: 'Background', preconditions: { uid } }, call.signal)
    await watchOne(world, { cluster, ref, timeoutMs: goneMs, judge: seen => (seen?.metadata.uid === uid ? undefined : true) }, call)
  }
  const after = await cluster.apply(object, { manager, force: planned }, call.signal)
  const same = before?.metadata.resourceVersion === after.metadata.resourceVersion
  return `${printRef(ref)} ${recreates ? 'recreated' : before === undefined ? 'created' : same ? 'unchanged' : 'configured'}`
}

async function previewApply(args: Arguments, world: World, call: Running): Promise<Preview> {
  const cluster = world.clusters.named(args.cluster)
  const judged = await judgeAll(cluster, await objectsOf(args, cluster, call), call)
  const [takes, recreates] = [judged.some(j => j.action === 'takes fields'), judged.some(j => j.action === 'recreate')]
  const changes = judged.map(shownJudgement)
  return {
    summary: `${judged.length} objects${takes ? '; fields are taken from other managers' : ''}${recreates ? '; objects are deleted and made anew' : ''}`,
    changes,
    mustPlan: takes || recreates,
    live: JSON.stringify([judged.map(j => j.seen ?? null), changes]),
  }
}
