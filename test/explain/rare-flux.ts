import type { KubeObject } from '../../src/kinds/manifest.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import { bucket, git, goodCharts, helmChart, helmRepository, oci, release, stored } from './objects.ts'
import { besides, failing, fleet, fluxNs, isWell, retrying, runs, within } from './whole.ts'

/** Rarer faults of what Flux reads, builds and applies: [fault, what, message, names that are true, proof, fix]. */
type Row = readonly [name: string, says: string, message: string, cause: Expected['cause'], proof: RegExp, fix?: RegExp]
const of =
  (make: (message: string, name: string) => readonly KubeObject[]) =>
  ([name, says, message, cause, proof, fix = any]: Row, i: number): FaultCase =>
    fault(name, `rare: ${says}`, [...make(message, name), ...besides(i)], { ...(cause ? { cause } : {}), proof, fix })

const builds = (message: string): KubeObject[] => [failing('apps', ['BuildFailed', message]), fleet(), isWell('infra')]
const built: readonly Row[] = [
  [
    'unknown field',
    'of a kustomization file',
    'kustomize build failed: invalid Kustomization: json: unknown field "patchStrategicMerge"',
    ['YamlInvalid', 'InvalidObject', 'BuildFailed'],
    /patchStrategicMerge/,
  ],
  [
    'bad YAML',
    'a line with a slip',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: line 14: did not find expected key in File: deployment.yaml': must build at directory: not a valid directory: '/tmp/kustomization-5/deployment.yaml' is not a directory",
    'YamlInvalid',
    /line 14/,
  ],
  [
    'bad patch',
    'that is no patch',
    'kustomize build failed: trouble configuring builtin PatchTransformer with config: `\npath: patch.yaml\ntarget:\n  kind: Deployment\n`: unable to parse SM or JSON patch from [spec:\n  replicas: 3\n]',
    ['YamlInvalid', 'BuildFailed', 'PatchTargetMissing', 'InvalidObject'],
    /unable to parse SM or JSON patch/,
  ],
  [
    'helm in kustomize',
    'that Flux does not run',
    'kustomize build failed: trouble configuring builtin HelmChartInflationGenerator with config: `\nname: web\nrepo: https://charts.example.com\n`: must specify --enable-helm',
    ['NotSupported', 'BuildFailed'],
    /enable-helm/,
  ],
  [
    'remote base',
    'that needs a login',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'https://github.com/acme/private-base?ref=v1': URL is a git repository': failed to run '/usr/bin/git fetch --depth=1 https://github.com/acme/private-base v1': remote: Repository not found.\nfatal: Authentication failed for 'https://github.com/acme/private-base/'\n: exit status 128",
    ['RemoteBaseFailed', 'GitAuthFailed', 'GitRepositoryNotFound'],
    /private-base/,
  ],
  [
    'object without name',
    'in a list',
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'svc.yaml': missing metadata.name in object {{v1 Service} {{ } map[] map[]}}': must build at directory: not a valid directory",
    ['YamlInvalid', 'InvalidObject', 'BuildFailed'],
    /missing metadata\.name/,
  ],
  [
    'encrypted Secret',
    'without decryption',
    'Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
    'DecryptionNotConfigured',
    /SOPS encrypted/,
  ],
  [
    'SOPS MAC',
    'after a hand edit',
    'decryption failed for \'db\': failed to decrypt and format \'apps/db\' Secret data: cannot decrypt sops tree: sops data integrity: failed to verify data integrity. expected mac "AA", got "BB"',
    'DecryptionMacMismatch',
    /integrity|mac/,
  ],
  [
    'substitution',
    'a function that is unknown',
    "post build failed for 'web': envsubst error: variable substitution failed: unable to parse variable name",
    ['SubstitutionFailed', 'VariableMissing'],
    /unable to parse variable name/,
  ],
  [
    'component missing',
    'that was moved',
    "kustomize build failed: accumulating components: accumulateDirectory: \"couldn't make target for path '/tmp/kustomization-9/components/tls': unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '/tmp/kustomization-9/components/tls'\"",
    ['ResourceFileMissing', 'PathNotFound', 'BuildFailed'],
    /components\/tls/,
  ],
]

