import type { KubeObject } from '../../src/kinds/manifest.ts'
import { type JsonObject, objectAt } from '../../src/lib/json.ts'
import { fault, type FaultCase } from './case.ts'
import { conditions, event, global, goodChart, goodCharts, ks, object, pod, release, ownedBy, running } from './objects.ts'
import { app, type App, loops, releases, type Row, wait, waits } from './practice.ts'
import { failing, fluxNs, isWell, runs, within } from './whole.ts'

/** Builders of clusters as somebody outside knows them, each fault three times. */
const earlier = '2025-12-30T22:04:00Z'
/** With one of that kind (and name) in front, as it is the one that is asked about. */
export function asking(kind: string, all: readonly KubeObject[], name = ''): KubeObject[] {
  const one = all.find(o => o.kind === kind && o.metadata.name.startsWith(name))
  if (!one) throw new TypeError(`there is no ${kind}`)
  return [one, ...all.filter(o => o !== one)]
}
/** A Kustomization of Kustomizations that waits for the first one, which failed. */
export const above = (all: readonly KubeObject[]): KubeObject[] => {
  const [one] = all as [KubeObject]
  const id = `${one.kind}/${one.metadata.namespace}/${one.metadata.name}`
  const message = `health check failed after 5m0.031s: timeout waiting for: [${id} status: 'InProgress']`
  return [failing('cluster', ['HealthCheckFailed', message], { owns: [one], spec: { wait: true, timeout: '5m' } }), ...all]
}
/** A Kustomization that is not applied as the first one is not ready. */
export const depends = (all: readonly KubeObject[], name = 'frontends'): KubeObject[] => {
  const [one] = all as [KubeObject]
  const on = `${one.metadata.namespace}/${one.metadata.name}`
  const top = within(
    fluxNs,
    ks(
      name,
      { sourceRef: { kind: 'GitRepository', name: 'fleet' }, dependsOn: [{ name: one.metadata.name }] },
      ['False', 'DependencyNotReady', `dependency '${on}' is not ready`],
      {},
    ),
  )
  return [top, ...all]
}
/** A workload that Helm waited for in vain. */
export const helmed = (name: string, shape: App, verb: 'install' | 'upgrade' = 'install'): KubeObject[] =>
  releases(
    name,
    [
      verb === 'install' ? 'InstallFailed' : 'UpgradeFailed',
      `Helm ${verb} failed for release apps/${name} with chart ${name}@1.2.3: context deadline exceeded`,
    ],
    { made: app(name, shape) },
  )
