import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { claim, conditions, event, global, object, ownedBy, past } from './objects.ts'
import {
  alone,
  app,
  type App,
  custom,
  initializing,
  loops,
  noEnds,
  pending,
  pulls,
  refuses,
  releases,
  runsOn,
  service,
  three,
  waits,
} from './practice.ts'
import { runs } from './whole.ts'

const workload = (name: string): RegExp => new RegExp(`(?:Pod|ReplicaSet|Deployment|StatefulSet|DaemonSet|Job|CronJob)/apps/${name}`)
const unplaced = (name: string, message: string, more: App = {}): KubeObject[] =>
  app(name, { scheduled: pending(message), said: [['FailedScheduling', message]], ...more })
const probed = (name: string, message: string, more: App = {}): KubeObject[] =>
  app(name, { phase: 'Running', state: runsOn, said: [['Unhealthy', message]], ...more })
/** A container that ends with a code, and what it printed. */
function crashes(name: string, [code, log]: readonly [number, string], more: App = {}): KubeObject[] {
  const end = { StatefulSet: '-0', DaemonSet: '-k2x9q' }[more.kind as string] ?? '-7c9d8b6f5d-k2x9q'
  const pod = `${name}${end}`
  return app(name, {
    phase: 'Running',
    state: loops(name, code, { pod }),
    said: [['BackOff', `Back-off restarting failed container ${name} in pod ${pod}_apps(1f0c2a7e)`]],
    log,
    ...more,
  })
}
const ended = (exitCode: number, reason: string): JsonObject => ({
  state: { terminated: { exitCode, reason, startedAt: past, finishedAt: past, containerID: 'containerd://4f' } },
})
const evicted = (name: string, message: string, kind: 'Deployment' | 'StatefulSet' = 'Deployment'): KubeObject[] =>
  app(name, {
    kind,
    phase: 'Failed',
    status: { phase: 'Failed', reason: 'Evicted', message, containerStatuses: [] },
    said: [['Evicted', message]],
  })
