import type { KubeObject } from '../../src/kinds/manifest.ts'
import { bucket, conditions, global, goodGit, heldNamespace, imageRepository, object, undiscoveredNamespace } from './objects.ts'
import {
  alone,
  app,
  breaks,
  chartless,
  charts,
  config,
  inFlux,
  login,
  loops,
  ociFails,
  pulls,
  refuses,
  releases,
  repo,
  secret,
  three,
  unfetched,
  unsourced,
  unstarted,
  wait,
  waits,
} from './practice.ts'
import { failing, retrying } from './whole.ts'

const shop = /Kustomization\/flux-system\/shop/
const orShop = (what: string): RegExp => new RegExp(`Kustomization/flux-system/shop|${what}`)
const orRelease = (name: string, what = 'none'): RegExp => new RegExp(`HelmRelease/apps/${name}|HelmChart/apps/apps-${name}|${what}`)
const workload = (name: string): RegExp => new RegExp(`(?:Pod|ReplicaSet|Deployment|StatefulSet|DaemonSet|Job|CronJob)/apps/${name}`)
const crd = (plural: string, kind: string, version: string): KubeObject => {
  const [name = '', ...group] = plural.split('.')
  return global('apiextensions.k8s.io/v1', 'CustomResourceDefinition', plural, {
    spec: {
      group: group.join('.'),
      names: { kind, plural: name },
      scope: 'Namespaced',
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
    status: { conditions: conditions(['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted']) },
  })
}
const quota = (name: string, hard: Record<string, string>, used: Record<string, string>): KubeObject =>
  object('v1', 'ResourceQuota', name, { spec: { hard }, status: { hard, used } })
const blocked = (name: string, by: string): KubeObject =>
  failing(name, ['DependencyNotReady', `dependency 'flux-system/${by}' is not ready`], { spec: { dependsOn: [{ name: by }] } })
const ending = (name: string, message: string): KubeObject =>
  heldNamespace(name, 'finalizer.rabbitmqclusters.rabbitmq.com in 1 resource instances', {
    before: [
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', message],
    ],
  })

const applying = [
  ...three('field: a definition is missing', [
    [
      'a ServiceMonitor below a Kustomization',
      refuses('ServiceMonitor/apps/checkout dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
      shop,
      /no matches for kind "ServiceMonitor"/,
      /CRD|CustomResourceDefinition|definition/i,
    ],
    [
      'a Gateway route in a chart',
      releases('gateway', [
        'InstallFailed',
        'Helm install failed for release apps/gateway with chart gateway@1.2.3: unable to build kubernetes objects from release manifest: resource mapping not found for name: "gateway" namespace: "apps" from "": no matches for kind "HTTPRoute" in version "gateway.networking.k8s.io/v1"\nensure CRDs are installed first',
      ]),
      orRelease('gateway'),
      /no matches for kind "HTTPRoute"/,
      /CRD|CustomResourceDefinition|definition/i,
    ],
    [
      'a version that the operator no longer serves',
      [
        ...refuses('ExternalSecret/apps/db dry-run failed: no matches for kind "ExternalSecret" in version "external-secrets.io/v1beta1"'),
        crd('externalsecrets.external-secrets.io', 'ExternalSecret', 'v1'),
      ],
      orShop('CustomResourceDefinition/'),
      /external-secrets\.io\/v1beta1/,
      /apiVersion: external-secrets\.io\/v1 /,
    ],
  ]),
  ...three('field: a field cannot change', [
    [
      'the selector of a Deployment',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app.kubernetes.io/instance":"web","app.kubernetes.io/name":"web"}}: field is immutable',
        app('web', { phase: 'Running' }).slice(0, 1),
      ),
      orShop('Deployment/apps/web'),
      /field is immutable/,
      /recreate|delete|force|immutable/i,
    ],
    [
      'the storage of a StatefulSet in a chart',
      releases('postgres', [
        'UpgradeFailed',
        "Helm upgrade failed for release apps/postgres with chart postgresql@16.4.2: cannot patch \"postgres\" with kind StatefulSet: StatefulSet.apps \"postgres\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ]),
      orRelease('postgres', 'StatefulSet/apps/postgres'),
      /updates to statefulset spec/,
      /recreate|delete|orphan|force|immutable/i,
    ],
    [
      'the role of a binding',
      refuses(
        'ClusterRoleBinding/ci-deployer dry-run failed (Invalid): ClusterRoleBinding.rbac.authorization.k8s.io "ci-deployer" is invalid: roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"}: cannot change roleRef',
      ),
      orShop('ClusterRoleBinding/'),
      /cannot change roleRef/,
      /recreate|delete|force|immutable/i,
    ],
  ]),
  ...three('field: a quota is used up', [
    [
      'the memory of a team',
      [
        ...waits(
          app('web', {
            failure:
              'pods "web-7c9d8b6f5d-m4x8p" is forbidden: exceeded quota: team-quota, requested: limits.memory=2Gi, used: limits.memory=7Gi, limited: limits.memory=8Gi',
          }),
        ),
        quota('team-quota', { 'limits.memory': '8Gi' }, { 'limits.memory': '7Gi' }),
      ],
      /(?:ReplicaSet|Deployment)\/apps\/web|ResourceQuota\/apps\/team-quota/,
      /exceeded quota: team-quota/,
      /quota/i,
    ],
    [
      'a StatefulSet without limits',
      [
        ...waits(
          app('queue', {
            kind: 'StatefulSet',
            failure: 'pods "queue-0" is forbidden: failed quota: compute: must specify limits.cpu for: queue; limits.memory for: queue',
          }),
        ),
        quota('compute', { 'limits.cpu': '8', 'limits.memory': '16Gi' }, { 'limits.cpu': '1', 'limits.memory': '1Gi' }),
      ],
      /StatefulSet\/apps\/queue|ResourceQuota\/apps\/compute/,
      /must specify limits\.cpu/,
      /limit|resources|LimitRange/i,
    ],
    [
      'the storage of a namespace',
      [
        ...refuses(
          'PersistentVolumeClaim/apps/uploads dry-run failed (Forbidden): persistentvolumeclaims "uploads" is forbidden: exceeded quota: storage, requested: requests.storage=200Gi, used: requests.storage=350Gi, limited: requests.storage=500Gi',
        ),
        quota('storage', { 'requests.storage': '500Gi' }, { 'requests.storage': '350Gi' }),
      ],
      orShop('ResourceQuota/apps/storage|PersistentVolumeClaim/apps/uploads'),
      /exceeded quota: storage/,
      /quota/i,
    ],
  ]),
  ...three('field: a webhook denies', [
    [
      'Kyverno',
      refuses(
        'Deployment/apps/web dry-run failed: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\nrequire-run-as-nonroot:\n  autogen-run-as-non-root: \'validation error: Running as root is not allowed. Either the field spec.securityContext.runAsNonRoot must be set to `true`. rule autogen-run-as-non-root[0] failed at path /spec/template/spec/securityContext/runAsNonRoot/\'\n',
      ),
      orShop('Deployment/apps/web'),
      /require-run-as-nonroot/,
      /policy|webhook|polic/i,
    ],
    [
      'Gatekeeper at the pods of a DaemonSet',
      waits(
        app('agent', {
          kind: 'DaemonSet',
          failure:
            'admission webhook "validation.gatekeeper.sh" denied the request: [psp-privileged-container] Privileged container is not allowed: agent, securityContext: {"privileged": true}',
        }),
      ),
      /DaemonSet\/apps\/agent/,
      /Privileged container is not allowed/,
      /policy|webhook|constraint/i,
    ],
    [
      'the ingress controller at a chart',
      releases('front', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/front with chart front@1.2.3: failed to create resource: admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "shop.example.com" and path "/" is already defined in ingress legacy/shop',
      ]),
      orRelease('front', 'Ingress/'),
      /already defined in ingress legacy\/shop/,
      /host|path|ingress|webhook/i,
    ],
  ]),
  ...three('field: rights are missing', [
    [
      'a tenant that grants what it has not',
      refuses(
        'Role/apps/deployer dry-run failed (Forbidden): roles.rbac.authorization.k8s.io "deployer" is forbidden: user "system:serviceaccount:apps:tenant" (groups=["system:serviceaccounts" "system:serviceaccounts:apps" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
        [],
        { serviceAccountName: 'tenant' },
      ),
      orShop('(?:Role|ServiceAccount)/'),
      /RBAC permissions not currently held/,
      /role|RBAC|permission|right|grant|bind/i,
    ],
    [
      'the account of a release',
      releases(
        'cleaner',
        [
          'InstallFailed',
          'Helm install failed for release apps/cleaner with chart cleaner@1.2.3: Unable to continue with install: could not get information about the resource CronJob "cleaner" in namespace "apps": cronjobs.batch "cleaner" is forbidden: User "system:serviceaccount:apps:helm-tenant" cannot get resource "cronjobs" in API group "batch" in the namespace "apps"',
        ],
        { spec: { serviceAccountName: 'helm-tenant' } },
      ),
      orRelease('cleaner', 'ServiceAccount/'),
      /cannot get resource "cronjobs"/,
      /role|RBAC|permission|right|grant|bind/i,
    ],
    [
      'a controller in a pod',
      waits(
        app('syncer', {
          phase: 'Running',
          state: loops('syncer', 1),
          said: [['BackOff', 'Back-off restarting failed container syncer in pod syncer-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
          log: 'I0101 00:00:00.102311       1 leaderelection.go:257] attempting to acquire leader lease apps/syncer...\nE0101 00:00:01.204118       1 reflector.go:200] "Failed to watch" err="failed to list *v1.ConfigMap: configmaps is forbidden: User \\"system:serviceaccount:apps:default\\" cannot list resource \\"configmaps\\" in API group \\"\\" at the cluster scope" logger="UnhandledError" reflector="k8s.io/client-go@v0.33.0/tools/cache/reflector.go:285" type="*v1.ConfigMap"\nE0101 00:02:00.000001       1 main.go:88] "unable to start manager" err="failed to wait for caches to sync: timed out waiting for cache to be synced"\n',
        }),
      ),
      workload('syncer'),
      /configmaps is forbidden/,
      /role|RBAC|permission|right|grant|bind/i,
    ],
  ]),
  ...three('field: a namespace is going away', [
    [
      'a Kustomization applies into it',
      [
        ...refuses(
          'Deployment/legacy/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: unable to create new content in namespace legacy because it is being terminated',
        ),
        ending('legacy', 'Some resources are remaining: rabbitmqclusters.rabbitmq.com has 1 resource instances'),
      ],
      orShop('Namespace/(?:-/)?legacy'),
      /being terminated|rabbitmqclusters/,
      /finalizer|namespace/i,
    ],
    [
      'asked about the namespace itself',
      alone([
        undiscoveredNamespace('legacy', ': metrics.k8s.io/v1beta1'),
        global('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', {
          spec: { group: 'metrics.k8s.io', version: 'v1beta1', service: { namespace: 'kube-system', name: 'metrics-server' } },
          status: {
            conditions: conditions([
              'Available',
              'False',
              'MissingEndpoints',
              'endpoints for service/metrics-server in "kube-system" have no addresses with port name "https"',
            ]),
          },
        }),
      ]),
      /Namespace\/(?:-\/)?legacy|APIService\//,
      /metrics\.k8s\.io|MissingEndpoints|no addresses/,
      /APIService|metrics|discovery|API/i,
    ],
    [
      'a release that stores itself there',
      [
        ...releases('api', [
          'InstallFailed',
          'Helm install failed for release legacy/api with chart api@1.2.3: create: failed to create: secrets "sh.helm.release.v1.api.v1" is forbidden: unable to create new content in namespace legacy because it is being terminated',
        ]),
        ending('legacy', 'Some resources are remaining: rabbitmqclusters.rabbitmq.com has 1 resource instances'),
      ],
      orRelease('api', 'Namespace/(?:-/)?legacy'),
      /being terminated|rabbitmqclusters/,
      /finalizer|namespace/i,
    ],
  ]),
]

const building = [
  ...three('field: a variable is not set', [
    [
      'in the strict mode',
      breaks(
        'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "CLUSTER_DOMAIN"',
        {
          spec: { postBuild: { substitute: { CLUSTER_NAME: 'prod' } } },
        },
      ),
      shop,
      /CLUSTER_DOMAIN/,
      /substitut|postBuild|variable/i,
    ],
    [
      'what they come from is not there',
      breaks("post build failed for 'web': substitute from 'ConfigMap/cluster-vars' error: configmaps \"cluster-vars\" not found", {
        spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] } },
      }),
      orShop('ConfigMap/flux-system/cluster-vars'),
      /cluster-vars/,
      /ConfigMap|cluster-vars|optional/i,
    ],
    [
      'it becomes nothing and the host is wrong',
      refuses(
        "Ingress/apps/shop dry-run failed (Invalid): Ingress.networking.k8s.io \"shop\" is invalid: spec.rules[0].host: Invalid value: \"shop.\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        [],
        { postBuild: { substitute: { CLUSTER_NAME: 'prod' } } },
      ),
      orShop('Ingress/apps/shop'),
      /spec\.rules\[0\]\.host/,
      /host|value|field|substitut|variable/i,
    ],
  ]),
  ...three('field: a loop of dependencies', [
    [
      'two Kustomizations',
      alone([blocked('shop', 'infra'), blocked('infra', 'shop')]),
      /Kustomization\/flux-system\/(?:shop|infra)/,
      /infra/,
      /dependsOn|loop|cycle/i,
    ],
    [
      'two releases',
      alone([
        ...unstarted('api', ['DependencyNotReady', "dependency 'apps/db' is not ready"], { dependsOn: [{ name: 'db' }] }).slice(0, 1),
        ...unstarted('db', ['DependencyNotReady', "dependency 'apps/api' is not ready"], { dependsOn: [{ name: 'api' }] }).slice(0, 3),
      ]),
      /HelmRelease\/apps\/(?:api|db)/,
      /db|api/,
      /dependsOn|loop|cycle/i,
    ],
    [
      'three, asked from outside of it',
      alone([blocked('shop', 'infra'), blocked('infra', 'certs'), blocked('certs', 'dns'), blocked('dns', 'infra')]),
      /Kustomization\/flux-system\/(?:infra|certs|dns)/,
      /certs|dns|infra/,
      /dependsOn|loop|cycle/i,
    ],
  ]),
  ...three('field: a path is wrong', [
    [
      'of a Kustomization',
      breaks('kustomization path not found: stat /tmp/kustomization-2178940513/clusters/prodution: no such file or directory', {
        reason: 'ArtifactFailed',
        spec: { path: './clusters/prodution' },
      }),
      shop,
      /prodution/,
      /path/i,
    ],
    [
      'of a base that was moved',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../../base/api': open /tmp/kustomization-871/base/api: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-871/base/api' : lstat /tmp/kustomization-871/base/api: no such file or directory",
      ),
      shop,
      /base\/api/,
      /path|file|resources|kustomization\.yaml/i,
    ],
    [
      'of a chart in Git',
      chartless(
        'webb',
        [
          'InvalidChartReference',
          'invalid chart reference: stat /tmp/helmchart-apps-apps-webb-290313/source/charts/webb: no such file or directory',
        ],
        { chart: { chart: './charts/webb' }, from: goodGit() },
      ),
      orRelease('webb'),
      /charts\/webb/,
      /path|chart/i,
    ],
  ]),
  ...three('field: a version matches nothing', [
    [
      'of a chart',
      chartless(
        'web',
        [
          'InvalidChartReference',
          "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '>=4.0.0 <5.0.0' found",
        ],
        { chart: { version: '>=4.0.0 <5.0.0' } },
      ),
      orRelease('web'),
      /version matching '>=4\.0\.0 <5\.0\.0'/,
      /version|range/i,
    ],
    [
      'of an artifact, and is no range',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', ref: { semver: '~>x1.2' } },
          "failed to determine the artifact tag for 'oci://ghcr.io/acme/manifests': semver '~>x1.2' parse error: improper constraint: ~>x1.2",
          'ReadOperationFailed',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /improper constraint/,
      /semver|version|range/i,
    ],
    [
      'of the tags of Git',
      unsourced(
        repo('releases', { url: 'https://github.com/acme/fleet', ref: { semver: '>=9.0.0' } }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: no match found for semver: >=9.0.0',
        ]),
      ),
      /GitRepository\/flux-system\/releases/,
      /no match found for semver/,
      /semver|version|range|tag/i,
    ],
  ]),
]

