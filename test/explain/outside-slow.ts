import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  claim,
  conditions,
  deployment,
  event,
  global,
  goodChart,
  goodCharts,
  inventory,
  ks,
  namespace,
  object,
  ownedBy,
  past,
  pod,
  readyTrue,
  release,
  replicaSet,
  running,
} from './objects.ts'
import { around, custom, noEnds, service } from './practice.ts'
import { ago, creating, fresh, rolling, type Well, withStatus, young } from './practice-healthy.ts'
import { controlled, firstOf, fleet, fluxNs, runs, within } from './whole.ts'

const all = (...objects: readonly (KubeObject | readonly KubeObject[])[]): [KubeObject, ...KubeObject[]] =>
  [...objects.flat(), fleet(), ...around()] as [KubeObject, ...KubeObject[]]
const lately = (about: KubeObject, [reason, message, type = 'Warning']: readonly [string, string, string?], seconds = 10): KubeObject =>
  ({ ...event(about, reason, message, { type, count: 1, at: ago(seconds) }), firstTimestamp: ago(seconds + 2) }) as KubeObject
const before = (about: KubeObject, reason: string, message: string): KubeObject =>
  event(about, reason, message, { count: 2, at: ago(18_000) })
const leaving = (made: KubeObject, seconds: number, finalizers?: string[]): KubeObject =>
  ({
    ...made,
    metadata: { ...made.metadata, deletionTimestamp: ago(seconds), deletionGracePeriodSeconds: 30, ...(finalizers ? { finalizers } : {}) },
  }) as KubeObject
