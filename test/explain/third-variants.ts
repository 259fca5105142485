import { fault, type FaultCase } from './case.ts'
import {
  artifact,
  bucket,
  buildFails,
  chain,
  claim,
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
  imageRepository,
  inventory,
  ks,
  notHealthy,
  ns,
  object,
  oci,
  pod,
  readyTrue,
  refused,
  release,
  replicaFailure,
  replicaSet,
  restartedOnce,
  running,
  sourceWaits,
  unscheduled,
  waiting,
} from './objects.ts'

const image = 'quay.io/org/app:2.1'
const appImage = (container: object) => ({ ...container, image })
const idle = restartedOnce('idle')
const chartWaits = [
  'False',
  'SourceNotReady',
  `HelmChart '${ns}/${ns}-web' is not ready: latest generation of object has not been reconciled`,
] as const
const alone = (
  name: string,
  says: string,
  [shape, message, expect]: readonly [Parameters<typeof chain>[0], string | undefined, FaultCase['expect']],
): FaultCase => {
  const one = pod('web', shape)
  return fault(name, says, [one, ...(message ? [event(one, message.split('|')[0] ?? '', message.split('|')[1] ?? '')] : []), idle], expect)
}
const failing = (kind: 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job', message: string) => {
  const status =
    kind === 'DaemonSet'
      ? { desiredNumberScheduled: 1, currentNumberScheduled: 0, observedGeneration: 1 }
      : kind === 'Job'
        ? {}
        : { replicas: 0, observedGeneration: 1 }
  const one = object(kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, 'web', {
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } } },
    status,
  })
  return [one, event(one, 'FailedCreate', message)] as const
}

