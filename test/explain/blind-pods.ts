import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { claim, conditions, event, global, object, past } from './objects.ts'
import { alone, app, initializing, loops, noEnds, pending, pulls, runsOn, service, three, wait, waits } from './practice.ts'
import { runs } from './whole.ts'

const below = (name: string, kinds = 'Pod|ReplicaSet|Deployment'): RegExp => new RegExp(`(?:${kinds})/apps/${name}`)
const ingress = (name: string, to: string): KubeObject =>
  object('networking.k8s.io/v1', 'Ingress', name, {
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'shop.example.com',
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: to, port: { number: 80 } } } }] },
        },
      ],
    },
    status: { loadBalancer: {} },
  })
const unplaced = (name: string, message: string, more = {}): KubeObject[] =>
  app(name, { scheduled: pending(message), said: [['FailedScheduling', message]], ...more })
const probed = (name: string, message: string, more = {}): KubeObject[] =>
  app(name, { phase: 'Running', state: runsOn, said: [['Unhealthy', message]], ...more })
function ofJob(name: string, [reason, message]: readonly [string, string], shape: Parameters<typeof app>[1]): KubeObject[] {
  const [job, ...rest] = app(name, { kind: 'Job', phase: 'Failed', ...shape })
  if (!job) return []
  const said = conditions(['FailureTarget', 'True', reason, message], ['Failed', 'True', reason, message])
  const ended: KubeObject = { ...job, status: { failed: 7, startTime: past, conditions: said } }
  return [ended, ...rest, event(ended, reason, message)]
}
const exited = (exitCode: number, reason = 'Error'): JsonObject => ({
  state: { terminated: { exitCode, reason, startedAt: past, finishedAt: past, containerID: 'containerd://4f' } },
})

