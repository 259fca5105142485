import type { KubeObject } from '../../kinds/manifest.ts'
import { formatAge } from '../../lib/duration.ts'
import { at, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Column, Resource } from './resource.ts'

interface Printed {
  readonly name: string
  readonly type: string
  readonly wide?: boolean | undefined
  readonly cell: (object: KubeObject, now: number) => Json
}

const text =
  (...path: string[]) =>
  (o: KubeObject): Json =>
    at(o, ...path) ?? '<none>'
const count =
  (...path: string[]) =>
  (o: KubeObject): Json =>
    at(o, ...path) ?? 0
const age = (o: KubeObject, now: number): Json => since(o.metadata.creationTimestamp, now)
const containers = (o: KubeObject): Json[] => listAt(o, 'spec', 'template', 'spec', 'containers')
const workload: Printed[] = [
  { name: 'Age', type: 'string', cell: age },
  {
    name: 'Containers',
    type: 'string',
    wide: true,
    cell: o =>
      containers(o)
        .map(c => stringAt(c, 'name'))
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    wide: true,
    cell: o =>
      containers(o)
        .map(c => stringAt(c, 'image'))
        .join(','),
  },
]

function since(time: string | undefined, now: number): string {
  return time ? formatAge(now - Date.parse(time)) : '<unknown>'
}

const columns: Readonly<Record<string, readonly Printed[]>> = {
  '/Namespace': [
    { name: 'Status', type: 'string', cell: text('status', 'phase') },
    { name: 'Age', type: 'string', cell: age },
  ],
  '/ConfigMap': [
    { name: 'Data', type: 'string', cell: o => Object.keys(objectAt(o, 'data')).length + Object.keys(objectAt(o, 'binaryData')).length },
    { name: 'Age', type: 'string', cell: age },
  ],
  '/Secret': [
    { name: 'Type', type: 'string', cell: text('type') },
    { name: 'Data', type: 'string', cell: o => Object.keys(objectAt(o, 'data')).length },
    { name: 'Age', type: 'string', cell: age },
  ],
  '/Service': [
    { name: 'Type', type: 'string', cell: text('spec', 'type') },
    { name: 'Cluster-IP', type: 'string', cell: text('spec', 'clusterIP') },
    {
      name: 'External-IP',
      type: 'string',
      cell: o =>
        listAt(o, 'status', 'loadBalancer', 'ingress')
          .map(i => stringAt(i, 'ip') ?? stringAt(i, 'hostname'))
          .join(',') || (stringAt(o, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : '<none>'),
    },
    {
      name: 'Port(s)',
      type: 'string',
      cell: o =>
        listAt(o, 'spec', 'ports')
          .map(p => `${String(at(p, 'port'))}${at(p, 'nodePort') ? `:${String(at(p, 'nodePort'))}` : ''}/${String(at(p, 'protocol'))}`)
          .join(',') || '<none>',
    },
    { name: 'Age', type: 'string', cell: age },
  ],
  '/Pod': [
    {
      name: 'Ready',
      type: 'string',
      cell: o =>
        `${listAt(o, 'status', 'containerStatuses').filter(c => at(c, 'ready') === true).length}/${listAt(o, 'spec', 'containers').length}`,
    },
    {
      name: 'Status',
      type: 'string',
      cell: o =>
        stringAt(
          listAt(o, 'status', 'containerStatuses')
            .map(c => at(c, 'state', 'waiting'))
            .find(isObject),
          'reason',
        ) ?? text('status', 'phase')(o),
    },
    {
      name: 'Restarts',
      type: 'string',
      cell: o => String(listAt(o, 'status', 'containerStatuses').reduce((n: number, c) => n + Number(at(c, 'restartCount') ?? 0), 0)),
    },
    { name: 'Age', type: 'string', cell: age },
    { name: 'IP', type: 'string', wide: true, cell: text('status', 'podIP') },
    { name: 'Node', type: 'string', wide: true, cell: text('spec', 'nodeName') },
  ],
  '/Event': [
    { name: 'Last Seen', type: 'string', cell: (o, now) => since(stringAt(o, 'lastTimestamp'), now) },
    { name: 'Type', type: 'string', cell: text('type') },
    { name: 'Reason', type: 'string', cell: text('reason') },
    {
      name: 'Object',
      type: 'string',
      cell: o => `${(stringAt(o, 'involvedObject', 'kind') ?? '').toLowerCase()}/${stringAt(o, 'involvedObject', 'name') ?? ''}`,
    },
    { name: 'Message', type: 'string', cell: text('message') },
  ],
  'apps/Deployment': [
    { name: 'Ready', type: 'string', cell: o => `${String(count('status', 'readyReplicas')(o))}/${String(count('spec', 'replicas')(o))}` },
    { name: 'Up-to-date', type: 'string', cell: count('status', 'updatedReplicas') },
    { name: 'Available', type: 'string', cell: count('status', 'availableReplicas') },
    ...workload,
  ],
  'apps/ReplicaSet': [
    { name: 'Desired', type: 'integer', cell: count('spec', 'replicas') },
    { name: 'Current', type: 'integer', cell: count('status', 'replicas') },
    { name: 'Ready', type: 'integer', cell: count('status', 'readyReplicas') },
    ...workload,
  ],
  'apps/StatefulSet': [
    { name: 'Ready', type: 'string', cell: o => `${String(count('status', 'readyReplicas')(o))}/${String(count('spec', 'replicas')(o))}` },
    ...workload,
  ],
  'apps/DaemonSet': [
    { name: 'Desired', type: 'integer', cell: count('status', 'desiredNumberScheduled') },
    { name: 'Current', type: 'integer', cell: count('status', 'currentNumberScheduled') },
    { name: 'Ready', type: 'integer', cell: count('status', 'numberReady') },
    ...workload,
  ],
  'apiextensions.k8s.io/CustomResourceDefinition': [{ name: 'Created At', type: 'date', cell: o => o.metadata.creationTimestamp ?? '' }],
}
const plain: readonly Printed[] = [{ name: 'Age', type: 'string', cell: age }]
const identity = 'Name must be unique within a namespace.'

/** Objects as the Table that kubectl prints. */
export function tableOf(
  resource: Resource,
  objects: readonly KubeObject[],
  { now, metadata, include }: { now: number; metadata: JsonObject; include: string },
): JsonObject {
  const printed = columnsOf(resource)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: identity, priority: 0 },
      ...printed.map(c => ({ name: c.name, type: c.type, format: '', description: c.name, priority: c.wide ? 1 : 0 })),
    ],
    rows: objects.map(o => ({
      cells: [o.metadata.name, ...printed.map(c => c.cell(o, now))],
      object:
        include === 'None'
          ? null
          : include === 'Object'
            ? o
            : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: o.metadata },
    })),
  }
}

