import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import { objectAt, stringAt } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'

const [mostEvents, mostMessage] = [3, 300]
/** What Kubernetes makes generated names of. */
const safe = '[bcdfghjklmnpqrstvwxz2456789]'
const children: Readonly<Record<string, [kind: string, name: string][]>> = {
  Deployment: [
    ['ReplicaSet', `${safe}{1,10}`],
    ['Pod', `${safe}{1,10}-${safe}{5}`],
  ],
  ReplicaSet: [['Pod', `${safe}{5}`]],
  DaemonSet: [['Pod', `${safe}{5}`]],
  Job: [['Pod', `${safe}{5}`]],
  StatefulSet: [['Pod', '\\d+']],
}

/** The last three events of an object, warnings first; for a workload those of its pods as well. */
export async function eventsAbout(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<string[]> {
  const [own, ...theirs] = await Promise.all([
    eventsOf(cluster, { namespace: ref.namespace, fields: { kind: ref.kind, name: ref.name } }, signal),
    ...(await childrenOf(cluster, ref, signal)).map(async ({ kind, isChild }) =>
      (await eventsOf(cluster, { namespace: ref.namespace, fields: { kind } }, signal)).filter(e =>
        isChild(String(objectAt(e, 'involvedObject').name)),
      ),
    ),
  ])
  return [...own, ...theirs.flat()]
    .toSorted((a, b) => rank(b) - rank(a) || Date.parse(lastTime(b)) - Date.parse(lastTime(a)))
    .filter((e, i, all) => all.findIndex(other => tale(other) === tale(e)) === i)
    .slice(0, mostEvents)
    .map(e => plain(`${lastTime(e)} ${String(e.type)} ${String(e.reason)}: ${String(e.message)}`).slice(0, mostMessage))
}

interface Children {
  readonly kind: string
  isChild(name: string): boolean
}

/** What a workload made: what its selector finds now, and what carries a name generated from its own. */
async function childrenOf(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<Children[]> {
  const below = children[ref.kind]
  if (!below || ref.group === '') return []
  const labels = objectAt(await cluster.get(ref, signal), 'spec', 'selector', 'matchLabels')
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',')
  return Promise.all(
    below.map(async ([kind, generated]) => {
      const name = new RegExp(`^${literal(ref.name)}-${generated}$`)
      const query = {
        ...(kind === 'Pod' ? { group: '', version: 'v1' } : { group: 'apps', version: 'v1' }),
        kind,
        namespace: ref.namespace,
        labelSelector,
      }
      const found = labelSelector === '' ? [] : (await cluster.list({ ...query, limit: 100 }, signal)).items.map(o => o.metadata.name)
      return { kind, isChild: (wanted: string) => found.includes(wanted) || name.test(wanted) }
    }),
  )
}

async function eventsOf(
  cluster: Cluster,
  { namespace, fields }: { namespace: string | undefined; fields: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const fieldSelector = Object.entries(fields)
    .map(([key, value]) => `involvedObject.${key}=${value}`)
    .join(',')
  const events: KubeObject[] = []
  for await (const event of cluster.listAll({ group: '', version: 'v1', kind: 'Event', namespace, fieldSelector }, signal))
    events.push(event)
  return events
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** What an event tells; pods of one workload tell the same. */
function tale({ type, reason, message }: KubeObject): string {
  return JSON.stringify([type, reason, message])
}

function rank(event: KubeObject): number {
  return event.type === 'Warning' ? 1 : 0
}

/** When an event was last seen, RFC 3339. */
export function lastTime(event: KubeObject): string {
  return (
    stringAt(event, 'series', 'lastObservedTime') ??
    stringAt(event, 'lastTimestamp') ??
    stringAt(event, 'eventTime') ??
    event.metadata.creationTimestamp ??
    ''
  )
}
