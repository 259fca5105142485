import { claim, conditions, event, global, object, past } from './objects.ts'
import { alone, app, config, headless, login, loops, pulls, refuses, releases, runsOn, secret, three, wait, waits } from './practice.ts'
import { asked, behind, fromAbove, held, homeless, later, program, gaveUp, over } from './unseen.ts'
import { runs } from './whole.ts'

const initOf = (name: string, state: object) => ({
  pod: { initContainers: [{ name: 'wait-for-db', image: 'busybox:1.36' }] },
  state: wait('PodInitializing', ''),
  status: { initContainerStatuses: [{ name: 'wait-for-db', image: 'busybox:1.36', ready: false, restartCount: 0, ...state }] },
  labels: { app: name },
})
/** Two containers, of which the second one ends again and again. */
const sidecar = (name: string, [other, image, code, reason]: readonly [string, string, number, string], log: string) =>
  app(name, {
    phase: 'Running',
    pod: {
      containers: [
        { name, image: `registry.example.com/shop/${name}:2.4.1` },
        { name: other, image },
      ],
    },
    status: {
      containerStatuses: [
        { name, image: `registry.example.com/shop/${name}:2.4.1`, ready: true, restartCount: 0, ...runsOn },
        { name: other, image, ready: false, ...loops(other, code, { reason }) },
      ],
    },
    log,
    said: [['BackOff', `Back-off restarting failed container ${other} in pod ${name}-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)`]],
  })
const running = (name: string, said: readonly (readonly [string, string])[], more: Parameters<typeof app>[1] = {}) =>
  app(name, { phase: 'Running', state: { ...runsOn, ready: false }, said, ...more })
