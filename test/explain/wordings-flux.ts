import { applied, built, fault, type FaultCase, helm } from './case.ts'
import {
  bucket,
  buildFails,
  conditions,
  git,
  goodCharts,
  goodGit,
  helmChart,
  helmRepository,
  imageRepository,
  ks,
  object,
  oci,
  readyTrue,
  refused,
  release,
  sourceWaits,
} from './objects.ts'

const byOci = { sourceRef: { kind: 'OCIRepository', name: 'repo' } }
const cloned = (message: string) => ['False', 'GitOperationFailed', `failed to checkout and determine revision: ${message}`] as const
type Said = readonly [says: string, message: string, cause: string | readonly string[], proof: RegExp]

const gits = (rows: readonly Said[]): FaultCase[] =>
  rows.map(([says, message, cause, proof]) =>
    fault(
      'git',
      says,
      [
        ks('apps', {}, sourceWaits),
        git('repo', { secretRef: { name: 'auth' } }, cloned(message)),
        object('v1', 'Secret', 'auth', {
          type: 'Opaque',
          data: { username: 'eA==', password: 'eA==', identity: 'eA==', known_hosts: 'eA==' },
        }),
      ],
      {
        cause,
        at: /GitRepository\/apps\/repo|Secret\/apps\/auth/,
        proof,
        fix: /./,
      },
    ),
  )
const ocis = (rows: readonly Said[]): FaultCase[] =>
  rows.map(([says, message, cause, proof]) =>
    fault(
      'oci',
      says,
      [
        ks('apps', byOci, sourceWaits),
        oci('repo', {}, ['False', message.startsWith('failed to verify') ? 'VerificationError' : 'OCIArtifactPullFailed', message]),
      ],
      {
        cause,
        at: /OCIRepository\/apps\/repo/,
        proof,
        fix: /./,
      },
    ),
  )
const applies = (rows: readonly Said[]): FaultCase[] =>
  rows.map(([says, message, cause, proof]) => applied('apply', says, [message, { cause, proof, fix: /./ }]))
const builds = (rows: readonly Said[]): FaultCase[] =>
  rows.map(([says, message, cause, proof]) => built('build', says, [message, { cause, proof, fix: /./ }]))
const helms = (rows: readonly (readonly [...Said, string?])[]): FaultCase[] =>
  rows.map(([says, message, cause, proof, reason = 'InstallFailed']) => helm('helm', says, [reason, message, { cause, proof, fix: /./ }]))

