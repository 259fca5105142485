import { joinApiVersion, type KubeObject } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'

/** Builders of objects as clusters show them, for tables of cases. Times are long past, so that nothing is only slow. */
export const past = '2026-01-01T00:00:00Z'
export const ns = 'apps'
export type Condition = readonly [type: string, status: string, reason: string, message: string]

export function conditions(...list: readonly Condition[]): Json[] {
  return list.map(([type, status, reason, message]) => ({ type, status, reason, message, lastTransitionTime: past }))
}

let count = 0
export function object(apiVersion: string, kind: string, name: string, rest: JsonObject = {}): KubeObject {
  const { metadata, ...body } = rest as { metadata?: JsonObject }
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: ns, uid: `u-${++count}-${kind}-${name}`, creationTimestamp: past, generation: 1, ...metadata },
    ...(body as JsonObject),
  } as KubeObject
}
/** A cluster-scoped object. */
export function global(apiVersion: string, kind: string, name: string, rest: JsonObject = {}): KubeObject {
  const made = object(apiVersion, kind, name, rest)
  delete made.metadata.namespace
  return made
}
export const namespace = (name: string, rest: JsonObject = {}): KubeObject =>
  global('v1', 'Namespace', name, { spec: {}, status: { phase: 'Active' }, ...rest })

/** A namespace that cannot end: which finalizers hold it, in the words of its controller. */
export const heldNamespace = (
  name: string,
  remaining: string,
  { since = past, before = [] }: { since?: string; before?: readonly Condition[] } = {},
): KubeObject =>
  endingNamespace(name, since, [
    ...before,
    [
      'NamespaceFinalizersRemaining',
      'True',
      'SomeFinalizersRemain',
      `Some content in the namespace has finalizers remaining: ${remaining}`,
    ],
  ])

/** A namespace that was deleted and is still there, with what its controller says. */
const endingNamespace = (name: string, since: string, said: readonly Condition[]): KubeObject =>
  namespace(name, {
    metadata: { deletionTimestamp: since },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Terminating', conditions: conditions(...said) },
  })

/** A namespace that cannot end as an aggregated API does not answer; `more` is what its message says after that. */
export const undiscoveredNamespace = (name: string, more = ''): KubeObject =>
  endingNamespace(name, past, [
    [
      'NamespaceDeletionDiscoveryFailure',
      'True',
      'DiscoveryFailed',
      `Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery${more}`,
    ],
  ])

type Ready = readonly [status: string, reason: string, message: string] | undefined
function flux(
  apiVersion: string,
  kind: string,
  [name, spec, ready, status = {}]: readonly [string, JsonObject, Ready, (JsonObject | undefined)?],
): KubeObject {
  const list = ready ? conditions(['Ready', ...ready]) : []
  return object(apiVersion, kind, name, {
    spec,
    ...(ready || Object.keys(status).length > 0 ? { status: { observedGeneration: 1, conditions: list, ...status } } : {}),
  })
}
type Args = [name: string, spec: JsonObject, ready?: Ready, status?: JsonObject]
const source = 'source.toolkit.fluxcd.io/v1'
const artifact = {
  revision: 'main@sha1:4a5b6c7d8e9f',
  url: 'http://x/y.tar.gz',
  digest: `sha256:${'0'.repeat(64)}`,
  path: 'x',
  lastUpdateTime: past,
}

export const git = (...[name, spec, ready, status]: Args): KubeObject =>
  flux(source, 'GitRepository', [
    name,
    { url: 'https://git.example.com/org/repo', interval: '1m', ref: { branch: 'main' }, ...spec },
    ready,
    status,
  ])
export const oci = (...[name, spec, ready, status]: Args): KubeObject =>
  flux(source, 'OCIRepository', [
    name,
    { url: 'oci://registry.example.com/org/app', interval: '1m', ref: { tag: '1.0.0' }, ...spec },
    ready,
    status,
  ])
export const helmRepository = (...[name, spec, ready, status]: Args): KubeObject =>
  flux(source, 'HelmRepository', [name, { url: 'https://charts.example.com', interval: '5m', ...spec }, ready, status])
export const helmChart = (...[name, spec, ready, status]: Args): KubeObject =>
  flux(source, 'HelmChart', [
    name,
    { chart: 'web', version: '1.2.3', interval: '5m', sourceRef: { kind: 'HelmRepository', name: 'charts' }, ...spec },
    ready,
    status,
  ])
export const bucket = (...[name, spec, ready, status]: Args): KubeObject =>
  flux(source, 'Bucket', [name, { bucketName: 'manifests', endpoint: 's3.example.com', interval: '5m', ...spec }, ready, status])
