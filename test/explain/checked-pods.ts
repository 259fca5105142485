import { three, waits, work, said, releases, refuses, jobOf } from './checked.ts'
import {
  claim,
  crashing,
  ended,
  event,
  global,
  object,
  pod,
  running,
  unscheduled,
  waiting,
  deployment,
  replicaFailure,
  replicaSet,
  past,
} from './objects.ts'
import { controlled, printing, firstOf } from './whole.ts'

const img = (image: string, message: string, reason = 'ImagePullBackOff') => ({
  container: { image, imageID: '', ...waiting(reason, message) },
})
const pullFails = (image: string, why: string) =>
  [
    img(image, `Back-off pulling image "${image}": ErrImagePull: ${why}`),
    [
      ['Failed', `Failed to pull image "${image}": ${why}`],
      ['Failed', 'Error: ErrImagePull'],
      ['BackOff', `Back-off pulling image "${image}"`],
    ],
  ] as const

const imagePull = three('image pull', [
  [
    'a tag that ghcr does not have, for a StatefulSet',
    waits(
      work(
        'StatefulSet',
        'ledger',
        pullFails(
          'ghcr.io/acme/ledger:v2.3.1',
          'rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/ledger:v2.3.1": failed to resolve reference "ghcr.io/acme/ledger:v2.3.1": ghcr.io/acme/ledger:v2.3.1: not found',
        ),
      ),
    ),
    { at: /^Pod\/apps\/ledger-0/, proof: /ledger:v2\.3\.1.*not found/, fix: /tag|image/i },
  ],
  [
    'CRI-O that asks quay for an image or an artifact',
    waits(
      work(
        'Deployment',
        'web',
        pullFails(
          'quay.io/acme/web:1.9',
          'unable to pull image or OCI artifact: pull image err: initializing source docker://quay.io/acme/web:1.9: reading manifest 1.9 in quay.io/acme/web: manifest unknown; artifact err: get manifest: build image source: reading manifest 1.9 in quay.io/acme/web: manifest unknown',
        ),
      ),
    ),
    { at: /^Pod\/apps\/web-6d4f/, proof: /manifest unknown/, fix: /tag|image/i },
  ],
  [
    'a repository of Docker Hub that is not there, or is private',
    waits(
      work(
        'Deployment',
        'web',
        pullFails(
          'docker.io/acme/wbe:1.0.0',
          'failed to pull and unpack image "docker.io/acme/wbe:1.0.0": failed to resolve reference "docker.io/acme/wbe:1.0.0": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
        ),
      ),
    ),
    { at: /^Pod\/apps\/web-6d4f/, proof: /pull access denied/, fix: /name|imagePullSecret|credential|log ?in/i },
  ],
])

const registry401Pod = [
  'Harbor that does not let a node in',
  waits(
    work(
      'DaemonSet',
      'agent',
      pullFails(
        'harbor.acme.io/ops/agent:3.1.0',
        'failed to pull and unpack image "harbor.acme.io/ops/agent:3.1.0": failed to resolve reference "harbor.acme.io/ops/agent:3.1.0": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://harbor.acme.io/service/token?scope=repository%3Aops%2Fagent%3Apull&service=harbor-registry: 401 Unauthorized',
      ),
    ),
  ),
  { at: /^Pod\/apps\/agent/, proof: /401 Unauthorized/, fix: /imagePullSecret|credential|secret/i },
] as const
const ecrExpired = [
  'ECR whose token in the pull secret is over',
  waits(
    work(
      'Deployment',
      'api',
      pullFails(
        '123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:5.2.0',
        'failed to pull and unpack image "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:5.2.0": failed to resolve reference "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:5.2.0": unexpected status from HEAD request to https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/api/manifests/5.2.0: 403 Forbidden: Your authorization token has expired. Reauthenticate and try again.',
      ),
    ),
  ),
  { at: /^Pod\/apps\/api/, proof: /token has expired/, fix: /renew|refresh|token|credential|expire/i },
] as const
const podDigest = [
  'a digest that containerd does not find',
  waits(
    work(
      'Deployment',
      'web',
      pullFails(
        `ghcr.io/acme/web@sha256:${'ab'.repeat(32)}`,
        `failed to pull and unpack image "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}": failed to resolve reference "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}": ghcr.io/acme/web@sha256:${'ab'.repeat(32)}: not found`,
      ),
    ),
  ),
  { at: /^Pod\/apps\/web/, proof: /sha256:(?:ab)+.*not found/, fix: /digest|image/i },
] as const
const crioDigest = [
  'a digest that CRI-O does not find',
  waits(
    work(
      'CronJob',
      'report',
      pullFails(
        `quay.io/acme/report@sha256:${'cd'.repeat(32)}`,
        `initializing source docker://quay.io/acme/report@sha256:${'cd'.repeat(32)}: reading manifest sha256:${'cd'.repeat(32)} in quay.io/acme/report: manifest unknown`,
      ),
    ),
  ),
  { at: /^Pod\/apps\/report/, proof: /manifest unknown/, fix: /digest|image/i },
] as const
export const fromPods = { registry401Pod, ecrExpired, podDigest, crioDigest }