const below = (made: KubeObject, owner: KubeObject): KubeObject => ({ ...made, metadata: { ...made.metadata, ...ownedBy(owner) } })
function stored(
  name: string,
  [claimed, reason, message]: readonly [string, string, string],
  { spec = {}, type = 'Warning', kind = 'Deployment' as const } = {},
) {
  const pvc = claim(claimed, { storageClassName: 'gp3', ...spec })
  const unbound =
    '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'
  const all = unplaced(name, unbound, { kind, pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claimed } }] } })
  return waits(all, { more: [pvc, event(pvc, reason, message, { type })] })
}
/** A certificate that is not issued, down to what it stands at. */
function certificate(name: string, message: string): KubeObject[] {
  const waiting = 'Issuing certificate as Secret does not exist'
  const cert = custom('cert-manager.io/v1', 'Certificate', [
    name,
    { secretName: name, dnsNames: ['shop.example.com'], issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' } },
    ['Issuing', 'True', 'DoesNotExist', waiting],
    ['Ready', 'False', 'DoesNotExist', waiting],
  ])
  const asked = below(
    custom('cert-manager.io/v1', 'CertificateRequest', [
      `${name}-1`,
      { issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' } },
      ['Approved', 'True', 'cert-manager.io', 'Certificate request has been approved by cert-manager.io'],
      ['Ready', 'False', 'Pending', `Waiting on certificate issuance from order apps/${name}-1-2091: "pending"`],
    ]),
    cert,
  )
  const order = below(
    object('acme.cert-manager.io/v1', 'Order', `${name}-1-2091`, {
      spec: { dnsNames: ['shop.example.com'] },
      status: { state: 'pending' },
    }),
    asked,
  )
  const challenge = below(
    object('acme.cert-manager.io/v1', 'Challenge', `${name}-1-2091-77`, {
      spec: { dnsName: 'shop.example.com', type: 'HTTP-01' },
      status: { presented: true, processing: true, state: 'pending', reason: message },
    }),
    order,
  )
  const issuer = global('cert-manager.io/v1', 'ClusterIssuer', 'letsencrypt', {
    spec: { acme: {} },
    status: { conditions: conditions(['Ready', 'True', 'ACMEAccountRegistered', 'The ACME account was registered with the ACME server']) },
  })
  return [cert, asked, order, challenge, issuer]
}
function balancer(message: string): KubeObject[] {
  const edge = object('v1', 'Service', 'edge', {
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.14.9',
      selector: { app: 'catalog' },
      ports: [{ port: 443, targetPort: 8080, nodePort: 31443 }],
    },
    status: { loadBalancer: {} },
  })
  return [edge, event(edge, 'SyncLoadBalancerFailed', message)]
}

const starting = [
  ...three('field: an image does not come', [
    [
      'CRI-O, for a CronJob',
      alone(
        pulls(
          'report',
          'quay.io/acme/report:2025.1',
          'initializing source docker://quay.io/acme/report:2025.1: reading manifest 2025.1 in quay.io/acme/report: manifest unknown',
          { kind: 'CronJob' },
        ),
      ),
      workload('report'),
      /manifest unknown/,
      /image|tag/i,
    ],
    [
      'an architecture that was not built',
      waits(
        pulls(
          'render',
          'ghcr.io/acme/render:5.1',
          'failed to pull and unpack image "ghcr.io/acme/render:5.1": no match for platform in manifest: not found',
        ),
      ),
      workload('render'),
      /no match for platform/,
      /arch|platform/i,
    ],
    [
      'the registry has no address',
      waits(
        pulls(
          'mail',
          'harbor.corp.internal/shop/mail:3',
          'failed to pull and unpack image "harbor.corp.internal/shop/mail:3": failed to resolve reference "harbor.corp.internal/shop/mail:3": failed to do request: Head "https://harbor.corp.internal/v2/shop/mail/manifests/3": dial tcp: lookup harbor.corp.internal on 10.0.0.2:53: no such host',
          { kind: 'StatefulSet' },
        ),
      ),
      workload('mail'),
      /no such host/,
      /DNS|host|registry|image/i,
    ],
  ]),
  ...three('field: a selector is wrong', [
    [
      'a Deployment that does not select itself',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web-v2"}: `selector` does not match template `labels`',
      ),
      /Kustomization\/flux-system\/shop|Deployment\/apps\/web/,
      /does not match template/,
      /selector|label/i,
    ],
    [
      'a Service beside what it means',
      alone([service('checkout', { selector: { app: 'checkout-svc' } }), noEnds('checkout'), ...runs('checkout')]),
      /Service\/apps\/checkout/,
      /checkout-svc|selector/,
      /selector|label/i,
    ],
    [
      'of nodes',
      waits(
        unplaced(
          'train',
          "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
          { pod: { nodeSelector: { 'node.example.com/pool': 'gpu' } } },
        ),
      ),
      workload('train'),
      /node affinity\/selector/,
      /selector|affinity|label/i,
    ],
  ]),
  ...three('field: the wait for health is over', [
    [
      'a certificate whose challenge is not answered',
      waits(certificate('shop-tls', "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'")),
      /(?:Certificate|CertificateRequest|Order|Challenge)\/apps\/shop-tls/,
      /wrong status code '404'/,
      /challenge|HTTP-01|ingress|DNS|solver/i,
    ],
    [
      'Helm waits for a pod that is not ready',
      releases(
        'search',
        ['InstallFailed', 'Helm install failed for release apps/search with chart search@1.2.3: context deadline exceeded'],
        {
          made: probed('search', 'Readiness probe failed: HTTP probe failed with statuscode: 500', {
            container: { readinessProbe: { httpGet: { path: '/_cluster/health', port: 9200 } } },
          }),
        },
      ),
      workload('search'),
      /statuscode: 500/,
      /probe|log|ready/i,
    ],
    [
      'a load balancer that is not made',
      waits(
        balancer('Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB'),
      ),
      /Service\/apps\/edge/,
      /could not find any suitable subnets/,
      /load balancer|subnet|cloud/i,
    ],
  ]),
  ...three('field: a claim waits', [
    [
      'the driver has no rights in the cloud',
      stored('files', [
        'files-data',
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-2c1e": could not create volume in EC2: operation error EC2: CreateVolume, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded',
      ]),
      /PersistentVolumeClaim\/apps\/files-data/,
      /no EC2 IMDS role found/,
      /service account of the storage driver/,
    ],
    [
      'many writers on a disk',
      stored(
        'wiki',
        [
          'wiki-data',
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.',
        ],
        { spec: { accessModes: ['ReadWriteMany'] } },
      ),
      /PersistentVolumeClaim\/apps\/wiki-data/,
      /MULTI_NODE_MULTI_WRITER/,
      /accessModes/,
    ],
    [
      'a provisioner that does not run',
      stored(
        'media',
        [
          'media-data',
          'ExternalProvisioning',
          "Waiting for a volume to be created either by the external provisioner 'nfs.csi.k8s.io' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
        ],
        { type: 'Normal', spec: { storageClassName: 'nfs' } },
      ).concat(global('storage.k8s.io/v1', 'StorageClass', 'nfs', { provisioner: 'nfs.csi.k8s.io', volumeBindingMode: 'Immediate' })),
      /PersistentVolumeClaim\/apps\/media-data/,
      /nfs\.csi\.k8s\.io/,
      /provisioner|driver|csi/i,
    ],
  ]),
]

