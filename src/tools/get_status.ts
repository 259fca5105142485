import * as z from 'zod'
import { fluxControllers, isFluxGroup, isLive } from '../engine/controllers.ts'
import { isSuspended, revisionOf, stateOf } from '../engine/request.ts'
import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { shortRevision } from '../lib/digest.ts'
import { formatAge } from '../lib/duration.ts'
import { foreign, plain } from '../lib/safe.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'
import { readControllers } from './run/engine.ts'
import { ToolError, toolErrorOf } from './frame/error.ts'
import { fluxKinds, namespaceExists } from './objects/locate.ts'
import { footer, limit, rows, tool, tsv } from './tool.ts'

const order = ['failing', 'reconciling', 'unknown', 'suspended', 'ready', 'static'] as const
const cols = ['kind', 'object', 'state', 'revision', 'age', 'untrusted']
/** Characters of a message: those of a normal page share what there is. */
const messages = { share: 1500, least: 70, most: 400, full: 1000 }
type Detail = 'brief' | 'normal' | 'full'

export const getStatus = tool({
  name: 'get_status',
  title: 'What runs, what is broken',
  effect: 'reads',
  foreignText: true,
  description:
    "Every Flux object with its state, failing first, with counts and the controllers' health. Start here. For one object with evidence use get_object.",
  input: z.object({
    namespace: z.string().optional(),
    kind: z.string().optional(),
    selector: z.string().optional(),
    state: z.enum(['ready', 'failing', 'reconciling', 'suspended']).optional(),
    limit,
    cursor: z.string().optional(),
    detail: z.enum(['brief', 'normal', 'full']).default('normal'),
  }),
  output: z.looseObject({
    cluster: z.string(),
    counts: z.record(z.string(), z.number()),
    controllers: z.record(z.string(), z.string()),
    ...rows,
    narrowed: z.boolean().optional(),
    next: z.string().optional(),
    incomplete: z.array(z.looseObject({})).optional(),
  }),
  async run({ namespace, kind, selector, state, detail, cluster: named }, world, { signal, pages }) {
    const cluster = world.clusters.named(named)
    const { kinds, incomplete } = kind
      ? { kinds: [await fluxKind(cluster, kind, signal)], incomplete: [] }
      : await fluxKinds(cluster, signal)
    const within = { namespace: namespace === '-' ? undefined : namespace, selector, signal }
    const [lists, controllers] = await Promise.all([
      Promise.all(kinds.map(resource => listKind(cluster, resource, within))),
      readControllers(cluster, signal),
    ])
    const read = lists.filter(l => l.problem === undefined)
    const [problem] = lists.flatMap(l => l.problem ?? [])
    if (problem && read.length === 0) throw problem.thrown
    const all = lists
      .flatMap(l => l.objects)
      .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || compare(a.object, b.object))
    if (all.length === 0 && within.namespace) await namespaceExists(cluster, within.namespace, signal)
    const counts = Object.fromEntries(order.map(s => [s, all.filter(o => o.state === s).length]).filter(([, n]) => n !== 0))
    const wanted = state ? all.filter(o => o.state === state) : all
    const page = pages.of(wanted, ({ object }) => `${object.kind} ${object.metadata.uid}`)
    const missing = [
      ...incomplete,
      ...lists.flatMap(l => (l.problem ? [partOf(l.problem)] : [])),
      ...(controllers.unread ? [{ part: 'controllers', code: 'Forbidden', message: controllers.unread }] : []),
    ]
    const now = world.clock.now()
    return {
      cluster: cluster.name,
      counts,
      controllers: healthOf(controllers, now),
      ...((namespace ?? kind ?? selector) === undefined ? {} : { narrowed: true }),
      ...(kinds.length === 0 ? { next: 'no Flux kind is served here: install Flux, or run fluxpilot crds --install' } : {}),
      cols,
      ...page,
      rows: page.rows.map(o => rowOf(o, { now, detail, among: page.rows.length })),
      ...(missing.length > 0 ? { incomplete: missing } : {}),
    }
  },
  say: data =>
    [
      `${data.cluster}: ${
        Object.entries(data.counts)
          .map(([s, n]) => `${n} ${s}`)
          .join(', ') || (data.narrowed ? 'nothing matches' : 'no Flux objects')
      }; controllers: ${
        Object.entries(data.controllers)
          .map(([c, h]) => `${c} ${h}`)
          .join(', ') || 'none'
      }`,
      ...(data.rows.length > 0 ? [foreign('condition messages', tsv(data.cols, data.rows))] : []),
      ...(data.incomplete ?? []).map(i => `incomplete: ${String(i.part)}: ${String(i.message)}`),
      footer(data, 'namespace=, kind= or state='),
      ...(data.next ? [`Next: ${data.next}`] : []),
    ].join('\n'),
})

