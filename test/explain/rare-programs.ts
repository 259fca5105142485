import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  claim,
  crashing,
  deployment,
  event,
  object,
  pod,
  type PodShape,
  release,
  replicaSet,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'
import { besides, fleet, goodCharted, printing, retrying, waited } from './whole.ts'

/** Programs that end, and pods that the kubelet or the scheduler refuses, in rarer words: [fault, what, words, names that are true, proof]. */
type Row = readonly [name: string, says: string, words: string, cause: Expected['cause'], proof: RegExp, fix?: RegExp]
const of =
  (make: (words: string, name: string) => readonly KubeObject[]) =>
  ([name, says, words, cause, proof, fix = any]: Row, i: number): FaultCase =>
    fault(name, `rare: ${says}`, [...make(words, name), ...besides(i)], { ...(cause ? { cause } : {}), proof, fix })

/** A Deployment whose old pod still serves while the new one fails. */
function beside(
  shape: PodShape,
  { log, events = [] as readonly (readonly [string, string])[], spec = {} as JsonObject } = {} as {
    log?: string
    events?: readonly (readonly [string, string])[]
    spec?: JsonObject
  },
): KubeObject[] {
  const dep = deployment('web', {
    progressing: stuck,
    available: true,
    status: { replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, unavailableReplicas: 1 },
  })
  const [old, set] = [replicaSet(dep, { hash: '5c8b' }), replicaSet(dep, { hash: '7f9d' })]
  const serving = pod(old, {
    phase: 'Running',
    ready: true,
    container: { state: { running: { startedAt: '2026-01-01T00:00:00Z' } }, started: true, ready: true },
  })
  const made = pod(set, { ...shape, spec: { ...shape.spec, ...spec } })
  const one = log === undefined ? made : printing(made, log)
  return [
    waited('apps', [dep], 'Failed'),
    fleet(),
    dep,
    old,
    set,
    serving,
    one,
    ...events.map(([reason, message]) => event(one, reason, message)),
  ]
}
const prints = (words: string): KubeObject[] =>
  beside(
    { phase: 'Running', container: crashing(1) },
    { log: words, events: [['BackOff', 'Back-off restarting failed container app in pod web-7f9d-x2x4z_apps(0b1c)']] },
  )
