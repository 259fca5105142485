import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  availableNow,
  claim,
  type Condition,
  conditions,
  deployment,
  event,
  global,
  ks,
  namespace,
  ns,
  object,
  ownedBy,
  pod,
  release,
  replicaSet,
  running,
  waiting,
} from './objects.ts'
import { controlled, firstOf, fleet, fluxNs, goodCharted, isWell, runs, within } from './whole.ts'

/** More clusters in which nothing is broken: beside what would be a cause if it were not in order; the first object is asked about. */
const lately = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
const young = (seconds: number, made: KubeObject): KubeObject => ({
  ...made,
  metadata: { ...made.metadata, creationTimestamp: lately(seconds) },
})
const quota = (hard: JsonObject, used: JsonObject): KubeObject =>
  object('v1', 'ResourceQuota', 'team', { spec: { hard }, status: { hard, used } })
const restricted = (): KubeObject =>
  namespace(ns, { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } as never })
const starting = (volume: JsonObject, near: readonly KubeObject[]): [KubeObject, ...KubeObject[]] => {
  const sts = young(40, controlled('StatefulSet', 'web'))
  const one = young(35, firstOf(sts, { container: waiting('ContainerCreating'), spec: { volumes: [{ name: 'v', ...volume }] } }))
  return [sts, one, ...near, event(one, 'Pulling', 'Pulling image "x:1"', { type: 'Normal', at: lately(30) })]
}
const attachment = (node: string): KubeObject =>
  global('storage.k8s.io/v1', 'VolumeAttachment', `csi-${node}`, {
    spec: { attacher: 'efs.csi.aws.com', nodeName: node, source: { persistentVolumeName: 'pv-9' } },
    status: { attached: true },
  })
const ready = (...more: readonly Condition[]): JsonObject => ({
  conditions: conditions(['Ready', 'True', 'Ready', 'Certificate is up to date and has not expired'], ...more),
})
const scheduled = (): KubeObject =>
  controlled('DaemonSet', 'agent', {
    status: { desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2, numberAvailable: 2, numberUnavailable: 0 },
  })

export const moreHealthy = (): [says: string, objects: [KubeObject, ...KubeObject[]]][] => [
  [
    'a StatefulSet that waits for its first pod, under a quota that is just used up',
    (() => {
      const sts = young(50, controlled('StatefulSet', 'db', { spec: { replicas: 3 }, status: { replicas: 1, readyReplicas: 0 } }))
      const one = young(45, firstOf(sts, { phase: 'Running', container: running(lately(20)) }))
      return [sts, one, quota({ pods: '1' }, { pods: '1' })]
    })(),
  ],
  [
    'a quota that is used up by what runs',
    [isWell('apps', runs('web').slice(0, 1)), fleet(), ...runs('web'), quota({ pods: '1' }, { pods: '1' })],
  ],
  ['an agent that was there before its namespace became restricted', [scheduled(), restricted()]],
  [
    'a ConfigMap whose key is there',
    starting({ configMap: { name: 'nginx', items: [{ key: 'nginx.conf', path: 'a' }] } }, [
      object('v1', 'ConfigMap', 'nginx', { data: { 'nginx.conf': '' } }),
    ]),
  ],
  ['an optional Secret that is not there', starting({ secret: { secretName: 'maybe', optional: true } }, [])],
  [
    'a volume that several nodes share',
    starting({ persistentVolumeClaim: { claimName: 'shared' } }, [
      claim('shared', { volumeName: 'pv-9', accessModes: ['ReadWriteMany'] }, 'Bound'),
      attachment('node-2'),
      attachment('node-3'),
    ]),
  ],
  [
    'a paused Deployment that runs',
    [
      isWell('apps', [deployment('web')]),
      fleet(),
      deployment('web', { available: true, progressing: availableNow, spec: { paused: true } }),
    ],
  ],
  [
    'an autoscaler of what is scaled to zero',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'preview', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'preview' }, maxReplicas: 2 },
        status: {
          currentReplicas: 0,
          desiredReplicas: 0,
          conditions: conditions(
            ['AbleToScale', 'True', 'SucceededGetScale', ''],
            ['ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'],
          ),
        },
      }),
      deployment('preview', { spec: { replicas: 0 }, status: { replicas: 0, unavailableReplicas: 0 }, available: true }),
    ],
  ],
  [
    'a certificate that is renewed while it is valid',
    [
      object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: { secretName: 'web-tls', issuerRef: { name: 'le' } },
        status: ready(['Issuing', 'True', 'Renewing', 'Renewing certificate as renewal was scheduled']),
      }),
      object('cert-manager.io/v1', 'Issuer', 'le', { spec: {}, status: { conditions: conditions(['Ready', 'True', '', '']) } }),
    ],
  ],
  [
    'a node under pressure that runs none of its pods',
    [
      isWell('apps', runs('web').slice(0, 1)),
      fleet(),
      ...runs('web'),
      global('v1', 'Node', 'node-7', {
        status: {
          conditions: conditions(
            ['Ready', 'True', '', ''],
            ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'],
          ),
        },
      }),
    ],
  ],
  [
    'a CronJob that has not run yet',
    [object('batch/v1', 'CronJob', 'report', { spec: { schedule: '0 4 1 * *', jobTemplate: { spec: {} } }, status: {} })],
  ],
  [
    'a job that is at work, after one pod that failed',
    (() => {
      const job = young(
        90,
        object('batch/v1', 'Job', 'seed', {
          spec: { backoffLimit: 6, template: { spec: { containers: [] } } },
          status: { active: 1, failed: 1 },
        }),
      )
      const first = pod('seed-1', {
        phase: 'Failed',
        container: { state: { terminated: { exitCode: 1, reason: 'Error', startedAt: lately(80), finishedAt: lately(70) } } },
      })
      const second = pod('seed-2', { phase: 'Running', container: running(lately(40)), ready: true })
      const mine = (made: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, ...ownedBy(job) } })
      return [job, mine(first), mine(second)]
    })(),
  ],
  [
    'a release that went well, beside one of its pods that is replaced',
    [
      release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v6 with chart web@1.2.4']),
      ...goodCharted(),
      ...runs('web'),
      { ...pod(replicaSet(deployment('web'), { hash: 'old' }), { phase: 'Succeeded' }) },
    ],
  ],
  [
    'a Kustomization of another shard that is well',
    [
      within(fluxNs, {
        ...ks('apps', {}, ['True', 'ReconciliationSucceeded', 'Applied revision: main@sha1:9f2b7c0d']),
        metadata: { ...ks('apps', {}).metadata, labels: { 'sharding.fluxcd.io/key': 'two' } },
      }),
      fleet(),
    ],
  ],
  [
    'a claim that is made larger',
    [
      claim('data', { volumeName: 'pv-1' }, 'Bound'),
      event(claim('data'), 'Resizing', 'External resizer is resizing volume pv-1', { type: 'Normal' }),
    ],
  ],
]
