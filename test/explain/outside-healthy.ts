import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  artifact,
  availableNow,
  bucket,
  claim,
  conditions,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  imageRepository,
  ks,
  object,
  ownedBy,
  past,
  pod,
  readyTrue,
  release,
  running,
  stored,
} from './objects.ts'
import { node } from './outside-kit.ts'
import { app, custom, loops, wait, around } from './practice.ts'
import { ago, creating, fresh, onItsWay, rolling, type Well, withStatus, young } from './practice-healthy.ts'
import { controlled, firstOf, fleet, fluxNs, isWell, printing, runs, within } from './whole.ts'

const all = (...objects: readonly (KubeObject | readonly KubeObject[])[]): [KubeObject, ...KubeObject[]] =>
  [
    ...objects.flat(),
    fleet(),
    ...around().filter(o => !objects.flat().some(p => p.kind === o.kind && p.metadata.name === o.metadata.name)),
  ] as [KubeObject, ...KubeObject[]]
const early = (made: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, creationTimestamp: past } })

/** Clusters in which nothing is broken, though much is said. */
export const outsideHealthy = (): Well[] => {
  const web = runs('web')
  const one = web[2] as KubeObject
  const old = (reason: string, message: string) => event(one, reason, message, { at: '2025-12-31T21:00:00Z' })
  const slow = rolling('web', [70, 'Pending'], creating)
  const boot = rolling('web', [55, 'Running'], { state: { running: { startedAt: ago(40) } }, started: false, ready: false })
  const booting = boot.at(-1) as KubeObject
  const patient = (o: KubeObject): KubeObject => {
    const { containers, ...spec } = o.spec as { containers: JsonObject[] } & JsonObject
    const startupProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 10, failureThreshold: 30 }
    return { ...o, spec: { ...spec, containers: containers.map(c => ({ ...c, startupProbe })) } } as KubeObject
  }
  const other = app('legacy', { phase: 'Running', state: loops('legacy', 1), log: 'panic: boom' })
  const restarted = pod(web[1] as KubeObject, {
    phase: 'Running',
    ready: true,
    container: {
      ...running(ago(86_400)),
      ready: true,
      restartCount: 14,
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: past, finishedAt: ago(86_500) } },
    },
  })
  const cert = custom('cert-manager.io/v1', 'Certificate', [
    'tls',
    { secretName: 'tls', issuerRef: { name: 'ca' } },
    ['Ready', 'True', 'Ready', 'Certificate is up to date and has not expired'],
    ['Issuing', 'True', 'Renewing', 'Renewing certificate as renewal was scheduled at 2026-11-30 00:00:00 +0000 UTC'],
  ])
  const cron = object('batch/v1', 'CronJob', 'report', {
    spec: {
      schedule: '0 2 * * *',
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: { template: { spec: { containers: [] } } } },
    },
    status: { lastScheduleTime: ago(7200), lastSuccessfulTime: ago(7100) },
  })
  const failed = object('batch/v1', 'Job', 'report-1', {
    metadata: ownedBy(cron),
    spec: { backoffLimit: 1, template: { spec: { containers: [] } } },
    status: {
      failed: 2,
      startTime: past,
      conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
    },
  })
  const db = withStatus(controlled('StatefulSet', 'db'), { readyReplicas: 1, availableReplicas: 1 })
  const primary = firstOf(db, { phase: 'Running', ready: true, container: running() })
  const young2 = (made: KubeObject) => young(made, 20)
  const job = young2(
    object('batch/v1', 'Job', 'import', {
      spec: {
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/shop/import:1' }] } },
      },
      status: { active: 1, ready: 1, failed: 1, startTime: ago(20) },
    }),
  )
  const worker = pod('import-x1', { phase: 'Running', ready: true, container: running(ago(10)) })
  const tooOld = pod('import-x0', {
    phase: 'Failed',
    container: { state: { terminated: { exitCode: 1, reason: 'Error', startedAt: ago(20), finishedAt: ago(15) } } },
  })
  const of = (made: KubeObject, owner: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, ...ownedBy(owner) } })
  const lazy = claim('spare', { storageClassName: 'gp3' })
  const source = within(
    fluxNs,
    git('fleet', {}, undefined, {
      artifact,
      conditions: fresh(
        10,
        ['Reconciling', 'True', 'Progressing', "building artifact: new upstream revision 'main@sha1:abc'"],
        ['Ready', 'Unknown', 'Progressing', "building artifact: new upstream revision 'main@sha1:abc'"],
      ),
    }),
  )
  return [
    [
      'a pod that could not be scheduled, pulled and mounted yesterday',
      all(
        web,
        old('FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.'),
        old('Failed', 'Failed to pull image "registry.example.com/org/app:1.0.0": 429 Too Many Requests'),
        old('FailedMount', 'MountVolume.SetUp failed for volume "c" : configmap "c" not found'),
      ),
    ],
    [
      'a Kustomization beside one that fails',
      all(
        isWell('shop', web.slice(0, 1)),
        web,
        within(fluxNs, ks('other', {}, ['False', 'BuildFailed', 'kustomize build failed: yaml: line 3: did not find expected key'])),
      ),
    ],
    ['a Deployment beside another that loops', all(web, other)],
    ['a pod that was killed for memory fourteen times, and has run for a day', all(web.slice(0, 2), restarted)],
    ['a rollout whose new pod is being created', all(slow)],
    [
      'a rollout whose new pod boots, its probe refused',
      all(
        boot.map(o => (o === booting ? patient(o) : o)),
        {
          ...event(
            booting,
            'Unhealthy',
            'Startup probe failed: Get "http://10.42.1.9:8080/health": dial tcp 10.42.1.9:8080: connect: connection refused',
            { count: 4, at: ago(5) },
          ),
          firstTimestamp: ago(35),
        } as KubeObject,
      ),
    ],
    [
      'a Kustomization that waits for a rollout',
      all(onItsWay('shop', slow.slice(0, 1), 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 5m0s'), slow),
    ],
    ['a certificate that is being renewed, and that is valid', all(cert)],
    ['a CronJob whose run before the last failed', all(cron, failed)],
    [
      'a StatefulSet that logs errors and serves',
      all(
        db,
        printing(
          primary,
          'ERROR:  relation "users" does not exist at character 15\nFATAL:  password authentication failed for user "scanner"',
        ),
      ),
    ],
    ['a Job at its second attempt', all(job, of(worker, job), of(tooOld, job))],
    [
      'a claim that waits for its first consumer',
      all(lazy, event(lazy, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal' })),
    ],
    [
      'a Kustomization whose source fetches a new revision',
      [within(fluxNs, ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' } }, readyTrue)), source, ...around()],
    ],
    [
      'a HelmRelease that installs since half a minute',
      all(
        young(
          release('web', {}, undefined, {
            helmChart: 'apps/apps-web',
            conditions: fresh(
              30,
              ['Reconciling', 'True', 'Progressing', "Running 'install' action with timeout of 5m0s"],
              ['Ready', 'Unknown', 'Progressing', "Running 'install' action with timeout of 5m0s"],
            ),
          }),
          30,
        ),
        goodChart(),
        goodCharts(),
        slow,
      ),
    ],
    [
      'a release that was retried and is well',
      all(
        release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v4 with chart web@1.2.3'], {
          helmChart: 'apps/apps-web',
          history: [
            { name: 'web', namespace: 'apps', version: 4, status: 'deployed', chartName: 'web', chartVersion: '1.2.3' },
            { name: 'web', namespace: 'apps', version: 3, status: 'failed', chartName: 'web', chartVersion: '1.2.3' },
          ],
        }),
        goodChart(),
        goodCharts(),
        web,
        event(
          release('web', {}),
          'UpgradeFailed',
          'Helm upgrade failed for release apps/web with chart web@1.2.3: context deadline exceeded',
          { at: '2025-12-31T21:00:00Z' },
        ),
      ),
    ],
    [
      'a Deployment scaled to none, with its autoscaler off',
      all(
        deployment('night', {
          available: true,
          progressing: availableNow,
          spec: { replicas: 0 },
          status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
        }),
        object('autoscaling/v2', 'HorizontalPodAutoscaler', 'night', {
          spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'night' } },
          status: {
            currentReplicas: 0,
            desiredReplicas: 0,
            conditions: conditions(
              ['AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
              ['ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'],
            ),
          },
        }),
      ),
    ],
    [
      'a Deployment whose pod serves from a cordoned node',
      all(
        web,
        node('node-1', { spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] } }),
      ),
    ],
    [
      'a pull secret that is not there, of an image that is public',
      all(
        web.slice(0, 2),
        one,
        event(
          one,
          'FailedToRetrieveImagePullSecret',
          'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
          { count: 40, at: ago(30) },
        ),
      ),
    ],
    [
      'a Service whose pods are on their way',
      all(object('v1', 'Service', 'web', { spec: { clusterIP: '10.96.0.7', selector: { app: 'web' }, ports: [{ port: 80 }] } }), slow),
    ],
    [
      'an ImageRepository that was limited an hour ago',
      all(
        within(
          fluxNs,
          imageRepository('web', {}, ['True', 'Succeeded', 'successful scan: found 12 tags'], { lastScanResult: { tagCount: 12 } }),
        ),
        event(within(fluxNs, imageRepository('web', {})), 'ReadOperationFailed', 'scan failed: 429 Too Many Requests', {
          at: ago(3600),
          count: 2,
        }),
      ),
    ],
    [
      'a bucket with an artifact, whose last look timed out once',
      all(
        within(fluxNs, bucket('manifests', {}, stored, { artifact })),
        event(within(fluxNs, bucket('manifests', {})), 'BucketOperationFailed', 'fetching bucket index failed: context deadline exceeded', {
          at: ago(7200),
          count: 1,
        }),
      ),
    ],
    [
      'a pod that ended as it should, of a Job that is done',
      all(
        early(
          withStatus(job, {
            active: 0,
            ready: 0,
            failed: 0,
            succeeded: 1,
            conditions: conditions(['Complete', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods']),
          }),
        ),
        of(
          pod('import-x1', {
            phase: 'Succeeded',
            container: { state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: past, finishedAt: past } } },
          }),
          job,
        ),
        pod('unrelated', { container: wait('ContainerCreating', '') }),
      ),
    ],
  ]
}
