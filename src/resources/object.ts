import { revisionOf, stateOf } from '../engine/request.ts'
import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { listAt, objectAt } from '../lib/json.ts'
import { maskObject } from '../lib/mask.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { fluxKindsOf } from './flux-kinds.ts'
import { resource } from './resource.ts'

const most = 100
const completionMs = 300
const dnsName = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/i

export const object = resource({
  name: 'object',
  uri: 'flux://{cluster}/{kind}/{namespace}/{name}',
  title: 'A Flux object',
  description: 'State, conditions, revision and inventory size of one object. namespace is - for cluster-scoped kinds.',
  async read(vars, world, signal) {
    const found = await readObject(vars, world, signal)
    return found && summaryOf(found)
  },
  complete: completions(),
  async list(world, signal) {
    const [name] = world.clusters.names
    if (name === undefined || world.clusters.names.length > 1) return []
    const cluster = world.clusters.named(name)
    const out: { uri: string; name: string }[] = []
    for (const { group, version, kind } of await fluxKindsOf(cluster, signal)) {
      for (const o of (await cluster.list({ group, version, kind, limit: most, resourceVersion: '0' }, signal)).items)
        out.push({
          uri: `flux://${name}/${kind}/${o.metadata.namespace ?? '-'}/${o.metadata.name}`,
          name: `${kind}/${o.metadata.namespace ?? ''}/${o.metadata.name}`,
        })
    }
    return out.slice(0, most)
  },
})

export const objectView = resource({
  name: 'object-view',
  uri: 'flux://{cluster}/{kind}/{namespace}/{name}/{view}',
  title: 'A view of a Flux object',
  description: 'inventory, events, history or spec of one object.',
  async read(vars, world, signal) {
    const found = await readObject(vars, world, signal)
    if (!found) return undefined
    switch (vars.view) {
      case 'inventory':
        return { inventory: listAt(found, 'status', 'inventory', 'entries') }
      case 'history':
        return { history: listAt(found, 'status', 'history') }
      case 'spec':
        return {
          untrusted: objectAt(
            maskObject(found, () => '(masked)'),
            'spec',
          ),
        }
      case 'events':
        return { untrusted: await eventsOf(found, world.clusters.named(vars.cluster), signal) }
      default:
        return undefined
    }
  },
  complete: { ...completions(), view: async typed => ['inventory', 'events', 'history', 'spec'].filter(v => v.startsWith(typed)) },
})

async function readObject(
  { cluster: named = '', kind = '', namespace = '', name = '' }: Readonly<Record<string, string>>,
  world: World,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const decoded = [namespace, name].map(decodeURIComponent)
  if (!world.clusters.names.includes(named) || decoded.some(part => part !== '-' && !dnsName.test(part))) return undefined
  const cluster = world.clusters.named(named)
  const { group, version, kind: served } = await cluster.resolve(decodeURIComponent(kind), signal)
  return cluster.get(
    { group, version, kind: served, name: decoded[1] ?? '', namespace: decoded[0] === '-' ? undefined : decoded[0] },
    signal,
  )
}

function summaryOf(found: KubeObject) {
  const revision = revisionOf(found)
  return {
    kind: found.kind,
    name: found.metadata.name,
    ...(found.metadata.namespace ? { namespace: found.metadata.namespace } : {}),
    state: stateOf(found),
    suspended: found.spec?.suspend === true,
    ...(revision ? { revision } : {}),
    objects: listAt(found, 'status', 'inventory', 'entries').length,
    untrusted: { conditions: conditionsOf(found).map(c => ({ ...c })), source: objectAt(found, 'spec', 'sourceRef') },
  }
}

async function eventsOf({ kind, metadata: { namespace, name } }: KubeObject, cluster: Cluster, signal: AbortSignal) {
  const { items } = await cluster.list(
    { group: '', version: 'v1', kind: 'Event', namespace, fieldSelector: `involvedObject.name=${name}`, limit: most },
    signal,
  )
  return {
    events: items
      .filter(e => objectAt(e, 'involvedObject').kind === kind)
      .map(e => ({ type: e.type ?? '', reason: e.reason ?? '', message: e.message ?? '', last: e.lastTimestamp ?? '' })),
  }
}

type Complete = (typed: string, others: Readonly<Record<string, string>>, world: World) => Promise<string[]>

function completions(): Record<'cluster' | 'kind' | 'namespace' | 'name', Complete> {
  return {
    cluster: async (typed, _others, world) => fitting(world.clusters.names, typed),
    kind: (typed, others, world) =>
      orNothing(async signal =>
        fitting(
          (await fluxKindsOf(clusterOf(others, world), signal)).map(r => r.kind),
          typed,
        ),
      ),
    namespace: (typed, others, world) =>
      orNothing(async signal =>
        fitting(
          (await objectsOf(others, world, signal)).map(o => o.metadata.namespace ?? '-'),
          typed,
        ),
      ),
    name: (typed, others, world) =>
      orNothing(async signal =>
        fitting(
          (await objectsOf(others, world, signal))
            .filter(o => !others.namespace || (o.metadata.namespace ?? '-') === others.namespace)
            .map(o => o.metadata.name),
          typed,
        ),
      ),
  }
}

function clusterOf(others: Readonly<Record<string, string>>, world: World): Cluster {
  return world.clusters.named(others.cluster || undefined)
}

async function objectsOf(others: Readonly<Record<string, string>>, world: World, signal: AbortSignal): Promise<KubeObject[]> {
  const cluster = clusterOf(others, world)
  const { group, version, kind } = await cluster.resolve(others.kind || 'Kustomization', signal)
  return (await cluster.list({ group, version, kind, limit: 500, resourceVersion: '0' }, signal)).items
}

function fitting(values: readonly string[], typed: string): string[] {
  return [...new Set(values)]
    .filter(v => v.toLowerCase().startsWith(typed.toLowerCase()))
    .toSorted()
    .slice(0, most)
}

/** A completion that is late or fails is empty: it never holds a person up. */
async function orNothing(work: (signal: AbortSignal) => Promise<string[]>): Promise<string[]> {
  try {
    return await work(AbortSignal.timeout(completionMs))
  } catch {
    return []
  }
}