export const ks = (...[name, spec, ready, status]: Args): KubeObject =>
  flux('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', [
    name,
    { interval: '10m', path: './deploy', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' }, ...spec },
    ready,
    status,
  ])
export const release = (...[name, spec, ready, status]: Args): KubeObject =>
  flux('helm.toolkit.fluxcd.io/v2', 'HelmRelease', [
    name,
    {
      interval: '10m',
      chart: { spec: { chart: 'web', version: '1.2.3', sourceRef: { kind: 'HelmRepository', name: 'charts' } } },
      ...spec,
    },
    ready,
    status,
  ])
export const imageRepository = (...[name, spec, ready, status]: Args): KubeObject =>
  flux('image.toolkit.fluxcd.io/v1', 'ImageRepository', [
    name,
    { image: 'registry.example.com/org/app', interval: '5m', ...spec },
    ready,
    status,
  ])

export const readyTrue = ['True', 'ReconciliationSucceeded', 'Applied revision: main@sha1:4a5b6c7d8e9f'] as const
export const stored = ['True', 'Succeeded', 'stored artifact for revision main@sha1:4a5b6c7d8e9f'] as const
export const goodGit = (): KubeObject => git('repo', {}, stored, { artifact })
export const goodOci = (name = 'repo'): KubeObject => oci(name, {}, stored, { artifact })
export const goodCharts = (): KubeObject => helmRepository('charts', {}, stored, { artifact })
export const goodChart = (name = `${ns}-web`): KubeObject => helmChart(name, {}, stored, { artifact })

/** What a Kustomization applied. */
export function inventory(...objects: readonly KubeObject[]): JsonObject {
  return {
    inventory: {
      entries: objects.map(({ apiVersion, kind, metadata }) => {
        const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
        return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version }
      }),
    },
  }
}
export const notHealthy = (...names: readonly string[]): readonly [string, string, string] => [
  'False',
  'HealthCheckFailed',
  `health check failed after 2m0s: timeout waiting for: [${names.map(n => `${n} status: 'InProgress'`).join(', ')}]`,
]

export const refused = (message: string) => ['False', 'ReconciliationFailed', message] as const
export const buildFails = (message: string) => ['False', 'BuildFailed', message] as const
export const sourceWaits = ['False', 'ArtifactFailed', 'Source artifact not found, retrying in 30s'] as const

export function ownedBy({ apiVersion, kind, metadata }: KubeObject): JsonObject {
  return {
    ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
  }
}

