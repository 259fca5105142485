import {
  conditions,
  deployment,
  availableNow,
  event,
  claim,
  goodChart,
  goodCharts,
  object,
  ownedBy,
  pod,
  release,
  replicaSet,
  running,
} from './objects.ts'
import { ago, atItsTop, creating, normal, onItsWay, rolling, type Well, withStatus } from './practice-healthy.ts'
import { around, custom } from './practice.ts'
import { fleet, isWell, printing, runs } from './whole.ts'

/** Clusters that are well or slow, with old words of trouble about them. */
export const fieldRoundHealthy = (): Well[] => {
  const pulling = rolling('vision', [50, 'Pending'], { state: { waiting: { reason: 'ContainerCreating' } } })
  const big = pulling.at(-1) ?? fleet()
  const booting = rolling('api', [95, 'Running'], { state: { running: { startedAt: ago(90) } }, started: false, ready: false })
  const trying = booting.at(-1) ?? fleet()
  const patient = {
    name: 'app',
    image: 'registry.example.com/org/app:1.0.0',
    startupProbe: { httpGet: { path: '/', port: 8080 }, failureThreshold: 30 },
  }
  const db = rolling('db', [40, 'Pending'], creating)
  const web = runs('web')
  const [dep, set] = web
  const left = pod(set ?? 'left', {
    phase: 'Failed',
    status: {
      reason: 'Evicted',
      message: 'The node was low on resource: ephemeral-storage. Threshold quantity: 2139512454, available: 1899Mi. ',
      containerStatuses: [],
    },
  })
  const evicted = { ...left, metadata: { ...left.metadata, name: 'web-6d4f-old01' } }
  const unused = claim('scratch', { storageClassName: 'gp3' })
  const cert = custom('cert-manager.io/v1', 'Certificate', [
    'shop-tls',
    { secretName: 'shop-tls', dnsNames: ['shop.example.com'] },
    ['Ready', 'True', 'Ready', 'Certificate is up to date and has not expired'],
  ])
  const scaled = deployment('cart', {
    available: true,
    progressing: availableNow,
    spec: { replicas: 3 },
    status: { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 },
  })
  const scaledSet = replicaSet(scaled, { replicas: 3 })
  const chart = release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v7 with chart web@1.2.3'])
  const failed = object('batch/v1', 'Job', 'backup-29310000', {
    spec: { backoffLimit: 6, template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/org/job:1' }] } } },
    status: {
      succeeded: 1,
      failed: 2,
      startTime: ago(3600),
      completionTime: ago(3300),
      conditions: conditions(['Complete', 'True', 'CompletionsReached', '']),
    },
  })
  const tried = pod('backup-29310000-q1w2e', {
    phase: 'Failed',
    container: { state: { terminated: { exitCode: 1, reason: 'Error', startedAt: ago(3600), finishedAt: ago(3590) } } },
  })
  return [
    [
      'field: a large image is being pulled',
      [
        onItsWay('vision', pulling.slice(0, 1), 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m59s'),
        fleet(),
        ...pulling,
        ...around(),
        normal(big, 'Scheduled', `Successfully assigned apps/${big.metadata.name} to worker-1`, 50),
        normal(big, 'Pulling', 'Pulling image "ghcr.io/acme/vision-cuda:12.4"', 45),
      ],
    ],
    [
      'field: a program that tries its database while that still starts',
      [
        onItsWay(
          'shop',
          [...booting.slice(0, 1), ...db.slice(0, 1)],
          'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m59s',
        ),
        fleet(),
        ...booting.map(o =>
          o === trying
            ? printing(
                { ...o, spec: { ...o.spec, containers: [patient] } },
                'WARN connect to db.apps.svc:5432: connection refused, trying again in 5s\n',
              )
            : o,
        ),
        normal(trying, 'Started', 'Started container app', 90),
        event(trying, 'Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 503', { count: 8, at: ago(10) }),
        ...db,
        object('v1', 'Service', 'db', { spec: { clusterIP: '10.96.8.9', selector: { app: 'db' }, ports: [{ port: 5432 }] } }),
        ...around(),
      ],
    ],
    ['field: an evicted pod was left behind', [isWell('web', dep ? [dep] : []), fleet(), ...web, evicted, ...around()]],
    [
      'field: a claim waits for its first consumer',
      [
        isWell('scratch', [unused]),
        fleet(),
        unused,
        normal(unused, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', 30),
        ...around(),
      ],
    ],
    [
      'field: a certificate that once was refused',
      [
        isWell('certs', [cert]),
        fleet(),
        cert,
        event(
          cert,
          'Failed',
          'The certificate request has failed to complete and will be retried: Failed to wait for order resource "shop-tls-1-2091" to become ready: order is in "errored" state: ',
          { count: 1 },
        ),
        ...around(),
      ],
    ],
    [
      'field: an autoscaler at its top',
      [
        scaled,
        scaledSet,
        ...['a', 'b', 'c'].map(end => {
          const one = pod(scaledSet, { phase: 'Running', ready: true, container: { ...running(), restartCount: 1 } })
          return { ...one, metadata: { ...one.metadata, name: `cart-6d4f-${end}` } }
        }),
        atItsTop('cart'),
        ...around(),
      ],
    ],
    [
      'field: a release that failed an hour ago and was mended',
      [
        chart,
        goodChart(),
        goodCharts(),
        event(chart, 'UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.2: context deadline exceeded', {
          count: 1,
          at: ago(3600),
        }),
        normal(chart, 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v7 with chart web@1.2.3', 600),
        ...web,
        withStatus(failed, {}),
        { ...tried, metadata: { ...tried.metadata, ...ownedBy(failed) } },
        ...around(),
      ],
    ],
  ]
}
