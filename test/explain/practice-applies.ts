import { app, around, custom, headless, loops, refuses, releases, three, wait, waits } from './practice.ts'
import { claim, type Condition, conditions, event, namespace, object, ownedBy, past } from './objects.ts'
import { fluxNs, runs, within } from './whole.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'

const quota = (name: string, hard: JsonObject, used: JsonObject): KubeObject =>
  object('v1', 'ResourceQuota', name, { spec: { hard }, status: { hard, used } })
/** A workload whose controller may make no pod. */
const podless = (kind: 'StatefulSet' | 'DaemonSet' | 'Job', name: string, message: string): KubeObject[] => {
  const [top] = app(name, { kind }) as [KubeObject]
  const none: Record<string, JsonObject> = {
    StatefulSet: {
      observedGeneration: 1,
      replicas: 0,
      availableReplicas: 0,
      currentRevision: `${name}-5d7`,
      updateRevision: `${name}-5d7`,
    },
    DaemonSet: {
      observedGeneration: 1,
      currentNumberScheduled: 0,
      desiredNumberScheduled: 2,
      numberReady: 0,
      numberMisscheduled: 0,
      numberUnavailable: 2,
    },
    Job: { ready: 0, startTime: past },
  }
  const made = { ...top, status: none[kind] } as KubeObject
  return [made, event(made, 'FailedCreate', message, { count: 14 }), ...(kind === 'StatefulSet' ? [headless(name)] : [])]
}
const front = (name: string, place: string, port: number): KubeObject =>
  within(
    place,
    object('v1', 'Service', name, { spec: { clusterIP: '10.96.12.4', selector: { app: name }, ports: [{ port: 443, targetPort: port }] } }),
  )