const applies = (message: string): KubeObject[] => [
  failing('apps', ['ReconciliationFailed', message], { owns: runs('gateway').slice(0, 1) }),
  fleet(),
  ...runs('gateway'),
]
const refused: readonly Row[] = [
  [
    'policy engine',
    'gatekeeper',
    'Deployment/apps/web dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [container-must-have-limits] container <app> has no resource limits',
    ['WebhookDenied', 'PolicyDenied'],
    /container-must-have-limits/,
  ],
  [
    'CRD version',
    'that is still stored',
    'CustomResourceDefinition/widgets.acme.io dry-run failed (Invalid): CustomResourceDefinition.apiextensions.k8s.io "widgets.acme.io" is invalid: status.storedVersions[0]: Invalid value: "v1alpha1": missing from spec.versions; v1alpha1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1alpha1 and removes v1alpha1 from status.storedVersions',
    undefined,
    /storedVersions/,
    /version|migrat|stored/i,
  ],
  [
    'ingress path',
    'that another Ingress has',
    'Ingress/apps/web dry-run failed (BadRequest): admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "shop.example.com" and path "/" is already defined in ingress apps/shop-old',
    ['WebhookDenied', 'ResourceExists', 'AlreadyExists', 'PolicyDenied'],
    /already defined in ingress/,
  ],
  [
    'annotation too long',
    'a dashboard in a ConfigMap',
    'ConfigMap/apps/dashboard dry-run failed (Invalid): ConfigMap "dashboard" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    ['InvalidObject'],
    /Too long/,
  ],
  [
    'base64',
    'of a Secret',
    'Secret/apps/db dry-run failed (BadRequest): Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 4',
    ['InvalidObject', 'YamlInvalid'],
    /base64/,
  ],
  [
    'requests above limits',
    'of memory',
    'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
    ['InvalidObject'],
    /less than or equal to memory limit/,
  ],
  [
    'selector and labels',
    'differ in a Deployment',
    'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ['SelectorMismatch', 'InvalidObject'],
    /does not match template/,
  ],
  [
    'RBAC escalation',
    'a role that gives more',
    'ClusterRole/operator dry-run failed (Forbidden): clusterroles.rbac.authorization.k8s.io "operator" is forbidden: user "system:serviceaccount:apps:tenant" (groups=["system:serviceaccounts" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}',
    ['RbacEscalation', 'RbacDenied'],
    /not currently held/,
  ],
  [
    'API group down',
    'of metrics',
    'failed to get API group resources: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request',
    ['ApiServiceDown'],
    /metrics\.k8s\.io/,
  ],
  [
    'API server slow',
    'the client gives up',
    'Deployment/apps/web dry-run failed: client rate limiter Wait returned an error: context deadline exceeded',
    ['NoAnswer', 'AdmissionTimeout', 'HealthTimeout', 'ServerError', 'RateLimited'],
    /deadline exceeded/,
  ],
  [
    'webhook timeout',
    'of a mesh',
    'Pod/apps/debug dry-run failed (InternalError): Internal error occurred: failed calling webhook "sidecar-injector.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/inject?timeout=10s": context deadline exceeded',
    ['WebhookUnreachable', 'AdmissionTimeout'],
    /sidecar-injector/,
  ],
  [
    'cluster IP',
    'taken from a Service',
    'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string(nil): primary clusterIP can not be unset',
    ['ImmutableField', 'InvalidObject'],
    /primary clusterIP/,
  ],
  [
    'quota',
    'of load balancers',
    'Service/apps/lb dry-run failed (Forbidden): services "lb" is forbidden: exceeded quota: tenant, requested: services.loadbalancers=1, used: services.loadbalancers=2, limited: services.loadbalancers=2',
    'QuotaExceeded',
    /services\.loadbalancers/,
  ],
  [
    'schema of a custom resource',
    'an enum',
    'Certificate/apps/tls dry-run failed (Invalid): Certificate.cert-manager.io "tls" is invalid: spec.privateKey.algorithm: Unsupported value: "rsa": supported values: "RSA", "ECDSA", "Ed25519"',
    ['InvalidObject'],
    /Unsupported value/,
  ],
  [
    'CEL rule',
    'of a custom resource',
    'Widget/apps/w dry-run failed (Invalid): Widget.acme.io "w" is invalid: spec: Invalid value: "object": maxReplicas must not be below minReplicas',
    ['InvalidObject'],
    /maxReplicas/,
  ],
  [
    'PVC',
    'a request that shrinks',
    'PersistentVolumeClaim/apps/data dry-run failed (Invalid): PersistentVolumeClaim "data" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ['VolumeCannotShrink', 'ImmutableField'],
    /less than/,
  ],
  [
    'kubeconfig missing',
    'of a cluster elsewhere',
    'unable to read KubeConfig secret \'flux-system/prod-kubeconfig\' error: Secret "prod-kubeconfig" not found',
    ['SecretMissing'],
    /prod-kubeconfig/,
  ],
]

