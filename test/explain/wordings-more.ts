import type { KubeObject } from '../../src/kinds/manifest.ts'
import { alone, any, fault, type FaultCase, helm, under } from './case.ts'
import {
  artifact,
  chain,
  claim,
  type Condition,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  git,
  global,
  goodChart,
  goodCharts,
  goodGit,
  helmChart,
  helmRepository,
  inventory,
  ks,
  notHealthy,
  ns,
  object,
  oci,
  ownedBy,
  pod,
  replicaFailure,
  replicaSet,
  release,
  running,
  sourceWaits,
  stored,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'

const kustomization = (
  says: string,
  [reason, message]: readonly [string, string],
  cause: string | readonly string[],
  proof: RegExp,
): FaultCase => fault('kustomization', says, [ks('apps', {}, ['False', reason, message]), goodGit()], { cause, at: any, proof, fix: any })
const sourced = (says: string, [reason, message]: readonly [string, string], cause: string | readonly string[], proof: RegExp): FaultCase =>
  fault(
    'source',
    says,
    [
      ks('apps', {}, sourceWaits),
      git('repo', { secretRef: { name: 'auth' } }, ['False', reason, message]),
      object('v1', 'Secret', 'auth', { data: { identity: 'eA==' } }),
    ],
    { cause, at: /GitRepository|Secret/, proof, fix: any },
  )
const artifacted = (
  says: string,
  [reason, message]: readonly [string, string],
  cause: string | readonly string[],
  proof: RegExp,
): FaultCase =>
  fault('artifact', says, [oci('app', {}, ['False', reason, message])], { cause, at: /OCIRepository|Secret/, proof, fix: any })
const charted = (says: string, [reason, message]: readonly [string, string], cause: string | readonly string[], proof: RegExp): FaultCase =>
  fault(
    'chart',
    says,
    [
      release('web', {}, ['False', 'SourceNotReady', `HelmChart 'apps/apps-web' is not ready: ${message}`]),
      helmChart('apps-web', {}, ['False', reason, message]),
      goodCharts(),
    ],
    { cause, at: /HelmChart|HelmRelease|HelmRepository/, proof, fix: any },
  )
const ofOperator = (
  says: string,
  [apiVersion, kind, list]: readonly [string, string, readonly Condition[]],
  cause: string | readonly string[],
  proof: RegExp,
): FaultCase => {
  const one = object(apiVersion, kind, 'main', { spec: {}, status: { observedGeneration: 1, conditions: conditions(...list) } })
  return fault('operator', says, [ks('apps', { wait: true }, notHealthy(`${kind}/${ns}/main`), inventory(one)), goodGit(), one], {
    cause,
    at: new RegExp(`${kind}/`),
    proof,
    fix: any,
  })
}
const bound = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase => {
  const one = claim('data', { storageClassName: 'fast' })
  return fault(
    'claim',
    says,
    [
      one,
      event(one, 'ProvisioningFailed', message),
      global('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'csi.test', volumeBindingMode: 'Immediate' }),
    ],
    { cause, at: /PersistentVolumeClaim\/apps\/data/, proof, fix: any },
  )
}
const creating = (says: string, said: readonly [string, string], cause: string | readonly string[], proof: RegExp): FaultCase =>
  alone('start', says, [{ container: waiting('ContainerCreating') }, [said], { cause, at: any, proof, fix: any }])
const rejected = (
  says: string,
  [reason, message]: readonly [string, string],
  cause: string | readonly string[],
  proof: RegExp,
): FaultCase => alone('rejected', says, [{ phase: 'Failed', status: { reason, message } }, [], { cause, proof, fix: any }])
const notMade = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase => {
  const set = object('apps/v1', 'StatefulSet', 'db', {
    spec: { replicas: 1, selector: { matchLabels: { app: 'db' } } },
    status: { replicas: 0, observedGeneration: 1 },
  })
  return fault('create', says, [set, event(set, 'FailedCreate', `create Pod db-0 in StatefulSet db failed error: ${message}`)], {
    cause,
    at: any,
    proof,
    fix: any,
  })
}
const issuer = (says: string, message: string, cause: string | readonly string[], proof: RegExp): FaultCase => {
  const made = object('cert-manager.io/v1', 'Issuer', 'le', {
    status: { conditions: conditions(['Ready', 'False', 'ErrRegisterACMEAccount', message]) },
  })
  const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
    spec: { secretName: 'web-tls', issuerRef: { name: 'le' } },
    status: {
      conditions: conditions(
        ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
        ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
      ),
    },
  })
  return fault('issuer', says, [ks('apps', { wait: true }, notHealthy(`Certificate/${ns}/web`), inventory(cert)), goodGit(), cert, made], {
    cause,
    at: /Issuer\/apps\/le/,
    proof,
    fix: any,
  })
}
const ready = (name: string): KubeObject =>
  pod(name, { phase: 'Running', ready: true, container: { ...running(), ready: true }, labels: { app: 'web' } })
