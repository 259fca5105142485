import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { fault, type FaultCase } from './case.ts'
import {
  type Condition,
  conditions,
  event,
  git,
  global,
  goodChart,
  goodCharts,
  helmChart,
  helmRepository,
  ks,
  object,
  ownedBy,
  past,
  readyTrue,
  release,
  oci,
} from './objects.ts'
import { failing, fleet, fluxNs, isWell, runs, within } from './whole.ts'

/** Builders of rows whose words are those of the programs, in clusters with the nodes, classes, accounts and Secrets that stand about. */
export type Said = readonly (readonly [reason: string, message: string])[]
export interface App {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob'
  readonly image?: string
  /** Further fields of the pod's spec, of its container, and of the container's status. */
  readonly pod?: JsonObject
  readonly container?: JsonObject
  readonly state?: JsonObject
  readonly status?: JsonObject
  readonly phase?: string
  readonly scheduled?: Condition
  readonly said?: Said
  readonly log?: string
  readonly labels?: JsonObject
  readonly spec?: JsonObject
  /** Conditions of the workload, where it has no pod. */
  readonly failure?: string
}

const templateOf = (name: string, { image, pod = {}, container = {}, kind, labels }: App): JsonObject => ({
  metadata: { labels: labels ?? { app: name } },
  spec: {
    restartPolicy: kind === 'Job' || kind === 'CronJob' ? 'Never' : 'Always',
    serviceAccountName: 'default',
    containers: [{ name, image: image ?? `registry.example.com/shop/${name}:2.4.1`, ports: [{ containerPort: 8080 }], ...container }],
    ...pod,
  },
})
const rolled = (name: string, hash: string, { failure }: App): Condition[] => [
  ['Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'],
  ...(failure ? [['ReplicaFailure', 'True', 'FailedCreate', failure] as const] : []),
  ['Progressing', 'False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}-${hash}" has timed out progressing.`],
]

function owners(name: string, app: App): KubeObject[] {
  const { kind = 'Deployment', spec = {}, failure } = app
  const template = templateOf(name, app)
  const selector = { matchLabels: { app: name } }
  if (kind === 'Deployment') {
    const hash = '7c9d8b6f5d'
    const made = object('apps/v1', kind, name, {
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '4' } },
      spec: { replicas: 1, progressDeadlineSeconds: 600, selector, template, ...spec },
      status: {
        observedGeneration: 1,
        replicas: failure ? 0 : 1,
        updatedReplicas: failure ? 0 : 1,
        unavailableReplicas: 1,
        conditions: conditions(...rolled(name, hash, app)),
      },
    })
    const labels = { app: name, 'pod-template-hash': hash }
    const set = object('apps/v1', 'ReplicaSet', `${name}-${hash}`, {
      metadata: { ...ownedBy(made), labels },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
      status: {
        replicas: failure ? 0 : 1,
        observedGeneration: 1,
        ...(failure ? { conditions: conditions(['ReplicaFailure', 'True', 'FailedCreate', failure]) } : {}),
      },
    })
    return [made, set]
  }
  if (kind === 'StatefulSet')
    return [
      object('apps/v1', kind, name, {
        spec: { replicas: 1, serviceName: name, selector, template, ...spec },
        status: {
          observedGeneration: 1,
          replicas: failure ? 0 : 1,
          currentReplicas: failure ? 0 : 1,
          updatedReplicas: failure ? 0 : 1,
          availableReplicas: 0,
          currentRevision: `${name}-5d7`,
          updateRevision: `${name}-5d7`,
        },
      }),
    ]
  if (kind === 'DaemonSet')
    return [
      object('apps/v1', kind, name, {
        spec: { selector, template, ...spec },
        status: {
          observedGeneration: 1,
          currentNumberScheduled: failure ? 0 : 1,
          desiredNumberScheduled: 1,
          numberReady: 0,
          numberMisscheduled: 0,
          numberUnavailable: 1,
          updatedNumberScheduled: failure ? 0 : 1,
        },
      }),
    ]
  const cron =
    kind === 'CronJob'
      ? [
          object('batch/v1', 'CronJob', name, {
            spec: { schedule: '0 2 * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: { template } } },
            status: {
              lastScheduleTime: past,
              active: [{ kind: 'Job', name: `${name}-29312345`, namespace: 'apps', apiVersion: 'batch/v1' }],
            },
          }),
        ]
      : []
  const job = object('batch/v1', 'Job', cron.length > 0 ? `${name}-29312345` : name, {
    metadata: cron[0] ? ownedBy(cron[0]) : {},
    spec: { backoffLimit: 6, completions: 1, parallelism: 1, template, ...spec },
    status: { ...(failure ? {} : { active: 1 }), ready: 0, startTime: past },
  })
  return [...cron, job]
}