function columnsOf(resource: Resource): readonly Printed[] {
  const custom = resource.custom?.columns
  if (custom && custom.length > 0)
    return custom.map(c => ({ name: c.name, type: c.type, wide: c.wide, cell: (o, now) => cellAt(o, c, now) }))
  return columns[`${resource.group}/${resource.kind}`] ?? plain
}

function cellAt(object: KubeObject, { path, type }: Column, now: number): Json {
  const found = jsonPath(object, path)
  if (type === 'date' && typeof found === 'string') return since(found, now)
  return found === undefined || isObject(found) || Array.isArray(found) ? (found === undefined ? null : JSON.stringify(found)) : found
}

/** The paths that printer columns use: fields, and one filter on a list as `[?(@.type=="Ready")]`. */
export function jsonPath(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value
  for (const part of path.match(/\[\?\(@\.(\w+)\s*==\s*["'][^"']*["']\)\]|\[\d+\]|[^.[\]]+/g) ?? []) {
    const filter = /^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]$/.exec(part)
    if (filter) current = Array.isArray(current) ? current.find(item => at(item, filter[1] ?? '') === filter[2]) : undefined
    else if (part.startsWith('[')) current = Array.isArray(current) ? current[Number(part.slice(1, -1))] : undefined
    else current = isObject(current) ? current[part] : undefined
  }
  return current
}
