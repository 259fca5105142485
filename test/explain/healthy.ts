import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  availableNow,
  chain,
  claim,
  conditions,
  deployment,
  ended,
  event,
  git,
  goodChart,
  goodCharts,
  goodGit,
  inventory,
  ks,
  object,
  ownedBy,
  pod,
  readyTrue,
  release,
  replicaSet,
  running,
  waiting,
  artifact,
  global,
  helmRepository,
} from './objects.ts'

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()
const young = (o: KubeObject): KubeObject => ({ ...o, metadata: { ...o.metadata, creationTimestamp: ago(10) } })
const going = ['Unknown', 'Progressing', 'Reconciliation in progress'] as const
const reconciling = (message: string) => ({
  conditions: conditions(['Ready', 'Unknown', 'Progressing', message], ['Reconciling', 'True', 'Progressing', message]),
})
const well = (name = 'web') => deployment(name, { available: true, progressing: availableNow })

/** Clusters in which nothing is broken, as they are now: well, or only slow. The first object is the one that is asked about. */
export const healthyCases = (): readonly (readonly [says: string, objects: readonly [KubeObject, ...KubeObject[]]])[] => [
  ['a Kustomization that is ready', [ks('apps', {}, readyTrue, inventory(well())), goodGit(), well()]],
  [
    'a rollout in progress',
    (() => {
      const d = deployment('web')
      const s = replicaSet(d)
      return [d, s, young(pod(s, { container: waiting('ContainerCreating') }))] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a Kustomization that waits for a rollout',
    (() => {
      const d = deployment('web')
      const s = replicaSet(d)
      return [
        ks('apps', { wait: true }, undefined, {
          ...reconciling('Running health checks for revision main@sha1:4a5b with a timeout of 2m0s'),
          ...inventory(d),
        }),
        goodGit(),
        d,
        s,
        young(pod(s, { container: waiting('ContainerCreating') })),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'an image that is being pulled',
    (() => {
      const p = young(pod('web', { container: waiting('ContainerCreating') }))
      return [p, event(p, 'Pulling', 'Pulling image "x"', { type: 'Normal', at: ago(0) })] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a pod that restarted once',
    [pod('web', { phase: 'Running', ready: true, container: { ...running(), ready: true, restartCount: 1, lastState: ended(1) } })],
  ],
  [
    'a pod that was killed for memory once, under a ready Deployment',
    (() => {
      const d = well()
      const s = replicaSet(d)
      return [
        d,
        s,
        pod(s, {
          phase: 'Running',
          ready: true,
          container: { ...running(), ready: true, restartCount: 1, lastState: ended(137, 'OOMKilled') },
        }),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'old warnings of a pod that runs',
    (() => {
      const p = pod('web', { phase: 'Running', ready: true, container: { ...running(), ready: true } })
      return [
        p,
        event(p, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.'),
        event(p, 'Failed', 'Failed to pull image "x": not found'),
        event(p, 'Unhealthy', 'Readiness probe failed: 503'),
        event(p, 'FailedMount', 'secret "x" not found'),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'old warnings of a Deployment that rolled out',
    (() => {
      const d = well()
      const s = replicaSet(d)
      return [
        d,
        s,
        event(s, 'FailedCreate', 'pods "x" is forbidden: exceeded quota: compute'),
        pod(s, { phase: 'Running', ready: true, container: { ...running(), ready: true } }),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'an old warning of a Kustomization',
    (() => {
      const k = ks('apps', {}, readyTrue)
      return [k, goodGit(), event(k, 'BuildFailed', 'kustomize build failed: yaml: line 2')] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'an autoscaler that scales',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 9 },
        status: {
          conditions: conditions(
            ['AbleToScale', 'True', 'ReadyForNewScale', 'ok'],
            ['ScalingActive', 'True', 'ValidMetricFound', 'ok'],
            ['ScalingLimited', 'True', 'TooManyReplicas', 'limited'],
          ),
        },
      }),
      deployment('web', { spec: { replicas: 4 }, available: true }),
    ],
  ],
  [
    'a Job that runs',
    (() => {
      const j = object('batch/v1', 'Job', 'run', { spec: { template: {} }, status: { active: 1, ready: 1, startTime: ago(0) } })
      return [j, pod(j, { phase: 'Running', ready: true, container: running(ago(0)), spec: { restartPolicy: 'Never' } })] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a Job that tries again after one failure',
    (() => {
      const j = object('batch/v1', 'Job', 'run', {
        spec: { template: {}, backoffLimit: 6 },
        status: { active: 1, failed: 1, startTime: ago(0) },
      })
      return [j, pod(j, { phase: 'Failed', container: { state: ended(1) }, spec: { restartPolicy: 'Never' } })] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a CronJob whose last Job succeeded and an earlier one failed',
    (() => {
      const c = object('batch/v1', 'CronJob', 'nightly', { spec: { schedule: '* * * * *' } })
      const job = (name: string, at: string, type: string) =>
        object('batch/v1', 'Job', name, {
          metadata: {
            creationTimestamp: at,
            ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: c.metadata.uid ?? '' }],
          },
          spec: { template: {} },
          status: { conditions: conditions([type, 'True', 'x', 'x']) },
        })
      return [c, job('nightly-1', '2026-01-01T00:00:00Z', 'Failed'), job('nightly-2', '2026-01-02T00:00:00Z', 'Complete')] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a source that is fetched for the first time',
    [
      ks('apps', {}, ['False', 'ArtifactFailed', 'Source artifact not found, retrying in 30s']),
      git('repo', {}, undefined, reconciling('building artifact: new upstream revision')),
    ],
  ],
  [
    'a dependency that is on its way',
    [
      ks('apps', { dependsOn: [{ name: 'base' }] }, ['False', 'DependencyNotReady', "dependency 'apps/base' is not ready"]),
      ks('base', {}, going),
      goodGit(),
    ],
  ],
  [
    'a release that is being installed',
    [release('web', {}, undefined, reconciling("Running 'install' action with timeout of 5m0s")), goodChart(), goodCharts()],
  ],
  [
    'a claim that waits for its first pod',
    (() => {
      const c = claim('data', { storageClassName: 'standard' })
      return [
        c,
        event(c, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal' }),
        global('storage.k8s.io/v1', 'StorageClass', 'standard', { provisioner: 'x', volumeBindingMode: 'WaitForFirstConsumer' }),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a container that has just started and is not ready yet',
    (() => {
      const p = young(
        pod('web', {
          phase: 'Running',
          container: { ...running(ago(8)), ready: false },
          spec: {
            containers: [{ name: 'app', image: 'x', readinessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 10 } }],
          },
        }),
      )
      return [p, event(p, 'Unhealthy', 'Readiness probe failed: dial tcp: connection refused', { count: 1, at: ago(0) })] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a node pool that grows for a pod',
    (() => {
      const p = young(pod('web', { scheduled: ['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.'] }))
      return [
        p,
        event(p, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.', { at: ago(9) }),
        event(p, 'TriggeredScaleUp', 'pod triggered scale-up: [{pool 1->2 (max: 5)}]', { type: 'Normal', at: ago(5) }),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a Service whose pods are ready',
    (() => {
      const s = object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }] } })
      return [
        s,
        well(),
        pod('web-0', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a Helm repository in a registry, which has no status',
    [helmRepository('charts', { type: 'oci', url: 'oci://registry.example.com/charts' }, undefined)],
  ],
  [
    'a ready chain beside one that fails',
    [
      ks('apps', {}, readyTrue, inventory(well())),
      goodGit(),
      well(),
      ks('other', {}, ['False', 'BuildFailed', 'kustomize build failed: x']),
      git('broken', {}, ['False', 'GitOperationFailed', 'authentication required'], { artifact }),
    ],
  ],
  ['a finished pod', [pod('once', { phase: 'Succeeded', container: { state: ended(0, 'Completed') }, spec: { restartPolicy: 'Never' } })]],
  [
    'a workload of another Kustomization that fails beside it',
    (() => {
      const { all } = chain({ phase: 'Running', container: { ...running(), ready: false } }, { name: 'sick' })
      return [ks('calm', {}, readyTrue, inventory(well('calm'))), well('calm'), ...all.slice(2)] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a release that is being installed, whose chart was not listed',
    [release('web', {}, undefined, reconciling("Running 'install' action with timeout of 5m0s"))],
  ],
  [
    'a claim that waits, of a class that may not be read',
    (() => {
      const c = claim('data', { storageClassName: 'standard' })
      return [c, event(c, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal' })] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a Service with endpoints that others keep',
    [
      object('v1', 'Service', 'web', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }),
      object('v1', 'Endpoints', 'web', { subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 80 }] }] }),
    ],
  ],
  [
    'an autoscaler whose target it can scale',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
        status: {
          conditions: conditions(['AbleToScale', 'True', 'SucceededRescale', 'ok'], ['ScalingActive', 'True', 'ValidMetricFound', 'ok']),
        },
      }),
    ],
  ],
  [
    'a certificate that has just been asked for',
    (() => {
      const certificate = young(
        object('cert-manager.io/v1', 'Certificate', 'shop', {
          spec: { secretName: 'shop-tls', issuerRef: { name: 'letsencrypt' } },
          status: {
            conditions: conditions(['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist']).map(c => ({
              ...(c as JsonObject),
              lastTransitionTime: ago(10),
            })),
          },
        }),
      )
      const order = object('acme.cert-manager.io/v1', 'Order', 'shop-1', { metadata: ownedBy(certificate), status: { state: 'pending' } })
      const challenge = object('acme.cert-manager.io/v1', 'Challenge', 'shop-1-1', {
        metadata: ownedBy(order),
        status: {
          state: 'pending',
          presented: true,
          reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
        },
      })
      const issuer = object('cert-manager.io/v1', 'Issuer', 'letsencrypt', {
        status: {
          conditions: conditions(['Ready', 'True', 'ACMEAccountRegistered', 'The ACME account was registered with the ACME server']),
        },
      })
      return [certificate, young(order), young(challenge), issuer] as const
    })() as [KubeObject, ...KubeObject[]],
  ],
  [
    'a route that one gateway takes',
    [
      object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'api', {
        status: {
          parents: [
            {
              conditions: conditions(
                ['Accepted', 'True', 'Accepted', 'Route is accepted'],
                ['ResolvedRefs', 'True', 'ResolvedRefs', 'All refs are resolved'],
              ),
            },
          ],
        },
      }),
    ],
  ],
]