/** Other kinds, other wordings, and a second fault beside: written after the rules, from what runtimes, registries and controllers print. */
export const thirdVariants: readonly FaultCase[] = [
  alone('image pull', 'CRI-O, manifest unknown', [
    {
      container: appImage(
        waiting(
          'ErrImagePull',
          `rpc error: code = Unknown desc = Error reading manifest 2.1 in quay.io/org/app: manifest unknown: manifest unknown`,
        ),
      ),
    },
    undefined,
    { cause: 'ImageNotFound', proof: /manifest unknown/, fix: /tag/ },
  ]),
  alone('image pull denied', 'quay by CRI-O', [
    { container: appImage(waiting('ImagePullBackOff', `Back-off pulling image "${image}"`)) },
    `Failed|Failed to pull image "${image}": rpc error: code = Unknown desc = reading manifest 2.1 in quay.io/org/app: unauthorized: access to the requested resource is not authorized`,
    { cause: 'ImagePullDenied', proof: /unauthorized/, fix: /imagePullSecrets/ },
  ]),
  alone('image pull denied', 'dockershim', [
    {
      container: appImage(
        waiting(
          'ErrImagePull',
          `rpc error: code = Unknown desc = Error response from daemon: pull access denied for org/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
        ),
      ),
    },
    undefined,
    { cause: 'ImagePullDenied', proof: /docker login/, fix: /imagePullSecrets/ },
  ]),
  alone('image registry unreachable', 'timeout', [
    {
      container: appImage(
        waiting(
          'ErrImagePull',
          `failed to pull and unpack image "${image}": failed to do request: Head "https://quay.io/v2/org/app/manifests/2.1": dial tcp 3.2.1.4:443: i/o timeout`,
        ),
      ),
    },
    undefined,
    { cause: 'RegistryUnreachable', proof: /i\/o timeout/, fix: /registry/ },
  ]),
  alone('image platform', 'docker manifest list', [
    {
      container: appImage(
        waiting(
          'ErrImagePull',
          'choosing an image from manifest list docker://quay.io/org/app:2.1: no image found in image index for architecture arm64, variant "v8", OS linux',
        ),
      ),
    },
    undefined,
    { cause: 'ImagePlatformMissing', proof: /arm64/, fix: /platform/ },
  ]),
  alone('image name invalid', "couldn't parse", [
    {
      container: {
        ...waiting(
          'InvalidImageName',
          'Failed to apply default image tag "app:1:2": couldn\'t parse image reference "app:1:2": invalid reference format',
        ),
        image: 'app:1:2',
      },
    },
    undefined,
    { cause: 'ImageNameInvalid', proof: /invalid reference/, fix: /image/ },
  ]),
  alone('crash loop', 'older kubelet, exit 2', [
    {
      phase: 'Running',
      container: {
        ...waiting('CrashLoopBackOff', 'Back-off 2m40s restarting failed container=app pod=web_apps(1f)'),
        lastState: ended(2, 'Error', 'panic: runtime error: invalid memory address'),
        restartCount: 6,
      },
    },
    'BackOff|Back-off restarting failed container',
    { cause: 'CrashLoop', proof: /panic/, fix: /log/ },
  ]),
  alone('OOMKilled', 'beside a failing readiness probe', [
    { phase: 'Running', container: crashing(137, 'OOMKilled') },
    'Unhealthy|Readiness probe failed: Get "http://10.0.0.3:8080/": dial tcp 10.0.0.3:8080: connect: connection refused',
    { cause: 'OOMKilled', proof: /OOMKilled/, fix: /memory/ },
  ]),
  alone('probe failing (readiness)', 'exec', [
    { phase: 'Running', container: { ...running(), ready: false } },
    'Unhealthy|Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "pg_isready": executable file not found in $PATH',
    { cause: 'ReadinessProbeFailing', proof: /pg_isready/, fix: /readinessProbe/ },
  ]),
  alone('probe failing (liveness)', 'startup probe', [
    { phase: 'Running', container: crashing(137) },
    'Unhealthy|Startup probe failed: HTTP probe failed with statuscode: 404',
    { cause: 'StartupProbeFailing', proof: /404/, fix: /startupProbe/ },
  ]),
  alone('missing Secret', 'projected by CSI wording', [
    { container: waiting('ContainerCreating') },
    'FailedMount|Unable to attach or mount volumes: unmounted volumes=[tls], unattached volumes=[tls kube-api-access]: references non-existent secret "tls": secret "tls" not found',
    { cause: ['SecretMissing', 'SecretKeyMissing'], proof: /tls/, fix: /tls/ },
  ]),
  alone('missing ConfigMap', 'configmap in env', [
    { container: waiting('CreateContainerConfigError', 'configmap "settings" not found') },
    undefined,
    { cause: 'ConfigMapMissing', at: /ConfigMap\/apps\/settings/, proof: /settings/, fix: /settings/ },
  ]),
  alone('missing ConfigMap key', 'beside an old pull failure', [
    { container: waiting('CreateContainerConfigError', "couldn't find key MODE in ConfigMap apps/cfg") },
    'Failed|Failed to pull image "x": not found',
    { cause: 'ConfigMapKeyMissing', proof: /MODE/, fix: /MODE/ },
  ]),
  alone('init container failing', 'waits for a database, exit 1', [
    { container: waiting('PodInitializing'), init: { state: { terminated: { exitCode: 1, reason: 'Error' } } } },
    undefined,
    { cause: 'InitContainerFailed', proof: /exit code 1/, fix: /setup/ },
  ]),
  alone('unschedulable (resources)', 'GPU', [
    unscheduled(
      '0/6 nodes are available: 3 Insufficient nvidia.com/gpu, 3 node(s) had untolerated taint {node-role.kubernetes.io/master: }. preemption: 0/6 nodes are available: 3 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    ),
    undefined,
    { cause: 'UnschedulableResources', proof: /gpu/, fix: /gpu/ },
  ]),
  alone('unschedulable (node selector)', 'spread', [
    unscheduled(
      "0/20 nodes are available: 2 node(s) had untolerated taint {eks.amazonaws.com/compute-type: fargate}, 4 node(s) didn't match pod anti-affinity rules, 14 node(s) didn't match pod topology spread constraints.",
    ),
    undefined,
    { cause: 'UnschedulableAffinity', proof: /topology spread/, fix: /topologySpread/ },
  ]),
  alone('unschedulable (node selector)', 'before 1.22', [
    unscheduled("0/4 nodes are available: 4 node(s) didn't match node selector."),
    undefined,
    { cause: 'UnschedulableAffinity', proof: /node selector/, fix: /nodeSelector/ },
  ]),
  alone('unschedulable (taint)', 'disk pressure', [
    unscheduled(
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ),
    undefined,
    { cause: 'UnschedulableTaint', proof: /disk-pressure/, fix: /toleration|taint/ },
  ]),
  alone('nodes cordoned', 'all', [
    unscheduled('0/2 nodes are available: 2 node(s) were unschedulable.'),
    undefined,
    { cause: 'NodesCordoned', proof: /were unschedulable/, fix: /uncordon/ },
  ]),
  alone('port clash (hostPort)', 'older wording', [
    unscheduled("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."),
    undefined,
    { cause: 'HostPortTaken', proof: /free ports/, fix: /hostPort/ },
  ]),
  alone('volume elsewhere', 'zone', [
    unscheduled('0/3 nodes are available: 3 node(s) had volume node affinity conflict.'),
    undefined,
    { cause: 'VolumeElsewhere', proof: /volume node affinity/, fix: /volume/ },
  ]),
  fault(
    'PVC pending (no storage class)',
    'StatefulSet',
    [
      object('apps/v1', 'StatefulSet', 'db', {
        spec: { replicas: 1, selector: { matchLabels: { app: 'db' } }, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
        status: { replicas: 1, observedGeneration: 1 },
      }),
      pod('db-0', {
        ...unscheduled('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found'),
        labels: { app: 'db' },
        spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
      }),
      claim('data-db-0', { storageClassName: 'gp4' }),
    ],
    { cause: 'StorageClassMissing', at: /StorageClass\/gp4/, proof: /gp4/, fix: /StorageClass/ },
  ),
  ...(() => {
    const waiting_ = claim('data', { storageClassName: 'manual' })
    return [
      fault(
        'PVC pending (no PV)',
        'manual class',
        [
          waiting_,
          global('storage.k8s.io/v1', 'StorageClass', 'manual', { provisioner: 'kubernetes.io/no-provisioner' }),
          event(
            waiting_,
            'ProvisioningFailed',
            'storageclass.storage.k8s.io "manual": no volume plugin matched name: kubernetes.io/no-provisioner',
          ),
        ],
        { cause: 'VolumeMissing', proof: /no volume plugin/, fix: /PersistentVolume/ },
      ),
    ]
  })(),
  fault(
    'quota',
    'count of pods, Job',
    failing(
      'Job',
      'Error creating: pods "web-abcde" is forbidden: exceeded quota: pods-quota, requested: pods=1, used: pods=10, limited: pods=10',
    ),
    { cause: 'QuotaExceeded', at: /ResourceQuota\/apps\/pods-quota/, proof: /pods=10/, fix: /pods-quota/ },
  ),
  fault(
    'webhook unreachable',
    'timeout, DaemonSet',
    failing(
      'DaemonSet',
      'Error creating: Internal error occurred: failed calling webhook "mutate.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/inject?timeout=10s": context deadline exceeded',
    ),
    { cause: 'WebhookUnreachable', proof: /istio/, fix: /Service/ },
  ),
  fault(
    'webhook denial',
    'Kyverno, StatefulSet',
    failing(
      'StatefulSet',
      'create Pod web-0 in StatefulSet web failed error: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/apps/web-0 was blocked due to the following policies \n\nrequire-limits:\n  autogen: \'validation error: CPU and memory limits are required\'',
    ),
    { cause: 'WebhookDenied', proof: /kyverno/, fix: /policy|denial/ },
  ),
  fault(
    'PodSecurity denial',
    'StatefulSet',
    failing(
      'StatefulSet',
      'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"])',
    ),
    { cause: 'PodSecurityDenied', proof: /capabilities/, fix: /securityContext/ },
  ),
  fault(
    'service account missing',
    'StatefulSet',
    failing(
      'StatefulSet',
      'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: error looking up service account apps/db: serviceaccount "db" not found',
    ),
    { cause: 'ServiceAccountMissing', at: /ServiceAccount\/apps\/db/, proof: /"db" not found/, fix: /db/ },
  ),
  fault(
    'limit range',
    'minimum',
    failing('ReplicaSet', 'pods "web-x" is forbidden: [minimum memory usage per Container is 128Mi, but request is 64Mi]'),
    { cause: 'LimitRangeExceeded', proof: /128Mi/, fix: /LimitRange/ },
  ),
  fault(
    'missing CRD',
    'older Flux wording',
    [
      ks(
        'apps',
        {},
        refused(
          'ServiceMonitor/apps/web dry-run failed, error: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
        ),
      ),
      goodGit(),
    ],
    { cause: 'MissingCRD', proof: /ServiceMonitor/, fix: /CustomResourceDefinition/ },
  ),
  fault(
    'immutable field',
    'Job template',
    [
      ks(
        'apps',
        {},
        refused(
          'Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:""}}: field is immutable',
        ),
      ),
      goodGit(),
    ],
    { cause: 'ImmutableField', proof: /immutable/, fix: /force/ },
  ),
  fault(
    'immutable field',
    'PVC, Helm',
    [
      release('web', {}, [
        'False',
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: cannot patch "data" with kind PersistentVolumeClaim: PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'ImmutableField', proof: /immutable/, fix: /delete|force/ },
  ),
  fault(
    'immutable field',
    'roleRef',
    [
      ks(
        'apps',
        {},
        refused(
          'RoleBinding/apps/rb dry-run failed (Invalid): RoleBinding.rbac.authorization.k8s.io "rb" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"b"}: cannot change roleRef',
        ),
      ),
      goodGit(),
    ],
    { cause: 'ImmutableField', proof: /roleRef/, fix: /delete|force/ },
  ),
  fault(
    'webhook denial',
    'no dry run',
    [
      ks(
        'apps',
        {},
        refused(
          'CouchbaseBucket/apps/b dry-run failed (BadRequest): admission webhook "couchbase-operator-couchbase-admission-controller.couchbase.svc" does not support dry run',
        ),
      ),
      goodGit(),
    ],
    { cause: ['WebhookNoDryRun'], proof: /does not support dry run/, fix: /sideEffects/ },
  ),
  fault(
    'RBAC',
    'Helm storage',
    [
      release('web', { serviceAccountName: 'tenant' }, [
        'False',
        'ArtifactFailed',
        'failed to determine release state: query: failed to query with labels: secrets is forbidden: User "system:serviceaccount:apps:tenant" cannot list resource "secrets" in API group "" in the namespace "apps"',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'RbacDenied', proof: /cannot list/, fix: /Role/ },
  ),
  fault(
    'namespace missing',
    'create refused by Helm',
    [
      release('web', { targetNamespace: 'team' }, [
        'False',
        'InstallFailed',
        'Helm install failed for release team/team-web with chart web@1.2.3: failed to create resource: namespaces "team" not found',
      ]),
      goodChart(),
      goodCharts(),
      object('v1', 'ConfigMap', 'other', {}),
    ],
    { cause: 'NamespaceMissing', at: /team/, proof: /team/, fix: /create/ },
  ),
  fault(
    'namespace terminating',
    'Job cannot start',
    [
      ...failing(
        'Job',
        'Error creating: pods "web-x" is forbidden: unable to create new content in namespace apps because it is being terminated',
      ),
    ],
    { cause: 'NamespaceTerminating', proof: /being terminated/, fix: /wait|finalizers/ },
  ),
  fault(
    'invalid object',
    'CRD validation',
    [
      ks(
        'apps',
        {},
        refused(
          'Certificate/apps/web dry-run failed (Invalid): Certificate.cert-manager.io "web" is invalid: [spec.issuerRef: Required value, spec.dnsNames[0]: Invalid value: "": spec.dnsNames[0] in body should be at least 1 chars long]',
        ),
      ),
      goodGit(),
    ],
    { cause: 'InvalidObject', proof: /issuerRef/, fix: /issuerRef|field/ },
  ),
  fault(
    'invalid object',
    'strict decoding',
    [
      release('web', {}, [
        'False',
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: error validating "": error validating data: ValidationError(Deployment.spec.template.spec.containers[0]): unknown field "imagePullPolcy" in io.k8s.api.core.v1.Container',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'InvalidObject', proof: /imagePullPolcy/, fix: /field|imagePullPolcy/ },
  ),
  fault(
    'field manager conflict',
    'several managers',
    [
      ks(
        'apps',
        {},
        refused(
          'Deployment/apps/web dry-run failed (Conflict): Apply failed with 2 conflicts: conflicts with "argocd-controller":\n- .spec.template.spec.containers[name="app"].image\nconflicts with "kubectl" using apps/v1:\n- .spec.replicas',
        ),
      ),
      goodGit(),
    ],
    { cause: 'FieldManagerConflict', proof: /argocd-controller/, fix: /force|leave/ },
  ),
  fault(
    'substitution variable missing',
    'template of a nested default',
    [
      ks('apps', {}, buildFails("post build failed for 'ingress': envsubst error: variable substitution failed: missing closing brace")),
      goodGit(),
    ],
    { cause: 'SubstitutionFailed', proof: /closing brace/, fix: /\$/ },
  ),
  fault(
    'substitution variable missing',
    'Secret of variables',
    [
      ks(
        'apps',
        { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars' }] } },
        buildFails('post build failed: substitute from \'Secret/vars\' error: Secret "vars" not found'),
      ),
      goodGit(),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/vars/, proof: /vars/, fix: /create/i },
  ),
  fault(
    'SOPS key missing',
    'age identity',
    [
      ks(
        'apps',
        { decryption: { provider: 'sops', secretRef: { name: 'k' } } },
        buildFails(
          "failed to decrypt and format 'secrets/db.yaml' as YAML: cannot get sops data key: Error getting data key: 0 successful groups required, got 0\n\nage1qqq: FAILED\n  - | no age identity found in [{0x1}] that could decrypt the data",
        ),
      ),
      object('v1', 'Secret', 'k'),
      goodGit(),
    ],
    { cause: 'DecryptionKeyMissing', proof: /age identity|data key/, fix: /key/ },
  ),
  fault(
    'kustomize build error',
    'strategic merge patch target',
    [
      ks(
        'apps',
        {},
        buildFails(
          'kustomize build failed: no resource matches strategic merge patch "Deployment.v1.apps/wbe.[noNs]": no matches for Id Deployment.v1.apps/wbe.[noNs]; failed to find unique target for patch Deployment.v1.apps/wbe.[noNs]',
        ),
      ),
      goodGit(),
    ],
    { cause: 'PatchTargetMissing', proof: /wbe/, fix: /target/ },
  ),
  fault(
    'kustomize build error',
    'unmarshal',
    [
      ks(
        'apps',
        {},
        buildFails(
          'kustomize build failed: invalid Kustomization: json: cannot unmarshal string into Go struct field Kustomization.resources of type []string',
        ),
      ),
      goodGit(),
    ],
    { cause: 'YamlInvalid', proof: /unmarshal/, fix: /file/ },
  ),
  fault(
    'kustomize build error',
    'duplicate by id',
    [
      ks(
        'apps',
        {},
        buildFails(
          "kustomize build failed: accumulating resources: accumulation err='accumulating resources from './c': may not add resource with an already registered id: Service.v1.[noGrp]/web.apps': must build at directory: '/tmp/c': file is not directory",
        ),
      ),
      goodGit(),
    ],
    { cause: 'DuplicateResource', proof: /already registered/, fix: /one of them/ },
  ),
  fault(
    'registry 401',
    'bearer challenge, GHCR',
    [
      ks('apps', { sourceRef: { kind: 'OCIRepository', name: 'repo' } }, sourceWaits),
      oci('repo', { secretRef: { name: 'ghcr' } }, [
        'False',
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aorg%2Fapp%3Apull&service=ghcr.io: unexpected status code 401 Unauthorized: {"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      ]),
      object('v1', 'Secret', 'ghcr'),
      idle,
    ],
    { cause: 'RegistryUnauthorized', at: /OCIRepository/, proof: /401/, fix: /secretRef/ },
  ),
  fault(
    'registry 401',
    'HelmRepository basic auth',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
      ]),
    ],
    { cause: 'RegistryUnauthorized', proof: /401/, fix: /secretRef/ },
  ),
  fault(
    'expired token',
    'Azure, ImageRepository',
    [
      imageRepository('app', {}, [
        'False',
        'AuthenticationFailed',
        'failed to configure authentication options: AADSTS700082: The refresh token has expired due to inactivity.',
      ]),
    ],
    { cause: 'TokenExpired', proof: /expired/, fix: /renew/ },
  ),
  fault(
    'expired token',
    'Git server',
    [
      ks('apps', {}, sourceWaits),
      git('repo', {}, [
        'False',
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to clone 'https://gitlab.example.com/g/p': authentication required: HTTP Basic: Access denied. The provided token has expired.",
      ]),
    ],
    { cause: ['TokenExpired'], at: /GitRepository/, proof: /expired/, fix: /renew/ },
  ),
  fault(
    'tag not found',
    'name unknown',
    [
      ks('apps', { sourceRef: { kind: 'OCIRepository', name: 'repo' } }, sourceWaits),
      oci('repo', {}, [
        'False',
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: GET https://registry.example.com/v2/org/nope/manifests/1.0.0: NAME_UNKNOWN: repository name not known to registry; map[name:org/nope]',
      ]),
    ],
    { cause: 'TagNotFound', proof: /NAME_UNKNOWN/, fix: /spec\.ref/ },
  ),
  fault(
    'wrong digest',
    'artifact of a source',
    [
      ks('apps', {}, [
        'False',
        'ArtifactFailed',
        "failed to download artifact: computed digest doesn't match 'sha256:abc' for http://source-controller/x.tar.gz",
      ]),
      git('repo', {}, ['True', 'Succeeded', 'stored artifact'], { artifact }),
    ],
    { cause: ['WrongDigest', 'ArtifactInvalid'], proof: /digest/, fix: /digest|again/ },
  ),
  fault(
    'source not found',
    'Kustomization in another namespace',
    [
      ks('apps', { sourceRef: { kind: 'OCIRepository', name: 'web', namespace: 'flux-system' } }, [
        'False',
        'ArtifactFailed',
        'OCIRepository.source.toolkit.fluxcd.io "web" not found',
      ]),
    ],
    { cause: 'SourceMissing', at: /OCIRepository\/flux-system\/web/, proof: /web/, fix: /sourceRef/ },
  ),
  fault(
    'source suspended',
    'HelmRelease, repository',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, {}, ['False', 'NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"]),
      helmRepository('charts', { suspend: true }, undefined),
    ],
    { cause: 'Suspended', at: /HelmRepository/, proof: /suspend/, fix: /resume/ },
  ),
  fault(
    'git auth failure',
    'GitHub app',
    [
      ks('apps', {}, sourceWaits),
      git('repo', {}, [
        'False',
        'GitOperationFailed',
        "failed to checkout and determine revision: failed to list remotes for 'https://github.com/o/r': authentication required: Support for password authentication was removed on August 13, 2021.",
      ]),
    ],
    { cause: 'GitAuthFailed', proof: /authentication required/, fix: /credentials/ },
  ),
  fault(
    'git branch not found',
    'libgit wording',
    [
      git('repo', { ref: { branch: 'mian' } }, [
        'False',
        'GitOperationFailed',
        'failed to checkout and determine revision: unable to clone: Remote branch mian not found in upstream origin',
      ]),
    ],
    { cause: 'GitRefNotFound', proof: /mian/, fix: /spec\.ref/ },
  ),
  fault(
    'DNS failure',
    'Node wording',
    [
      bucket('m', {}, [
        'False',
        'BucketOperationFailed',
        "failed to confirm existence of 'manifests' bucket: getaddrinfo ENOTFOUND s3.exmple.com",
      ]),
    ],
    { cause: 'DnsFailure', proof: /ENOTFOUND/, fix: /host/ },
  ),
  fault(
    'TLS unknown authority',
    'OpenSSL wording',
    [helmRepository('charts', {}, ['False', 'Failed', 'failed to fetch Helm repository index: unable to get local issuer certificate'])],
    { cause: 'TlsUnknownAuthority', proof: /issuer/, fix: /ca\.crt/ },
  ),
  fault(
    'TLS wrong host',
    'x509',
    [
      oci('repo', {}, [
        'False',
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: Get "https://10.0.0.7/v2/": tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.7 because it doesn\'t contain any IP SANs',
      ]),
    ],
    { cause: 'TlsWrongHost', proof: /IP SANs/, fix: /host name/ },
  ),
  fault(
    'connection refused',
    'Node wording, OCI',
    [oci('repo', {}, ['False', 'OCIArtifactPullFailed', 'failed to determine artifact digest: connect ECONNREFUSED 10.1.1.1:5000'])],
    { cause: 'ConnectionRefused', proof: /ECONNREFUSED/, fix: /port/ },
  ),
  fault(
    'bad semver',
    'Git',
    [
      git('repo', { ref: { semver: '>=9' } }, [
        'False',
        'GitOperationFailed',
        'failed to checkout and determine revision: no match found for semver: >=9',
      ]),
    ],
    { cause: 'SemverNoMatch', proof: />=9/, fix: /range/ },
  ),
  fault(
    'signature verification failed',
    'keyless',
    [
      ks('apps', { sourceRef: { kind: 'OCIRepository', name: 'repo' } }, sourceWaits),
      oci('repo', { verify: { provider: 'cosign' } }, [
        'False',
        'VerificationError',
        "failed to verify the signature using provider 'cosign keyless': no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://github.com/o/r/.github/workflows/x.yml@refs/heads/main] with issuer https://token.actions.githubusercontent.com",
      ]),
    ],
    { cause: 'VerificationFailed', proof: /identities/, fix: /verify/ },
  ),
  fault(
    'HelmChart version not found',
    'kubevela',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, { version: '0.1.0' }, [
        'False',
        'ChartPullError',
        'chart pull error: failed to get chart version for remote reference: could not locate a version matching provided version string >=0.16.0-rc.5',
      ]),
      goodCharts(),
    ],
    { cause: 'ChartVersionNotFound', at: /HelmChart/, proof: />=0\.16/, fix: /version/ },
  ),
  fault(
    'chart invalid',
    'version',
    [
      helmChart('web', {}, [
        'False',
        'InvalidChartReference',
        'invalid chart reference: validation: chart.metadata.version "master-head" is invalid',
      ]),
    ],
    { cause: ['ChartLoadFailed', 'SemverInvalid'], proof: /master-head/, fix: /chart|range/ },
  ),
  fault(
    'helm index 404',
    'HTML answer',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: looks like "https://charts.example.com" is not a valid chart repository or cannot be reached: failed to fetch https://charts.example.com/index.yaml : 404 Not Found',
      ]),
    ],
    { cause: 'IndexNotFound', proof: /404/, fix: /spec\.url/ },
  ),
  fault(
    'HelmRelease failed install',
    'hook job',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded',
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'HookFailed', proof: /BackoffLimitExceeded/, fix: /hook/ },
  ),
  fault(
    'HelmRelease failed install',
    'schema',
    [
      release('web', {}, [
        'False',
        'InstallFailed',
        "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- replicaCount: Invalid type. Expected: integer, given: string",
      ]),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'ChartNeedsValue', proof: /replicaCount/, fix: /value/ },
  ),
  fault(
    'HelmRelease locked',
    'pending',
    [
      release('web', {}, ['False', 'UpgradeFailed', 'Helm upgrade failed: another operation (install/upgrade/rollback) is in progress']),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'ReleaseLocked', proof: /another operation/, fix: /reset/ },
  ),
  fault(
    'dependsOn not ready',
    'Kustomization on a source that fails',
    [
      ks('apps', { dependsOn: [{ name: 'infra' }] }, ['False', 'DependencyNotReady', "dependency 'apps/infra' is not ready"]),
      ks('infra', { sourceRef: { kind: 'GitRepository', name: 'broken' } }, sourceWaits),
      git('broken', {}, [
        'False',
        'GitOperationFailed',
        'failed to checkout and determine revision: unable to clone: dial tcp: lookup github.com on 10.0.0.10:53: server misbehaving',
      ]),
      goodGit(),
    ],
    { cause: 'DnsFailure', at: /GitRepository\/apps\/broken/, proof: /server misbehaving/, fix: /DNS|host/ },
  ),
  fault(
    'dependsOn loop',
    'of HelmReleases',
    [
      release('a', { dependsOn: [{ name: 'b' }] }, ['False', 'DependencyNotReady', "dependency 'apps/b' is not ready"]),
      release('b', { dependsOn: [{ name: 'a' }] }, ['False', 'DependencyNotReady', "dependency 'apps/a' is not ready"]),
      goodCharts(),
    ],
    { cause: 'DependencyLoop', proof: /HelmRelease/, fix: /dependsOn/ },
  ),
  fault(
    'dependsOn loop',
    'on itself',
    [ks('a', { dependsOn: [{ name: 'a' }] }, ['False', 'DependencyNotReady', "dependency 'apps/a' is not ready"]), goodGit()],
    { cause: 'DependencyLoop', proof: /apps\/a/, fix: /dependsOn/ },
  ),
  fault(
    'suspended',
    'HelmRelease that failed before',
    [
      release('web', { suspend: true }, ['False', 'InstallFailed', 'Helm install failed: timed out waiting for the condition']),
      goodChart(),
      goodCharts(),
    ],
    { cause: 'Suspended', proof: /suspend/, fix: /resume/ },
  ),
  fault(
    'health timeout',
    'custom resource says why',
    [
      ks('apps', { wait: true }, notHealthy(`Certificate/${ns}/web`), inventory(object('cert-manager.io/v1', 'Certificate', 'web'))),
      object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: {},
        status: {
          conditions: conditions(
            ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            [
              'Issuing',
              'False',
              'Failed',
              'The certificate request has failed to complete and will be retried: Referenced issuer not found',
            ],
          ),
        },
      }),
      goodGit(),
    ],
    {
      cause: 'IssuerMissing',
      at: /Certificate|Kustomization/,
      proof: /Referenced issuer not found/,
      fix: /./,
    },
  ),
  fault(
    'job failed/backoff limit',
    'in Kustomization that sourceWaits, OOM',
    (() => {
      const job = object('batch/v1', 'Job', 'migrate', {
        spec: { template: {} },
        status: {
          failed: 7,
          conditions: conditions(
            ['FailureTarget', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
            ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
          ),
        },
      })
      return [
        ks('apps', {}, notHealthy(`Job/${ns}/migrate`), inventory(job)),
        job,
        pod(job, { phase: 'Failed', container: { state: ended(137, 'OOMKilled') }, spec: { restartPolicy: 'Never' } }),
        goodGit(),
      ] as const
    })(),
    { cause: 'OOMKilled', at: /Pod|Job/, proof: /OOMKilled/, fix: /memory/ },
  ),
  fault(
    'finalizer stuck',
    'PVC by a foreign finalizer',
    [
      {
        ...claim('data', {}, 'Bound'),
        metadata: {
          ...claim('data').metadata,
          deletionTimestamp: '2026-01-01T02:00:00Z',
          finalizers: ['external-provisioner.volume.example.com/finalizer'],
        },
      },
    ],
    { cause: 'FinalizerStuck', proof: /external-provisioner/, fix: /finalizer/ },
  ),
  fault(
    'controller down',
    'crash loop of source-controller',
    (() => {
      const plain = deployment('source-controller', { spec: { selector: { matchLabels: { app: 'source-controller' } } } })
      const dep = {
        ...plain,
        metadata: {
          ...plain.metadata,
          namespace: 'flux-system',
          labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': 'source-controller' },
        },
      }
      const set = replicaSet(dep)
      const inFlux = { ...set, metadata: { ...set.metadata, namespace: 'flux-system' } }
      const one = pod(inFlux, { phase: 'Running', container: crashing(137, 'OOMKilled') })
      return [git('repo', {}, undefined), dep, inFlux, { ...one, metadata: { ...one.metadata, namespace: 'flux-system' } }] as const
    })(),
    { cause: ['OOMKilled', 'ControllerDown'], proof: /OOMKilled|readyReplicas/, fix: /memory|bring/ },
  ),
  fault(
    'quota',
    'beside a suspended release',
    (() => {
      const dep = deployment('web')
      const set = replicaSet(dep, {
        replicas: 0,
        more: [replicaFailure('pods "web-6d4f-x" is forbidden: exceeded quota: team, requested: cpu=2, used: cpu=3, limited: cpu=4')],
      })
      return [
        ks('apps', { wait: true }, notHealthy(`Deployment/${ns}/web`), inventory(dep, release('old', {}, readyTrue))),
        dep,
        set,
        release('old', { suspend: true }, readyTrue),
        goodGit(),
        goodChart(`${ns}-old`),
        goodCharts(),
      ] as const
    })(),
    { cause: 'QuotaExceeded', at: /ResourceQuota\/apps\/team/, proof: /cpu=4/, fix: /team/ },
  ),
  alone('evicted', 'ephemeral storage', [
    {
      phase: 'Failed',
      status: { reason: 'Evicted', message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ' },
    },
    undefined,
    { cause: 'PodEvicted', proof: /ephemeral/, fix: /ephemeral/ },
  ]),
]
