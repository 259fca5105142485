import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { type Condition, conditions, event, global, heldNamespace, namespace, object, ownedBy } from './objects.ts'
import { asking, crash, expired, helmed, serves, thrice, unmounted, volumes, waited, inNamespace } from './outside-kit.ts'
import { alone, app, custom, noEnds, refuses, service, waits, releases } from './practice.ts'
import { failing } from './whole.ts'

const past = '2026-01-01T00:00:00Z'
const quota = (hard: JsonObject, used: JsonObject): KubeObject =>
  object('v1', 'ResourceQuota', 'team', { spec: { hard }, status: { hard, used } })
const admission: FaultCase[] = [
  ...thrice('quota', [
    [
      'pods of a Job',
      waits([
        ...app('import', {
          kind: 'Job',
          failure: 'pods "import-4x7pq" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10',
        }),
        quota({ pods: '10' }, { pods: '10' }),
      ]),
      /apps\/(import|team)/,
      /exceeded quota: team/,
      /quota/i,
    ],
    [
      'it demands limits',
      asking(
        'Deployment',
        alone([
          ...app('web', {
            failure:
              'pods "web-7c9d8b6f5d-4x7pq" is forbidden: failed quota: team: must specify limits.cpu for: web; limits.memory for: web',
          }),
          quota({ 'limits.cpu': '4', 'limits.memory': '8Gi' }, { 'limits.cpu': '1', 'limits.memory': '1Gi' }),
        ]),
      ),
      /apps\/(web|team)/,
      /must specify limits/,
      /limit/i,
    ],
    [
      'claims of a StatefulSet, below a release',
      [
        ...helmed('db', {
          kind: 'StatefulSet',
          failure:
            'persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: team, requested: requests.storage=100Gi, used: requests.storage=450Gi, limited: requests.storage=500Gi',
        }),
        quota({ 'requests.storage': '500Gi' }, { 'requests.storage': '450Gi' }),
      ],
      /apps\/(db|team|data-db-0)/,
      /requests\.storage=100Gi/,
      /quota|storage/i,
    ],
  ]),
  ...thrice('pod security', [
    [
      'restricted, a DaemonSet',
      waited('agent', {
        kind: 'DaemonSet',
        failure:
          'pods "agent-8k2lp" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "agent" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "agent" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "agent" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "agent" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      }),
      /apps\/agent/,
      /violates PodSecurity/,
      /security/i,
    ],
    [
      'baseline, asked at the ReplicaSet',
      asking(
        'ReplicaSet',
        alone(
          app('cni', {
            failure:
              'pods "cni-7c9d8b6f5d-m2k4j" is forbidden: violates PodSecurity "baseline:v1.31": host namespaces (hostNetwork=true), hostPath volumes (volume "run"), privileged (container "cni" must not set securityContext.privileged=true)',
          }),
        ),
      ),
      /apps\/cni/,
      /violates PodSecurity/,
      /security|namespace/i,
    ],
    [
      'the events are gone, below a release; the namespace says it',
      [
        ...helmed('web', {
          failure:
            'pods "web-7c9d8b6f5d-m2k4j" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)',
        }).filter(o => o.kind !== 'Event'),
        namespace('apps', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } as never }),
      ],
      /apps\/web/,
      /violates PodSecurity/,
      /security|runAsNonRoot/i,
    ],
  ]),
  ...thrice('bounds of a namespace and accounts', [
    [
      'LimitRange',
      waited('train', {
        kind: 'Job',
        failure:
          'pods "train-7x2kq" is forbidden: [maximum memory usage per Container is 2Gi, but limit is 8Gi, maximum cpu usage per Container is 1, but limit is 4]',
      }).concat(object('v1', 'LimitRange', 'bounds', { spec: { limits: [{ type: 'Container', max: { cpu: '1', memory: '2Gi' } }] } })),
      /apps\/(train|bounds)/,
      /maximum (memory|cpu) usage/,
      /limit/i,
    ],
    [
      'no such service account',
      asking(
        'Deployment',
        alone(
          app('web', {
            failure:
              'pods "web-7c9d8b6f5d-" is forbidden: error looking up service account apps/shop-web: serviceaccount "shop-web" not found',
            pod: { serviceAccountName: 'shop-web' },
          }),
        ),
      ),
      /apps\/(web|shop-web)/,
      /shop-web/,
      /account/i,
    ],
    [
      'no such priority class, the events are gone',
      expired(
        helmed('web', {
          failure: 'pods "web-7c9d8b6f5d-" is forbidden: no PriorityClass with name business-critical was found',
          pod: { priorityClassName: 'business-critical' },
        }),
      ),
      /apps\/web|business-critical/,
      /business-critical/,
      /PriorityClass|priority/i,
    ],
  ]),
]
const hpa = (said: readonly Condition[]): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: {
      minReplicas: 2,
      maxReplicas: 6,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    },
    status: { currentReplicas: 1, desiredReplicas: 0, conditions: conditions(...said) },
  })
