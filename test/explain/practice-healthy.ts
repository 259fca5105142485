import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { app, around, custom, headless } from './practice.ts'
import {
  availableNow,
  claim,
  conditions,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  inventory,
  ks,
  namespace,
  object,
  oci,
  ownedBy,
  past,
  pod,
  release,
  replicaSet,
  running,
} from './objects.ts'
import { controlled, firstOf, fleet, fluxNs, isWell, runs, within } from './whole.ts'

/** Clusters that are well, or only on their way. */
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+/, '')
type Said = readonly [type: string, status: string, reason: string, message: string]
export const fresh = (seconds: number, ...list: readonly Said[]): Json[] =>
  list.map(([type, status, reason, message]) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: ago(seconds),
    lastUpdateTime: ago(seconds),
    observedGeneration: 1,
  }))
export const young = <T extends KubeObject>(made: T, seconds: number): T => ({
  ...made,
  metadata: { ...made.metadata, creationTimestamp: ago(seconds) },
})
export const withStatus = (made: KubeObject, status: JsonObject): KubeObject =>
  ({ ...made, status: { ...(made.status as JsonObject), ...status } }) as KubeObject
const fromFleet = { sourceRef: { kind: 'GitRepository', name: 'fleet' } }
export const onItsWay = (name: string, owns: readonly KubeObject[], says: string): KubeObject =>
  within(
    fluxNs,
    ks(name, { ...fromFleet, wait: true, timeout: '5m' }, undefined, {
      conditions: fresh(
        15,
        ['Reconciling', 'True', 'Progressing', says],
        ['Ready', 'Unknown', 'Progressing', 'Reconciliation in progress'],
      ),
      ...inventory(...owns),
    }),
  )
export const normal = (about: KubeObject, reason: string, message: string, seconds = 15): KubeObject =>
  event(about, reason, message, { type: 'Normal', count: 1, at: ago(seconds) })

/** A rollout that began some seconds ago: the old pod serves, the new one comes. */
export function rolling(name: string, [seconds, phase]: readonly [number, string], state: JsonObject): KubeObject[] {
  const dep = deployment(name, { available: true, progressing: availableNow })
  const now = withStatus(dep, {
    replicas: 2,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    unavailableReplicas: 1,
    conditions: fresh(
      seconds,
      ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      ['Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}-79b4" is progressing.`],
    ),
  })
  const old = replicaSet(now)
  const set = young(replicaSet(now, { hash: '79b4' }), seconds)
  const shape = {
    phase,
    container: state,
    status: {
      conditions: fresh(
        seconds,
        ['PodScheduled', 'True', '', ''],
        ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'],
      ),
      startTime: ago(seconds),
    },
  }
  return [now, old, set, pod(old, { phase: 'Running', ready: true, container: running() }), young(pod(set, shape), seconds)]
}
/** An autoscaler of a Deployment that would like to have more than it may. */
export const atItsTop = (name: string): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
    status: {
      currentReplicas: 3,
      desiredReplicas: 3,
      conditions: conditions(
        ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
        [
          'ScalingActive',
          'True',
          'ValidMetricFound',
          'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
        ],
        ['ScalingLimited', 'True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'],
      ),
    },
  })
export const creating: JsonObject = { state: { waiting: { reason: 'ContainerCreating' } } }
const job = (name: string, status: JsonObject, by?: KubeObject): KubeObject =>
  object('batch/v1', 'Job', name, {
    metadata: by ? ownedBy(by) : {},
    spec: {
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/org/job:1' }] } },
    },
    status,
  })
