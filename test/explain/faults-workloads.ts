import type { JsonObject } from '../../src/lib/json.ts'
import { fault, type FaultCase } from './case.ts'
import {
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

const image = 'registry.example.com/org/app:1.0.0'
type Shape = Parameters<typeof chain>[0]
/** A pod under a Deployment under a Kustomization, with events of the pod. */
function under(
  name: string,
  says: string,
  [shape, events, expect]: readonly [Shape, readonly [string, string][], FaultCase['expect']],
  more: FaultCase['objects'] = [],
): FaultCase {
  const { ks: top, all, pod: one } = chain(shape)
  return fault(name, says, [top, ...all, ...events.map(([reason, message]) => event(one, reason, message)), ...more], {
    at: /^Pod\/apps\/web/,
    ...expect,
  })
}
/** The same pod, asked about itself. */
function alone(
  name: string,
  says: string,
  [shape, events, expect]: readonly [Shape, readonly [string, string][], FaultCase['expect']],
  more: FaultCase['objects'] = [],
): FaultCase {
  const one = pod('web', shape)
  return fault(name, says, [one, ...events.map(([reason, message]) => event(one, reason, message)), ...more], expect)
}
/** What the controller of a workload may not make. */
function uncreated(
  name: string,
  says: string,
  [kind, message, expect]: readonly ['ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job', string, FaultCase['expect']],
): FaultCase {
  const dep = deployment('web', {
    progressing: stuck,
    more: [replicaFailure(message)],
    status: { replicas: 0 },
  })
  if (kind === 'ReplicaSet') {
    const set = replicaSet(dep, { replicas: 0, more: [replicaFailure(message)] })
    return fault(
      name,
      says,
      [ks('apps', {}, notHealthy(`Deployment/${ns}/web`), inventory(dep)), dep, set, goodGit(), event(set, 'FailedCreate', message)],
      expect,
    )
  }
  const status: JsonObject =
    kind === 'DaemonSet'
      ? { desiredNumberScheduled: 2, currentNumberScheduled: 0, observedGeneration: 1 }
      : kind === 'Job'
        ? {}
        : { replicas: 0, observedGeneration: 1 }
  const workload = object(kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, 'web', {
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } } },
    status,
  })
  return fault(name, says, [workload, event(workload, 'FailedCreate', message)], expect)
}

