import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  claim,
  conditions,
  deployment,
  event,
  global,
  ks,
  object,
  oci,
  pod,
  release,
  replicaSet,
  running,
  stored,
  waiting,
} from './objects.ts'
import {
  controlled,
  firstOf,
  fleet,
  fluxNs,
  goodCharted,
  isWell,
  retriedJob,
  runs,
  scaledDown,
  slowStart,
  suspendedElsewhere,
  within,
} from './whole.ts'

/** Whole clusters in which nothing is broken, or that are only slow; the first object is asked about. */
const lately = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
const made = (seconds: number, object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, creationTimestamp: lately(seconds) },
})
const going = (reason: string, message: string): JsonObject => ({
  conditions: conditions(['Reconciling', 'True', reason, message], ['Ready', 'Unknown', reason, message]).map(c => ({
    ...(c as JsonObject),
    lastTransitionTime: lately(20),
  })),
})
const rollingOut = (name: string): KubeObject[] => {
  const dep = deployment(name)
  const set = replicaSet(dep)
  const one = made(25, pod(set, { container: waiting('ContainerCreating') }))
  return [
    made(30, dep),
    made(30, set),
    one,
    event(one, 'Scheduled', 'Successfully assigned apps/web-6d4f-x2x4z to node-1', { type: 'Normal', at: lately(25) }),
    event(one, 'Pulling', 'Pulling image "registry.example.com/org/app:1.0.0"', { type: 'Normal', at: lately(24) }),
  ]
}

const evicted = (name: string): KubeObject => {
  const set = runs('web')[1] as KubeObject
  const gone = pod(set, { phase: 'Failed', status: { reason: 'Evicted', message: 'The node was low on resource: memory. ' } })
  return { ...gone, metadata: { ...gone.metadata, name } }
}
const sleeping = (): KubeObject =>
  object('batch/v1', 'CronJob', 'report', {
    spec: { suspend: true, schedule: '0 * * * *', jobTemplate: { spec: {} } },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  })
const leaving = (): KubeObject => {
  const one = pod(runs('web')[1] as KubeObject, { phase: 'Running', container: running() })
  return { ...one, metadata: { ...one.metadata, name: 'web-6d4f-old03', deletionTimestamp: lately(9), deletionGracePeriodSeconds: 30 } }
}

/** What runs, by a container that declares one port. */
const declaring = (containerPort: number): KubeObject[] =>
  runs('gateway').map(o =>
    o.kind === 'Pod' ? { ...o, spec: { ...o.spec, containers: [{ name: 'app', image: 'x', ports: [{ containerPort }] }] } } : o,
  )