const denied = ['RegistryDenied', 'RegistryUnauthorized']
/** Faults of sources, builds, applies and releases, in words that the rules were not written for. */
export const fluxWordings: readonly FaultCase[] = [
  ...gits([
    [
      '403 by go-git',
      "unable to list remote for 'https://github.com/acme/fleet': authorization failed",
      'GitAuthFailed',
      /authorization failed/,
    ],
    [
      'SSH key refused',
      "unable to clone 'ssh://git@github.com/acme/fleet': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      'GitAuthFailed',
      /unable to authenticate/,
    ],
    [
      'SSH host unknown',
      "unable to clone 'ssh://git@gitlab.corp/acme/fleet': ssh: handshake failed: knownhosts: key is unknown",
      'SshHostKey',
      /key is unknown/,
    ],
    [
      'GitLab basic',
      "unable to clone 'https://gitlab.corp/acme/fleet.git': authentication required: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password.",
      ['GitAuthFailed', 'TokenExpired'],
      /Access denied/,
    ],
    [
      'no answer in time',
      'unable to clone \'https://git.corp/acme/fleet\': Get "https://git.corp/acme/fleet/info/refs?service=git-upload-pack": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      ['NoAnswer', 'PeerUnreachable'],
      /Client\.Timeout/,
    ],
    [
      'SSH read timeout',
      "unable to clone 'ssh://git@github.com/xxx/yyy': ssh: handshake failed: read tcp 11.11.1.11:45906->140.82.121.4:22: read: connection timed out",
      ['NoAnswer', 'PeerUnreachable'],
      /timed out/,
    ],
    [
      'DNS',
      'unable to list remote for \'https://git.internal/a/b\': Get "https://git.internal/a/b/info/refs?service=git-upload-pack": dial tcp: lookup git.internal on 10.96.0.10:53: server misbehaving',
      'DnsFailure',
      /server misbehaving/,
    ],
    [
      'commit is gone',
      "unable to resolve commit object for '363a6a8fe6a7f13e05d34c163b0ef02a777da20a': object not found",
      'GitRefNotFound',
      /object not found/,
    ],
    [
      'repository disabled',
      'unable to clone \'https://dev.azure.com/acme/_git/fleet\': unexpected client error: unexpected requesting "https://dev.azure.com/acme/_git/fleet/info/refs?service=git-upload-pack" status code: 503',
      ['ServerError', 'PeerUnreachable'],
      /503/,
    ],
    [
      'proxy',
      'unable to clone \'https://github.com/a/b\': Get "https://github.com/a/b/info/refs?service=git-upload-pack": proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: no route to host',
      ['ProxyFailed', 'PeerUnreachable'],
      /proxyconnect/,
    ],
  ]),
  fault(
    'git',
    'commit signature',
    [
      ks('apps', {}, sourceWaits),
      git('repo', {}, [
        'False',
        'InvalidCommitSignature',
        "signature verification of commit '5394cb7' failed: unable to verify Git commit: unable to verify payload with any of the given key rings",
      ]),
    ],
    { cause: 'VerificationFailed', at: /GitRepository/, proof: /key rings/, fix: /./ },
  ),
  fault(
    'git',
    'Secret is not there',
    [
      ks('apps', {}, sourceWaits),
      git('repo', { secretRef: { name: 'git-creds' } }, [
        'False',
        'AuthenticationFailed',
        'failed to get secret \'apps/git-creds\': secrets "git-creds" not found',
      ]),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/git-creds/, proof: /git-creds/, fix: /Secret/ },
  ),
  ...ocis([
    [
      'GHCR token',
      'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aacme%2Fmanifests%3Apull&service=ghcr.io: DENIED: denied',
      denied,
      /DENIED/,
    ],
    [
      'ECR policy',
      "failed to pull artifact from 'oci://1234.dkr.ecr.eu-west-1.amazonaws.com/m': GET https://1234.dkr.ecr.eu-west-1.amazonaws.com/v2/m/manifests/latest: unexpected status code 403 Forbidden: User: arn:aws:sts::1234:assumed-role/node/i-0 is not authorized to perform: ecr:BatchGetImage on resource",
      denied,
      /BatchGetImage/,
    ],
    [
      'ACR',
      'failed to determine artifact digest: GET https://acme.azurecr.io/oauth2/token?scope=repository%3Am%3Apull&service=acme.azurecr.io: UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization for more information.',
      denied,
      /UNAUTHORIZED/,
    ],
    [
      'semver',
      "failed to determine the artifact tag for 'oci://ghcr.io/acme/m': no match found for semver: >=7.0.0",
      'SemverNoMatch',
      />=7/,
    ],
    [
      'keyless',
      "failed to verify the signature using provider 'cosign keyless': no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://github.com/x/y/.github/workflows/z.yml@refs/heads/main] with issuer https://token.actions.githubusercontent.com",
      'VerificationFailed',
      /none of the expected/,
    ],
    [
      'notation',
      "failed to verify the signature using provider 'notation': signature is not produced by a trusted signer",
      'VerificationFailed',
      /trusted signer/,
    ],
    [
      'tag',
      'failed to determine artifact digest: GET https://harbor.corp/v2/acme/m/manifests/v9: NOT_FOUND: artifact acme/m:v9 not found',
      'TagNotFound',
      /v9 not found/,
    ],
    [
      'plain HTTP',
      'failed to determine artifact digest: Get "https://zot.local:5000/v2/": http: server gave HTTP response to HTTPS client',
      ['PlainHttp', 'ImagePlainHttp'],
      /HTTP response/,
    ],
    [
      'rate',
      'failed to determine artifact digest: GET https://index.docker.io/v2/acme/m/manifests/latest: TOOMANYREQUESTS: You have reached your pull rate limit.',
      'RateLimited',
      /TOOMANY/,
    ],
  ]),
  fault(
    'helm repository',
    'private CA',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.corp.local/index.yaml": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ]),
    ],
    { cause: 'TlsUnknownAuthority', at: /HelmRepository/, proof: /x509/, fix: /certSecretRef|ca/i },
  ),
  fault(
    'helm repository',
    'no index',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://acme.github.io/charts/index.yaml : 404 Not Found',
      ]),
    ],
    { cause: 'IndexNotFound', at: /HelmRepository/, proof: /404/, fix: /url/ },
  ),
  fault(
    'helm chart',
    'version',
    [
      release('web', {}, [
        'False',
        'SourceNotReady',
        "HelmChart 'apps/apps-web' is not ready: invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '>=99' found",
      ]),
      helmChart('apps-web', { version: '>=99' }, [
        'False',
        'InvalidChartReference',
        "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '>=99' found",
      ]),
      goodCharts(),
    ],
    { cause: 'ChartVersionNotFound', at: /HelmRelease|HelmChart/, proof: />=99/, fix: /version/ },
  ),
  fault(
    'bucket',
    'unknown key',
    [
      bucket('m', { secretRef: { name: 's3' } }, [
        'False',
        'BucketOperationFailed',
        "failed to confirm existence of 'manifests' bucket: The Access Key Id you provided does not exist in our records.",
      ]),
      object('v1', 'Secret', 's3', { data: { accesskey: 'eA==', secretkey: 'eA==' } }),
    ],
    { cause: 'RegistryUnauthorized', at: /Bucket|Secret/, proof: /Access Key/, fix: /./ },
  ),
  fault('bucket', 'not there', [bucket('m', {}, ['False', 'BucketOperationFailed', "bucket 'manifests' not found"])], {
    cause: 'BucketNotFound',
    at: /Bucket/,
    proof: /not found/,
    fix: /./,
  }),
  fault(
    'image',
    'Docker Hub login',
    [
      imageRepository('app', {}, [
        'False',
        'ReadOperationFailed',
        'GET https://auth.docker.io/token?scope=repository%3Aacme%2Fapp%3Apull&service=registry.docker.io: unexpected status code 401 Unauthorized: {"details":"incorrect username or password"}',
      ]),
    ],
    { cause: denied, at: /ImageRepository/, proof: /401/, fix: /./ },
  ),
  fault(
    'image',
    'push refused',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'bump', {
        spec: { interval: '5m', sourceRef: { kind: 'GitRepository', name: 'repo' } },
        status: {
          observedGeneration: 1,
          conditions: conditions([
            'Ready',
            'False',
            'GitOperationFailed',
            "failed to push to remote: failed to push to remote: unable to push to 'ssh://git@github.com/acme/fleet': unknown error: ERROR: The key you are authenticating with has been marked as read only.",
          ]),
        },
      }),
      goodGit(),
    ],
    { cause: 'PushDenied', at: /ImageUpdateAutomation|GitRepository|Secret/, proof: /read only/, fix: /write|key|access/ },
  ),
  ...builds([
    [
      'file',
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'ingress.yaml': open /tmp/kustomization-12/apps/ingress.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-12/apps/ingress.yaml' : lstat /tmp/kustomization-12/apps/ingress.yaml: no such file or directory",
      ['ResourceFileMissing', 'FileMissing'],
      /ingress\.yaml/,
    ],
    ['path', 'kustomization path not found: stat /tmp/kustomization-98/apps/prod: no such file or directory', 'PathNotFound', /apps\/prod/],
    [
      'YAML',
      'failed to generate Kustomization: failed to decode Kubernetes YAML from /tmp/kustomization-12/apps/web.yaml: MalformedYAMLError: yaml: line 12: did not find expected key',
      'YamlInvalid',
      /line 12/,
    ],
    [
      'patch',
      'kustomize build failed: no matches for Id Deployment.v1.apps/web.[noNs]; failed to find unique target for patch Deployment.v1.apps/web.[noNs]',
      'PatchTargetMissing',
      /Deployment\.v1\.apps\/web/,
    ],
    [
      'JSON patch',
      'kustomize build failed: add operation does not apply: doc is missing path: "/spec/template/spec/containers/0/env/-": missing value',
      ['PatchFailed', 'PatchTargetMissing', 'BuildFailed'],
      /missing path/,
    ],
    [
      'twice',
      "kustomize build failed: accumulating resources: accumulation err='merging resources from 'b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/settings.apps': got file 'b.yaml', but it must be a directory to be a root",
      'DuplicateResource',
      /already registered/,
    ],
    [
      'remote base',
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'https://github.com/acme/base?ref=v1': URL is a git repository': hit 27s timeout running '/usr/bin/git fetch --depth=1 https://github.com/acme/base v1'",
      'RemoteBaseFailed',
      /27s timeout/,
    ],
    [
      'envsubst',
      "post build failed for 'web': envsubst error: failed to parse: unable to parse variable name",
      'SubstitutionFailed',
      /variable name/,
    ],
    [
      'MAC',
      "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: failed to verify sops data integrity: expected mac 'EE0E', got '9C1A'",
      ['DecryptionFailed', 'DecryptionMacMismatch', 'BuildFailed'],
      /integrity/,
    ],
    [
      'KMS',
      "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  arn:aws:kms:eu-west-1:1:key/2: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation\n      | error KMS: Decrypt, https response error StatusCode: 400,\n      | RequestID: 5, api error\n      | AccessDeniedException: The ciphertext refers to a customer\n      | master key that does not exist",
      'DecryptionKeyDenied',
      /AccessDenied/,
    ],
  ]),
  fault(
    'decryption',
    'no identity',
    [
      ks(
        'apps',
        { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
        buildFails(
          "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1758: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identity matched any of the recipients",
        ),
      ),
      object('v1', 'Secret', 'sops-age', { data: { 'age.agekey': 'eA==' } }),
      goodGit(),
    ],
    { cause: 'DecryptionKeyMissing', proof: /no identity/, fix: /./ },
  ),
  fault(
    'variables',
    'ConfigMap is not there',
    [
      ks(
        'apps',
        { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-settings' }] } },
        buildFails(
          "post build failed for 'web': substitute from 'ConfigMap/cluster-settings' error: configmaps \"cluster-settings\" not found",
        ),
      ),
      goodGit(),
    ],
    { cause: 'ConfigMapMissing', at: /ConfigMap\/apps\/cluster-settings/, proof: /cluster-settings/, fix: /ConfigMap/ },
  ),
  ...applies([
    [
      'kind',
      'ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
      'MissingCRD',
      /ServiceMonitor/,
    ],
    [
      'tenant',
      'Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:tenant" cannot patch resource "deployments" in API group "apps" in the namespace "apps"',
      'RbacDenied',
      /cannot patch/,
    ],
    [
      'Kyverno',
      'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\nrequire-labels:\n  check-team: \'validation error: label team is required. rule check-team failed at path /metadata/labels/team/\'',
      ['PolicyDenied', 'WebhookDenied'],
      /label team/,
    ],
    [
      'Gatekeeper',
      'Namespace/team dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [ns-must-have-owner] you must provide labels: {"owner"}',
      ['PolicyDenied', 'WebhookDenied'],
      /owner/,
    ],
    [
      'admission policy',
      "Deployment/apps/web dry-run failed (Invalid): deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'no-latest-all' denied request: failed expression: object.spec.template.spec.containers.all(c, !c.image.endsWith(':latest'))",
      ['PolicyDenied', 'WebhookDenied'],
      /no-latest/,
    ],
    [
      'conversion',
      'Certificate/apps/web dry-run failed: conversion webhook for cert-manager.io/v1alpha2, Kind=Certificate failed: Post "https://cert-manager-webhook.cert-manager.svc:443/convert?timeout=30s": service "cert-manager-webhook" not found',
      'WebhookUnreachable',
      /cert-manager-webhook/,
    ],
    [
      'webhook CA',
      'ClusterIssuer/le dry-run failed (InternalError): Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      ['WebhookUnreachable', 'TlsUnknownAuthority'],
      /x509/,
    ],
    [
      'webhook without endpoints',
      'Ingress/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": no endpoints available for service "ingress-nginx-controller-admission"',
      'WebhookUnreachable',
      /no endpoints/,
    ],
    [
      'nginx refuses',
      'Ingress/apps/web dry-run failed (BadRequest): admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "app.example.com" and path "/" is already defined in ingress prod/web',
      ['WebhookDenied', 'PolicyDenied'],
      /already defined/,
    ],
    [
      'StatefulSet',
      "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      'ImmutableField',
      /statefulset spec/,
    ],
    [
      'cluster IP',
      'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string{"None"}: may not change once set',
      'ImmutableField',
      /once set/,
    ],
    [
      'node port',
      'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      'PortTaken',
      /30080/,
    ],
    [
      'deadline',
      'CustomResourceDefinition/x.acme.io dry-run failed (Timeout): Timeout: request did not complete within requested timeout - context deadline exceeded',
      ['NoAnswer', 'AdmissionTimeout', 'ServerError', 'ClusterUnreachable'],
      /requested timeout/,
    ],
    [
      'metadata too long',
      'ConfigMap/apps/dash dry-run failed (Invalid): ConfigMap "dash" is invalid: metadata.annotations: Too long: must have at most 262144 bytes',
      'InvalidObject',
      /262144/,
    ],
    [
      'PVC shrinks',
      'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      ['VolumeResizeFailed', 'VolumeCannotShrink', 'ImmutableField', 'InvalidObject'],
      /resize/,
    ],
  ]),
  ...helms([
    [
      'not its own',
      'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: ServiceAccount "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"',
      'ResourceExists',
      /cannot be imported/,
    ],
    [
      'locked',
      'Helm upgrade failed for release apps/web with chart web@1.2.4: another operation (install/upgrade/rollback) is in progress',
      'ReleaseLocked',
      /in progress/,
      'UpgradeFailed',
    ],
    [
      'schema',
      "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- (root): replicas is required\n- service.port: Invalid type. Expected: integer, given: string",
      ['ValuesInvalid', 'TemplateFailed', 'ChartNeedsValue'],
      /service\.port/,
    ],
    [
      'nil',
      'Helm install failed for release apps/web with chart web@1.2.3: template: web/templates/deployment.yaml:24:20: executing "web/templates/deployment.yaml" at <.Values.image.repository>: nil pointer evaluating interface {}.repository',
      ['TemplateFailed', 'ChartNeedsValue'],
      /nil pointer/,
    ],
    [
      'required',
      'Helm install failed for release apps/web with chart web@1.2.3: execution error at (web/templates/secret.yaml:5:14): A valid .Values.auth.password is required!',
      ['ChartNeedsValue', 'TemplateFailed'],
      /auth\.password/,
    ],
    [
      'API gone',
      'Helm upgrade failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "web" namespace: "" from "": no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"\nensure CRDs are installed first',
      ['MissingCRD', 'ApiVersionGone'],
      /policy\/v1beta1/,
      'UpgradeFailed',
    ],
    [
      'selector',
      'Helm upgrade failed for release apps/web with chart web@2.0.0: cannot patch "web" with kind Deployment: Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"web"}}: field is immutable',
      'ImmutableField',
      /immutable/,
      'UpgradeFailed',
    ],
    [
      'hook',
      'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* job web-migrate failed: BackoffLimitExceeded\n\n',
      ['HookFailed', 'JobFailed'],
      /web-migrate/,
    ],
    [
      'tenant',
      'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: clusterroles.rbac.authorization.k8s.io is forbidden: User "system:serviceaccount:apps:tenant" cannot create resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope',
      'RbacDenied',
      /clusterroles/,
    ],
    [
      'cluster silent',
      'Helm install failed for release apps/web with chart web@1.2.3: client rate limiter Wait returned an error: context deadline exceeded',
      ['HealthTimeout', 'NoAnswer', 'ClusterUnreachable', 'InstallFailed'],
      /deadline/,
    ],
  ]),
  fault(
    'values',
    'ConfigMap is not there',
    [
      release('web', { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] }, [
        'False',
        'ValuesError',
        "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yaml': ConfigMap \"web-values\" not found",
      ]),
      goodCharts(),
    ],
    { cause: 'ConfigMapMissing', at: /ConfigMap\/apps\/web-values/, proof: /web-values/, fix: /ConfigMap/ },
  ),
  fault(
    'dependency',
    'loop of three',
    [
      ks('a', { dependsOn: [{ name: 'b' }] }, ['False', 'DependencyNotReady', "dependency 'apps/b' is not ready"]),
      ks('b', { dependsOn: [{ name: 'c' }] }, ['False', 'DependencyNotReady', "dependency 'apps/c' is not ready"]),
      ks('c', { dependsOn: [{ name: 'a' }] }, ['False', 'DependencyNotReady', "dependency 'apps/a' is not ready"]),
      goodGit(),
    ],
    { cause: 'DependencyLoop', proof: /not ready|dependsOn|b/, fix: /dependsOn/ },
  ),
  fault(
    'dependency',
    'not there',
    [
      ks('a', { dependsOn: [{ name: 'infra', namespace: 'flux-system' }] }, [
        'False',
        'DependencyNotReady',
        'dependency \'flux-system/infra\' not found: kustomizations.kustomize.toolkit.fluxcd.io "infra" not found',
      ]),
      goodGit(),
    ],
    { cause: 'DependencyMissing', at: /Kustomization\/flux-system\/infra/, proof: /infra/, fix: /./ },
  ),
  fault(
    'dependency',
    'refused by the API server two steps down',
    [
      ks('a', { dependsOn: [{ name: 'b' }] }, ['False', 'DependencyNotReady', "dependency 'apps/b' is not ready"]),
      ks('b', { dependsOn: [{ name: 'c' }] }, ['False', 'DependencyNotReady', "dependency 'apps/c' is not ready"]),
      ks(
        'c',
        {},
        refused(
          'Ingress/apps/web dry-run failed (Invalid): Ingress.networking.k8s.io "web" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
        ),
      ),
      goodGit(),
      ks('d', {}, readyTrue),
    ],
    { cause: 'InvalidObject', at: /Kustomization\/apps\/c|Ingress/, proof: /pathType/, fix: /./ },
  ),
]