export const blindPods = [
  ...three('blind: an image cannot be pulled', [
    [
      'a StatefulSet whose tag is not there',
      waits(
        pulls(
          'ledger',
          'ghcr.io/acme/ledger:v3.0.0-rc9',
          'rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/ledger:v3.0.0-rc9": failed to resolve reference "ghcr.io/acme/ledger:v3.0.0-rc9": ghcr.io/acme/ledger:v3.0.0-rc9: not found',
          { kind: 'StatefulSet' },
        ),
      ),
      below('ledger', 'Pod|StatefulSet'),
      /not found/,
      /image|tag/i,
    ],
    [
      'denied',
      waits(
        pulls(
          'api',
          'acme/private-api:1.4',
          'failed to pull and unpack image "docker.io/acme/private-api:1.4": failed to resolve reference "docker.io/acme/private-api:1.4": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
        ),
      ),
      below('api'),
      /pull access denied/,
      /imagePullSecret|secret|credential|image|login/i,
    ],
    [
      'the limit of Docker Hub',
      waits(
        pulls(
          'cache',
          'redis:7.2',
          'failed to pull and unpack image "docker.io/library/redis:7.2": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:1b50: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
        ),
      ),
      below('cache'),
      /toomanyrequests|429/,
      /limit|login|mirror|imagePullSecret|credential|wait|secret/i,
    ],
  ]),
  ...three('blind: a Service selects nothing', [
    [
      'asked about the Service',
      alone([service('catalog', { selector: { app: 'catalogue' } }), noEnds('catalog')]),
      /Service\/apps\/catalog/,
      /catalogue|selector/,
      /selector|label/i,
    ],
    [
      'asked about the Ingress',
      alone([
        ingress('shop', 'front'),
        service('front', { selector: { 'app.kubernetes.io/name': 'frontend', tier: 'web' } }),
        noEnds('front'),
        ...runs('front'),
        global('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }),
      ]),
      /Service\/apps\/front/,
      /frontend|selector|tier/,
      /selector|label/i,
    ],
    [
      'a label of an older version',
      alone([service('orders', { selector: { app: 'orders', version: 'v1' } }), noEnds('orders'), ...runs('orders')]),
      /Service\/apps\/orders/,
      /version|v1|selector/,
      /selector|label/i,
    ],
  ]),
  ...three('blind: a Secret is missing', [
    [
      'a CronJob that reads a key',
      alone(
        app('report', {
          kind: 'CronJob',
          container: { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'report-token', key: 'token' } } }] },
          state: wait('CreateContainerConfigError', 'secret "report-token" not found'),
          said: [['Failed', 'Error: secret "report-token" not found']],
        }),
      ),
      /(?:Secret|Pod|Job|CronJob)\/apps\/report/,
      /secret "report-token" not found/,
      /secret/i,
    ],
    [
      'a volume',
      waits(
        app('api', {
          pod: { volumes: [{ name: 'tls', secret: { secretName: 'api-tls' } }] },
          container: { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
          state: wait('ContainerCreating', ''),
          said: [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "api-tls" not found']],
        }),
      ),
      /(?:Secret|Pod|ReplicaSet|Deployment)\/apps\/api/,
      /secret "api-tls" not found/,
      /secret/i,
    ],
    [
      'all of its environment',
      waits(
        app('billing', {
          container: { envFrom: [{ secretRef: { name: 'billing-env' } }] },
          state: wait('CreateContainerConfigError', 'secret "billing-env" not found'),
          said: [['Failed', 'Error: secret "billing-env" not found']],
        }),
      ),
      /(?:Secret|Pod|ReplicaSet|Deployment)\/apps\/billing/,
      /secret "billing-env" not found/,
      /secret/i,
    ],
  ]),
  ...three('blind: the wait for health ends', [
    [
      'a StatefulSet that never is ready',
      waits(
        probed('queue', 'Readiness probe failed: command timed out: "rabbitmq-diagnostics -q ping" timed out after 1s', {
          kind: 'StatefulSet',
          container: { readinessProbe: { exec: { command: ['rabbitmq-diagnostics', '-q', 'ping'] }, timeoutSeconds: 1 } },
        }),
      ),
      below('queue', 'Pod|StatefulSet'),
      /timed out/,
      /probe|timeout/i,
    ],
    [
      'a rollout over its deadline',
      waits(
        probed('web', 'Readiness probe failed: Get "http://10.42.1.17:8080/ready": dial tcp 10.42.1.17:8080: connect: connection refused', {
          container: { readinessProbe: { httpGet: { path: '/ready', port: 8080 } } },
          log: 'INFO waiting for upstream\nERROR could not connect to postgres.db.svc:5432: no such host\n',
        }),
        { status: 'Failed' },
      ),
      below('web'),
      /connection refused|no such host/,
      /./,
    ],
    [
      'an init container that waits',
      waits(
        app('web', {
          ...initializing(
            'web',
            { name: 'wait-for-db', image: 'busybox:1.36' },
            { restartCount: 0, state: { running: { startedAt: past } } },
          ),
          log: "nslookup: can't resolve 'db.data.svc.cluster.local'\nwaiting for db\n",
        }),
      ),
      below('web'),
      /wait-for-db|db\.data/,
      /init|wait-for-db|log|db/i,
    ],
  ]),
  ...three('blind: a crash loop', [
    [
      'a DaemonSet whose flag is unknown',
      waits(
        app('agent', {
          kind: 'DaemonSet',
          phase: 'Running',
          state: loops('agent', 2, { pod: 'agent-k2x9q' }),
          said: [['BackOff', 'Back-off restarting failed container agent in pod agent-k2x9q_apps(1f0c2a7e)']],
          log: 'flag provided but not defined: -collector.systemd2\nUsage of /agent:\n',
        }),
      ),
      below('agent', 'Pod|DaemonSet'),
      /flag provided but not defined/,
      /flag|arg|option|command|log/i,
    ],
    [
      'its database refuses the password',
      waits(
        app('api', {
          phase: 'Running',
          state: loops('api', 1),
          said: [['BackOff', 'Back-off restarting failed container api in pod api-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: '2026-01-01T00:00:00Z INFO starting\npanic: pq: password authentication failed for user "api"\n\ngoroutine 1 [running]:\nmain.main()\n',
        }),
      ),
      below('api'),
      /password authentication failed/,
      /password|credential|secret|user/i,
    ],
    [
      'the command is not there',
      waits(
        app('worker', {
          container: { command: ['/app/workr'] },
          phase: 'Running',
          state: loops('worker', 128, {
            reason: 'StartError',
            message:
              'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/workr": stat /app/workr: no such file or directory: unknown',
          }),
          said: [['BackOff', 'Back-off restarting failed container worker in pod worker-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
        }),
      ),
      below('worker'),
      /\/app\/workr/,
      /command|entrypoint|image|path|exec/i,
    ],
  ]),
  ...three('blind: a probe fails', [
    [
      'the liveness of a StatefulSet',
      waits(
        app('store', {
          kind: 'StatefulSet',
          phase: 'Running',
          container: { livenessProbe: { httpGet: { path: '/helthz', port: 8080 } } },
          state: loops('store', 143, { pod: 'store-0' }),
          said: [
            ['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 404'],
            ['Killing', 'Container store failed liveness probe, will be restarted'],
          ],
        }),
      ),
      below('store', 'Pod|StatefulSet'),
      /statuscode: 404|liveness/i,
      /probe|path/i,
    ],
    [
      'gRPC on another port',
      waits(
        probed('rpc', 'Readiness probe failed: timeout: failed to connect service "10.42.1.17:9091" within 1s: context deadline exceeded', {
          container: { readinessProbe: { grpc: { port: 9091 } } },
        }),
      ),
      below('rpc'),
      /9091/,
      /probe|port/i,
    ],
    [
      'the start takes too long',
      waits(
        app('search', {
          phase: 'Running',
          container: { startupProbe: { httpGet: { path: '/started', port: 8080 }, failureThreshold: 3, periodSeconds: 2 } },
          state: loops('search', 137),
          said: [
            [
              'Unhealthy',
              'Startup probe failed: Get "http://10.42.1.17:8080/started": dial tcp 10.42.1.17:8080: connect: connection refused',
            ],
            ['Killing', 'Container search failed startup probe, will be restarted'],
          ],
        }),
      ),
      below('search'),
      /startup probe/i,
      /probe|threshold|start/i,
    ],
  ]),
  ...three('blind: a port clashes', [
    [
      'a host port',
      waits(
        unplaced(
          'proxy',
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
          { kind: 'DaemonSet', container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
        ),
      ),
      below('proxy', 'Pod|DaemonSet'),
      /free ports/,
      /port/i,
    ],
    [
      'the address is in use in the pod',
      waits(
        app('api', {
          phase: 'Running',
          state: loops('api', 1),
          said: [['BackOff', 'Back-off restarting failed container api in pod api-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: 'Error: listen EADDRINUSE: address already in use :::8080\n    at Server.setupListenHandle [as _listen2] (node:net:1904:16)\n',
        }),
      ),
      below('api'),
      /EADDRINUSE/,
      /port|address/i,
    ],
    [
      'in the network of the host',
      waits(
        app('exporter', {
          phase: 'Running',
          pod: { hostNetwork: true },
          state: loops('exporter', 1),
          said: [['BackOff', 'Back-off restarting failed container exporter in pod exporter-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: 'level=info msg="Starting node_exporter"\nlevel=error err="listen tcp :9100: bind: address already in use"\n',
        }),
      ),
      below('exporter'),
      /address already in use/,
      /port|address/i,
    ],
  ]),
  ...three('blind: a claim stays pending', [
    [
      'of a StatefulSet, with a class that is not there',
      (() => {
        const pvc = claim('data-db-0', { storageClassName: 'fast-ssd' })
        const message =
          '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'
        return waits(
          unplaced('db', message, {
            kind: 'StatefulSet',
            pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
          }),
          { more: [pvc, event(pvc, 'ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found')] },
        )
      })(),
      /PersistentVolumeClaim\/apps\/data-db-0|StorageClass\/.*fast-ssd/,
      /"fast-ssd" not found/,
      /class|storage/i,
    ],
    [
      'the provider refuses',
      (() => {
        const pvc = claim('uploads', { storageClassName: 'gp3' })
        const message =
          'failed to provision volume with StorageClass "gp3": rpc error: code = ResourceExhausted desc = Could not create volume "pvc-31aa": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 400, api error VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit of 50 TiB in this region.'
        return waits(
          unplaced('files', 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded', {
            pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'uploads' } }] },
          }),
          { more: [pvc, event(pvc, 'ProvisioningFailed', message)] },
        )
      })(),
      /PersistentVolumeClaim\/apps\/uploads/,
      /VolumeLimitExceeded/,
      /limit|quota|capacity|storage|volume/i,
    ],
    [
      'no volume and no class',
      (() => {
        const pvc = claim('archive', { storageClassName: '' })
        return waits(
          unplaced(
            'archiver',
            '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
            { pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'archive' } }] } },
          ),
          {
            more: [
              pvc,
              event(pvc, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set', { type: 'Normal' }),
            ],
          },
        )
      })(),
      /PersistentVolumeClaim\/apps\/archive/,
      /no persistent volumes available/,
      /class|volume|storage/i,
    ],
  ]),
  ...three('blind: out of memory', [
    [
      'a StatefulSet',
      waits(
        app('index', {
          kind: 'StatefulSet',
          phase: 'Running',
          container: { resources: { limits: { memory: '256Mi' } } },
          state: loops('index', 137, { reason: 'OOMKilled', pod: 'index-0' }),
          said: [['BackOff', 'Back-off restarting failed container index in pod index-0_apps(1f0c2a7e)']],
        }),
      ),
      below('index', 'Pod|StatefulSet'),
      /OOMKilled/,
      /memory/i,
    ],
    [
      'the heap of Node',
      waits(
        app('bff', {
          phase: 'Running',
          state: loops('bff', 134),
          said: [['BackOff', 'Back-off restarting failed container bff in pod bff-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: '<--- Last few GCs --->\n[1:0x7f] 41002 ms: Mark-Compact 251.3 (258.1) -> 250.9 (258.3) MB\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
        }),
      ),
      below('bff'),
      /heap out of memory/,
      /memory|heap/i,
    ],
    [
      'a Deployment',
      waits(
        app('thumbs', {
          phase: 'Running',
          container: { resources: { limits: { memory: '64Mi' } } },
          state: loops('thumbs', 137, { reason: 'OOMKilled' }),
          said: [['BackOff', 'Back-off restarting failed container thumbs in pod thumbs-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
        }),
      ),
      below('thumbs'),
      /OOMKilled/,
      /memory/i,
    ],
  ]),
  ...three('blind: taints', [
    [
      'a Job',
      alone(
        unplaced(
          'train',
          '0/2 nodes are available: 2 node(s) had untolerated taint {nvidia.com/gpu: present}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
          { kind: 'Job' },
        ),
      ),
      below('train', 'Pod|Job'),
      /nvidia\.com\/gpu/,
      /taint|tolerat/i,
    ],
    [
      'some taints and a selector',
      waits(
        unplaced(
          'web',
          '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) had untolerated taint {dedicated: batch}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
        ),
      ),
      below('web'),
      /dedicated: batch/,
      /taint|tolerat/i,
    ],
    [
      'the provider has not readied the nodes',
      waits(
        unplaced(
          'api',
          '0/2 nodes are available: 2 node(s) had untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
        ),
      ),
      /(?:Pod|ReplicaSet|Deployment)\/apps\/api|Node\//,
      /uninitialized/,
      /cloud/i,
    ],
  ]),
  ...three('blind: the backoff of a Job', [
    [
      'asked about the Job',
      alone(
        ofJob('migrate', ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'], {
          state: exited(1),
          log: 'Running migrations\nERROR: relation "orders" already exists (SQLSTATE 42P07)\n',
        }),
      ),
      below('migrate', 'Pod|Job'),
      /already exists|backoff limit/,
      /./,
    ],
    [
      'below a Kustomization, over its deadline',
      waits(
        ofJob('seed', ['DeadlineExceeded', 'Job was active longer than specified deadline'], {
          spec: { activeDeadlineSeconds: 60 },
          state: exited(143),
        }),
        { status: 'Failed' },
      ),
      below('seed', 'Pod|Job'),
      /longer than specified deadline/,
      /deadline|activeDeadlineSeconds/i,
    ],
    [
      'below a Kustomization',
      waits(
        ofJob('import', ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'], {
          state: exited(1),
          log: 'Traceback (most recent call last):\n  File "/app/import.py", line 12, in <module>\n    import pandas\nModuleNotFoundError: No module named \'pandas\'\n',
        }),
        { status: 'Failed' },
      ),
      below('import', 'Pod|Job'),
      /pandas|backoff limit/,
      /./,
    ],
  ]),
]