const crash = ['CrashLoop', 'ContainerExits']
const logs: readonly Row[] = [
  [
    'java host',
    'of a database',
    'Caused by: java.net.UnknownHostException: mysql-primary\n\tat java.base/java.net.InetAddress.getAllByName(InetAddress.java:1533)\n',
    [...crash, 'HostUnknown', 'DnsFailure'],
    /UnknownHostException/,
  ],
  [
    'java pool',
    'a database that is down',
    'HikariPool-1 - Exception during pool initialization.\norg.postgresql.util.PSQLException: Connection to pg:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\n',
    [...crash, 'ConnectionRefused', 'PeerUnreachable'],
    /refused/,
  ],
  [
    'java heap',
    'too small',
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)\n',
    [...crash, 'OutOfHeap', 'OOMKilled'],
    /heap space/,
  ],
  [
    'node heap',
    'too small',
    '<--- Last few GCs --->\n[1:0x7f]    48211 ms: Mark-Compact 254.1 (258.6) -> 253.9 (259.1) MB\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
    [...crash, 'OutOfHeap'],
    /heap out of memory|heap limit/,
  ],
  [
    'python module',
    'missing in the image',
    'Traceback (most recent call last):\n  File "/app/main.py", line 1, in <module>\n    import uvloop\nModuleNotFoundError: No module named \'uvloop\'\n',
    crash,
    /uvloop/,
  ],
  [
    'nginx upstream',
    'that has no name',
    'nginx: [emerg] host not found in upstream "api.apps.svc.cluster.local" in /etc/nginx/conf.d/default.conf:12\n',
    [...crash, 'HostUnknown', 'DnsFailure'],
    /host not found/,
  ],
  [
    'nginx port',
    'below 1024',
    'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)\n',
    [...crash, 'FileDenied', 'PortInUse'],
    /Permission denied/,
  ],
  [
    'nginx config',
    'an unknown word',
    'nginx: [emerg] unknown directive "proxy_pas" in /etc/nginx/conf.d/default.conf:7\n',
    [...crash, 'SettingMissing', 'ConfigInvalid'],
    /proxy_pas/,
  ],
  [
    'redis login',
    'is wanted',
    'Error: NOAUTH Authentication required.\n    at parseError (/app/node_modules/redis-parser/lib/parser.js:179:12)\n',
    [...crash, 'LoginRefused'],
    /NOAUTH/,
  ],
  [
    'mongo login',
    'is refused',
    "MongoServerError: Authentication failed.\n    at Connection.sendCommand (/app/node_modules/mongodb/lib/cmap/connection.js:290:27) {\n  code: 18,\n  codeName: 'AuthenticationFailed'\n}\n",
    [...crash, 'LoginRefused'],
    /Authentication failed/,
  ],
  [
    'cloud role',
    'that may not',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::1:assumed-role/web/x is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::cfg/app.yaml"\n',
    [...crash, 'ProviderDenied', 'RequestForbidden', 'RbacDenied'],
    /AccessDenied/,
  ],
  [
    'RBAC of a program',
    'its lease',
    'E0101 00:00:00.000000       1 leaderelection.go:436] error retrieving resource lock apps/op: leases.coordination.k8s.io "op" is forbidden: User "system:serviceaccount:apps:default" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "apps"\n',
    [...crash, 'RbacDenied'],
    /leases/,
  ],
  [
    'TLS of a peer',
    'has ended',
    "Error: certificate has expired\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1674:34) {\n  code: 'CERT_HAS_EXPIRED'\n}\n",
    [...crash, 'CertificateExpired'],
    /expired/,
  ],
  [
    'disk of a database',
    'is full',
    '2026-01-01 00:00:00.000 UTC [1] FATAL:  could not write lock file "postmaster.pid": No space left on device\n',
    [...crash, 'DiskFull', 'StorageFull'],
    /No space left/,
  ],
  [
    'config file',
    'that is not mounted',
    'Error: open /etc/app/config.yaml: no such file or directory\n',
    [...crash, 'FileMissing'],
    /config\.yaml/,
  ],
  [
    'config file',
    'that does not parse',
    'Error loading config (--config.file=/etc/prometheus/prometheus.yml): parsing YAML file /etc/prometheus/prometheus.yml: yaml: line 9: found character that cannot start any token\n',
    [...crash, 'YamlInvalid', 'ConfigInvalid'],
    /line 9/,
  ],
  [
    'inotify',
    'too few watches',
    'Unhandled exception. System.IO.IOException: The configured user limit (128) on the number of inotify instances has been reached, or the per-process limit on the number of open file descriptors has been reached.\n',
    crash,
    /inotify/,
  ],
  [
    'flag',
    'that a new version lost',
    'Error: unknown flag: --enable-legacy-mode\nUsage:\n  controller [flags]\n\nFlags:\n      --leader-elect   Enable leader election\n',
    crash,
    /unknown flag/,
  ],
  [
    'database version',
    'of its files',
    'FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 16.2.\n',
    crash,
    /incompatible/,
  ],
  [
    'peer',
    'too slow',
    '{"level":"fatal","ts":1767225600,"msg":"failed to connect to kafka","error":"dial tcp 10.0.9.9:9092: i/o timeout"}\n',
    [...crash, 'NoAnswer', 'PeerUnreachable'],
    /i\/o timeout/,
  ],
]

const kubelet =
  (reason: string) =>
  (words: string): KubeObject[] =>
    beside({ container: waiting(reason, words) }, { events: [['Failed', `Error: ${words}`]] })
const created: readonly Row[] = [
  [
    'no command',
    'in the image',
    'failed to generate container "ab" spec: failed to generate spec: no command specified',
    ['CommandNotFound', 'ContainerCannotStart', 'ContainerConfigInvalid', 'SettingMissing'],
    /no command/,
  ],
  [
    'container name',
    'still reserved',
    'failed to reserve container name "app_web-7f9d-x2x4z_apps_0b1c_0": name "app_web-7f9d-x2x4z_apps_0b1c_0" is reserved for "ab"',
    ['ContainerNameReserved'],
    /reserved/,
  ],
  [
    'binary',
    'without its bit',
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "./server": permission denied',
    ['CommandNotExecutable', 'FileDenied', 'ContainerCannotStart'],
    /permission denied/,
  ],
  [
    'working directory',
    'that the user may not enter',
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: chdir to cwd ("/home/app") set in config.json failed: permission denied',
    ['FileDenied', 'CommandNotExecutable', 'ContainerCannotStart'],
    /chdir/,
  ],
  [
    'user',
    'that the image has not',
    'unable to find user app: no matching entries in passwd file',
    ['ContainerCannotStart', 'ContainerConfigInvalid', 'RunAsRootDenied', 'FileMissing'],
    /no matching entries/,
  ],
  [
    'mount path',
    'a file over a folder',
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "/var/lib/kubelet/pods/1/volume-subpaths/cfg/app/0" to rootfs at "/etc/nginx/nginx.conf": not a directory: Are you trying to mount a directory onto a file (or vice-versa)?',
    ['MountPathConflict', 'VolumeMountFailed', 'ContainerCannotStart'],
    /not a directory/,
  ],
]
const pulled = (words: string): KubeObject[] =>
  beside({
    container: {
      ...waiting('ImagePullBackOff', `Back-off pulling image "registry.corp.example/web:2": ErrImagePull: ${words}`),
      image: 'registry.corp.example/web:2',
    },
  })
