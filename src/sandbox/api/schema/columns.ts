import type { KubeObject } from '../../../kinds/manifest.ts'
import { formatAge } from '../../../lib/duration.ts'
import { at, isObject, type Json, listAt, objectAt, stringAt } from '../../../lib/json.ts'
import type { Resource } from './resource.ts'

/** A column that a server prints of a built-in kind; `wide` ones show with `-o wide`. */
export interface Printed {
  readonly name: string
  readonly type: string
  readonly format?: string | undefined
  readonly wide?: boolean | undefined
  readonly cell: (object: KubeObject, now: number) => Json
}

type Cell = Printed['cell']

/** How long ago a time was. */
export function since(time: string | undefined, now: number): string {
  return time ? formatAge(now - Date.parse(time)) : '<unknown>'
}

const text =
  (...path: string[]): Cell =>
  o =>
    present(at(o, ...path))
const present = (value: Json | undefined): Json => (value === undefined || value === '' ? '<none>' : value)
const count =
  (...path: string[]): Cell =>
  o =>
    at(o, ...path) ?? 0
const ageCell: Cell = (o, now) => since(o.metadata.creationTimestamp, now)
const joined = (items: Json[], key: string): string => items.map(i => stringAt(i, key)).join(',')
const size = (value: Json | undefined): number => (Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0)

function column(name: string, cell: Cell, more: Partial<Printed> = {}): Printed {
  return { name, type: 'string', cell, ...more }
}
const integer = { type: 'integer' }
const wide = { wide: true }
const age = column('Age', ageCell)
const created = column('Created At', o => o.metadata.creationTimestamp ?? '', { type: 'date' })

function selectorText(selector: Json | undefined): string {
  const { matchLabels, matchExpressions } = isObject(selector) ? selector : {}
  const labels = Object.entries(isObject(matchLabels) ? matchLabels : {}).map(([k, v]) => `${k}=${String(v)}`)
  const expressions = (Array.isArray(matchExpressions) ? matchExpressions : []).map(
    e => `${stringAt(e, 'key')} ${(stringAt(e, 'operator') ?? '').toLowerCase()} (${listAt(e, 'values').join(',')})`,
  )
  return [...labels, ...expressions].join(',') || '<none>'
}

/** The wide columns of what has a pod template at a path. */
function templated(path: readonly string[], selector: boolean): Printed[] {
  const containers = (o: KubeObject): Json[] => listAt(o, ...path, 'spec', 'containers')
  return [
    column('Containers', o => joined(containers(o), 'name'), wide),
    column('Images', o => joined(containers(o), 'image'), wide),
    ...(selector ? [column('Selector', o => selectorText(at(o, ...path.slice(0, -1), 'selector')), wide)] : []),
  ]
}
const workload = templated(['spec', 'template'], true)

const statuses = (o: KubeObject): Json[] => listAt(o, 'status', 'containerStatuses')
const pod: Printed[] = [
  column('Ready', o => `${statuses(o).filter(c => at(c, 'ready') === true).length}/${listAt(o, 'spec', 'containers').length}`),
  column('Status', podStatus),
  column('Restarts', o => String(statuses(o).reduce((n: number, c) => n + Number(at(c, 'restartCount') ?? 0), 0))),
  age,
  column('IP', text('status', 'podIP'), wide),
  column('Node', text('spec', 'nodeName'), wide),
  column('Nominated Node', text('status', 'nominatedNodeName'), wide),
  column('Readiness Gates', o => (listAt(o, 'spec', 'readinessGates').length > 0 ? '0/1' : '<none>'), wide),
]

function podStatus(o: KubeObject): Json {
  const state = (kind: string): string | undefined =>
    stringAt(
      statuses(o)
        .map(c => at(c, 'state', kind))
        .find(isObject),
      'reason',
    )
  if (o.metadata.deletionTimestamp) return 'Terminating'
  return state('waiting') ?? state('terminated') ?? stringAt(o, 'status', 'phase') ?? ''
}

const service: Printed[] = [
  column('Type', text('spec', 'type')),
  column('Cluster-IP', text('spec', 'clusterIP')),
  column('External-IP', externalAddress),
  column('Port(s)', o => listAt(o, 'spec', 'ports').map(portText).join(',') || '<none>'),
  age,
  column('Selector', o => selectorText({ matchLabels: objectAt(o, 'spec', 'selector') }), wide),
]

