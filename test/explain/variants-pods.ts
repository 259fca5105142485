import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { alone, fault, type FaultCase, type Said, under } from './case.ts'
import {
  back,
  chain,
  claim,
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
  object,
  pod,
  type PodShape,
  replicaFailure,
  restartedOnce,
  running,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'

/** A pod of a workload of any kind; the workload is asked about. */
function of(
  kind: 'DaemonSet' | 'StatefulSet' | 'Job',
  shape: PodShape,
  said: Said = [],
  more: JsonObject = {},
): [KubeObject, ...KubeObject[]] {
  const states: Record<string, JsonObject> = {
    DaemonSet: { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2, numberUnavailable: 1, updatedNumberScheduled: 3 },
    StatefulSet: { replicas: 1, readyReplicas: 0, currentReplicas: 1, updatedReplicas: 1 },
    Job: { active: 1, ready: 0, startTime: '2026-01-01T00:00:00Z' },
  }
  const workload = object(kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, 'agent', {
    spec: { selector: { matchLabels: { app: 'agent' } }, replicas: 1, template: { metadata: { labels: { app: 'agent' } }, spec: {} } },
    status: { observedGeneration: 1, ...states[kind] },
    ...more,
  })
  const one = pod(workload, shape)
  return [workload, one, ...said.map(([reason, message]) => event(one, reason, message))]
}
/** Faults beside the one that counts, which do no harm. */
const otherFails = (): KubeObject =>
  ks('other', {}, ['False', 'BuildFailed', 'kustomize build failed: yaml: line 3: mapping values are not allowed in this context'])

export const podVariants: readonly FaultCase[] = [
  fault(
    'image pull',
    'Docker Hub rate limit, DaemonSet',
    of('DaemonSet', back('redis:7'), [
      [
        'Failed',
        'Failed to pull image "redis:7": failed to pull and unpack image "docker.io/library/redis:7": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:aaaa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      ],
    ]),
    { cause: ['ImageRateLimited', 'RateLimited'], proof: /429|toomanyrequests/, fix: /credential|imagePullSecrets|mirror|later/i },
  ),
  alone('expired token', 'ECR', [
    back('123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4'),
    [
      [
        'Failed',
        'Failed to pull image "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4": rpc error: code = Unknown desc = Error response from daemon: pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/web, repository does not exist or may require \'docker login\': denied: Your authorization token has expired. Reauthenticate and try again.',
      ],
    ],
    { cause: ['ImageCredentialsExpired', 'TokenExpired'], proof: /token has expired/, fix: /renew|refresh|new|imagePullSecrets/i },
  ]),
  under(
    'image pull denied',
    'GHCR',
    [
      back('ghcr.io/acme/shop:3'),
      [
        [
          'Failed',
          'Failed to pull image "ghcr.io/acme/shop:3": failed to pull and unpack image "ghcr.io/acme/shop:3": failed to resolve reference "ghcr.io/acme/shop:3": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fshop%3Apull&service=ghcr.io: 403 Forbidden',
        ],
      ],
      { cause: 'ImagePullDenied', proof: /403 Forbidden/, fix: /imagePullSecrets/ },
    ],
    [restartedOnce()],
  ),
  alone('image pull', 'own authority', [
    back('harbor.corp.local/team/api:2.0'),
    [
      [
        'Failed',
        'Failed to pull image "harbor.corp.local/team/api:2.0": failed to pull and unpack image "harbor.corp.local/team/api:2.0": failed to resolve reference "harbor.corp.local/team/api:2.0": failed to do request: Head "https://harbor.corp.local/v2/team/api/manifests/2.0": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ],
    ],
    { cause: ['ImageTlsUnknownAuthority'], proof: /x509/, fix: /CA|authority|certificate/ },
  ]),
  fault(
    'image pull',
    'registry name misspelt, StatefulSet',
    of('StatefulSet', back('registri.example.com/org/db:1'), [
      [
        'Failed',
        'Failed to pull image "registri.example.com/org/db:1": failed to pull and unpack image "registri.example.com/org/db:1": failed to resolve reference "registri.example.com/org/db:1": failed to do request: Head "https://registri.example.com/v2/org/db/manifests/1": dial tcp: lookup registri.example.com on 10.96.0.10:53: no such host',
      ],
    ]),
    { cause: 'RegistryUnreachable', proof: /no such host/, fix: /name|DNS|host/i },
  ),
  alone(
    'image pull denied',
    'Quay by CRI-O',
    [
      back('quay.io/acme/api:2.1'),
      [
        [
          'Failed',
          'Failed to pull image "quay.io/acme/api:2.1": initializing source docker://quay.io/acme/api:2.1: reading manifest 2.1 in quay.io/acme/api: unauthorized: access to the requested resource is not authorized',
        ],
      ],
      { cause: 'ImagePullDenied', proof: /unauthorized/, fix: /imagePullSecrets/ },
    ],
    [otherFails()],
  ),
  fault(
    'image pull',
    'GitLab by CRI-O, Job',
    of('Job', { ...back('registry.gitlab.com/acme/app:9'), spec: { restartPolicy: 'Never' } }, [
      [
        'Failed',
        'Failed to pull image "registry.gitlab.com/acme/app:9": initializing source docker://registry.gitlab.com/acme/app:9: reading manifest 9 in registry.gitlab.com/acme/app: manifest unknown',
      ],
    ]),
    { cause: 'ImageNotFound', proof: /manifest unknown/, fix: /tag/ },
  ),
  alone('image pull', 'unsigned for the policy of the node', [
    {
      container: waiting(
        'SignatureValidationFailed',
        'SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists',
      ),
    },
    [],
    {
      cause: ['ImageUnsigned', 'ImageSignatureInvalid', 'VerificationFailed', 'ImageVerificationFailed'],
      proof: /signature was required/,
      fix: /sign/i,
    },
  ]),
  alone('image pull denied', 'Artifact Registry', [
    {
      container: waiting(
        'ErrImagePull',
        'failed to pull and unpack image "europe-docker.pkg.dev/acme/x/api:5": failed to resolve reference "europe-docker.pkg.dev/acme/x/api:5": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://europe-docker.pkg.dev/v2/token?scope=repository%3Aacme%2Fx%2Fapi%3Apull&service=europe-docker.pkg.dev: 403 Forbidden',
      ),
    },
    [],
    { cause: 'ImagePullDenied', proof: /oauth token/, fix: /imagePullSecrets/ },
  ]),
  fault(
    'out of memory',
    'a sidecar, StatefulSet',
    of('StatefulSet', {
      phase: 'Running',
      containers: [
        { name: 'app', image: 'x', ready: true, restartCount: 0, ...running() },
        { name: 'proxy', image: 'y', ready: false, ...crashing(137, 'OOMKilled') },
      ],
    }),
    { cause: 'OOMKilled', at: /Pod\/apps\/agent/, proof: /OOMKilled|137/, fix: /memory/ },
  ),
  under(
    'init container',
    'its database has no name',
    [
      {
        init: {
          ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container=setup'),
          lastState: ended(1, 'Error', 'dial tcp: lookup postgres.apps.svc on 10.96.0.10:53: no such host'),
        },
        container: waiting('PodInitializing'),
      },
      [['BackOff', 'Back-off restarting failed container setup in pod shop']],
      { cause: ['InitContainerFailed', 'DnsFailure'], proof: /no such host/, fix: /.{12}/ },
    ],
    [restartedOnce()],
  ),
  (() => {
    const [job, ...rest] = of('Job', { phase: 'Failed', container: { state: ended(2) }, spec: { restartPolicy: 'Never' } })
    const failed = {
      ...job,
      status: {
        failed: 7,
        conditions: conditions(
          ['FailureTarget', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
          ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
        ),
      },
    }
    return fault(
      'Job fails',
      'out of retries, under a Kustomization',
      [
        ks(
          'apps',
          { wait: true },
          [
            'False',
            'HealthCheckFailed',
            "health check failed after 30s: failed early due to stalled resources: [Job/apps/agent status: 'Failed': Job Failed. failed: 7/1]",
          ],
          inventory(failed),
        ),
        goodGit(),
        failed,
        ...rest,
      ],
      {
        cause: ['JobFailed', 'ContainerExits', 'CrashLoop'],
        at: /agent/,
        proof: /backoff limit|exit code 2|exitCode/,
        fix: /log|command/i,
      },
    )
  })(),
  (() => {
    const [job, ...rest] = of('Job', { phase: 'Failed', container: { state: ended(42) }, spec: { restartPolicy: 'Never' } })
    const failed = {
      ...job,
      status: {
        failed: 1,
        conditions: conditions([
          'Failed',
          'True',
          'PodFailurePolicy',
          'Container app for pod apps/agent-x2x4z failed with exit code 42 matching FailJob rule at index 0',
        ]),
      },
    }
    return fault('Job fails', 'by its podFailurePolicy', [failed, ...rest], {
      cause: ['JobFailed', 'ContainerExits'],
      proof: /FailJob|42/,
      fix: /log|podFailurePolicy/i,
    })
  })(),
  (() => {
    const db = object('apps/v1', 'StatefulSet', 'db', {
      spec: { replicas: 1, selector: { matchLabels: { app: 'db' } }, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
      status: { replicas: 1, observedGeneration: 1 },
    })
    const data = claim('data-db-0')
    return fault(
      'PVC pending',
      'no default class, under a StatefulSet',
      [
        db,
        {
          ...pod(db, {
            ...unscheduled(
              '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
            ),
            spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
          }),
        },
        data,
        event(data, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set', { type: 'Normal' }),
      ],
      {
        cause: ['StorageClassMissing', 'VolumeMissing', 'ClaimUnbound'],
        at: /PersistentVolumeClaim/,
        proof: /no storage class is set/,
        fix: /storageClassName|default/,
      },
    )
  })(),
  fault(
    'taints',
    'DaemonSet on a dedicated node',
    of(
      'DaemonSet',
      unscheduled(
        '0/5 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.',
      ),
    ),
    { cause: 'UnschedulableTaint', proof: /dedicated/, fix: /tolerat/ },
  ),
  alone('node pressure', 'no disk left', [
    {
      phase: 'Failed',
      status: {
        reason: 'Evicted',
        message:
          'The node was low on resource: ephemeral-storage. Threshold quantity: 2146223340, available: 1837340Ki. Container app was using 12Gi, request is 0, has larger consumption of ephemeral-storage. ',
      },
    },
    [],
    { cause: ['PodEvicted'], proof: /ephemeral-storage/, fix: /ephemeral-storage|request|disk/ },
  ]),
  fault(
    'HPA',
    'pods without requests',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'shop', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' }, maxReplicas: 9 },
        status: {
          conditions: conditions(
            ['AbleToScale', 'True', 'SucceededGetScale', 'ok'],
            [
              'ScalingActive',
              'False',
              'FailedGetResourceMetric',
              'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod shop-6d4f-abcde',
            ],
          ),
        },
      }),
      deployment('shop', { available: true }),
    ],
    { cause: ['MetricsUnavailable', 'RequestsMissing', 'RequestMissing'], proof: /missing request for cpu/, fix: /requests/ },
  ),
  (() => {
    const { all, pod: one } = chain({ phase: 'Running', container: crashing(1) }, { name: 'shop' })
    const pdb = object('policy/v1', 'PodDisruptionBudget', 'shop', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'shop' } } },
      status: {
        observedGeneration: 1,
        currentHealthy: 0,
        desiredHealthy: 1,
        expectedPods: 1,
        disruptionsAllowed: 0,
        conditions: conditions(['DisruptionAllowed', 'False', 'InsufficientPods', '']),
      },
    })
    return fault(
      'crash loop',
      'behind a disruption budget',
      [pdb, ...all, event(one, 'BackOff', 'Back-off restarting failed container app in pod shop')],
      { cause: ['CrashLoop', 'ContainerExits'], at: /^Pod\/apps\/shop/, proof: /exit|CrashLoop/, fix: /log|exit/i },
    )
  })(),
  alone('spread', 'topology', [
    unscheduled(
      "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
    ),
    [],
    { cause: ['UnschedulableAffinity', 'UnschedulableSpread'], proof: /topology spread/, fix: /topologySpread|spread/ },
  ]),
  alone('volume', 'too many on the nodes', [
    unscheduled(
      '0/4 nodes are available: 4 node(s) exceed max volume count. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.',
    ),
    [],
    {
      cause: ['VolumeLimitReached', 'UnschedulableVolumes', 'VolumeLimit', 'UnschedulableResources'],
      proof: /max volume count/,
      fix: /volume|node/,
    },
  ]),
  under('volume', 'bad file system', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedMount',
        'MountVolume.MountDevice failed for volume "pvc-9" : rpc error: code = Internal desc = mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t ext4 /dev/nvme1n1 /var/lib/kubelet/plugins/x\nOutput: mount: wrong fs type, bad option, bad superblock on /dev/nvme1n1',
      ],
    ],
    { cause: 'VolumeMountFailed', proof: /superblock/, fix: /volume|file ?system|driver/i },
  ]),
  alone(
    'volume',
    'driver is not on the node',
    [
      { container: waiting('ContainerCreating') },
      [
        [
          'FailedMount',
          'MountVolume.MountDevice failed for volume "pvc-7" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
        ],
      ],
      { cause: ['VolumeDriverMissing', 'CsiDriverMissing', 'VolumeMountFailed'], proof: /efs\.csi\.aws\.com/, fix: /driver/ },
    ],
    [restartedOnce()],
  ),
  (() => {
    const c = claim('data', { storageClassName: 'gp3' })
    return fault(
      'PVC pending',
      'cloud refuses',
      [
        c,
        global('storage.k8s.io/v1', 'StorageClass', 'gp3', { provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'Immediate' }),
        event(
          c,
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-1": could not create volume in EC2: UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/ebs/1 is not authorized to perform: ec2:CreateVolume',
        ),
      ],
      { cause: ['ProvisioningFailed', 'ProvisioningDenied'], proof: /UnauthorizedOperation/, fix: /permission|role|provision|right/i },
    )
  })(),
  alone(
    'probe failing',
    'gRPC, liveness',
    [
      {
        phase: 'Running',
        container: {
          ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container=app'),
          lastState: ended(143),
          restartCount: 12,
        },
        spec: { containers: [{ name: 'app', image: 'x', livenessProbe: { grpc: { port: 50051 } } }] },
      },
      [
        ['Unhealthy', 'Liveness probe failed: timeout: failed to connect service "10.0.0.9:50051" within 1s: context deadline exceeded'],
        ['Killing', 'Container app failed liveness probe, will be restarted'],
      ],
      { cause: 'LivenessProbeFailing', proof: /50051/, fix: /probe/i },
    ],
    [otherFails()],
  ),
  fault(
    'probe failing',
    'exec readiness, DaemonSet',
    of(
      'DaemonSet',
      {
        phase: 'Running',
        container: { ...running(), ready: false },
        spec: { containers: [{ name: 'app', image: 'x', readinessProbe: { exec: { command: ['cat', '/ready'] } } }] },
      },
      [['Unhealthy', 'Readiness probe failed: cat: /ready: No such file or directory']],
    ),
    { cause: 'ReadinessProbeFailing', proof: /\/ready/, fix: /probe/i },
  ),
  alone('bad command', 'not executable', [
    {
      container: waiting(
        'RunContainerError',
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/server": permission denied: unknown',
      ),
    },
    [],
    { cause: ['CommandNotFound', 'CommandNotExecutable'], proof: /permission denied/, fix: /execut|chmod|mode/i },
  ]),
  alone('runs as root', 'user is a name', [
    {
      container: waiting(
        'CreateContainerConfigError',
        'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "api_apps(1)", container: app)',
      ),
    },
    [],
    { cause: 'RunAsRootDenied', proof: /non-numeric/, fix: /runAsUser/ },
  ]),
  under('pod network', 'no address left', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "ab": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
      ],
    ],
    { cause: ['PodNetworkFailed'], at: /^Pod/, proof: /assign an IP address/, fix: /network|address|subnet|CNI/i },
  ]),
  alone(
    'missing ConfigMap key',
    'in a volume',
    [
      {
        container: waiting('ContainerCreating'),
        spec: { volumes: [{ name: 'cfg', configMap: { name: 'settings', items: [{ key: 'app.toml', path: 'app.toml' }] } }] },
      },
      [['FailedMount', 'MountVolume.SetUp failed for volume "cfg" : configmap references non-existent config key: app.toml']],
      { cause: 'ConfigMapKeyMissing', at: /settings/, proof: /app\.toml/, fix: /key|items/ },
    ],
    [object('v1', 'ConfigMap', 'settings', { data: { 'app.yaml': 'x' } })],
  ),
  fault(
    'missing Secret',
    'in a volume of a Job',
    of(
      'Job',
      {
        container: waiting('ContainerCreating'),
        spec: { restartPolicy: 'Never', volumes: [{ name: 'tls', secret: { secretName: 'tls' } }] },
      },
      [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "tls" not found']],
    ),
    { cause: 'SecretMissing', at: /Secret\/apps\/tls/, proof: /not found/, fix: /create|Secret/i },
  ),
  alone('volume', 'its SecretProviderClass is missing', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "kv" : rpc error: code = Unknown desc = failed to get secretproviderclass apps/azure-kv, error: SecretProviderClass.secrets-store.csi.x-k8s.io "azure-kv" not found',
      ],
    ],
    {
      cause: ['VolumeMountFailed', 'SecretProviderClassMissing', 'ObjectMissing'],
      at: /.*/,
      proof: /azure-kv/,
      fix: /azure-kv|SecretProviderClass/,
    },
  ]),
  alone('node refuses', 'no GPU left', [
    {
      phase: 'Failed',
      status: {
        reason: 'UnexpectedAdmissionError',
        message:
          'Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected',
      },
    },
    [],
    { cause: ['NodeRefusedPod', 'PodRejected', 'NodeRejectedPod', 'PodRefusedByNode'], proof: /nvidia\.com\/gpu/, fix: /gpu|device|node/i },
  ]),
  alone('node refuses', 'out of CPU', [
    {
      phase: 'Failed',
      status: {
        reason: 'OutOfcpu',
        message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000, used: 30000, capacity: 32000",
      },
    },
    [],
    {
      cause: ['NodeRefusedPod', 'PodRejected', 'NodeRejectedPod', 'UnschedulableResources'],
      proof: /enough resource: cpu/,
      fix: /request|node/i,
    },
  ]),
  alone('crash loop', 'no heap left', [
    {
      phase: 'Running',
      container: crashing(134, 'Error', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'),
    },
    [['BackOff', 'Back-off restarting failed container app in pod api']],
    { cause: ['HeapExhausted', 'CrashLoop', 'OOMKilled'], proof: /heap out of memory/, fix: /heap|memory/i },
  ]),
  alone('port clash', 'inside the pod', [
    { phase: 'Running', container: crashing(1, 'Error', 'level=fatal msg="listen tcp :8080: bind: address already in use"') },
    [],
    { cause: ['PortTaken', 'CrashLoop'], proof: /address already in use/, fix: /port/i },
  ]),
  (() => {
    const cron = object('batch/v1', 'CronJob', 'nightly', {
      spec: { schedule: '*/1 * * * *' },
      status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
    })
    return fault(
      'CronJob',
      'missed too often',
      [
        cron,
        event(
          cron,
          'TooManyMissedTimes',
          'too many missed start times: 101. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
        ),
      ],
      {
        cause: ['CronJobMissed', 'TooManyMissedTimes', 'StartsMissed', 'ScheduleMissed'],
        proof: /missed start times/,
        fix: /startingDeadlineSeconds/,
      },
    )
  })(),
  (() => {
    const service = object('v1', 'Service', 'web', {
      spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }] },
      status: { loadBalancer: {} },
    })
    return fault(
      'load balancer',
      'no subnet',
      [
        ks('apps', { wait: true }, notHealthy('Service/apps/web'), inventory(service)),
        goodGit(),
        service,
        event(
          service,
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
        ),
        pod('web-0', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } }),
      ],
      {
        cause: ['LoadBalancerFailed', 'LoadBalancerPending'],
        at: /Service\/apps\/web/,
        proof: /suitable subnets/,
        fix: /load balancer|subnet|cloud/i,
      },
    )
  })(),
  (() => {
    const lost = global('v1', 'Node', 'node-1', {
      status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
    })
    return fault(
      'node',
      'stopped posting, StatefulSet',
      [...of('StatefulSet', { phase: 'Running', container: { ...running(), ready: false } }), lost],
      { cause: 'NodeNotReady', at: /Node\/node-1/, proof: /stopped posting/, fix: /node/i },
    )
  })(),
  (() => {
    const { ks: top, all } = chain(
      {
        container: waiting('CreateContainerConfigError', 'secret "db" not found'),
        spec: { containers: [{ name: 'app', image: 'x', envFrom: [{ secretRef: { name: 'db' } }] }] },
      },
      { name: 'shop' },
    )
    const external = object('external-secrets.io/v1', 'ExternalSecret', 'db', {
      spec: { target: { name: 'db' } },
      status: {
        conditions: conditions([
          'Ready',
          'False',
          'SecretSyncedError',
          'error processing spec.data[0] (key: prod/db), err: Secret does not exist',
        ]),
      },
    })
    return fault(
      'missing Secret',
      'its ExternalSecret fails',
      [{ ...top, status: { ...(top.status as object), ...inventory(external) } } as KubeObject, ...all, external],
      {
        cause: ['SecretNotMade', 'ExternalKeyMissing'],
        at: /db/,
        proof: /prod\/db|secret "db" not found/,
        fix: /.{10}/,
      },
    )
  })(),
  under('volume', 'attach hangs', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedAttachVolume',
        'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = NotFound desc = Instance "i-0abc" not found',
      ],
    ],
    { cause: 'VolumeAttachFailed', proof: /i-0abc/, fix: /volume|attach|driver|node/i },
  ]),
  (() => {
    const dep = deployment('web', {
      progressing: stuck,
      more: [
        replicaFailure(
          'admission webhook "validation.gatekeeper.sh" denied the request: [k8srequiredprobes] Container <app> in your <Pod> <web-6d4f-x> has no <readinessProbe>',
        ),
      ],
    })
    return fault('webhook denial', 'Gatekeeper, under a Deployment', [dep, restartedOnce()], {
      cause: 'WebhookDenied',
      proof: /k8srequiredprobes/,
      fix: /polic|rule|constraint|satisf|readinessProbe/i,
    })
  })(),
  (() => {
    const db = object('apps/v1', 'StatefulSet', 'db', {
      spec: { replicas: 1, selector: { matchLabels: { app: 'db' } } },
      status: { replicas: 0, observedGeneration: 1 },
    })
    return fault(
      'quota',
      'a claim of a StatefulSet',
      [
        db,
        event(
          db,
          'FailedCreate',
          'create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: storage, requested: requests.storage=100Gi, used: requests.storage=450Gi, limited: requests.storage=500Gi',
        ),
        event(
          db,
          'FailedCreate',
          'create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: storage, requested: requests.storage=100Gi',
        ),
      ],
      { cause: 'QuotaExceeded', at: /ResourceQuota/, proof: /requests\.storage/, fix: /quota/i },
    )
  })(),
  (() => {
    const job = object('batch/v1', 'Job', 'migrate', {
      spec: { template: {}, backoffLimit: 4 },
      status: { startTime: '2026-01-01T00:00:00Z' },
    })
    return fault(
      'limit range',
      'ratio, Job',
      [
        job,
        event(
          job,
          'FailedCreate',
          'Error creating: pods "migrate-8xk2q" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 4.000000',
        ),
      ],
      { cause: 'LimitRangeExceeded', proof: /ratio/, fix: /LimitRange|limits|requests/ },
    )
  })(),
]