interface Listed {
  readonly object: KubeObject
  readonly state: (typeof order)[number]
}
interface Problem {
  readonly part: string
  readonly thrown: CodedError
}

/** The served kind that was typed. @throws {ToolError} InvalidArgument for one that is not Flux's. */
async function fluxKind(cluster: Cluster, typed: string, signal: AbortSignal): Promise<ApiResource> {
  const resource = await cluster.resolve(typed, signal)
  if (isFluxGroup(resource.group)) return resource
  throw new ToolError('InvalidArgument', `${resource.kind} is no Flux kind`, {
    next: 'get_object reads objects of any kind; leave kind away for all of Flux',
  })
}

/** One kind's objects; a kind without a status has nothing to be judged by. What fails is one part, not the whole answer. */
async function listKind(
  cluster: Cluster,
  { group, version, kind, subresources }: ApiResource,
  { namespace, selector, signal }: { namespace: string | undefined; selector: string | undefined; signal: AbortSignal },
): Promise<{ objects: Listed[]; problem?: Problem }> {
  const isStatic = !subresources.includes('status')
  const objects: Listed[] = []
  try {
    for await (const object of cluster.listAll({ group, version, kind, namespace, labelSelector: selector, resourceVersion: '0' }, signal))
      objects.push({ object, state: isStatic && !isSuspended(object) ? 'static' : stateOf(object) })
    return { objects }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof CodedError)) throw thrown
    return { objects, problem: { part: kind, thrown } }
  }
}

function partOf({ part, thrown }: Problem): { part: string; code: string; message: string } {
  return { part, code: toolErrorOf(thrown, '').code, message: thrown.message }
}

function compare({ kind, metadata: a }: KubeObject, { kind: other, metadata: b }: KubeObject): number {
  const [left, right] = [`${kind}/${a.namespace ?? ''}/${a.name}`, `${other}/${b.namespace ?? ''}/${b.name}`]
  return left < right ? -1 : left > right ? 1 : 0
}

function longest(detail: Detail, among: number): number {
  if (detail === 'brief') return 0
  return detail === 'full' ? messages.full : Math.max(messages.least, Math.min(messages.most, Math.floor(messages.share / among)))
}

function rowOf({ object, state }: Listed, { now, detail, among }: { now: number; detail: Detail; among: number }): (string | null)[] {
  const ready = conditionOf(object, 'Ready')
  const shown = state === 'ready' && detail !== 'full' ? 0 : longest(detail, among)
  const revision = revisionOf(object)
  return [
    object.kind,
    `${object.metadata.namespace ? `${object.metadata.namespace}/` : ''}${object.metadata.name}`,
    state,
    revision ? shortRevision(revision) : null,
    ready ? formatAge(now - Date.parse(ready.lastTransitionTime)) : null,
    ready && shown > 0 ? `${ready.reason}: ${shortRevision(plain(ready.message))}`.slice(0, shown) : null,
  ]
}

function healthOf(
  { deployments, leases }: { deployments: readonly KubeObject[]; leases: readonly KubeObject[] },
  now: number,
): Record<string, string> {
  const names = [...new Set([...deployments.map(d => d.metadata.name), ...fluxControllers])]
  const isSeen = (name: string): boolean =>
    deployments.some(d => d.metadata.name === name) || leases.some(l => l.metadata.name.startsWith(`${name}-leader-election`))
  return Object.fromEntries(names.filter(isSeen).map(name => [name, isLive(name, { deployments, leases, now }) ? 'live' : 'not ready']))
}
