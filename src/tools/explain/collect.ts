import { controllerOf, isLive } from '../../engine/controllers.ts'
import type { Facts, Found, Role } from '../../explain/facts.ts'
import { healthOf } from '../../explain/facts.ts'
import type { Lead } from '../../explain/leads/lead.ts'
import { leadsOf } from '../../explain/leads/leads.ts'
import { logLeads } from '../../explain/leads/unanswered-leads.ts'
import type { Named } from '../../explain/named.ts'
import { containersOf } from '../../explain/rules/container-rules.ts'
import { isUnready, tellingLog } from '../../explain/rules/endings.ts'
import { isFluxGroup } from '../../engine/controllers.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { inParallel } from '../../lib/parallel.ts'
import { inventoryRefs } from '../objects/inventory-refs.ts'
import { type Controllers, readControllers, wouldAct } from '../run/engine.ts'
import type { Call } from '../tool.ts'
import type { World } from '../../world/world.ts'
import { judgeAll } from './judge.ts'
import { Reader } from './reader.ts'

const [mostDepth, mostFound, atOnce, mostLogs] = [9, 150, 8, 3]

/** What was read, and what could not be. */
export interface Collected {
  readonly facts: Facts
  readonly incomplete: readonly string[]
}

interface Collecting {
  readonly reader: Reader
  readonly now: number
  readonly world: Pick<World, 'kernel'>
  readonly engine: Call['engine']
  /** Whether our own engine has just run what is asked about. */
  readonly acted?: boolean | undefined
}

interface Next {
  readonly ref: ObjectRef
  readonly object?: KubeObject | undefined
  readonly unread?: string | undefined
  readonly parent?: Found | undefined
  readonly role?: Role | undefined
  readonly weight: number
}

/** Reads what may tell why an object is as it is: step by step along its leads, a step's reads side by side, in all a bounded number. */
export async function collect(root: KubeObject, { reader, now, world, engine, acted = false }: Collecting): Promise<Collected> {
  const controllers = isFluxGroup(refOf(root).group) ? await readControllers(reader.cluster, reader.signal) : undefined
  const isServed = servedBy(controllers, now)
  const all: Found[] = []
  const seen = new Map<string, number>()
  const along = async (found: readonly Found[], leads: (from: Found) => Lead[]): Promise<Next[]> => {
    const next = await inParallel(found, atOnce, async f => (await inParallel(leads(f), atOnce, lead => follow(f, lead, reader))).flat())
    return next.flat().toSorted((a, b) => b.weight - a.weight)
  }
  const walk = async (from: Next[]): Promise<void> => {
    let level = from
    for (let depth = 0; depth < mostDepth && level.length > 0; depth++) {
      const fresh = level.filter(next => isNew(seen, next)).slice(0, mostFound - all.length)
      const found = await inParallel(fresh, atOnce, next => foundOf(next, reader))
      all.push(...found)
      level = await along(found, f => leadsOf(f, { now, isServed }))
    }
  }
  await walk([{ ref: refOf(root), object: root, weight: 1 }])
  await readLogs(all, { reader, now })
  const told = await along(all, logLeads)
  if (told.length > 0) {
    await walk(told)
    await readLogs(all, { reader, now })
  }
  if (all.length >= mostFound) reader.say(`only the nearest ${mostFound} objects were looked at`)
  await judgeAll(all, world, reader.signal)
  const first = all[0]
  if (!first) throw new TypeError('there is always a first object')
  if (controllers?.unread) reader.say(controllers.unread)
  const ownEngine: Facts['ownEngine'] = found =>
    acted && found.ref === first.ref ? 'acted' : controllers && wouldAct(found, engine, { ...controllers, now }) ? 'asked' : undefined
  return { facts: { root: first, all, now, isServed, ownEngine }, incomplete: reader.problems }
}

/** How much surer a second way to an object has to be to be gone as well. */
const surer = 1.5

/** Whether an object was not come to yet, or by a way that tells much less. */
function isNew(seen: Map<string, number>, { ref, role, weight }: Next): boolean {
  const key = `${role === 'template' ? 'template ' : ''}${ref.group} ${printRef(ref)}`
  const before = seen.get(key)
  if (before !== undefined && weight < before * surer) return false
  return Boolean(seen.set(key, weight))
}

function servedBy(controllers: Controllers | undefined, now: number): Facts['isServed'] {
  return ({ group, kind }) => {
    const controller = controllerOf(group, kind)
    if (!controllers || controller === undefined) return undefined
    const live = isLive(controller, { ...controllers, now })
    return live || controllers.unread === undefined ? live : undefined
  }
}

async function foundOf({ ref, object, unread, parent, role, weight }: Next, reader: Reader): Promise<Found> {
  const events = await reader.eventsOf(ref, object)
  return { ref, object, unread, events, inventory: object ? inventoryRefs(object) : [], logs: new Map(), parent, role, weight }
}

async function follow(from: Found, lead: Lead, reader: Reader): Promise<Next[]> {
  const next = (ref: ObjectRef, object: KubeObject | undefined, unread?: string): Next => ({
    ref,
    object,
    unread,
    parent: from,
    role: lead.role,
    weight: Math.min(from.weight, lead.weight),
  })
  if ('list' in lead) {
    const kept = (await reader.list(lead.list)).filter(o => lead.keep(o) && !isSelf(from, o))
    return tellingFirst(kept)
      .slice(0, lead.most)
      .map(o => next(refOf(o), o))
  }
  const refs = 'one' in lead ? [lead.one] : 'several' in lead ? lead.several : await resolved(lead.named, reader)
  const read = await reader.getAll(refs)
  return read.map(({ ref, object, unread }) => next(ref, object, unread))
}

function isSelf({ ref }: Found, object: KubeObject): boolean {
  return printRef(ref) === printRef(refOf(object))
}

async function resolved({ kind, namespace, name }: Named, reader: Reader): Promise<ObjectRef[]> {
  const served = await reader.resolve(kind)
  if (!served || served.namespaced !== (namespace !== undefined)) return []
  return [{ group: served.group, version: served.version, kind: served.kind, name, ...(namespace ? { namespace } : {}) }]
}

/** Of several, those that are not well first, then the newest. */
function tellingFirst(objects: readonly KubeObject[]): KubeObject[] {
  const rank = (object: KubeObject): number => {
    const health = healthOf({ object } as Found, Date.parse(object.metadata.creationTimestamp ?? '') + 60_000)
    return health === 'failing' ? 0 : health === 'going' ? 1 : 2
  }
  const age = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0
  return objects.toSorted((a, b) => (a.kind === 'Job' ? 0 : rank(a) - rank(b)) || age(b) - age(a))
}

/** The last lines of containers that ended badly, hold others back or are not ready: of few pods, as alike pods say the same. */
async function readLogs(all: readonly Found[], { reader, now }: { reader: Reader; now: number }): Promise<void> {
  const telling = all
    .filter(f => f.ref.kind === 'Pod' && f.object)
    .flatMap(containersOf)
    .flatMap(container => {
      const log = tellingLog(container, now)
      return log && !container.pod.logs.has(container.name) ? [{ ...container, ...log }] : []
    })
  const first = telling.toSorted((a, b) => Number(isUnready(a, now)) - Number(isUnready(b, now)))
  await inParallel(first.slice(0, mostLogs), atOnce, async ({ pod, name, previous }) => {
    const text = await reader.log(pod.ref, { container: name, previous })
    if (text !== undefined) (pod.logs as Map<string, string>).set(name, text)
  })
}