const placed = (seconds: number) =>
  fresh(seconds, ['PodScheduled', 'True', '', ''], ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'])

/** Clusters that are on their way, or were, and have nothing that anybody should mend. */
export const outsideSlow = (): Well[] => {
  const web = runs('web')
  const agent = withStatus(controlled('DaemonSet', 'agent'), {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    numberReady: 2,
    numberAvailable: 2,
    numberUnavailable: 1,
    updatedNumberScheduled: 2,
  })
  const fresher = young(firstOf(agent, { container: creating, status: { startTime: ago(12), conditions: placed(12) } }), 12)
  const rollout = rolling('web', [25, 'Pending'], creating)
  const old = rollout[3] as KubeObject
  const pulling = rolling('model', [170, 'Pending'], creating)
  const sts = young(controlled('StatefulSet', 'db'), 20)
  const disk = young(claim('data-db-0', { storageClassName: 'disks' }), 15)
  const unbound = '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'
  const first = firstOf(sts, {
    scheduled: ['PodScheduled', 'False', 'Unschedulable', unbound],
    spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
  })
  const waiting = young(withStatus(first, { conditions: fresh(15, ['PodScheduled', 'False', 'Unschedulable', unbound]) }), 15)
  const disks = global('storage.k8s.io/v1', 'StorageClass', 'disks', { provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'Immediate' })
  const cluster = object('postgresql.cnpg.io/v1', 'Cluster', 'pg', {
    spec: { instances: 1 },
    status: {
      phase: 'Cluster in healthy state',
      instances: 1,
      readyInstances: 1,
      conditions: conditions(
        ['Ready', 'True', 'ClusterIsReady', 'Cluster is Ready'],
        ['ContinuousArchiving', 'True', 'ContinuousArchivingSuccess', 'Continuous archiving is working'],
      ),
    },
  })
  const synced = custom('external-secrets.io/v1', 'ExternalSecret', [
    'env',
    { secretStoreRef: { name: 'vault' }, target: { name: 'env' } },
    ['Ready', 'True', 'SecretSynced', 'secret synced'],
  ])
  const done = object('batch/v1', 'Job', 'migrate-41')
  const scaling = rolling('api', [9, 'Pending'], {}).slice(0, 4)
  const needed = young(
    pod(scaling[2] as KubeObject, {
      scheduled: ['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.'],
    }),
    9,
  )
  const unplaced = withStatus(needed, {
    conditions: fresh(9, ['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.']),
  })
  const bound = claim('uploads', { volumeName: 'pvc-1' }, 'Bound')
  const moved = rolling('files', [20, 'Pending'], creating)
  const [files, before6, set6, , new6] = moved as [KubeObject, KubeObject, KubeObject, KubeObject, KubeObject]
  const moving = [
    {
      ...withStatus(files, { replicas: 1, updatedReplicas: 1, readyReplicas: 0, availableReplicas: 0, unavailableReplicas: 1 }),
      spec: { ...(files.spec as JsonObject), strategy: { type: 'Recreate' } },
    } as KubeObject,
    { ...withStatus(before6, { replicas: 0 }), spec: { ...(before6.spec as JsonObject), replicas: 0 } } as KubeObject,
    set6,
    {
      ...new6,
      spec: { ...(new6.spec as JsonObject), volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'uploads' } }] },
    } as KubeObject,
  ]
  const young2 = young(
    object('networking.k8s.io/v1', 'Ingress', 'shop', {
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'shop.example.com',
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
          },
        ],
      },
      status: { loadBalancer: {} },
    }),
    10,
  )
  const node = around()[0] as KubeObject
  const hpa = object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    status: {
      currentReplicas: 1,
      desiredReplicas: 1,
      conditions: conditions(
        ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
        [
          'ScalingActive',
          'True',
          'ValidMetricFound',
          'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
        ],
        ['ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range'],
      ),
    },
  })
  const installed = release(
    'web',
    { driftDetection: { mode: 'enabled' } },
    ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v4 with chart web@1.2.3'],
    { helmChart: 'apps/apps-web' },
  )
  const noRoom = 'pods "web-1a2b-" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10'
  const failed = replicaSet(web[0] as KubeObject, { hash: '1a2b', replicas: 0, more: [['ReplicaFailure', 'True', 'FailedCreate', noRoom]] })
  return [
    ['a DaemonSet that replaces one pod after another', all(agent, fresher)],
    [
      'a rollout whose old pod is ending',
      all(
        rollout.map(o => (o === old ? leaving(o, 6) : o)),
        lately(old, ['Killing', 'Stopping container app', 'Normal'], 6),
        lately(
          old,
          ['Unhealthy', 'Readiness probe failed: Get "http://10.42.1.4:8080/ready": dial tcp 10.42.1.4:8080: connect: connection refused'],
          3,
        ),
      ),
    ],
    [
      'an image of many gigabytes that is being pulled',
      all(pulling, lately(pulling.at(-1) as KubeObject, ['Pulling', 'Pulling image "registry.example.com/org/model:70b"', 'Normal'], 165)),
    ],
    [
      'a StatefulSet whose disk is being made',
      all(
        sts,
        waiting,
        disk,
        disks,
        lately(
          disk,
          [
            'ExternalProvisioning',
            "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
            'Normal',
          ],
          12,
        ),
      ),
    ],
    [
      'a database that failed over this morning',
      all(cluster, before(cluster, 'FailoverStarted', 'Current primary pg-1 is not healthy, starting failover')),
    ],
    [
      'an ExternalSecret that failed this morning',
      all(synced, before(synced, 'UpdateFailed', 'error processing spec.data[0] (key: prod/web), err: ThrottlingException: Rate exceeded')),
    ],
    [
      'a Kustomization whose Job is done and was cleared away',
      all(
        within(
          fluxNs,
          ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' } }, readyTrue, inventory(done, web[0] as KubeObject)),
        ),
        web,
      ),
    ],
    [
      'a Deployment for which a node is being made',
      all(
        scaling.slice(0, 4),
        unplaced,
        lately(unplaced, ['FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.'], 9),
        lately(unplaced, ['TriggeredScaleUp', 'pod triggered scale-up: [{asg-workers 3->4 (max: 10)}]', 'Normal'], 4),
      ),
    ],
    [
      'a volume that moves with its pod',
      all(
        moving,
        bound,
        lately(
          moved.at(-1) as KubeObject,
          [
            'FailedAttachVolume',
            'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another',
          ],
          14,
        ),
      ),
    ],
    [
      'an Ingress of ten seconds',
      all(
        young2,
        service('web', { selector: { app: 'web' } }),
        web,
        global('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }),
      ),
    ],
    [
      'a balancer of fifteen seconds',
      all(
        young({ ...service('web', { type: 'LoadBalancer', selector: { app: 'web' } }), status: { loadBalancer: {} } } as KubeObject, 15),
        web,
      ),
    ],
    [
      'a node that had no room on its disk this morning',
      [
        node,
        before(node, 'NodeHasDiskPressure', 'Node worker-1 status is now: NodeHasDiskPressure'),
        before(
          node,
          'FreeDiskSpaceFailed',
          'Failed to garbage collect required amount of images. Attempted to free 1GiB, but only found 0 bytes eligible to free.',
        ),
        fleet(),
        ...web,
      ],
    ],
    [
      'a namespace that ends since ten seconds',
      all(
        namespace('review-77', {
          metadata: { deletionTimestamp: ago(10) },
          spec: { finalizers: ['kubernetes'] },
          status: {
            phase: 'Terminating',
            conditions: fresh(
              8,
              ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', 'Some resources are remaining: pods. has 2 resource instances'],
              ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
              [
                'NamespaceDeletionContentFailure',
                'False',
                'ContentDeleted',
                'All content successfully deleted, may be waiting on finalization',
              ],
            ),
          },
        } as unknown as JsonObject),
      ),
    ],
    [
      'an autoscaler that had no numbers after a rollout',
      all(
        hpa,
        web,
        before(
          hpa,
          'FailedGetResourceMetric',
          'failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
        ),
      ),
    ],
    [
      'a release that mended drift',
      all(
        installed,
        goodChart(),
        goodCharts(),
        web,
        before(
          installed,
          'DriftDetected',
          'Cluster state of release apps/web.v4 has drifted from the desired state:\nDeployment/apps/web changed (0 additions, 1 changes, 0 removals)',
        ),
      ),
    ],
    [
      'a Kustomization that waits for one that began ten seconds ago',
      all(
        within(
          fluxNs,
          ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' }, dependsOn: [{ name: 'infra' }] }, undefined, {
            conditions: fresh(
              10,
              ['Reconciling', 'True', 'ProgressingWithRetry', "dependency 'flux-system/infra' is not ready"],
              ['Ready', 'False', 'DependencyNotReady', "dependency 'flux-system/infra' is not ready"],
            ),
          }),
        ),
        within(
          fluxNs,
          ks('infra', { sourceRef: { kind: 'GitRepository', name: 'fleet' } }, undefined, {
            conditions: fresh(
              10,
              ['Reconciling', 'True', 'Progressing', 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 4m30s'],
              ['Ready', 'Unknown', 'Progressing', 'Reconciliation in progress'],
            ),
          }),
        ),
      ),
    ],
    [
      'a Service without a selector, whose addresses somebody else keeps',
      all(
        object('v1', 'Service', 'legacy-db', { spec: { clusterIP: '10.96.0.44', ports: [{ port: 5432 }] } }),
        object('discovery.k8s.io/v1', 'EndpointSlice', 'legacy-db-1', {
          metadata: { labels: { 'kubernetes.io/service-name': 'legacy-db' } },
          addressType: 'IPv4',
          endpoints: [{ addresses: ['192.168.7.7'], conditions: { ready: true } }],
          ports: [{ port: 5432 }],
        }),
      ),
    ],
    [
      'a headless Service for members that are not ready yet',
      all(
        young(service('db', { clusterIP: 'None', publishNotReadyAddresses: true, selector: { app: 'db' } }), 20),
        sts,
        waiting,
        disk,
        disks,
        noEnds('db'),
      ),
    ],
    [
      'a Deployment of a previous try, with its ReplicaSet of none',
      all(web, { ...failed, spec: { ...(failed.spec as JsonObject), replicas: 0 } } as KubeObject),
    ],
    [
      'a pod that ends, its process killed after its time',
      all(
        deployment('gone', { available: true, spec: { replicas: 0 }, status: { replicas: 0, unavailableReplicas: 0 } }),
        leaving(
          {
            ...pod('gone-1', {
              phase: 'Running',
              container: {
                ...running(past),
                state: { terminated: { exitCode: 137, reason: 'Error', startedAt: past, finishedAt: ago(2) } },
              },
            }),
            metadata: { ...pod('gone-1').metadata, ...ownedBy(deployment('gone')) },
          } as KubeObject,
          32,
        ),
      ),
    ],
  ]
}
