import { breaks, chartless, releases, refuses, three, unfetched, unsourced, waits, work, jobOf } from './checked.ts'
import { fromPods } from './checked-pods.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import {
  conditions,
  crashing,
  deployment,
  event,
  git,
  goodCharts,
  helmChart,
  helmRepository,
  namespace,
  object,
  oci,
  past,
  pod,
  release,
  running,
} from './objects.ts'
import { failing, fleet, fluxNs, isWell, printing, within } from './whole.ts'

const inFlux = (o: KubeObject) => within(fluxNs, o)
const broken = <K extends typeof git>(make: K, name: string, [spec, reason, message]: readonly [object, string, string]) =>
  make(name, spec as never, undefined, unfetched(reason, message))

const selector = three('bad selector', [
  [
    'a StatefulSet whose template has other labels',
    refuses(
      'shop',
      'StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps "db" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"database"}: `selector` does not match template `labels`',
    ),
    { proof: /does not match template `labels`/, fix: /label|selector/i },
  ],
  [
    'a Service that finds no pod',
    (() => {
      const dep = deployment('web', { available: true })
      const one = pod(dep, { phase: 'Running', ready: true, container: running() })
      const service = object('v1', 'Service', 'web', {
        spec: { selector: { app: 'wbe' }, ports: [{ port: 80, targetPort: 8080 }], clusterIP: '10.0.0.9', type: 'ClusterIP' },
        status: { loadBalancer: {} },
      })
      return [service, object('v1', 'Endpoints', 'web', {}), dep, one]
    })(),
    { at: /^Service\/apps\/web/, proof: /app=wbe|"?app"?: ?"?wbe|selector/, fix: /selector|label/i },
  ],
  [
    'a Deployment of a release',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: 1 error occurred:\n\t* Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app.kubernetes.io/name":"web"}: `selector` does not match template `labels`\n\n',
    ]),
    { proof: /does not match template `labels`/, fix: /label|selector/i },
  ],
])

const crd = three('missing CRD', [
  [
    'a ServiceMonitor that nobody installed',
    refuses('shop', 'ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
    { proof: /no matches for kind "ServiceMonitor"/, fix: /CRD|install|custom ?resource/i },
  ],
  [
    'a chart with a route of Traefik',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "IngressRoute" in version "traefik.io/v1alpha1"\nensure CRDs are installed first',
    ]),
    { at: /^HelmRelease\/apps\/web/, proof: /no matches for kind "IngressRoute"/, fix: /CRD|install/i },
  ],
  [
    'a kind that a sibling installs, without dependsOn',
    [
      ...refuses('shop', 'VaultAuth/apps/shop dry-run failed: no matches for kind "VaultAuth" in version "secrets.hashicorp.com/v1beta1"'),
      isWell('infrastructure'),
    ],
    { proof: /no matches for kind "VaultAuth"/, fix: /CRD|install|dependsOn/i },
  ],
])

const removed = three('removed API version', [
  [
    'a budget of policy/v1beta1',
    refuses('shop', 'PodDisruptionBudget/apps/web dry-run failed: no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"'),
    { proof: /policy\/v1beta1/, fix: /^(?!.*CustomResourceDefinition).*apiVersion/i },
  ],
  [
    'what a release had before the cluster was upgraded',
    releases('web', [
      'UpgradeFailed',
      'Helm upgrade failed for release apps/web with chart web@1.2.3: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "web" namespace: "apps" from "": no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v2beta2"\nensure CRDs are installed first',
    ]),
    { at: /^HelmRelease\/apps\/web/, proof: /autoscaling\/v2beta2/, fix: /^(?!.*CustomResourceDefinition).*apiVersion/i },
  ],
  [
    'a CronJob of batch/v1beta1',
    refuses('shop', 'CronJob/apps/report dry-run failed: no matches for kind "CronJob" in version "batch/v1beta1"'),
    { proof: /batch\/v1beta1/, fix: /^(?!.*CustomResourceDefinition).*apiVersion/i },
  ],
])