const quotaObject = object('v1', 'ResourceQuota', 'compute', {
  spec: { hard: { 'requests.cpu': '8', 'limits.memory': '16Gi' } },
  status: { hard: { 'requests.cpu': '8' }, used: { 'requests.cpu': '7' } },
})
const db = () => controlled('StatefulSet', 'db', { status: { replicas: 0, currentReplicas: 0 } })
const waitsOn = (made: ReturnType<typeof db>, list: readonly (readonly [string, string])[], more: Parameters<typeof waits>[0] = []) =>
  waits([made, ...said(made, list), ...more])
const noPods = (name: string, message: string) => {
  const dep = deployment(name, { more: [replicaFailure(message)], status: { replicas: 0, unavailableReplicas: 1 } })
  const set = replicaSet(dep, { replicas: 0, more: [replicaFailure(message)] })
  return [dep, set, event(set, 'FailedCreate', `Error creating: ${message}`, { count: 17 })]
}
const quota = three('quota', [
  [
    'a StatefulSet whose CPU is over it',
    waitsOn(
      db(),
      [
        [
          'FailedCreate',
          'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: compute, requested: requests.cpu=2, used: requests.cpu=7, limited: requests.cpu=8',
        ],
      ],
      [quotaObject],
    ),
    { at: /^(?:StatefulSet\/apps\/db|ResourceQuota\/apps\/compute)/, proof: /exceeded quota: compute/, fix: /quota|request/i },
  ],
  [
    'a quota that wants limits',
    waits([
      ...noPods(
        'web',
        'pods "web-6d4f-x2x4z" is forbidden: failed quota: compute: must specify limits.cpu for: app; limits.memory for: app',
      ),
      quotaObject,
    ]),
    { at: /^ResourceQuota\/apps\/compute/, proof: /must specify limits\.cpu/, fix: /limit/i },
  ],
  [
    'a claim that wants more than is left',
    refuses(
      'shop',
      'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "data" is forbidden: exceeded quota: storage, requested: requests.storage=500Gi, used: requests.storage=1600Gi, limited: requests.storage=2Ti',
    ),
    { at: /^ResourceQuota\/apps\/storage/, proof: /exceeded quota: storage/, fix: /quota|storage/i },
  ],
])

