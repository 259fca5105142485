import type { KubeObject } from '../../kinds/manifest.ts'
import type { ApiResource, Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { fluxKinds } from './locate.ts'

/** Values of the others, by their names. */
export type Given = Readonly<Record<string, string>>

/** Values of a variable that fit what was typed, given the others; at most 100, and none rather than late. */
export type Complete = (typed: string, others: Given, world: World) => Promise<string[]>

const most = 100
const budgetMs = 300

/** Completion of the names that resources and prompts share, from what the cluster serves and holds. Spec: mcp 3.2. */
export const completions: Readonly<Record<'cluster' | 'kind' | 'namespace' | 'name', Complete>> = {
  cluster: async (typed, _others, world) => fitting(world.clusters.names, typed),
  kind: (typed, others, world) =>
    orNothing(world, async signal => {
      const { kinds } = await fluxKinds(clusterOf(others, world), signal)
      return fitting(
        kinds.map(k => kindName(k, kinds)),
        typed,
      )
    }),
  namespace: (typed, others, world) =>
    orNothing(world, async signal =>
      fitting(
        (await objectsOf(others, world, signal)).map(o => o.metadata.namespace ?? '-'),
        typed,
      ),
    ),
  name: (typed, others, world) =>
    orNothing(world, async signal => {
      const objects = await objectsOf(others, world, signal)
      const near = objects.filter(o => !others.namespace || (o.metadata.namespace ?? '-') === others.namespace)
      return fitting(
        near.map(o => o.metadata.name),
        typed,
      )
    }),
}

/** How a kind is written: alone, with its group where two groups have it. */
export function kindName({ kind, group }: ApiResource, among: readonly ApiResource[]): string {
  return among.some(other => other.kind === kind && other.group !== group) ? `${kind}.${group}` : kind
}

function clusterOf(others: Given, world: World): Cluster {
  return world.clusters.named(others.cluster || undefined)
}

async function objectsOf(others: Given, world: World, signal: AbortSignal): Promise<KubeObject[]> {
  const cluster = clusterOf(others, world)
  const { group, version, kind } = await cluster.resolve(decodeURIComponent(others.kind || 'Kustomization'), signal)
  const namespace = others.namespace && others.namespace !== '-' ? others.namespace : undefined
  return (await cluster.list({ group, version, kind, namespace, limit: 500, resourceVersion: '0' }, signal)).items
}

/** Those that begin as typed, in any case, sorted, each once. */
export function fitting(values: readonly string[], typed: string): string[] {
  return [...new Set(values)]
    .filter(v => v.toLowerCase().startsWith(typed.toLowerCase()))
    .toSorted()
    .slice(0, most)
}

/** A completion that is late or fails is empty: it never holds a person up. */
async function orNothing({ clock }: World, work: (signal: AbortSignal) => Promise<string[]>): Promise<string[]> {
  try {
    return (await unlessLate(clock, budgetMs, work)) ?? []
  } catch {
    return []
  }
}

/** What the work gives in time; `undefined` when it is late, and its signal then fires. */
export async function unlessLate<T>(
  clock: Pick<World['clock'], 'sleep'>,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const [late, ended] = [new AbortController(), new AbortController()]
  const nothing = clock.sleep(ms, ended.signal).then(
    () => late.abort(new Error(`not done within ${ms} ms`)),
    () => {},
  )
  try {
    return await Promise.race([work(late.signal), nothing.then(() => undefined)])
  } finally {
    ended.abort(new Error('done'))
  }
}