const immutable = three('immutable field', [
  [
    'the template of a Job',
    refuses(
      'shop',
      'Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", GenerateName:"", Namespace:""}}: field is immutable',
      [jobOf('migrate', { succeeded: 1 })],
    ),
    { proof: /field is immutable/, fix: /force|delete|recreate|new name/i },
  ],
  [
    'the selector in a release',
    releases(
      'web',
      [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: cannot patch "web" with kind Deployment: Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"web", "tier":"front"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
      ],
      [deployment('web', { available: true })],
    ),
    { at: /^(?:HelmRelease|Deployment)\/apps\/web/, proof: /field is immutable/, fix: /force|delete|recreate/i },
  ],
  [
    'the claim templates of a StatefulSet',
    refuses(
      'shop',
      "StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
    { proof: /updates to statefulset spec/, fix: /force|delete|recreate|orphan/i },
  ],
])

const denied = three('webhook denial', [
  [
    'Gatekeeper about an Ingress',
    refuses(
      'shop',
      'Ingress/apps/web dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [ingress-https-only] Ingress should be https. tls configuration and allow-http=false annotation are required for web',
    ),
    { proof: /\[ingress-https-only\]/, fix: /./ },
  ],
  [
    'Kyverno about the pods of a ReplicaSet',
    (() => {
      const dep = deployment('web', { status: { replicas: 0, unavailableReplicas: 1 } })
      const message =
        'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/apps/web-6d4f-9x was blocked due to the following policies \n\nrequire-ro-rootfs:\n  validate-readOnlyRootFilesystem: \'validation error: Root filesystem must be read-only. rule validate-readOnlyRootFilesystem failed at path /spec/containers/0/securityContext/\'\n'
      return waits([dep, event(dep, 'ReplicaSetCreateError', `Failed to create new replica set "web-6d4f": ${message}`)])
    })(),
    { at: /^(?:Deployment|ReplicaSet)\/apps\/web/, proof: /require-ro-rootfs|read-only/, fix: /readOnlyRootFilesystem|polic/i },
  ],
  [
    'a policy of the API server itself',
    refuses(
      'shop',
      "Deployment/apps/web dry-run failed (Invalid): deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'replicas.acme.io' with binding 'replicas-production' denied request: failed expression: object.spec.replicas <= 5",
    ),
    { proof: /replicas\.acme\.io/, fix: /polic|replicas/i },
  ],
])

const rbac = three('RBAC', [
  [
    'a tenant that wants a ClusterRole',
    [
      failing(
        'tenant',
        [
          'ReconciliationFailed',
          'ClusterRole/tenant-admin dry-run failed (Forbidden): clusterroles.rbac.authorization.k8s.io "tenant-admin" is forbidden: User "system:serviceaccount:flux-system:tenant" cannot patch resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope',
        ],
        { spec: { serviceAccountName: 'tenant' } },
      ),
      fleet(),
      within(fluxNs, object('v1', 'ServiceAccount', 'tenant')),
    ],
    { proof: /cannot patch resource "clusterroles"/, fix: /role|RBAC|bind|grant/i },
  ],
  [
    'an operator that may not list Secrets',
    waits(
      work('Deployment', 'operator', [
        { phase: 'Running', container: crashing(1) },
        [['BackOff', 'Back-off restarting failed container app in pod operator-6d4f-x2x4z_apps(5)']],
      ]).map(o =>
        o.kind === 'Pod'
          ? printing(
              o,
              'I0101 00:00:00.001 1 main.go:88] starting manager\nW0101 00:00:00.120 1 reflector.go:569] failed to list *v1.Secret: secrets is forbidden: User "system:serviceaccount:apps:operator" cannot list resource "secrets" in API group "" in the namespace "apps"\nF0101 00:01:00.002 1 main.go:120] timed out waiting for caches to sync',
            )
          : o,
      ),
    ),
    { at: /^Pod\/apps\/operator/, proof: /cannot list resource "secrets"/, fix: /role|RBAC|bind|grant/i },
  ],
  [
    'a release in the name of an account without rights',
    releases('web', [
      'InstallFailed',
      'Helm install failed for release apps/web with chart web@1.2.3: could not get information about the resource: deployments.apps "web" is forbidden: User "system:serviceaccount:apps:deployer" cannot get resource "deployments" in API group "apps" in the namespace "apps"',
    ]),
    { at: /^HelmRelease\/apps\/web/, proof: /cannot get resource "deployments"/, fix: /role|RBAC|bind|grant/i },
  ],
])

const secret = three('missing Secret', [
  [
    'the credentials of a repository',
    unsourced(
      broken(git, 'app', [
        { url: 'https://github.com/acme/app', secretRef: { name: 'git-auth' } },
        'AuthenticationFailed',
        'failed to get secret \'flux-system/git-auth\': secrets "git-auth" not found',
      ]),
    ),
    { at: /GitRepository\/flux-system\/app|Secret\/flux-system\/git-auth/, proof: /"git-auth" not found/, fix: /secret/i },
  ],
  [
    'the values of a release',
    releases('web', [
      'ValuesError',
      "could not resolve Secret chart values reference 'apps/web-values' with key 'values.yaml': secrets \"web-values\" not found",
    ]),
    { at: /HelmRelease\/apps\/web|Secret\/apps\/web-values/, proof: /"web-values" not found/, fix: /secret/i },
  ],
  [
    'the pull secret of a chart repository',
    chartless(
      'web',
      ['AuthenticationFailed', 'failed to get authentication secret \'apps/charts-auth\': secrets "charts-auth" not found'],
      helmChart('apps-web', {}),
      [
        broken(helmRepository, 'charts', [
          { secretRef: { name: 'charts-auth' } },
          'AuthenticationFailed',
          'failed to get authentication secret \'apps/charts-auth\': secrets "charts-auth" not found',
        ]),
      ],
    ),
    { at: /Helm(?:Repository|Chart)\/apps\/|Secret\/apps\/charts-auth/, proof: /"charts-auth" not found/, fix: /secret/i },
  ],
])

const substitute = three('substitution variable missing', [
  [
    'a ConfigMap of variables that is not there',
    breaks('shop', 'substitute from \'ConfigMap/cluster-vars\' error: configmaps "cluster-vars" not found', {
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] },
    }),
    { proof: /configmaps "cluster-vars" not found/, fix: /configmap|substituteFrom|optional/i },
  ],
  [
    'the strict mode',
    breaks(
      'shop',
      'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "CLUSTER_REGION"',
      { postBuild: { substitute: { CLUSTER_NAME: 'prod' } } },
    ),
    { proof: /CLUSTER_REGION/, fix: /CLUSTER_REGION|substitute|variable/i },
  ],
  [
    'a host that became empty',
    [
      failing(
        'shop',
        [
          'ReconciliationFailed',
          "Ingress/apps/web dry-run failed (Invalid): Ingress.networking.k8s.io \"web\" is invalid: spec.rules[0].host: Invalid value: \"shop.\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
        { spec: { postBuild: { substitute: { CLUSTER_NAME: 'prod' } } } },
      ),
      fleet(),
    ],
    { proof: /Invalid value: "shop\."/, fix: /host|variable|substitut/i },
  ],
])

