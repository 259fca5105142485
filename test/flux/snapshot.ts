import { homedir } from 'node:os'
import { conditionsOf, type KubeObject, type ObjectRef, printRef } from '../../src/kinds/manifest.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt } from '../../src/lib/json.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { timeless } from '../support/texts.ts'

/** What an observer can see of a run, without what differs between two runs of the same program: times, addresses, identities. */
export interface Snapshot {
  readonly status: Readonly<Record<string, Json | undefined>>
  readonly objects: Readonly<Record<string, Json | undefined>>
  /** Sorted, each once: `object type reason message` and the annotations. */
  readonly events: readonly string[]
}

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
/** Where either side unpacks an artifact. */
const folders = /\/tmp\/[\w-]+\/(kustomization|sops-gnupghome)-\d+|\/artifact\b/g
/** What Flux words otherwise since 2.6: it named an object by its name alone, and said how cleaning up went. */
const reworded: readonly [RegExp, string][] = [
  [/ <nil>/g, ''],
  [/last reconcilation:/g, 'last reconciliation:'],
  [/(post build failed for ')[\w.[\]]+\/([^']+')/g, '$1$2'],
]
const moving = new Set([
  'lastTransitionTime',
  'lastUpdateTime',
  'lastProbeTime',
  'url',
  'history',
  'time',
  'uid',
  'resourceVersion',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
])

/** Flux runs with a short `--requeue-dependency` here. */
const dependencyRetry = /retrying in \d+s$/

/** Texts with measured durations, waits for dependencies and addresses made equal. */
function still(value: Json | undefined): Json | undefined {
  if (typeof value === 'string')
    return timeless(reworded.reduce((text, [pattern, by]) => text.replace(pattern, by), value))
      .replace(dependencyRetry, 'retrying in T')
      .replace(/127\.0\.0\.1:\d+/g, 'host')
      .replace(folders, '/folder')
      .replaceAll(`${homedir()}/`, '~/')
      .replace(uid, 'UID')
  if (Array.isArray(value)) return value.map(v => still(v) ?? null)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !moving.has(key))
      .map(([key, v]) => [key, still(v) ?? null]),
  )
}

function statusOf(object: KubeObject | undefined): Json | undefined {
  if (!object) return 'absent'
  const status = { ...objectAt(object, 'status') }
  const conditions = conditionsOf(object).map(condition => still({ ...condition }) ?? null)
  return { ...(still(status) as JsonObject), conditions, finalizers: object.metadata.finalizers ?? [], managers: writersOf(object) }
}

/** Who wrote any of an object, and how; each once. */
function writersOf(object: KubeObject): string[] {
  const entries = listAt(object, 'metadata', 'managedFields').map(entry => objectAt({ entry }, 'entry'))
  return [...new Set(entries.map(e => [e.manager, e.operation, e.subresource ?? ''].join(' ')))].toSorted()
}

/** What was applied, and who owns which fields of it. */
function appliedOf(object: KubeObject | undefined): Json | undefined {
  if (!object) return 'absent'
  const { labels, annotations, managedFields } = object.metadata
  const managers = (Array.isArray(managedFields) ? managedFields : [])
    .filter(isObject)
    .map(({ manager, operation, subresource, fieldsV1 }) => ({
      manager: manager ?? null,
      operation: operation ?? null,
      subresource: subresource ?? null,
      fieldsV1: fieldsV1 ?? null,
    }))
    .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
  return {
    labels: labels ?? null,
    annotations: annotations ?? null,
    data: object.data ?? null,
    spec: still(object.spec) ?? null,
    managers,
  } as Json
}

/** Takes the snapshot. `watched` are the Flux objects, `applied` what they made. */
export async function snapshot(
  cluster: Cluster,
  { watched, applied, namespace }: { watched: readonly ObjectRef[]; applied: readonly ObjectRef[]; namespace: string },
  signal: AbortSignal,
): Promise<Snapshot> {
  const read = async <T>(refs: readonly ObjectRef[], view: (object: KubeObject | undefined) => T): Promise<Record<string, T>> =>
    Object.fromEntries(await Promise.all(refs.map(async ref => [printRef(ref), view(await cluster.get(ref, signal))] as const)))
  const events = (await cluster.list({ group: '', kind: 'Event', namespace }, signal)).items.filter(isOfFlux)
  return { status: await read(watched, statusOf), objects: await read(applied, appliedOf), events: eventLines(events) }
}

/** The API server, too, writes events (about addresses it repairs), and not the same on every run. */
function isOfFlux(event: KubeObject): boolean {
  return String(objectAt(event, 'involvedObject').apiVersion).includes('.toolkit.fluxcd.io/')
}

function eventLines(events: readonly KubeObject[]): string[] {
  const lines = events.map(event => {
    const about = objectAt(event, 'involvedObject')
    const annotations = Object.entries(event.metadata.annotations ?? {}).toSorted(([a], [b]) => a.localeCompare(b))
    const said = `${String(about.kind)}/${String(about.name)} ${String(event.type)} ${String(event.reason)} ${String(still(event.message as Json))}`
    return `${said} ${JSON.stringify(annotations.map(([k, v]) => `${k}=${v}`))}`
  })
  return [...new Set(lines)].toSorted()
}

/** The paths at which two snapshots differ, with both values. */
export function differences(a: Json | undefined, b: Json | undefined, path = ''): string[] {
  if (isObject(a) && isObject(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap(k => differences(a[k], b[k], `${path}.${k}`))
  if (Array.isArray(a) && Array.isArray(b) && a.every(v => typeof v === 'string') && b.every(v => typeof v === 'string'))
    return [
      ...a.filter(v => !b.includes(v)).map(v => `${path}: flux only: ${JSON.stringify(v)}`),
      ...b.filter(v => !a.includes(v)).map(v => `${path}: fluxpilot only: ${JSON.stringify(v)}`),
    ]
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return a.flatMap((v, i) => differences(v, b[i], `${path}[${i}]`))
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [`${path}: flux ${JSON.stringify(a)} fluxpilot ${JSON.stringify(b)}`]
}

/** Entries of an inventory, as refs to read. */
export function inventoryIds(object: KubeObject | undefined): string[] {
  return listAt(object ?? {}, 'status', 'inventory', 'entries').map(entry => String(objectAt(entry).id))
}