/** Faults of pods and what makes them. */
export const workloadFaults: readonly FaultCase[] = [
  under('image pull', 'containerd, tag missing', [
    { container: waiting('ImagePullBackOff', `Back-off pulling image "${image}"`) },
    [
      [
        'Failed',
        `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      ],
      ['BackOff', `Back-off pulling image "${image}"`],
    ],
    { cause: 'ImageNotFound', proof: /NotFound/, fix: /tag/ },
  ]),
  alone('image pull', 'in the state alone (Kubernetes 1.32)', [
    {
      container: waiting(
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      ),
    },
    [],
    { cause: 'ImageNotFound', proof: /ErrImagePull/, fix: /tag/ },
  ]),
  alone('image pull denied', 'Docker Hub', [
    {
      container: waiting(
        'ErrImagePull',
        `failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      ),
    },
    [],
    { cause: 'ImagePullDenied', proof: /pull access denied/, fix: /imagePullSecrets/ },
  ]),
  under('image pull denied', 'its pull Secret is missing', [
    { container: waiting('ImagePullBackOff', `Back-off pulling image "${image}"`), spec: { imagePullSecrets: [{ name: 'regcred' }] } },
    [
      [
        'Failed',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example.com/v2/org/app/manifests/1.0.0: 401 Unauthorized`,
      ],
      [
        'FailedToRetrieveImagePullSecret',
        'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
      ],
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/regcred/, proof: /not found/, fix: /Secret/ },
  ]),
  alone('image registry unreachable', 'CRI-O', [
    {
      container: waiting(
        'ErrImagePull',
        `initializing source docker://${image}: pinging container registry registry.example.com: Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com: no such host`,
      ),
    },
    [],
    { cause: 'RegistryUnreachable', proof: /no such host/, fix: /host/ },
  ]),
  alone('image platform', 'containerd', [
    { container: waiting('ErrImagePull', `failed to pull and unpack image "${image}": no match for platform in manifest: not found`) },
    [],
    { cause: 'ImagePlatformMissing', proof: /platform/, fix: /platform/ },
  ]),
  alone('image name invalid', 'upper case', [
    {
      container: {
        ...waiting(
          'InvalidImageName',
          'Failed to apply default image tag "Registry/App:1": couldn\'t parse image name "Registry/App:1": invalid reference format: repository name must be lowercase',
        ),
        image: 'Registry/App:1',
      },
    },
    [],
    { cause: 'ImageNameInvalid', proof: /lowercase/, fix: /image/ },
  ]),
  under('image name invalid', 'under a Kustomization', [
    {
      container: waiting(
        'InvalidImageName',
        'Failed to apply default image tag "https://x/y": couldn\'t parse image name: invalid reference format',
      ),
    },
    [['InspectFailed', 'Failed to apply default image tag']],
    { cause: 'ImageNameInvalid', proof: /invalid reference/, fix: /scheme/ },
  ]),
  under('crash loop', 'exit 1', [
    { phase: 'Running', container: crashing(1) },
    [['BackOff', 'Back-off restarting failed container app in pod web']],
    { cause: 'CrashLoop', proof: /exit code 1/, fix: /log/ },
  ]),
  alone('crash loop', 'exit 139 beside an old scheduling warning', [
    { phase: 'Running', container: crashing(139) },
    [
      ['FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.'],
      ['Unhealthy', 'Readiness probe failed: dial tcp 10.1.1.1:80: connect: connection refused'],
    ],
    { cause: 'CrashLoop', proof: /139/, fix: /log/ },
  ]),
  alone('container exits', 'exit 0 again and again', [
    { phase: 'Running', container: crashing(0, 'Completed') },
    [],
    { cause: 'ContainerExits', proof: /exit code 0/, fix: /Job|process/ },
  ]),
  alone('command not found', 'runc', [
    {
      phase: 'Running',
      container: crashing(
        128,
        'StartError',
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/sever": stat /app/sever: no such file or directory: unknown',
      ),
    },
    [],
    { cause: 'CommandNotFound', proof: /sever/, fix: /command/ },
  ]),
  alone('command not found', 'RunContainerError', [
    {
      container: {
        ...waiting(
          'RunContainerError',
          'failed to create containerd task: OCI runtime create failed: exec: "serve": executable file not found in $PATH: unknown',
        ),
        restartCount: 2,
      },
    },
    [],
    { cause: 'CommandNotFound', proof: /executable file not found/, fix: /command/ },
  ]),
  under('OOMKilled', 'in a loop', [
    { phase: 'Running', container: crashing(137, 'OOMKilled') },
    [['BackOff', 'Back-off restarting failed container']],
    { cause: 'OOMKilled', proof: /OOMKilled/, fix: /memory/ },
  ]),
  alone('OOMKilled', 'between two restarts', [
    {
      phase: 'Running',
      container: { state: ended(137, 'OOMKilled'), restartCount: 4 },
      spec: { containers: [{ name: 'app', image, resources: { limits: { memory: '64Mi' } } }] },
    },
    [],
    { cause: 'OOMKilled', proof: /OOMKilled/, fix: /64Mi/ },
  ]),
  under('probe failing (readiness)', 'HTTP 503', [
    { phase: 'Running', container: { ...running(), ready: false } },
    [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503']],
    { cause: 'ReadinessProbeFailing', proof: /503/, fix: /readinessProbe/ },
  ]),
  alone('probe failing (readiness)', 'connection refused', [
    {
      phase: 'Running',
      container: { ...running(), ready: false },
      spec: { containers: [{ name: 'app', image, readinessProbe: { httpGet: { path: '/healthz', port: 8081 } } }] },
    },
    [['Unhealthy', 'Readiness probe failed: Get "http://10.244.0.9:8081/healthz": dial tcp 10.244.0.9:8081: connect: connection refused']],
    { cause: 'ReadinessProbeFailing', proof: /8081/, fix: /8081/ },
  ]),
  under('probe failing (liveness)', 'killed by it', [
    { phase: 'Running', container: crashing(137) },
    [
      ['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500'],
      ['BackOff', 'Back-off restarting failed container'],
    ],
    { cause: 'LivenessProbeFailing', proof: /Liveness probe failed/, fix: /livenessProbe/ },
  ]),
  alone('probe failing (liveness)', 'between restarts, exit 143', [
    { phase: 'Running', container: crashing(143) },
    [['Unhealthy', 'Liveness probe failed: command timed out: "cat /tmp/healthy" timed out after 1s']],
    { cause: 'LivenessProbeFailing', proof: /timed out/, fix: /livenessProbe/ },
  ]),
  alone('missing Secret', 'env of a pod', [
    { container: waiting('CreateContainerConfigError', 'secret "db" not found') },
    [['Failed', 'Error: secret "db" not found']],
    { cause: 'SecretMissing', at: /Secret\/apps\/db/, proof: /secret "db" not found/, fix: /Secret db/ },
  ]),
  under('missing Secret', 'volume of a pod', [
    { container: waiting('ContainerCreating') },
    [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found']],
    { cause: 'SecretMissing', at: /Secret\/apps\/web-tls/, proof: /web-tls/, fix: /web-tls/ },
  ]),
  under('missing Secret', 'volume, events gone', [
    { container: waiting('ContainerCreating'), spec: { volumes: [{ name: 'tls', secret: { secretName: 'web-tls' } }] } },
    [],
    { cause: 'SecretMissing', at: /Secret\/apps\/web-tls/, proof: /web-tls/, fix: /Secret/ },
  ]),
  under('missing ConfigMap key', 'env', [
    { container: waiting('CreateContainerConfigError', "couldn't find key LOG_LEVEL in ConfigMap apps/settings") },
    [],
    { cause: 'ConfigMapKeyMissing', at: /ConfigMap\/apps\/settings/, proof: /LOG_LEVEL/, fix: /LOG_LEVEL/ },
  ]),
  alone('missing ConfigMap key', 'volume', [
    { container: waiting('ContainerCreating') },
    [['FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: app.yaml']],
    { cause: 'ConfigMapKeyMissing', proof: /app\.yaml/, fix: /app\.yaml/ },
  ]),
  alone('secret key missing', 'env', [
    { container: waiting('CreateContainerConfigError', "couldn't find key password in Secret apps/db") },
    [],
    { cause: 'SecretKeyMissing', proof: /password in Secret/, fix: /password/ },
  ]),
  alone('runs as root', 'runAsNonRoot', [
    {
      container: waiting(
        'CreateContainerConfigError',
        'container has runAsNonRoot and image will run as root (pod: "web_apps(1)", container: app)',
      ),
    },
    [],
    { cause: 'RunAsRootDenied', proof: /runAsNonRoot/, fix: /runAsUser/ },
  ]),
  under('init container failing', 'exit 1', [
    { container: waiting('PodInitializing'), init: { ...crashing(1), name: 'setup' } },
    [['BackOff', 'Back-off restarting failed container setup in pod web']],
    { cause: 'InitContainerFailed', proof: /initContainerStatuses\[setup\]/, fix: /setup/ },
  ]),
  alone('init container failing', 'image', [
    {
      container: waiting('PodInitializing'),
      init: waiting('ErrImagePull', 'failed to resolve reference "registry.example.com/org/setup:1": not found'),
    },
    [],
    { cause: 'ImageNotFound', proof: /initContainerStatuses/, fix: /image/ },
  ]),
  under('unschedulable (resources)', 'cpu', [
    unscheduled(
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    ),
    [],
    { cause: 'UnschedulableResources', proof: /Insufficient cpu/, fix: /cpu/ },
  ]),
  alone('unschedulable (resources)', 'event only', [
    { scheduled: ['Initialized', 'True', '', ''] },
    [['FailedScheduling', '0/2 nodes are available: 2 Insufficient memory.']],
    { cause: 'UnschedulableResources', proof: /memory/, fix: /memory/ },
  ]),
  under('unschedulable (taint)', 'dedicated nodes', [
    unscheduled(
      '0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    ),
    [],
    { cause: 'UnschedulableTaint', proof: /dedicated/, fix: /toleration/ },
  ]),
  alone('unschedulable (taint)', 'older wording', [
    unscheduled("0/1 nodes are available: 1 node(s) had taint {dedicated: db}, that the pod didn't tolerate."),
    [],
    { cause: 'UnschedulableTaint', proof: /taint/, fix: /toleration/ },
  ]),
  under('unschedulable (node selector)', 'no label', [
    unscheduled(
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    ),
    [],
    { cause: 'UnschedulableAffinity', proof: /affinity/, fix: /nodeSelector/ },
  ]),
  alone('port clash (hostPort)', 'every node', [
    unscheduled("0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. preemption: not eligible"),
    [],
    { cause: 'HostPortTaken', proof: /free ports/, fix: /hostPort/ },
  ]),
  under('port clash (hostPort)', 'one node, one control plane', [
    unscheduled(
      "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
    ),
    [],
    { cause: 'HostPortTaken', proof: /free ports/, fix: /hostPort/ },
  ]),
  ...(() => {
    const lost = claim('data', { storageClassName: 'fast' })
    const none = claim('data')
    const volumes = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }
    const shape: Shape = {
      ...unscheduled('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available'),
      spec: volumes,
    }
    return [
      under(
        'PVC pending (no storage class)',
        'through a pod',
        [shape, [], { cause: 'StorageClassMissing', at: /StorageClass\/fast/, proof: /fast/, fix: /StorageClass/ }],
        [lost, event(lost, 'ProvisioningFailed', 'storageclass.storage.k8s.io "fast" not found')],
      ),
      fault('PVC pending (no storage class)', 'the claim itself, without events', [lost], {
        cause: 'StorageClassMissing',
        proof: /not found/,
        fix: /StorageClass/,
      }),
      under(
        'PVC pending (no PV)',
        'through a pod',
        [
          shape,
          [],
          {
            cause: 'VolumeMissing',
            at: /PersistentVolumeClaim\/apps\/data/,
            proof: /no persistent volumes/,
            fix: /PersistentVolume|storageClassName/,
          },
        ],
        [
          none,
          event(none, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set', { type: 'Normal' }),
        ],
      ),
      alone('claim missing', 'named by a pod', [
        {
          ...unscheduled('0/1 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/1 nodes are available'),
          spec: volumes,
        },
        [],
        { cause: 'ClaimMissing', at: /PersistentVolumeClaim\/apps\/data/, proof: /data/, fix: /claim/i },
      ]),
      fault(
        'PVC pending (driver)',
        'provisioner error',
        [
          claim('data', { storageClassName: 'fast' }),
          event(
            lost,
            'ProvisioningFailed',
            'failed to provision volume with StorageClass "fast": rpc error: code = ResourceExhausted desc = volume limit',
          ),
          global('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'x' }),
        ].map((o, i) => (i === 1 ? { ...o, involvedObject: { kind: 'PersistentVolumeClaim', name: 'data', namespace: ns } } : o)) as [
          typeof lost,
          ...(typeof lost)[],
        ],
        {
          cause: 'ProvisioningFailed',
          proof: /ResourceExhausted/,
          fix: /driver|StorageClass/,
        },
      ),
    ]
  })(),
  uncreated('quota', 'ReplicaSet', [
    'ReplicaSet',
    'pods "web-6d4f-x" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi, used: limits.memory=2Gi, limited: limits.memory=2Gi',
    { cause: 'QuotaExceeded', at: /ResourceQuota\/apps\/compute/, proof: /exceeded quota/, fix: /compute/ },
  ]),
  uncreated('quota', 'StatefulSet, requests demanded', [
    'StatefulSet',
    'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: failed quota: compute: must specify limits.cpu for: app; limits.memory for: app',
    { cause: 'QuotaNeedsResources', proof: /must specify/, fix: /resources/ },
  ]),
  uncreated('PodSecurity denial', 'ReplicaSet', [
    'ReplicaSet',
    'pods "web-6d4f-x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    { cause: 'PodSecurityDenied', proof: /violates PodSecurity/, fix: /securityContext/ },
  ]),
  uncreated('PodSecurity denial', 'DaemonSet', [
    'DaemonSet',
    'Error creating: pods "web-x" is forbidden: violates PodSecurity "restricted:v1.30": privileged (container "app" must not set securityContext.privileged=true)',
    { cause: 'PodSecurityDenied', proof: /privileged/, fix: /securityContext/ },
  ]),
  uncreated('webhook denial', 'ReplicaSet', [
    'ReplicaSet',
    'admission webhook "pods.policy.example.com" denied the request: image must come from registry.example.com',
    { cause: 'WebhookDenied', proof: /denied the request/, fix: /webhook|policy/ },
  ]),
  uncreated('service account missing', 'ReplicaSet', [
    'ReplicaSet',
    'pods "web-6d4f-" is forbidden: error looking up service account apps/runner: serviceaccount "runner" not found',
    { cause: 'ServiceAccountMissing', at: /ServiceAccount\/apps\/runner/, proof: /runner/, fix: /runner/ },
  ]),
  uncreated('limit range', 'Job', [
    'Job',
    'Error creating: pods "web-x" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    { cause: 'LimitRangeExceeded', proof: /maximum cpu/, fix: /LimitRange/ },
  ]),
  ...(() => {
    const job = (reason: string, message: string) =>
      object('batch/v1', 'Job', 'migrate', {
        spec: { backoffLimit: 2, template: {} },
        status: { failed: 3, conditions: conditions(['Failed', 'True', reason, message]) },
      })
    const spent = job('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
    const failed = pod(spent, { phase: 'Failed', container: { state: ended(2) }, spec: { restartPolicy: 'Never' } })
    const late = job('DeadlineExceeded', 'Job was active longer than specified deadline')
    const cron = object('batch/v1', 'CronJob', 'nightly', { spec: { schedule: '0 1 * * *' }, status: {} })
    const own = { ...spent, metadata: { ...spent.metadata, ...ownedBy(cron) } }
    return [
      fault(
        'job failed/backoff limit',
        'under a Kustomization',
        [
          ks(
            'apps',
            {},
            [
              'False',
              'HealthCheckFailed',
              "health check failed after 12s: failed early due to stalled resources: [Job/apps/migrate status: 'Failed']",
            ],
            inventory(spent),
          ),
          spent,
          failed,
          goodGit(),
        ],
        {
          cause: 'JobFailed',
          at: /Job\/apps\/migrate/,
          proof: /backoff limit/,
          fix: /log/,
        },
      ),
      fault('job failed/backoff limit', 'deadline', [late], {
        cause: 'JobDeadlineExceeded',
        proof: /deadline/,
        fix: /activeDeadlineSeconds/,
      }),
      fault('job failed/backoff limit', 'through its CronJob', [cron, own, failed], {
        cause: 'JobFailed',
        at: /Job\/apps\/migrate/,
        proof: /backoff/,
        fix: /log/,
      }),
    ]
  })(),
  ...(() => {
    const service = (selector: JsonObject, ports: JsonObject[] = [{ port: 80, targetPort: 8080 }]) =>
      object('v1', 'Service', 'web', { spec: { selector, ports, clusterIP: '10.96.0.9' }, status: {} })
    const well = deployment('web', { available: true })
    const ingress = object('networking.k8s.io/v1', 'Ingress', 'web', {
      spec: {
        rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
      },
      status: {},
    })
    return [
      fault('service without endpoints', 'bad selector', [service({ app: 'wbe' }), well], {
        cause: 'ServiceSelectsNothing',
        proof: /wbe/,
        fix: /selector/,
      }),
      fault(
        'service without endpoints',
        'scaled to zero',
        [service({ app: 'web' }), { ...well, spec: { ...well.spec, replicas: 0 }, status: { observedGeneration: 1 } }],
        { cause: 'ScaledToZero', proof: /0/, fix: /replicas/ },
      ),
      fault(
        'service without endpoints',
        'through an Ingress, pods crash',
        [ingress, service({ app: 'web' }), pod('web-0', { phase: 'Running', container: crashing(1), labels: { app: 'web' } })],
        { cause: 'CrashLoop', at: /Pod\/apps\/web-0/, proof: /exit code 1/, fix: /log/ },
      ),
      fault('service without endpoints', 'Ingress to no Service', [ingress], {
        cause: 'BackendMissing',
        at: /Service\/apps\/web/,
        proof: /not found/,
        fix: /Service/,
      }),
      fault(
        'service without endpoints',
        'port of no container',
        [
          service({ app: 'web' }, [{ port: 80, targetPort: 'http' }]),
          pod('web-0', { phase: 'Running', ready: true, container: running(), labels: { app: 'web' } }),
        ],
        { cause: 'TargetPortMissing', proof: /http/, fix: /targetPort/ },
      ),
    ]
  })(),
  alone('evicted', 'memory', [
    {
      phase: 'Failed',
      status: { reason: 'Evicted', message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi.' },
    },
    [],
    { cause: 'PodEvicted', proof: /low on resource/, fix: /requests/ },
  ]),
  alone(
    'node not ready',
    'its node',
    [
      { phase: 'Running', container: { ...running(), ready: false } },
      [],
      { cause: 'NodeNotReady', at: /Node\/node-1/, proof: /kubelet stopped|NodeStatusUnknown/, fix: /node/ },
    ],
    [
      global('v1', 'Node', 'node-1', {
        status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
      }),
    ],
  ),
  alone('pod network', 'CNI', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "ab": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
      ],
    ],
    { cause: 'PodNetworkFailed', proof: /calico/, fix: /CNI/ },
  ]),
  alone('volume attached elsewhere', 'multi attach', [
    { container: waiting('ContainerCreating') },
    [['FailedAttachVolume', 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-old']],
    { cause: 'VolumeInUse', proof: /Multi-Attach/, fix: /Recreate/ },
  ]),
  fault(
    'autoscaler',
    'no metrics',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
        status: {
          conditions: conditions(
            ['AbleToScale', 'True', 'SucceededGetScale', 'ok'],
            [
              'ScalingActive',
              'False',
              'FailedGetResourceMetric',
              'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
            ],
          ),
        },
      }),
      deployment('web', { available: true }),
    ],
    { cause: 'MetricsUnavailable', proof: /metrics/, fix: /metrics-server/ },
  ),
]