export const waited = (name: string, shape: App): KubeObject[] => waits(app(name, shape))
export const crash = (name: string, code: number, log: string, more: App = {}): App => ({
  phase: 'Running',
  state: loops(name, code),
  log,
  said: [['BackOff', `Back-off restarting failed container ${name} in pod ${name}-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)`]],
  ...more,
})
export const creating: JsonObject = { state: { waiting: { reason: 'ContainerCreating' } } }
export const unmounted = (message: string, reason = 'FailedMount'): App => ({ state: creating, said: [[reason, message]] })
export const volumes = (name: string, volume: JsonObject, path = '/data'): Pick<App, 'pod' | 'container'> => ({
  pod: { volumes: [{ name, ...volume }] },
  container: { volumeMounts: [{ name, mountPath: path }] },
})
export const serves = (name: string, image = `registry.example.com/shop/${name}:2.4.1`): JsonObject => ({
  ready: true,
  image,
  restartCount: 0,
  ...running(),
})
/** A node with what it says of itself. */
export const node = (
  name: string,
  {
    ready = ['True', 'KubeletReady', 'kubelet is posting ready status'] as readonly [string, string, string],
    spec = {},
    labels = {},
    more = [] as readonly (readonly [string, string, string, string])[],
  } = {},
): KubeObject =>
  global('v1', 'Node', name, {
    metadata: { labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/arch': 'amd64', ...labels } },
    spec,
    status: {
      allocatable: { cpu: '4', memory: '16Gi', pods: '110' },
      capacity: { cpu: '4', memory: '16Gi', pods: '110' },
      conditions: conditions(...more, ['Ready', ...ready]),
    },
  })

type Traps = () => KubeObject[]
/** Others fail, or failed, or say something: none of it bears on what is asked. */
const traps: readonly Traps[] = [
  // Somebody else's application loops, under a Kustomization of its own that nobody here depends on.
  () => {
    const [dep, ...rest] = app('legacy-sync', {
      phase: 'Running',
      state: loops('legacy-sync', 1),
      log: 'panic: runtime error: index out of range [3] with length 3',
    }) as [KubeObject]
    const message = `health check failed after 3m0.1s: timeout waiting for: [Deployment/apps/legacy-sync status: 'InProgress']`
    return [failing('legacy', ['HealthCheckFailed', message], { owns: [dep] }), dep, ...rest]
  },
  // A neighbour is suspended and its release failed long ago.
  () => [
    within(
      fluxNs,
      ks('playground', { suspend: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } }, [
        'False',
        'BuildFailed',
        'kustomization path not found: stat /tmp/kustomization-1/play: no such file or directory',
      ]),
    ),
    release('demo', { suspend: true }, [
      'False',
      'InstallFailed',
      'Helm install failed for release apps/demo with chart demo@0.1.0: timed out waiting for the condition',
    ]),
    goodChart('apps-demo'),
    goodCharts(),
  ],
  // Pods of another workload were evicted and stand about; its present ones serve.
  () => {
    const all = runs('thumbnails')
    const set = all[1] as KubeObject
    const gone = pod('thumbnails-6d4f-old01', {
      phase: 'Failed',
      containers: [],
      status: {
        reason: 'Evicted',
        message: 'The node was low on resource: ephemeral-storage. Threshold quantity: 10120387530, available: 9800Ki. ',
      },
    })
    return [isWell('thumbnails', all.slice(0, 1)), ...all, { ...gone, metadata: { ...gone.metadata, ...ownedBy(set) } }]
  },
  // An old job failed, a later one did it; a node is cordoned for an upgrade.
  () => [
    object('batch/v1', 'Job', 'backup-29310', {
      spec: { backoffLimit: 6, template: { spec: { containers: [{ name: 'backup', image: 'registry.example.com/org/backup:1' }] } } },
      status: {
        failed: 7,
        conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
      },
    }),
    node('worker-9', { spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] } }),
  ],
  // Events of a pod that runs, older than a day, and an autoscaler without numbers.
  () => {
    const all = runs('billing')
    const one = all[2] as KubeObject
    return [
      ...all,
      event(
        one,
        'FailedScheduling',
        '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
        { at: earlier, count: 3 },
      ),
      event(
        one,
        'Failed',
        'Failed to pull image "registry.example.com/org/app:1.0.0": failed to pull and unpack image: 429 Too Many Requests',
        { at: earlier, count: 1 },
      ),
      event(one, 'FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap "billing" not found', { at: earlier, count: 2 }),
    ]
  },
  // A Service of nobody, and a Secret that another release failed to find.
  () => [
    object('v1', 'Service', 'old-api', { spec: { clusterIP: '10.96.0.99', selector: { app: 'old-api' }, ports: [{ port: 80 }] } }),
    within(
      fluxNs,
      ks(
        'observability',
        { sourceRef: { kind: 'GitRepository', name: 'fleet' }, postBuild: { substituteFrom: [{ kind: 'Secret', name: 'grafana-vars' }] } },
        ['False', 'PostBuildFailed', `substitute from 'Secret/grafana-vars' error: secrets "grafana-vars" not found`],
      ),
    ),
  ],
]

let count = 0
const words = ['another kind', 'other words', 'beside another'] as const
/** A fault three times: the last with something beside it that is not its cause. */
export function thrice(name: string, rows: readonly [Row, Row, Row]): FaultCase[] {
  count += 1
  const beside = traps[count % traps.length] as Traps
  return rows.map(([says, objects, at, proof, fix = /./], i) =>
    fault(`${name} (${words[i]})`, says, [...objects, ...(i === 2 ? beside() : [])], { at, proof, fix }),
  )
}
/** What the events of an object are, once they are gone. */
export const expired = (all: readonly KubeObject[]): KubeObject[] => all.filter(o => o.kind !== 'Event')
export const inNamespace = (namespace: string, all: readonly KubeObject[]): KubeObject[] =>
  all.map(o => {
    const made = within(namespace, o)
    const about = objectAt(made as unknown as JsonObject, 'involvedObject')
    return made.kind === 'Event' ? ({ ...made, involvedObject: { ...about, namespace } } as KubeObject) : made
  })
/** An image that is not pulled, for a reason. */
export const pull = (image: string, message: string) => ({
  image,
  state: wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`),
  said: [
    ['Failed', `Failed to pull image "${image}": ${message}`],
    ['BackOff', `Back-off pulling image "${image}"`],
  ] as const,
})
/** How containerd says why a name is not resolved. */
export const resolve = (image: string, why: string): string =>
  `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${why}`