const loginTo = (host: string): KubeObject => login('regcred', host)
const wanted = `sha256:${'4e9b1c'.repeat(10)}0a1b`
const ecr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const fetching = [
  ...three('field: a registry says 401', [
    [
      'an artifact of GHCR',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests' },
          'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aacme%2Fmanifests%3Apull&service=ghcr.io: UNAUTHORIZED: authentication required',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /UNAUTHORIZED/,
      /credential|secret|login/i,
    ],
    [
      'the index of ChartMuseum',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ secretRef: { name: 'museum' } }, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
        ]),
        more: [secret('museum', { username: 'Ym90', password: 'b2xk' })],
      }),
      /HelmRepository\/apps\/charts/,
      /401 Unauthorized/,
      /credential|secret|password|login/i,
    ],
    [
      'the scan of an image',
      alone([
        inFlux(
          imageRepository(
            'app',
            { image: 'harbor.example.com/shop/app', secretRef: { name: 'harbor' } },
            undefined,
            retrying(
              'ReadOperationFailed',
              'GET https://harbor.example.com/service/token?scope=repository%3Ashop%2Fapp%3Apull&service=harbor-registry: UNAUTHORIZED: unauthorized to access repository: shop/app, action: pull: unauthorized to access repository: shop/app, action: pull',
            ),
          ),
        ),
        inFlux(login('harbor', 'harbor.example.com')),
      ]),
      /ImageRepository\/flux-system\/app/,
      /unauthorized to access repository/,
      /credential|secret|login|robot/i,
    ],
  ]),
  ...three('field: a token is expired', [
    [
      'of GitHub',
      unsourced(
        repo('private', { url: 'https://github.com/acme/fleet', secretRef: { name: 'flux-system' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to list remote for 'https://github.com/acme/fleet': authentication required: Invalid username or token. Password authentication is not supported for Git operations.",
        ]),
      ),
      /GitRepository\/flux-system\/private|Secret\/flux-system\/flux-system/,
      /authentication required/,
      /token|credential|secret|password/i,
    ],
    [
      'of ECR, in a pull secret',
      [
        ...waits(
          pulls(
            'api',
            `${ecr}/api:1.9.0`,
            `failed to pull and unpack image "${ecr}/api:1.9.0": failed to resolve reference "${ecr}/api:1.9.0": pull access denied, repository does not exist or may require authorization: authorization failed: Your authorization token has expired. Reauthenticate and try again.`,
            { pod: { imagePullSecrets: [{ name: 'regcred' }] } },
          ),
        ),
        loginTo(ecr),
      ],
      /(?:Pod|ReplicaSet|Deployment)\/apps\/api|Secret\/apps\/regcred/,
      /token has expired/,
      /token|credential|secret|expire/i,
    ],
    [
      'of Azure, for a bucket',
      [
        ...unsourced(
          bucket(
            'blobs',
            { provider: 'azure', endpoint: 'https://acme.blob.core.windows.net', bucketName: 'manifests', secretRef: { name: 'azure-sp' } },
            undefined,
            unfetched(
              'BucketOperationFailed',
              'failed to confirm existence of \'manifests\' bucket: ClientSecretCredential authentication failed. POST https://login.microsoftonline.com/4c1e/oauth2/v2.0/token RESPONSE 401: 401 Unauthorized {"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for app \'8a1d\' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret"}',
            ),
          ),
        ),
        inFlux(secret('azure-sp', { tenantId: 'eA==', clientId: 'eA==', clientSecret: 'eA==' })),
      ],
      /Bucket\/flux-system\/blobs|Secret\/flux-system\/azure-sp/,
      /AADSTS7000222/,
      /secret|credential|expire|key/i,
    ],
  ]),
  ...three('field: a digest is wrong', [
    [
      'of an image that was deleted',
      waits(
        pulls(
          'cart',
          `ghcr.io/acme/cart@${wanted}`,
          `rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/cart@${wanted}": failed to resolve reference "ghcr.io/acme/cart@${wanted}": ghcr.io/acme/cart@${wanted}: not found`,
          { kind: 'DaemonSet' },
        ),
      ),
      workload('cart'),
      /4e9b1c\S+: not found/,
      /digest|image|tag/i,
    ],
    [
      'of an artifact',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', ref: { digest: wanted } },
          `failed to pull artifact from 'oci://ghcr.io/acme/manifests': GET https://ghcr.io/v2/acme/manifests/manifests/${wanted}: MANIFEST_UNKNOWN: manifest unknown`,
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /MANIFEST_UNKNOWN/,
      /digest|ref|tag/i,
    ],
    [
      'of an image, cut off',
      waits(
        app('cart', {
          image: 'ghcr.io/acme/cart@sha256:4e9b1c',
          state: wait(
            'InvalidImageName',
            'Failed to apply default image tag "ghcr.io/acme/cart@sha256:4e9b1c": couldn\'t parse image name "ghcr.io/acme/cart@sha256:4e9b1c": invalid reference format',
          ),
          said: [
            [
              'InspectFailed',
              'Failed to apply default image tag "ghcr.io/acme/cart@sha256:4e9b1c": couldn\'t parse image name "ghcr.io/acme/cart@sha256:4e9b1c": invalid reference format',
            ],
            ['Failed', 'Error: InvalidImageName'],
          ],
        }),
      ),
      workload('cart'),
      /invalid reference format/,
      /image|digest|reference/i,
    ],
  ]),
  ...three('field: what decrypts is missing', [
    [
      'no age key fits',
      [
        ...breaks(
          "decryption failed for 'db-credentials': cannot get sops data key: Error getting data key: 0 successful groups required, got 0",
          {
            spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
          },
        ),
        inFlux(secret('sops-age', { 'age.agekey': 'QUdFLVNFQ1JFVC1LRVktMQ==' })),
      ],
      orShop('Secret/flux-system/sops-age'),
      /cannot get sops data key/,
      /key|decrypt/i,
    ],
    [
      'the Secret of keys is not there',
      breaks('cannot get decryption Secret \'flux-system/sops-gpg\': secrets "sops-gpg" not found', {
        spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-gpg' } } },
      }),
      orShop('Secret/flux-system/sops-gpg'),
      /"sops-gpg" not found/,
      /secret|decrypt/i,
    ],
    [
      'nobody asked for decryption',
      refuses('Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled'),
      orShop('Secret/apps/db'),
      /SOPS encrypted/,
      /decryption/i,
    ],
  ]),
]
const values = [{ kind: 'ConfigMap', name: 'web-values', valuesKey: 'values.yaml' }]
/** Faults of what Flux fetches, builds and applies. */
export const fieldRound = [
  ...applying,
  ...building,
  ...fetching,
  ...three('field: a key is missing', [
    [
      'a ConfigMap of a StatefulSet',
      [
        ...waits(
          app('api', {
            kind: 'StatefulSet',
            container: { env: [{ name: 'LOG_LEVEL', valueFrom: { configMapKeyRef: { name: 'api-config', key: 'LOG_LEVEL' } } }] },
            state: wait('CreateContainerConfigError', "couldn't find key LOG_LEVEL in ConfigMap apps/api-config"),
            said: [['Failed', "Error: couldn't find key LOG_LEVEL in ConfigMap apps/api-config"]],
          }),
        ),
        config('api-config', { LOGLEVEL: 'info' }),
      ],
      /(?:Pod|StatefulSet|ConfigMap)\/apps\/api/,
      /key LOG_LEVEL in ConfigMap/,
      /key|LOG_LEVEL/i,
    ],
    [
      'a Secret of a volume',
      [
        ...waits(
          app('edge', {
            pod: { volumes: [{ name: 'tls', secret: { secretName: 'edge-tls', items: [{ key: 'tls.key', path: 'tls.key' }] } }] },
            container: { volumeMounts: [{ name: 'tls', mountPath: '/tls' }] },
            state: wait('ContainerCreating', ''),
            said: [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.key']],
          }),
        ),
        secret('edge-tls', { 'key.pem': 'eA==', 'cert.pem': 'eA==' }),
      ],
      /(?:Pod|ReplicaSet|Deployment|Secret)\/apps\/edge/,
      /non-existent secret key: tls\.key/,
      /key/i,
    ],
    [
      'the values of a release',
      [
        ...unstarted(
          'web',
          [
            'ValuesError',
            "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yaml': missing key 'values.yaml' in ConfigMap 'apps/web-values'",
          ],
          { valuesFrom: values },
        ),
        config('web-values', { 'values.yml': 'replicas: 2' }),
      ],
      /HelmRelease\/apps\/web|ConfigMap\/apps\/web-values/,
      /values\.yaml/,
      /key|values/i,
    ],
  ]),
]
