import type { KubeObject } from '../../src/kinds/manifest.ts'
import { alone, applied, built, fault, type FaultCase, helm } from './case.ts'
import {
  bucket,
  claim,
  conditions,
  crashing,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  goodGit,
  helmRepository,
  inventory,
  ks,
  notHealthy,
  object,
  oci,
  pod,
  release,
  replicaFailure,
  restartedOnce,
  running,
  stuck,
  undiscoveredNamespace,
  waiting,
} from './objects.ts'

/** Faults that were written without a look at the rules, each with something harmless beside it. */
export const moreVariants: readonly FaultCase[] = [
  alone('image pull', 'containerd over a proxy', [
    { container: { ...waiting('ImagePullBackOff', 'Back-off pulling image "gcr.io/acme/api:7"'), image: 'gcr.io/acme/api:7' } },
    [
      [
        'Failed',
        'Failed to pull image "gcr.io/acme/api:7": failed to pull and unpack image "gcr.io/acme/api:7": failed to resolve reference "gcr.io/acme/api:7": failed to do request: Head "https://gcr.io/v2/acme/api/manifests/7": proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused',
      ],
    ],
    { cause: ['RegistryUnreachable', 'ProxyFailed'], proof: /proxyconnect/, fix: /network|proxy/i },
  ]),
  alone('image pull denied', 'ACR', [
    {
      container: {
        ...waiting(
          'ErrImagePull',
          'failed to pull and unpack image "acme.azurecr.io/api:1": failed to resolve reference "acme.azurecr.io/api:1": failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://acme.azurecr.io/oauth2/token: 401 Unauthorized',
        ),
        image: 'acme.azurecr.io/api:1',
      },
    },
    [],
    { cause: 'ImagePullDenied', proof: /401/, fix: /imagePullSecrets/ },
  ]),
  alone('image pull', 'no disk on the node', [
    {
      container: waiting(
        'ErrImagePull',
        'failed to pull and unpack image "x/y:1": failed to extract layer sha256:ab: write /var/lib/containerd/io/1: no space left on device',
      ),
    },
    [],
    { cause: 'ImageDiskFull', proof: /no space left/, fix: /disk/ },
  ]),
  alone('missing ConfigMap', 'env of an init container', [
    { init: waiting('CreateContainerConfigError', 'configmap "boot" not found'), container: waiting('PodInitializing') },
    [],
    { cause: 'ConfigMapMissing', at: /ConfigMap\/apps\/boot/, proof: /boot/, fix: /create/ },
  ]),
  alone('node affinity', 'mixed', [
    {
      scheduled: [
        'PodScheduled',
        'False',
        'Unschedulable',
        "0/6 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 5 node(s) didn't match Pod's node affinity/selector. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.",
      ],
    },
    [
      ['FailedScheduling', '0/6 nodes are available'],
      ['NotTriggerScaleUp', "pod didn't trigger scale-up: 2 node(s) didn't match Pod's node affinity/selector"],
    ],
    { cause: 'UnschedulableAffinity', proof: /node affinity/, fix: /nodeSelector|affinity/ },
  ]),
  alone('GPU', 'none left', [
    {
      scheduled: [
        'PodScheduled',
        'False',
        'Unschedulable',
        '0/4 nodes are available: 4 Insufficient nvidia.com/gpu. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.',
      ],
    },
    [],
    { cause: 'UnschedulableResources', proof: /nvidia/, fix: /gpu|nodes/ },
  ]),
  alone('crash loop', 'database refuses the password', [
    { phase: 'Running', container: crashing(1, 'Error', 'FATAL:  password authentication failed for user "shop" (SQLSTATE 28P01)') },
    [['BackOff', 'Back-off restarting failed container app in pod job-runner']],
    { cause: 'CrashLoop', proof: /password authentication/, fix: /credential/ },
  ]),
  alone('probe failing', 'startup', [
    {
      phase: 'Running',
      container: { ...running(), ready: false, started: false, restartCount: 4 },
      spec: { containers: [{ name: 'app', image: 'x', startupProbe: { httpGet: { path: '/healthz', port: 8080 } } }] },
    },
    [['Unhealthy', 'Startup probe failed: Get "http://10.0.0.5:8080/healthz": dial tcp 10.0.0.5:8080: connect: connection refused']],
    { cause: 'StartupProbeFailing', proof: /8080/, fix: /startupProbe/ },
  ]),
  alone('volume', 'NFS server gone', [
    { container: waiting('ContainerCreating') },
    [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nfs.corp:/exports /var/lib/kubelet/x\nOutput: mount.nfs: Connection timed out',
      ],
    ],
    { cause: 'VolumeMountFailed', proof: /timed out/, fix: /volume/ },
  ]),
  fault(
    'PVC pending',
    'class misspelt, asked of the pod',
    (() => {
      const c = claim('data', { storageClassName: 'standrad' })
      return [
        pod('db', {
          scheduled: [
            'PodScheduled',
            'False',
            'Unschedulable',
            '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
          ],
          spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
        }),
        c,
        event(c, 'ProvisioningFailed', 'storageclass.storage.k8s.io "standrad" not found'),
      ] as const
    })() as [KubeObject, ...KubeObject[]],
    { cause: 'StorageClassMissing', at: /standrad/, proof: /standrad/, fix: /StorageClass/ },
  ),
  built('bad path', 'of an artifact, beside a restart', [
    'kustomization path not found: stat /tmp/kustomization-9/apps/prod: no such file or directory',
    { cause: 'PathNotFound', proof: /apps\/prod/, fix: /spec\.path/ },
  ]),
  built('substitution variable missing', 'a region', [
    'post build failed for \'shop\': envsubst error: variable substitution failed: variable not set (strict mode): "REGION"',
    { cause: 'VariableMissing', proof: /REGION/, fix: /substitute/ },
  ]),
  built('substitution variable missing', 'in an Ingress', [
    'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "ingress_host"',
    { cause: 'VariableMissing', proof: /ingress_host/, fix: /substitute/ },
  ]),
  fault(
    'health timeout',
    'a slow StatefulSet',
    [
      ks('shop', { wait: true, timeout: '1m' }, [
        'False',
        'HealthCheckFailed',
        "health check failed after 1m0s: timeout waiting for: [StatefulSet/apps/db status: 'InProgress']",
      ]),
      goodGit(),
      object('apps/v1', 'StatefulSet', 'db', {
        spec: { replicas: 3, selector: { matchLabels: { app: 'db' } } },
        status: { observedGeneration: 1, replicas: 3, readyReplicas: 2 },
      }),
      restartedOnce(),
    ],
    { cause: 'HealthTimeout', at: /Kustomization/, proof: /StatefulSet\/apps\/db/, fix: /timeout/ },
  ),
  fault(
    'health timeout',
    'a slow Deployment of a release',
    [
      release('web', { timeout: '1m' }, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded',
      ]),
      goodChart(),
      goodCharts(),
      restartedOnce(),
    ],
    { cause: 'HealthTimeout', at: /HelmRelease/, proof: /deadline exceeded/, fix: /timeout/ },
  ),
  (() => {
    const ds = object('apps/v1', 'DaemonSet', 'agent', {
      spec: { selector: { matchLabels: { app: 'agent' } }, template: {} },
      status: { desiredNumberScheduled: 3, currentNumberScheduled: 0, observedGeneration: 1 },
    })
    return fault(
      'Pod Security',
      'DaemonSet under a Kustomization',
      [
        ks('shop', { wait: true }, notHealthy('DaemonSet/apps/agent'), inventory(ds)),
        goodGit(),
        ds,
        event(
          ds,
          'FailedCreate',
          'Error creating: pods "agent-" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPath volumes (volume "root")',
        ),
      ],
      { cause: 'PodSecurityDenied', proof: /hostNetwork/, fix: /securityContext|pod-security/ },
    )
  })(),
  (() => {
    const dep = deployment('web', {
      progressing: stuck,
      more: [replicaFailure('pods "web-6d4f-" is forbidden: error looking up service account apps/shop: serviceaccount "shop" not found')],
      status: { replicas: 0 },
    })
    return fault('ServiceAccount missing', 'of a Deployment', [dep, restartedOnce()], {
      cause: 'ServiceAccountMissing',
      at: /shop/,
      proof: /serviceaccount "shop"/,
      fix: /create/,
    })
  })(),
  applied('MissingCRD', 'Gateway', [
    'HTTPRoute/apps/web dry-run failed: no matches for kind "HTTPRoute" in version "gateway.networking.k8s.io/v1"',
    { cause: 'MissingCRD', proof: /HTTPRoute/, fix: /install/ },
  ]),
  applied('webhook denial', 'own webhook', [
    'Ingress/apps/web dry-run failed (BadRequest): admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "shop.example.com" and path "/" is already defined in ingress apps/old',
    { cause: 'WebhookDenied', proof: /already defined in ingress/, fix: /object|denial/ },
  ]),
  applied('immutable field', 'selector', [
    'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"b"}}: field is immutable',
    { cause: 'ImmutableField', proof: /immutable/, fix: /force/ },
  ]),
  applied('namespace missing', 'apply', [
    'Deployment/payments/web namespace not specified or not found: namespaces "payments" not found',
    { cause: 'NamespaceMissing', at: /payments/, proof: /payments/, fix: /create/ },
  ]),
  built('SOPS key missing', 'PGP', [
    'failed to decrypt and decode data: Error getting data key: 0 successful groups required, got 0: - | could not decrypt data key with PGP key: openpgp: incorrect key; GPG binary error: exit status 2',
    { cause: 'DecryptionKeyMissing', proof: /PGP/, fix: /asc|key/ },
  ]),
  built('kustomize build error', 'old API', [
    'kustomize build failed: invalid Kustomization: json: unknown field "bases2"',
    { cause: 'YamlInvalid', proof: /bases2/, fix: /file|field/ },
  ]),
  helm('chart version', 'misspelt', [
    'SourceNotReady',
    "HelmChart 'apps/apps-web' is not ready: invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.9.9' found",
    { cause: 'ChartVersionNotFound', proof: /9\.9\.9/, fix: /version/ },
  ]),
  helm('missing value', 'required', [
    'InstallFailed',
    'Helm install failed for release apps/web with chart web@1.2.3: execution error at (web/templates/secret.yaml:4:12): .Values.auth.password is required!',
    { cause: 'ChartNeedsValue', proof: /auth\.password/, fix: /value/ },
  ]),
  helm('locked', 'pending upgrade', [
    'UpgradeFailed',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: another operation (install/upgrade/rollback) is in progress',
    { cause: 'ReleaseLocked', proof: /in progress/, fix: /roll ?back|reset/ },
  ]),
  helm('RBAC', 'release', [
    'InstallFailed',
    'Helm install failed for release apps/web with chart web@1.2.3: clusterroles.rbac.authorization.k8s.io "web" is forbidden: User "system:serviceaccount:apps:helm" cannot get resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope',
    { cause: 'RbacDenied', proof: /apps:helm/, fix: /ClusterRole/ },
  ]),
  fault(
    'expired token',
    'GitHub App',
    [
      git('repo', { provider: 'github', secretRef: { name: 'app' } }, [
        'False',
        'AuthenticationFailed',
        "failed to get GitHub app installation token: could not refresh installation id 1: received non 2xx response status \"401 Unauthorized\": 'Expiration time' claim ('exp') is too far in the future",
      ]),
      object('v1', 'Secret', 'app', { data: { githubAppID: 'eA==' } }),
    ],
    { cause: ['GitAuthFailed', 'TokenExpired'], proof: /claim/, fix: /secretRef|token|credential/ },
  ),
  fault(
    'bad semver',
    'OCI',
    [
      oci('app', { ref: { semver: '>>1' } }, [
        'False',
        'OCIArtifactPullFailed',
        "failed to determine the artifact tag for 'oci://registry.example.com/org/app': semver '>>1' parse error: improper constraint: >>1",
      ]),
      restartedOnce(),
    ],
    { cause: 'SemverInvalid', proof: />>1/, fix: /range/ },
  ),
  fault(
    'index',
    'gone',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 404 Not Found',
      ]),
    ],
    { cause: 'IndexNotFound', proof: /404/, fix: /spec\.url/ },
  ),
  fault(
    'bucket',
    'no such bucket',
    [
      ks('shop', { sourceRef: { kind: 'Bucket', name: 'data' } }, [
        'False',
        'ArtifactFailed',
        'Source artifact not found, retrying in 30s',
      ]),
      bucket('data', {}, ['False', 'BucketOperationFailed', "bucket 'manifests' not found"]),
    ],
    { cause: 'BucketNotFound', at: /Bucket/, proof: /not found/, fix: /bucketName/ },
  ),
  (() => {
    const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
      spec: { secretName: 'tls', issuerRef: { kind: 'ClusterIssuer', name: 'le' } },
      status: { conditions: conditions(['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist']) },
    })
    const asked = object('cert-manager.io/v1', 'CertificateRequest', 'web-3', {
      metadata: { ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'u' }] },
      spec: { issuerRef: { kind: 'ClusterIssuer', name: 'le' } },
      status: {
        conditions: conditions([
          'Ready',
          'False',
          'Failed',
          'The certificate request has failed to complete and will be retried: Failed to wait for order resource "web-3-1" to become ready: order is in "invalid" state: ',
        ]),
      },
    })
    return fault('certificate', 'order refused', [cert, asked, restartedOnce()], {
      cause: ['Failed', 'NotReady', 'OrderFailed'],
      at: /CertificateRequest/,
      proof: /invalid/,
      fix: /.{10}/,
    })
  })(),
  (() => {
    return fault('namespace terminating', 'asked of the Namespace', [undiscoveredNamespace('old')], {
      cause: ['NamespaceTerminating', 'ApiServiceDown'],
      proof: /metrics\.k8s\.io/,
      fix: /APIService/,
    })
  })(),
  (() => {
    const db = object('postgresql.cnpg.io/v1', 'Cluster', 'db', { status: { phase: 'Setting up primary', readyInstances: 0 } })
    return fault(
      'health expression',
      'never current',
      [
        ks(
          'apps',
          {
            wait: true,
            healthCheckExprs: [{ apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', current: 'status.readyInstances == 3' }],
          },
          ['False', 'HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [Cluster/apps/db status: 'InProgress']"],
          inventory(db),
        ),
        goodGit(),
        db,
        restartedOnce(),
      ],
      {
        cause: 'HealthExpressionFailed',
        at: /Cluster\/apps\/db/,
        proof: /readyInstances == 3[\s\S]*readyInstances: 0/,
        fix: /healthCheckExprs/,
      },
    )
  })(),
  (() => {
    const db = object('postgresql.cnpg.io/v1', 'Cluster', 'db', { status: {} })
    return fault(
      'health expression',
      'reads a field that is not there',
      [
        ks(
          'apps',
          {
            wait: true,
            healthCheckExprs: [
              { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', current: "status.conditions.exists(c, c.type == 'Ready')" },
            ],
          },
          ['False', 'HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [Cluster/apps/db status: 'Unknown']"],
          inventory(db),
        ),
        goodGit(),
        db,
      ],
      { cause: 'HealthExpressionInvalid', at: /Cluster\/apps\/db/, proof: /conditions/, fix: /healthCheckExprs/ },
    )
  })(),
]