/** [what, objects]: made anew for each run, as some are young. */
export const wholeHealthy = (): [says: string, objects: [KubeObject, ...KubeObject[]]][] => [
  [
    'whole: a rollout that began half a minute ago',
    [
      within(
        fluxNs,
        ks(
          'apps',
          { wait: true },
          undefined,
          going('Progressing', 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 9m30s'),
        ),
      ),
      fleet(),
      ...rollingOut('web'),
    ],
  ],
  [
    'whole: a release that is being installed',
    [release('web', {}, undefined, going('Progressing', "Running 'install' action with timeout of 5m0s")), ...rollingOut('web'), fleet()],
  ],
  [
    'whole: all is well, beside a preview that is scaled down',
    [isWell('apps', scaledDown()), fleet(), ...scaledDown(), ...suspendedElsewhere()],
  ],
  ['whole: a probe that failed while the program started', [isWell('apps', slowStart().slice(0, 1)), fleet(), ...slowStart()]],
  ['whole: a job whose second pod did it', [retriedJob()[0] as KubeObject, ...retriedJob().slice(1)]],
  [
    'whole: warnings of an hour ago, and ready since',
    [
      isWell('apps', runs('web').slice(0, 1)),
      fleet(),
      ...runs('web'),
      event(isWell('apps'), 'ReconciliationFailed', 'Deployment/apps/web dry-run failed: etcdserver: leader changed'),
    ],
  ],
  [
    'whole: a source that was limited once',
    [
      within(fluxNs, oci('shop', {}, stored)),
      event(
        within(fluxNs, oci('shop', {}, stored)),
        'OCIPullFailed',
        'failed to determine artifact digest: GET https://ghcr.io/v2/acme/shop/manifests/1.0.0: TOOMANYREQUESTS: rate limit exceeded',
      ),
    ],
  ],
  [
    'whole: a claim that waits for its pod, which pulls a large image',
    (() => {
      const sts = made(40, controlled('StatefulSet', 'db', { status: { observedGeneration: 1 } }))
      const data = made(40, claim('data-db-0', { storageClassName: 'local', volumeName: 'pv-7' }, 'Bound'))
      const one = made(
        38,
        firstOf(sts, {
          container: waiting('ContainerCreating'),
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
        }),
      )
      return [
        sts,
        data,
        one,
        event(data, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal', at: lately(39) }),
      ]
    })(),
  ],
  [
    'whole: an autoscaler at its most, on a cordoned node',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'gateway', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gateway' }, maxReplicas: 3 },
        status: {
          currentReplicas: 3,
          desiredReplicas: 3,
          conditions: conditions(
            ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
            ['ScalingActive', 'True', 'ValidMetricFound', 'the HPA was able to successfully calculate a replica count'],
            ['ScalingLimited', 'True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'],
          ),
        },
      }),
      ...runs('gateway'),
      global('v1', 'Node', 'node-1', {
        spec: { unschedulable: true },
        status: { conditions: conditions(['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']) },
      }),
    ],
  ],
  [
    'whole: an Ingress before a Service whose pods listen where their container says otherwise',
    [
      object('networking.k8s.io/v1', 'Ingress', 'gateway', {
        spec: {
          rules: [
            { http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'gateway', port: { number: 80 } } } }] } },
          ],
        },
        status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } },
      }),
      object('v1', 'Service', 'gateway', { spec: { selector: { app: 'gateway' }, ports: [{ port: 80, targetPort: 8080 }] } }),
      ...declaring(9090),
      object('v1', 'Endpoints', 'gateway', { subsets: [{ addresses: [{ ip: '10.42.0.9' }], ports: [{ port: 8080 }] }] }),
    ],
  ],
  [
    'whole: a Service whose pods listen where no container says so',
    [
      object('v1', 'Service', 'gateway', { spec: { selector: { app: 'gateway' }, ports: [{ port: 80, targetPort: 8080 }] } }),
      ...declaring(9090),
      object('discovery.k8s.io/v1', 'EndpointSlice', 'gateway-abc12', {
        metadata: { labels: { 'kubernetes.io/service-name': 'gateway' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.42.0.9'], conditions: { ready: true } }],
        ports: [{ port: 8080, protocol: 'TCP' }],
      }),
    ],
  ],
  [
    'rare: all is well, beside pods that were evicted last week',
    [isWell('apps', runs('web').slice(0, 1)), fleet(), ...runs('web'), evicted('web-6d4f-old01')],
  ],
  [
    'rare: a Deployment that is well, beside pods that were evicted',
    [runs('web')[0] as KubeObject, ...runs('web').slice(1), evicted('web-6d4f-old02')],
  ],
  [
    'rare: a dependency that is being applied',
    [
      within(
        fluxNs,
        ks(
          'apps',
          { dependsOn: [{ name: 'infra' }] },
          undefined,
          going('DependencyNotReady', "dependency 'flux-system/infra' is not ready"),
        ),
      ),
      within(
        fluxNs,
        ks('infra', {}, undefined, going('Progressing', 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m30s')),
      ),
      fleet(),
    ],
  ],
  [
    'rare: a release that was rolled back, and then went well',
    [
      release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v6 with chart web@1.2.4'], {
        history: [
          { name: 'web', namespace: 'apps', version: 6, status: 'deployed', chartName: 'web', chartVersion: '1.2.4' },
          { name: 'web', namespace: 'apps', version: 4, status: 'failed', chartName: 'web', chartVersion: '1.2.3' },
        ],
      }),
      ...goodCharted(),
    ],
  ],
  ['rare: a suspended CronJob whose last job failed', [isWell('apps', [sleeping()]), fleet(), sleeping()]],
  ['rare: a pod that is being deleted since some seconds', [isWell('apps', runs('web').slice(0, 1)), fleet(), ...runs('web'), leaving()]],
  [
    'whole: a pod that restarted once, long ago',
    [
      pod('worker', {
        phase: 'Running',
        ready: true,
        container: {
          ...running(),
          restartCount: 1,
          lastState: {
            terminated: { exitCode: 1, reason: 'Error', startedAt: '2025-12-01T00:00:00Z', finishedAt: '2025-12-01T00:00:09Z' },
          },
        },
      }),
    ],
  ],
]
