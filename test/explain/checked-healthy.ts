import type { KubeObject } from '../../src/kinds/manifest.ts'
import { jobOf } from './checked.ts'
import {
  availableNow,
  claim,
  type Condition,
  conditions,
  deployment,
  ended,
  event,
  goodChart,
  goodCharts,
  inventory,
  ks,
  namespace,
  object,
  oci,
  past,
  pod,
  release,
  replicaSet,
  running,
  waiting,
} from './objects.ts'
import { controlled, fleet, fluxNs, isWell, runs, within } from './whole.ts'

type Well = readonly [says: string, objects: readonly [KubeObject, ...KubeObject[]]]
const now = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
const born = (o: KubeObject, ago: number): KubeObject => ({ ...o, metadata: { ...o.metadata, creationTimestamp: now(ago) } })
const since = (ago: number, ...list: readonly Condition[]) =>
  conditions(...list).map(c => ({ ...(c as object), lastTransitionTime: now(ago) })) as never[]
const normal = (o: KubeObject, reason: string, message: string, ago = 20): KubeObject =>
  event(o, reason, message, { type: 'Normal', count: 1, at: now(ago) })

const progressing = (owns: readonly KubeObject[], ago = 30): KubeObject =>
  within(
    fluxNs,
    ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' }, wait: true, timeout: '5m' }, undefined, {
      conditions: since(
        ago,
        ['Reconciling', 'True', 'Progressing', 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m30s'],
        ['Ready', 'Unknown', 'Progressing', 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m30s'],
      ),
      ...inventory(...owns),
      lastAppliedRevision: 'main@sha1:11aa22bb',
    }),
  )
