import * as z from 'zod'
import type { KubeObject } from '../kinds/manifest.ts'
import { formatAge } from '../lib/duration.ts'
import { objectAt } from '../lib/json.ts'
import { foreign, plain } from '../lib/safe.ts'
import { startOf } from './frame/since.ts'
import { namespaceExists } from './objects/locate.ts'
import { lastTime } from './run/events-about.ts'
import { footer, limit, rows, tool, tsv } from './tool.ts'

const cols = ['age', 'type', 'object', 'reason', 'count', 'untrusted']

export const getEvents = tool({
  name: 'get_events',
  title: 'Events',
  effect: 'reads',
  foreignText: true,
  description: 'Kubernetes events, newest first. since is a duration (1h) or a time.',
  input: z.object({
    kind: z.string().optional(),
    namespace: z.string().optional(),
    name: z.string().optional(),
    since: z.string().optional(),
    limit,
    cursor: z.string().optional(),
  }),
  output: z.looseObject({ cluster: z.string(), ...rows }),
  async run({ kind, namespace, name, since, cluster: named }, world, { signal, pages }) {
    const cluster = world.clusters.named(named)
    const now = world.clock.now()
    const from = since === undefined ? 0 : startOf(since, now)
    const wanted = kind === undefined ? undefined : (await cluster.resolve(kind, signal)).kind
    const events: KubeObject[] = []
    for await (const event of cluster.listAll(
      { group: '', version: 'v1', kind: 'Event', namespace: namespace === '-' ? undefined : namespace },
      signal,
    )) {
      const about = objectAt(event, 'involvedObject')
      if (
        (wanted === undefined || about.kind === wanted) &&
        (name === undefined || about.name === name) &&
        Date.parse(lastTime(event)) >= from
      )
        events.push(event)
    }
    if (events.length === 0 && namespace && namespace !== '-') await namespaceExists(cluster, namespace, signal)
    const page = pages.of(
      events.toSorted((a, b) => Date.parse(lastTime(b)) - Date.parse(lastTime(a))),
      e => `${e.metadata.uid} ${lastTime(e)}`,
    )
    return { cluster: cluster.name, cols, ...page, rows: page.rows.map(e => rowOf(e, now)) }
  },
  say: data =>
    [
      ...(data.rows.length > 0 ? [foreign('event texts', tsv(data.cols, data.rows))] : []),
      footer(data, 'kind=, name=, namespace= or since='),
    ].join('\n'),
})

function rowOf(event: KubeObject, now: number): (string | number)[] {
  const { kind, namespace, name } = objectAt(event, 'involvedObject')
  return [
    formatAge(now - Date.parse(lastTime(event))),
    String(event.type),
    `${String(kind)}/${namespace ? `${String(namespace)}/` : ''}${String(name)}`,
    String(event.reason),
    Number(event.count ?? 1),
    plain(String(event.message ?? '')).slice(0, 400),
  ]
}