const running = [
  ...three('field: a program dies of its settings', [
    [
      'Spring without a database',
      waits(
        crashes('orders', [
          1,
          "  .   ____          _            __ _ _\n :: Spring Boot ::                (v3.3.4)\n\n2026-01-01T00:00:03.114Z  WARN 1 --- [main] ConfigServletWebServerApplicationContext : Exception encountered during context initialization - cancelling refresh attempt\n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nFailed to configure a DataSource: 'url' attribute is not specified and no embedded datasource could be configured.\n\nReason: Failed to determine a suitable driver class\n\n\nAction:\n\nConsider the following:\n\tIf you want an embedded database (H2, HSQL or Derby), please put it on the classpath.\n",
        ]),
      ),
      workload('orders'),
      /Failed to configure a DataSource/,
      /config|setting|url|log|database|environment/i,
    ],
    [
      '.NET without a connection string',
      waits(
        crashes(
          'ledger',
          [
            134,
            "info: Microsoft.Hosting.Lifetime[0]\n      Application is shutting down...\nUnhandled exception. System.ArgumentNullException: Value cannot be null. (Parameter 'connectionString')\n   at Microsoft.EntityFrameworkCore.Utilities.Check.NotEmpty(String value, String parameterName)\n   at Program.<Main>$(String[] args) in /src/Program.cs:line 21\n",
          ],
          { kind: 'StatefulSet' },
        ),
      ),
      workload('ledger'),
      /Value cannot be null.*connectionString/,
      /config|setting|log|connection|environment/i,
    ],
    [
      'Rails without a variable',
      waits(
        crashes('mailer', [
          1,
          "=> Booting Puma\n=> Rails 7.2.1 application starting in production \nExiting\n/app/config/initializers/redis.rb:3:in `fetch': key not found: \"REDIS_URL\" (KeyError)\n\tfrom /app/config/initializers/redis.rb:3:in `<main>'\n\tfrom /usr/local/bundle/gems/railties-7.2.1/lib/rails/engine.rb:689:in `load'\n",
        ]),
      ),
      workload('mailer'),
      /key not found: "REDIS_URL"/,
      /variable|environment|REDIS_URL|env/i,
    ],
  ]),
  ...three('field: a probe says no', [
    [
      'the wrong port of a DaemonSet',
      waits(
        probed(
          'exporter',
          'Readiness probe failed: Get "http://10.42.1.17:8081/healthz": dial tcp 10.42.1.17:8081: connect: connection refused',
          {
            kind: 'DaemonSet',
            container: { readinessProbe: { httpGet: { path: '/healthz', port: 8081 } } },
            log: 'time="2026-01-01T00:00:00Z" level=info msg="listening" addr=":8080"\n',
          },
        ),
      ),
      workload('exporter'),
      /8081.*connection refused/,
      /probe|port/i,
    ],
    [
      'unavailable until the database answers',
      waits(
        probed('api', 'Readiness probe failed: HTTP probe failed with statuscode: 503', {
          container: { readinessProbe: { httpGet: { path: '/actuator/health/readiness', port: 8080 } } },
          log: '2026-01-01T00:00:40.010Z  WARN 1 --- [nio-8080-exec-2] o.s.b.a.jdbc.DataSourceHealthIndicator : DataSource health check failed\norg.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC Connection\nCaused by: java.net.UnknownHostException: postgres.data.svc\n',
        }),
      ),
      workload('api'),
      /statuscode: 503[\s\S]*UnknownHostException/,
      /probe|log|database|host|DNS|connect/i,
    ],
    [
      'a command that the image has not',
      waits(
        probed(
          'mongo',
          'Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "c4a1": OCI runtime exec failed: exec failed: unable to start container process: exec: "mongo": executable file not found in $PATH: unknown',
          { kind: 'StatefulSet', container: { readinessProbe: { exec: { command: ['mongo', '--eval', 'db.adminCommand("ping")'] } } } },
        ),
      ),
      workload('mongo'),
      /executable file not found/,
      /probe|command|exec/i,
    ],
  ]),
  ...three('field: two want one port', [
    [
      'a node port',
      refuses(
        'Service/apps/edge dry-run failed (Invalid): Service "edge" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      ),
      /Kustomization\/flux-system\/shop|Service\/apps\/edge/,
      /port is already allocated/,
      /port/i,
    ],
    [
      'Tomcat',
      waits(
        crashes('web', [
          1,
          "***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nWeb server failed to start. Port 8080 was already in use.\n\nAction:\n\nIdentify and stop the process that's listening on port 8080 or configure this application to listen on another port.\n",
        ]),
      ),
      workload('web'),
      /Port 8080 was already in use/,
      /port/i,
    ],
    [
      'uvicorn',
      waits(
        crashes('api', [
          1,
          "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.\nERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use\nINFO:     Waiting for application shutdown.\nINFO:     Application shutdown complete.\n",
        ]),
      ),
      workload('api'),
      /address already in use/,
      /port|address/i,
    ],
  ]),
  ...three('field: memory runs out', [
    [
      'the heap of Java',
      waits(
        crashes(
          'search',
          [
            3,
            '[2026-01-01T00:01:02,001][INFO ][o.e.n.Node] started\njava.lang.OutOfMemoryError: Java heap space\nDumping heap to /tmp/java_pid1.hprof ...\nHeap dump file created [536870912 bytes in 4.1 secs]\nTerminating due to java.lang.OutOfMemoryError: Java heap space\n',
          ],
          { kind: 'StatefulSet' },
        ),
      ),
      workload('search'),
      /OutOfMemoryError: Java heap space/,
      /memory|heap/i,
    ],
    [
      'a Job that ended',
      alone(
        app('reindex', {
          kind: 'Job',
          phase: 'Failed',
          container: { resources: { limits: { memory: '512Mi' } } },
          state: ended(137, 'OOMKilled'),
        }),
      ),
      workload('reindex'),
      /OOMKilled/,
      /memory/i,
    ],
    [
      'an init container',
      waits(
        app('ml', {
          ...initializing(
            'ml',
            { name: 'fetch-model', image: 'ghcr.io/acme/fetch:2', resources: { limits: { memory: '128Mi' } } },
            loops('fetch-model', 137, { reason: 'OOMKilled' }),
          ),
          said: [['BackOff', 'Back-off restarting failed container fetch-model in pod ml-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
        }),
      ),
      workload('ml'),
      /OOMKilled/,
      /memory/i,
    ],
  ]),
  ...three('field: a node is under pressure', [
    [
      'the disk of the node',
      waits(
        evicted(
          'api',
          'The node was low on resource: ephemeral-storage. Threshold quantity: 2139512454, available: 1899Mi. Container api was using 9Gi, request is 0, has larger consumption of ephemeral-storage. ',
        ),
      ),
      /(?:Pod|ReplicaSet|Deployment)\/apps\/api|Node\//,
      /low on resource: ephemeral-storage/,
      /storage|disk|evict/i,
    ],
    [
      'no node takes it for now',
      waits(
        unplaced(
          'web',
          '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          { kind: 'StatefulSet' },
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/web|Node\//,
      /disk-pressure/,
      /disk|pressure|node/i,
    ],
    [
      'the memory of the node',
      waits(
        evicted(
          'worker',
          'The node was low on resource: memory. Threshold quantity: 100Mi, available: 63160Ki. Container worker was using 3214Mi, request is 256Mi, has larger consumption of memory. ',
          'StatefulSet',
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/worker|Node\//,
      /low on resource: memory/,
      /memory|evict/i,
    ],
  ]),
]
/** Faults of what runs. */
export const fieldRoundPods = [...starting, ...running]