const crash = three('crash loop', [
  [
    'a StatefulSet of PostgreSQL after an upgrade',
    waits(
      work('StatefulSet', 'db', [
        { phase: 'Running', container: crashing(1) },
        [['BackOff', 'Back-off restarting failed container app in pod db-0_apps(0b4f)']],
      ]).map(o =>
        o.kind === 'Pod'
          ? printing(
              o,
              'PostgreSQL Database directory appears to contain a database; Skipping initialization\n2026-01-01 00:00:00.112 UTC [1] FATAL:  database files are incompatible with server\n2026-01-01 00:00:00.112 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 17.2.',
            )
          : o,
      ),
    ),
    { at: /^Pod\/apps\/db-0/, proof: /database files are incompatible|initialized by PostgreSQL version 15/, fix: /./ },
  ],
  [
    'a Job that has used up its tries',
    (() => {
      const job = jobOf('migrate', {
        failed: 7,
        startTime: past,
        conditions: [
          {
            type: 'FailureTarget',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
            lastTransitionTime: past,
          },
          {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
            lastTransitionTime: past,
          },
        ],
      })
      const one = printing(
        pod(job, { phase: 'Failed', container: { state: ended(1) } }),
        'Traceback (most recent call last):\n  File "/app/migrate.py", line 41, in <module>\n    conn = psycopg2.connect(os.environ["DATABASE_URL"])\npsycopg2.OperationalError: FATAL:  password authentication failed for user "shop"',
      )
      return waits([job, one, event(job, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit')])
    })(),
    { at: /^Pod\/apps\/migrate|^Job\/apps\/migrate/, proof: /password authentication failed/, fix: /./ },
  ],
  [
    'a panic of Go in a DaemonSet',
    waits(
      work('DaemonSet', 'collector', [
        { phase: 'Running', container: crashing(2) },
        [['BackOff', 'Back-off restarting failed container app in pod collector-x2x4z_apps(77aa)']],
      ]).map(o =>
        o.kind === 'Pod'
          ? printing(
              o,
              'level=info msg="starting collector" version=1.4.0\npanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x8a11c4]\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:52 +0x1a4',
            )
          : o,
      ),
    ),
    { at: /^Pod\/apps\/collector/, proof: /panic: runtime error/, fix: /./ },
  ],
])

const started = (name: string, kind: Parameters<typeof work>[0], list: Parameters<typeof said>[1], container = {}) =>
  work(kind, name, [{ phase: 'Running', container: { ...running(), restartCount: 0, ...container } }, list])
const probe = three('probe failing', [
  [
    'the liveness of a DaemonSet',
    waits(
      started(
        'proxy',
        'DaemonSet',
        [
          [
            'Unhealthy',
            'Liveness probe failed: Get "http://10.42.1.7:9000/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          ],
          ['Killing', 'Container app failed liveness probe, will be restarted'],
        ],
        { restartCount: 11, lastState: ended(137) },
      ),
    ),
    { at: /^Pod\/apps\/proxy/, proof: /Liveness probe failed/, fix: /probe/i },
  ],
  [
    'a startup probe that gets 404',
    waits(
      started(
        'web',
        'Deployment',
        [
          ['Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 404'],
          ['Killing', 'Container app failed startup probe, will be restarted'],
        ],
        { restartCount: 6, started: false, lastState: ended(143) },
      ),
    ),
    { at: /^Pod\/apps\/web/, proof: /Startup probe failed.*404/, fix: /probe|path/i },
  ],
  [
    'a readiness probe of gRPC',
    waits(started('pricing', 'StatefulSet', [['Unhealthy', 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")']])),
    { at: /^Pod\/apps\/pricing-0/, proof: /NOT_SERVING/, fix: /probe|ready|serv/i },
  ],
])

const portClash = three('port clash', [
  [
    'a host port of a DaemonSet that others have',
    waits(
      work('DaemonSet', 'ingress', [
        unscheduled(
          "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
        ),
        [
          [
            'FailedScheduling',
            "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
          ],
        ],
      ]),
    ),
    { at: /^Pod\/apps\/ingress/, proof: /free ports/, fix: /port/i },
  ],
  [
    'a node port that is given away',
    refuses(
      'shop',
      'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ),
    { proof: /provided port is already allocated/, fix: /port/i },
  ],
  [
    'a listener of the same container',
    waits(
      work('Deployment', 'web', [
        { phase: 'Running', container: crashing(1) },
        [['BackOff', 'Back-off restarting failed container app in pod web-6d4f-x2x4z_apps(9c)']],
      ]).map(o =>
        o.kind === 'Pod'
          ? printing(
              o,
              '2026/01/01 00:00:00 [notice] 1#1: using the "epoll" event method\nnginx: [emerg] bind() to 0.0.0.0:8080 failed (98: Address already in use)',
            )
          : o,
      ),
    ),
    { at: /^Pod\/apps\/web/, proof: /Address already in use/, fix: /port|listen/i },
  ],
])

const claimed = (name: string, spec = {}, list: Parameters<typeof said>[1] = []) => {
  const one = claim(name, spec)
  return [one, ...said(one, list)]
}
const pending = (name: string, claimName: string, pvc: ReturnType<typeof claimed>) =>
  waits([
    ...work('StatefulSet', name, [
      {
        ...unscheduled(
          '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
        ),
        spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] },
      },
      [['FailedScheduling', '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.']],
    ]),
    ...pvc,
  ])
const pvc = three('PVC pending', [
  [
    'a class that is not there',
    pending(
      'db',
      'data-db-0',
      claimed('data-db-0', { storageClassName: 'fast-ssd' }, [['ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found']]),
    ),
    { at: /^StorageClass\/fast-ssd/, proof: /"fast-ssd" not found/, fix: /class/i },
  ],
  [
    'AWS that does not let the driver make it',
    pending(
      'db',
      'data-db-0',
      claimed('data-db-0', { storageClassName: 'gp3' }, [
        [
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-7f3a": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: 2c1d, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/ebs-csi/1 is not authorized to perform: ec2:CreateVolume',
        ],
      ]),
    ).concat(global('storage.k8s.io/v1', 'StorageClass', 'gp3', { provisioner: 'ebs.csi.aws.com' })),
    { at: /^PersistentVolumeClaim\/apps\/data-db-0/, proof: /UnauthorizedOperation/, fix: /permission|role|IAM|right|authoriz|allow/i },
  ],
  [
    'no class at all and no default one',
    waits([
      ...work('Deployment', 'files', [
        {
          ...unscheduled('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'files' } }] },
        },
        [],
      ]),
      ...claimed('files', {}, [['FailedBinding', 'no persistent volumes available for this claim and no storage class is set']]),
    ]),
    { at: /^PersistentVolumeClaim\/apps\/files/, proof: /no storage class is set/, fix: /class|volume/i },
  ],
])

const oom = three('out of memory', [
  [
    'a StatefulSet',
    waits(
      work('StatefulSet', 'cache', [
        { phase: 'Running', container: crashing(137, 'OOMKilled') },
        [['BackOff', 'Back-off restarting failed container app in pod cache-0_apps(1f)']],
      ]),
    ),
    { at: /^Pod\/apps\/cache-0/, proof: /OOMKilled/, fix: /memory/i },
  ],
  [
    'Node that ends itself first',
    waits(
      work('Deployment', 'web', [
        { phase: 'Running', container: crashing(134) },
        [['BackOff', 'Back-off restarting failed container app in pod web-6d4f-x2x4z_apps(1f)']],
      ]).map(o =>
        o.kind === 'Pod'
          ? printing(
              o,
              '<--- Last few GCs --->\n[1:0x7f] 30122 ms: Mark-Compact 254.1 (258.7) -> 253.9 (259.2) MB\nFATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
            )
          : o,
      ),
    ),
    { at: /^Pod\/apps\/web/, proof: /heap out of memory/, fix: /memory|heap/i },
  ],
  [
    'a Job beside',
    (() => {
      const job = jobOf('import', {
        failed: 3,
        active: 0,
        startTime: past,
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
            lastTransitionTime: past,
          },
        ],
      })
      return waits([job, pod(job, { phase: 'Failed', container: { state: ended(137, 'OOMKilled') } })])
    })(),
    { at: /^(?:Pod|Job)\/apps\/import/, proof: /OOMKilled/, fix: /memory/i },
  ],
])

const nowhere = (kind: Parameters<typeof work>[0], name: string, message: string, spec = {}) =>
  waits(work(kind, name, [{ ...unscheduled(message), spec }, [['FailedScheduling', message]]]))
const schedule = three('no node fits', [
  [
    'too little CPU for a StatefulSet',
    nowhere(
      'StatefulSet',
      'search',
      '0/5 nodes are available: 2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu. preemption: 0/5 nodes are available: 2 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    ),
    { at: /^Pod\/apps\/search-0/, proof: /Insufficient cpu/, fix: /cpu|node|request/i },
  ],
  [
    'an affinity nothing has',
    nowhere(
      'Job',
      'train',
      "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
      { nodeSelector: { 'nvidia.com/gpu': 'true' } },
    ),
    { at: /^Pod\/apps\/train/, proof: /node affinity\/selector/, fix: /selector|affinity|label/i },
  ],
  [
    'spread over zones that are not there',
    nowhere(
      'Deployment',
      'web',
      "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label). preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    ),
    { at: /^Pod\/apps\/web/, proof: /topology spread constraints/, fix: /topology|spread|label/i },
  ],
])

const restricted =
  'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
const ds = () => controlled('DaemonSet', 'node-exporter', { status: { currentNumberScheduled: 0 } })
const security = three('Pod Security', [
  [
    'a DaemonSet that wants the host',
    waitsOn(ds(), [
      [
        'FailedCreate',
        'Error creating: pods "node-exporter-" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volumes "proc", "sys"), hostPort (container "app" uses hostPort 9100)',
      ],
    ]),
    { at: /^DaemonSet\/apps\/node-exporter/, proof: /violates PodSecurity/, fix: /pod-?security|namespace|hostNetwork|label/i },
  ],
  [
    'a ReplicaSet',
    waits(noPods('web', `pods "web-6d4f-9s2kd" is forbidden: ${restricted}`)),
    {
      at: /^(?:ReplicaSet|Deployment)\/apps\/web/,
      proof: /violates PodSecurity/,
      fix: /securityContext|allowPrivilegeEscalation|pod-security/i,
    },
  ],
  [
    'a Job',
    (() => {
      const job = jobOf('seed', { startTime: past, ready: 0 })
      return waits([job, event(job, 'FailedCreate', `Error creating: pods "seed-x7k2p" is forbidden: ${restricted}`)])
    })(),
    { at: /^Job\/apps\/seed/, proof: /violates PodSecurity/, fix: /securityContext|allowPrivilegeEscalation|pod-security/i },
  ],
])

const account = three('no ServiceAccount', [
  [
    'a StatefulSet',
    waitsOn(db(), [
      [
        'FailedCreate',
        'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: error looking up service account apps/db: serviceaccount "db" not found',
      ],
    ]),
    { at: /^(?:StatefulSet\/apps\/db|ServiceAccount\/apps\/db)/, proof: /serviceaccount "db" not found/, fix: /service ?account/i },
  ],
  [
    'a ReplicaSet',
    waits(noPods('web', 'pods "web-6d4f-" is forbidden: error looking up service account apps/web-sa: serviceaccount "web-sa" not found')),
    { at: /^(?:ReplicaSet|Deployment|ServiceAccount)\/apps\/web/, proof: /"web-sa" not found/, fix: /service ?account/i },
  ],
  [
    'a Job of a release',
    releases(
      'web',
      [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* timed out waiting for the condition',
      ],
      (() => {
        const job = jobOf('web-migrate', { startTime: past })
        return [
          job,
          event(
            job,
            'FailedCreate',
            'Error creating: pods "web-migrate-" is forbidden: error looking up service account apps/migrator: serviceaccount "migrator" not found',
          ),
        ]
      })(),
    ),
    { at: /^(?:Job\/apps\/web-migrate|ServiceAccount\/apps\/migrator)/, proof: /"migrator" not found/, fix: /service ?account/i },
  ],
])

const mounts = (kind: Parameters<typeof work>[0], name: string, list: Parameters<typeof said>[1], spec = {}) =>
  waits(work(kind, name, [{ container: waiting('ContainerCreating'), spec }, list]))
const volume = three('volume', [
  [
    'a disk that another node still has',
    mounts('Deployment', 'files', [
      ['FailedAttachVolume', 'Multi-Attach error for volume "pvc-8837384d" Volume is already used by pod(s) files-5c9b-ns6b4'],
    ]),
    { at: /^Pod\/apps\/files/, proof: /Multi-Attach error/, fix: /Recreate|ReadWrite|other pod|detach|node/i },
  ],
  [
    'an NFS server that refuses',
    mounts('DaemonSet', 'media', [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nas.acme.io:/export/media /var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/media\nOutput: mount.nfs: access denied by server while mounting nas.acme.io:/export/media',
      ],
    ]),
    { at: /^Pod\/apps\/media/, proof: /access denied by server/, fix: /export|server|mount|NFS/i },
  ],
  [
    'a driver that is not on the node',
    mounts('StatefulSet', 'db', [
      [
        'FailedMount',
        'MountVolume.MountDevice failed for volume "pvc-11aa" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name driver.longhorn.io not found in the list of registered CSI drivers',
      ],
    ]),
    { at: /^Pod\/apps\/db-0/, proof: /not found in the list of registered CSI drivers/, fix: /driver|CSI/i },
  ],
])

const sandbox = three('no network for a pod', [
  [
    'Cilium that does not run on the node',
    mounts('DaemonSet', 'logs', [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "671a92300345bd0e": plugin type="cilium-cni" failed (add): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get "http://localhost/v1/config": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory\nIs the agent running?',
      ],
    ]),
    { at: /^Pod\/apps\/logs/, proof: /cilium/i, fix: /cilium|CNI|network/i },
  ],
  [
    'AWS that has no address left',
    mounts('Deployment', 'web', [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "0b2f8521": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
      ],
    ]),
    { at: /^Pod\/apps\/web/, proof: /failed to assign an IP address/, fix: /IP|address|subnet|CNI/i },
  ],
  [
    'Calico whose token is over',
    mounts('StatefulSet', 'db', [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "5e1a": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
      ],
    ]),
    { at: /^Pod\/apps\/db-0/, proof: /connection is unauthorized/, fix: /calico|CNI|network/i },
  ],
])

const inits = (kind: Parameters<typeof work>[0], name: string, init: object, log: string, list: Parameters<typeof said>[1] = []) =>
  waits(
    work(kind, name, [{ init: { ...init }, container: waiting('PodInitializing') }, list]).map(o =>
      o.kind === 'Pod' && log ? printing(o, log) : o,
    ),
  )
const initFails = three('init container', [
  [
    'a migration of a StatefulSet that fails',
    inits(
      'StatefulSet',
      'crm',
      { ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container=setup pod=crm-0_apps(a)'), lastState: ended(1) },
      'running migrations\nerror: Dirty database version 42. Fix and force version.',
    ),
    { at: /^Pod\/apps\/crm-0/, proof: /Dirty database version 42/, fix: /./ },
  ],
  [
    'its image is not there',
    inits(
      'Deployment',
      'web',
      waiting(
        'ImagePullBackOff',
        'Back-off pulling image "registry.example.com/org/setup:1": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "registry.example.com/org/setup:1": failed to resolve reference "registry.example.com/org/setup:1": registry.example.com/org/setup:1: not found',
      ),
      '',
    ),
    { at: /^Pod\/apps\/web/, proof: /setup:1.*not found/, fix: /image|tag/i },
  ],
  [
    'one that waits for a database for ever',
    inits(
      'Deployment',
      'web',
      { ...running(), restartCount: 0 },
      "nc: bad address 'db.apps.svc.cluster.local'\nwaiting for db\nnc: bad address 'db.apps.svc.cluster.local'\nwaiting for db",
    ),
    { at: /^Pod\/apps\/web/, proof: /bad address 'db|waiting for db/, fix: /./ },
  ],
])

const fails = (kind: Parameters<typeof work>[0], name: string, reason: string, message: string) =>
  waits(work(kind, name, [{ container: { ...waiting(reason, message), restartCount: 4 } }, [['Failed', `Error: ${message}`]]]))
const command = three('bad command', [
  [
    'a program that the image of a DaemonSet lacks',
    fails(
      'DaemonSet',
      'agent',
      'RunContainerError',
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "agentd": executable file not found in $PATH',
    ),
    { at: /^Pod\/apps\/agent/, proof: /executable file not found/, fix: /command|image/i },
  ],
  [
    'crun says it in its way',
    fails(
      'Deployment',
      'web',
      'CreateContainerError',
      'container create failed: crun: executable file `/app/server` not found: No such file or directory',
    ),
    { at: /^Pod\/apps\/web/, proof: /\/app\/server/, fix: /command|image|path/i },
  ],
  [
    'an image of another processor',
    waits(
      work('StatefulSet', 'edge', [
        { phase: 'Running', container: crashing(255) },
        [['BackOff', 'Back-off restarting failed container app in pod edge-0_apps(3)']],
      ]).map(o => (o.kind === 'Pod' ? printing(o, 'exec /usr/local/bin/edge: exec format error') : o)),
    ),
    { at: /^Pod\/apps\/edge-0/, proof: /exec format error/, fix: /arch|platform/i },
  ],
])

const node = (name: string, conditions: object[]) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, uid: `node-${name}`, creationTimestamp: past },
  spec: {},
  status: { conditions: conditions as never[] },
})
const nodes = three('node', [
  [
    'a node that is gone, and its StatefulSet',
    (() => {
      const owner = controlled('StatefulSet', 'db')
      const one = firstOf(owner, { phase: 'Running', container: { ...running(), ready: false } })
      const gone = { ...one, metadata: { ...one.metadata, deletionTimestamp: past, deletionGracePeriodSeconds: 30 } }
      const down = node('node-1', [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: past,
        },
      ])
      return waits([owner, gone, down, event(gone, 'NodeNotReady', 'Node is not ready')])
    })(),
    { at: /^(?:Node\/-?\/?node-1|Node\/node-1|Pod\/apps\/db-0)/, proof: /Kubelet stopped posting|Node is not ready/, fix: /node/i },
  ],
  [
    'disk pressure that evicts',
    (() => {
      const dep = deployment('web')
      const set = replicaSet(dep)
      const message =
        'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi. Container app was using 21Gi, request is 0, has larger consumption of ephemeral-storage. '
      const one = pod(set, { phase: 'Failed', status: { reason: 'Evicted', message, containerStatuses: [] } })
      return waits([dep, set, one, event(one, 'Evicted', message)])
    })(),
    { at: /^Pod\/apps\/web/, proof: /low on resource: ephemeral-storage/, fix: /storage|disk/i },
  ],
  [
    'a pod that waits for nodes that are not ready',
    (() => {
      const down = node('node-1', [
        {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message:
            'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
          lastTransitionTime: past,
        },
      ])
      const message =
        '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
      return [...waits(work('Deployment', 'web', [unscheduled(message), [['FailedScheduling', message]]])), down]
    })(),
    { at: /^Node\/node-1/, proof: /cni plugin not initialized/, fix: /node|taint|CNI|network/i },
  ],
])

const missing = three('missing Secret or ConfigMap of a pod', [
  [
    'a Secret that a DaemonSet mounts',
    mounts('DaemonSet', 'edge', [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "edge-tls" not found']], {
      volumes: [{ name: 'tls', secret: { secretName: 'edge-tls' } }],
    }),
    { at: /edge/, proof: /secret "edge-tls" not found/, fix: /secret/i },
  ],
  [
    'a ConfigMap of an environment',
    fails('Job', 'seed', 'CreateContainerConfigError', 'configmap "seed-env" not found'),
    { at: /seed/, proof: /configmap "seed-env" not found/, fix: /configmap/i },
  ],
  [
    'a key that the Secret does not have',
    [
      ...fails('Deployment', 'web', 'CreateContainerConfigError', "couldn't find key PASSWORD in Secret apps/db"),
      object('v1', 'Secret', 'db', { data: { password: 'eA==' } }),
    ],
    { at: /^(?:Pod\/apps\/web|Secret\/apps\/db)/, proof: /couldn't find key PASSWORD/, fix: /key/i },
  ],
])
export const checkedPods = [
  ...imagePull,
  ...quota,
  ...crash,
  ...probe,
  ...portClash,
  ...pvc,
  ...oom,
  ...schedule,
  ...security,
  ...account,
  ...volume,
  ...sandbox,
  ...initFails,
  ...command,
  ...nodes,
  ...missing,
]