const denied = (message: string): KubeObject[] => [failing('apps', ['AccessDenied', message]), fleet()]
const crossing: readonly Row[] = [
  [
    'cross namespace',
    'is blocked',
    "can't access 'GitRepository/team-b/fleet', cross-namespace references have been blocked",
    'AccessDenied',
    /cross-namespace/,
    /namespace/,
  ],
]
const archive = (message: string): KubeObject[] => [failing('apps', ['ArtifactFailed', message]), fleet()]
const fetched: readonly Row[] = [
  [
    'source-controller unreachable',
    'by a network policy',
    'failed to download archive: GET http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz giving up after 10 attempt(s): Get "http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz": dial tcp 10.96.14.2:80: i/o timeout',
    ['NoAnswer', 'ConnectionRefused', 'PeerUnreachable', 'ControllerDown', 'ArtifactFailed'],
    /source-controller/,
  ],
  [
    'artifact digest',
    'of a broken download',
    "failed to download archive: computed digest 'sha256:aa' does not match 'sha256:bb'",
    ['WrongDigest', 'ImageDigestMismatch'],
    /does not match/,
  ],
]

const clones = (message: string): KubeObject[] => [
  within(fluxNs, git('fleet', {}, undefined, retrying('GitOperationFailed', `failed to checkout and determine revision: ${message}`))),
  isWell('apps'),
]
const gits: readonly Row[] = [
  [
    'empty repository',
    'just made',
    "unable to clone 'https://github.com/acme/fleet': remote repository is empty",
    ['GitRepositoryEmpty'],
    /empty/,
  ],
  [
    'git commit',
    'that was force pushed away',
    "unable to resolve commit object for 'c0ffee': object not found",
    ['GitRefNotFound', 'NotFoundThere'],
    /object not found/,
  ],
  [
    'SSH key',
    'that is no key',
    "unable to clone 'ssh://git@github.com/acme/fleet': ssh: no key found",
    ['GitAuthFailed', 'RequestInvalid', 'SshHostKey'],
    /no key found/,
  ],
  [
    'GitHub App',
    'whose installation is gone',
    'failed to get auth options: could not get token for GitHub App: could not refresh installation id 4711\'s token: received non 2xx response status "404 Not Found" when fetching https://api.github.com/app/installations/4711/access_tokens',
    ['GitAuthFailed', 'LoginRefused', 'NotFoundThere', 'GitRepositoryNotFound'],
    /installation/,
  ],
  [
    'SSH',
    'an algorithm that is too old',
    "unable to clone 'ssh://git@git.corp.example/fleet': ssh: handshake failed: ssh: no common algorithm for key exchange; client offered: [curve25519-sha256], server offered: [diffie-hellman-group14-sha1]",
    ['SshAlgorithms'],
    /no common algorithm/,
  ],
  [
    'git rate',
    'a server that limits',
    'unable to clone \'https://gitlab.com/acme/fleet\': unexpected client error: unexpected requesting "https://gitlab.com/acme/fleet/info/refs?service=git-upload-pack" status code: 429',
    ['RateLimited', 'ImageRateLimited'],
    /429/,
  ],
  [
    'git server',
    'that is being repaired',
    'unable to clone \'https://git.corp.example/fleet\': unexpected client error: unexpected requesting "https://git.corp.example/fleet/info/refs?service=git-upload-pack" status code: 503',
    ['ServerError'],
    /503/,
  ],
  [
    'firewall',
    'for SSH',
    "unable to clone 'ssh://git@github.com/acme/fleet': dial tcp 140.82.121.4:22: connect: connection timed out",
    ['NoAnswer', 'PeerUnreachable', 'ConnectionRefused'],
    /timed out/,
  ],
  [
    'submodule',
    'of another host',
    "unable to clone 'https://github.com/acme/fleet': failed to initialize submodule 'vendor/base': authentication required",
    ['GitAuthFailed'],
    /submodule/,
  ],
]