/** What a StatefulSet names its pods by. */
export const headless = (name: string): KubeObject =>
  object('v1', 'Service', name, { spec: { clusterIP: 'None', selector: { app: name }, ports: [{ port: 8080 }] } })
/** A workload, down to its pod and what is said of it; the first is what was applied. */
export function app(name: string, shape: App): KubeObject[] {
  const all = owners(name, shape)
  const last = all.at(-1) as KubeObject
  const makes = shape.kind === 'StatefulSet' ? `create Pod ${name}-0 in StatefulSet ${name} failed error` : 'Error creating'
  if (shape.failure) return [...all, event(last, 'FailedCreate', `${makes}: ${shape.failure}`)]
  const template = templateOf(name, shape) as { metadata: JsonObject; spec: JsonObject }
  const { scheduled, state = {}, status = {}, phase = 'Pending', log } = shape
  const [container] = template.spec.containers as JsonObject[]
  const one = object('v1', 'Pod', shape.kind === 'StatefulSet' ? `${name}-0` : `${last.metadata.name}-k2x9q`, {
    metadata: {
      ...ownedBy(last),
      labels: { ...(template.metadata.labels as JsonObject), ...(last.kind === 'ReplicaSet' ? { 'pod-template-hash': '7c9d8b6f5d' } : {}) },
      ...(log ? { annotations: { 'sandbox.fluxpilot.dev/log': log } } : {}),
    },
    spec: { ...template.spec, ...(scheduled ? {} : { nodeName: 'worker-1' }) },
    status: {
      phase,
      ...(scheduled ? {} : { hostIP: '10.0.0.11', podIP: '10.42.1.17', startTime: past }),
      conditions: scheduled
        ? conditions(scheduled)
        : conditions(
            ['Initialized', 'True', '', ''],
            ['Ready', 'False', 'ContainersNotReady', `containers with unready status: [${name}]`],
            ['ContainersReady', 'False', 'ContainersNotReady', `containers with unready status: [${name}]`],
            ['PodScheduled', 'True', '', ''],
          ),
      ...(scheduled
        ? {}
        : {
            containerStatuses: [
              { name, image: container?.image ?? '', imageID: '', ready: false, started: false, restartCount: 0, ...state },
            ],
          }),
      ...status,
    },
  })
  const calm = scheduled
    ? []
    : [event(one, 'Scheduled', `Successfully assigned apps/${one.metadata.name} to worker-1`, { type: 'Normal', count: 1 })]
  const service = shape.kind === 'StatefulSet' ? [headless(name)] : []
  return [...all, one, ...calm, ...(shape.said ?? []).map(([reason, message]) => event(one, reason, message)), ...service]
}

/** What the scheduler says of a pod that it cannot place. */
export const pending = (message: string) => ['PodScheduled', 'False', 'Unschedulable', message] as const
/** A Service of one port, and its slice of no addresses. */
export const service = (name: string, spec: JsonObject): KubeObject =>
  object('v1', 'Service', name, { spec: { clusterIP: '10.96.14.3', type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }], ...spec } })
