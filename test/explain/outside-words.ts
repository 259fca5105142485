import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { claim, type Condition, conditions, event, global, object, release } from './objects.ts'
import { asking, crash, helmed, inNamespace, serves, thrice, waited } from './outside-kit.ts'
import { alone, app, type App, loops, noEnds, pulls, refuses, releases, service, waits } from './practice.ts'
import { failing, fleet, fluxNs, isWell, runs } from './whole.ts'

const installs = (why: string, made: readonly KubeObject[] = []): KubeObject[] =>
  releases('web', ['InstallFailed', `Helm install failed for release apps/web with chart web@1.2.3: ${why}`], { made })
const upgrades = (why: string): KubeObject[] =>
  releases('web', ['UpgradeFailed', `Helm upgrade failed for release apps/web with chart web@1.2.3: ${why}`])
/** What stands in another namespace, with its Service. */
const inSystem = (
  namespace: string,
  name: string,
  [log, spec]: readonly [string, JsonObject],
  shape: Parameters<typeof app>[1] = crash(name, 1, log),
): KubeObject[] => inNamespace(namespace, [...app(name, shape), service(name, { selector: { app: name }, ...spec }), noEnds(name)])

/** What a Kustomization applied and waits for, and what others brought into other namespaces. */
const applied = (all: readonly KubeObject[]): KubeObject[] => {
  const own = (o: KubeObject): boolean => (o.metadata.namespace ?? 'apps') === 'apps'
  return [...waits(all.filter(own)), ...all.filter(o => !own(o))]
}

/** A database whose claim is not bound. */
const unbound = app('db', {
  kind: 'StatefulSet',
  scheduled: ['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'],
  pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
})