const web = chain({ phase: 'Running', container: crashing(1, 'Error', "Error: Cannot find module '/app/dist/server.js'") }, { name: 'web' })
const dbPod = (owner: KubeObject): KubeObject =>
  pod(owner, {
    ...unscheduled('0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
  })
const db = object('apps/v1', 'StatefulSet', 'web-db', {
  metadata: { labels: { 'app.kubernetes.io/instance': 'web' } },
  spec: { replicas: 1, selector: { matchLabels: { app: 'db' } } },
  status: { replicas: 1, observedGeneration: 1 },
})

/** A second set of faults in words that the rules were not written for. */
export const moreWordings: readonly FaultCase[] = [
  kustomization(
    'cross namespace',
    ['AccessDenied', "can't access 'GitRepository/flux-system/fleet', cross-namespace references have been blocked"],
    ['AccessDenied', 'CrossNamespaceDenied', 'CrossNamespaceBlocked'],
    /cross-namespace/,
  ),
  kustomization(
    'two kustomization files',
    ['BuildFailed', 'found multiple kustomization files'],
    ['BuildFailed', 'YamlInvalid', 'DuplicateResource', 'KustomizationFileAmbiguous'],
    /multiple/,
  ),
  kustomization(
    'health expression',
    [
      'InvalidCELExpression',
      "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: failed to parse the CEL expression 'status.phase == Ready': ERROR: <input>:1:17: undeclared reference to 'Ready'",
    ],
    ['InvalidCELExpression', 'HealthExpressionInvalid'],
    /undeclared/,
  ),
  kustomization(
    'prune refused',
    [
      'PruneFailed',
      'unable to prune objects: \nDeployment/apps/web delete failed: deployments.apps "web" is forbidden: User "system:serviceaccount:apps:flux" cannot delete resource "deployments" in API group "apps" in the namespace "apps"',
    ],
    'RbacDenied',
    /cannot delete/,
  ),
  kustomization(
    'size',
    ['ArtifactFailed', 'failed to untar artifact: tar "web/big.bin" is bigger than max archive size of 104857600 bytes'],
    ['ArtifactFailed', 'ArtifactTooLarge'],
    /max archive/,
  ),
  kustomization(
    'source-controller does not answer',
    [
      'ArtifactFailed',
      'failed to download archive: GET http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/repo/1.tar.gz giving up after 10 attempt(s): Get "http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/repo/1.tar.gz": dial tcp 10.43.9.9:80: connect: connection refused',
    ],
    ['ConnectionRefused', 'ArtifactFailed', 'ControllerDown'],
    /connection refused/,
  ),
  kustomization(
    'age Secret',
    [
      'BuildFailed',
      'error decrypting sources: cannot get apps/apps SOPS age decryption Secret \'apps/sops-age\': Secret "sops-age" not found',
    ],
    'SecretMissing',
    /sops-age/,
  ),
  kustomization(
    'components',
    [
      'BuildFailed',
      "kustomize build failed: accumulating components: accumulateDirectory: \"expected kind 'Component' for path '/tmp/kustomization-1/c' but got 'Kustomization'\"",
    ],
    ['BuildFailed', 'YamlInvalid', 'ResourceFileMissing'],
    /expected kind/,
  ),
  kustomization(
    'dependency of a revision',
    ['DependencyNotReady', "dependency 'apps/infra' revision is not up to date"],
    ['DependencyMissing', 'DependencyNotReady'],
    /infra/,
  ),
  fault(
    'kustomization',
    'remote cluster',
    [
      ks('apps', { kubeConfig: { secretRef: { name: 'kc' } } }, [
        'False',
        'ReconciliationFailed',
        "failed to build kube client: KubeConfig secret 'apps/kc' does not contain a 'value' or 'value.yaml' key with data",
      ]),
      goodGit(),
      object('v1', 'Secret', 'kc', { data: { kubeconfig: 'eA==' } }),
    ],
    { cause: ['SecretKeyMissing'], at: /Secret\/apps\/kc|Kustomization/, proof: /value\.yaml/, fix: /value/ },
  ),
  sourced(
    'empty repository',
    ['GitOperationFailed', 'git repository is empty'],
    ['GitRefNotFound', 'GitRepositoryNotFound', 'GitRepositoryEmpty', 'GitOperationFailed'],
    /empty/,
  ),
  sourced(
    'encrypted key',
    ['AuthenticationFailed', "SSH identity key is encrypted but no 'password' field was provided in the secret 'apps/auth'"],
    ['SecretKeyMissing', 'GitAuthFailed'],
    /password/,
  ),
  sourced(
    'known_hosts absent',
    ['AuthenticationFailed', "failed to configure authentication options: invalid 'ssh' auth option: 'known_hosts' is required"],
    ['SecretKeyMissing', 'SshHostKey', 'GitAuthFailed'],
    /known_hosts/,
  ),
  sourced(
    'sparse folder',
    [
      'GitOperationFailed',
      "failed to sparse checkout directories : sparse checkout dir 'clusters/prod' does not exist in repository: lstat /tmp/gitrepository-1/clusters/prod: no such file or directory",
    ],
    ['PathNotFound', 'FileMissing'],
    /clusters\/prod/,
  ),
  sourced(
    'GitHub App',
    ['InvalidProviderConfiguration', 'secretRef with github app data must be specified when provider is set to github'],
    ['InvalidProviderConfiguration', 'SecretKeyMissing', 'GitAuthFailed'],
    /github app/,
  ),
  sourced(
    'submodule',
    [
      'GitOperationFailed',
      "failed to checkout and determine revision: unable to clone 'https://github.com/acme/fleet': failed to update submodules: submodule 'libs/x': authentication required: Repository not found.",
    ],
    ['GitAuthFailed', 'GitRepositoryNotFound'],
    /submodule/,
  ),
  sourced(
    'storage',
    ['StorageOperationFailed', 'failed to create artifact directory: mkdir /data/gitrepository/apps: read-only file system'],
    ['StorageOperationFailed', 'StorageFull', 'FileDenied', 'StorageReadOnly'],
    /read-only/,
  ),
  artifacted(
    'not in docker config',
    [
      'AuthenticationFailed',
      "failed to determine registry authentication: no auth config for 'registry.example.com' in the docker-registry Secret 'apps/regcred'",
    ],
    ['RegistryUnauthorized', 'SecretKeyMissing', 'LoginRefused'],
    /no auth config/,
  ),
  artifacted(
    'workload identity',
    [
      'AuthenticationFailed',
      'failed to get credential from azure: failed to create provider access token for the controller: WorkloadIdentityCredential authentication failed. POST https://login.microsoftonline.com/x/oauth2/v2.0/token RESPONSE 400: 400 Bad Request ERROR CODE: AADSTS700016: Application with identifier was not found in the directory',
    ],
    ['RegistryUnauthorized', 'RegistryDenied', 'ProviderDenied', 'LoginRefused', 'AuthenticationFailed'],
    /AADSTS700016/,
  ),
  artifacted(
    'AWS role',
    [
      'AuthenticationFailed',
      'failed to get credential from aws: operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    ],
    ['RegistryDenied', 'RegistryUnauthorized', 'ProviderDenied'],
    /AssumeRole/,
  ),
  artifacted(
    'media type',
    [
      'OCIArtifactLayerOperationFailed',
      "failed to find layer with media type 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' in artifact",
    ],
    'LayerInvalid',
    /media type/,
  ),
  artifacted(
    'Quay',
    [
      'OCIArtifactPullFailed',
      'failed to determine artifact digest: unexpected status from HEAD request to https://quay.io/v2/acme/m/manifests/v1: 401 Unauthorized',
    ],
    ['RegistryUnauthorized'],
    /401/,
  ),
  artifacted(
    'trust policy',
    [
      'VerificationError',
      "failed to verify the signature using provider 'notation': no trust policy found for artifact registry.example.com/org/app",
    ],
    ['VerificationFailed', 'VerificationError'],
    /trust policy/,
  ),
  charted(
    'anonymous token',
    [
      'ChartPullFailed',
      'chart pull error: failed to download chart for remote reference: failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden',
    ],
    ['RegistryDenied', 'RegistryUnauthorized'],
    /403/,
  ),
  charted(
    'insufficient scope',
    [
      'ChartPullFailed',
      "chart pull error: failed to download chart for remote reference: failed to get 'oci://registry-1.docker.io/bitnamicharts/minio:1': pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    ],
    ['RegistryDenied', 'RegistryUnauthorized'],
    /insufficient_scope/,
  ),
  charted(
    'dependency',
    [
      'BuildFailed',
      "dependency build error: failed to add remote dependency 'common': no chart repository for URL 'https://charts.acme.io'",
    ],
    ['ChartLoadFailed', 'ChartNotFound', 'SourceMissing', 'BuildFailed', 'DependencyBuildError'],
    /common/,
  ),
  charted(
    'values file',
    ['BuildFailed', "values files merge error: no values file found at path 'values-prod.yaml' (reference 'values-prod.yaml')"],
    ['FileMissing', 'ChartNeedsValue', 'ValuesFileMissing', 'ResourceFileMissing', 'BuildFailed'],
    /values-prod/,
  ),
  charted(
    'no download',
    [
      'ChartPullFailed',
      'chart pull error: failed to download chart for remote reference: failed to fetch https://charts.acme.io/web-1.2.3.tgz : 404 Not Found',
    ],
    ['ChartNotFound', 'ChartVersionNotFound', 'TagNotFound'],
    /404/,
  ),
  fault(
    'chain',
    'release, chart, repository',
    [
      ks('apps', { wait: true }, notHealthy('HelmRelease/apps/web'), inventory(release('web', {}))),
      goodGit(),
      release('web', {}, [
        'False',
        'SourceNotReady',
        "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
      ]),
      helmChart('apps-web', {}, ['False', 'NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"]),
      helmRepository('charts', { secretRef: { name: 'creds' } }, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
      ]),
      object('v1', 'Secret', 'creds', { data: { username: 'eA==', password: 'eA==' } }),
    ],
    { cause: 'RegistryUnauthorized', at: /HelmRepository\/apps\/charts/, proof: /401/, fix: any },
  ),
  fault(
    'chain',
    'Kustomization in a Kustomization',
    [
      ks('root', { wait: true }, notHealthy('Kustomization/apps/shop'), inventory(ks('shop', {}))),
      goodGit(),
      ks('shop', {}, [
        'False',
        'BuildFailed',
        'kustomize build failed: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
      ]),
    ],
    { cause: 'YamlInvalid', at: /Kustomization\/apps\/shop/, proof: /cannot unmarshal/, fix: any },
  ),
  fault(
    'chain',
    'release down to a storage class',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded',
      ]),
      goodChart(),
      goodCharts(),
      db,
      dbPod(db),
      claim('data-db-0', { storageClassName: 'premium' }),
    ],
    { cause: 'StorageClassMissing', at: /StorageClass\/premium/, proof: /premium/, fix: any },
  ),
  fault(
    'chain',
    'Ingress to a crash',
    [
      object('networking.k8s.io/v1', 'Ingress', 'web', {
        spec: {
          rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
        },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      }),
      object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
      ...web.all.slice(2),
    ],
    { cause: 'CrashLoop', at: /Pod\/apps\/web/, proof: /Cannot find module/, fix: any },
  ),
  helm('helm', 'retries, the release says why', [
    'RetriesExceeded',
    'Failed to upgrade after 4 attempt(s)',
    { cause: ['RetriesExceeded', 'HealthTimeout', 'UpgradeFailed'], proof: /attempt/, fix: any },
  ]),
  fault(
    'helm',
    'retries, Released says why',
    [
      object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'web', {
        spec: { interval: '5m', chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
        status: {
          observedGeneration: 1,
          conditions: conditions(
            ['Stalled', 'True', 'RetriesExceeded', 'Failed to install after 1 attempt(s)'],
            ['Ready', 'False', 'RetriesExceeded', 'Failed to install after 1 attempt(s)'],
            [
              'Released',
              'False',
              'InstallFailed',
              'Helm install failed for release apps/web with chart web@1.2.3: Service "web" is invalid: spec.ports[0].name: Invalid value: "HTTP": must match the regex',
            ],
          ),
        },
      }),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'InvalidObject', at: /HelmRelease/, proof: /must match the regex/, fix: any },
  ),
  helm('helm', 'no deployed release', [
    'UpgradeFailed',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: "web" has no deployed releases',
    { cause: ['UpgradeFailed', 'ReleaseLocked', 'NoDeployedRelease', 'ReleaseBroken'], proof: /no deployed/, fix: any },
  ]),
  helm('helm', 'test', [
    'TestFailed',
    'Helm test failed for release apps/web.v3 with chart web@1.2.3: 1 error occurred:\n\t* pod web-test-connection failed\n\n',
    { cause: ['TestFailed', 'HookFailed'], proof: /web-test-connection/, fix: any },
  ]),
  helm('helm', 'post renderer', [
    'InstallFailed',
    'Helm install failed for release apps/web with chart web@1.2.3: error while running post render on files: no matches for Id Deployment.v1.apps/wbe.[noNs]; failed to find unique target for patch Deployment.v1.apps/wbe.[noNs]',
    { cause: 'PatchTargetMissing', proof: /wbe/, fix: any },
  ]),
  helm('helm', 'rollback target', [
    'MissingRollbackTarget',
    'Failed to perform remediation: missing target release for rollback: cannot remediate failed release',
    { cause: ['MissingRollbackTarget'], proof: /rollback/, fix: any },
  ]),
  helm('helm', 'decode', [
    'UpgradeFailed',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="app"].env: duplicate entries for key [name="PORT"]',
    { cause: 'InvalidObject', proof: /duplicate entries/, fix: any },
  ]),
  bound(
    'Azure file',
    'failed to provision volume with StorageClass "fast": rpc error: code = Unavailable desc = error reading from server: EOF',
    'ProvisioningFailed',
    /Unavailable/,
  ),
  bound(
    'vSphere',
    'failed to provision volume with StorageClass "fast": rpc error: code = Internal desc = failed to create volume. Error: failed to create volume with fault: "CnsFault error: CNS: Failed to create disk.:Fault cause: vmodl.RuntimeFault"',
    'ProvisioningFailed',
    /CnsFault/,
  ),
  bound(
    'Ceph',
    'failed to provision volume with StorageClass "fast": rpc error: code = Aborted desc = an operation with the given Volume ID pvc-1 already exists',
    'ProvisioningFailed',
    /Aborted/,
  ),
  bound(
    'DigitalOcean',
    'failed to provision volume with StorageClass "fast": timed out waiting for the condition',
    'ProvisioningFailed',
    /timed out/,
  ),
  bound(
    'EBS limit',
    'failed to provision volume with StorageClass "fast": rpc error: code = Internal desc = Could not create volume: api error VolumeLimitExceeded: You have exceeded your maximum io2 storage limit of 30 TiB in this region.',
    ['ProvisioningFailed', 'QuotaExceeded'],
    /VolumeLimitExceeded/,
  ),
  creating(
    'Hetzner',
    [
      'FailedAttachVolume',
      'AttachVolume.Attach failed for volume "pvc-7ff" : rpc error: code = Internal desc = failed to publish volume: volume is already attached to a server, please detach it first (service_error)',
    ],
    ['VolumeInUse', 'VolumeAttachFailed'],
    /already attached/,
  ),
  creating(
    'Longhorn',
    [
      'FailedAttachVolume',
      'AttachVolume.Attach failed for volume "pvc-a" : rpc error: code = Aborted desc = volume pvc-a is not ready for workloads',
    ],
    'VolumeAttachFailed',
    /not ready for workloads/,
  ),
  creating(
    'file system',
    [
      'FailedMount',
      'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = mount failed: exit status 32\nOutput: mount: /var/lib/kubelet/plugins/x: wrong fs type, bad option, bad superblock on /dev/nvme1n1',
    ],
    'VolumeMountFailed',
    /superblock/,
  ),
  creating(
    'fsGroup',
    [
      'FailedMount',
      'MountVolume.SetUp failed for volume "pvc-1" : applyFSGroup failed for vol pvc-1: lstat /var/lib/kubelet/pods/1/volumes/x: input/output error',
    ],
    'VolumeMountFailed',
    /input\/output/,
  ),
  creating(
    'config key',
    ['FailedMount', 'MountVolume.SetUp failed for volume "cfg" : references non-existent config key: app.yaml'],
    'ConfigMapKeyMissing',
    /app\.yaml/,
  ),
  creating(
    'only a timeout',
    [
      'FailedMount',
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data kube-api-access-x]: timed out waiting for the condition',
    ],
    ['VolumeMountFailed', 'VolumeAttachFailed'],
    /unmounted volumes/,
  ),
  creating(
    'range is full',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "1" network for pod "api": networkPlugin cni failed to set up pod "api_apps" network: unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure range is full',
    ],
    'PodNetworkFailed',
    /range is full/,
  ),
  creating(
    'sandbox image',
    [
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image "registry.k8s.io/pause:3.9": failed to resolve reference: failed to do request: Head "https://registry.k8s.io/v2/pause/manifests/3.9": dial tcp 1.2.3.4:443: i/o timeout',
    ],
    ['PodNetworkFailed', 'RegistryUnreachable', 'PodSandboxFailed'],
    /pause/,
  ),
  rejected(
    'cpu of the node',
    ['OutOfcpu', "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000, used: 7900, capacity: 8000"],
    ['PodRejected', 'UnschedulableResources'],
    /enough resource/,
  ),
  rejected(
    'sysctl',
    ['SysctlForbidden', 'Pod was rejected: forbidden sysctl: "net.core.somaxconn" not allowlisted'],
    'PodRejected',
    /somaxconn/,
  ),
  rejected(
    'affinity after a restart',
    ['NodeAffinity', 'Pod was rejected: Predicate NodeAffinity failed'],
    ['PodRejected', 'UnschedulableAffinity'],
    /NodeAffinity/,
  ),
  rejected(
    'node shutdown',
    ['Terminated', 'Pod was terminated in response to imminent node shutdown.'],
    ['PodRejected', 'PodEvicted', 'NodeNotReady', 'NodeShutdown'],
    /node shutdown/,
  ),
  rejected(
    'storage limit',
    ['Evicted', 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.'],
    'PodEvicted',
    /ephemeral/,
  ),
  under('run', 'hook', [
    {
      container: {
        ...waiting(
          'PostStartHookError',
          "PostStartHookError: command '/bin/sh -c ./register.sh' exited with 1: curl: (7) Failed to connect",
        ),
        restartCount: 3,
      },
    },
    [['FailedPostStartHook', 'PostStartHook failed']],
    { cause: ['ContainerCannotStart', 'HookFailed', 'PostStartHookFailed', 'PostStartHookError'], proof: /register\.sh/, fix: any },
  ]),
  under('run', 'daemon', [
    {
      container: {
        ...waiting(
          'RunContainerError',
          'failed to start container "1": Error response from daemon: linux runtime spec devices: readdirent: invalid argument',
        ),
        restartCount: 2,
      },
    },
    [],
    { cause: 'ContainerCannotStart', proof: /readdirent/, fix: any },
  ]),
  under('run', 'create takes too long', [
    { container: waiting('CreateContainerError', 'context deadline exceeded') },
    [['Failed', 'Error: context deadline exceeded']],
    { cause: ['ContainerCannotStart', 'ContainerNameReserved'], proof: /deadline/, fix: any },
  ]),
  under('run', 'AppArmor', [
    {
      container: waiting(
        'CreateContainerError',
        'failed to generate container spec: failed to generate apparmor spec opts: apparmor profile not found my-profile',
      ),
    },
    [],
    { cause: ['ContainerCannotStart', 'ContainerConfigInvalid'], proof: /my-profile/, fix: any },
  ]),
  under('run', 'module', [
    { phase: 'Running', container: crashing(1, 'Error', "ModuleNotFoundError: No module named 'flask'") },
    [],
    { cause: ['CrashLoop', 'FileMissing'], proof: /flask/, fix: any },
  ]),
  under('run', 'migration waits', [
    {
      container: waiting('PodInitializing'),
      init: { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended(2, 'Error', 'pq: database "shop" does not exist') },
    },
    [],
    { cause: 'InitContainerFailed', proof: /does not exist/, fix: any },
  ]),
  notMade(
    'timeout',
    'Timeout: request did not complete within requested timeout - context deadline exceeded',
    ['AdmissionTimeout', 'NoAnswer', 'PodCreationFailed', 'ServerError'],
    /requested timeout/,
  ),
  notMade(
    'limits below requests',
    'Pod "db-0" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ['InvalidObject'],
    /less than or equal/,
  ),
  notMade(
    'webhook of an operator',
    'admission webhook "pods.acme.io" denied the request: tolerations for dedicated nodes are not allowed in this namespace',
    ['WebhookDenied', 'PolicyDenied'],
    /tolerations/,
  ),
  issuer(
    'ingress answers instead',
    'Failed to register ACME account: Get "https://acme-v02.api.letsencrypt.org/directory": tls: failed to verify certificate: x509: certificate is valid for 1f13.traefik.default, not acme-v02.api.letsencrypt.org',
    'TlsWrongHost',
    /traefik/,
  ),
  issuer(
    'firewall',
    'Failed to verify ACME account: Get https://acme-staging-v02.api.letsencrypt.org/directory: dial tcp: i/o timeout',
    ['NoAnswer', 'PeerUnreachable'],
    /i\/o timeout/,
  ),
  ofOperator(
    'Crossplane',
    [
      'sqs.aws.upbound.io/v1beta1',
      'Queue',
      [
        ['Ready', 'False', 'Creating', ''],
        [
          'Synced',
          'False',
          'ReconcileError',
          'create failed: cannot create external resource: api error InvalidClientTokenId: The security token included in the request is invalid.',
        ],
      ],
    ],
    ['ProviderDenied', 'LoginRefused', 'ReconcileError'],
    /InvalidClientTokenId/,
  ),
  ofOperator(
    'Crossplane exists',
    [
      'sqs.aws.upbound.io/v1beta1',
      'Queue',
      [
        ['Ready', 'False', 'Creating', ''],
        [
          'Synced',
          'False',
          'ReconcileError',
          "create failed: async create failed: failed to create the resource: [{0 googleapi: Error 409: Resource 'projects/p/queues/q' already exists []}]",
        ],
      ],
    ],
    'AlreadyExists',
    /409/,
  ),
  ofOperator(
    'Knative',
    [
      'serving.knative.dev/v1',
      'Revision',
      [
        [
          'Ready',
          'False',
          'ContainerMissing',
          'Unable to fetch image "ghcr.io/acme/app:v2": failed to resolve image to digest: GET https://ghcr.io/v2/acme/app/manifests/v2: MANIFEST_UNKNOWN: manifest unknown',
        ],
        ['ContainerHealthy', 'Unknown', 'Deploying', ''],
      ],
    ],
    ['ContainerMissing', 'TagNotFound', 'ImageNotFound'],
    /MANIFEST_UNKNOWN/,
  ),
  ofOperator(
    'KEDA',
    [
      'keda.sh/v1alpha1',
      'ScaledObject',
      [
        [
          'Ready',
          'False',
          'ScaledObjectCheckFailed',
          'failed to ensure HPA is correctly created for ScaledObject: error parsing prometheus metadata: missing required parameter "serverAddress"',
        ],
      ],
    ],
    ['ScaledObjectCheckFailed', 'SettingMissing'],
    /serverAddress/,
  ),
  ofOperator(
    'Gateway',
    [
      'gateway.networking.k8s.io/v1',
      'Gateway',
      [
        ['Accepted', 'True', 'Accepted', ''],
        ['Programmed', 'False', 'AddressNotAssigned', 'No addresses have been assigned to the Gateway: load balancer quota exceeded'],
      ],
    ],
    ['AddressNotAssigned', 'ProviderQuotaExceeded'],
    /No addresses/,
  ),
  fault(
    'gateway',
    'host names',
    [
      object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'web', {
        spec: { hostnames: ['a.b'] },
        status: {
          parents: [
            {
              conditions: conditions(
                [
                  'Accepted',
                  'False',
                  'NoMatchingListenerHostname',
                  "There were no hostname intersections between the HTTPRoute and this parent ref's Listener(s).",
                ],
                ['ResolvedRefs', 'True', 'ResolvedRefs', ''],
              ),
            },
          ],
        },
      }),
    ],
    { cause: 'NoMatchingListenerHostname', at: /HTTPRoute/, proof: /intersections/, fix: any },
  ),
  fault(
    'receiver',
    'token',
    [
      object('notification.toolkit.fluxcd.io/v1', 'Receiver', 'hook', {
        spec: { type: 'github', secretRef: { name: 'token' } },
        status: {
          observedGeneration: 1,
          conditions: conditions([
            'Ready',
            'False',
            'TokenNotFound',
            'unable to read token from secret \'apps/token\' error: Secret "token" not found',
          ]),
        },
      }),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/token/, proof: /token/, fix: any },
  ),
  fault(
    'node',
    'network plugin',
    [
      global('v1', 'Node', 'node-1', {
        spec: {},
        status: {
          conditions: conditions(
            ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', ''],
            [
              'Ready',
              'False',
              'KubeletNotReady',
              'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
            ],
          ),
        },
      }),
    ],
    { cause: ['NodeNotReady', 'PodNetworkFailed'], at: /Node\/node-1/, proof: /cni plugin/, fix: any },
  ),
  fault(
    'volume',
    'delete fails',
    (() => {
      const pv = global('v1', 'PersistentVolume', 'pvc-1', {
        spec: { capacity: { storage: '1Gi' } },
        status: {
          phase: 'Failed',
          message: 'rpc error: code = FailedPrecondition desc = persistentvolume pvc-1 is still attached to node node-1',
        },
      })
      return [
        pv,
        event(
          pv,
          'VolumeFailedDelete',
          'rpc error: code = FailedPrecondition desc = persistentvolume pvc-1 is still attached to node node-1',
        ),
      ]
    })(),
    { cause: ['VolumeInUse', 'Failed'], at: /PersistentVolume\/pvc-1/, proof: /still attached/, fix: any },
  ),
  fault(
    'definition',
    'names taken',
    [
      global('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'x.acme.io', {
        spec: {},
        status: {
          conditions: conditions(
            ['NamesAccepted', 'False', 'PluralConflict', '"widgets" is already in use'],
            ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
          ),
        },
      }),
    ],
    { cause: ['PluralConflict', 'NotAccepted', 'NamesConflict'], at: /CustomResourceDefinition/, proof: /already in use/, fix: any },
  ),
  fault(
    'autoscaler',
    'target gone',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 2 },
        status: {
          conditions: conditions([
            'AbleToScale',
            'False',
            'FailedGetScale',
            'the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "web" not found',
          ]),
        },
      }),
    ],
    { cause: ['ScaleTargetMissing', 'ScaleTargetUnavailable'], at: /Deployment\/apps\/web|Horizontal/, proof: /not found/, fix: any },
  ),
  fault(
    'autoscaler',
    'external metric',
    [
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 2 },
        status: {
          conditions: conditions(
            ['AbleToScale', 'True', 'SucceededGetScale', ''],
            [
              'ScalingActive',
              'False',
              'FailedGetExternalMetric',
              'the HPA was unable to compute the replica count: unable to get external metric apps/queue/nil: unable to fetch metrics from external metrics API: no custom metrics API (external.metrics.k8s.io) registered',
            ],
          ),
        },
      }),
      deployment('web', { available: true }),
    ],
    { cause: 'MetricsUnavailable', at: /Horizontal/, proof: /external\.metrics/, fix: any },
  ),
  fault(
    'paused',
    'Job',
    [
      object('batch/v1', 'Job', 'load', {
        spec: { template: {}, suspend: true },
        status: { conditions: conditions(['Suspended', 'True', 'JobSuspended', 'Job suspended']) },
      }),
    ],
    { cause: ['Suspended', 'JobSuspended'], at: /Job/, proof: /suspend/i, fix: /suspend/ },
  ),
  fault(
    'binding',
    'PreBind',
    (() => {
      const { all: list } = chain(
        {
          scheduled: [
            'PodScheduled',
            'False',
            'SchedulerError',
            'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
          ],
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        },
        { name: 'shop' },
      )
      const [source, top, ...rest] = list
      const one = claim('data', { storageClassName: 'fast' })
      return [
        top as KubeObject,
        source as KubeObject,
        ...rest,
        one,
        event(
          one,
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "fast": error generating accessibility requirements: no topology key found on CSINode node-1',
        ),
        global('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'csi.test', volumeBindingMode: 'WaitForFirstConsumer' }),
      ]
    })(),
    { cause: 'ProvisioningFailed', at: /PersistentVolumeClaim/, proof: /topology key/, fix: any },
  ),
  fault(
    'quota',
    'ReplicaSet of a rollout',
    (() => {
      const says =
        'pods "web-6d4f-" is forbidden: exceeded quota: team, requested: limits.memory=2Gi, used: limits.memory=7Gi, limited: limits.memory=8Gi'
      const dep = deployment('web', {
        progressing: ['Progressing', 'False', 'ProgressDeadlineExceeded', 'Deployment does not have minimum availability.'],
        more: [replicaFailure(says)],
      })
      return [
        ks(
          'apps',
          {},
          [
            'False',
            'HealthCheckFailed',
            "health check failed after 30.004s: failed early due to stalled resources: [Deployment/apps/web status: 'Failed']",
          ],
          inventory(dep),
        ),
        goodGit(),
        dep,
        replicaSet(dep, { replicas: 0, more: [replicaFailure(says)] }),
      ]
    })(),
    { cause: 'QuotaExceeded', at: /ResourceQuota\/apps\/team/, proof: /limits\.memory/, fix: any },
  ),
  fault(
    'service',
    'no pod is ready',
    [
      object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
      deployment('web', { progressing: stuck }),
      pod('web-1', {
        phase: 'Running',
        container: { ...running(), ready: false },
        labels: { app: 'web' },
        spec: { containers: [{ name: 'app', image: 'x', readinessProbe: { httpGet: { path: '/ready', port: 8080 } } }] },
      }),
      ready('other-1'),
    ],
    { cause: ['ReadinessProbeFailing'], at: /Pod\/apps\/web-1/, proof: any, fix: any },
  ),
  fault(
    'source',
    'artifact is older than the failure',
    [
      ks('apps', {}, ['True', 'ReconciliationSucceeded', 'Applied revision: main@sha1:4a5b6c7d8e9f']),
      git(
        'repo',
        {},
        [
          'False',
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to list remote for 'https://github.com/acme/fleet': dial tcp 140.82.121.4:443: connect: network is unreachable",
        ],
        { artifact },
      ),
    ],
    { cause: ['NoAnswer', 'PeerUnreachable'], at: /GitRepository/, proof: /unreachable/, fix: any },
  ),
  fault(
    'source',
    'of another kind',
    [
      ks('apps', { sourceRef: { kind: 'Bucket', name: 'repo' } }, ['False', 'ArtifactFailed', "Source 'Bucket/apps/repo' not found"]),
      git('repo', {}, stored, { artifact }),
    ],
    { cause: 'SourceMissing', at: /Bucket\/apps\/repo/, proof: /not found/, fix: /sourceRef/ },
  ),
  fault(
    'certificate',
    'owned by another',
    (() => {
      const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: { secretName: 'web-tls', issuerRef: { name: 'ca' } },
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'Failed',
            'The certificate request has failed to complete and will be retried: Failed to wait for order resource "web-1" to become ready: order is in "invalid" state: ',
          ]),
        },
      })
      const request = object('cert-manager.io/v1', 'CertificateRequest', 'web-1', {
        metadata: ownedBy(cert),
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'Failed',
            'Failed to wait for order resource "web-1" to become ready: order is in "invalid" state: ',
          ]),
        },
      })
      const order = object('acme.cert-manager.io/v1', 'Order', 'web-1', { metadata: ownedBy(request), status: { state: 'invalid' } })
      const challenge = object('acme.cert-manager.io/v1', 'Challenge', 'web-1-1', {
        metadata: ownedBy(order),
        status: {
          state: 'invalid',
          reason:
            'Error accepting authorization: acme: authorization error for shop.example.com: 403 urn:ietf:params:acme:error:unauthorized: 1.2.3.4: Invalid response from http://shop.example.com/.well-known/acme-challenge/x: 404',
        },
      })
      return [
        ks('apps', { wait: true }, notHealthy(`Certificate/${ns}/web`), inventory(cert)),
        goodGit(),
        cert,
        request,
        order,
        challenge,
        object('cert-manager.io/v1', 'Issuer', 'ca', {
          status: { conditions: conditions(['Ready', 'True', 'ACMEAccountRegistered', '']) },
        }),
      ]
    })(),
    { cause: 'ChallengeFailed', at: /Challenge/, proof: /Invalid response/, fix: any },
  ),
]
