import type { KubeObject } from '../../src/kinds/manifest.ts'
import { alone, any, fault, type FaultCase, under } from './case.ts'
import {
  back,
  chain,
  claim,
  type Condition,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  global,
  goodGit,
  inventory,
  ks,
  notHealthy,
  ns,
  object,
  ownedBy,
  pod,
  replicaFailure,
  replicaSet,
  running,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'

const app = 'registry.example.com/org/app:1.0.0'
const pulled = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase =>
  under('pull', says, [
    back(app),
    [
      ['Failed', `Failed to pull image "${app}": ${message}`],
      ['Failed', 'Error: ImagePullBackOff'],
    ],
    { cause, proof, fix: any },
  ])
const placed = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase =>
  under('schedule', says, [unscheduled(message), [['FailedScheduling', message]], { cause, proof, fix: any }])
const creating = (
  says: string,
  [reason, message]: readonly [string, string],
  cause: string | readonly string[],
  proof: RegExp,
): FaultCase => under('start', says, [{ container: waiting('ContainerCreating') }, [[reason, message]], { cause, proof, fix: any }])
const notMade = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase => {
  const dep = deployment('web', { more: [replicaFailure(message)], progressing: stuck })
  const set = replicaSet(dep, { replicas: 0, more: [replicaFailure(message)] })
  return fault(
    'create',
    says,
    [
      ks('apps', { wait: true }, notHealthy(`Deployment/${ns}/web`), inventory(dep)),
      goodGit(),
      dep,
      set,
      event(set, 'FailedCreate', `Error creating: ${message}`),
    ],
    { cause, proof, fix: any },
  )
}
const waitsFor = (one: KubeObject, ...more: readonly KubeObject[]): readonly [KubeObject, ...KubeObject[]] => [
  ks('apps', { wait: true }, notHealthy(`${one.kind}/${ns}/${one.metadata.name}`), inventory(one)),
  goodGit(),
  one,
  ...more,
]

const pull = 'failed to pull and unpack image "registry.example.com/org/app:1.0.0"'
const ing = object('networking.k8s.io/v1', 'Ingress', 'web', {
  spec: {
    ingressClassName: 'alb',
    rules: [
      { host: 'a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } },
    ],
  },
  status: { loadBalancer: {} },
})
const lb = object('v1', 'Service', 'edge', {
  spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }] },
  status: { loadBalancer: {} },
})
const pvc = claim('data', { storageClassName: 'gp3' })
const job = object('batch/v1', 'Job', 'migrate', {
  spec: { template: {}, backoffLimit: 2 },
  status: { failed: 3, conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']) },
})
const cron = object('batch/v1', 'CronJob', 'nightly', {
  spec: { schedule: '0 3 * * *', startingDeadlineSeconds: 10, suspend: false },
  status: { lastScheduleTime: '2025-12-31T03:00:00Z' },
})
const hpa = (...list: readonly Condition[]): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 9 },
    status: { conditions: conditions(...list) },
  })