const template = (name: string, spec: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'app', image: 'registry.example.com/org/app:1.0.0' }], ...spec },
})
interface Rollout {
  readonly progressing?: Condition
  readonly available?: boolean
  readonly more?: readonly Condition[]
  readonly spec?: JsonObject
  readonly pod?: JsonObject
  readonly status?: JsonObject
}
export function deployment(
  name: string,
  { progressing, available = false, more = [], spec = {}, pod = {}, status = {} }: Rollout = {},
): KubeObject {
  const said: Condition = progressing ?? ['Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}-6d4f" is progressing.`]
  const state: Condition = available
    ? ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']
    : ['Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.']
  const counts: JsonObject = available
    ? { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
    : { replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 }
  return object('apps/v1', 'Deployment', name, {
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(name, pod), ...spec },
    status: { observedGeneration: 1, ...counts, conditions: conditions(said, state, ...more), ...status },
  })
}
export const stuck: Condition = ['Progressing', 'False', 'ProgressDeadlineExceeded', 'ReplicaSet "web-6d4f" has timed out progressing.']
/** What a Deployment or a ReplicaSet says of pods that it may not make. */
export const replicaFailure = (message: string): Condition => ['ReplicaFailure', 'True', 'FailedCreate', message]
export const availableNow: Condition = [
  'Progressing',
  'True',
  'NewReplicaSetAvailable',
  'ReplicaSet "web-6d4f" has successfully progressed.',
]
export function replicaSet(owner: KubeObject, { replicas = 1, more = [] as readonly Condition[], hash = '6d4f' } = {}): KubeObject {
  const { name } = owner.metadata
  return object('apps/v1', 'ReplicaSet', `${name}-${hash}`, {
    metadata: { ...ownedBy(owner), labels: { app: name, 'pod-template-hash': hash } },
    spec: { replicas: 1, selector: { matchLabels: { app: name, 'pod-template-hash': hash } }, template: template(name) },
    status: { replicas, observedGeneration: 1, ...(more.length > 0 ? { conditions: conditions(...more) } : {}) },
  })
}

export interface PodShape {
  readonly phase?: string
  readonly status?: JsonObject
  readonly container?: JsonObject
  readonly containers?: readonly JsonObject[]
  readonly init?: JsonObject
  readonly spec?: JsonObject
  readonly scheduled?: Condition
  readonly ready?: boolean
  readonly labels?: JsonObject
}
/** A pod with one container `app` (or those given), in the state that is given. */
export function pod(owner: KubeObject | string, shape: PodShape = {}): KubeObject {
  const { phase = 'Pending', status = {}, container = {}, init, spec = {}, scheduled, ready = false, labels = {} } = shape
  const name = typeof owner === 'string' ? owner : `${owner.metadata.name}-x2x4z`
  const one = { name: 'app', image: 'registry.example.com/org/app:1.0.0', ready, restartCount: 0, ...container }
  const isReady = ready ? 'True' : 'False'
  const all = shape.containers ?? [one]
  return object('v1', 'Pod', name, {
    metadata:
      typeof owner === 'string'
        ? { labels }
        : {
            ...ownedBy(owner),
            labels: {
              ...owner.metadata.labels,
              ...((owner.spec?.selector as JsonObject | undefined)?.matchLabels as JsonObject | undefined),
              ...labels,
            },
          },
    spec: {
      restartPolicy: 'Always',
      ...(scheduled ? {} : { nodeName: 'node-1' }),
      containers: all.map(c => ({ name: c.name ?? 'app', image: c.image ?? 'x' })),
      ...(init ? { initContainers: [{ name: 'setup', image: 'registry.example.com/org/setup:1' }] } : {}),
      ...spec,
    },
    status: {
      phase,
      conditions: conditions(scheduled ?? ['PodScheduled', 'True', '', ''], [
        'Ready',
        isReady,
        ready ? '' : 'ContainersNotReady',
        ready ? '' : 'containers with unready status: [app]',
      ]),
      ...(scheduled ? {} : { containerStatuses: [...all] as Json[] }),
      ...(init
        ? { initContainerStatuses: [{ name: 'setup', ready: false, restartCount: 3, image: 'registry.example.com/org/setup:1', ...init }] }
        : {}),
      ...status,
    },
  })
}
/** A pod that is well again: harmless beside what counts. */
export const restartedOnce = (name = 'side'): KubeObject =>
  pod(name, {
    phase: 'Running',
    ready: true,
    container: { ...running(), ready: true, restartCount: 1, lastState: ended(137, 'OOMKilled') },
  })
export const waiting = (reason: string, message = ''): JsonObject => ({ state: { waiting: { reason, ...(message ? { message } : {}) } } })
/** A pod whose image is waited for. */
export const back = (image: string): PodShape => ({
  container: { ...waiting('ImagePullBackOff', `Back-off pulling image "${image}"`), image },
})
export const unscheduled = (message: string): PodShape => ({ scheduled: ['PodScheduled', 'False', 'Unschedulable', message] })
export const running = (startedAt = past): JsonObject => ({ state: { running: { startedAt } }, started: true })
export const ended = (exitCode: number, reason = 'Error', message = ''): JsonObject => ({
  terminated: { exitCode, reason, startedAt: past, finishedAt: past, ...(message ? { message } : {}) },
})
export const crashing = (exitCode: number, reason = 'Error', message = ''): JsonObject => ({
  ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container=app'),
  lastState: ended(exitCode, reason, message),
  restartCount: 9,
})
export function claim(name: string, spec: JsonObject = {}, phase = 'Pending'): KubeObject {
  return object('v1', 'PersistentVolumeClaim', name, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
    status: { phase },
  })
}

/** An event about an object. */
export function event(
  about: KubeObject,
  reason: string,
  message: string,
  { type = 'Warning', count: times = 5, at = past } = {},
): KubeObject {
  const { kind, apiVersion, metadata } = about
  const place = metadata.namespace ?? 'default'
  return object('v1', 'Event', `${metadata.name}.${++count}`, {
    metadata: { namespace: place },
    type,
    reason,
    message,
    count: times,
    firstTimestamp: past,
    lastTimestamp: at,
    involvedObject: { kind, apiVersion, name: metadata.name, namespace: place, uid: metadata.uid ?? '' },
    source: { component: 'test' },
  })
}
/** A workload under a Kustomization that waited for it: the chain above a pod. */
export function chain(
  podShape: PodShape,
  { name = 'web', rollout = {} as Rollout } = {},
): { ks: KubeObject; deployment: KubeObject; set: KubeObject; pod: KubeObject; all: KubeObject[] } {
  const dep = deployment(name, { progressing: stuck, ...rollout })
  const set = replicaSet(dep)
  const one = pod(set, podShape)
  const top = ks('apps', { wait: true }, notHealthy(`Deployment/${ns}/${name}`), inventory(dep))
  return { ks: top, deployment: dep, set, pod: one, all: [goodGit(), top, dep, set, one] }
}
export function apiVersionOf(group: string, version: string): string {
  return joinApiVersion({ group, version })
}
export { artifact }