const pulls = (message: string): KubeObject[] => [
  within(fluxNs, oci('shop', { url: 'oci://registry.corp.example/shop' }, undefined, retrying('OCIPullFailed', message))),
]
const head = 'failed to determine artifact digest: Get "https://registry.corp.example/v2/": '
const ocis: readonly Row[] = [
  [
    'registry TLS',
    'a private authority',
    `${head}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    'TlsUnknownAuthority',
    /unknown authority/,
  ],
  [
    'registry plain',
    'as it speaks no TLS',
    `${head}http: server gave HTTP response to HTTPS client`,
    ['PlainHttp', 'ImagePlainHttp'],
    /HTTP response to HTTPS/,
  ],
  [
    'registry name',
    'in another certificate',
    `${head}tls: failed to verify certificate: x509: certificate is valid for registry.local, not registry.corp.example`,
    'TlsWrongHost',
    /is valid for/,
  ],
  [
    'registry down',
    'nothing listens',
    `${head}dial tcp 10.1.2.3:443: connect: connection refused`,
    ['ConnectionRefused', 'RegistryUnreachable'],
    /connection refused/,
  ],
  [
    'workload identity',
    'of a controller in the cloud',
    'failed to get credential from azure: failed to get ACR access token: DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n\tWorkloadIdentityCredential: no client ID specified. Check pod configuration or set ClientID in the options',
    ['LoginRefused', 'ProviderDenied', 'RegistryUnauthorized', 'RequestUnauthorized', 'SettingMissing'],
    /no client ID/,
  ],
  [
    'registry permission',
    'of a cloud',
    'failed to determine artifact digest: GET https://europe-west1-docker.pkg.dev/v2/token?scope=repository%3Aacme%2Fr%2Fshop%3Apull&service=europe-west1-docker.pkg.dev: DENIED: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/acme/locations/europe-west1/repositories/r" (or it may not exist)',
    ['RegistryDenied', 'RegistryUnauthorized', 'ProviderDenied', 'RequestForbidden'],
    /downloadArtifacts/,
  ],
  [
    'disk full',
    'of source-controller',
    'failed to create temporary directory: mkdir /data/shop-7: no space left on device',
    ['DiskFull', 'StorageFull'],
    /no space left/,
  ],
]

const charted = (message: string, name: string): KubeObject[] => {
  const from = name.includes('folder') ? { kind: 'GitRepository', name: 'fleet' } : { kind: 'HelmRepository', name: 'charts' }
  const top = release('web', { chart: { spec: { chart: 'web', sourceRef: from } } }, [
    'False',
    'SourceNotReady',
    "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
  ])
  return [
    top,
    helmChart('apps-web', { chart: 'web', sourceRef: from }, undefined, retrying('ChartPullError', message)),
    goodCharts(),
    fleet(),
  ]
}
const chartRows: readonly Row[] = [
  [
    'chart folder',
    'that is not there',
    "chart pull error: path '/charts/web' does not exist: stat /tmp/helmchart-apps-apps-web-1/source/charts/web: no such file or directory",
    ['ChartNotFound', 'PathNotFound'],
    /charts\/web/,
  ],
  [
    'chart download',
    'is gone',
    'chart pull error: failed to download chart for remote reference: failed to fetch https://charts.example.com/web-1.0.0.tgz : 404 Not Found',
    ['ChartNotFound', 'ChartVersionNotFound', 'NotFoundThere', 'SourceNotFound'],
    /404/,
  ],
  [
    'chart version',
    'that is no range',
    'chart pull error: failed to get chart version for remote reference: improper constraint: latest',
    ['SemverInvalid'],
    /improper constraint/,
  ],
  [
    'chart metadata',
    'no version',
    'chart pull error: failed to load chart from archive: validation: chart.metadata.version is required',
    ['ChartLoadFailed'],
    /metadata\.version/,
  ],
]
const indexed = (message: string): KubeObject[] => [
  within(
    fluxNs,
    helmRepository(
      'acme',
      {},
      undefined,
      retrying('IndexationFailed', `failed to fetch Helm repository index: failed to cache index to temporary file: ${message}`),
    ),
  ),
]
const indexes: readonly Row[] = [
  [
    'index',
    'is a web page',
    'failed to load Helm repository from index YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type repo.IndexFile',
    ['IndexationFailed', 'YamlInvalid', 'IndexNotFound'],
    /unmarshal/,
  ],
  [
    'index login',
    'is refused',
    'failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
    ['RegistryUnauthorized', 'RequestUnauthorized', 'LoginRefused'],
    /401/,
  ],
  [
    'index',
    'answers too late',
    'Get "https://charts.example.com/index.yaml": net/http: TLS handshake timeout',
    ['NoAnswer', 'PeerUnreachable'],
    /handshake timeout/,
  ],
]
const bucketed = (message: string): KubeObject[] => [
  within(fluxNs, bucket('shop', {}, undefined, retrying('BucketOperationFailed', message))),
  within(fluxNs, git('other', {}, stored)),
]
const buckets: readonly Row[] = [
  ['bucket not found', 'in this account', "bucket 'manifests' not found", ['BucketNotFound'], /not found/],
  [
    'bucket access',
    'of a service principal',
    "failed to confirm existence of 'manifests' bucket: HEAD https://acme.blob.core.windows.net/manifests\nRESPONSE 403: 403 This request is not authorized to perform this operation using this permission.\nERROR CODE: AuthorizationPermissionMismatch",
    ['RequestForbidden', 'ProviderDenied', 'RegistryDenied', 'RequestDenied'],
    /AuthorizationPermissionMismatch|403/,
  ],
  [
    'bucket clock',
    'a request that is too old',
    "failed to confirm existence of 'manifests' bucket: The difference between the request time and the server's time is too large.",
    undefined,
    /too large/,
  ],
]

export const rareFlux: readonly FaultCase[] = [
  ...built.map(of(builds)),
  ...refused.map(of(applies)),
  ...crossing.map(of(denied)),
  ...fetched.map(of(archive)),
  ...gits.map(of(clones)),
  ...ocis.map(of(pulls)),
  ...chartRows.map(of(charted)),
  ...indexes.map(of(indexed)),
  ...buckets.map(of(bucketed)),
]
