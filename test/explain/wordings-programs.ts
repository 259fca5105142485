import type { KubeObject } from '../../src/kinds/manifest.ts'
import { alone, any, applied, built, fault, type FaultCase, helm, under } from './case.ts'
import {
  availableNow,
  back,
  chain,
  claim,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  git,
  global,
  goodGit,
  helmRepository,
  imageRepository,
  inventory,
  ks,
  notHealthy,
  ns,
  object,
  oci,
  pod,
  release,
  goodChart,
  goodCharts,
  running,
  sourceWaits,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'

type Names = string | readonly string[]
const dies = (says: string, last: string, cause: Names, proof: RegExp, code = 1): FaultCase =>
  under('program', says, [{ phase: 'Running', container: crashing(code, 'Error', last) }, [], { cause, at: /Pod\//, proof, fix: any }])
const refusedBy = (says: string, message: string, cause: Names, proof: RegExp): FaultCase =>
  applied('refusal', says, [message, { cause, proof, fix: any }])
const fails = (says: string, message: string, cause: Names, proof: RegExp, reason = 'InstallFailed'): FaultCase =>
  helm('release', says, [reason, message, { cause, proof, fix: any }])
const crash: Names = ['CrashLoop', 'ContainerExits']
const h = 'Helm install failed for release apps/web with chart web@1.2.3: '
const webPod = (more = {}): KubeObject =>
  pod('web-1', { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' }, ...more })
const service = (spec = {}): KubeObject =>
  object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec } })
const ingress = (spec = {}, status = {}): KubeObject =>
  object('networking.k8s.io/v1', 'Ingress', 'web', {
    spec: {
      rules: [
        { host: 'a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } },
      ],
      ...spec,
    },
    status,
  })

/** Last words of programs, refusals and wirings of further kinds. */
export const programWordings: readonly FaultCase[] = [
  dies(
    'Go panics',
    'panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation]',
    crash,
    /nil pointer/,
    2,
  ),
  dies('Python', 'Traceback (most recent call last):\n  File "/app/main.py", line 3\nKeyError: \'DATABASE_URL\'', crash, /DATABASE_URL/),
  dies('Java', 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', crash, /heap/),
  dies('nginx', 'nginx: [emerg] host not found in upstream "api" in /etc/nginx/conf.d/default.conf:4', crash, /upstream/),
  dies('port below 1024', 'Error: listen EACCES: permission denied 0.0.0.0:80', crash, /EACCES/),
  dies('Postgres', 'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership', crash, /wrong ownership/),
  dies('role', 'psycopg2.OperationalError: FATAL: role "app" does not exist', crash, /role/),
  dies('flag', 'unknown flag: --metrics-addr\nUsage of /manager:', crash, /unknown flag/, 2),
  dies('read-only', 'mkdir: cannot create directory "/cache": Read-only file system', crash, /Read-only/),
  dies(
    'leader election',
    'error retrieving resource lock apps/web: leases.coordination.k8s.io "web" is forbidden: User "system:serviceaccount:apps:web" cannot get resource "leases" in API group "coordination.k8s.io"',
    [...crash, 'RbacDenied'],
    /cannot get resource/,
  ),
  dies('license', 'License check failed: license expired on 2025-12-31', crash, /expired/),
  under('program', 'a sidecar, beside a container that is well', [
    {
      phase: 'Running',
      containers: [
        { name: 'app', image: 'a', ready: true, restartCount: 0, ...running() },
        { name: 'proxy', image: 'b', ready: false, ...crashing(1, 'Error', 'error: failed to fetch config: connection refused') },
      ],
    },
    [],
    { cause: crash, at: /Pod\//, proof: /failed to fetch config/, fix: any },
  ]),
  under('program', 'killed without a limit of its own', [
    { phase: 'Running', container: crashing(137, 'Error') },
    [['OOMKilling', 'Memory cgroup out of memory: Killed process 123 (java)']],
    { cause: ['CrashLoop', 'OOMKilled'], proof: /137|out of memory/, fix: any },
  ]),
  under('pull', 'two containers, one image is wrong', [
    {
      containers: [
        { name: 'app', image: 'ghcr.io/acme/app:1', ready: true, restartCount: 0, ...running() },
        {
          name: 'log',
          image: 'ghcr.io/acme/log:9',
          ready: false,
          restartCount: 0,
          ...waiting(
            'ImagePullBackOff',
            'Back-off pulling image "ghcr.io/acme/log:9": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/log:9": failed to resolve reference "ghcr.io/acme/log:9": ghcr.io/acme/log:9: not found',
          ),
        },
      ],
    },
    [],
    { cause: 'ImageNotFound', proof: /not found/, fix: any },
  ]),
  under('pull', 'pull Secret is not there', [
    { ...back('ghcr.io/acme/app:1'), spec: { imagePullSecrets: [{ name: 'regcred' }] } },
    [
      [
        'FailedToRetrieveImagePullSecret',
        'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
      ],
      [
        'Failed',
        'Failed to pull image "ghcr.io/acme/app:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized',
      ],
    ],
    { cause: ['SecretMissing', 'ImagePullDenied'], at: /Secret\/apps\/regcred|Pod/, proof: any, fix: any },
  ]),
  refusedBy(
    'API server gone',
    'Get "https://10.96.0.1:443/api?timeout=30s": dial tcp 10.96.0.1:443: connect: connection refused',
    ['ClusterUnreachable', 'ConnectionRefused'],
    /10\.96\.0\.1/,
  ),
  refusedBy(
    'etcd',
    'ConfigMap/apps/big dry-run failed: etcdserver: request is too large',
    ['InvalidObject', 'ObjectTooLarge', 'EtcdFull'],
    /too large/,
  ),
  refusedBy(
    'leader',
    'Deployment/apps/web apply failed: etcdserver: leader changed',
    ['ServerError', 'EtcdUnstable', 'ReconciliationFailed'],
    /leader changed/,
  ),
  refusedBy(
    'name',
    'Service/apps/Web dry-run failed (Invalid): Service "Web" is invalid: metadata.name: Invalid value: "Web": a DNS-1035 label must consist of lower case alphanumeric characters',
    'InvalidObject',
    /DNS-1035/,
  ),
  refusedBy(
    'quantity',
    'Deployment/apps/web dry-run failed (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: quantities must match the regular expression',
    'InvalidObject',
    /quantities/,
  ),
  refusedBy(
    'cluster role',
    'ClusterRole/x dry-run failed (Forbidden): clusterroles.rbac.authorization.k8s.io "x" is forbidden: user "system:serviceaccount:apps:t" (groups=["system:serviceaccounts"]) is attempting to grant RBAC permissions not currently held: {APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    ['RbacEscalation', 'RbacDenied'],
    /not currently held/,
  ),
  refusedBy(
    'namespace goes',
    'Deployment/old/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: unable to create new content in namespace old because it is being terminated',
    'NamespaceTerminating',
    /being terminated/,
  ),
  refusedBy(
    'conflict',
    'Deployment/apps/web apply failed: Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    'FieldManagerConflict',
    /kubectl-edit/,
  ),
  refusedBy(
    'account',
    'failed to impersonate: serviceaccounts "deployer" is forbidden: User "system:serviceaccount:flux-system:kustomize-controller" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "apps"',
    'RbacDenied',
    /impersonate/,
  ),
  built('source', 'a patch that is no YAML', [
    'kustomize build failed: trouble configuring builtin PatchTransformer with config: `patch: |-\n  - op: add`: unable to parse SM or JSON patch from [- op: add]',
    { cause: ['YamlInvalid', 'PatchTargetMissing', 'PatchInvalid', 'BuildFailed'], proof: /unable to parse/, fix: any },
  ]),
  built('source', 'a generator', [
    "kustomize build failed: loading KV pairs: file sources: [app.properties]: evalsymlink failure on '/tmp/kustomization-1/app.properties' : lstat /tmp/kustomization-1/app.properties: no such file or directory",
    { cause: ['ResourceFileMissing', 'FileMissing'], proof: /app\.properties/, fix: any },
  ]),
  built('source', 'a namespace transformer', [
    'kustomize build failed: namespace transformation produces ID conflict: [{"kind":"Secret"}]',
    { cause: ['DuplicateResource', 'BuildFailed'], proof: /ID conflict/, fix: any },
  ]),
  fails(
    'template',
    `${h}YAML parse error on web/templates/cm.yaml: error converting YAML to JSON: yaml: line 8: did not find expected key`,
    ['TemplateFailed', 'YamlInvalid'],
    /line 8/,
  ),
  fails(
    'validation',
    `${h}unable to build kubernetes objects from release manifest: error validating "": error validating data: unknown object type "nil" in ConfigMap.data.PORT`,
    ['TemplateFailed', 'InvalidObject'],
    /unknown object type/,
  ),
  fails(
    'hook exists',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: pre-upgrade hooks failed: warning: Hook pre-upgrade web/templates/job.yaml failed: 1 error occurred:\n\t* jobs.batch "web-migrate" already exists',
    ['ResourceExists', 'HookFailed'],
    /already exists/,
    'UpgradeFailed',
  ),
  fails(
    'sub chart',
    `${h}An error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: common`,
    'ChartLoadFailed',
    /common/,
  ),
  fails(
    'Kubernetes version',
    `${h}chart requires kubeVersion: >=1.31.0-0 which is incompatible with Kubernetes v1.29.3`,
    'KubeVersionIncompatible',
    /1\.31/,
  ),
  fails(
    'include',
    `${h}template: web/templates/deploy.yaml:5:8: executing "web/templates/deploy.yaml" at <include "web.labels" .>: error calling include: template: no template "web.labels" associated with template "gotpl"`,
    'TemplateFailed',
    /web\.labels/,
  ),
  fault(
    'source',
    'a proxy wants to know who asks',
    [
      ks('apps', {}, sourceWaits),
      git('repo', {}, [
        'False',
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to list remote for 'https://github.com/a/b': Proxy Authentication Required",
      ]),
    ],
    { cause: 'ProxyFailed', at: /GitRepository/, proof: /Proxy/, fix: any },
  ),
  fault(
    'source',
    'GitLab hides it',
    [
      ks('apps', {}, sourceWaits),
      git('repo', {}, [
        'False',
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to clone 'https://gitlab.com/acme/x': repository not found: The project you were looking for could not be found or you don't have permission to view it.",
      ]),
    ],
    { cause: ['GitRepositoryNotFound', 'GitAuthFailed'], at: /GitRepository/, proof: /could not be found/, fix: any },
  ),
  fault(
    'source',
    'a chart repository of HTML',
    [
      helmRepository('charts', {}, [
        'False',
        'IndexationFailed',
        'failed to load Helm repository from index YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type repo.IndexFile',
      ]),
    ],
    { cause: ['IndexNotFound', 'YamlInvalid', 'IndexInvalid', 'IndexationFailed'], at: /HelmRepository/, proof: /unmarshal/, fix: any },
  ),
  fault(
    'source',
    'clock',
    [
      oci('m', {}, [
        'False',
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: Get "https://r.x/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-12-31T23:59:59Z',
      ]),
    ],
    { cause: 'CertificateExpired', at: /OCIRepository/, proof: /expired/, fix: any },
  ),
  fault(
    'source',
    'an image repository with a Secret that is not there',
    [
      imageRepository('app', { secretRef: { name: 'reg' } }, [
        'False',
        'AuthenticationFailed',
        "failed to configure authentication options: secret 'apps/reg' not found",
      ]),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/reg/, proof: /reg/, fix: any },
  ),
  fault(
    'source',
    'a policy without tags',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'app', {
        spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=1.0' } } },
        status: {
          observedGeneration: 1,
          conditions: conditions([
            'Ready',
            'False',
            'Failed',
            'cannot determine latest tag for policy: unable to determine latest version from provided list',
          ]),
        },
      }),
      imageRepository('app', {}, ['True', 'Succeeded', 'successful scan: found 3 tags']),
    ],
    { cause: ['SemverNoMatch', 'NoTagsLeft'], at: /ImagePolicy/, proof: /latest version/, fix: any },
  ),
  fault(
    'wiring',
    'TLS Secret of an Ingress',
    [
      ingress({ tls: [{ hosts: ['a.b'], secretName: 'web-tls' }] }, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }),
      service(),
      deployment('web', { available: true, progressing: availableNow }),
      webPod(),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/web-tls/, proof: /web-tls/, fix: any },
  ),
  fault(
    'wiring',
    'class of an Ingress',
    [
      ingress({ ingressClassName: 'ngnix' }, { loadBalancer: {} }),
      service(),
      deployment('web', { available: true, progressing: availableNow }),
      webPod(),
    ],
    { cause: ['IngressClassMissing', 'IngressNotServed'], at: /IngressClass\/ngnix|Ingress/, proof: /ngnix/, fix: any },
  ),
  fault(
    'wiring',
    'a port that nothing listens on',
    [
      service({ ports: [{ port: 80, targetPort: 9090 }] }),
      deployment('web', { available: true, progressing: availableNow }),
      webPod({ spec: { containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 8080 }] }] } }),
    ],
    { cause: 'TargetPortMissing', at: /Service\/apps\/web/, proof: /9090/, fix: /targetPort/ },
  ),
  fault(
    'wiring',
    'an Ingress to a Service without pods',
    [
      ingress({}, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }),
      service(),
      deployment('web', {
        spec: { replicas: 0 },
        status: { replicas: 0, updatedReplicas: 0, unavailableReplicas: 0 },
        available: true,
        progressing: availableNow,
      }),
    ],
    { cause: ['ScaledToZero', 'ServiceSelectsNothing'], at: /Service|Deployment/, proof: any, fix: any },
  ),
  fault(
    'node',
    'cordoned',
    [
      global('v1', 'Node', 'node-1', {
        spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
        status: { conditions: conditions(['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']) },
      }),
    ],
    { cause: ['NodesCordoned', 'NodeCordoned'], at: /Node/, proof: /unschedulable/, fix: /uncordon/ },
  ),
  fault(
    'node',
    'disk pressure',
    [
      global('v1', 'Node', 'node-1', {
        spec: {},
        status: {
          conditions: conditions(
            ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'],
            ['Ready', 'True', 'KubeletReady', ''],
          ),
        },
      }),
    ],
    { cause: 'NodePressure', at: /Node/, proof: /disk pressure/, fix: any },
  ),
  fault(
    'set',
    'a DaemonSet whose pods find no node',
    (() => {
      const set = object('apps/v1', 'DaemonSet', 'agent', {
        spec: { selector: { matchLabels: { app: 'agent' } } },
        status: {
          observedGeneration: 1,
          desiredNumberScheduled: 3,
          currentNumberScheduled: 3,
          numberReady: 2,
          numberUnavailable: 1,
          updatedNumberScheduled: 3,
        },
      })
      return [
        ks('apps', { wait: true }, notHealthy(`DaemonSet/${ns}/agent`), inventory(set)),
        goodGit(),
        set,
        pod(set, unscheduled("0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].")),
      ]
    })(),
    { cause: 'UnschedulableResources', at: /Pod/, proof: /Insufficient memory/, fix: any },
  ),
  fault(
    'set',
    'a claim template of a class without provisioner',
    (() => {
      const set = object('apps/v1', 'StatefulSet', 'db', {
        spec: { replicas: 1, selector: { matchLabels: { app: 'db' } }, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
        status: { replicas: 1, observedGeneration: 1 },
      })
      const one = claim('data-db-0', { storageClassName: 'local' })
      return [
        set,
        pod(set, {
          ...unscheduled("0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind."),
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
        }),
        one,
        global('storage.k8s.io/v1', 'StorageClass', 'local', {
          provisioner: 'kubernetes.io/no-provisioner',
          volumeBindingMode: 'WaitForFirstConsumer',
        }),
      ]
    })(),
    { cause: ['ClaimUnbound', 'VolumeMissing'], at: /Pod|Claim/, proof: /persistent volumes/, fix: any },
  ),
  fault(
    'set',
    'silent',
    (() => {
      const { all: list } = chain({ container: waiting('ContainerCreating') }, { name: 'shop' })
      const [source, top, ...rest] = list
      return [top as KubeObject, source as KubeObject, ...rest]
    })(),
    { cause: 'PodNotStarting', at: /Pod/, proof: /ContainerCreating/, fix: any },
  ),
  fault(
    'set',
    'a release whose pods fail, by labels',
    (() => {
      const dep = { ...deployment('web', { progressing: stuck }) }
      dep.metadata = { ...dep.metadata, labels: { 'app.kubernetes.io/instance': 'web' } }
      const { all: list } = chain({ phase: 'Running', container: crashing(1, 'Error', 'missing required env API_KEY') }, { name: 'web' })
      return [
        release('web', {}, [
          'False',
          'UpgradeFailed',
          "Helm upgrade failed for release apps/web with chart web@1.2.3: timeout waiting for: [Deployment/apps/web status: 'InProgress']",
        ]),
        goodChart(),
        goodCharts(),
        ...list.slice(2),
      ]
    })(),
    { cause: crash, at: /Pod/, proof: /API_KEY/, fix: any },
  ),
  alone('pod', 'waits for its gate', [
    {
      scheduled: ['PodScheduled', 'False', 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'],
      spec: { schedulingGates: [{ name: 'acme.io/quota' }] },
    },
    [],
    { cause: 'SchedulingGated', proof: /gates/, fix: /schedulingGates/ },
  ]),
  alone('pod', 'does not go', [
    { phase: 'Running', container: { ...running(), ready: false } },
    [
      [
        'FailedKillPod',
        'error killing pod: failed to "KillContainer" for "app" with KillContainerError: "rpc error: code = DeadlineExceeded desc = context deadline exceeded"',
      ],
    ],
    { cause: ['ReadinessProbeFailing', 'PodStuckTerminating', 'FailedKillPod'], proof: any, fix: any },
  ]),
  alone('pod', 'ran too long', [
    {
      phase: 'Failed',
      status: { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' },
      container: { state: ended(137) },
    },
    [],
    { cause: ['PodDeadlineExceeded'], proof: /longer than/, fix: /activeDeadline/ },
  ]),
  fault(
    'scaling',
    'limits of what is there',
    (() => {
      const job = object('batch/v1', 'Job', 'load', { spec: { template: {} }, status: { active: 0 } })
      return [
        job,
        event(
          job,
          'FailedCreate',
          'Error creating: pods "load-" is forbidden: error looking up service account apps/loader: serviceaccount "loader" not found',
        ),
      ]
    })(),
    { cause: 'ServiceAccountMissing', at: /ServiceAccount\/apps\/loader/, proof: /loader/, fix: any },
  ),
]
