import * as z from 'zod'
import { applyOrder, stages } from '../engine/apply-order.ts'
import { type KubeObject, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { parseOciUrl, printReference } from '../lib/reference.ts'
import { decodeObjects } from '../kustomize/decode.ts'
import { drifted } from '../kustomize/apply.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import { guardOwnership } from './ownership.ts'
import { differences } from './preview-kustomization.ts'
import { type Call, type Preview, tool } from './tool.ts'

const manager = 'fluxpilot'
const create = z.object({
  name: z.string(),
  namespace: z.string().default('flux-system'),
  url: z.string(),
  path: z.string().default('./'),
  interval: z.string().default('10m'),
  prune: z.boolean().default(true),
  wait: z.boolean().default(true),
  targetNamespace: z.string().optional(),
})
const input = z.object({
  manifests: z.string().optional().describe('YAML'),
  create: create.optional().describe('OCIRepository and Kustomization for an artifact URL'),
})
type Arguments = z.infer<typeof input> & { cluster?: string | undefined; plan?: string | undefined }

export const applyManifests = tool({
  name: 'apply_manifests',
  title: 'Apply manifests',
  effect: 'changes',
  gate: 'judged',
  repeatable: true,
  description:
    'Server-side apply, for Flux objects and what Flux does not own. What would take fields from others answers with a plan first.',
  input,
  output: z.looseObject({ cluster: z.string(), applied: z.array(z.string()), next: z.string() }),
  preview: (args, world, call) => previewApply(args, world, call),
  async run(args, world, call) {
    const cluster = world.clusters.named(args.cluster)
    const objects = objectsOf(args)
    for (const object of objects) guardOwnership(await liveOf(cluster, object, call.signal))
    const { definitions, classes, rest } = stages(objects)
    const applied: string[] = []
    for (const object of [...definitions, ...classes, ...rest]) {
      const before = await liveOf(cluster, object, call.signal)
      const after = await cluster.apply(object, { manager, force: args.plan !== undefined }, call.signal)
      applied.push(
        `${printRef(refOf(object))} ${before === undefined ? 'created' : before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'configured'}`,
      )
    }
    const last = objects.findLast(o => o.kind === 'Kustomization')
    return {
      cluster: cluster.name,
      applied,
      next: last ? `reconcile ${printRef(refOf(last))} withSource=true` : 'get_object shows how they are',
    }
  },
  say: d => `${d.applied.join('\n')}\nNext: ${d.next}`,
})

function objectsOf({ manifests, create: made }: Arguments): KubeObject[] {
  if ((manifests === undefined) === (made === undefined))
    throw new ToolError('InvalidArgument', 'give either manifests or create', {
      next: 'manifests is YAML text; create has name, namespace, url, path',
    })
  const objects = made ? createdFrom(made) : decodeObjects(manifests ?? '')
  if (objects.length === 0)
    throw new ToolError('InvalidArgument', 'manifests has no Kubernetes object', {
      next: 'each document needs apiVersion, kind and metadata.name',
    })
  return applyOrder(objects)
}

function createdFrom({ name, namespace, url, path, interval, prune, wait, targetNamespace }: z.infer<typeof create>): KubeObject[] {
  const { tag, digest, ...place } = parseOciUrl(url)
  const ref: JsonObject = digest ? { digest } : { tag: tag ?? 'latest' }
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name, namespace },
      spec: { interval, url: `oci://${printReference(place)}`, ref },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace },
      spec: { interval, path, prune, wait, sourceRef: { kind: 'OCIRepository', name }, ...(targetNamespace ? { targetNamespace } : {}) },
    },
  ]
}

async function previewApply(args: Arguments, world: World, call: Call): Promise<Preview> {
  const cluster = world.clusters.named(args.cluster)
  const objects = objectsOf(args)
  const judged = await Promise.all(objects.map(object => judge(cluster, object, call.signal)))
  const takes = judged.some(j => j.takes)
  return {
    summary: `${judged.length} objects${takes ? '; fields are taken from other managers' : ''}`,
    changes: judged.map(j => j.change),
    mustPlan: takes,
    live: JSON.stringify(judged.map(j => [j.change.object, j.uid] as Json[])),
  }
}

async function judge(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
): Promise<{ change: JsonObject; takes: boolean; uid: string }> {
  const name = printRef(refOf(object))
  const live = await liveOf(cluster, object, signal)
  guardOwnership(live)
  const uid = live?.metadata.uid ?? ''
  try {
    const dryRun = await cluster.apply(object, { manager, dryRun: true }, signal)
    const action = live === undefined ? 'create' : drifted(live, dryRun) ? 'configure' : 'unchanged'
    return {
      change: {
        action,
        object: name,
        ...(live && action === 'configure' ? { detail: differences(live, dryRun).slice(0, 8).join(', ') } : {}),
      },
      takes: false,
      uid,
    }
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    if (thrown.code === 'CONFLICT') return { change: { action: 'takes fields', object: name, detail: thrown.message }, takes: true, uid }
    return { change: { action: 'refused', object: name, detail: thrown.message }, takes: false, uid }
  }
}

async function liveOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(refOf(object), signal)
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'NO_MATCH') return undefined
    throw thrown
  }
}
