import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase, type Said } from './case.ts'
import {
  back,
  claim,
  conditions,
  crashing,
  ended,
  event,
  global,
  object,
  ownedBy,
  pod,
  type PodShape,
  running,
  unscheduled,
  waiting,
} from './objects.ts'
import {
  controlled,
  firstOf,
  fleet,
  isWell,
  printing,
  retriedJob,
  runs,
  scaledDown,
  slowStart,
  suspendedElsewhere,
  waited,
} from './whole.ts'

/** Pods that do not run, below a Kustomization that waited for their owner. */
type Near = readonly KubeObject[]
interface Scene {
  readonly kind?: 'StatefulSet' | 'DaemonSet'
  readonly spec?: JsonObject
  readonly log?: string
  readonly near?: Near
}
function scene(shape: PodShape, said: Said, { kind = 'StatefulSet', spec = {}, log, near = [] }: Scene = {}): KubeObject[] {
  const owner = controlled(kind, 'web', { spec })
  const made = firstOf(owner, shape)
  const one = log === undefined ? made : printing(made, log)
  return [waited('apps', [owner]), fleet(), owner, one, ...said.map(([reason, message]) => event(one, reason, message)), ...near]
}
const row = (name: string, says: string, objects: Near, expect: Expected): FaultCase =>
  fault(name, `whole: ${says}`, objects, { at: /^(Pod|StatefulSet|DaemonSet|PersistentVolumeClaim|Node)\//, ...expect })
const backOff: Said[number] = ['BackOff', 'Back-off restarting failed container app in pod web-0_apps(0b1c2d)']

const pull = (image: string, rest: string, near: Near = []): KubeObject[] =>
  scene(
    { ...back(image), spec: { imagePullSecrets: [{ name: 'regcred' }] } },
    [
      ['Failed', `Failed to pull image "${image}": ${rest}`],
      ['Failed', 'Error: ErrImagePull'],
      ['BackOff', `Back-off pulling image "${image}"`],
    ],
    { near },
  )
const unpack = (image: string): string => `failed to pull and unpack image "${image}": `
const regcred = (): KubeObject =>
  object('v1', 'Secret', 'regcred', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } })
const images: readonly FaultCase[] = [
  row(
    'image pull',
    'a tag with a letter for a digit',
    pull(
      'ghcr.io/acme/api:v2.3.O',
      `rpc error: code = NotFound desc = ${unpack('ghcr.io/acme/api:v2.3.O')}failed to resolve reference "ghcr.io/acme/api:v2.3.O": ghcr.io/acme/api:v2.3.O: not found`,
      [regcred()],
    ),
    { cause: 'ImageNotFound', proof: /not found/, fix: /tag|image/ },
  ),
  row(
    'image pull secret missing',
    'in the namespace of the workload',
    [
      ...pull(
        'ghcr.io/acme/api:v2',
        `${unpack('ghcr.io/acme/api:v2')}failed to resolve reference "ghcr.io/acme/api:v2": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fapi%3Apull&service=ghcr.io: 401 Unauthorized`,
      ),
    ],
    { cause: ['SecretMissing', 'ImagePullDenied'], at: any, proof: /regcred|401/, fix: /Secret|regcred/ },
  ),
  row(
    'image rate limit',
    'of an unauthenticated pull',
    pull(
      'docker.io/library/redis:7',
      `${unpack('docker.io/library/redis:7')}failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:ab: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
      [regcred(), ...slowStart()],
    ),
    { cause: 'ImageRateLimited', proof: /toomanyrequests|429/, fix: any },
  ),
  row(
    'image platform',
    'arm nodes',
    pull(
      'ghcr.io/acme/api:v2',
      `rpc error: code = NotFound desc = ${unpack('ghcr.io/acme/api:v2')}no match for platform in manifest: not found`,
      [regcred()],
    ),
    { cause: 'ImagePlatformMissing', proof: /no match for platform/, fix: /platform|arch/ },
  ),
  row(
    'image registry down',
    'a mirror that does not answer',
    pull(
      'mirror.corp.example/api:v2',
      `${unpack('mirror.corp.example/api:v2')}failed to resolve reference "mirror.corp.example/api:v2": failed to do request: Head "https://mirror.corp.example/v2/api/manifests/v2": dial tcp 10.9.0.4:443: i/o timeout`,
      [regcred()],
    ),
    {
      cause: ['RegistryUnreachable', 'ImagePullFailed', 'NoAnswer', 'ConnectionRefused', 'PeerUnreachable'],
      proof: /i\/o timeout/,
      fix: any,
    },
  ),
]

const configs: readonly FaultCase[] = [
  row(
    'Secret key missing',
    'of a DaemonSet',
    scene(
      { container: waiting('CreateContainerConfigError', "couldn't find key DB_PASSWORD in Secret apps/db") },
      [['Failed', "Error: couldn't find key DB_PASSWORD in Secret apps/db"]],
      { kind: 'DaemonSet', near: [object('v1', 'Secret', 'db', { data: { password: 'eA==' } })] },
    ),
    {
      cause: 'SecretKeyMissing',
      at: any,
      proof: /DB_PASSWORD/,
      fix: /key/,
    },
  ),
  row(
    'ConfigMap missing',
    'a volume of a DaemonSet',
    scene(
      { container: waiting('ContainerCreating'), spec: { volumes: [{ name: 'config', configMap: { name: 'fluent-bit' } }] } },
      [['FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap "fluent-bit" not found']],
      { kind: 'DaemonSet' },
    ),
    { cause: 'ConfigMapMissing', at: any, proof: /fluent-bit/, fix: /ConfigMap/ },
  ),
  row(
    'run as root',
    'refused by the kubelet',
    scene(
      {
        container: waiting(
          'CreateContainerConfigError',
          'container has runAsNonRoot and image will run as root (pod: "web-0_apps(0b1c2d)", container: app)',
        ),
      },
      [['Failed', 'Error: container has runAsNonRoot and image will run as root (pod: "web-0_apps(0b1c2d)", container: app)']],
    ),
    { cause: 'RunAsRootDenied', proof: /runAsNonRoot/, fix: /runAs|USER/ },
  ),
  row(
    'command not found',
    'a shell with a slip',
    scene(
      {
        container: {
          ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container=app'),
          restartCount: 6,
          lastState: ended(
            128,
            'StartError',
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/bin/bsh": stat /bin/bsh: no such file or directory',
          ),
        },
      },
      [backOff],
    ),
    { cause: 'CommandNotFound', proof: /\/bin\/bsh/, fix: /command/ },
  ),
]

const crashes: readonly FaultCase[] = [
  row(
    'OOM',
    'as a Java heap outgrows its limit',
    scene({ container: crashing(137, 'OOMKilled') }, [backOff], { near: suspendedElsewhere() }),
    { cause: 'OOMKilled', proof: /OOMKilled/, fix: /memory/ },
  ),
  row(
    'crash loop',
    'by a setting that is not there',
    scene({ container: crashing(1) }, [backOff], {
      log: '{"level":"info","msg":"starting api 2.3.0"}\npanic: required environment variable DATABASE_URL is not set\n\ngoroutine 1 [running]:\nmain.mustEnv(...)\n\t/src/main.go:31\nmain.main()\n\t/src/main.go:12 +0x1d\n',
    }),
    { cause: ['SettingMissing', 'CrashLoop', 'ContainerExits'], proof: /DATABASE_URL/, fix: any },
  ),
  row(
    'crash loop',
    'a database that refuses the password',
    scene({ container: crashing(1) }, [backOff], {
      log: 'Traceback (most recent call last):\n  File "/app/main.py", line 8, in <module>\n    pool = psycopg.connect(dsn)\npsycopg.OperationalError: connection failed: connection to server at "10.43.7.1", port 5432 failed: FATAL:  password authentication failed for user "web"\n',
      near: slowStart(),
    }),
    { cause: ['LoginRefused', 'CrashLoop', 'RequestUnauthorized'], proof: /password authentication failed/, fix: any },
  ),
  row(
    'crash loop',
    'a peer that does not resolve',
    scene({ container: crashing(1) }, [backOff], {
      log: "Error: getaddrinfo ENOTFOUND redis-master.apps.svc.cluster.local\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26) {\n  errno: -3008,\n  code: 'ENOTFOUND',\n  syscall: 'getaddrinfo',\n  hostname: 'redis-master.apps.svc.cluster.local'\n}\n",
    }),
    { cause: 'CrashLoop', proof: /ENOTFOUND/, fix: /host|DNS/ },
  ),
  row(
    'port clash',
    'two containers of one pod',
    scene({ container: crashing(1) }, [backOff], { log: '2026/01/01 00:00:00 listen tcp :8080: bind: address already in use\n' }),
    { cause: 'CrashLoop', proof: /address already in use/, fix: /port/ },
  ),
  row(
    'file denied',
    'a volume of another user',
    scene({ container: crashing(1) }, [backOff], {
      log: "mkdir: cannot create directory '/var/lib/data/pgdata': Permission denied\n",
      near: retriedJob(),
    }),
    { cause: 'CrashLoop', proof: /Permission denied/, fix: /fsGroup|permission|user/i },
  ),
  row(
    'wrong architecture',
    'of a binary',
    scene({ container: crashing(255) }, [backOff], { log: 'exec /usr/local/bin/server: exec format error\n' }),
    { cause: ['ImagePlatformMissing', 'CommandNotExecutable'], proof: /exec format error/, fix: /arch|platform/ },
  ),
  row(
    'schema migration',
    'that is behind',
    scene({ container: crashing(1) }, [backOff], {
      log: 'ERROR:  relation "orders" does not exist at character 15\nLINE 1: SELECT * FROM orders\n',
    }),
    { cause: ['CrashLoop', 'ContainerExits'], proof: /relation "orders"/, fix: any },
  ),
  row(
    'probe failing',
    'a liveness probe that is too short',
    scene({ phase: 'Running', container: { ...running(), restartCount: 14, lastState: ended(137, 'Error') } }, [
      [
        'Unhealthy',
        'Liveness probe failed: Get "http://10.42.1.7:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      ],
      ['Killing', 'Container app failed liveness probe, will be restarted'],
    ]),
    { cause: 'LivenessProbeFailing', proof: /Liveness probe failed/, fix: /livenessProbe/ },
  ),
  row(
    'probe failing',
    'readiness, as the answer is 503',
    scene({ phase: 'Running', container: running() }, [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503']], {
      kind: 'DaemonSet',
      near: scaledDown(),
    }),
    { cause: 'ReadinessProbeFailing', proof: /503/, fix: any },
  ),
  row(
    'probe failing',
    'at the start, for a port that nobody listens on',
    scene(
      {
        phase: 'Running',
        container: {
          state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
          started: false,
          restartCount: 8,
          lastState: ended(143, 'Error'),
        },
      },
      [
        ['Unhealthy', 'Startup probe failed: dial tcp 10.42.1.7:9090: connect: connection refused'],
        ['Killing', 'Container app failed startup probe, will be restarted'],
      ],
    ),
    { cause: 'StartupProbeFailing', proof: /Startup probe failed/, fix: any },
  ),
  row(
    'init container',
    'that waits for a database',
    scene(
      {
        init: {
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container=setup' } },
          lastState: ended(1, 'Error'),
          restartCount: 9,
        },
        container: waiting('PodInitializing'),
      },
      [['BackOff', 'Back-off restarting failed container setup in pod web-0_apps(0b1c2d)']],
      { log: 'psql: error: could not translate host name "postgres.apps.svc" to address: Name or service not known\n' },
    ),
    { cause: ['DnsFailure', 'HostUnknown', 'InitContainerFailed', 'PeerUnreachable'], proof: /could not translate host name/, fix: any },
  ),
]

const waitsForPlace: PodShape = { phase: 'Pending', container: {} }
const place = (message: string, more: Scene & { shape?: PodShape } = {}): KubeObject[] =>
  scene({ ...waitsForPlace, ...unscheduled(message), ...more.shape }, [['FailedScheduling', message]], more)
const places: readonly FaultCase[] = [
  row(
    'no room',
    'memory, and a control plane beside',
    place(
      '0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient memory. preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    ),
    { cause: 'UnschedulableResources', proof: /Insufficient memory/, fix: /memory|request|node/ },
  ),
  row(
    'taints',
    'nodes for graphics alone',
    place(
      '0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ),
    { cause: 'UnschedulableTaint', proof: /dedicated: gpu/, fix: /toleration/ },
  ),
  row(
    'no device',
    'no graphics card',
    place(
      '0/6 nodes are available: 6 Insufficient nvidia.com/gpu. preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.',
      { near: slowStart() },
    ),
    { cause: ['UnschedulableResources', 'DevicesUnavailable'], proof: /nvidia\.com\/gpu/, fix: any },
  ),
  row(
    'affinity',
    'a spread over zones',
    place(
      "0/5 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 3 node(s) didn't match pod topology spread constraints. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
    ),
    { cause: 'UnschedulableAffinity', proof: /topology spread/, fix: any },
  ),
  row(
    'volume elsewhere',
    'in another zone',
    place(
      '0/3 nodes are available: 3 node(s) had volume node affinity conflict. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
      {
        shape: { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } }] } },
        near: [claim('data-web-0', { volumeName: 'pv-1' }, 'Bound')],
      },
    ),
    { cause: 'VolumeElsewhere', proof: /volume node affinity/, fix: any },
  ),
  row(
    'nodes not ready',
    'all of them',
    place(
      '0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      {
        near: [
          global('v1', 'Node', 'node-1', {
            spec: {},
            status: {
              conditions: conditions([
                'Ready',
                'False',
                'KubeletNotReady',
                'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
              ]),
            },
          }),
        ],
      },
    ),
    { cause: ['NodeNotReady', 'UnschedulableTaint', 'NoNodes'], at: any, proof: /not-ready|cni plugin/, fix: any },
  ),
]

const onClaim: PodShape = { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } }] } }
const unbound = (spec: JsonObject, reason: string, message: string): KubeObject[] => {
  const data = claim('data-web-0', spec)
  return place(
    '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    { shape: onClaim, near: [data, event(data, reason, message)] },
  )
}
const storages: readonly FaultCase[] = [
  row(
    'PVC pending',
    'a class that is not there',
    unbound({ storageClassName: 'fast-ssd' }, 'ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found'),
    { cause: 'StorageClassMissing', at: any, proof: /fast-ssd/, fix: /StorageClass|storageClassName/ },
  ),
  row(
    'PVC pending',
    'the quota of a cloud',
    [
      ...unbound(
        { storageClassName: 'gp3' },
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-77": could not create volume in EC2: VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit of 50 TiB in this region.',
      ),
      global('storage.k8s.io/v1', 'StorageClass', 'gp3', { provisioner: 'ebs.csi.aws.com' }),
    ],
    { cause: ['ProvisioningFailed', 'ProviderQuotaExceeded', 'StorageFull'], proof: /VolumeLimitExceeded/, fix: any },
  ),
  row(
    'volume in use',
    'by a pod on a dead node',
    scene(
      { ...onClaim, container: waiting('ContainerCreating') },
      [['FailedAttachVolume', 'Multi-Attach error for volume "pvc-2f6a" Volume is already used by pod(s) web-old']],
      { near: [claim('data-web-0', { volumeName: 'pvc-2f6a' }, 'Bound')] },
    ),
    { cause: 'VolumeInUse', proof: /Multi-Attach/, fix: any },
  ),
  row(
    'volume mount',
    'an export that refuses',
    scene(
      { ...onClaim, container: waiting('ContainerCreating') },
      [
        [
          'FailedMount',
          'MountVolume.SetUp failed for volume "nfs-media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.0.0.5:/export/media /var/lib/kubelet/pods/0b1c/volumes/kubernetes.io~nfs/nfs-media\nOutput: mount.nfs: access denied by server while mounting 10.0.0.5:/export/media',
        ],
      ],
      { near: [claim('data-web-0', { volumeName: 'nfs-media' }, 'Bound'), ...retriedJob()] },
    ),
    { cause: ['VolumeMountFailed'], proof: /access denied by server/, fix: any },
  ),
]

const nodes: readonly FaultCase[] = [
  row(
    'pod network',
    'no address is left',
    scene({ container: waiting('ContainerCreating') }, [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "a1b2": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
      ],
    ]),
    { cause: ['PodNetworkFailed', 'PodSandboxFailed'], proof: /failed to assign an IP/, fix: any },
  ),
  row(
    'node pressure',
    'a disk that is full',
    scene(
      {
        phase: 'Failed',
        status: {
          reason: 'Evicted',
          message:
            'The node was low on resource: ephemeral-storage. Threshold quantity: 2146223340, available: 1883424Ki. Container app was using 10304Ki, request is 0, has larger consumption of ephemeral-storage. ',
        },
      },
      [
        [
          'Evicted',
          'The node was low on resource: ephemeral-storage. Threshold quantity: 2146223340, available: 1883424Ki. Container app was using 10304Ki, request is 0, has larger consumption of ephemeral-storage. ',
        ],
      ],
      {
        kind: 'DaemonSet',
        near: [
          global('v1', 'Node', 'node-1', {
            status: {
              conditions: conditions(
                ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
                ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'],
              ),
            },
          }),
        ],
      },
    ),
    { cause: ['NodePressure', 'PodEvicted', 'DiskFull'], proof: /ephemeral-storage|disk pressure/, fix: any },
  ),
  row(
    'node gone',
    'a kubelet that stopped to report',
    scene({ phase: 'Running', container: running(), status: { reason: 'NodeLost' } }, [['NodeNotReady', 'Node is not ready']], {
      near: [
        global('v1', 'Node', 'node-1', {
          status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
        }),
      ],
    }),
    { cause: ['NodeNotReady'], proof: /stopped posting|not ready/, fix: any },
  ),
]

const cron = object('batch/v1', 'CronJob', 'report', {
  spec: {
    schedule: '0 * * * *',
    jobTemplate: { spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/org/app:1.0.0' }] } } } },
  },
  status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
})
const jobOf = (name: string, state: JsonObject): KubeObject =>
  object('batch/v1', 'Job', name, {
    metadata: ownedBy(cron),
    spec: { backoffLimit: 2, template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/org/app:1.0.0' }] } } },
    status: state,
  })
const jobPod = (job: KubeObject, shape: PodShape): KubeObject => {
  const made = pod(`${job.metadata.name}-x1`, shape)
  return { ...made, metadata: { ...made.metadata, ...ownedBy(job) } }
}
const jobs: readonly FaultCase[] = [
  (() => {
    const job = jobOf('migrate', {
      failed: 3,
      conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
    })
    const one = printing(
      jobPod(job, { phase: 'Failed', container: { state: ended(2) } }),
      'error: migration 0042_add_index: duplicate column name: tenant_id\n',
    )
    return row(
      'job backoff',
      'a migration that was half applied',
      [waited('apps', [job], 'Failed'), fleet(), job, one, ...runs('gateway')],
      { cause: ['JobFailed', 'ContainerExits', 'CrashLoop'], at: any, proof: /duplicate column|backoff limit/, fix: any },
    )
  })(),
  (() => {
    const job = jobOf('report-29312', {
      active: 0,
      failed: 1,
      conditions: conditions(['Failed', 'True', 'DeadlineExceeded', 'Job was active longer than specified deadline']),
    })
    return row('job deadline', 'of a CronJob', [job, cron, isWell('apps', [cron]), fleet()], {
      cause: ['JobDeadlineExceeded', 'JobFailed'],
      at: any,
      proof: /longer than specified deadline/,
      fix: /activeDeadlineSeconds|deadline/,
    })
  })(),
]

export const wholePods: readonly FaultCase[] = [...images, ...configs, ...crashes, ...places, ...storages, ...nodes, ...jobs]