const done: JsonObject = {
  succeeded: 1,
  startTime: past,
  completionTime: past,
  conditions: fresh(
    7100,
    ['SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
    ['Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
  ),
}
const service = (name: string): KubeObject =>
  object('v1', 'Service', name, { spec: { clusterIP: '10.96.8.8', selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] } })

export type Well = readonly [says: string, objects: readonly [KubeObject, ...KubeObject[]]]
export const wellPractice = (): Well[] => {
  const web = runs('web')
  const rolled = rolling('web', [25, 'Pending'], creating)
  const slow = rolling('web', [40, 'Pending'], creating)
  const booting = rolling('web', [20, 'Running'], { state: { running: { startedAt: ago(12) } }, started: false, ready: false })
  const db = withStatus(controlled('StatefulSet', 'db'), { readyReplicas: 1, availableReplicas: 1 })
  const agent = withStatus(controlled('DaemonSet', 'agent'), { numberReady: 1, numberAvailable: 1, numberUnavailable: 0 })
  const cron = object('batch/v1', 'CronJob', 'report', {
    spec: { schedule: '0 2 * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
    status: { lastScheduleTime: ago(7200), lastSuccessfulTime: ago(7100) },
  })
  const failed = job(
    'report-1',
    {
      failed: 7,
      startTime: ago(93600),
      conditions: fresh(90000, ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
    },
    cron,
  )
  const busy = app('import', {
    kind: 'Job',
    phase: 'Running',
    state: { state: { running: { startedAt: ago(20) } }, started: true, ready: true },
    status: { startTime: ago(30), conditions: fresh(20, ['Ready', 'True', '', ''], ['PodScheduled', 'True', '', '']) },
  }).map(o => young(o, 30))
  busy[0] = withStatus(busy[0] as KubeObject, { startTime: ago(30), ready: 1 })
  const late = young(claim('data', { storageClassName: 'gp3' }), 60)
  const old = pod('worker-7', {
    phase: 'Running',
    ready: true,
    container: {
      ...running(),
      ready: true,
      restartCount: 3,
      lastState: { terminated: { exitCode: 1, reason: 'Error', startedAt: past, finishedAt: past } },
    },
  })
  const zero = deployment('preview', {
    spec: { replicas: 0 },
    status: { replicas: 0, unavailableReplicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
    available: true,
    progressing: availableNow,
  })
  const infra = onItsWay('infra', [], 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 5m0s')
  const cordoned = around().map(o =>
    o.kind === 'Node' && o.metadata.name === 'worker-2'
      ? ({ ...o, spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] } } as KubeObject)
      : o,
  )
  const hpa = object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: {
      minReplicas: 1,
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    },
    status: {
      currentReplicas: 1,
      desiredReplicas: 1,
      conditions: fresh(
        9000,
        ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
        [
          'ScalingActive',
          'True',
          'ValidMetricFound',
          'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
        ],
        ['ScalingLimited', 'True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'],
      ),
    },
  })
  const upgraded = release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v4 with chart web@1.2.3'], {
    helmChart: 'apps/apps-web',
    history: [
      {
        name: 'web',
        namespace: 'apps',
        version: 4,
        status: 'deployed',
        chartName: 'web',
        chartVersion: '1.2.3',
        digest: 'sha256:1',
        configDigest: 'sha256:2',
        firstDeployed: past,
        lastDeployed: past,
      },
      {
        name: 'web',
        namespace: 'apps',
        version: 3,
        status: 'failed',
        chartName: 'web',
        chartVersion: '1.2.2',
        digest: 'sha256:1',
        configDigest: 'sha256:2',
        firstDeployed: past,
        lastDeployed: past,
      },
    ],
  })
  const upgrading = release('web', {}, undefined, {
    helmChart: 'apps/apps-web',
    conditions: fresh(
      35,
      ['Reconciling', 'True', 'Progressing', "Running 'upgrade' action with timeout of 5m0s"],
      ['Ready', 'Unknown', 'Progressing', "Running 'upgrade' action with timeout of 5m0s"],
    ),
  })
  const around1 = around()
  const all: Well[] = [
    ['a Kustomization whose Deployment runs', [isWell('shop', web.slice(0, 1)), fleet(), ...web, ...around1]],
    [
      'a rollout that began half a minute ago',
      [
        onItsWay('shop', rolled.slice(0, 1), 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 5m0s'),
        fleet(),
        ...rolled,
        ...around1,
      ],
    ],
    ['a release whose last but one upgrade failed', [upgraded, goodChart('apps-web'), goodCharts(), ...web, ...around1]],
    ['a release being upgraded', [upgrading, goodChart('apps-web'), goodCharts(), ...rolled, ...around1]],
    [
      'a large image on its way',
      [
        slow[0] as KubeObject,
        ...slow.slice(1),
        normal(slow[4] as KubeObject, 'Pulling', 'Pulling image "registry.example.com/org/app:1.0.0"', 38),
        ...around1,
      ],
    ],
    [
      'a program that boots',
      [
        booting[0] as KubeObject,
        ...booting.slice(1),
        event(
          booting[4] as KubeObject,
          'Unhealthy',
          'Startup probe failed: Get "http://10.42.1.9:8080/healthz": dial tcp 10.42.1.9:8080: connect: connection refused',
          { count: 2, at: ago(4) },
        ),
        ...around1,
      ],
    ],
    ['a pod that restarted long ago', [old, ...around1]],
    ['a Job that runs', [busy[0] as KubeObject, ...busy.slice(1), ...around1]],
    ['a Job that is done, its first pod failed', [job('migrate', { ...done, failed: 1 }), ...around1]],
    [
      'a CronJob that failed yesterday and succeeded today',
      [
        cron,
        young(failed, 93600),
        young(job('report-2', { ...done, startTime: ago(7200), completionTime: ago(7100) }, cron), 7200),
        ...around1,
      ],
    ],
    [
      'a StatefulSet with its claim',
      [
        db,
        firstOf(db, { phase: 'Running', ready: true, container: { ...running(), ready: true } }),
        claim('data-db-0', { storageClassName: 'gp3', volumeName: 'pvc-1' }, 'Bound'),
        headless('db'),
        ...around1,
      ],
    ],
    ['a DaemonSet', [agent, firstOf(agent, { phase: 'Running', ready: true, container: { ...running(), ready: true } }), ...around1]],
    [
      'a claim that waits for its first pod',
      [late, normal(late, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding'), ...around1],
    ],
    ['a Deployment scaled to none', [zero, service('preview'), ...around1]],
    [
      'a Kustomization that waits for one on its way',
      [
        within(
          fluxNs,
          ks('shop', { ...fromFleet, dependsOn: [{ name: 'infra' }] }, undefined, {
            conditions: fresh(
              10,
              ['Reconciling', 'True', 'ProgressingWithRetry', "dependency 'flux-system/infra' is not ready"],
              ['Ready', 'False', 'DependencyNotReady', "dependency 'flux-system/infra' is not ready"],
            ),
          }),
        ),
        infra,
        fleet(),
        ...around1,
      ],
    ],
    [
      'a source that fetches',
      [
        within(
          fluxNs,
          git('fleet', {}, undefined, {
            conditions: fresh(
              8,
              ['Reconciling', 'True', 'Progressing', "building artifact: new upstream revision 'main@sha1:9f2b7c0d'"],
              ['Ready', 'Unknown', 'Progressing', "building artifact: new upstream revision 'main@sha1:9f2b7c0d'"],
              ['ArtifactInStorage', 'True', 'Succeeded', "stored artifact for revision 'main@sha1:11aa22bb'"],
            ),
            artifact: {
              revision: 'main@sha1:11aa22bb',
              url: 'http://x/y.tar.gz',
              digest: `sha256:${'1'.repeat(64)}`,
              path: 'x',
              lastUpdateTime: past,
            },
          }),
        ),
        ...around1,
      ],
    ],
    [
      'a verified OCI source',
      [
        within(
          fluxNs,
          oci('manifests', { verify: { provider: 'cosign' } }, ['True', 'Succeeded', "stored artifact for digest 'latest@sha256:77a1'"], {
            artifact: {
              revision: 'latest@sha256:77a1',
              url: 'http://x/y.tar.gz',
              digest: `sha256:${'1'.repeat(64)}`,
              path: 'x',
              lastUpdateTime: past,
            },
          }),
        ),
        ...around1,
      ],
    ],
    ['a workload beside a cordoned node', [web[0] as KubeObject, ...web.slice(1), ...cordoned]],
    ['an autoscaler at its least', [hpa, ...web, ...around1]],
    [
      'a certificate, a secret and a namespace',
      [
        namespace('apps', { metadata: { labels: { 'kubernetes.io/metadata.name': 'apps' } } }),
        custom('cert-manager.io/v1', 'Certificate', [
          'tls',
          { secretName: 'tls', issuerRef: { name: 'ca' } },
          ['Ready', 'True', 'Ready', 'Certificate is up to date and has not expired'],
        ]),
        custom('external-secrets.io/v1', 'ExternalSecret', [
          'db',
          { secretStoreRef: { name: 'vault' } },
          ['Ready', 'True', 'SecretSynced', 'secret synced'],
        ]),
        ...web,
        ...around1,
      ],
    ],
  ]
  return all
}