const dep = (name: string, on: string) =>
  failing(name, ['DependencyNotReady', `dependency '${fluxNs}/${on}' is not ready`], { spec: { dependsOn: [{ name: on }] } })
const hrDep = (name: string, on: string) =>
  release(name, { dependsOn: [{ name: on }] }, ['False', 'DependencyNotReady', `dependency 'apps/${on}' is not ready`])
const loop = three('dependsOn loop', [
  [
    'two releases',
    [hrDep('a', 'b'), hrDep('b', 'a'), goodCharts()],
    { at: /^HelmRelease\/apps\/[ab]/, proof: /dependency|a.*b/, fix: /dependsOn|cycle|loop|circ/i },
  ],
  [
    'three Kustomizations, asked at one that only leads in',
    [dep('site', 'apps'), dep('apps', 'infra'), dep('infra', 'certs'), dep('certs', 'apps'), fleet()],
    {
      at: /^Kustomization\/flux-system\/(?:apps|infra|certs)/,
      proof: /dependency|apps.*infra|infra.*certs/,
      fix: /dependsOn|cycle|loop|circ/i,
    },
  ],
  [
    'one that waits for itself',
    [dep('apps', 'apps'), fleet()],
    { at: /^Kustomization\/flux-system\/apps/, proof: /apps/, fix: /dependsOn|cycle|loop|circ|itself/i },
  ],
])

