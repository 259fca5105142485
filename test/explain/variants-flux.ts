import type { KubeObject } from '../../src/kinds/manifest.ts'
import { applied, built, fault, type FaultCase, helm } from './case.ts'
import {
  artifact,
  bucket,
  chain,
  conditions,
  crashing,
  deployment,
  ended,
  git,
  goodCharts,
  goodGit,
  helmRepository,
  imageRepository,
  inventory,
  ks,
  namespace,
  object,
  oci,
  pod,
  readyTrue,
  release,
  restartedOnce,
  sourceWaits,
} from './objects.ts'

type Expect = FaultCase['expect']
const idle = (): KubeObject => git('legacy', { suspend: true }, ['False', 'GitOperationFailed', 'authentication required'], { artifact })

/** A source that fails, asked through what takes from it. */
function fetched(name: string, says: string, [source, expect]: readonly [KubeObject, Expect], more: readonly KubeObject[] = []): FaultCase {
  const { kind, metadata } = source
  const top = ks('apps', { sourceRef: { kind, name: metadata.name } }, sourceWaits)
  return fault(name, says, [top, source, ...more], { at: new RegExp(`^${kind}/apps/${metadata.name}$`), ...expect })
}
const gitFails = (message: string, spec = {}): KubeObject => git('repo', spec, ['False', 'GitOperationFailed', message])

