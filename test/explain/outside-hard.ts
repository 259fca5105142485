import { running as runningState } from './objects.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { type Condition, conditions, event, global, object, pod } from './objects.ts'
import { asking, crash, expired, node, serves, waited, thrice } from './outside-kit.ts'
import { alone, app, noEnds, refuses, releases, service, waits } from './practice.ts'
import { failing, fleet, isWell, runs } from './whole.ts'

const past = '2026-01-01T00:00:00Z'
const served = (name: string): KubeObject[] => runs(name)
const balancer = (name: string, [reason, message]: readonly [string, string], spec: JsonObject = {}): KubeObject[] => {
  const one = service(name, { type: 'LoadBalancer', selector: { app: name }, ...spec })
  return [
    { ...one, status: { loadBalancer: {} } } as KubeObject,
    event(one, 'EnsuringLoadBalancer', 'Ensuring load balancer', { type: 'Normal' }),
    event(one, reason, message),
  ].map(o =>
    o.kind === 'Event' ? ({ ...o, involvedObject: { ...(o.involvedObject as JsonObject), uid: one.metadata.uid ?? '' } } as KubeObject) : o,
  )
}
const crd = (name: string, group: string, ...said: readonly Condition[]): KubeObject =>
  global('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${name}.${group}`, {
    spec: {
      group,
      names: { plural: name, kind: 'Widget' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
    status: { conditions: conditions(...said) },
  })
const around: FaultCase[] = [
  ...thrice('load balancer', [
    [
      'AWS finds no subnets',
      waits([
        ...balancer('web', [
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
        ]),
        ...served('web'),
      ]),
      /Service\/apps\/web/,
      /suitable subnets/,
      /subnet/i,
    ],
    [
      'MetalLB has no addresses, below a release',
      [
        ...releases('web', ['InstallFailed', 'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded'], {
          made: [...balancer('web', ['AllocationFailed', 'Failed to allocate IP for "apps/web": no available IPs']), ...served('web')],
        }),
      ],
      /Service\/apps\/web/,
      /no available IPs/,
      /address|IP|pool/i,
    ],
    [
      'Azure refuses, asked at the Service',
      alone([
        ...balancer('web', [
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: PUT https://management.azure.com/subscriptions/1/resourceGroups/mc/providers/Microsoft.Network/publicIPAddresses/k8s-1\n--------------------------------------------------------------------------------\nRESPONSE 400: 400 Bad Request\nERROR CODE: PublicIPCountLimitReached\n',
        ]),
        ...served('web'),
      ]),
      /Service\/apps\/web/,
      /PublicIPCountLimitReached/,
      /quota|limit|IP/i,
    ],
  ]),
  ...thrice('definition of a kind', [
    [
      'its names are taken',
      (() => {
        const one = crd(
          'widgets',
          'acme.io',
          ['NamesAccepted', 'False', 'ListKindConflict', '"WidgetList" is already in use'],
          ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
        )
        const said =
          "health check failed after 5m0.02s: timeout waiting for: [CustomResourceDefinition/widgets.acme.io status: 'InProgress']"
        return [failing('crds', ['HealthCheckFailed', said], { owns: [one], spec: { wait: true } }), one, fleet(), isWell('catalog')]
      })(),
      /widgets\.acme\.io/,
      /already in use/,
      /name/i,
    ],
    [
      'its conversion is not there',
      refuses(
        'Widget/apps/main dry-run failed (InternalError): conversion webhook for acme.io/v1beta1, Kind=Widget failed: Post "https://acme-webhook.acme-system.svc:443/convert?timeout=30s": service "acme-webhook" not found',
      ),
      /./,
      /service "acme-webhook" not found/,
      /webhook|Service/i,
    ],
    [
      'a stored version was taken away',
      refuses(
        'CustomResourceDefinition/widgets.acme.io dry-run failed (Invalid): CustomResourceDefinition.apiextensions.k8s.io "widgets.acme.io" is invalid: status.storedVersions[0]: Invalid value: "v1alpha1": must appear in spec.versions',
      ),
      /shop|widgets\.acme\.io/,
      /storedVersions/,
      /storedVersions|version/i,
    ],
  ]),
  ...thrice('API that others serve', [
    [
      'discovery',
      refuses(
        'failed to download resource schema: unable to retrieve the complete list of server APIs: custom.metrics.k8s.io/v1beta1: the server is currently unable to handle the request',
        [],
      ).concat(
        global('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.custom.metrics.k8s.io', {
          spec: { group: 'custom.metrics.k8s.io', version: 'v1beta1', service: { name: 'prometheus-adapter', namespace: 'monitoring' } },
          status: {
            conditions: conditions([
              'Available',
              'False',
              'MissingEndpoints',
              'endpoints for service/prometheus-adapter in "monitoring" have no addresses with port name "https"',
            ]),
          },
        }),
      ),
      /./,
      /custom\.metrics\.k8s\.io|prometheus-adapter/,
      /APIService|service|prometheus-adapter/i,
    ],
    [
      'what is pruned',
      [
        failing('shop', [
          'PruneFailed',
          'prune failed: failed to get API group resources: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1',
        ]),
        fleet(),
        isWell('catalog'),
      ],
      /./,
      /metrics\.k8s\.io/,
      /APIService|service|API/i,
    ],
    [
      'a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: could not get apiVersions from Kubernetes: unable to retrieve the complete list of server APIs: external.metrics.k8s.io/v1beta1: the server is currently unable to handle the request',
      ]),
      /./,
      /external\.metrics\.k8s\.io/,
      /APIService|service|API/i,
    ],
  ]),
]
const several = (name: string): KubeObject[] => {
  const all = app(name, crash(name, 1, 'config error: FEATURE_FLAGS must be valid JSON: unexpected end of JSON input'))
  const [dep, set, one] = all as [KubeObject, KubeObject, KubeObject]
  const old = {
    ...set,
    metadata: { ...set.metadata, name: `${name}-5b9c`, uid: `old-${name}`, labels: { app: name, 'pod-template-hash': '5b9c' } },
    status: { replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 },
  } as KubeObject
  const serving = ['a', 'b'].map(x => {
    const made = pod(old, {
      phase: 'Running',
      ready: true,
      container: {
        name,
        ...runningState(),
        ready: true,
        restartCount: 3,
        lastState: { terminated: { exitCode: 143, reason: 'Error', startedAt: past, finishedAt: past } },
      },
    })
    return { ...made, metadata: { ...made.metadata, name: `${name}-5b9c-${x}` } }
  })
  return [dep, set, one, old, ...serving, ...all.slice(3)]
}
const workloads: FaultCase[] = [
  ...thrice('one pod of several', [
    ['the new one loops, the old ones serve', waits(several('web')), /apps\/web/, /FEATURE_FLAGS/, /./],
    ['asked at the Deployment, its events gone', asking('Deployment', expired(alone(several('api')))), /apps\/api/, /FEATURE_FLAGS/, /./],
    [
      'below a release',
      releases('api', ['UpgradeFailed', 'Helm upgrade failed for release apps/api with chart api@1.2.3: context deadline exceeded'], {
        made: several('api'),
      }),
      /apps\/api/,
      /FEATURE_FLAGS/,
      /./,
    ],
  ]),
  ...thrice('Job that is given up', [
    [
      'its pods are gone',
      waits(
        [
          object('batch/v1', 'Job', 'seed', {
            spec: { backoffLimit: 3, template: { spec: { containers: [{ name: 'seed', image: 'registry.example.com/shop/seed:1' }] } } },
            status: {
              failed: 4,
              startTime: past,
              conditions: conditions(
                ['FailureTarget', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
                ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
              ),
            },
          }),
        ],
        { status: 'Failed' },
      ),
      /Job\/apps\/seed/,
      /BackoffLimitExceeded|backoff limit/,
      /./,
    ],
    [
      'it took too long',
      [
        object('batch/v1', 'Job', 'seed', {
          spec: {
            activeDeadlineSeconds: 600,
            template: { spec: { containers: [{ name: 'seed', image: 'registry.example.com/shop/seed:1' }] } },
          },
          status: {
            failed: 1,
            startTime: past,
            conditions: conditions(
              ['FailureTarget', 'True', 'DeadlineExceeded', 'Job was active longer than specified deadline'],
              ['Failed', 'True', 'DeadlineExceeded', 'Job was active longer than specified deadline'],
            ),
          },
        }),
        ...alone([]),
      ],
      /Job\/apps\/seed/,
      /longer than specified deadline/,
      /deadline/i,
    ],
    [
      'its schedule was missed too often',
      (() => {
        const cron = object('batch/v1', 'CronJob', 'tick', {
          spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
          status: { lastScheduleTime: '2025-12-01T00:00:00Z' },
        })
        return [
          cron,
          event(
            cron,
            'TooManyMissedTimes',
            'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
          ),
          ...alone([]),
        ]
      })(),
      /CronJob\/apps\/tick/,
      /too many missed start times/,
      /startingDeadlineSeconds/,
    ],
  ]),
  ...thrice('workload that stands still by its own fields', [
    [
      'a Deployment that is paused',
      waits([
        object('apps/v1', 'Deployment', 'web', {
          spec: {
            replicas: 2,
            paused: true,
            selector: { matchLabels: { app: 'web' } },
            template: {
              metadata: { labels: { app: 'web' } },
              spec: { containers: [{ name: 'web', image: 'registry.example.com/shop/web:2' }] },
            },
          },
          status: {
            observedGeneration: 1,
            replicas: 2,
            readyReplicas: 2,
            availableReplicas: 2,
            updatedReplicas: 0,
            conditions: conditions(
              ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
              ['Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused'],
            ),
          },
        }),
      ]),
      /Deployment\/apps\/web/,
      /paused/i,
      /paused|resume/i,
    ],
    [
      'a Job that is suspended',
      waits([
        object('batch/v1', 'Job', 'seed', {
          spec: { suspend: true, template: { spec: { containers: [{ name: 'seed', image: 'registry.example.com/shop/seed:1' }] } } },
          status: { conditions: conditions(['Suspended', 'True', 'JobSuspended', 'Job suspended']) },
        }),
      ]),
      /Job\/apps\/seed/,
      /suspend/i,
      /suspend|resume/i,
    ],
    [
      'a StatefulSet whose first pod is broken, and was set right since',
      waited('db', crash('db', 1, "could not parse config: unknown key 'max_conections'", { kind: 'StatefulSet' })),
      /apps\/db/,
      /max_conections/,
      /./,
    ],
  ]),
  ...thrice('pod that does not end', [
    [
      'a finalizer',
      asking(
        'Pod',
        alone(
          app('web', { phase: 'Running', state: serves('web') }).map(o =>
            o.kind === 'Pod'
              ? ({
                  ...o,
                  metadata: { ...o.metadata, deletionTimestamp: past, deletionGracePeriodSeconds: 30, finalizers: ['acme.io/drain'] },
                } as KubeObject)
              : o,
          ),
        ),
      ),
      /apps\/web/,
      /acme\.io\/drain/,
      /finalizer/i,
    ],
    [
      'its node is gone',
      asking(
        'Pod',
        alone(
          app('db', { kind: 'StatefulSet', phase: 'Running', state: serves('db'), said: [['NodeNotReady', 'Node is not ready']] }).map(o =>
            o.kind === 'Pod'
              ? ({ ...o, metadata: { ...o.metadata, deletionTimestamp: past, deletionGracePeriodSeconds: 30 } } as KubeObject)
              : o,
          ),
        ).map(o =>
          o.kind === 'Node' && o.metadata.name === 'worker-1'
            ? node('worker-1', { ready: ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'] })
            : o,
        ),
      ),
      /worker-1|apps\/db/,
      /Kubelet stopped posting/,
      /node/i,
    ],
    [
      'it cannot be killed',
      asking(
        'Pod',
        alone(
          app('web', {
            phase: 'Running',
            state: serves('web'),
            said: [
              [
                'FailedKillPod',
                'error killing pod: failed to "KillPodSandbox" for "1f0c" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox \\"3f\\": plugin type=\\"cilium-cni\\" failed (delete): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get \\"http://localhost/v1/config\\": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory"',
              ],
            ],
          }).map(o =>
            o.kind === 'Pod'
              ? ({ ...o, metadata: { ...o.metadata, deletionTimestamp: past, deletionGracePeriodSeconds: 30 } } as KubeObject)
              : o,
          ),
        ),
      ),
      /apps\/web/,
      /cilium/i,
      /cilium|CNI|network/i,
    ],
  ]),
  ...thrice('port of a Service', [
    [
      'a name that no container has',
      [
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }),
        noEnds('web'),
        ...alone(
          app('web', {
            phase: 'Running',
            state: serves('web'),
            container: { ports: [{ name: 'web', containerPort: 8080 }] },
            status: { conditions: conditions(['PodScheduled', 'True', '', ''], ['Ready', 'True', '', '']) },
          }),
        ),
      ],
      /Service\/apps\/web/,
      /http/,
      /port/i,
    ],
    [
      'its pods are not ready',
      [
        service('api', { selector: { app: 'api' } }),
        noEnds('api'),
        ...alone(
          app('api', {
            phase: 'Running',
            state: { ...serves('api'), ready: false },
            said: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503']],
            log: 'WARN readiness: migrations pending: 3',
          }),
        ),
      ],
      /apps\/api/,
      /Readiness probe failed|migrations pending/,
      /./,
    ],
    [
      'there is no pod, as the Deployment may not make one',
      [
        service('api', { selector: { app: 'api' } }),
        noEnds('api'),
        ...alone(
          app('api', {
            failure: 'pods "api-7c9d8b6f5d-" is forbidden: error looking up service account apps/api: serviceaccount "api" not found',
            pod: { serviceAccountName: 'api' },
          }),
        ),
      ],
      /apps\/api/,
      /serviceaccount "api" not found/,
      /account/i,
    ],
  ]),
  ...thrice('budget of disruptions', [
    [
      'its pod is not ready',
      [
        object('policy/v1', 'PodDisruptionBudget', 'db', {
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'db' } } },
          status: {
            observedGeneration: 1,
            currentHealthy: 0,
            desiredHealthy: 1,
            disruptionsAllowed: 0,
            expectedPods: 1,
            conditions: conditions(['DisruptionAllowed', 'False', 'InsufficientPods', '']),
          },
        }),
        ...alone(app('db', crash('db', 1, 'FATAL:  lock file "postmaster.pid" is empty', { kind: 'StatefulSet' }))),
      ],
      /apps\/db/,
      /postmaster\.pid|InsufficientPods|disruptionsAllowed/,
      /./,
    ],
    [
      'it counts nothing',
      alone([
        object('policy/v1', 'PodDisruptionBudget', 'web', {
          spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
          status: {
            observedGeneration: 1,
            currentHealthy: 0,
            desiredHealthy: 0,
            disruptionsAllowed: 0,
            expectedPods: 0,
            conditions: conditions(['DisruptionAllowed', 'False', 'SyncFailed', 'jobs.batch does not implement the scale subresource']),
          },
        }),
      ]),
      /PodDisruptionBudget\/apps\/web/,
      /does not implement the scale subresource/,
      /./,
    ],
    [
      'it holds a node that is drained',
      (() => {
        const all = served('web')
        const going = node('node-1', {
          spec: { unschedulable: true, taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] },
        })
        const leaving = {
          ...going,
          metadata: { ...going.metadata, deletionTimestamp: past, finalizers: ['karpenter.sh/termination'] },
        } as KubeObject
        const budget = object('policy/v1', 'PodDisruptionBudget', 'web', {
          spec: { minAvailable: '100%', selector: { matchLabels: { app: 'web' } } },
          status: {
            observedGeneration: 1,
            currentHealthy: 1,
            desiredHealthy: 1,
            disruptionsAllowed: 0,
            expectedPods: 1,
            conditions: conditions(['DisruptionAllowed', 'False', 'InsufficientPods', '']),
          },
        })
        const why = `Failed to drain node, evicting pod apps/${all[2]?.metadata.name} violates a PDB`
        return [leaving, event(leaving, 'FailedDraining', why), budget, ...all, fleet(), isWell('web', all.slice(0, 1))]
      })(),
      /PodDisruptionBudget\/apps\/web|Node\/.*node-1/,
      /PodDisruptionBudget|disruptionsAllowed|minAvailable|violates a PDB/,
      /./,
    ],
  ]),
]

export const outsideHard: FaultCase[] = [...around, ...workloads]