const goodOci = () =>
  inFlux(
    oci('bundle', {}, ['True', 'Succeeded', "stored artifact for digest '1.0.0@sha256:00'"], {
      artifact: { revision: '1.0.0@sha256:00', url: 'http://x', digest: 'sha256:00', path: 'x', lastUpdateTime: past },
    }),
  )
const path = three('bad path', [
  [
    'in an artifact',
    [
      failing(
        'shop',
        ['ArtifactFailed', 'kustomization path not found: stat /tmp/kustomization-2183450123/deploy/prod: no such file or directory'],
        { spec: { path: './deploy/prod', sourceRef: { kind: 'OCIRepository', name: 'bundle' } } },
      ),
      goodOci(),
    ],
    { at: /^Kustomization\/flux-system\/shop/, proof: /deploy\/prod: no such file or directory/, fix: /path/i },
  ],
  [
    'of a base',
    breaks(
      'shop',
      "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../base': open /tmp/kustomization-1/apps/base: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-1/apps/base' : lstat /tmp/kustomization-1/apps/base: no such file or directory",
    ),
    { at: /^Kustomization\/flux-system\/shop/, proof: /\.\.\/base/, fix: /path|resources|base|kustomization\.yaml/i },
  ],
  [
    'of a chart in git',
    chartless(
      'web',
      ['InvalidChartReference', 'invalid chart reference: stat /tmp/helmchart-apps-web-123/source/charts/webb: no such file or directory'],
      helmChart('apps-web', { chart: './charts/webb', sourceRef: { kind: 'GitRepository', name: 'repo' } }),
      [within('apps', { ...fleet(), metadata: { ...fleet().metadata, name: 'repo' } })],
    ),
    { at: /Helm(?:Chart|Release)\/apps\//, proof: /charts\/webb: no such file/, fix: /path|chart/i },
  ],
])

const semver = three('bad semver', [
  [
    'an artifact of no such version',
    unsourced(
      broken(oci, 'bundle', [
        { url: 'oci://ghcr.io/acme/bundle', ref: { semver: '>=9.0.0' } },
        'ReadOperationFailed',
        "failed to determine the artifact tag for 'oci://ghcr.io/acme/bundle': no match found for semver: >=9.0.0",
      ]),
    ),
    { at: /^OCIRepository\/flux-system\/bundle/, proof: /no match found for semver/, fix: /semver|version|tag/i },
  ],
  [
    'a chart of no such version',
    chartless(
      'web',
      [
        'InvalidChartReference',
        "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '>=9.0.0 <10.0.0' found",
      ],
      helmChart('apps-web', { version: '>=9.0.0 <10.0.0' }),
    ),
    { at: /Helm(?:Chart|Release)\/apps\//, proof: /no 'web' chart with version matching/, fix: /version/i },
  ],
  [
    'a range that is none',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
        spec: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: 'v1.x.x.x' } } },
        status: {
          conditions: conditions(
            ['Stalled', 'True', 'InvalidPolicy', 'invalid policy: improper constraint: v1.x.x.x'],
            ['Ready', 'False', 'InvalidPolicy', 'invalid policy: improper constraint: v1.x.x.x'],
          ),
        },
      }),
      object('image.toolkit.fluxcd.io/v1', 'ImageRepository', 'web', {
        spec: { image: 'ghcr.io/acme/web', interval: '5m' },
        status: { conditions: conditions(['Ready', 'True', 'Succeeded', 'successful scan: found 12 tags with checksum 1']) },
      }),
    ],
    { at: /^ImagePolicy\/apps\/web/, proof: /improper constraint/, fix: /range|semver|constraint/i },
  ],
])

