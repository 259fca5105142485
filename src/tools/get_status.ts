import * as z from 'zod'
import { isLive } from '../engine/controllers.ts'
import { revisionOf, stateOf } from '../engine/request.ts'
import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { shortRevision } from '../lib/digest.ts'
import { formatAge } from '../lib/duration.ts'
import { foreign, plain } from '../lib/safe.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'
import { readControllers } from './engine.ts'
import { fluxKinds } from './locate.ts'
import { footer, limit, rows, tool, tsv } from './tool.ts'

const order = ['failing', 'reconciling', 'unknown', 'suspended', 'ready']
const cols = ['kind', 'object', 'state', 'revision', 'age', 'untrusted']
const longest = { brief: 0, normal: 140, full: 1000 }

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
    incomplete: z.array(z.looseObject({})).optional(),
  }),
  async run({ namespace, kind, selector, state, detail, cluster: named }, world, { signal, pages }) {
    const cluster = world.clusters.named(named)
    const { kinds, incomplete } = kind ? { kinds: [await cluster.resolve(kind, signal)], incomplete: [] } : await fluxKinds(cluster, signal)
    const [lists, controllers] = await Promise.all([
      Promise.all(kinds.map(resource => listKind(cluster, resource, { namespace, selector, signal }))),
      readControllers(cluster, signal),
    ])
    const all = lists.flatMap(l => l.objects).toSorted((a, b) => order.indexOf(stateOf(a)) - order.indexOf(stateOf(b)))
    const counts = Object.fromEntries(order.map(s => [s, all.filter(o => stateOf(o) === s).length]).filter(([, n]) => n !== 0))
    const wanted = state ? all.filter(o => stateOf(o) === state) : all
    const page = pages.of(wanted, o => `${o.kind} ${o.metadata.uid}`)
    const missing = [
      ...incomplete,
      ...lists.flatMap(l => l.problem ?? []),
      ...(controllers.unread ? [{ part: 'controllers', code: 'Forbidden', message: controllers.unread }] : []),
    ]
    const now = world.clock.now()
    return {
      cluster: cluster.name,
      counts,
      controllers: healthOf(controllers, now),
      cols,
      ...page,
      rows: page.rows.map(o => rowOf(o, { now, detail })),
      ...(missing.length > 0 ? { incomplete: missing } : {}),
    }
  },
  say: data =>
    [
      `${data.cluster}: ${
        Object.entries(data.counts)
          .map(([s, n]) => `${n} ${s}`)
          .join(', ') || 'no Flux objects'
      }; controllers: ${
        Object.entries(data.controllers)
          .map(([c, h]) => `${c} ${h}`)
          .join(', ') || 'none'
      }`,
      ...(data.rows.length > 0 ? [foreign('condition messages', tsv(data.cols, data.rows))] : []),
      ...(data.incomplete ?? []).map(i => `incomplete: ${String(i.part)}: ${String(i.message)}`),
      footer(data, 'namespace=, kind= or state='),
    ].join('\n'),
})

async function listKind(
  cluster: Cluster,
  { group, version, kind }: ApiResource,
  { namespace, selector, signal }: { namespace: string | undefined; selector: string | undefined; signal: AbortSignal },
): Promise<{ objects: KubeObject[]; problem?: { part: string; code: string; message: string } }> {
  try {
    const objects: KubeObject[] = []
    for await (const object of cluster.listAll(
      { group, version, kind, namespace: namespace === '-' ? undefined : namespace, labelSelector: selector, resourceVersion: '0' },
      signal,
    ))
      objects.push(object)
    return { objects }
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== 'FORBIDDEN') throw thrown
    return { objects: [], problem: { part: kind, code: 'Forbidden', message: thrown.message } }
  }
}

function rowOf(object: KubeObject, { now, detail }: { now: number; detail: keyof typeof longest }): (string | null)[] {
  const ready = conditionOf(object, 'Ready')
  const state = stateOf(object)
  const shown = state === 'ready' && detail !== 'full' ? 0 : longest[detail]
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
  const names = [
    ...new Set([
      ...deployments.map(d => d.metadata.name),
      ...leases.filter(l => l.metadata.name.includes('-leader-election')).map(l => l.metadata.name.replace(/-leader-election.*/, '')),
    ]),
  ]
  return Object.fromEntries(
    names
      .filter(n => n.endsWith('-controller') || n === 'flux-operator')
      .map(name => [name, isLive(name, { deployments, leases, now }) ? 'live' : 'not ready']),
  )
}