const images: readonly Row[] = [
  [
    'image project',
    'of Harbor',
    'failed to pull and unpack image "registry.corp.example/web:2": failed to resolve reference "registry.corp.example/web:2": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
    ['ImagePullDenied'],
    /basic auth|pull access denied/,
  ],
  [
    'image authority',
    'of a private registry',
    'failed to pull and unpack image "registry.corp.example/web:2": failed to resolve reference "registry.corp.example/web:2": failed to do request: Head "https://registry.corp.example/v2/web/manifests/2": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ['ImageTlsUnknownAuthority', 'TlsUnknownAuthority'],
    /unknown authority/,
  ],
  [
    'image over HTTP',
    'of a local registry',
    'failed to pull and unpack image "registry.corp.example/web:2": failed to resolve reference "registry.corp.example/web:2": failed to do request: Head "https://registry.corp.example/v2/web/manifests/2": http: server gave HTTP response to HTTPS client',
    ['ImagePlainHttp', 'PlainHttp'],
    /HTTP response/,
  ],
  [
    'image disk',
    'full on the node',
    'failed to pull and unpack image "registry.corp.example/web:2": failed to extract layer sha256:ab: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs/lib/x: no space left on device',
    ['ImageDiskFull', 'DiskFull'],
    /no space left/,
  ],
  [
    'image host',
    'that does not resolve',
    'failed to pull and unpack image "registry.corp.example/web:2": failed to resolve reference "registry.corp.example/web:2": failed to do request: Head "https://registry.corp.example/v2/web/manifests/2": dial tcp: lookup registry.corp.example on 169.254.20.10:53: no such host',
    ['RegistryUnreachable', 'HostUnknown', 'DnsFailure'],
    /no such host/,
  ],
  [
    'image policy',
    'of CRI-O',
    'SignatureValidationFailed: image pull failed for registry.corp.example/web:2 because the signature validation failed: Source image rejected: A signature was required, but no signature exists',
    ['ImageSignatureInvalid', 'ImageBlocked'],
    /signature/,
  ],
]