const unauthorized = three('registry 401', [
  [
    'ghcr and an artifact',
    unsourced(
      broken(oci, 'bundle', [
        { url: 'oci://ghcr.io/acme/bundle' },
        'OCIArtifactPullFailed',
        'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aacme%2Fbundle%3Apull&service=ghcr.io: DENIED: denied',
      ]),
    ),
    { at: /^OCIRepository\/flux-system\/bundle/, proof: /DENIED: denied/, fix: /credential|secretRef|token|secret/i },
  ],
  fromPods.registry401Pod,
  [
    'a repository of charts behind a login',
    chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], helmChart('apps-web', {}), [
      broken(helmRepository, 'charts', [
        { url: 'https://charts.acme.io' },
        'Failed',
        'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.acme.io/index.yaml : 401 Unauthorized',
      ]),
    ]),
    { at: /^HelmRepository\/apps\/charts/, proof: /401 Unauthorized/, fix: /credential|secretRef|password|secret/i },
  ],
])

const token = three('expired token', [
  [
    'GitLab',
    unsourced(
      broken(git, 'app', [
        { url: 'https://gitlab.com/acme/app.git', secretRef: { name: 'gitlab' } },
        'GitOperationFailed',
        "failed to checkout and determine revision: unable to list remote for 'https://gitlab.com/acme/app.git': authentication required: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped. See https://gitlab.com/help/topics/git/troubleshooting_git.md",
      ]),
    ).concat(inFlux(object('v1', 'Secret', 'gitlab', { data: { username: 'Zmx1eA==', password: 'eA==' } }))),
    { at: /^GitRepository\/flux-system\/app/, proof: /HTTP Basic: Access denied/, fix: /token|credential/i },
  ],
  fromPods.ecrExpired,
  [
    'a scan of ECR',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'api', {
        spec: { imageRepositoryRef: { name: 'api' }, policy: { semver: { range: '1.x' } } },
        status: { conditions: conditions(['Ready', 'False', 'DependencyNotReady', 'no tags in database']) },
      }),
      object('image.toolkit.fluxcd.io/v1', 'ImageRepository', 'api', {
        spec: { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/api', interval: '5m', secretRef: { name: 'ecr' } },
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'ReadOperationFailed',
            'scan failed: GET https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/api/tags/list?n=1000: DENIED: Your authorization token has expired. Reauthenticate and try again.',
          ]),
        },
      }),
      object('v1', 'Secret', 'ecr', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=' } }),
    ],
    { at: /^ImageRepository\/apps\/api/, proof: /token has expired/, fix: /token|credential|renew|provider/i },
  ],
])

const digest = three('wrong digest', [
  [
    'an artifact pinned to what is not there',
    unsourced(
      broken(oci, 'bundle', [
        { url: 'oci://ghcr.io/acme/bundle', ref: { digest: `sha256:${'ef'.repeat(32)}` } },
        'OCIArtifactPullFailed',
        `failed to determine artifact digest: GET https://ghcr.io/v2/acme/bundle/manifests/sha256:${'ef'.repeat(32)}: MANIFEST_UNKNOWN: manifest unknown`,
      ]),
    ),
    { at: /^OCIRepository\/flux-system\/bundle/, proof: /MANIFEST_UNKNOWN/, fix: /digest|ref/i },
  ],
  fromPods.podDigest,
  fromPods.crioDigest,
])