/** Faults of workloads, volumes and networks, in words that the rules were not written for. */
export const workloadWordings: readonly FaultCase[] = [
  pulled(
    'Docker Hub limit',
    `${pull}: failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/nginx/manifests/sha256:1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.`,
    'ImageRateLimited',
    /429/,
  ),
  pulled(
    'GAR',
    `${pull}: failed to resolve reference "${app}": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://europe-docker.pkg.dev/v2/token?scope=x: 403 Forbidden`,
    'ImagePullDenied',
    /403/,
  ),
  pulled(
    'ECR without login',
    'rpc error: code = Unknown desc = Error response from daemon: Get https://1.dkr.ecr.us-west-2.amazonaws.com/v2/app/manifests/1.0.0: no basic auth credentials',
    'ImagePullDenied',
    /no basic auth/,
  ),
  pulled(
    'Harbor blocks',
    `${pull}: failed to resolve reference "${app}": unexpected status from HEAD request to https://registry.example.com/v2/org/app/manifests/1.0.0: 412 Precondition Failed`,
    ['ImageBlocked', 'ImagePullFailed', 'ImagePullDenied'],
    /412/,
  ),
  pulled(
    'CA',
    `${pull}: failed to do request: Head "https://registry.example.com/v2/org/app/manifests/1.0.0": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ['ImageTlsUnknownAuthority'],
    /x509/,
  ),
  pulled('not in GHCR', `${pull}: failed to resolve reference "${app}": ${app}: not found`, 'ImageNotFound', /not found/),
  pulled(
    'GHCR private',
    `${pull}: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aorg%2Fapp%3Apull&service=ghcr.io: 401 Unauthorized`,
    'ImagePullDenied',
    /401/,
  ),
  pulled(
    'CRI-O name',
    `initializing source docker://${app}: pinging container registry registry.example.com: Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com: no such host`,
    ['RegistryUnreachable', 'DnsFailure'],
    /no such host/,
  ),
  pulled(
    'no space',
    `${pull}: failed to extract layer sha256:1: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/a: no space left on device`,
    ['ImageDiskFull', 'DiskFull'],
    /no space/,
  ),
  pulled(
    'policy of the cluster',
    'rpc error: code = Unknown desc = SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists',
    ['ImageSignatureInvalid', 'ImageBlocked'],
    /signature/,
  ),
  pulled('kubelet QPS', 'pull QPS exceeded', ['ImageRateLimited', 'ImagePullFailed', 'RateLimited'], /QPS/),
  pulled(
    'server error',
    `${pull}: failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.example.com/v2/org/app/blobs/sha256:1: 502 Bad Gateway`,
    ['RegistryUnreachable', 'ImagePullFailed', 'ServerError'],
    /502/,
  ),
  placed(
    'GPU',
    "0/5 nodes are available: 2 Insufficient nvidia.com/gpu, 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 2 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling.",
    ['UnschedulableResources', 'UnschedulableAffinity'],
    /gpu/,
  ),
  placed(
    'anti-affinity',
    "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    'UnschedulableAffinity',
    /anti-affinity/,
  ),
  placed(
    'too many pods',
    '0/3 nodes are available: 3 Too many pods. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    ['UnschedulableResources', 'NodesFull'],
    /Too many pods/,
  ),
  placed('volume limit', '0/4 nodes are available: 4 node(s) exceed max volume count.', 'VolumeLimitReached', /max volume/),
  placed(
    'taint',
    '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) had untolerated taint {dedicated: gpu}.',
    'UnschedulableTaint',
    /dedicated/,
  ),
  placed(
    'resource claim',
    '0/2 nodes are available: waiting for the pod\'s resourceclaim "gpu" to be created: resourceclaim "web-gpu" not found.',
    ['DevicesUnavailable', 'ObjectMissing', 'ClaimMissing', 'Unschedulable', 'SourceMissing', 'ResourceClaimMissing'],
    /web-gpu/,
  ),
  creating(
    'multi-attach',
    [
      'FailedAttachVolume',
      'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another',
    ],
    'VolumeInUse',
    /Multi-Attach/,
  ),
  creating(
    'NFS',
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.0.0.2:/exports /var/lib/kubelet/x\nOutput: mount.nfs: access denied by server while mounting 10.0.0.2:/exports',
    ],
    ['VolumeMountFailed'],
    /access denied/,
  ),
  creating(
    'CSI driver',
    [
      'FailedMount',
      'MountVolume.MountDevice failed for volume "pvc-3" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
    ],
    'VolumeDriverMissing',
    /efs/,
  ),
  creating(
    'secrets store',
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "creds" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod apps/web, err: error connecting to provider "aws": provider not found: provider "aws"',
    ],
    ['VolumeMountFailed', 'VolumeDriverMissing'],
    /provider "aws"/,
  ),
  creating(
    'CNI addresses',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "2585": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
    ],
    'PodNetworkFailed',
    /assign an IP/,
  ),
  creating(
    'Cilium',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": plugin type="cilium-cni" failed (add): unable to connect to Cilium daemon: failed to create cilium agent client after 30.000000 seconds timeout: Get "http://localhost/v1/config": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory',
    ],
    'PodNetworkFailed',
    /[Cc]ilium/,
  ),
  creating(
    'attach times out',
    [
      'FailedAttachVolume',
      'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    ],
    'VolumeAttachFailed',
    /DeadlineExceeded/,
  ),
  creating(
    'service account token',
    ['FailedMount', 'MountVolume.SetUp failed for volume "kube-api-access-1" : failed to fetch token: serviceaccounts "web" not found'],
    ['ServiceAccountMissing'],
    /serviceaccounts/,
  ),
  creating('Secret', ['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found'], 'SecretMissing', /web-tls/),
  creating(
    'runtime class',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "gvisor" is configured',
    ],
    ['RuntimeClassMissing'],
    /gvisor/,
  ),
  under('config', 'Secret key', [
    { container: waiting('CreateContainerConfigError', "couldn't find key DB_PASSWORD in Secret apps/db") },
    [['Failed', "Error: couldn't find key DB_PASSWORD in Secret apps/db"]],
    { cause: 'SecretKeyMissing', proof: /DB_PASSWORD/, fix: /DB_PASSWORD/ },
  ]),
  under('config', 'non-root', [
    {
      container: waiting(
        'CreateContainerConfigError',
        'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "web_apps(1)", container: app)',
      ),
    },
    [],
    { cause: 'RunAsRootDenied', proof: /non-numeric/, fix: /runAsUser/ },
  ]),
  under('config', 'subPath', [
    { container: waiting('CreateContainerConfigError', 'failed to prepare subPath for volumeMount "cfg" of container "app"') },
    [],
    { cause: ['ContainerConfigInvalid', 'MountPathConflict', 'VolumeMountFailed'], proof: /subPath/, fix: any },
  ]),
  under('run', 'not executable', [
    {
      container: {
        ...waiting('CrashLoopBackOff', 'back-off 40s restarting failed container=app'),
        restartCount: 4,
        lastState: ended(
          126,
          'StartError',
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "./entrypoint.sh": permission denied: unknown',
        ),
      },
    },
    [],
    { cause: ['CommandNotExecutable'], proof: /entrypoint/, fix: any },
  ]),
  under('run', 'wrong platform', [
    { phase: 'Running', container: crashing(255, 'Error', 'exec /usr/local/bin/docker-entrypoint.sh: exec format error') },
    [],
    { cause: ['ImagePlatformMissing', 'CommandNotExecutable', 'ImagePlatformWrong'], proof: /exec format/, fix: any },
  ]),
  under('run', 'no such file', [
    {
      container: {
        ...waiting(
          'RunContainerError',
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/server": stat /app/server: no such file or directory: unknown',
        ),
        restartCount: 3,
      },
    },
    [],
    { cause: 'CommandNotFound', proof: /app\/server/, fix: any },
  ]),
  under('run', 'mount over a file', [
    {
      container: waiting(
        'CreateContainerError',
        'failed to generate container "1" spec: failed to generate spec: failed to mkdir "/data/x": mkdir /data/x: not a directory',
      ),
    },
    [],
    {
      cause: ['ContainerCannotStart', 'HostPathInvalid', 'MountPathConflict', 'ContainerConfigInvalid'],
      proof: /not a directory/,
      fix: any,
    },
  ]),
  under('memory', 'init container', [
    {
      container: waiting('PodInitializing'),
      init: { state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } }, lastState: ended(137, 'OOMKilled') },
    },
    [],
    { cause: 'OOMKilled', proof: /OOMKilled/, fix: /memory/ },
  ]),
  under('probe', 'liveness', [
    { phase: 'Running', container: crashing(143) },
    [
      ['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500'],
      ['Killing', 'Container app failed liveness probe, will be restarted'],
    ],
    { cause: 'LivenessProbeFailing', proof: /500/, fix: any },
  ]),
  under('probe', 'gRPC', [
    { phase: 'Running', container: { ...running(), ready: false } },
    [['Unhealthy', 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")']],
    { cause: 'ReadinessProbeFailing', proof: /NOT_SERVING/, fix: any },
  ]),
  under('probe', 'exec times out', [
    { phase: 'Running', container: { ...running(), ready: false } },
    [['Unhealthy', 'Readiness probe failed: command timed out: "pg_isready -U postgres" timed out after 1s']],
    { cause: 'ReadinessProbeFailing', proof: /timed out/, fix: any },
  ]),
  alone('node', 'evicted', [
    {
      phase: 'Failed',
      status: {
        reason: 'Evicted',
        message:
          'The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container app was using 900Mi, request is 0, has larger consumption of memory.',
      },
    },
    [['Evicted', 'The node was low on resource: memory.']],
    { cause: 'PodEvicted', proof: /low on resource/, fix: any },
  ]),
  alone('node', 'admission of the kubelet', [
    {
      phase: 'Failed',
      status: {
        reason: 'UnexpectedAdmissionError',
        message:
          'Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected',
      },
    },
    [],
    { cause: ['PodRejected', 'DevicesUnavailable'], proof: /devices/, fix: any },
  ]),
  notMade(
    'limit range',
    'pods "web-6d4f-x" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    'LimitRangeExceeded',
    /maximum cpu/,
  ),
  notMade(
    'quota needs limits',
    'pods "web-6d4f-x" is forbidden: failed quota: compute: must specify limits.cpu for: app; limits.memory for: app',
    'QuotaNeedsResources',
    /must specify/,
  ),
  notMade(
    'Pod Security',
    'pods "web-6d4f-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)',
    'PodSecurityDenied',
    /restricted/,
  ),
  notMade(
    'priority class',
    'pods "web-6d4f-x" is forbidden: no PriorityClass with name critical was found',
    'PriorityClassMissing',
    /critical/,
  ),
  notMade(
    'OpenShift',
    'pods "web-6d4f-x" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount]',
    ['PodSecurityDenied', 'PolicyDenied', 'PodCreationFailed'],
    /security context constraint/,
  ),
  notMade(
    'Istio injector',
    'Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/inject?timeout=10s": dial tcp 10.96.3.4:443: connect: connection refused',
    'WebhookUnreachable',
    /istiod/,
  ),
  fault(
    'volume',
    'provisioner may not',
    [
      ...waitsFor(pvc),
      event(
        pvc,
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-1": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation.',
      ),
      global('storage.k8s.io/v1', 'StorageClass', 'gp3', { provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'Immediate' }),
    ],
    { cause: ['ProvisioningFailed', 'ProviderDenied'], at: /PersistentVolumeClaim\/apps\/data/, proof: /UnauthorizedOperation/, fix: any },
  ),
  fault(
    'volume',
    'below a pod',
    (() => {
      const { all } = chain(
        {
          ...unscheduled(
            '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
          ),
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        },
        { name: 'shop' },
      )
      const [source, top, ...rest] = all
      return [
        top,
        source,
        ...rest,
        pvc,
        event(
          pvc,
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = ResourceExhausted desc = googleapi: Error 403: Quota \'SSD_TOTAL_GB\' exceeded. Limit: 500.0 in region europe-west1., quotaExceeded',
        ),
        global('storage.k8s.io/v1', 'StorageClass', 'gp3', { provisioner: 'pd.csi.storage.gke.io', volumeBindingMode: 'Immediate' }),
      ] as unknown as [KubeObject, ...KubeObject[]]
    })(),
    {
      cause: ['ProvisioningFailed', 'QuotaExceeded', 'StorageFull', 'ProviderQuotaExceeded'],
      at: /PersistentVolumeClaim\/apps\/data/,
      proof: /SSD_TOTAL_GB/,
      fix: any,
    },
  ),
  fault(
    'autoscaler',
    'no request',
    [
      hpa(
        ['AbleToScale', 'True', 'SucceededGetScale', 'ok'],
        [
          'ScalingActive',
          'False',
          'FailedGetResourceMetric',
          'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod web-1',
        ],
      ),
      deployment('web', { available: true }),
    ],
    {
      cause: ['MetricsUnavailable', 'RequestMissing', 'ScalingDisabled'],
      at: /Horizontal|Deployment/,
      proof: /missing request/,
      fix: /request/,
    },
  ),
  fault(
    'autoscaler',
    'metrics API',
    [
      hpa([
        'ScalingActive',
        'False',
        'FailedGetResourceMetric',
        'the HPA was unable to compute the replica count: failed to get memory utilization: unable to get metrics for resource memory: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
      ]),
      deployment('web', { available: true }),
    ],
    { cause: ['MetricsUnavailable', 'ApiServiceDown'], proof: /metrics\.k8s\.io/, fix: any },
  ),
  fault(
    'job',
    'under a Kustomization, its log says why',
    [
      ...waitsFor(
        job,
        pod(job, {
          phase: 'Failed',
          container: { state: ended(1, 'Error', 'FATAL: password authentication failed for user "app"') },
          spec: { restartPolicy: 'Never' },
        }),
      ),
    ],
    { cause: ['JobFailed', 'ContainerExits', 'CrashLoop', 'LoginRefused'], at: /Job|Pod/, proof: /password authentication/, fix: any },
  ),
  fault(
    'job',
    'deadline',
    [
      object('batch/v1', 'Job', 'load', {
        spec: { template: {}, activeDeadlineSeconds: 60 },
        status: {
          failed: 1,
          conditions: conditions(['Failed', 'True', 'DeadlineExceeded', 'Job was active longer than specified deadline']),
        },
      }),
    ],
    { cause: 'JobDeadlineExceeded', at: /Job/, proof: /longer than/, fix: /activeDeadline/ },
  ),
  fault(
    'job',
    'pod failure policy',
    [
      object('batch/v1', 'Job', 'load', {
        spec: { template: {} },
        status: {
          failed: 1,
          conditions: conditions([
            'Failed',
            'True',
            'PodFailurePolicy',
            'Container app for pod apps/load-x failed with exit code 42 matching FailJob rule at index 0',
          ]),
        },
      }),
    ],
    { cause: 'JobFailed', at: /Job/, proof: /exit code 42/, fix: any },
  ),
  fault(
    'load balancer',
    'AWS subnets',
    [
      ing,
      event(
        ing,
        'FailedBuildModel',
        "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet (0 match VPC and tags: [kubernetes.io/role/elb])",
      ),
      global('networking.k8s.io/v1', 'IngressClass', 'alb', { spec: { controller: 'ingress.k8s.aws/alb' } }),
      object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
      deployment('web', { available: true }),
      pod('web-1', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
    ],
    { cause: ['LoadBalancerFailed', 'FailedBuildModel', 'IngressNotServed'], at: /Ingress/, proof: /subnet/, fix: any },
  ),
  fault(
    'load balancer',
    'cloud refuses',
    [
      lb,
      event(
        lb,
        'SyncLoadBalancerFailed',
        "Error syncing load balancer: failed to ensure load balancer: googleapi: Error 403: Required 'compute.forwardingRules.create' permission, forbidden",
      ),
      deployment('web', { available: true }),
      pod('web-1', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
    ],
    { cause: ['LoadBalancerFailed', 'ProviderDenied'], at: /Service\/apps\/edge/, proof: /compute\.forwardingRules/, fix: any },
  ),
  fault(
    'load balancer',
    'MetalLB',
    [
      ...waitsFor(lb),
      event(lb, 'AllocationFailed', 'Failed to allocate IP for "apps/edge": no available IPs'),
      pod('web-1', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
    ],
    {
      cause: ['LoadBalancerFailed', 'LoadBalancerPending', 'AllocationFailed'],
      at: /Service\/apps\/edge/,
      proof: /no available IPs/,
      fix: any,
    },
  ),
  fault(
    'service',
    'selector',
    [
      object('v1', 'Service', 'web', { spec: { selector: { app: 'wbe' }, ports: [{ port: 80 }] } }),
      deployment('web', { available: true }),
      pod('web-1', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
    ],
    { cause: 'ServiceSelectsNothing', at: /Service\/apps\/web/, proof: /wbe/, fix: /selector/ },
  ),
  fault(
    'gateway',
    'no reference grant',
    [
      object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'web', {
        spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'api', namespace: 'other', port: 80 }] }] },
        status: {
          parents: [
            {
              conditions: conditions(
                ['Accepted', 'True', 'Accepted', 'Route is accepted'],
                ['ResolvedRefs', 'False', 'RefNotPermitted', 'backendRef Service other/api not permitted by any ReferenceGrant'],
              ),
            },
          ],
        },
      }),
    ],
    { cause: ['RefNotPermitted', 'BackendMissing'], at: /HTTPRoute|Service/, proof: /ReferenceGrant/, fix: any },
  ),
  fault(
    'certificate',
    'rate limit',
    (() => {
      const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: { secretName: 'web-tls', issuerRef: { name: 'le' } },
        status: {
          conditions: conditions(
            ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          ),
        },
      })
      const request = object('cert-manager.io/v1', 'CertificateRequest', 'web-1', {
        metadata: ownedBy(cert),
        status: {
          conditions: conditions(['Ready', 'False', 'Pending', 'Waiting on certificate issuance from order apps/web-1: "pending"']),
        },
      })
      const order = object('acme.cert-manager.io/v1', 'Order', 'web-1', {
        metadata: ownedBy(request),
        status: {
          state: 'errored',
          reason:
            'Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of domains in the last 168 hours',
        },
      })
      return [...waitsFor(cert, request, order)] as [KubeObject, ...KubeObject[]]
    })(),
    {
      cause: ['RateLimited', 'Errored', 'CertificateFailed', 'OrderFailed'],
      at: /Order|Certificate/,
      proof: /too many certificates/,
      fix: any,
    },
  ),
  fault(
    'external secret',
    'provider',
    [
      ...waitsFor(
        object('external-secrets.io/v1', 'ExternalSecret', 'db', {
          spec: { secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' } },
          status: {
            conditions: conditions([
              'Ready',
              'False',
              'SecretSyncedError',
              'could not get secret data from provider: error processing spec.data[0] (key: kv/db), err: cannot read secret data from Vault: Error making API request. URL: GET https://vault/v1/kv/data/db Code: 403. Errors: * permission denied',
            ]),
          },
        }),
      ),
    ],
    {
      cause: ['ProviderDenied', 'RequestForbidden', 'RequestDenied', 'SecretSyncedError'],
      at: /ExternalSecret/,
      proof: /permission denied/,
      fix: any,
    },
  ),
  fault(
    'namespace',
    'a finalizer in it',
    [
      {
        ...global('v1', 'Namespace', 'old', {
          spec: { finalizers: ['kubernetes'] },
          status: {
            phase: 'Terminating',
            conditions: conditions(
              [
                'NamespaceDeletionContentFailure',
                'False',
                'ContentDeleted',
                'All content successfully deleted, may be waiting on finalization',
              ],
              [
                'NamespaceContentRemaining',
                'True',
                'SomeResourcesRemain',
                'Some resources are remaining: staticroutes.gateway.kusk.io has 1 resource instances',
              ],
              [
                'NamespaceFinalizersRemaining',
                'True',
                'SomeFinalizersRemain',
                'Some content in the namespace has finalizers remaining: gateway.kusk.io/finalizer in 1 resource instances',
              ],
            ),
          },
        }),
        metadata: {
          name: 'old',
          uid: 'u-old',
          creationTimestamp: '2026-01-01T00:00:00Z',
          deletionTimestamp: '2026-01-02T00:00:00Z',
          generation: 1,
        },
      },
    ],
    { cause: ['FinalizerStuck', 'NamespaceTerminating'], at: /old/, proof: /kusk/, fix: /finalizer/ },
  ),
  fault(
    'node',
    'not ready below a pod',
    (() => {
      const { all } = chain(
        { phase: 'Running', container: { ...running(), ready: false }, status: { reason: 'NodeLost' } },
        { name: 'shop' },
      )
      const [source, top, ...rest] = all
      return [
        top,
        source,
        ...rest,
        global('v1', 'Node', 'node-1', {
          spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
          status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
        }),
      ] as unknown as [KubeObject, ...KubeObject[]]
    })(),
    { cause: 'NodeNotReady', at: /Node\/node-1/, proof: /Kubelet stopped/, fix: any },
  ),
  fault(
    'stateful set',
    'made by nobody',
    (() => {
      const set = object('apps/v1', 'StatefulSet', 'db', {
        spec: { replicas: 1, serviceName: 'db', selector: { matchLabels: { app: 'db' } } },
        status: { replicas: 0, observedGeneration: 1 },
      })
      return [
        ...waitsFor(set),
        event(
          set,
          'FailedCreate',
          'create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: storage, requested: requests.storage=100Gi, used: requests.storage=950Gi, limited: requests.storage=1Ti',
        ),
      ] as unknown as [KubeObject, ...KubeObject[]]
    })(),
    { cause: 'QuotaExceeded', at: /ResourceQuota\/apps\/storage|StatefulSet/, proof: /requests\.storage/, fix: any },
  ),
  fault(
    'cron job',
    'never started',
    [
      cron,
      event(
        cron,
        'TooManyMissedTimes',
        'too many missed start times: 101. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      ),
    ],
    { cause: 'StartsMissed', at: /CronJob/, proof: /missed start/, fix: any },
  ),
]