export const fluxVariants: readonly FaultCase[] = [
  applied('webhook denial', 'Kyverno, several policies', [
    'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\ndisallow-latest-tag:\n  require-image-tag: \'validation error: An image tag is required. rule require-image-tag failed at path /spec/template/spec/containers/0/image/\'\n',
    { cause: 'WebhookDenied', proof: /disallow-latest-tag/, fix: /polic|rule|satisf|image/i },
  ]),
  helm('webhook denial', 'Kyverno, release', [
    'InstallFailed',
    'Helm install failed for release apps/web with chart web@1.2.3: 1 error occurred:\n\t* admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\nrequire-labels:\n  check-team: \'validation error: label team is required. rule check-team failed at path /metadata/labels/team/\'\n',
    { cause: 'WebhookDenied', proof: /require-labels/, fix: /polic|rule|satisf|label/i },
  ]),
  applied(
    'webhook denial',
    'ValidatingAdmissionPolicy',
    [
      "Deployment/apps/web dry-run failed (Invalid): deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'replica-limit' with binding 'replica-limit-binding' denied request: failed expression: object.spec.replicas <= 5",
      { cause: ['PolicyDenied', 'WebhookDenied'], proof: /replica-limit/, fix: /polic|rule|object/i },
    ],
    [restartedOnce()],
  ),
  applied('webhook down', 'no endpoints', [
    'Certificate/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": no endpoints available for service "cert-manager-webhook"',
    { cause: 'WebhookUnreachable', proof: /no endpoints/, fix: /cert-manager-webhook|webhook/ },
  ]),
  applied('quota', 'load balancers', [
    'Service/apps/web dry-run failed (Forbidden): services "web" is forbidden: exceeded quota: objects, requested: services.loadbalancers=1, used: services.loadbalancers=2, limited: services.loadbalancers=2',
    { cause: 'QuotaExceeded', proof: /services\.loadbalancers/, fix: /quota/i },
  ]),
  applied('immutable field', 'a Job', [
    'Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", Labels:map[string]string{"x":"y"}}}: field is immutable',
    { cause: 'ImmutableField', proof: /field is immutable/, fix: /force|recreate|delete/i },
  ]),
  applied(
    'immutable field',
    'a claim',
    [
      'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      { cause: 'ImmutableField', proof: /immutable after creation/, fix: /.{10}/ },
    ],
    [idle()],
  ),
  applied('immutable field', 'a StatefulSet', [
    "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    { cause: 'ImmutableField', proof: /updates to statefulset spec/, fix: /force|recreate|delete/i },
  ]),
  applied('immutable field', 'a RoleBinding', [
    'RoleBinding/apps/deploy dry-run failed (Invalid): RoleBinding.rbac.authorization.k8s.io "deploy" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"b"}: cannot change roleRef',
    { cause: 'ImmutableField', proof: /cannot change roleRef/, fix: /force|recreate|delete/i },
  ]),
  applied('immutable field', 'a StorageClass', [
    'StorageClass/fast dry-run failed (Forbidden): StorageClass.storage.k8s.io "fast" is invalid: parameters: Forbidden: updates to parameters are forbidden.',
    { cause: 'ImmutableField', proof: /updates to parameters/, fix: /force|recreate|delete/i },
  ]),
  applied('port clash', 'node port', [
    'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    { cause: 'PortTaken', proof: /already allocated/, fix: /nodePort|port/ },
  ]),
  applied(
    'RBAC',
    'impersonated account',
    [
      'Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:deployer" cannot patch resource "deployments" in API group "apps" in the namespace "apps"',
      { cause: 'RbacDenied', proof: /deployer/, fix: /deployer|Role/ },
    ],
    [idle(), restartedOnce()],
  ),
  fault(
    'kubeConfig',
    'Secret missing',
    [
      ks('apps', { kubeConfig: { secretRef: { name: 'prod-kubeconfig' } } }, [
        'False',
        'ReconciliationFailed',
        'unable to read KubeConfig secret \'apps/prod-kubeconfig\' error: secrets "prod-kubeconfig" not found',
      ]),
      goodGit(),
    ],
    { cause: 'SecretMissing', at: /prod-kubeconfig/, proof: /prod-kubeconfig/, fix: /create|Secret/i },
  ),
  fault(
    'kubeConfig',
    'key missing',
    [
      ks('apps', { kubeConfig: { secretRef: { name: 'prod-kubeconfig' } } }, [
        'False',
        'ReconciliationFailed',
        "KubeConfig secret 'apps/prod-kubeconfig' doesn't contain a 'value.yaml' key with data",
      ]),
      goodGit(),
      object('v1', 'Secret', 'prod-kubeconfig', { data: { kubeconfig: 'eA==' } }),
    ],
    { cause: 'SecretKeyMissing', at: /prod-kubeconfig/, proof: /value\.yaml/, fix: /key|value/ },
  ),
  fault(
    'kubeConfig',
    'cluster gives no answer',
    [
      ks('apps', { kubeConfig: { secretRef: { name: 'prod' } } }, [
        'False',
        'ReconciliationFailed',
        'failed to get API group resources: unable to retrieve the complete list of server APIs: v1: Get "https://prod.example.com:6443/api/v1": dial tcp 203.0.113.7:6443: i/o timeout',
      ]),
      goodGit(),
      object('v1', 'Secret', 'prod', { data: { value: 'eA==' } }),
    ],
    {
      cause: ['NoAnswer', 'ClusterUnreachable', 'ConnectionRefused', 'ServerUnreachable'],
      proof: /i\/o timeout/,
      fix: /network|reach|address|firewall|kubeConfig|proxy/i,
    },
  ),
  fault(
    'expired token',
    'of a kubeConfig',
    [
      ks('apps', { kubeConfig: { secretRef: { name: 'prod' } } }, [
        'False',
        'ReconciliationFailed',
        'failed to get API group resources: unable to retrieve the complete list of server APIs: v1: the server has asked for the client to provide credentials',
      ]),
      goodGit(),
      object('v1', 'Secret', 'prod', { data: { value: 'eA==' } }),
    ],
    {
      cause: ['ClusterUnauthorized', 'TokenExpired', 'KubeConfigUnauthorized', 'Unauthorized'],
      proof: /provide credentials/,
      fix: /kubeConfig|credential|token/i,
    },
  ),
  built('substitution', 'brace missing', [
    "post build failed for 'web': envsubst error: variable substitution failed: missing closing brace",
    { cause: 'SubstitutionFailed', proof: /closing brace/, fix: /\$|brace|substitut/i },
  ]),
  fault(
    'substitution variable missing',
    'its ConfigMap is missing',
    [
      ks('apps', { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] } }, [
        'False',
        'BuildFailed',
        "post build failed for 'web': substitute from 'ConfigMap/cluster-vars' error: configmaps \"cluster-vars\" not found",
      ]),
      goodGit(),
      idle(),
    ],
    { cause: 'ConfigMapMissing', at: /cluster-vars/, proof: /cluster-vars/, fix: /create|ConfigMap/i },
  ),
  built('SOPS key missing', 'AWS KMS refuses', [
    'failed to decrypt and decode Secret/apps/db: cannot get sops data key: Error getting data key: 0 successful groups required, got 0: error decrypting key: failed to decrypt sops data key with AWS KMS: operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: x, AccessDeniedException: User: arn:aws:sts::1:assumed-role/flux/1 is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x',
    { cause: ['DecryptionKeyDenied', 'DecryptionKeyMissing', 'DecryptionDenied'], proof: /kms:Decrypt/, fix: /kms|key|role|permission/i },
  ]),
  built('SOPS key missing', 'age identity is another', [
    'Secret/apps/db SOPS decryption failed: error decrypting sops tree: Error getting data key: 0 successful groups required, got 0: failed to decrypt sops data key with age: no identity matched any of the recipients',
    { cause: 'DecryptionKeyMissing', proof: /no identity matched/, fix: /age|key/i },
  ]),
  built('kustomize build error', 'JSON 6902', [
    'kustomize build failed: add operation does not apply: doc is missing path: "/spec/template/spec/nodeSelector/zone": missing value',
    { cause: ['PatchPathMissing', 'PatchTargetMissing', 'PatchFailed', 'PatchInvalid'], proof: /missing path/, fix: /patch|path/i },
  ]),
  built(
    'kustomize build error',
    'resource is missing',
    [
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'ingress.yaml': open /tmp/kustomization-1/deploy/ingress.yaml: no such file or directory': must build at directory: '/tmp/kustomization-1/deploy/ingress.yaml': file is not directory",
      { cause: 'ResourceFileMissing', proof: /ingress\.yaml/, fix: /ingress\.yaml|kustomization\.yaml|resources/ },
    ],
    [restartedOnce()],
  ),
  (() => {
    const db = object('postgresql.cnpg.io/v1', 'Cluster', 'db', { status: { phase: 'Failed', conditions: [] } })
    return fault(
      'health expression',
      'failed',
      [
        ks(
          'apps',
          {
            wait: true,
            healthCheckExprs: [
              {
                apiVersion: 'postgresql.cnpg.io/v1',
                kind: 'Cluster',
                failed: "status.phase == 'Failed'",
                current: "status.phase == 'Healthy'",
              },
            ],
          },
          [
            'False',
            'HealthCheckFailed',
            "health check failed after 30s: failed early due to stalled resources: [Cluster/apps/db status: 'Failed']",
          ],
          inventory(db),
        ),
        goodGit(),
        db,
      ],
      {
        cause: ['HealthExpressionFailed', 'NotReady', 'HealthTimeout', 'HealthCheckFailed'],
        at: /Cluster\/apps\/db/,
        proof: /status\.phase/,
        fix: /.{10}/,
      },
    )
  })(),
  fault(
    'health timeout',
    'a name that is not there',
    [
      ks(
        'apps',
        { healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'apii', namespace: 'apps' }] },
        ['False', 'HealthCheckFailed', "health check failed after 2m0s: timeout waiting for: [Deployment/apps/apii status: 'NotFound']"],
        inventory(deployment('api', { available: true })),
      ),
      goodGit(),
      deployment('api', { available: true }),
    ],
    { cause: ['DoesNotExist', 'HealthCheckMissing', 'ObjectMissing'], at: /apii|Kustomization/, proof: /apii/, fix: /healthChecks/ },
  ),
  helm('bad values', 'schema', [
    'InstallFailed',
    "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- replicaCount: Invalid type. Expected: integer, given: string\n",
    { cause: ['ValuesInvalid', 'ChartValuesInvalid', 'ChartNeedsValue', 'ValuesRefused'], proof: /replicaCount/, fix: /values/ },
  ]),
  helm(
    'resource exists',
    'ServiceAccount',
    [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: ServiceAccount "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"',
      { cause: 'ResourceExists', proof: /cannot be imported/, fix: /.{10}/ },
    ],
    [restartedOnce()],
  ),
  helm('cluster too old', 'kubeVersion', [
    'InstallFailed',
    'Helm install failed for release apps/web with chart web@1.2.3: chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.28.4',
    {
      cause: ['KubeVersionIncompatible', 'ChartIncompatible', 'KubeVersionTooOld', 'ChartNeedsKubeVersion'],
      proof: /kubeVersion/,
      fix: /version/i,
    },
  ]),
  helm('missing CRD', 'ServiceMonitor', [
    'UpgradeFailed',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first',
    { cause: 'MissingCRD', proof: /ServiceMonitor/, fix: /CRD|CustomResourceDefinition|install/ },
  ]),
  (() => {
    const job = object('batch/v1', 'Job', 'web-migrate', {
      metadata: { annotations: { 'helm.sh/hook': 'pre-upgrade' }, labels: { 'app.kubernetes.io/instance': 'web' } },
      spec: { template: {} },
      status: {
        failed: 7,
        conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
      },
    })
    return helm(
      'hook fails',
      'pre-upgrade',
      [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: pre-upgrade hooks failed: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n',
        { cause: ['HookFailed', 'JobFailed', 'ContainerExits'], proof: /BackoffLimitExceeded|exit code 3|backoff limit/, fix: /log/ },
      ],
      [
        job,
        pod(job, {
          phase: 'Failed',
          container: { state: ended(3, 'Error', 'ERROR: relation "users" already exists') },
          spec: { restartPolicy: 'Never' },
        }),
      ],
    )
  })(),
  (() => {
    const { all, deployment: dep } = chain(
      { phase: 'Running', container: crashing(1, 'Error', 'panic: DATABASE_URL is not set') },
      { name: 'web' },
    )
    const labelled = {
      ...dep,
      metadata: {
        ...dep.metadata,
        labels: {
          'helm.toolkit.fluxcd.io/name': 'web',
          'helm.toolkit.fluxcd.io/namespace': 'apps',
          'app.kubernetes.io/managed-by': 'Helm',
        },
        annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'apps' },
      },
    } as KubeObject
    return helm(
      'crash loop',
      'under a release',
      [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded',
        { cause: ['CrashLoop', 'ContainerExits'], at: /^Pod\/apps\/web/, proof: /DATABASE_URL/, fix: /DATABASE_URL/ },
      ],
      all.filter(o => o.kind !== 'Kustomization').map(o => (o.kind === 'Deployment' ? labelled : o)),
    )
  })(),
  fault(
    'dependsOn loop',
    'three releases',
    [
      release('web', { dependsOn: [{ name: 'api' }] }, ['False', 'DependencyNotReady', "dependency 'apps/api' is not ready"]),
      release('api', { dependsOn: [{ name: 'db' }] }, ['False', 'DependencyNotReady', "dependency 'apps/db' is not ready"]),
      release('db', { dependsOn: [{ name: 'web' }] }, ['False', 'DependencyNotReady', "dependency 'apps/web' is not ready"]),
      goodCharts(),
    ],
    { cause: 'DependencyLoop', proof: /db|api/, fix: /dependsOn/ },
  ),
  fetched(
    'auth',
    'no password by GitHub',
    [
      gitFails(
        "failed to checkout and determine revision: unable to clone 'https://github.com/acme/infra': authentication required: Support for password authentication was removed on August 13, 2021.",
        { url: 'https://github.com/acme/infra', secretRef: { name: 'git' } },
      ),
      { cause: ['GitAuthFailed'], proof: /password authentication/, fix: /secretRef|token/ },
    ],
    [object('v1', 'Secret', 'git', { data: { username: 'eA==', password: 'eA==' } })],
  ),
  fetched(
    'host key',
    'changed',
    [
      gitFails(
        "failed to checkout and determine revision: unable to list remote for 'ssh://git@gitlab.corp/acme/x': ssh: handshake failed: knownhosts: key mismatch",
        { url: 'ssh://git@gitlab.corp/acme/x', secretRef: { name: 'ssh' } },
      ),
      { cause: 'SshHostKey', proof: /key mismatch/, fix: /known_hosts/ },
    ],
    [object('v1', 'Secret', 'ssh', { data: { identity: 'eA==', known_hosts: 'eA==' } })],
  ),
  fetched(
    'TLS',
    'certificate of the Git server ended',
    [
      gitFails(
        'failed to checkout and determine revision: unable to list remote for \'https://git.corp.local/x.git\': Get "https://git.corp.local/x.git/info/refs?service=git-upload-pack": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-01T00:00:00Z is after 2026-02-11T00:00:00Z',
      ),
      { cause: 'CertificateExpired', proof: /has expired/, fix: /renew|certificate/i },
    ],
    [restartedOnce()],
  ),
  fetched('branch missing', 'go-git', [
    gitFails(
      "failed to checkout and determine revision: unable to clone 'https://git.example.com/org/repo': couldn't find remote ref \"refs/heads/release-2\"",
      { ref: { branch: 'release-2' } },
    ),
    { cause: 'GitRefNotFound', proof: /release-2/, fix: /ref|branch/ },
  ]),
  fetched('bad semver', 'no tag of the repository', [
    gitFails('failed to checkout and determine revision: no match found for semver: >=9.0.0', { ref: { semver: '>=9.0.0' } }),
    { cause: 'SemverNoMatch', proof: />=9\.0\.0/, fix: /semver|tag/ },
  ]),
  fetched(
    'auth',
    'key is not known to the server',
    [
      gitFails(
        "failed to checkout and determine revision: unable to list remote for 'ssh://git@github.com/acme/x': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
        { url: 'ssh://git@github.com/acme/x', secretRef: { name: 'ssh' } },
      ),
      { cause: 'GitAuthFailed', proof: /unable to authenticate/, fix: /key/ },
    ],
    [object('v1', 'Secret', 'ssh', { data: { identity: 'eA==', known_hosts: 'eA==' } })],
  ),
  fetched('bucket', 'no access', [
    bucket('manifests', {}, ['False', 'BucketOperationFailed', "bucket 'manifests' not found or access denied: Access Denied."]),
    {
      cause: ['BucketAccessDenied', 'BucketNotFound', 'RegistryDenied', 'RequestForbidden', 'BucketDenied'],
      proof: /Access Denied/,
      fix: /secretRef|credential|permission|right|access/i,
    },
  ]),
  fetched(
    'bucket',
    'wrong secret key',
    [
      bucket('manifests', { secretRef: { name: 's3' } }, [
        'False',
        'BucketOperationFailed',
        "confirming existence of bucket 'manifests' failed: The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      ]),
      {
        cause: ['BucketUnauthorized', 'BucketAccessDenied', 'BucketAuthFailed', 'RegistryUnauthorized', 'RequestUnauthorized'],
        proof: /request signature/,
        fix: /secret ?key|secretRef|credential|accesskey/i,
      },
    ],
    [object('v1', 'Secret', 's3', { data: { accesskey: 'eA==', secretkey: 'eA==' } })],
  ),
  fetched(
    'verification',
    'cosign, none matches',
    [
      oci('app', { verify: { provider: 'cosign', secretRef: { name: 'cosign-pub' } } }, [
        'False',
        'VerificationError',
        "failed to verify the signature using provider 'cosign': no matching signatures were found for 'oci://registry.example.com/org/app@sha256:abcd'",
      ]),
      { cause: 'VerificationFailed', proof: /no matching signatures/, fix: /sign|verify/ },
    ],
    [object('v1', 'Secret', 'cosign-pub', { data: { 'cosign.pub': 'eA==' } })],
  ),
  fetched(
    'registry 401',
    'GitLab',
    [
      oci('app', { url: 'oci://registry.gitlab.com/acme/app', secretRef: { name: 'gl' } }, [
        'False',
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: GET https://gitlab.com/jwt/auth?scope=repository%3Aacme%2Fapp%3Apull&service=container_registry: DENIED: access forbidden',
      ]),
      { cause: ['RegistryDenied', 'RegistryUnauthorized'], proof: /access forbidden/, fix: /secretRef|credential|token/ },
    ],
    [object('v1', 'Secret', 'gl', { data: { '.dockerconfigjson': 'eA==' } }), idle()],
  ),
  fetched('expired token', 'Azure client secret', [
    oci('app', { url: 'oci://acme.azurecr.io/app', provider: 'azure' }, [
      'False',
      'AuthenticationFailed',
      'failed to get credential from azure: ClientSecretCredential authentication failed. POST https://login.microsoftonline.com/x/oauth2/v2.0/token RESPONSE 401 Unauthorized "AADSTS7000222: The provided client secret keys for app \'1\' are expired."',
    ]),
    { cause: ['TokenExpired', 'CredentialsExpired'], proof: /AADSTS7000222/, fix: /renew|new|refresh|issue/i },
  ]),
  fault(
    'wrong digest',
    'artifact changed on the way',
    [
      ks('apps', {}, [
        'False',
        'ArtifactFailed',
        "failed to download archive: failed to verify archive: computed digest doesn't match 'sha256:0000' (calculated 'sha256:1111')",
      ]),
      goodGit(),
    ],
    { cause: ['WrongDigest', 'ArtifactInvalid'], proof: /computed digest|1111/, fix: /.{10}/ },
  ),
  fault(
    'wrong digest',
    'an OCI reference that was never pushed',
    [
      oci('app', { ref: { digest: `sha256:${'b'.repeat(64)}` } }, [
        'False',
        'OCIArtifactPullFailed',
        `failed to determine artifact digest: GET https://registry.example.com/v2/org/app/manifests/sha256:${'b'.repeat(64)}: MANIFEST_UNKNOWN: manifest unknown`,
      ]),
    ],
    { cause: ['WrongDigest', 'TagNotFound', 'DigestNotFound'], proof: /MANIFEST_UNKNOWN/, fix: /digest|push/ },
  ),
  fault(
    'image scan',
    'Docker Hub',
    [
      imageRepository('web', { image: 'acme/web' }, [
        'False',
        'ReadOperationFailed',
        'scan failed: GET https://auth.docker.io/token?scope=repository%3Aacme%2Fweb%3Apull&service=registry.docker.io: unexpected status code 401 Unauthorized: {"details":"incorrect username or password"}',
      ]),
    ],
    { cause: ['RegistryUnauthorized'], proof: /401/, fix: /secretRef|credential/ },
  ),
  fault(
    'image policy',
    'no tag matches',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
        spec: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '5.x' } } },
        status: {
          observedGeneration: 1,
          conditions: conditions(['Ready', 'False', 'Failure', 'unable to determine latest version from provided list']),
        },
      }),
      imageRepository('web', {}, ['True', 'Succeeded', 'successful scan: found 3 tags'], {
        lastScanResult: { tagCount: 3, latestTags: ['1.0.0'] },
      }),
    ],
    { cause: ['SemverNoMatch', 'ImagePolicyNoMatch', 'NoTagMatches'], proof: /latest version/, fix: /tag|range|filter/i },
  ),
  fault(
    'registry 401',
    'a repository of charts',
    [
      release('web', {}, [
        'False',
        'SourceNotReady',
        "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
      ]),
      helmRepository('charts', { secretRef: { name: 'basic' } }, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
      ]),
      object('v1', 'Secret', 'basic', { data: { username: 'eA==', password: 'eA==' } }),
      restartedOnce(),
    ],
    {
      cause: ['RegistryUnauthorized', 'IndexUnauthorized', 'RequestUnauthorized'],
      at: /HelmRepository\/apps\/charts/,
      proof: /401/,
      fix: /secretRef|credential/,
    },
  ),
  fault(
    'namespace terminating',
    'an object has a finalizer',
    [
      ks('apps', {}, [
        'False',
        'ReconciliationFailed',
        'ConfigMap/old/settings dry-run failed (Forbidden): configmaps "settings" is forbidden: unable to create new content in namespace old because it is being terminated',
      ]),
      goodGit(),
      namespace('old', {
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
        spec: { finalizers: ['kubernetes'] },
        status: {
          phase: 'Terminating',
          conditions: conditions(
            [
              'NamespaceContentRemaining',
              'True',
              'SomeResourcesRemain',
              'Some resources are remaining: challenges.acme.cert-manager.io has 1 resource instances',
            ],
            [
              'NamespaceFinalizersRemaining',
              'True',
              'SomeFinalizersRemain',
              'Some content in the namespace has finalizers remaining: finalizer.acme.cert-manager.io in 1 resource instances',
            ],
          ),
        },
      }),
    ],
    {
      cause: ['NamespaceTerminating', 'FinalizerStuck'],
      at: /old|Kustomization/,
      proof: /terminated|finalizer/,
      fix: /finalizer|delet|namespace/i,
    },
  ),
  fault(
    'certificate',
    'its issuer is missing',
    [
      ks(
        'apps',
        { wait: true },
        ['False', 'HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [Certificate/apps/web status: 'InProgress']"],
        inventory(object('cert-manager.io/v1', 'Certificate', 'web')),
      ),
      goodGit(),
      object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: { secretName: 'web-tls', issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt-prod' } },
        status: {
          conditions: conditions(
            ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          ),
        },
      }),
      object('cert-manager.io/v1', 'CertificateRequest', 'web-1', {
        metadata: {
          ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'x', controller: true }],
          annotations: { 'cert-manager.io/certificate-name': 'web' },
        },
        spec: { issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt-prod' } },
        status: {
          conditions: conditions(
            ['Approved', 'True', 'cert-manager.io', 'ok'],
            [
              'Ready',
              'False',
              'Pending',
              'Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "letsencrypt-prod" not found',
            ],
          ),
        },
      }),
    ],
    {
      cause: ['IssuerMissing', 'DoesNotExist', 'ObjectMissing', 'NotReady'],
      at: /web-1|letsencrypt-prod|Certificate/,
      proof: /letsencrypt-prod/,
      fix: /letsencrypt-prod|issuer/i,
    },
  ),
  fault(
    'not ready',
    'an object of another operator',
    [
      ks(
        'apps',
        { wait: true },
        ['False', 'HealthCheckFailed', "health check failed after 5m0s: timeout waiting for: [Kafka/apps/events status: 'InProgress']"],
        inventory(object('kafka.strimzi.io/v1beta2', 'Kafka', 'events')),
      ),
      goodGit(),
      object('kafka.strimzi.io/v1beta2', 'Kafka', 'events', {
        status: {
          conditions: conditions(
            ['NotReady', 'True', 'InvalidResourceException', 'Kafka events-kafka-0: storage class fast does not exist'],
            ['Warning', 'True', 'DeprecatedFields', 'x'],
          ),
        },
      }),
      restartedOnce(),
    ],
    {
      cause: ['NotReady', 'InvalidResourceException', 'HealthTimeout', 'StorageClassMissing'],
      at: /Kafka\/apps\/events/,
      proof: /storage class fast/,
      fix: /.{10}/,
    },
  ),
  fault(
    'suspended',
    'a source below a Kustomization that waits',
    [
      ks('apps', { dependsOn: [{ name: 'base' }] }, ['False', 'DependencyNotReady', "dependency 'apps/base' is not ready"]),
      ks('base', { suspend: true }, ['False', 'ArtifactFailed', 'Source artifact not found, retrying in 30s']),
      goodGit(),
      ks('ok', {}, readyTrue),
    ],
    { cause: 'Suspended', at: /base/, proof: /suspend/, fix: /resume/ },
  ),
]