const rolling = (name: string, container: object, ago = 25, phase = 'Pending'): KubeObject[] => {
  const dep = born(
    deployment(name, {
      status: {
        conditions: since(
          ago,
          ['Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}-6d4f" is progressing.`],
          ['Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'],
        ),
      },
    }),
    ago,
  )
  const set = born(replicaSet(dep), ago)
  const one = pod(set, { phase, container: container as never })
  const fresh = born(
    {
      ...one,
      status: {
        ...one.status,
        startTime: now(ago),
        conditions: since(
          ago,
          ['PodScheduled', 'True', '', ''],
          ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'],
        ),
      } as never,
    },
    ago,
  )
  return [dep, set, fresh]
}
const applied = (owns: readonly KubeObject[], name = 'shop'): KubeObject => isWell(name, owns)
const list = (...all: readonly KubeObject[]) => all as readonly [KubeObject, ...KubeObject[]]

/** Clusters in which nothing is wrong, or only not yet done. */
export function checkedHealthy(): Well[] {
  return [...quiet(), ...slow()]
}
function quiet(): Well[] {
  const web = runs('web')
  const hpa = object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [] },
    status: {
      currentReplicas: 1,
      desiredReplicas: 1,
      conditions: conditions(
        ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
        ['ScalingActive', 'True', 'ValidMetricFound', 'the HPA was able to successfully calculate a replica count'],
        ['ScalingLimited', 'True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'],
      ),
    },
  })
  const sts = controlled('StatefulSet', 'db', { status: { readyReplicas: 1, availableReplicas: 1 } })
  const stsPod = {
    ...pod(sts, {
      phase: 'Running',
      ready: true,
      container: { ...running(), ready: true, restartCount: 2, lastState: ended(137, 'Error') },
    }),
  }
  const job = jobOf('migrate', {
    succeeded: 1,
    failed: 2,
    completionTime: past,
    conditions: conditions(
      ['SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
      ['Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods'],
    ),
  })
  const jobPods = [pod(job, { phase: 'Failed', container: { state: ended(1) } })]
  const lb = object('v1', 'Service', 'web', {
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.20' }] } },
  })
  const bound = claim('data', { storageClassName: 'gp3', volumeName: 'pvc-1' }, 'Bound')
  const mounted = pod(runs('files')[1] as KubeObject, {
    phase: 'Running',
    ready: true,
    container: { ...running(), ready: true },
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
  })
  const hr = release('web', {}, undefined, {
    conditions: conditions(
      ['Ready', 'True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v8 with chart web@1.2.3'],
      ['Released', 'True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v8 with chart web@1.2.3'],
    ),
    helmChart: 'apps/apps-web',
  })
  const unused = claim('later', { storageClassName: 'local' }, 'Pending')
  return [
    [
      'a Kustomization whose pod was slow to be ready once',
      list(
        applied(web.slice(0, 1)),
        fleet(),
        ...web,
        event(
          web[2] as KubeObject,
          'Unhealthy',
          'Readiness probe failed: Get "http://10.42.0.9:8080/ready": dial tcp 10.42.0.9:8080: connect: connection refused',
          { count: 3 },
        ),
      ),
    ],
    ['an autoscaler at its lower bound', list(hpa, ...web)],
    [
      'a StatefulSet that was restarted with its node',
      list(applied([sts]), fleet(), sts, { ...stsPod, metadata: { ...stsPod.metadata, name: 'db-0' } }),
    ],
    ['a Job that needed three tries', list(job, ...jobPods)],
    ['a Service with an address', list(lb, ...web)],
    [
      'a pod whose claim is bound, with old events of provisioning',
      list(
        mounted,
        bound,
        event(
          bound,
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = DeadlineExceeded desc = context deadline exceeded',
          { count: 1 },
        ),
        event(bound, 'ProvisioningSucceeded', 'Successfully provisioned volume pvc-1', { type: 'Normal', count: 1 }),
      ),
    ],
    [
      'a release that was upgraded, with warnings of older pods',
      list(
        hr,
        goodChart('apps-web'),
        goodCharts(),
        ...web,
        event(web[2] as KubeObject, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.', { count: 1 }),
      ),
    ],
    [
      'a claim that waits for its first pod',
      list(
        unused,
        event(unused, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal', count: 40 }),
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'StorageClass',
          metadata: { name: 'local', uid: 'sc-local' },
          provisioner: 'rancher.io/local-path',
          volumeBindingMode: 'WaitForFirstConsumer',
        } as never,
      ),
    ],
    [
      'a Deployment that is scaled to none',
      list(
        deployment('preview', {
          spec: { replicas: 0 },
          available: true,
          progressing: availableNow,
          status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
        }),
        object('v1', 'Service', 'preview', { spec: { selector: { app: 'preview' }, ports: [{ port: 80 }] } }),
      ),
    ],
    [
      'a CronJob whose last run was well',
      list(
        object('batch/v1', 'CronJob', 'report', {
          spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: { spec: { containers: [{ name: 'app', image: 'x' }] } } } } },
          status: { lastScheduleTime: past, lastSuccessfulTime: past },
        }),
      ),
    ],
  ]
}
function slow(): Well[] {
  const pulls = rolling('web', waiting('ContainerCreating'))
  const starts = rolling('web', { ...running(now(15)), started: false }, 25, 'Running')
  const job = born(jobOf('import', { active: 1, ready: 1, startTime: now(90) }), 90)
  const jobPod = born(pod(job, { phase: 'Running', ready: true, container: { ...running(now(80)), ready: true } }), 90)
  const ds = controlled('DaemonSet', 'agent', {
    status: {
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 2,
      numberAvailable: 2,
      numberUnavailable: 1,
      updatedNumberScheduled: 2,
    },
  })
  const pvc = born(claim('data', { storageClassName: 'gp3' }), 8)
  const gone = (() => {
    const all = runs('web')
    const old = pod(all[1] as KubeObject, { phase: 'Running', ready: true, container: { ...running(), ready: true } })
    return [...all, { ...old, metadata: { ...old.metadata, name: 'web-old', deletionTimestamp: now(3), deletionGracePeriodSeconds: 30 } }]
  })()
  const hr = born(
    release('web', {}, undefined, {
      conditions: since(
        20,
        ['Reconciling', 'True', 'Progressing', "Running 'install' action with timeout of 5m0s"],
        ['Ready', 'Unknown', 'Progressing', "Running 'install' action with timeout of 5m0s"],
      ),
      helmChart: 'apps/apps-web',
    }),
    25,
  )
  const fresh = born(
    within(
      fluxNs,
      oci('bundle', {}, undefined, {
        conditions: since(
          3,
          ['Reconciling', 'True', 'Progressing', "new revision '1.1.0@sha256:11' for 'oci://ghcr.io/acme/bundle'"],
          ['Ready', 'Unknown', 'Progressing', "new revision '1.1.0@sha256:11' for 'oci://ghcr.io/acme/bundle'"],
        ),
      }),
    ),
    4,
  )
  const space = { ...namespace('old', { status: { phase: 'Terminating' } }) }
  const dependsOn = within(
    fluxNs,
    ks('apps', { sourceRef: { kind: 'GitRepository', name: 'fleet' }, dependsOn: [{ name: 'shop' }] }, undefined, {
      conditions: since(
        20,
        ['Reconciling', 'True', 'ProgressingWithRetry', "dependency 'flux-system/shop' is not ready"],
        ['Ready', 'False', 'DependencyNotReady', "dependency 'flux-system/shop' is not ready"],
      ),
    }),
  )
  return [
    [
      'a rollout whose image is pulled',
      list(
        progressing(pulls.slice(0, 1)),
        fleet(),
        ...pulls,
        normal(pulls[2] as KubeObject, 'Pulling', 'Pulling image "registry.example.com/org/app:1.0.0"'),
      ),
    ],
    [
      'a pod that is warming up behind its startup probe',
      list(
        progressing(starts.slice(0, 1)),
        fleet(),
        ...starts,
        event(
          starts[2] as KubeObject,
          'Unhealthy',
          'Startup probe failed: Get "http://10.42.0.9:8080/": dial tcp 10.42.0.9:8080: connect: connection refused',
          { count: 2, at: now(4) },
        ),
      ),
    ],
    ['a Job that works', list(job, jobPod)],
    [
      'a claim that is being provisioned',
      list(
        pvc,
        normal(
          pvc,
          'ExternalProvisioning',
          "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
          3,
        ),
      ),
    ],
    ['an old pod that takes its leave', list(applied(gone.slice(0, 1)), fleet(), ...gone)],
    ['a release that is being installed', list(hr, goodChart('apps-web'), goodCharts(), ...pulls.map(o => ({ ...o })))],
    ['an artifact that is new', list(fresh)],
    ['a namespace that was deleted just now', list({ ...space, metadata: { ...space.metadata, deletionTimestamp: now(4) } })],
    ['one that waits for another which rolls out', list(dependsOn, progressing(pulls.slice(0, 1)), fleet(), ...pulls)],
    ...((): Well[] => {
      const one = born(pod(ds, { phase: 'Pending', container: waiting('ContainerCreating') }), 6)
      return [
        [
          'a DaemonSet that is rolled from node to node',
          list(applied([ds]), fleet(), ds, { ...one, status: { ...one.status, startTime: now(6) } as never }),
        ],
      ]
    })(),
  ]
}