const balancer = (says: readonly [string, string]) => {
  const made = object('v1', 'Service', 'edge', {
    spec: { type: 'LoadBalancer', clusterIP: '10.96.9.9', selector: { app: 'edge' }, ports: [{ port: 443 }] },
    status: { loadBalancer: {} },
  })
  return [made, event(made, ...says), ...runs('edge')]
}
const volume = (name: string, spec: Parameters<typeof claim>[1], says: readonly [string, string]) => {
  const made = claim(name, spec)
  const unbound =
    '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
  return [
    ...homeless('db', unbound, { pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] } }),
    made,
    event(made, ...says, says[0].startsWith('External') ? { type: 'Normal', count: 46 } : {}),
  ]
}
const scaler = (type: string, reason: string, says: string) => {
  const made = object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: {
      minReplicas: 2,
      maxReplicas: 9,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    },
    status: {
      currentReplicas: 1,
      desiredReplicas: 0,
      conditions: conditions(
        ['AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
        [type, 'False', reason, says],
      ),
    },
  })
  return alone([made, event(made, reason, says), ...runs('web')])
}
export const unseenPods = [
  ...three('containers that go before', [
    [
      'it waits for a Service that nobody made',
      waits(
        app('web', {
          ...initOf('web', { state: { running: { startedAt: past } }, started: true }),
          log: "nslookup: can't resolve 'orders-db.apps.svc.cluster.local': Name or service not known\nwaiting for orders-db",
        }),
      ),
      /Pod\/apps\/web|Deployment\/apps\/web|Service\/apps\/orders-db/,
      /waiting for orders-db|can't resolve/,
      /init|service|create|orders-db|resolve|name/i,
    ],
    [
      'it fails, hours ago',
      later(
        waits(
          app('api', {
            kind: 'StatefulSet',
            ...initOf('api', { ...loops('wait-for-db', 2, { pod: 'api-0' }) }),
            log: 'chown: /data: Operation not permitted',
          }),
        ),
      ),
      /Pod\/apps\/api-0|StatefulSet\/apps\/api/,
      /Operation not permitted/,
      /securityContext|fsGroup|permission|user|root|owner/i,
    ],
    [
      'its image is private',
      asked(
        'Pod',
        waits(
          app('worker', {
            ...initOf(
              'worker',
              wait(
                'ImagePullBackOff',
                'Back-off pulling image "ghcr.io/acme/tools:1": ErrImagePull: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Ftools%3Apull&service=ghcr.io: 401 Unauthorized',
              ),
            ),
            said: [
              [
                'Failed',
                'Failed to pull image "ghcr.io/acme/tools:1": failed to pull and unpack image "ghcr.io/acme/tools:1": failed to resolve reference "ghcr.io/acme/tools:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Ftools%3Apull&service=ghcr.io: 401 Unauthorized',
              ],
            ],
          }),
        ),
      ),
      /Pod\/apps\/worker|Deployment\/apps\/worker/,
      /401 Unauthorized/,
      /imagePullSecret|credential|secret|log ?in/i,
    ],
  ]),
  ...three('containers that stand beside', [
    [
      'a proxy of a database',
      waits(
        sidecar(
          'web',
          ['cloud-sql-proxy', 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14', 1, 'Error'],
          '2026/01/01 00:00:00 The proxy has encountered a terminal error: unable to start: failed to get instance metadata (connection name = "acme:europe-west1:orders"): googleapi: Error 403: boss::NOT_AUTHORIZED: Not authorized to access resource., forbidden',
        ),
      ),
      /Pod\/apps\/web|Deployment\/apps\/web|ServiceAccount/,
      /NOT_AUTHORIZED|Not authorized/,
      /role|permission|grant|access|account/i,
    ],
    [
      'a shipper of logs that needs more memory',
      releases('web', ['UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.3: context deadline exceeded'], {
        made: sidecar('web', ['fluent-bit', 'fluent/fluent-bit:3.1', 137, 'OOMKilled'], ''),
      }),
      /Pod\/apps\/web|Deployment\/apps\/web/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'a mesh that the control plane left',
      waits(
        running('web', [['Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 503']], {
          pod: { initContainers: [{ name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.26.0', restartPolicy: 'Always' }] },
          state: wait('PodInitializing', ''),
          phase: 'Pending',
          status: {
            initContainerStatuses: [
              {
                name: 'istio-proxy',
                image: 'docker.io/istio/proxyv2:1.26.0',
                ready: false,
                started: false,
                restartCount: 0,
                state: { running: { startedAt: past } },
              },
            ],
          },
          log: '2026-01-01T00:00:00Z\twarning\tenvoy config\tStreamAggregatedResources gRPC config stream to xds-grpc closed: 14, connection error: desc = "transport: Error while dialing: dial tcp: lookup istiod.istio-system.svc on 10.96.0.10:53: no such host"',
        }),
      ),
      /Pod\/apps\/web|Deployment\/apps\/web|Service\/istio-system/,
      /istiod\.istio-system|statuscode: 503/,
      /istiod|control plane|resolve|name|service|probe|host/i,
    ],
  ]),
  ...three('accounts that are not there', [
    [
      'a Deployment',
      waits(
        app('web', {
          failure: 'pods "web-7c9d8b6f5d-" is forbidden: error looking up service account apps/web: serviceaccount "web" not found',
          pod: { serviceAccountName: 'web' },
        }),
      ),
      /(?:Deployment|ReplicaSet|ServiceAccount)\/apps\/web/,
      /serviceaccount "web" not found/,
      /create|serviceAccount/i,
    ],
    [
      'a Job of a CronJob',
      asked(
        'CronJob',
        alone(
          app('report', {
            kind: 'CronJob',
            failure:
              'pods "report-29312345-" is forbidden: error looking up service account apps/reporter: serviceaccount "reporter" not found',
            pod: { serviceAccountName: 'reporter' },
          }),
        ),
      ),
      /(?:CronJob|Job|ServiceAccount)\/apps\/report/,
      /serviceaccount "reporter" not found/,
      /create|serviceAccount/i,
    ],
    [
      'a program that uses one that may too little',
      waits(
        program(
          'operator',
          '{"level":"error","ts":"2026-01-01T00:00:00Z","logger":"controller-runtime.source","msg":"failed to list","error":"deployments.apps is forbidden: User \\"system:serviceaccount:apps:default\\" cannot list resource \\"deployments\\" in API group \\"apps\\" at the cluster scope"}',
        ),
      ),
      /(?:Pod|Deployment)\/apps\/operator|ServiceAccount|Role/,
      /cannot list resource/,
      /role|RBAC|grant/i,
    ],
  ]),
  ...three('another processor', [
    [
      'seen in the log',
      waits(program('api', 'exec /usr/local/bin/api: exec format error', { code: 255 })),
      /(?:Pod|Deployment)\/apps\/api/,
      /exec format error/,
      /architecture|platform|arm64|amd64/i,
    ],
    [
      'no such manifest',
      waits(
        pulls(
          'api',
          'ghcr.io/acme/api:3',
          'failed to pull and unpack image "ghcr.io/acme/api:3": no match for platform in manifest: not found',
          { kind: 'DaemonSet' },
        ),
      ),
      /(?:Pod|DaemonSet)\/apps\/api/,
      /no match for platform/,
      /architecture|platform|arm64|amd64/i,
    ],
    [
      'a binary that needs another loader',
      waits(
        app('api', {
          state: {
            ...loops('api', 128, {
              reason: 'StartError',
              message:
                'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/server": stat /app/server: no such file or directory',
            }),
          },
          said: [
            [
              'Failed',
              'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/server": stat /app/server: no such file or directory',
            ],
          ],
        }),
      ),
      /(?:Pod|Deployment)\/apps\/api/,
      /\/app\/server/,
      /command|image|path|entrypoint/i,
    ],
  ]),
  ...three('nodes that do not take it', [
    [
      'an affinity to a zone that has none',
      later(
        waits(
          homeless(
            'api',
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
            { pod: { nodeSelector: { 'topology.kubernetes.io/zone': 'eu-west-1d' } } },
          ),
        ),
      ),
      /(?:Pod|Deployment)\/apps\/api/,
      /node affinity\/selector/,
      /label|nodeSelector|affinity/i,
    ],
    [
      'spread over zones',
      asked(
        'Pod',
        waits(
          homeless(
            'db',
            "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/db/,
      /topology spread/,
      /spread|zone|constraint|topology/i,
    ],
    [
      'Karpenter finds no node either',
      waits([
        ...homeless(
          'gpu',
          '0/3 nodes are available: 3 node(s) had untolerated taint {nvidia.com/gpu: present}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          {
            said: [
              [
                'FailedScheduling',
                '0/3 nodes are available: 3 node(s) had untolerated taint {nvidia.com/gpu: present}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
              ],
              [
                'FailedScheduling',
                'Failed to schedule pod, incompatible with nodepool "default", daemonset overhead={"cpu":"150m"}, did not tolerate nvidia.com/gpu=present:NoSchedule',
              ],
            ],
          },
        ),
      ]),
      /(?:Pod|Deployment)\/apps\/gpu/,
      /nvidia\.com\/gpu/,
      /tolerat|taint/i,
    ],
  ]),
  ...three('nodes that are full', [
    [
      'memory, and the autoscaler is at its end',
      waits(
        homeless(
          'api',
          '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
          {
            said: [
              [
                'FailedScheduling',
                '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
              ],
              ['NotTriggerScaleUp', "pod didn't trigger scale-up: 1 max node group size reached"],
            ],
          },
        ),
      ),
      /(?:Pod|Deployment)\/apps\/api/,
      /Insufficient memory/,
      /memory|node|request/i,
    ],
    [
      'as many pods as there may be',
      fromAbove(
        waits(
          homeless(
            'agent',
            '0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
            { kind: 'DaemonSet' },
          ),
        ),
      ),
      /(?:Pod|DaemonSet)\/apps\/agent/,
      /Too many pods/,
      /node|pods/i,
    ],
    [
      'cards',
      waits(
        homeless(
          'train',
          '0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
          { kind: 'Job' },
        ),
      ),
      /(?:Pod|Job)\/apps\/train/,
      /Insufficient nvidia\.com\/gpu/,
      /gpu|node|device/i,
    ],
  ]),
  ...three('autoscalers without numbers', [
    [
      'no server of metrics',
      scaler(
        'ScalingActive',
        'FailedGetResourceMetric',
        'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
      ),
      /HorizontalPodAutoscaler\/apps\/web/,
      /metrics\.k8s\.io/,
      /metrics/i,
    ],
    [
      'no requests, hours ago',
      later(
        scaler(
          'ScalingActive',
          'FailedGetResourceMetric',
          'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod web-6d4f-x2x4z',
        ),
      ),
      /HorizontalPodAutoscaler\/apps\/web|Deployment\/apps\/web|Pod\/apps\/web/,
      /missing request for cpu/,
      /request/i,
    ],
    [
      'KEDA and its trigger',
      (() => {
        const says = 'error establishing rabbitmq connection: Exception (403) Reason: "username or password not allowed"'
        const made = object('keda.sh/v1alpha1', 'ScaledObject', 'worker', {
          spec: {
            scaleTargetRef: { name: 'worker' },
            triggers: [{ type: 'rabbitmq', metadata: { queueName: 'jobs' }, authenticationRef: { name: 'rabbit' } }],
          },
          status: {
            conditions: conditions(
              ['Ready', 'False', 'ScaledObjectCheckFailed', 'Triggers defined in ScaledObject are not working correctly'],
              ['Active', 'Unknown', 'UnkownState', ''],
            ),
          },
        })
        return alone([made, event(made, 'KEDAScalerFailed', says), ...runs('worker')])
      })(),
      /ScaledObject\/apps\/worker/,
      /username or password not allowed/,
      /credential|password|secret|trigger|authentication/i,
    ],
  ]),
  ...three('addresses that nobody gives', [
    [
      'Amazon finds no subnet',
      waits(
        balancer([
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
        ]),
      ),
      /Service\/apps\/edge/,
      /suitable subnets/,
      /subnet|tag/i,
    ],
    [
      'MetalLB has none left',
      fromAbove(waits(balancer(['AllocationFailed', 'Failed to allocate IP for "apps/edge": no available IPs']))),
      /Service\/apps\/edge/,
      /no available IPs/,
      /pool|address|IP/i,
    ],
    [
      'the address belongs to another group',
      asked(
        'Service',
        waits(
          balancer([
            'SyncLoadBalancerFailed',
            'Error syncing load balancer: failed to ensure load balancer: findMatchedPIP: cannot find public IP with IP address 20.1.2.3 in resource group MC_prod',
          ]),
        ),
      ),
      /Service\/apps\/edge/,
      /cannot find public IP/,
      /IP|resource group|address/i,
    ],
  ]),
  ...three('keys of configuration', [
    [
      'a ConfigMap without the key',
      waits([
        ...app('web', {
          container: { env: [{ name: 'DB', valueFrom: { configMapKeyRef: { name: 'web-config', key: 'DB_URL' } } }] },
          state: wait('CreateContainerConfigError', "couldn't find key DB_URL in ConfigMap apps/web-config"),
          said: [['Failed', "Error: couldn't find key DB_URL in ConfigMap apps/web-config"]],
        }),
        config('web-config', { DATABASE_URL: 'x' }),
      ]),
      /Pod\/apps\/web|Deployment\/apps\/web|ConfigMap\/apps\/web-config/,
      /key DB_URL/,
      /key|DB_URL/i,
    ],
    [
      'a file of a volume',
      waits(
        held('web', [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.key']], {
          kind: 'DaemonSet',
          pod: { volumes: [{ name: 'tls', secret: { secretName: 'web-tls', items: [{ key: 'tls.key', path: 'tls.key' }] } }] },
        }),
        { more: [secret('web-tls', { 'tls.crt': 'eA==' })] },
      ),
      /Pod\/apps\/web|DaemonSet\/apps\/web|Secret\/apps\/web-tls/,
      /non-existent secret key: tls\.key/,
      /key/i,
    ],
    [
      'the program says it itself',
      waits(
        program(
          'web',
          'panic: required environment variable "STRIPE_API_KEY" is not set\n\ngoroutine 1 [running]:\nmain.mustEnv(...)\n\t/src/main.go:41',
          { code: 2 },
        ),
      ),
      /(?:Pod|Deployment)\/apps\/web/,
      /STRIPE_API_KEY/,
      /env|variable|STRIPE_API_KEY|set/i,
    ],
  ]),
  ...three('files that cannot be written', [
    [
      'nginx',
      waits(
        program(
          'web',
          '2026/01/01 00:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)\nnginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)',
        ),
      ),
      /(?:Pod|Deployment)\/apps\/web/,
      /Read-only file system/,
      /emptyDir|readOnlyRootFilesystem|writ/i,
    ],
    [
      'Java, of a volume that belongs to root',
      asked(
        'StatefulSet',
        waits(
          program(
            'search',
            'Exception in thread "main" java.nio.file.AccessDeniedException: /usr/share/elasticsearch/data/nodes\n\tat java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:90)',
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/search/,
      /AccessDeniedException/,
      /fsGroup|permission|owner|writ/i,
    ],
    [
      'Python, the disk is full',
      waits(
        program(
          'etl',
          'Traceback (most recent call last):\n  File "/app/run.py", line 9, in <module>\n    shutil.copy(src, "/data/out")\nOSError: [Errno 28] No space left on device',
        ),
      ),
      /(?:Pod|Deployment)\/apps\/etl/,
      /No space left on device/,
      /space|larger|grow|size|disk|volume|free/i,
    ],
  ]),
  ...three('memory that runs out', [
    [
      'the kernel ends it',
      fromAbove(
        waits(
          program('worker', 'processing batch 17 of 90', {
            kind: 'StatefulSet',
            state: loops('worker', 137, { reason: 'OOMKilled', pod: 'worker-0' }),
          }),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/worker/,
      /OOMKilled/,
      /memory/i,
    ],
    [
      'Java notices itself',
      waits(
        program(
          'api',
          'java.lang.OutOfMemoryError: Java heap space\nDumping heap to /tmp/java_pid1.hprof ...\nTerminating due to java.lang.OutOfMemoryError: Java heap space',
          { code: 3 },
        ),
      ),
      /(?:Pod|Deployment)\/apps\/api/,
      /Java heap space/,
      /memory|heap/i,
    ],
    [
      'Node notices itself',
      later(
        waits(
          program(
            'bff',
            '<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----',
            { code: 134 },
          ),
        ),
      ),
      /(?:Pod|Deployment)\/apps\/bff/,
      /heap out of memory/,
      /memory|heap/i,
    ],
  ]),
  ...three('pods that are sent away', [
    [
      'more on disk than it may',
      waits(
        app('api', {
          phase: 'Failed',
          ...over(137, 'Error'),
          status: {
            reason: 'Evicted',
            message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
            containerStatuses: [],
          },
          said: [['Evicted', 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ']],
        }),
      ),
      /(?:Pod|Deployment)\/apps\/api/,
      /ephemeral local storage/,
      /ephemeral|storage|limit/i,
    ],
    [
      'a volume of memory that grew',
      waits(
        app('cache', {
          kind: 'DaemonSet',
          phase: 'Failed',
          status: { reason: 'Evicted', message: 'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ', containerStatuses: [] },
          said: [['Evicted', 'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ']],
        }),
      ),
      /(?:Pod|DaemonSet)\/apps\/cache/,
      /EmptyDir volume/,
      /sizeLimit|limit|emptyDir/i,
    ],
    [
      'the node has no disk left',
      later(
        waits(
          app('api', {
            kind: 'Job',
            phase: 'Failed',
            status: {
              reason: 'Evicted',
              message:
                'The node was low on resource: ephemeral-storage. Threshold quantity: 10712915302, available: 10264168Ki. Container api was using 5Gi, request is 0, has larger consumption of ephemeral-storage. ',
              containerStatuses: [],
            },
          }),
        ),
      ),
      /(?:Pod|Job)\/apps\/api|Node/,
      /low on resource: ephemeral-storage/,
      /ephemeral|storage|disk|request|limit/i,
    ],
  ]),
  ...three('Jobs that gave up', [
    [
      'its pods are gone',
      later(
        waits(gaveUp('import', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit').slice(0, 1), { status: 'Failed' }),
      ),
      /Job\/apps\/import/,
      /backoff limit/,
      /log|backoff|run|again|delete|recreate/i,
    ],
    [
      'it took too long',
      asked(
        'Job',
        waits(
          gaveUp('import', 'DeadlineExceeded', 'Job was active longer than specified deadline', {
            spec: { activeDeadlineSeconds: 600 },
          }).slice(0, 1),
        ),
      ),
      /Job\/apps\/import/,
      /longer than specified deadline/,
      /activeDeadlineSeconds|deadline|faster|longer/i,
    ],
    [
      'its program says why',
      waits(
        gaveUp('backup', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', {
          ...over(1, 'Error'),
          log: 'pg_dump: error: connection to server at "db" (10.96.7.7), port 5432 failed: FATAL:  password authentication failed for user "backup"',
        }),
        { status: 'Failed' },
      ),
      /(?:Job|Pod)\/apps\/backup/,
      /password authentication failed/,
      /password|credential|secret/i,
    ],
  ]),
  ...three('claims that are not bound', [
    [
      'a class that is not there',
      waits(volume('data', { storageClassName: 'fast-ssd' }, ['ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found'])),
      /PersistentVolumeClaim\/apps\/data|StorageClass/,
      /"fast-ssd" not found/,
      /class/i,
    ],
    [
      'the account of the cloud is at its end',
      asked(
        'Deployment',
        waits(
          volume('data', { storageClassName: 'gp3' }, [
            'ProvisioningFailed',
            'failed to provision volume with StorageClass "gp3": rpc error: code = ResourceExhausted desc = Could not create volume "pvc-1f0c" in EC2: VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit of 50 TiB in this region.',
          ]),
        ),
      ),
      /PersistentVolumeClaim\/apps\/data|StorageClass/,
      /VolumeLimitExceeded/,
      /quota|limit|free|raise|increase/i,
    ],
    [
      'nobody provisions',
      waits(
        volume('data', { storageClassName: 'gp3' }, [
          'ExternalProvisioning',
          "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
        ]),
      ),
      /PersistentVolumeClaim\/apps\/data|StorageClass/,
      /ebs\.csi\.aws\.com/,
      /provisioner|driver|CSI/i,
    ],
  ]),
  ...three('volumes that hang elsewhere', [
    [
      'on another node',
      waits(
        held(
          'db',
          [
            [
              'FailedAttachVolume',
              'Multi-Attach error for volume "pvc-1f0c" Volume is already exclusively attached to one node and can\'t be attached to another',
            ],
          ],
          { kind: 'StatefulSet' },
        ),
      ),
      /(?:Pod|StatefulSet|PersistentVolume\S*)\/\S*(?:db|pvc-1f0c)/,
      /Multi-Attach/,
      /node|detach|pod|VolumeAttachment|Recreate/i,
    ],
    [
      'in another zone',
      fromAbove(
        waits(
          homeless(
            'db',
            '0/3 nodes are available: 3 node(s) had volume node affinity conflict. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /(?:Pod|StatefulSet|PersistentVolume\S*)\/\S*db/,
      /volume node affinity conflict/,
      /zone|node|volume/i,
    ],
    [
      'NFS says no',
      waits(
        held('media', [
          [
            'FailedMount',
            'MountVolume.SetUp failed for volume "media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.0.0.5:/export/media /var/lib/kubelet/pods/1f0c/volumes/kubernetes.io~nfs/media\nOutput: mount.nfs: access denied by server while mounting 10.0.0.5:/export/media',
          ],
        ]),
      ),
      /(?:Pod|Deployment)\/apps\/media|PersistentVolume/,
      /access denied by server/,
      /export|NFS|server|allow/i,
    ],
  ]),
  ...three('probes that never pass', [
    [
      'another port',
      waits(
        running(
          'web',
          [
            [
              'Unhealthy',
              'Readiness probe failed: Get "http://10.42.1.17:8081/healthz": dial tcp 10.42.1.17:8081: connect: connection refused',
            ],
          ],
          { container: { readinessProbe: { httpGet: { port: 8081, path: '/healthz' } } }, log: 'INFO listening on 0.0.0.0:8080' },
        ),
      ),
      /(?:Pod|Deployment)\/apps\/web/,
      /8081: connect: connection refused/,
      /probe|port/i,
    ],
    [
      'a command that is not in the image',
      asked(
        'StatefulSet',
        waits(
          running(
            'cache',
            [
              [
                'Unhealthy',
                'Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "9f": OCI runtime exec failed: exec failed: unable to start container process: exec: "redis-cli": executable file not found in $PATH',
              ],
            ],
            { kind: 'StatefulSet', container: { readinessProbe: { exec: { command: ['redis-cli', 'ping'] } } } },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/cache/,
      /redis-cli/,
      /probe|command|image/i,
    ],
    [
      'gRPC without the service',
      waits(
        running('api', [['Unhealthy', 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")']], {
          kind: 'DaemonSet',
          container: { readinessProbe: { grpc: { port: 9090 } } },
        }),
      ),
      /(?:Pod|DaemonSet)\/apps\/api/,
      /NOT_SERVING/,
      /probe|health|log|service/i,
    ],
  ]),
  ...three('ports that are taken', [
    [
      'of the node',
      waits(
        homeless(
          'ingress',
          "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
          { kind: 'DaemonSet', container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
        ),
      ),
      /(?:Pod|DaemonSet)\/apps\/ingress/,
      /free ports/,
      /hostPort|port/i,
    ],
    [
      'of the pod',
      waits(
        program(
          'web',
          'Error: listen EADDRINUSE: address already in use :::9090\n    at Server.setupListenHandle [as _listen2] (node:net:1817:16)',
        ),
      ),
      /(?:Pod|Deployment)\/apps\/web/,
      /EADDRINUSE/,
      /port/i,
    ],
    [
      'of all nodes',
      behind(
        refuses(
          'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
        ),
      ),
      /Service\/apps\/web|Kustomization\/flux-system\/shop/,
      /already allocated/,
      /nodePort|port/i,
    ],
  ]),
  ...three('networks of pods', [
    [
      'no addresses left',
      waits(
        held('web', [
          [
            'FailedCreatePodSandBox',
            'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1f0c": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
          ],
        ]),
      ),
      /(?:Pod|Deployment)\/apps\/web|Node|DaemonSet/,
      /failed to assign an IP address/,
      /IP|subnet|address|prefix/i,
    ],
    [
      'Calico may not ask',
      asked(
        'Pod',
        waits(
          held(
            'web',
            [
              [
                'FailedCreatePodSandBox',
                'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1f0c": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
              ],
            ],
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/web|Node|DaemonSet/,
      /ClusterInformation/,
      /calico|CNI|network|restart|token/i,
    ],
    [
      'Cilium does not run',
      waits(
        held(
          'web',
          [
            [
              'FailedCreatePodSandBox',
              'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1f0c": plugin type="cilium-cni" failed (add): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get "http://localhost/v1/config": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory',
            ],
          ],
          { kind: 'DaemonSet' },
        ),
      ),
      /(?:Pod|DaemonSet)\/apps\/web|Node/,
      /cilium\.sock/,
      /cilium|CNI|network|agent/i,
    ],
  ]),
  ...three('images that do not come', [
    [
      'a name that is none',
      waits(
        app('web', {
          image: 'ghcr.io/Acme/web:2.4.1',
          state: wait(
            'InvalidImageName',
            'Failed to apply default image tag "ghcr.io/Acme/web:2.4.1": couldn\'t parse image name "ghcr.io/Acme/web:2.4.1": invalid reference format: repository name (Acme/web) must be lowercase',
          ),
          said: [
            [
              'InspectFailed',
              'Failed to apply default image tag "ghcr.io/Acme/web:2.4.1": couldn\'t parse image name "ghcr.io/Acme/web:2.4.1": invalid reference format: repository name (Acme/web) must be lowercase',
            ],
          ],
        }),
      ),
      /(?:Pod|Deployment)\/apps\/web/,
      /must be lowercase/,
      /name|lower|image/i,
    ],
    [
      'Google and its permissions',
      fromAbove(
        waits(
          pulls(
            'api',
            'europe-docker.pkg.dev/acme/shop/api:2.4.1',
            'failed to pull and unpack image "europe-docker.pkg.dev/acme/shop/api:2.4.1": failed to resolve reference "europe-docker.pkg.dev/acme/shop/api:2.4.1": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://europe-docker.pkg.dev/v2/token?scope=repository%3Aacme%2Fshop%2Fapi%3Apull&service=europe-docker.pkg.dev: 403 Forbidden',
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/api/,
      /403 Forbidden/,
      /access|permission|role|credential|imagePullSecret/i,
    ],
    [
      'Azure does not know the tag',
      later([
        ...waits(
          pulls(
            'api',
            'acme.azurecr.io/api:2.4.1',
            'rpc error: code = NotFound desc = failed to pull and unpack image "acme.azurecr.io/api:2.4.1": failed to resolve reference "acme.azurecr.io/api:2.4.1": acme.azurecr.io/api:2.4.1: not found',
            { pod: { imagePullSecrets: [{ name: 'acr' }] } },
          ),
        ),
        login('acr', 'acme.azurecr.io'),
      ]),
      /(?:Pod|Deployment)\/apps\/api/,
      /api:2\.4\.1: not found/,
      /tag|image|push/i,
    ],
  ]),
  ...three('Services without anybody behind', [
    [
      'another label, asked at the Service',
      alone([
        object('v1', 'Service', 'web', {
          spec: { clusterIP: '10.96.4.4', selector: { app: 'website' }, ports: [{ port: 80, targetPort: 8080 }] },
        }),
        object('v1', 'Endpoints', 'web', {}),
        ...runs('web'),
      ]),
      /Service\/apps\/web/,
      /app=website|website/,
      /selector|label/i,
    ],
    [
      'a Deployment that selects what it does not make',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"website"}: `selector` does not match template `labels`',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /does not match template/,
      /selector|label/i,
    ],
    [
      'an Ingress that names no Service',
      (() => {
        const made = object('networking.k8s.io/v1', 'Ingress', 'web', {
          spec: {
            ingressClassName: 'alb',
            rules: [
              {
                host: 'a.io',
                http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'webb', port: { number: 80 } } } }] },
              },
            ],
          },
          status: { loadBalancer: {} },
        })
        return alone([
          made,
          event(made, 'FailedBuildModel', 'Failed build model due to ingress: apps/web: Service "webb" not found'),
          object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
          ...runs('web'),
        ])
      })(),
      /Ingress\/apps\/web|Service\/apps\/webb/,
      /"?webb"? not found|webb/,
      /service|name|create/i,
    ],
  ]),
  ...three('replicas one after another', [
    [
      'the first one holds the others up',
      asked(
        'StatefulSet',
        waits(
          program(
            'kafka',
            'java.lang.IllegalArgumentException: requirement failed: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.\n\tat scala.Predef$.require(Predef.scala:337)',
            { kind: 'StatefulSet', spec: { replicas: 3 } },
          ),
        ),
      ),
      /(?:Pod|StatefulSet)\/apps\/kafka/,
      /advertised\.listeners/,
      /listener|config|log|correct/i,
    ],
    [
      'the claim of the second one',
      waits([
        ...homeless(
          'db',
          '0/3 nodes are available: persistentvolumeclaim "data-db-0" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          { kind: 'StatefulSet' },
        ),
        headless('db'),
      ]),
      /(?:Pod|StatefulSet|PersistentVolumeClaim)\/apps\/\S*db/,
      /"data-db-0" not found/,
      /claim|create|volume/i,
    ],
    [
      'the node of the pod is gone',
      (() => {
        const all = app('mq', {
          kind: 'StatefulSet',
          phase: 'Running',
          state: { ...runsOn, ready: true },
          said: [['NodeNotReady', 'Node is not ready']],
          status: { conditions: conditions(['Ready', 'False', 'NodeNotReady', '']) },
          pod: {},
        })
        const node = global('v1', 'Node', 'worker-1', {
          spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
          status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
        })
        return waits(all).map(o => (o.kind === 'Node' && o.metadata.name === 'worker-1' ? node : o))
      })(),
      /Node\/\S*worker-1|Pod\/apps\/mq-0/,
      /Kubelet stopped posting|Node is not ready|NodeStatusUnknown/,
      /node|kubelet/i,
    ],
  ]),
]