function externalAddress(o: KubeObject): Json {
  if (stringAt(o, 'spec', 'type') === 'ExternalName') return text('spec', 'externalName')(o, 0)
  const addresses = listAt(o, 'status', 'loadBalancer', 'ingress').map(i => stringAt(i, 'ip') ?? stringAt(i, 'hostname'))
  return addresses.join(',') || (stringAt(o, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : '<none>')
}

function portText(port: Json): string {
  const { port: number, nodePort, protocol } = isObject(port) ? port : {}
  return `${String(number)}${nodePort ? `:${String(nodePort)}` : ''}/${String(protocol)}`
}

const claim: Printed[] = [
  column('Status', o => (o.metadata.deletionTimestamp ? 'Terminating' : (stringAt(o, 'status', 'phase') ?? ''))),
  column('Volume', o => stringAt(o, 'spec', 'volumeName') ?? ''),
  column('Capacity', o => (stringAt(o, 'spec', 'volumeName') ? (stringAt(o, 'status', 'capacity', 'storage') ?? '0') : '')),
  column('Access Modes', o => (stringAt(o, 'spec', 'volumeName') ? modes(listAt(o, 'status', 'accessModes')) : '')),
  column('StorageClass', o => stringAt(o, 'spec', 'storageClassName') ?? ''),
  column('VolumeAttributesClass', o => stringAt(o, 'status', 'currentVolumeAttributesClassName') ?? '<unset>'),
  age,
  column('VolumeMode', o => stringAt(o, 'spec', 'volumeMode') ?? '<unset>', wide),
]
const modes = (list: Json[]): string =>
  list.map(m => ({ ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' })[String(m)] ?? '').join(',')

const event: Printed[] = [
  column('Last Seen', (o, now) => since(stringAt(o, 'lastTimestamp') ?? stringAt(o, 'eventTime') ?? stringAt(o, 'firstTimestamp'), now)),
  column('Type', o => stringAt(o, 'type') ?? ''),
  column('Reason', o => stringAt(o, 'reason') ?? ''),
  column('Object', o => `${(stringAt(o, 'involvedObject', 'kind') ?? '').toLowerCase()}/${stringAt(o, 'involvedObject', 'name') ?? ''}`),
  column('Subobject', o => stringAt(o, 'involvedObject', 'fieldPath') ?? '', wide),
  column('Source', o => stringAt(o, 'source', 'component') ?? stringAt(o, 'reportingComponent') ?? '', wide),
  column('Message', o => (stringAt(o, 'message') ?? '').trim()),
  column('First Seen', (o, now) => since(stringAt(o, 'firstTimestamp') ?? stringAt(o, 'eventTime'), now), wide),
  column('Count', o => String(at(o, 'count') ?? 1), wide),
  column('Name', o => o.metadata.name, { ...wide, format: 'name' }),
]

const job: Printed[] = [
  column('Status', jobStatus),
  column('Completions', o => `${String(count('status', 'succeeded')(o, 0))}/${String(at(o, 'spec', 'completions') ?? 1)}`),
  column('Duration', jobDuration),
  age,
  ...workload,
]

function jobStatus(o: KubeObject): string {
  const holds = (type: string): boolean =>
    listAt(o, 'status', 'conditions').some(c => stringAt(c, 'type') === type && stringAt(c, 'status') === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (o.metadata.deletionTimestamp) return 'Terminating'
  return holds('Suspended')
    ? 'Suspended'
    : holds('FailureTarget')
      ? 'FailureTarget'
      : holds('SuccessCriteriaMet')
        ? 'SuccessCriteriaMet'
        : 'Running'
}

function jobDuration(o: KubeObject, now: number): string {
  const start = stringAt(o, 'status', 'startTime')
  const end = stringAt(o, 'status', 'completionTime')
  if (!start) return ''
  return formatAge((end ? Date.parse(end) : now) - Date.parse(start))
}

const cronJob: Printed[] = [
  column('Schedule', text('spec', 'schedule')),
  column('Timezone', text('spec', 'timeZone')),
  column('Suspend', o => (at(o, 'spec', 'suspend') === true ? 'True' : 'False'), { type: 'boolean' }),
  column('Active', o => listAt(o, 'status', 'active').length, integer),
  column('Last Schedule', (o, now) =>
    stringAt(o, 'status', 'lastScheduleTime') ? since(stringAt(o, 'status', 'lastScheduleTime'), now) : '<none>',
  ),
  age,
  ...templated(['spec', 'jobTemplate', 'spec', 'template'], true),
]

const daemonSet: Printed[] = [
  column('Desired', count('status', 'desiredNumberScheduled'), integer),
  column('Current', count('status', 'currentNumberScheduled'), integer),
  column('Ready', count('status', 'numberReady'), integer),
  column('Up-to-date', count('status', 'updatedNumberScheduled'), integer),
  column('Available', count('status', 'numberAvailable'), integer),
  column('Node Selector', o => selectorText({ matchLabels: objectAt(o, 'spec', 'template', 'spec', 'nodeSelector') })),
  age,
  ...workload,
]
const ready: Cell = o => `${String(count('status', 'readyReplicas')(o, 0))}/${String(count('spec', 'replicas')(o, 0))}`

const subjects =
  (kind: string): Cell =>
  o =>
    listAt(o, 'subjects')
      .filter(s => stringAt(s, 'kind') === kind)
      .map(s => (kind === 'ServiceAccount' ? `${stringAt(s, 'namespace')}/${stringAt(s, 'name')}` : stringAt(s, 'name')))
      .join(', ')
const binding: Printed[] = [
  column('Role', o => `${stringAt(o, 'roleRef', 'kind')}/${stringAt(o, 'roleRef', 'name')}`),
  age,
  column('Users', subjects('User'), wide),
  column('Groups', subjects('Group'), wide),
  column('ServiceAccounts', subjects('ServiceAccount'), wide),
]

const ingress: Printed[] = [
  column('Class', text('spec', 'ingressClassName')),
  column('Hosts', o => [...new Set(listAt(o, 'spec', 'rules').flatMap(r => stringAt(r, 'host') ?? []))].join(',') || '*'),
  column('Address', o =>
    listAt(o, 'status', 'loadBalancer', 'ingress')
      .map(i => stringAt(i, 'ip') ?? stringAt(i, 'hostname'))
      .join(','),
  ),
  column('Ports', o => (listAt(o, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
  age,
]
const budget: Printed[] = [
  column('Min Available', o => String(at(o, 'spec', 'minAvailable') ?? 'N/A')),
  column('Max Unavailable', o => String(at(o, 'spec', 'maxUnavailable') ?? 'N/A')),
  column('Allowed Disruptions', count('status', 'disruptionsAllowed'), integer),
  age,
]
const definition: Printed[] = [created]

const columns: Readonly<Record<string, readonly Printed[]>> = {
  '/Namespace': [column('Status', text('status', 'phase')), age],
  '/ConfigMap': [column('Data', o => size(o.data) + size(o.binaryData)), age],
  '/Secret': [column('Type', text('type')), column('Data', o => size(o.data)), age],
  '/ServiceAccount': [age],
  '/Service': service,
  '/Pod': pod,
  '/Event': event,
  '/PersistentVolumeClaim': claim,
  '/LimitRange': [created],
  'apps/Deployment': [
    column('Ready', ready),
    column('Up-to-date', count('status', 'updatedReplicas')),
    column('Available', count('status', 'availableReplicas')),
    age,
    ...workload,
  ],
  'apps/ReplicaSet': [
    column('Desired', count('spec', 'replicas'), integer),
    column('Current', count('status', 'replicas'), integer),
    column('Ready', count('status', 'readyReplicas'), integer),
    age,
    ...workload,
  ],
  'apps/StatefulSet': [column('Ready', ready), age, ...templated(['spec', 'template'], false)],
  'apps/DaemonSet': daemonSet,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  'networking.k8s.io/Ingress': ingress,
  'networking.k8s.io/NetworkPolicy': [column('Pod-Selector', o => selectorText(at(o, 'spec', 'podSelector'))), age],
  'policy/PodDisruptionBudget': budget,
  'rbac.authorization.k8s.io/Role': [created],
  'rbac.authorization.k8s.io/ClusterRole': [created],
  'rbac.authorization.k8s.io/RoleBinding': binding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': binding,
  'coordination.k8s.io/Lease': [column('Holder', o => stringAt(o, 'spec', 'holderIdentity') ?? ''), age],
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
}
const plain: readonly Printed[] = [age]

/** The columns of a built-in kind, without its name. */
export function columnsOf({ group, kind }: Resource): readonly Printed[] {
  return columns[`${group}/${kind}`] ?? plain
}