const placed = (words: string): KubeObject[] => beside({ ...unscheduled(words), container: {} }, { events: [['FailedScheduling', words]] })
const places: readonly Row[] = [
  [
    'host port',
    'that another pod has',
    "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
    ['HostPortTaken', 'PortTaken', 'UnschedulableResources'],
    /free ports/,
  ],
  [
    'pods per node',
    'too many',
    '0/3 nodes are available: 3 Too many pods. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    ['UnschedulableResources'],
    /Too many pods/,
  ],
  [
    'volumes per node',
    'too many',
    '0/3 nodes are available: 3 node(s) exceed max volume count. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    ['VolumeLimitReached', 'UnschedulableResources'],
    /max volume count/,
  ],
  [
    'claim',
    'that is not there',
    '0/3 nodes are available: persistentvolumeclaim "uploads" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ['ClaimMissing', 'VolumeMissing'],
    /uploads/,
  ],
  [
    'nodes',
    'all cordoned',
    '0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    ['NodesCordoned'],
    /unschedulable/,
  ],
  [
    'node selector',
    'no node has the label',
    "0/5 nodes are available: 5 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
    ['UnschedulableAffinity'],
    /node affinity\/selector/,
  ],
  [
    'claim of one pod',
    'that another holds',
    '0/3 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode, 2 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.',
    ['VolumeInUse', 'UnschedulableTaint', 'NodesCordoned'],
    /ReadWriteOncePod/,
  ],
]
const mounted = (words: string): KubeObject[] =>
  beside(
    { container: waiting('ContainerCreating') },
    {
      events: [['FailedMount', words]],
      spec: {
        volumes: [
          { name: 'x', secret: { secretName: 'tls' } },
          { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        ],
      },
    },
  ).concat(claim('data', { volumeName: 'pv' }, 'Bound'), object('v1', 'Secret', 'tls', { data: { 'tls.crt': '' } }))
const mounts: readonly Row[] = [
  [
    'CSI driver',
    'that is not on the node',
    'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
    ['VolumeDriverMissing'],
    /efs\.csi/,
  ],
  [
    'key of a volume',
    'that is not in the Secret',
    'MountVolume.SetUp failed for volume "x" : references non-existent secret key: tls.key',
    ['SecretKeyMissing'],
    /tls\.key/,
  ],
  [
    'mount program',
    'that the node lacks',
    'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32\nOutput: mount: /var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/nfs: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.',
    ['VolumeMountFailed', 'VolumeDriverMissing'],
    /helper program/,
  ],
  [
    'file system',
    'that is broken',
    'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = \'fsck\' found errors on device /dev/nvme1n1 but could not correct them: fsck from util-linux 2.37\n/dev/nvme1n1: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.',
    ['VolumeMountFailed'],
    /fsck/,
  ],
  [
    'mount',
    'an address that does not answer',
    'MountVolume.SetUp failed for volume "media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nas.corp.example:/media /x\nOutput: mount.nfs: Connection timed out',
    ['VolumeMountFailed', 'NoAnswer', 'PeerUnreachable'],
    /timed out/,
  ],
]

const helmed = (message: string): KubeObject[] => [
  release('web', {}, undefined, { ...retrying('UpgradeFailed', message, ['Released', 'False', 'UpgradeFailed', message]) }),
  ...goodCharted(),
]
const up = 'Helm upgrade failed for release apps/web with chart web@1.2.3: '
const helms: readonly Row[] = [
  [
    'manifest',
    'that is no YAML',
    `${up}YAML parse error on web/templates/deployment.yaml: error converting YAML to JSON: yaml: line 31: could not find expected ':'`,
    ['YamlInvalid', 'TemplateFailed'],
    /line 31/,
  ],
  [
    'no release',
    'to go on from',
    `${up}"web" has no deployed releases`,
    undefined,
    /no deployed releases/,
    /uninstall|delete|force|install|secret|release/i,
  ],
  [
    'release too large',
    'for a Secret',
    `${up}create: failed to create: Secret "sh.helm.release.v1.web.v5" is invalid: data: Too long: may not be more than 1048576 bytes`,
    ['ReleaseTooLarge'],
    /Too long/,
  ],
  [
    'rights of Helm',
    'of an account',
    `${up}failed to get release: secrets is forbidden: User "system:serviceaccount:apps:helm" cannot list resource "secrets" in API group "" in the namespace "apps"`,
    ['RbacDenied'],
    /cannot list/,
  ],
  [
    'post-renderer',
    'a patch without target',
    `${up}error while running post render on files: no resource matches strategic merge patch "Deployment.v1.apps/x.[noNs]": no matches for Id Deployment.v1.apps/x.[noNs]; failed to find unique target for patch Deployment.v1.apps/x.[noNs]`,
    ['PatchTargetMissing'],
    /unique target/,
  ],
  [
    'webhook',
    'below Helm',
    `${up}cannot patch "web" with kind Deployment: admission webhook "vpod.acme.io" denied the request: image must come from registry.acme.io`,
    ['WebhookDenied', 'PolicyDenied'],
    /registry\.acme\.io/,
  ],
  [
    'function',
    'that Helm does not know',
    `${up}parse error at (web/templates/_helpers.tpl:9): function "mustToYaml" not defined`,
    ['TemplateFailed'],
    /mustToYaml/,
  ],
  [
    'map and list',
    'a value of another shape',
    `${up}template: web/templates/ingress.yaml:8:22: executing "web/templates/ingress.yaml" at <.Values.ingress.hosts>: range can't iterate over example.com`,
    ['TemplateFailed', 'ChartNeedsValue'],
    /range can't iterate/,
  ],
  [
    'quota',
    'below Helm',
    `${up}failed to create resource: services "web" is forbidden: exceeded quota: tenant, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0`,
    ['QuotaExceeded'],
    /exceeded quota/,
  ],
]

export const rarePrograms: readonly FaultCase[] = [
  ...logs.map(of(prints)),
  ...created.map(of(kubelet('CreateContainerError'))),
  ...images.map(of(pulled)),
  ...places.map(of(placed)),
  ...mounts.map(of(mounted)),
  ...helms.map(of(helmed)),
]
