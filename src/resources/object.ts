import { createHash } from 'node:crypto'
import { revisionOf, stateOf } from '../engine/request.ts'
import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { type JsonObject, listAt, objectAt } from '../lib/json.ts'
import { maskObject } from '../lib/mask.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { completions, fitting, unlessLate, kindName } from '../tools/objects/completions.ts'
import { fluxKinds } from '../tools/objects/locate.ts'
import { resource, type Variables, type Watched } from './resource.ts'

const mostEvents = 100
const listMs = 5_000
const views = ['inventory', 'events', 'history', 'spec']
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
  complete: completions,
  watched: (vars, world, signal) => watchedAt(vars, { world, signal }, found => found && summaryOf(found)),
  async list(world, signal) {
    const lists = await Promise.all(
      world.clusters.names.map(name =>
        unlessLate(world.clock, listMs, late => listed(world.clusters.named(name), AbortSignal.any([signal, late]))).catch(unread),
      ),
    )
    return lists.flatMap(list => list ?? [])
  },
})

export const objectView = resource({
  name: 'object-view',
  uri: 'flux://{cluster}/{kind}/{namespace}/{name}/{view}',
  title: 'A view of a Flux object',
  description: 'inventory, events, history or spec of one object.',
  async read(vars, world, signal) {
    if (!views.includes(vars.view ?? '')) return undefined
    const found = await readObject(vars, world, signal)
    if (!found) return undefined
    return vars.view === 'events'
      ? { untrusted: await eventsOf(found, world.clusters.named(vars.cluster), signal) }
      : viewOf(found, vars.view)
  },
  complete: { ...completions, view: async typed => fitting(views, typed) },
  watched: async (vars, world, signal) =>
    vars.view === 'events' || !views.includes(vars.view ?? '')
      ? undefined
      : watchedAt(vars, { world, signal }, found => found && viewOf(found, vars.view)),
})

function viewOf(found: KubeObject, view: string | undefined): JsonObject {
  if (view === 'inventory') return { inventory: listAt(found, 'status', 'inventory', 'entries') }
  if (view === 'history') return { history: listAt(found, 'status', 'history') }
  return { untrusted: objectAt(maskObject(found, hidden), 'spec') }
}

/** Masked by name alone: what the value was is no business of a print that only says whether it changed. */
const hidden = (): string => '(masked)'

interface At {
  readonly cluster: Cluster
  readonly resource: ApiResource
  readonly namespace: string | undefined
  readonly name: string
}

/** Where an address points; `undefined` when nothing of that form can be. @throws {ClusterError} NO_MATCH for a kind that is not served. */
async function placeOf(
  { cluster: named = '', kind = '', namespace = '', name = '' }: Variables,
  world: World,
  signal: AbortSignal,
): Promise<At | undefined> {
  const decoded = [named, kind, namespace, name].map(decodedPart)
  if (decoded.some(part => part === undefined)) return undefined
  const [clusterName = '', typed = '', space = '', own = ''] = decoded.map(part => part ?? '')
  if (!world.clusters.names.includes(clusterName) || !dnsName.test(own) || (space !== '-' && !dnsName.test(space))) return undefined
  const cluster = world.clusters.named(clusterName)
  const resource = await cluster.resolve(typed, signal)
  if (resource.namespaced === (space === '-')) return undefined
  return { cluster, resource, namespace: space === '-' ? undefined : space, name: own }
}

/** The SDK hands variables over as they stand in the address. */
function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

async function readObject(vars: Variables, world: World, signal: AbortSignal): Promise<KubeObject | undefined> {
  const place = await placeOf(vars, world, signal)
  if (!place) return undefined
  const { group, version, kind } = place.resource
  return place.cluster.get({ group, version, kind, name: place.name, namespace: place.namespace }, signal)
}

async function watchedAt(
  vars: Variables,
  { world, signal }: { world: World; signal: AbortSignal },
  shown: (found: KubeObject | undefined) => JsonObject | undefined,
): Promise<Watched | undefined> {
  const place = await placeOf(vars, world, signal)
  return (
    place && {
      ...place,
      print: found =>
        createHash('sha256')
          .update(JSON.stringify(shown(found) ?? null))
          .digest('hex'),
    }
  )
}

/** A cluster that cannot be read hides no other. */
function unread(thrown: unknown): undefined {
  if (!(thrown instanceof CodedError)) throw thrown
}

/** Flux objects of a cluster; kinds that may not be listed are left out. */
async function listed(cluster: Cluster, signal: AbortSignal): Promise<{ uri: string; name: string }[]> {
  const { kinds } = await fluxKinds(cluster, signal)
  const parts = await Promise.all(
    kinds.map(async resource => {
      const { group, version, kind } = resource
      const shown = kindName(resource, kinds)
      const out: { uri: string; name: string }[] = []
      try {
        for await (const { metadata } of cluster.listAll({ group, version, kind, resourceVersion: '0' }, signal))
          out.push({
            uri: `flux://${encodeURIComponent(cluster.name)}/${shown}/${metadata.namespace ?? '-'}/${encodeURIComponent(metadata.name)}`,
            name: `${shown}/${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`,
          })
      } catch (thrown) {
        if (!(thrown instanceof CodedError)) throw thrown
      }
      return out
    }),
  )
  return parts.flat()
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
    { group: '', version: 'v1', kind: 'Event', namespace, fieldSelector: `involvedObject.name=${name}`, limit: mostEvents },
    signal,
  )
  return {
    events: items
      .filter(e => objectAt(e, 'involvedObject').kind === kind)
      .map(e => ({ type: e.type ?? '', reason: e.reason ?? '', message: e.message ?? '', last: e.lastTimestamp ?? '' })),
  }
}