export const noEnds = (name: string): KubeObject =>
  object('discovery.k8s.io/v1', 'EndpointSlice', `${name}-x7k2p`, {
    metadata: { labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [],
    ports: [],
  })
/** A pod in which an init container has not ended yet. */
export const initializing = (main: string, init: { name: string; image: string; resources?: JsonObject }, state: JsonObject) => ({
  pod: { initContainers: [init] },
  state: wait('PodInitializing', ''),
  status: {
    conditions: conditions(
      ['Initialized', 'False', 'ContainersNotInitialized', `containers with incomplete status: [${init.name}]`],
      ['Ready', 'False', 'ContainersNotReady', `containers with unready status: [${main}]`],
      ['PodScheduled', 'True', '', ''],
    ),
    initContainerStatuses: [{ name: init.name, ready: false, image: init.image, imageID: '', ...state }],
  },
})
export const wait = (reason: string, message: string): JsonObject => ({ state: { waiting: { reason, message } } })
/** A container that ended again and again. */
export const loops = (
  name: string,
  exitCode: number,
  { reason = 'Error', message = '', pod = `${name}-7c9d8b6f5d-k2x9q` } = {},
): JsonObject => ({
  restartCount: 11,
  state: {
    waiting: { reason: 'CrashLoopBackOff', message: `back-off 5m0s restarting failed container=${name} pod=${pod}_apps(1f0c2a7e)` },
  },
  lastState: {
    terminated: { exitCode, reason, startedAt: past, finishedAt: past, containerID: 'containerd://9a1', ...(message ? { message } : {}) },
  },
})
/** In the namespace of Flux. */
export const inFlux = <T extends KubeObject>(made: T): T => within(fluxNs, made)
/** A workload whose image cannot be pulled. */
export const pulls = (name: string, image: string, message: string, more: App = {}): KubeObject[] =>
  app(name, {
    image,
    state: wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`),
    said: [
      ['Failed', `Failed to pull image "${image}": ${message}`],
      ['Failed', 'Error: ErrImagePull'],
      ['BackOff', `Back-off pulling image "${image}"`],
      ['Failed', 'Error: ImagePullBackOff'],
    ],
    ...more,
  })
/** An OCIRepository that cannot get what it asks for. */
export const ociFails = (spec: JsonObject, message: string, reason = 'OCIArtifactPullFailed'): KubeObject =>
  oci('manifests', spec, undefined, unfetched(reason, message))
export const runsOn = { state: { running: { startedAt: past } }, started: true } as const

/** What every cluster has. */
export function around(): KubeObject[] {
  const node = (name: string): KubeObject =>
    global('v1', 'Node', name, {
      spec: {},
      status: {
        allocatable: { cpu: '4', memory: '16Gi', pods: '110' },
        capacity: { cpu: '4', memory: '16Gi', pods: '110' },
        conditions: conditions(
          ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
          ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
          ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
        ),
      },
    })
  return [
    node('worker-1'),
    node('worker-2'),
    node('node-1'),
    global('storage.k8s.io/v1', 'StorageClass', 'gp3', {
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'ebs.csi.aws.com',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
    }),
    object('v1', 'ServiceAccount', 'default'),
    within(fluxNs, object('v1', 'ServiceAccount', 'kustomize-controller')),
    within(fluxNs, secret('flux-system', { username: 'Z2l0', password: 'eA==' })),
  ]
}
export const secret = (name: string, data: JsonObject = { password: 'eA==' }): KubeObject =>
  object('v1', 'Secret', name, { type: 'Opaque', data })
/** A Secret that logs in to a registry. */
export const login = (name: string, host: string): KubeObject =>
  object('v1', 'Secret', name, {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': btoa(JSON.stringify({ auths: { [host]: { username: 'bot', password: 'x', auth: btoa('bot:x') } } })) },
  })
export const config = (name: string, data: JsonObject = { key: 'value' }): KubeObject => object('v1', 'ConfigMap', name, { data })
const neighbours = (): KubeObject[] => {
  const all = runs('catalog')
  return [isWell('catalog', all.slice(0, 1)), ...all, ...around()]
}
const tops = (all: readonly KubeObject[]): KubeObject[] =>
  all.filter(
    o => o.kind !== 'Event' && !o.metadata.ownerReferences && !(o.kind === 'PersistentVolumeClaim' && o.metadata.name.endsWith('-0')),
  )

/** A Kustomization that waited in vain for the first of these. */
export function waits(all: readonly KubeObject[], { status = 'InProgress', more = [] as readonly KubeObject[] } = {}): KubeObject[] {
  const [one] = all
  const id = `${one?.kind}/${one?.metadata.namespace}/${one?.metadata.name}`
  const message =
    status === 'Failed'
      ? `health check failed after 10.017s: failed early due to stalled resources: [${id} status: 'Failed']`
      : `health check failed after 3m0.004s: timeout waiting for: [${id} status: '${status}']`
  return [
    failing('shop', ['HealthCheckFailed', message], { owns: tops([...all, ...more]), spec: { wait: true, timeout: '3m' } }),
    fleet(),
    ...all,
    ...more,
    ...neighbours(),
  ]
}
/** A Kustomization that fails at applying. */
export const refuses = (message: string, owns: readonly KubeObject[] = [], spec: JsonObject = {}): KubeObject[] => [
  failing('shop', ['ReconciliationFailed', message], { owns: tops(owns), spec }),
  fleet(),
  ...owns,
  ...neighbours(),
]
/** A Kustomization that fails before. */
export const breaks = (
  message: string,
  { reason = 'BuildFailed', spec = {} as JsonObject, more = [] as readonly KubeObject[] } = {},
): KubeObject[] => [failing('shop', [reason, message], { spec }), fleet(), ...more, ...neighbours()]
/** The conditions of a source that cannot be fetched. */
export const unfetched = (reason: string, message: string): JsonObject => ({
  observedGeneration: 1,
  conditions: conditions(
    ['Reconciling', 'True', 'ProgressingWithRetry', message],
    ['Ready', 'False', reason, message],
    ['FetchFailed', 'True', reason, message],
  ),
})
/** A Kustomization whose source has nothing to give. */
export function unsourced(source: KubeObject, more: readonly KubeObject[] = []): KubeObject[] {
  const { kind, metadata } = source
  const [, said] = (source.status as JsonObject).conditions as JsonObject[]
  return [
    failing('shop', ['ArtifactFailed', 'Source artifact not found, retrying in 30s'], {
      spec: { sourceRef: { kind, name: metadata.name } },
    }),
    within(fluxNs, source),
    event(within(fluxNs, source), String(said?.reason), String(said?.message)),
    fleet(),
    ...more,
    ...neighbours(),
  ]
}
export const repo = (name: string, spec: JsonObject, [reason, message]: readonly [string, string]): KubeObject =>
  git(name, spec, undefined, unfetched(reason, message))

/** A release that Helm cannot bring. */
export function releases(
  name: string,
  [reason, message]: readonly [string, string],
  { made = [] as readonly KubeObject[], spec = {} as JsonObject } = {},
): KubeObject[] {
  const top = release(name, spec, undefined, {
    conditions: conditions(
      ['Stalled', 'True', 'RetriesExceeded', `Failed to ${reason.startsWith('Upgrade') ? 'upgrade' : 'install'} after 1 attempt(s)`],
      ['Ready', 'False', reason, message],
      ['Released', 'False', reason, message],
    ),
    helmChart: `apps/apps-${name}`,
    failures: 1,
    ...(reason.startsWith('Upgrade') ? { upgradeFailures: 1 } : { installFailures: 1 }),
  })
  return [
    top,
    goodChart(`apps-${name}`),
    goodCharts(),
    event(top, reason, message),
    ...made.map(o => ofRelease(o, name)),
    fleet(),
    ...neighbours(),
  ]
}
const ofRelease = (made: KubeObject, name: string): KubeObject =>
  made.kind === 'Event' || made.metadata.ownerReferences
    ? made
    : {
        ...made,
        metadata: {
          ...made.metadata,
          labels: {
            ...made.metadata.labels,
            'app.kubernetes.io/managed-by': 'Helm',
            'helm.toolkit.fluxcd.io/name': name,
            'helm.toolkit.fluxcd.io/namespace': 'apps',
          },
        },
      }
/** A release that waits for another one. */
export const releaseNeeds = (name: string, on: string) =>
  release(name, { dependsOn: [{ name: on }] }, undefined, {
    conditions: conditions(
      ['Reconciling', 'True', 'ProgressingWithRetry', `dependency 'apps/${on}' is not ready`],
      ['Ready', 'False', 'DependencyNotReady', `dependency 'apps/${on}' is not ready`],
    ),
    helmChart: `apps/apps-${name}`,
  })

/** A release that stands at its chart, or at what its values come from. */
export function chartless(
  name: string,
  [reason, message]: readonly [string, string],
  { chart = {} as JsonObject, from = goodCharts(), more = [] as readonly KubeObject[] } = {},
): KubeObject[] {
  const waitsFor = `HelmChart 'apps/apps-${name}' is not ready: ${message}`
  const sourceRef = { kind: from.kind, name: from.metadata.name }
  const top = release(name, { chart: { spec: { chart: name, version: '1.2.3', sourceRef, ...chart } } }, undefined, {
    conditions: conditions(['Reconciling', 'True', 'ProgressingWithRetry', waitsFor], ['Ready', 'False', 'SourceNotReady', waitsFor]),
    helmChart: `apps/apps-${name}`,
  })
  const broken = helmChart(`apps-${name}`, { chart: name, sourceRef, ...chart }, undefined, unfetched(reason, message))
  return [top, broken, from, ...more, fleet(), ...neighbours()]
}
export const charts = (spec: JsonObject, [reason, message]: readonly [string, string]): KubeObject =>
  helmRepository('charts', spec, undefined, unfetched(reason, message))
/** A release that cannot begin. */
export const unstarted = (name: string, [reason, message]: readonly [string, string], spec: JsonObject = {}): KubeObject[] => [
  release(name, spec, undefined, { conditions: conditions(['Ready', 'False', reason, message]), helmChart: `apps/apps-${name}` }),
  goodChart(`apps-${name}`),
  goodCharts(),
  fleet(),
  ...neighbours(),
]

/** A workload that is asked about itself. */
export const alone = (all: readonly KubeObject[]): KubeObject[] => [...all, fleet(), ...neighbours()]

/** What an operator says of its object. */
export const custom = (
  apiVersion: string,
  kind: string,
  [name, spec, ...said]: readonly [string, JsonObject, ...Condition[]],
): KubeObject => object(apiVersion, kind, name, { spec, status: { observedGeneration: 1, conditions: conditions(...said) as Json[] } })

export type Row = readonly [says: string, objects: readonly KubeObject[], at: RegExp, proof: RegExp, fix?: RegExp]
let count = 0
/** A fault, in another kind, in other words, and with something harmless beside it. */
export function three(name: string, rows: readonly [Row, Row, Row]): FaultCase[] {
  count += 1
  return rows.map(([says, objects, at, proof, fix = /./], i) =>
    fault(`${name} (${['another kind', 'other words', 'beside another'][i]})`, says, [...objects, ...(i === 2 ? harmless(count) : [])], {
      at,
      proof,
      fix,
    }),
  )
}
/** What hurts nobody. */
function harmless(i: number): KubeObject[] {
  const all = runs(`metrics-${i}`)
  const one = all[2] as KubeObject
  const said: Said[number][] = [
    ['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503'],
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "kube-api-access-8x2kp" : failed to sync configmap cache: timed out waiting for the condition',
    ],
    ['BackOff', `Back-off restarting failed container app in pod ${one.metadata.name}_apps(77d1)`],
    ['FailedScheduling', '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.'],
  ]
  if (i % 5 === 4)
    return [
      within(fluxNs, ks('sandbox', { suspend: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } }, readyTrue)),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'search', {
        spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'catalog' } },
        status: {
          currentReplicas: 1,
          desiredReplicas: 1,
          conditions: conditions([
            'ScalingLimited',
            'True',
            'TooFewReplicas',
            'the desired replica count is less than the minimum replica count',
          ]),
        },
      }),
    ]
  const [reason, message] = said[i % 5] as Said[number]
  return [...all, event(one, reason, message, { count: 2 })]
}
