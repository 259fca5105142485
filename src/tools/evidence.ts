import { kstatus } from '../engine/kstatus.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { type JsonObject, listAt, objectAt, stringAt } from '../lib/json.ts'
import { plain } from '../lib/safe.ts'
import { refOfEntry } from '../kustomize/inventory.ts'
import type { Cluster } from '../world/cluster/cluster.ts'

/** What speaks for a failing verdict: objects that are not well with their last events, and the dependency that blocks. */
export interface Evidence {
  readonly failing: JsonObject[]
  readonly blockedBy?: JsonObject | undefined
  readonly incomplete?: string | undefined
}

const [mostObjects, mostEvents, mostMessage] = [3, 3, 300]
const order = ['Failed', 'NotFound', 'Unknown', 'InProgress', 'Terminating']

/** Collects evidence for an object that failed. What may not be read is said, not left out. */
export async function evidenceFor(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<Evidence> {
  try {
    const failing = await failingObjects(cluster, object, signal)
    const blockedBy = await blockerOf(cluster, object, signal)
    return { failing, ...(blockedBy ? { blockedBy } : {}) }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return { failing: [], incomplete: thrown.message }
    throw thrown
  }
}

async function failingObjects(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<JsonObject[]> {
  const named = namedInMessage(object)
  const entries = listAt(object, 'status', 'inventory', 'entries').flatMap(
    e => refOfEntry({ id: stringAt(e, 'id') ?? '', v: stringAt(e, 'v') ?? '' }) ?? [],
  )
  const refs = [...named, ...entries.filter(e => !named.some(n => printRef(n) === printRef(e)))].slice(0, 50)
  const checked = await Promise.all(refs.map(async ref => ({ ref, ...(await statusOf(cluster, ref, signal)) })))
  const bad = checked
    .filter(c => c.status !== 'Current')
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .slice(0, mostObjects)
  return Promise.all(
    bad.map(async ({ ref, status, message }) => ({
      object: printRef(ref),
      status,
      untrusted: [plain(message).slice(0, mostMessage), ...(await eventsAbout(cluster, ref, signal))],
    })),
  )
}

/** Objects that a condition names as `Kind/ns/name`, with the version their inventory has. */
function namedInMessage(object: KubeObject): ObjectRef[] {
  const message = conditionOf(object, 'Ready')?.message ?? ''
  const entries = listAt(object, 'status', 'inventory', 'entries').flatMap(
    e => refOfEntry({ id: stringAt(e, 'id') ?? '', v: stringAt(e, 'v') ?? '' }) ?? [],
  )
  return entries.filter(ref => message.includes(printRef(ref)))
}

async function statusOf(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<{ status: string; message: string }> {
  try {
    const found = await cluster.get(ref, signal)
    return found ? kstatus(found) : { status: 'NotFound', message: 'it does not exist' }
  } catch (thrown) {
    if (thrown instanceof CodedError) return { status: 'Unknown', message: thrown.message }
    throw thrown
  }
}

/** The last events of an object; for a workload those of its pods as well. */
export async function eventsAbout(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<string[]> {
  const { items } = await cluster.list({ group: '', version: 'v1', kind: 'Event', namespace: ref.namespace, limit: 500 }, signal)
  const about = (event: KubeObject): boolean => {
    const { kind, name } = objectAt(event, 'involvedObject')
    return (
      (kind === ref.kind && name === ref.name) ||
      (kind === 'Pod' &&
        ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'].includes(ref.kind) &&
        String(name).startsWith(`${ref.name}-`))
    )
  }
  const warnings = items
    .filter(e => about(e))
    .toSorted((a, b) => rank(b) - rank(a) || (lastTime(a) < lastTime(b) ? 1 : -1))
    .slice(0, mostEvents)
  return warnings.map(e => plain(`${lastTime(e)} ${String(e.type)} ${String(e.reason)}: ${String(e.message)}`).slice(0, mostMessage))
}

function rank(event: KubeObject): number {
  return event.type === 'Warning' ? 1 : 0
}

/** When an event was last seen, RFC 3339. */
export function lastTime(event: KubeObject): string {
  return (
    stringAt(event, 'lastTimestamp') ??
    stringAt(event, 'eventTime') ??
    stringAt(event, 'series', 'lastObservedTime') ??
    event.metadata.creationTimestamp ??
    ''
  )
}

async function blockerOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<JsonObject | undefined> {
  const { group, kind, namespace } = refOf(object)
  const reason = conditionOf(object, 'Ready')?.reason
  const source = objectAt(object, 'spec', 'sourceRef')
  const candidates: ObjectRef[] = [
    ...(reason === 'DependencyNotReady'
      ? listAt(object, 'spec', 'dependsOn').map(d => ({
          group,
          kind,
          name: stringAt(d, 'name') ?? '',
          namespace: stringAt(d, 'namespace') ?? namespace,
        }))
      : []),
    ...(reason === 'ArtifactFailed' && typeof source.kind === 'string'
      ? [
          {
            group: 'source.toolkit.fluxcd.io',
            kind: source.kind,
            name: String(source.name),
            namespace: typeof source.namespace === 'string' ? source.namespace : namespace,
          },
        ]
      : []),
  ]
  for (const ref of candidates) {
    const found = await cluster.get(ref, signal)
    const ready = conditionOf(found, 'Ready')
    if (found && ready?.status === 'True') continue
    return {
      object: printRef(ref),
      state: found ? `Ready=${ready?.status ?? 'Unknown'}` : 'does not exist',
      ...(ready ? { reason: ready.reason, untrusted: plain(ready.message).slice(0, mostMessage) } : {}),
    }
  }
  return undefined
}