const able: Condition = ['AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"]
const running = (name: string): KubeObject[] =>
  app(name, {
    phase: 'Running',
    state: serves(name),
    status: { conditions: conditions(['PodScheduled', 'True', '', ''], ['Ready', 'True', '', '']) },
  }).map(o =>
    o.kind === 'Deployment'
      ? ({
          ...o,
          status: {
            observedGeneration: 1,
            replicas: 1,
            updatedReplicas: 1,
            readyReplicas: 1,
            availableReplicas: 1,
            conditions: conditions(
              ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
              ['Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "${name}-7c9d8b6f5d" has successfully progressed.`],
            ),
          },
        } as KubeObject)
      : o,
  )
const services: FaultCase[] = [
  ...thrice('Service without ends', [
    [
      'its selector is of another name',
      [service('web', { selector: { app: 'webb' } }), noEnds('web'), ...alone(running('web'))],
      /Service\/apps\/web/,
      /webb/,
      /selector|label/i,
    ],
    [
      'asked at the Ingress',
      [
        object('networking.k8s.io/v1', 'Ingress', 'shop', {
          spec: {
            ingressClassName: 'nginx',
            rules: [
              {
                host: 'shop.example.com',
                http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web-svc', port: { number: 80 } } } }] },
              },
            ],
          },
          status: { loadBalancer: {} },
        }),
        global('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }),
        service('web', { selector: { app: 'web' } }),
        ...alone(running('web')),
      ],
      /apps\/(shop|web-svc)/,
      /web-svc/,
      /Service|backend/i,
    ],
    [
      'its pods do not start',
      [
        service('web', { selector: { app: 'web' } }),
        noEnds('web'),
        ...alone(app('web', crash('web', 1, "Error: Cannot find module 'express'"))),
      ],
      /apps\/web/,
      /Cannot find module/,
      /./,
    ],
  ]),
  ...thrice('autoscaler without metrics', [
    [
      'no metrics server',
      [
        hpa([
          able,
          [
            'ScalingActive',
            'False',
            'FailedGetResourceMetric',
            'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
          ],
        ]),
        ...alone(running('web')),
      ],
      /HorizontalPodAutoscaler\/apps\/web|metrics/,
      /pods\.metrics\.k8s\.io/,
      /metrics/i,
    ],
    [
      'no requests',
      [
        hpa([
          able,
          [
            'ScalingActive',
            'False',
            'FailedGetResourceMetric',
            'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container web of Pod web-7c9d8b6f5d-k2x9q',
          ],
        ]),
        ...alone(running('web')),
      ],
      /apps\/web/,
      /missing request for cpu/,
      /request/i,
    ],
    [
      'no such target',
      [
        hpa([
          [
            'AbleToScale',
            'False',
            'FailedGetScale',
            'the HPA controller was unable to get the target\'s current scale: deployments.apps "web" not found',
          ],
        ]),
        ...alone(running('shop')),
      ],
      /apps\/web/,
      /deployments\.apps "web" not found|Deployment\/apps\/web \(lookup\): not found/,
      /scaleTargetRef|target|Deployment/i,
    ],
  ]),
]
const ending = (made: KubeObject, finalizers: string[]): KubeObject =>
  ({ ...made, metadata: { ...made.metadata, deletionTimestamp: past, finalizers } }) as KubeObject
const endings: FaultCase[] = [
  ...thrice('object that cannot be deleted', [
    [
      'a Kustomization whose account is gone',
      [
        ending(
          failing(
            'tenant',
            [
              'ReconciliationFailed',
              'failed to delete objects: Deployment/apps/web delete failed: deployments.apps "web" is forbidden: User "system:serviceaccount:apps:tenant" cannot delete resource "deployments" in API group "apps" in the namespace "apps"',
            ],
            { spec: { serviceAccountName: 'tenant', prune: true } },
          ),
          ['finalizers.fluxcd.io'],
        ),
        ...alone(running('web')),
      ],
      /Kustomization\/flux-system\/tenant/,
      /cannot delete resource|serviceaccount/i,
      /role|account|RBAC|finalizer/i,
    ],
    [
      'a claim that a pod uses',
      [
        ending(object('v1', 'PersistentVolumeClaim', 'uploads', { spec: { volumeName: 'pvc-1' }, status: { phase: 'Bound' } }), [
          'kubernetes.io/pvc-protection',
        ]),
        ...alone(
          running('web').map(o =>
            o.kind === 'Pod'
              ? { ...o, spec: { ...(o.spec as JsonObject), volumes: [{ name: 'u', persistentVolumeClaim: { claimName: 'uploads' } }] } }
              : o,
          ),
        ),
      ],
      /uploads/,
      /pvc-protection/,
      /pod|use/i,
    ],
    [
      'a namespace whose objects hold',
      [heldNamespace('team-a', 'finalizers.argocd.argoproj.io in 1 resource instances'), ...alone(running('web'))],
      /team-a/,
      /finalizers\.argocd\.argoproj\.io|finalizer/,
      /finalizer|controller/i,
    ],
  ]),
  ...thrice('namespace that is ending', [
    [
      'what is applied into it',
      [
        ...refuses(
          'Deployment/team-a/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: unable to create new content in namespace team-a because it is being terminated',
        ),
        heldNamespace('team-a', 'foregroundDeletion in 1 resource instances, databases.example.com/cleanup in 1 resource instances'),
      ],
      /team-a/,
      /terminated|finalizer/,
      /namespace|finalizer/i,
    ],
    [
      'a release into it',
      [
        ...releases(
          'web',
          [
            'InstallFailed',
            'Helm install failed for release team-a/web with chart web@1.2.3: create: failed to create: secrets "sh.helm.release.v1.web.v1" is forbidden: unable to create new content in namespace team-a because it is being terminated',
          ],
          { spec: { targetNamespace: 'team-a' } },
        ),
        heldNamespace('team-a', 'acme.io/cleanup in 2 resource instances'),
      ],
      /team-a/,
      /terminated|finalizer/,
      /namespace|finalizer/i,
    ],
    [
      'its pods',
      [
        ...inNamespace(
          'team-a',
          app('web', {
            failure:
              'pods "web-7c9d8b6f5d-m2k4j" is forbidden: unable to create new content in namespace team-a because it is being terminated',
          }),
        ),
        heldNamespace('team-a', 'acme.io/cleanup in 2 resource instances'),
      ],
      /team-a/,
      /terminated|finalizer/,
      /namespace|finalizer/i,
    ],
  ]),
]
const below = (parts: readonly KubeObject[], owner: KubeObject): KubeObject[] =>
  parts.map((o, i) => (i === 0 ? { ...o, metadata: { ...o.metadata, ...ownedBy(owner) } } : o))
const operated: FaultCase[] = [
  ...thrice('certificate', [
    [
      'the authority does not find the record',
      (() => {
        const cert = custom('cert-manager.io/v1', 'Certificate', [
          'shop-tls',
          { secretName: 'shop-tls', issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' }, dnsNames: ['shop.example.com'] },
          ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ])
        const request = {
          ...custom('cert-manager.io/v1', 'CertificateRequest', [
            'shop-tls-1',
            { issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' } },
            ['Approved', 'True', 'cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
            ['Ready', 'False', 'Pending', 'Waiting on certificate issuance from order apps/shop-tls-1-77: "pending"'],
          ]),
        }
        const order = object('acme.cert-manager.io/v1', 'Order', 'shop-tls-1-77', {
          spec: { issuerRef: { name: 'letsencrypt' }, dnsNames: ['shop.example.com'] },
          status: { state: 'pending' },
        })
        const challenge = object('acme.cert-manager.io/v1', 'Challenge', 'shop-tls-1-77-1', {
          spec: { type: 'HTTP-01', dnsName: 'shop.example.com' },
          status: {
            presented: true,
            processing: true,
            state: 'pending',
            reason:
              'Waiting for HTTP-01 challenge propagation: failed to perform self check GET request \'http://shop.example.com/.well-known/acme-challenge/abc\': Get "http://shop.example.com/.well-known/acme-challenge/abc": dial tcp: lookup shop.example.com on 10.96.0.10:53: no such host',
          },
        })
        const own = (made: KubeObject, owner: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, ...ownedBy(owner) } })
        const r = own(request, cert)
        const o = own(order, r)
        return waits([cert, r, o, own(challenge, o)])
      })(),
      /shop-tls/,
      /no such host/,
      /DNS|record|host/i,
    ],
    [
      'its issuer is not there, asked at the pod that mounts it',
      asking(
        'Pod',
        alone([
          ...app('web', {
            ...unmounted('MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found'),
            ...volumes('tls', { secret: { secretName: 'shop-tls' } }),
          }),
          custom('cert-manager.io/v1', 'Certificate', [
            'shop-tls',
            { secretName: 'shop-tls', issuerRef: { name: 'corp-ca', kind: 'Issuer' } },
            ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          ]),
          custom('cert-manager.io/v1', 'CertificateRequest', [
            'shop-tls-1',
            { issuerRef: { name: 'corp-ca', kind: 'Issuer' } },
            ['Ready', 'False', 'Pending', 'Referenced "Issuer" not found: issuer.cert-manager.io "corp-ca" not found'],
          ]),
        ]),
      ),
      /shop-tls|corp-ca/,
      /corp-ca/,
      /issuer|create it/i,
    ],
    [
      'its issuer is not ready',
      waits([
        custom('cert-manager.io/v1', 'Certificate', [
          'api-tls',
          { secretName: 'api-tls', issuerRef: { name: 'vault', kind: 'Issuer' } },
          ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ]),
        custom('cert-manager.io/v1', 'Issuer', [
          'vault',
          { vault: { server: 'https://vault.corp:8200', path: 'pki/sign/apps', auth: { kubernetes: { role: 'issuer' } } } },
          [
            'Ready',
            'False',
            'VaultError',
            'Failed to initialize Vault client: error reading Kubernetes service account token from vault-issuer: error calling Vault server: Error making API request. URL: POST https://vault.corp:8200/v1/auth/kubernetes/login Code: 403. Errors: * permission denied',
          ],
        ]),
      ]),
      /Issuer\/apps\/vault/,
      /permission denied/,
      /./,
    ],
  ]),
  ...thrice('rollout by steps', [
    [
      'Argo: its analysis failed',
      waits(
        [
          custom('argoproj.io/v1alpha1', 'Rollout', [
            'web',
            { replicas: 2, selector: { matchLabels: { app: 'web' } }, strategy: { canary: { steps: [{ setWeight: 20 }] } } },
            [
              'Progressing',
              'False',
              'RolloutAborted',
              'Rollout aborted update to revision 7: Step-based analysis phase error/failed: Metric "success-rate" assessed Failed due to failed (3) > failureLimit (2)',
            ],
            ['Available', 'True', 'AvailableReason', 'Rollout has minimum availability'],
          ]),
        ],
        { status: 'Failed' },
      ),
      /Rollout\/apps\/web/,
      /success-rate/,
      /./,
    ],
    [
      'Flagger: no traffic',
      (() => {
        const canary = object('flagger.app/v1beta1', 'Canary', 'web', {
          spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, analysis: { threshold: 5 } },
          status: {
            phase: 'Failed',
            failedChecks: 5,
            canaryWeight: 0,
            conditions: conditions(['Promoted', 'False', 'Failed', 'Canary analysis failed, Deployment scaled to zero.']),
          },
        })
        return [
          canary,
          event(
            canary,
            'Synced',
            'Halt advancement no values found for istio metric request-success-rate probably web.apps is not receiving traffic: running query failed: no values found',
          ),
          event(canary, 'Synced', 'Rolling back web.apps failed checks threshold reached 5'),
          ...alone(running('web-primary')),
        ]
      })(),
      /Canary\/apps\/web/,
      /not receiving traffic|analysis failed/,
      /./,
    ],
    [
      'Argo: the pods of its new set crash',
      (() => {
        const rollout = custom('argoproj.io/v1alpha1', 'Rollout', [
          'pay',
          { replicas: 1, selector: { matchLabels: { app: 'pay' } } },
          ['Progressing', 'False', 'ProgressDeadlineExceeded', 'ReplicaSet "pay-7c9d8b6f5d" has timed out progressing.'],
          ['Available', 'False', 'AvailableReason', 'Rollout does not have minimum availability'],
        ])
        const [, ...rest] = app('pay', crash('pay', 2, 'panic: invalid configuration: PAYMENT_PROVIDER must be one of [adyen stripe]'))
        return waits([rollout, ...below(rest, rollout)])
      })(),
      /apps\/pay/,
      /PAYMENT_PROVIDER/,
      /./,
    ],
  ]),
  ...thrice('object of an operator', [
    [
      'CloudNativePG: its backup store refuses',
      waits([
        object('postgresql.cnpg.io/v1', 'Cluster', 'pg', {
          spec: { instances: 3 },
          status: {
            phase: 'Setting up primary',
            phaseReason: 'Creating primary instance pg-1',
            instances: 1,
            readyInstances: 0,
            conditions: conditions(
              ['Ready', 'False', 'ClusterIsNotReady', 'Cluster Is Not Ready'],
              [
                'ContinuousArchiving',
                'False',
                'ContinuousArchivingFailing',
                'unexpected failure invoking barman-cloud-wal-archive: exit status 2',
              ],
            ),
          },
        }),
        ...(() => {
          const job = object('batch/v1', 'Job', 'pg-1-initdb', {
            spec: {
              backoffLimit: 6,
              template: { spec: { containers: [{ name: 'initdb', image: 'ghcr.io/cloudnative-pg/postgresql:17' }] } },
            },
            status: { active: 1, startTime: past },
          })
          return [job]
        })(),
      ]),
      /pg/,
      /barman-cloud-wal-archive|ClusterIsNotReady|Cluster Is Not Ready/,
      /./,
    ],
    [
      'Strimzi: a field that it does not know',
      waits(
        [
          custom('kafka.strimzi.io/v1beta2', 'Kafka', [
            'events',
            { kafka: { version: '4.9.0' } },
            [
              'NotReady',
              'True',
              'UnsupportedKafkaVersionException',
              'Unsupported Kafka.spec.kafka.version: 4.9.0. Supported versions are: [3.9.0, 4.0.0]',
            ],
          ]),
        ],
        { status: 'Failed' },
      ),
      /Kafka\/apps\/events/,
      /4\.9\.0/,
      /version/i,
    ],
    [
      'KEDA: its broker is not reached',
      [
        ...(() => {
          const one = custom('keda.sh/v1alpha1', 'ScaledObject', [
            'worker',
            { scaleTargetRef: { name: 'worker' } },
            ['Ready', 'False', 'TriggerError', 'Triggers defined in ScaledObject are not working correctly'],
            ['Active', 'Unknown', 'UnknownState', 'No State available'],
            ['Fallback', 'False', 'NoFallbackFound', 'No fallbacks are active on this scaled object'],
          ])
          const why = 'error establishing rabbitmq connection: dial tcp: lookup rabbit.queue on 10.96.0.10:53: no such host'
          return [one, event(one, 'KEDAScalerFailed', why)]
        })(),
        ...alone(running('worker')),
      ],
      /ScaledObject\/apps\/worker/,
      /no such host|Triggers defined/,
      /./,
    ],
  ]),
]

export const outsideCluster: FaultCase[] = [...admission, ...services, ...endings, ...operated]
