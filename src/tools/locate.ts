import { isFluxGroup } from '../engine/controllers.ts'
import { type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'

/** What a person or an assistant named, by discovery. */
export interface Located {
  readonly cluster: Cluster
  readonly resource: ApiResource
  readonly ref: ObjectRef
}
interface Wanted {
  readonly cluster?: string | undefined
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
}

const fluxNamespace = 'flux-system'

/** Finds the cluster and the kind. A Flux kind without a namespace is looked for in flux-system. @throws {ToolError} InvalidArgument */
export async function locate(world: World, wanted: Wanted, signal: AbortSignal): Promise<Located> {
  const cluster = world.clusters.named(wanted.cluster)
  const resource = await cluster.resolve(wanted.kind, signal)
  const { group, version, kind } = resource
  const given = wanted.namespace === '-' ? undefined : wanted.namespace
  const namespace = resource.namespaced ? (given ?? (isFluxGroup(group) ? fluxNamespace : undefined)) : undefined
  if (resource.namespaced && namespace === undefined)
    throw new ToolError('InvalidArgument', `${kind} '${wanted.name}' needs a namespace`, { next: 'give the argument namespace' })
  return { cluster, resource, ref: { group, version, kind, name: wanted.name, ...(namespace ? { namespace } : {}) } }
}

/** The live object. @throws {ToolError} NotFound with near names of the same namespace. */
export async function existing({ cluster, ref }: Pick<Located, 'cluster' | 'ref'>, signal: AbortSignal): Promise<KubeObject> {
  const found = await cluster.get(ref, signal)
  if (found) return found
  const { items } = await cluster.list({ group: ref.group, version: ref.version, kind: ref.kind, limit: 200 }, signal)
  const here = items
    .filter(o => o.metadata.namespace === ref.namespace)
    .map(o => o.metadata.name)
    .slice(0, 8)
  const elsewhere = items
    .filter(o => o.metadata.name === ref.name && o.metadata.namespace !== ref.namespace)
    .map(o => `${o.metadata.namespace ?? ''}/${o.metadata.name}`)
    .slice(0, 3)
  const next =
    elsewhere.length > 0
      ? `there is ${elsewhere.join(', ')}`
      : here.length > 0
        ? `in this namespace there are ${here.join(', ')}`
        : 'use get_status to see what is there'
  throw new ToolError('NotFound', `${printRef(ref)} does not exist in cluster '${cluster.name}'`, {
    next,
    object: printRef(ref),
    valid: [...elsewhere, ...here],
  })
}

/** The Flux kinds that a cluster serves, one version each, by discovery. */
export async function fluxKinds(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ kinds: ApiResource[]; incomplete: { part: string; code: string; message: string }[] }> {
  const { resources, incomplete } = await cluster.discover(signal)
  const all = resources.filter(r => isFluxGroup(r.group) && r.verbs.includes('list'))
  const kinds = all.filter((r, i) => all.findIndex(other => other.group === r.group && other.kind === r.kind) === i)
  return {
    kinds,
    incomplete: incomplete
      .filter(i => isFluxGroup(i.group.split('/')[0] ?? ''))
      .map(i => ({ part: i.group, code: 'Unreachable', message: i.message })),
  }
}