/** An injector that somebody scaled to none. */
function asleep(): KubeObject[] {
  const template = {
    metadata: { labels: { app: 'istiod' } },
    spec: { containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.24.1' }] },
  }
  const status = {
    observedGeneration: 1,
    conditions: conditions(['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']),
  }
  const spec = { replicas: 0, selector: { matchLabels: { app: 'istiod' } }, template }
  return [front('istiod', 'istio-system', 15017), within('istio-system', object('apps/v1', 'Deployment', 'istiod', { spec, status }))]
}
/** A webhook whose pod runs. */
function answering(): KubeObject[] {
  const name = 'ingress-nginx-controller-admission'
  const all = runs(name).map(o => within('ingress-nginx', o))
  return [front(name, 'ingress-nginx', 8443), ...all]
}
/** A webhook whose pod has no place. */
function unplaced(): KubeObject[] {
  const message =
    '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.'
  const all = app('cert-manager-webhook', {
    scheduled: ['PodScheduled', 'False', 'Unschedulable', message],
    container: { ports: [{ name: 'https', containerPort: 10250 }], resources: { requests: { memory: '32Gi' } } },
  })
  return [front('cert-manager-webhook', 'cert-manager', 10250), ...all.map(o => within('cert-manager', o))]
}
const gone = (name: string, ...more: readonly Condition[]): KubeObject =>
  namespace(name, {
    metadata: { deletionTimestamp: past, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: {
      phase: 'Terminating',
      conditions: conditions(
        ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
        ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
        ...more,
      ),
    },
  })
const kafka = (): KubeObject =>
  object('kafka.strimzi.io/v1beta2', 'Kafka', 'events', {
    metadata: { namespace: 'legacy', deletionTimestamp: past, finalizers: ['strimzi.io/kafka-cleanup'] },
    spec: {},
    status: { conditions: conditions(['Ready', 'True', '', '']) },
  })
const holds: Condition[] = [
  ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
  [
    'NamespaceContentRemaining',
    'True',
    'SomeResourcesRemain',
    'Some resources are remaining: kafkas.kafka.strimzi.io has 1 resource instances',
  ],
  [
    'NamespaceFinalizersRemaining',
    'True',
    'SomeFinalizersRemain',
    'Some content in the namespace has finalizers remaining: strimzi.io/kafka-cleanup in 1 resource instances',
  ],
]
const stale: Condition[] = [
  [
    'NamespaceDeletionDiscoveryFailure',
    'True',
    'DiscoveryFailed',
    'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1',
  ],
]
const cm = 'cert-manager.io/v1'
const certificate = (): KubeObject =>
  custom(cm, 'Certificate', [
    'shop-tls',
    { secretName: 'shop-tls', dnsNames: ['shop.acme.io'], issuerRef: { name: 'letsencrypt', kind: 'Issuer' } },
    ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
    ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
  ])
const owned = (made: KubeObject, owner: KubeObject): KubeObject =>
  ({ ...made, metadata: { ...made.metadata, ...ownedBy(owner) } }) as KubeObject
const requested = (by: KubeObject, message: string): KubeObject =>
  owned(
    custom(cm, 'CertificateRequest', [
      'shop-tls-1',
      { issuerRef: { name: 'letsencrypt', kind: 'Issuer' }, request: 'eA==' },
      ['Approved', 'True', 'cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
      ['Ready', 'False', 'Pending', message],
    ]),
    by,
  )
const issuer = (): KubeObject =>
  custom(cm, 'Issuer', [
    'letsencrypt',
    { acme: { server: 'https://acme-v02.api.letsencrypt.org/directory', privateKeySecretRef: { name: 'le' } } },
    ['Ready', 'True', 'ACMEAccountRegistered', 'The ACME account was registered with the ACME server'],
  ])
function challenged(): KubeObject[] {
  const cert = certificate()
  const request = requested(cert, 'Waiting on certificate issuance from order apps/shop-tls-1-2268860154: "pending"')
  const order = owned(
    object('acme.cert-manager.io/v1', 'Order', 'shop-tls-1-2268860154', {
      spec: { dnsNames: ['shop.acme.io'] },
      status: { state: 'pending' },
    }),
    request,
  )
  const challenge = owned(
    object('acme.cert-manager.io/v1', 'Challenge', 'shop-tls-1-2268860154-317957944', {
      spec: { dnsName: 'shop.acme.io', type: 'HTTP-01', solver: { http01: { ingress: { class: 'nginx' } } } },
      status: {
        presented: true,
        processing: true,
        state: 'pending',
        reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
      },
    }),
    order,
  )
  return [cert, request, order, challenge, issuer(), ...around()]
}
function unissued(): KubeObject[] {
  const cert = certificate()
  return [cert, requested(cert, 'Referenced "Issuer" not found: issuer.cert-manager.io "letsencrypt" not found'), ...around()]
}
function limited(): KubeObject[] {
  const cert = certificate()
  const request = requested(cert, 'Waiting on certificate issuance from order apps/shop-tls-1-77: ""')
  const order = owned(
    object('acme.cert-manager.io/v1', 'Order', 'shop-tls-1-77', {
      spec: { dnsNames: ['shop.acme.io'] },
      status: {
        state: 'errored',
        reason:
          'Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-01-03 10:12:44 UTC',
      },
    }),
    request,
  )
  return [cert, request, order, issuer(), ...around()]
}
const eso = 'external-secrets.io/v1'
const external = (message: string, reason = 'SecretSyncedError'): KubeObject =>
  custom(eso, 'ExternalSecret', [
    'db',
    {
      refreshInterval: '1h',
      secretStoreRef: { name: 'vault', kind: 'SecretStore' },
      target: { name: 'db' },
      data: [{ secretKey: 'password', remoteRef: { key: 'prod/db' } }],
    },
    ['Ready', 'False', reason, message],
  ])
const store = (...said: readonly [string, string, string]): KubeObject =>
  custom(eso, 'SecretStore', [
    'vault',
    {
      provider: {
        vault: { server: 'https://vault.acme.io:8200', path: 'secret', auth: { kubernetes: { mountPath: 'kubernetes', role: 'shop' } } },
      },
    },
    ['Ready', ...said],
  ])
const validStore = (): KubeObject => store('True', 'Valid', 'store validated')

export const appliesPractice = [
  ...three('a selector that matches nothing', [
    [
      'a StatefulSet that is refused',
      refuses(
        'StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps "db" is invalid: spec.template.metadata.labels: Invalid value: {"app":"database"}: `selector` does not match template `labels`',
      ),
      /StatefulSet\/apps\/db|Kustomization\/flux-system\/shop/,
      /does not match template/,
    ],
    [
      'a Service without pods',
      [
        object('v1', 'Service', 'web', {
          spec: {
            type: 'ClusterIP',
            clusterIP: '10.96.3.4',
            selector: { app: 'web-frontend' },
            ports: [{ name: 'http', port: 80, targetPort: 8080 }],
          },
          status: { loadBalancer: {} },
        }),
        ...runs('web'),
        object('discovery.k8s.io/v1', 'EndpointSlice', 'web-abcde', {
          metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
          addressType: 'IPv4',
          endpoints: [],
          ports: [],
        }),
        ...around(),
      ],
      /Service\/apps\/web/,
      /web-frontend|selector/,
    ],
    [
      'a Deployment of a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app.kubernetes.io/name":"web", "tier":"front"}: `selector` does not match template `labels`',
      ]),
      /Deployment\/apps\/web|HelmRelease\/apps\/web/,
      /does not match template/,
    ],
  ]),
  ...three('a kind that is not installed', [
    [
      'a release',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first',
      ]),
      /ServiceMonitor|CustomResourceDefinition|HelmRelease\/apps\/web/,
      /ServiceMonitor/,
    ],
    [
      'the whole group',
      refuses(
        'Middleware/apps/auth dry-run failed: failed to get API group resources: unable to retrieve the complete list of server APIs: traefik.io/v1alpha1: the server could not find the requested resource',
      ),
      /Middleware|CustomResourceDefinition|Kustomization\/flux-system\/shop/,
      /traefik\.io\/v1alpha1/,
      /CustomResourceDefinition/,
    ],
    [
      'one kind',
      refuses('ClusterPolicy/require-labels dry-run failed: no matches for kind "ClusterPolicy" in version "kyverno.io/v1"'),
      /ClusterPolicy|CustomResourceDefinition|Kustomization\/flux-system\/shop/,
      /ClusterPolicy/,
    ],
  ]),
  ...three('a field that cannot change', [
    [
      'a claim',
      refuses(
        'PersistentVolumeClaim/apps/data dry-run failed (Invalid): PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -1,7 +1,7 @@\n {\n  "AccessModes": [\n-  "ReadWriteOnce"\n+  "ReadWriteMany"\n  ],\n',
        [claim('data', { storageClassName: 'gp3', volumeName: 'pvc-1' }, 'Bound')],
      ),
      /PersistentVolumeClaim\/apps\/data|Kustomization\/flux-system\/shop/,
      /immutable after creation/,
    ],
    [
      'a role binding',
      refuses(
        'RoleBinding/apps/deployers dry-run failed (Invalid): RoleBinding.rbac.authorization.k8s.io "deployers" is invalid: roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"admin"}: cannot change roleRef',
        [
          object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'deployers', {
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'edit' },
            subjects: [],
          }),
        ],
      ),
      /RoleBinding\/apps\/deployers|Kustomization\/flux-system\/shop/,
      /cannot change roleRef/,
    ],
    [
      'a StatefulSet of a release',
      releases(
        'db',
        [
          'UpgradeFailed',
          "Helm upgrade failed for release apps/db with chart db@1.2.3: cannot patch \"db\" with kind StatefulSet: StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ],
        {
          made: [
            {
              ...(app('db', { kind: 'StatefulSet' })[0] as KubeObject),
              status: {
                observedGeneration: 1,
                replicas: 1,
                readyReplicas: 1,
                availableReplicas: 1,
                currentReplicas: 1,
                updatedReplicas: 1,
                currentRevision: 'db-5d7',
                updateRevision: 'db-5d7',
              },
            } as KubeObject,
          ],
        },
      ),
      /StatefulSet\/apps\/db|HelmRelease\/apps\/db/,
      /statefulset spec for fields other than/,
    ],
  ]),
  ...three('a quota is used up', [
    [
      'a StatefulSet without limits',
      [
        ...waits(
          podless(
            'StatefulSet',
            'db',
            'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: failed quota: compute: must specify limits.cpu for: db; limits.memory for: db',
          ),
        ),
        quota('compute', { 'limits.cpu': '8', 'limits.memory': '8Gi' }, { 'limits.cpu': '1', 'limits.memory': '1Gi' }),
      ],
      /StatefulSet\/apps\/db|ResourceQuota\/apps\/compute/,
      /must specify limits/,
    ],
    [
      'memory',
      [
        ...waits(
          app('web', {
            failure:
              'pods "web-7c9d8b6f5d-" is forbidden: exceeded quota: compute, requested: limits.memory=2Gi, used: limits.memory=7Gi, limited: limits.memory=8Gi',
            container: { resources: { limits: { memory: '2Gi' } } },
          }),
        ),
        quota('compute', { 'limits.memory': '8Gi' }, { 'limits.memory': '7Gi' }),
      ],
      /ResourceQuota\/apps\/compute|ReplicaSet\/apps\/web|Deployment\/apps\/web/,
      /exceeded quota: compute/,
    ],
    [
      'storage',
      [
        ...refuses(
          'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "data" is forbidden: exceeded quota: storage, requested: requests.storage=100Gi, used: requests.storage=450Gi, limited: requests.storage=500Gi',
        ),
        quota('storage', { 'requests.storage': '500Gi' }, { 'requests.storage': '450Gi' }),
      ],
      /ResourceQuota\/apps\/storage|PersistentVolumeClaim\/apps\/data|Kustomization\/flux-system\/shop/,
      /exceeded quota: storage/,
    ],
  ]),
  ...three('a webhook denies', [
    [
      'the pods of a Job, by Gatekeeper',
      waits(
        podless(
          'Job',
          'migrate',
          'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [container-must-have-limits] container <migrate> has no resource limits',
        ),
      ),
      /Job\/apps\/migrate/,
      /container-must-have-limits/,
    ],
    [
      'Kyverno',
      refuses(
        "Deployment/apps/web dry-run failed (Forbidden): admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\ndisallow-latest-tag:\n  autogen-validate-image-tag: 'validation error: Using a mutable image tag e.g. ''latest'' is not allowed. rule autogen-validate-image-tag failed at path /spec/template/spec/containers/0/image/'",
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop|ClusterPolicy/,
      /disallow-latest-tag/,
    ],
    [
      'a policy of the API server',
      releases('web', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: cannot patch "web" with kind Deployment: deployments.apps "web" is forbidden: ValidatingAdmissionPolicy \'replicalimit.acme.io\' with binding \'replicalimit-binding\' denied request: failed expression: object.spec.replicas <= 5',
      ]),
      /Deployment\/apps\/web|HelmRelease\/apps\/web|ValidatingAdmissionPolicy/,
      /replicalimit\.acme\.io/,
    ],
  ]),
  ...three('rights are missing', [
    [
      'a release with an account of its own',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: could not get information about the resource ConfigMap "web" in namespace "apps": configmaps "web" is forbidden: User "system:serviceaccount:apps:deployer" cannot get resource "configmaps" in API group "" in the namespace "apps"',
        ],
        { spec: { serviceAccountName: 'deployer' } },
      ).concat(object('v1', 'ServiceAccount', 'deployer')),
      /ServiceAccount\/apps\/deployer|HelmRelease\/apps\/web|Role/,
      /cannot get resource "configmaps"/,
    ],
    [
      'an operator that may not list',
      waits(
        app('external-dns', {
          phase: 'Running',
          state: loops('external-dns', 1),
          log: 'time="2026-01-01T00:00:00Z" level=info msg="Instantiating new Kubernetes client"\nE0101 00:00:01.221002       1 reflector.go:158] "Unhandled Error" err="pkg/mod/k8s.io/client-go/tools/cache/reflector.go:243: Failed to watch *v1.Ingress: failed to list *v1.Ingress: ingresses.networking.k8s.io is forbidden: User \\"system:serviceaccount:apps:default\\" cannot list resource \\"ingresses\\" in API group \\"networking.k8s.io\\" at the cluster scope"\ntime="2026-01-01T00:01:00Z" level=fatal msg="failed to sync *v1.Ingress: context deadline exceeded"',
          said: [['BackOff', 'Back-off restarting failed container external-dns in pod external-dns-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
        }),
      ),
      /ServiceAccount\/apps\/default|Pod\/apps\/external-dns|Deployment\/apps\/external-dns|ClusterRole/,
      /cannot list resource/,
    ],
    [
      'a role that gives more than the tenant has',
      refuses(
        'ClusterRole/view-logs dry-run failed (Forbidden): clusterroles.rbac.authorization.k8s.io "view-logs" is forbidden: user "system:serviceaccount:flux-system:team-a" (groups=["system:serviceaccounts" "system:serviceaccounts:flux-system" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}',
        [],
        { serviceAccountName: 'team-a' },
      ).concat(within(fluxNs, object('v1', 'ServiceAccount', 'team-a'))),
      /ServiceAccount\/flux-system\/team-a|ClusterRole\/(?:.*\/)?view-logs|Kustomization\/flux-system\/shop/,
      /permissions not currently held/,
    ],
  ]),
  ...three('a webhook does not answer', [
    [
      'the injector of sidecars',
      waits(
        app('web', {
          failure:
            'Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/inject?timeout=10s": dial tcp 10.96.12.4:443: connect: connection refused',
        }),
      ).concat(asleep()),
      /istiod/,
      /sidecar-injector\.istio\.io.*connection refused|replicas/,
    ],
    [
      'its certificate is not trusted',
      refuses(
        'Ingress/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ).concat(answering()),
      /ingress-nginx|validate\.nginx|Ingress\/apps\/web|Kustomization\/flux-system\/shop/,
      /validate\.nginx\.ingress.*unknown authority/,
    ],
    [
      'cert-manager has no endpoints',
      refuses(
        'Certificate/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": no endpoints available for service "cert-manager-webhook"',
      ).concat(unplaced()),
      /cert-manager-webhook/,
      /no endpoints available|Insufficient memory/,
    ],
  ]),
  ...three('a pod is not allowed by Pod Security', [
    [
      'a DaemonSet',
      waits(
        podless(
          'DaemonSet',
          'node-agent',
          'Error creating: pods "node-agent-x7k2p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), allowPrivilegeEscalation != false (container "node-agent" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "node-agent" must set securityContext.capabilities.drop=["ALL"])',
        ),
      ).concat(namespace('apps', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } })),
      /DaemonSet\/apps\/node-agent|Namespace\/(?:.*\/)?apps/,
      /violates PodSecurity "restricted/,
    ],
    [
      'the kubelet says it',
      waits(
        app('web', {
          pod: { securityContext: { runAsNonRoot: true } },
          state: wait(
            'CreateContainerConfigError',
            'container has runAsNonRoot and image will run as root (pod: "web-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)", container: web)',
          ),
          said: [
            [
              'Failed',
              'Error: container has runAsNonRoot and image will run as root (pod: "web-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)", container: web)',
            ],
          ],
        }),
      ),
      /Pod\/apps\/web|Deployment\/apps\/web/,
      /runAsNonRoot/,
    ],
    [
      'a Deployment',
      waits(
        app('web', {
          failure: 'pods "web-7c9d8b6f5d-z4" is forbidden: violates PodSecurity "baseline:v1.30": hostPath volumes (volume "host")',
          pod: { volumes: [{ name: 'host', hostPath: { path: '/var/log' } }] },
        }),
      ).concat(namespace('apps', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } })),
      /ReplicaSet\/apps\/web|Deployment\/apps\/web|Namespace\/(?:.*\/)?apps/,
      /violates PodSecurity "baseline/,
    ],
  ]),
  ...three('a namespace is going', [
    [
      'a release into it',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release legacy/web with chart web@1.2.3: failed to create resource: secrets "web" is forbidden: unable to create new content in namespace legacy because it is being terminated',
        ],
        { spec: { targetNamespace: 'legacy' } },
      ).concat(gone('legacy', ...holds), kafka()),
      /Namespace\/(?:.*\/)?legacy|HelmRelease\/apps\/web/,
      /being terminated|finalizers remaining/,
    ],
    [
      'asked about itself',
      [gone('legacy', ...holds), kafka(), ...around()],
      /Namespace\/(?:.*\/)?legacy|Kafka/,
      /strimzi\.io\/kafka-cleanup|kafkas\.kafka\.strimzi\.io/,
    ],
    [
      'an API that does not answer holds it',
      refuses(
        'ConfigMap/legacy/settings dry-run failed (Forbidden): configmaps "settings" is forbidden: unable to create new content in namespace legacy because it is being terminated',
      ).concat(gone('legacy', ...stale)),
      /Namespace\/(?:.*\/)?legacy|APIService|Kustomization\/flux-system\/shop/,
      /being terminated|metrics\.k8s\.io/,
    ],
  ]),
  ...three('a certificate is not issued', [
    [
      'the challenge is not answered',
      challenged(),
      /Challenge\/apps\/shop-tls|Certificate\/apps\/shop-tls|Order\/apps\/shop-tls/,
      /wrong status code '404'/,
    ],
    [
      'no issuer',
      unissued(),
      /Issuer\/apps\/letsencrypt|CertificateRequest\/apps\/shop-tls|Certificate\/apps\/shop-tls/,
      /"letsencrypt" not found/,
    ],
    ['the authority limits', limited(), /Order\/apps\/shop-tls|Certificate\/apps\/shop-tls/, /too many certificates/],
  ]),
  ...three('a secret is not synced', [
    [
      'the store is not let in',
      [
        external('SecretStore "vault" is not ready'),
        store(
          'False',
          'InvalidProviderConfig',
          'unable to log in to auth method: unable to log in with Kubernetes auth: Error making API request.\n\nURL: PUT https://vault.acme.io:8200/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied',
        ),
        ...around(),
      ],
      /SecretStore\/apps\/vault/,
      /permission denied/,
    ],
    [
      'AWS denies',
      [
        external(
          'error processing spec.data[0] (key: prod/db), err: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 8a1, api error AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/eso/session is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db because no identity-based policy allows the secretsmanager:GetSecretValue action',
        ),
        validStore(),
        ...around(),
      ],
      /ExternalSecret\/apps\/db/,
      /AccessDeniedException/,
    ],
    [
      'a pod waits for it',
      waits([
        ...app('api', {
          container: { env: [{ name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] },
          state: wait('CreateContainerConfigError', 'secret "db" not found'),
          said: [['Failed', 'Error: secret "db" not found']],
        }),
      ]).concat(external('error processing spec.data[0] (key: prod/db), err: Secret does not exist'), validStore()),
      /ExternalSecret\/apps\/db/,
      /Secret does not exist/,
    ],
  ]),
]