const sops = three('SOPS key missing', [
  [
    'an age key of another one',
    breaks(
      'shop',
      "decryption failed for 'db-credentials': failed to decrypt and format 'apps/db-credentials' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p: FAILED\n    - | failed to create reader for decrypting sops data key with\n      | age: no identity matched any of the recipients. Did you not\n      | specify the correct key?\n\nRecovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, at least one key has to be successful,\nbut none were.",
      { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
    ),
    { proof: /no identity matched|Failed to get the data key/, fix: /key/i },
  ],
  [
    'KMS that does not let the controller in',
    breaks(
      'shop',
      "decryption failed for 'cluster-secrets': failed to decrypt and format 'flux-system/cluster-secrets' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  arn:aws:kms:eu-west-1:123456789012:key/1: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation\n      | error KMS: Decrypt, https response error StatusCode: 400,\n      | RequestID: 1, api error\n      | AccessDeniedException: The ciphertext refers to a customer\n      | master key that does not exist, does not exist in this\n      | region, or you are not allowed to access.",
      { decryption: { provider: 'sops' } },
    ),
    { proof: /AccessDeniedException|AWS KMS/, fix: /KMS|key|role|IAM|permission/i },
  ],
  [
    'no Secret with the keys',
    breaks('shop', 'cannot get decryption Secret \'flux-system/sops-age\': secrets "sops-age" not found', {
      decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    }),
    { proof: /"sops-age" not found/, fix: /secret|key/i },
  ],
])

const health = three('health timeout', [
  [
    'a Job that does not end',
    waits(work('Job', 'reindex', [{ phase: 'Running', ready: true, container: { ...running(), ready: true } }, []])),
    { at: /^(?:Job\/apps\/reindex|Pod\/apps\/reindex|Kustomization\/flux-system\/shop)/, proof: /reindex/, fix: /./ },
  ],
  [
    'a check of what is not there',
    [
      failing(
        'shop',
        [
          'HealthCheckFailed',
          "health check failed after 30.01s: failed early due to stalled resources: [Deployment/apps/webb status: 'NotFound']",
        ],
        { spec: { healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'webb', namespace: 'apps' }], timeout: '30s' } },
      ),
      fleet(),
    ],
    { at: /shop|webb/, proof: /webb/, fix: /healthChecks?|name|webb/i },
  ],
  [
    'a release that waits',
    releases(
      'web',
      ['InstallFailed', 'Helm install failed for release apps/web with chart web@1.2.3: context deadline exceeded'],
      work('Deployment', 'web', [
        { phase: 'Running', container: { ...running() } },
        [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503']],
      ]),
    ),
    { at: /^Pod\/apps\/web/, proof: /statuscode: 503/, fix: /probe|ready/i },
  ],
])

const dying = (name: string, remaining: string, finalizers: string): KubeObject => {
  const made = namespace(name, {
    status: {
      phase: 'Terminating',
      conditions: conditions(
        ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
        ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
        ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${remaining}`],
        [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers}`,
        ],
      ),
    },
  })
  return { ...made, metadata: { ...made.metadata, deletionTimestamp: past } }
}
const terminating = three('namespace terminating', [
  [
    'what a Kustomization would make in it',
    [
      ...refuses(
        'shop',
        'ConfigMap/old/settings apply failed: configmaps "settings" is forbidden: unable to create new content in namespace old because it is being terminated',
      ),
      dying('old', 'staticroutes.gateway.kusk.io has 1 resource instances', 'kusk.io/finalizer in 1 resource instances'),
    ],
    {
      at: /^Namespace\/(?:-\/)?old|^Kustomization/,
      proof: /being terminated|finalizers remaining|Some resources are remaining/,
      fix: /finalizer|namespace/i,
    },
  ],
  [
    'the namespace itself',
    [dying('legacy', 'persistentvolumeclaims. has 1 resource instances', 'kubernetes.io/pvc-protection in 1 resource instances')],
    { at: /^Namespace\/(?:-\/)?legacy/, proof: /pvc-protection/, fix: /finalizer|claim|pod|pvc/i },
  ],
  [
    'a release in it',
    [
      ...releases('web', [
        'InstallFailed',
        'Helm install failed for release old/web with chart web@1.2.3: create: failed to create: secrets "sh.helm.release.v1.web.v1" is forbidden: unable to create new content in namespace old because it is being terminated',
      ]),
      dying('old', 'kafkatopics.kafka.strimzi.io has 2 resource instances', 'strimzi.io/topic-operator in 2 resource instances'),
    ],
    { at: /^Namespace\/(?:-\/)?old|^HelmRelease/, proof: /being terminated|topic-operator/, fix: /finalizer|namespace/i },
  ],
])
export const checkedFlux = [
  ...selector,
  ...crd,
  ...removed,
  ...immutable,
  ...denied,
  ...rbac,
  ...secret,
  ...substitute,
  ...loop,
  ...path,
  ...semver,
  ...unauthorized,
  ...token,
  ...digest,
  ...sops,
  ...health,
  ...terminating,
]
