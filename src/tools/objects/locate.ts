import { isFluxGroup } from '../../engine/controllers.ts'
import { type KubeObject, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import type { ApiResource, Cluster } from '../../world/cluster/cluster.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { distance } from '../../lib/distance.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'

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

/** Where Flux's own objects are when nobody says otherwise. */
export const fluxNamespace = 'flux-system'

/** Finds the cluster and the kind. A Flux kind without a namespace is looked for in flux-system. @throws {ToolError} InvalidArgument */
export async function locate(world: World, wanted: Wanted, signal: AbortSignal): Promise<Located> {
  const cluster = world.clusters.named(wanted.cluster)
  const resource = await cluster.resolve(wanted.kind, signal)
  const { group, version, kind } = resource
  const given = wanted.namespace === '-' ? undefined : wanted.namespace
  const namespace = resource.namespaced ? (given ?? (isFluxGroup(group) ? fluxNamespace : undefined)) : undefined
  if (wanted.name === '') throw new ToolError('InvalidArgument', `which ${kind}?`, { next: 'give the argument name' })
  if (resource.namespaced && namespace === undefined)
    throw new ToolError('InvalidArgument', `${kind} '${wanted.name}' needs a namespace`, { next: 'give the argument namespace' })
  return { cluster, resource, ref: { group, version, kind, name: wanted.name, ...(namespace ? { namespace } : {}) } }
}

/** The live object. @throws {ToolError} NotFound with near names, or the namespace that is missing. */
export async function existing({ cluster, ref }: Pick<Located, 'cluster' | 'ref'>, signal: AbortSignal): Promise<KubeObject> {
  const found = await cluster.get(ref, signal)
  if (found) return found
  const near = await nearObjects(cluster, ref, signal)
  if (near.length === 0 && ref.namespace) await namespaceExists(cluster, ref.namespace, signal)
  throw new ToolError('NotFound', `${printRef(ref)} does not exist in cluster '${cluster.name}'`, {
    next: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'use get_status to see what is there',
    object: printRef(ref),
    valid: near,
  })
}

const [mostNear, mostFetched] = [5, 2000]

/** The same name elsewhere, then the nearest names in the same namespace; empty when that may not be read. */
async function nearObjects(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<string[]> {
  const { group, version, kind, namespace, name } = ref
  const names: { namespace: string | undefined; name: string }[] = []
  try {
    for await (const { metadata } of cluster.listAll({ group, version, kind }, signal))
      if (names.push({ namespace: metadata.namespace, name: metadata.name }) >= mostFetched) break
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof CodedError)) throw thrown
  }
  const elsewhere = names.filter(o => o.name === name).map(o => `${o.namespace ?? ''}/${o.name}`)
  return [
    ...elsewhere.slice(0, 3),
    ...nearest(
      name,
      names.filter(o => o.namespace === namespace).map(o => o.name),
    ),
  ]
}

/** Names by how near they are to what was typed. */
export function nearest(typed: string, names: readonly string[]): string[] {
  const far = (name: string): number => (name.includes(typed) || typed.includes(name) ? 0.5 : distance(typed, name))
  return names.toSorted((a, b) => far(a) - far(b) || (a < b ? -1 : 1)).slice(0, mostNear)
}

/** @throws {ToolError} NotFound with near names, when the API server surely does not have the namespace. */
export async function namespaceExists(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const core = { group: '', version: 'v1', kind: 'Namespace' }
  try {
    if (await cluster.get({ ...core, name: namespace }, signal)) return
    const names: string[] = []
    for await (const { metadata } of cluster.listAll(core, signal)) names.push(metadata.name)
    const near = nearest(namespace, names)
    throw new ToolError('NotFound', `namespace '${namespace}' does not exist in cluster '${cluster.name}'`, {
      next: `did you mean ${near.join(', ')}?`,
      valid: near,
    })
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof ToolError || !(thrown instanceof CodedError)) throw thrown
  }
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