const system: FaultCase[] = [
  ...thrice('DNS of the cluster', [
    [
      'its pods loop, a program finds no name',
      applied([
        ...app(
          'api',
          crash(
            'api',
            1,
            'dial tcp: lookup orders.shop.svc.cluster.local on 10.96.0.10:53: read udp 10.42.1.17:41022->10.96.0.10:53: read: connection refused',
          ),
        ),
        ...kubeDns(
          crash(
            'coredns',
            1,
            '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO 4547991504243258144.3688648895315093531."',
          ),
        ),
      ]),
      /kube-system\/coredns/,
      /plugin\/loop/,
      /./,
    ],
    [
      'a source finds no host',
      [
        failing('shop', ['ArtifactFailed', 'Source artifact not found, retrying in 30s'], {
          spec: { sourceRef: { kind: 'GitRepository', name: 'apps' } },
        }),
        ...gitFails('dial tcp: lookup github.com on 10.96.0.10:53: read udp 10.42.1.5:39900->10.96.0.10:53: i/o timeout'),
        ...kubeDns({
          scheduled: [
            'PodScheduled',
            'False',
            'Unschedulable',
            '0/2 nodes are available: 2 node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}.',
          ],
        }),
      ],
      /coredns|kube-dns/,
      /uninitialized/,
      /./,
    ],
    [
      'its configuration does not load',
      applied([
        ...app('api', crash('api', 1, 'Error: getaddrinfo EAI_AGAIN orders.shop.svc.cluster.local')),
        ...kubeDns(crash('coredns', 1, "/etc/coredns/Corefile:12 - Error during parsing: Unknown directive 'fowrard'")),
      ]),
      /kube-system\/coredns/,
      /fowrard/,
      /./,
    ],
  ]),
  ...thrice('what serves metrics', [
    [
      'its certificate of a node',
      [
        hpa(
          'unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
        ),
        ...alone(runs('web')),
        ...inSystem('kube-system', 'metrics-server', ['', {}], {
          phase: 'Running',
          state: { ...serves('metrics-server'), ready: false },
          said: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 500']],
          log: 'E0101 00:00:00.000000       1 scraper.go:149] "Failed to scrape node" err="Get \\"https://10.0.0.11:10250/metrics/resource\\": tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.11 because it doesn\'t contain any IP SANs" node="worker-1"',
        }),
      ],
      /metrics-server/,
      /IP SANs/,
      /./,
    ],
    [
      'its image',
      [
        hpa(
          'unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
        ),
        ...alone(runs('web')),
        ...inNamespace(
          'kube-system',
          pulls(
            'metrics-server',
            'registry.k8s.io/metrics-server/metrics-server:v0.99.0',
            'rpc error: code = NotFound desc = failed to pull and unpack image "registry.k8s.io/metrics-server/metrics-server:v0.99.0": failed to resolve reference "registry.k8s.io/metrics-server/metrics-server:v0.99.0": registry.k8s.io/metrics-server/metrics-server:v0.99.0: not found',
          ),
        ),
      ],
      /metrics-server/,
      /v0\.99\.0: not found/,
      /image|tag/i,
    ],
    [
      'it is not there',
      [
        hpa('unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'),
        ...alone(runs('web')),
      ],
      /HorizontalPodAutoscaler\/apps\/web/,
      /no custom metrics API/,
      /metrics/i,
    ],
  ]),
  ...thrice('driver of volumes', [
    [
      'its controller may not',
      applied([
        ...unbound,
        ...waitingClaim('ebs.csi.aws.com'),
        ...inNamespace(
          'kube-system',
          app(
            'ebs-csi-controller',
            crash(
              'ebs-csi-controller',
              1,
              'E0101 00:00:00.000000 1 main.go:154] "Failed to create driver" err="could not get metadata from AWS: EC2 IMDS is not available and Kubernetes node metadata is not available"',
            ),
          ),
        ),
      ]),
      /ebs-csi-controller/,
      /could not get metadata from AWS/,
      /./,
    ],
    [
      'its controller is at no replica',
      applied([...unbound, ...waitingClaim('nfs.csi.k8s.io')]),
      /data-db-0|nfs/,
      /nfs\.csi\.k8s\.io/,
      /provisioner|driver/i,
    ],
    [
      'its pod on the node loops',
      applied([
        ...app('web', {
          state: { state: { waiting: { reason: 'ContainerCreating' } } },
          said: [
            [
              'FailedMount',
              'MountVolume.MountDevice failed for volume "pvc-9" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
            ],
          ],
          pod: { volumes: [{ name: 'f', persistentVolumeClaim: { claimName: 'files' } }] },
        }),
        claim('files', { volumeName: 'pvc-9', storageClassName: 'efs' }, 'Bound'),
        ...inNamespace(
          'kube-system',
          app(
            'efs-csi-node',
            crash('efs-csi-node', 1, 'F0101 00:00:00.000000 1 main.go:60] could not create unix socket: bind: address already in use', {
              kind: 'DaemonSet',
            }),
          ),
        ),
      ]),
      /apps\/web|efs-csi-node/,
      /efs\.csi\.aws\.com|address already in use/,
      /driver|socket|port/i,
    ],
  ]),
  ...thrice('source-controller', [
    [
      'it does not answer as it is out of memory',
      [
        failing('shop', [
          'ArtifactFailed',
          'failed to download archive: GET http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz giving up after 10 attempt(s): Get "http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz": dial tcp 10.96.5.5:80: connect: connection refused',
        ]),
        fleet(),
        isWell('catalog'),
        ...inNamespace(fluxNs, [
          ...app('source-controller', { phase: 'Running', state: loops('source-controller', 137, { reason: 'OOMKilled' }) }),
          service('source-controller', { selector: { app: 'source-controller' } }),
          noEnds('source-controller'),
        ]),
      ],
      /source-controller/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'a release finds no chart with it',
      [
        release(
          'web',
          {},
          [
            'False',
            'ArtifactFailed',
            'Could not load chart: failed to download chart: Get "http://source-controller.flux-system.svc.cluster.local./helmchart/apps/apps-web/web-1.2.3.tgz": dial tcp 10.96.5.5:80: connect: connection refused',
          ],
          { helmChart: 'apps/apps-web' },
        ),
        ...releases('other', ['InstallFailed', 'x']).filter(o => o.kind === 'HelmRepository'),
        ...inNamespace(fluxNs, [
          ...app('source-controller', {
            state: { state: { waiting: { reason: 'ContainerCreating' } } },
            said: [['FailedMount', 'MountVolume.SetUp failed for volume "ca" : configmap "corp-ca" not found']],
            pod: { volumes: [{ name: 'ca', configMap: { name: 'corp-ca' } }] },
          }),
          service('source-controller', { selector: { app: 'source-controller' } }),
          noEnds('source-controller'),
        ]),
      ],
      /source-controller|corp-ca/,
      /corp-ca/,
      /corp-ca|ConfigMap/,
    ],
    [
      'its disk is full',
      [
        failing('shop', ['ArtifactFailed', 'failed to download archive: mkdir /tmp/kustomization-2231: no space left on device']),
        fleet(),
        isWell('catalog'),
      ],
      /./,
      /no space left on device/,
      /space|disk|volume|emptyDir/i,
    ],
  ]),
]
function kubeDns(shape: Parameters<typeof app>[1]): KubeObject[] {
  return inNamespace('kube-system', [
    ...app('coredns', shape),
    service('kube-dns', { clusterIP: '10.96.0.10', selector: { app: 'coredns' }, ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }),
    noEnds('kube-dns'),
  ])
}
function gitFails(why: string): KubeObject[] {
  const message = `failed to checkout and determine revision: unable to clone 'https://github.com/org/apps': Get "https://github.com/org/apps/info/refs?service=git-upload-pack": ${why}`
  const made = object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'apps', {
    spec: { url: 'https://github.com/org/apps', interval: '1m', ref: { branch: 'main' } },
    status: {
      observedGeneration: 1,
      conditions: conditions(['Ready', 'False', 'GitOperationFailed', message], ['FetchFailed', 'True', 'GitOperationFailed', message]),
    },
  })
  return [...inNamespace(fluxNs, [made]), fleet(), isWell('catalog')]
}
function hpa(why: string): KubeObject {
  const said: Condition[] = [
    ['AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
    [
      'ScalingActive',
      'False',
      'FailedGetResourceMetric',
      `the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: ${why}`,
    ],
  ]
  return object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: { minReplicas: 2, maxReplicas: 6, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [] },
    status: { currentReplicas: 1, desiredReplicas: 0, conditions: conditions(...said) },
  })
}
function waitingClaim(driver: string): KubeObject[] {
  const one = claim('data-db-0', { storageClassName: 'disks' })
  const why = `Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  return [
    one,
    event(one, 'ExternalProvisioning', why, { type: 'Normal', count: 400 }),
    global('storage.k8s.io/v1', 'StorageClass', 'disks', { provisioner: driver, volumeBindingMode: 'Immediate' }),
  ]
}

const gated: Condition = ['PodScheduled', 'False', 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates']
const words: FaultCase[] = [
  ...thrice('pod that nobody schedules', [
    [
      'a scheduler that is not there',
      asking(
        'Pod',
        alone(
          app('train', {
            kind: 'Job',
            pod: { schedulerName: 'volcano' },
            phase: 'Pending',
            scheduled: ['PodScheduled', 'False', '', ''],
          }).map(o => (o.kind === 'Pod' ? ({ ...o, status: { phase: 'Pending' } } as KubeObject) : o)),
        ),
      ),
      /apps\/train/,
      /volcano/,
      /scheduler/i,
    ],
    [
      'gates',
      waited('train', { kind: 'Job', scheduled: gated, pod: { schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }] } }),
      /apps\/train/,
      /scheduling gates|kueue/i,
      /gate|kueue|queue/i,
    ],
    [
      'nodes that the cloud has not made known',
      waited('web', {
        scheduled: [
          'PodScheduled',
          'False',
          'Unschedulable',
          '0/2 nodes are available: 2 node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
        ],
      }),
      /apps\/web|Node/,
      /uninitialized/,
      /cloud|taint|tolerat/i,
    ],
  ]),
  ...thrice('image that the runtime cannot use', [
    [
      'no room for it',
      waited(
        'web',
        image(
          'failed to pull and unpack image "registry.example.com/shop/web:2.4.1": failed to extract layer sha256:9f1c: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/881/fs/usr/lib/libLLVM.so: no space left on device',
        ),
      ),
      /apps\/web|worker-1/,
      /no space left/,
      /disk|space|node/i,
    ],
    [
      'an old manifest',
      waited(
        'web',
        image(
          'failed to pull and unpack image "registry.example.com/shop/web:2.4.1": unsupported manifest media type: media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.docker.distribution.manifest.v2+json" or "application/vnd.oci.image.manifest.v1+json"',
        ),
      ),
      /apps\/web/,
      /prettyjws/,
      /rebuild|image|manifest|push|build/i,
    ],
    [
      'its policy of signatures, CRI-O',
      waited('web', {
        ...image('SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists'),
        state: {
          state: {
            waiting: {
              reason: 'SignatureValidationFailed',
              message:
                'image pull failed for registry.example.com/shop/web:2.4.1 because the signature validation failed: Source image rejected: A signature was required, but no signature exists',
            },
          },
        },
      }),
      /apps\/web/,
      /signature was required/,
      /sign|polic/i,
    ],
  ]),
  ...thrice('health check that can never be met', [
    [
      'it names an object that is not there',
      [
        failing(
          'shop',
          ['HealthCheckFailed', "health check failed after 3m0.01s: timeout waiting for: [Deployment/apps/wbe status: 'NotFound']"],
          {
            spec: { healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'wbe', namespace: 'apps' }] },
            owns: runs('web').slice(0, 1),
          },
        ),
        fleet(),
        ...runs('web'),
      ],
      /shop|wbe/,
      /wbe/,
      /healthChecks|name|create/i,
    ],
    [
      'its expression',
      [
        failing(
          'shop',
          [
            'HealthCheckFailed',
            "health check failed after 3m0.01s: timeout waiting for: [Certificate/apps/tls status: 'Unknown': failed to evaluate the CEL expression 'status.conditionss.exists(e, e.type == 'Ready')': no such key: conditionss]",
          ],
          {
            spec: {
              wait: true,
              healthCheckExprs: [
                { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', current: "status.conditionss.exists(e, e.type == 'Ready')" },
              ],
            },
          },
        ),
        fleet(),
        object('cert-manager.io/v1', 'Certificate', 'tls', {
          spec: { secretName: 'tls', issuerRef: { name: 'ca' } },
          status: { conditions: conditions(['Ready', 'True', 'Ready', 'Certificate is up to date and has not expired']) },
        }),
      ],
      /shop/,
      /conditionss/,
      /expression|healthCheckExprs|CEL/i,
    ],
    [
      'a claim that nobody uses yet',
      (() => {
        const one = claim('spare', { storageClassName: 'gp3' })
        const said = "health check failed after 3m0.01s: timeout waiting for: [PersistentVolumeClaim/apps/spare status: 'InProgress']"
        return [
          failing('shop', ['HealthCheckFailed', said], { spec: { wait: true }, owns: [one] }),
          ...alone([one]),
          event(one, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', { type: 'Normal' }),
        ]
      })(),
      /spare/,
      /first consumer|WaitForFirstConsumer/,
      /./,
    ],
  ]),
  ...thrice('template of a chart', [
    [
      'a function that Helm does not know',
      upgrades('parse error at (web/templates/_helpers.tpl:42): function "toTomll" not defined'),
      /web/,
      /toTomll/,
      /template|chart|helm|function/i,
    ],
    [
      'YAML that is none',
      installs('YAML parse error on web/templates/service.yaml: error converting YAML to JSON: yaml: line 12: did not find expected key'),
      /web/,
      /service\.yaml/,
      /template|values|YAML|chart/i,
    ],
    [
      'a patch after rendering',
      waits(
        upgrades(
          'error while running post render on files: no matches for Id Deployment.v1.apps/frontend.[noNs]; failed to find unique target for patch Deployment.v1.apps/frontend.[noNs]',
        ),
      ),
      /web/,
      /frontend/,
      /postRenderers|patch|target/i,
    ],
  ]),
  ...thrice('object that is too large, or of a field too long', [
    [
      'annotations',
      refuses(
        'CustomResourceDefinition/prometheuses.monitoring.coreos.com dry-run failed (Invalid): CustomResourceDefinition.apiextensions.k8s.io "prometheuses.monitoring.coreos.com" is invalid: metadata.annotations: Too long: must have at most 262144 bytes',
      ),
      /shop|prometheuses/,
      /262144/,
      /annotation|server-side|size|field|small|large/i,
    ],
    [
      'a ConfigMap',
      refuses('ConfigMap/apps/dashboards dry-run failed (RequestEntityTooLarge): Request entity too large: limit is 3145728'),
      /shop|dashboards/,
      /too large/i,
      /size|split|small|large/i,
    ],
    [
      'a name',
      installs(
        'failed to create resource: Service "web-a-very-long-name-of-a-release-that-somebody-made-of-a-branch-of-git" is invalid: metadata.name: Invalid value: "web-a-very-long-name-of-a-release-that-somebody-made-of-a-branch-of-git": must be no more than 63 characters',
      ),
      /web/,
      /no more than 63 characters/,
      /name|short|field/i,
    ],
  ]),
  ...thrice('API server that does not get done', [
    [
      'its store is slow',
      refuses('Deployment/apps/web dry-run failed: etcdserver: request timed out'),
      /./,
      /etcdserver: request timed out/,
      /etcd|API server|control plane/i,
    ],
    [
      'a webhook is slow',
      refuses(
        'Deployment/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "mutate.acme.io": failed to call webhook: Post "https://acme-webhook.acme.svc:443/mutate?timeout=10s": context deadline exceeded',
      ),
      /./,
      /mutate\.acme\.io/,
      /webhook/i,
    ],
    [
      'a release loses it',
      upgrades(
        'Get "https://10.96.0.1:443/api/v1/namespaces/apps/secrets?labelSelector=name%3Dweb%2Cowner%3Dhelm": http2: client connection lost',
      ),
      /web|API/i,
      /client connection lost/,
      /API server|connection|network|retry|again|control plane/i,
    ],
  ]),
  ...thrice('balancer or ingress of a cloud', [
    [
      'ALB finds no subnets',
      (() => {
        const one = object('networking.k8s.io/v1', 'Ingress', 'shop', {
          spec: { ingressClassName: 'alb', rules: [] },
          status: { loadBalancer: {} },
        })
        return [
          one,
          event(
            one,
            'FailedBuildModel',
            "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet (0 match VPC and tags: [kubernetes.io/role/elb])",
          ),
          global('networking.k8s.io/v1', 'IngressClass', 'alb', { spec: { controller: 'ingress.k8s.aws/alb' } }),
          ...alone([]),
        ]
      })(),
      /Ingress\/apps\/shop/,
      /auto-discover subnets/,
      /subnet|event|message/i,
    ],
    [
      'the AWS controller may not',
      waits(
        (() => {
          const one = {
            ...service('web', { type: 'LoadBalancer', loadBalancerClass: 'service.k8s.aws/nlb', selector: { app: 'web' } }),
            status: { loadBalancer: {} },
          } as KubeObject
          return [
            one,
            event(
              one,
              'FailedDeployModel',
              'Failed deploy model due to operation error Elastic Load Balancing v2: CreateLoadBalancer, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: User: arn:aws:sts::123456789012:assumed-role/alb/1 is not authorized to perform: elasticloadbalancing:CreateLoadBalancer',
            ),
            ...runs('web'),
          ]
        })(),
      ),
      /Service\/apps\/web/,
      /AccessDenied|not authorized/,
      /right|role|polic|permission|grant|identity/i,
    ],
    [
      'nobody serves its class',
      [
        object('networking.k8s.io/v1', 'Ingress', 'shop', {
          spec: {
            ingressClassName: 'ngnix',
            rules: [
              {
                host: 'shop.example.com',
                http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
              },
            ],
          },
          status: { loadBalancer: {} },
        }),
        service('web', { selector: { app: 'web' } }),
        global('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }),
        ...alone(runs('web')),
      ],
      /ngnix|Ingress\/apps\/shop/,
      /ngnix/,
      /ingressClassName|class/i,
    ],
  ]),
  ...thrice('proxy beside a program', [
    [
      'Istio: its control plane does not run',
      waits([
        ...app('web', {
          phase: 'Running',
          pod: {
            containers: [
              { name: 'web', image: 'registry.example.com/shop/web:2.4.1' },
              { name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.24.0' },
            ],
          },
          status: {
            containerStatuses: [
              { name: 'web', ...serves('web') },
              { name: 'istio-proxy', ...serves('istio-proxy'), ready: false },
            ],
          },
          said: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503']],
          log: 'warning\tenvoy config\tDeltaAggregatedResources gRPC config stream to xds-grpc closed: 14, connection error: desc = "transport: Error while dialing: dial tcp: lookup istiod.istio-system.svc on 10.96.0.10:53: no such host"\nwarn\tEnvoy proxy is NOT ready: config not received from XDS server (is Istiod running?): cds updates: 0 successful, 0 rejected; lds updates: 0 successful, 0 rejected',
        }),
      ]),
      /apps\/web|istiod/,
      /Istiod running|no such host/,
      /./,
    ],
    [
      'Linkerd: its identity',
      waited('web', {
        ...besideWeb('linkerd-proxy', 'cr.l5d.io/linkerd/proxy:edge-24'),
        log: 'WARN ThreadId(02) identity:identity{server.addr=linkerd-identity-headless.linkerd.svc:8080}: linkerd_reconnect: Failed to connect error=endpoint 10.42.0.3:8080: invalid peer certificate: Expired',
      }),
      /apps\/web/,
      /invalid peer certificate: Expired/,
      /certificate|renew|expire/i,
    ],
    [
      'Cloud SQL: it may not',
      helmed('web', {
        ...besideWeb('cloud-sql-proxy', 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2'),
        log: 'The proxy has encountered a terminal error: unable to start: [acme:europe-west1:main] Unable to mount socket: failed to get instance: Refresh error: googleapi: Error 403: boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.connect on resource instances/main., forbidden',
      }),
      /apps\/web/,
      /cloudsql\.instances\.connect/,
      /permission|role|right|grant|identity/i,
    ],
  ]),
]
/** A program that serves, and a proxy beside it that loops. */
function besideWeb(proxy: string, proxyImage: string): App {
  return {
    phase: 'Running',
    pod: {
      containers: [
        { name: 'web', image: 'registry.example.com/shop/web:2.4.1' },
        { name: proxy, image: proxyImage },
      ],
    },
    status: {
      containerStatuses: [
        { name: 'web', ...serves('web') },
        { name: proxy, ...loops(proxy, 1) },
      ],
    },
  }
}
function image(message: string) {
  return {
    state: {
      state: {
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "registry.example.com/shop/web:2.4.1": ErrImagePull: ${message}`,
        },
      },
    },
    said: [['Failed', `Failed to pull image "registry.example.com/shop/web:2.4.1": ${message}`]] as const,
  }
}

export const outsideWords: FaultCase[] = [...system, ...words]
