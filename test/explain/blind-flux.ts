import { bucket, conditions, goodChart, goodCharts, goodGit, imageRepository, notHealthy, object, oci } from './objects.ts'
import {
  around,
  breaks,
  chartless,
  charts,
  inFlux,
  login,
  pulls,
  refuses,
  releaseNeeds,
  releases,
  repo,
  secret,
  three,
  unfetched,
  unsourced,
  waits,
  ociFails,
} from './practice.ts'
import { failing, fleet } from './whole.ts'

const needs = (name: string, on: string) =>
  failing(name, ['DependencyNotReady', `dependency 'flux-system/${on}' is not ready`], { spec: { dependsOn: [{ name: on }] } })
const decrypts = { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } }
const digest = `sha256:${'4be1d2'.repeat(10)}77aa`
const locked = releases('web', [
  'UpgradeFailed',
  'Helm upgrade failed for release apps/web with chart web@1.2.3: another operation (install/upgrade/rollback) is in progress',
])
const aboveLocked = failing('shop', ['HealthCheckFailed', notHealthy('HelmRelease/apps/web')[2]], {
  owns: locked.slice(0, 1),
  spec: { wait: true },
})

export const blindFlux = [
  ...three('blind: a substitution variable is missing', [
    [
      'the ConfigMap of variables is not there',
      breaks(
        "post build failed for 'shop-config': substitute from 'ConfigMap/cluster-settings' error: configmaps \"cluster-settings\" not found",
        {
          spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-settings' }] } },
        },
      ),
      /ConfigMap\/flux-system\/cluster-settings|Kustomization\/flux-system\/shop/,
      /configmaps "cluster-settings" not found/,
      /create|substituteFrom|ConfigMap|optional/i,
    ],
    [
      'an empty value makes a host that is not valid',
      refuses(
        "Ingress/apps/web dry-run failed (Invalid): Ingress.networking.k8s.io \"web\" is invalid: spec.rules[0].host: Invalid value: \"web.\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        [],
        { postBuild: { substitute: { REGION: 'eu-1' } } },
      ),
      /Ingress\/apps\/web|Kustomization\/flux-system\/shop/,
      /spec\.rules\[0\]\.host/,
      /host|value|field|valid|correct|manifest|substitut/i,
    ],
    [
      'the Secret lacks the key',
      breaks(
        'post build failed for \'mailer\': envsubst error: variable substitution failed: variable not set (strict mode): "SMTP_PASSWORD"',
        {
          spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'mail' }] } },
          more: [inFlux(secret('mail', { SMTP_USER: 'eA==' }))],
        },
      ),
      /Kustomization\/flux-system\/shop|Secret\/flux-system\/mail/,
      /SMTP_PASSWORD/,
      /SMTP_PASSWORD|variable|substitut/i,
    ],
  ]),
  ...three('blind: a loop of dependsOn', [
    [
      'three releases',
      [
        releaseNeeds('web', 'api'),
        releaseNeeds('api', 'db'),
        releaseNeeds('db', 'web'),
        ...['web', 'api', 'db'].map(name => goodChart(`apps-${name}`)),
        goodCharts(),
        ...around(),
      ],
      /HelmRelease\/apps\/(?:web|api|db)/,
      /api|db|web|dependsOn/,
      /dependsOn|loop|circle|cycle|depend/i,
    ],
    [
      'a Kustomization that waits for itself',
      [needs('shop', 'shop'), fleet(), ...around()],
      /Kustomization\/flux-system\/shop/,
      /shop/,
      /dependsOn|itself|loop|circle|cycle|depend/i,
    ],
    [
      'two Kustomizations',
      [needs('shop', 'database'), needs('database', 'shop'), fleet(), ...around()],
      /Kustomization\/flux-system\/(?:shop|database)/,
      /database|shop/,
      /dependsOn|loop|circle|cycle|depend/i,
    ],
  ]),
  ...three('blind: a bad path', [
    [
      'a values file of a chart',
      chartless(
        'web',
        [
          'ValuesFilesError',
          "values files merge error: no values file found at path '/tmp/helmchart-apps-apps-web-77120/source/charts/web/values-prod.yaml' (reference 'charts/web/values-prod.yaml')",
        ],
        { chart: { chart: './charts/web', valuesFiles: ['charts/web/values-prod.yaml'] }, from: goodGit() },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /values-prod\.yaml/,
      /values|path|file/i,
    ],
    [
      'a resource that the kustomization.yaml lists',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'deploymnet.yaml': open /tmp/kustomization-3391/apps/shop/deploymnet.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-3391/apps/shop/deploymnet.yaml' : lstat /tmp/kustomization-3391/apps/shop/deploymnet.yaml: no such file or directory",
        { spec: { path: './apps/shop' } },
      ),
      /Kustomization\/flux-system\/shop/,
      /deploymnet\.yaml/,
      /path|file|resources|kustomization/i,
    ],
    [
      'the path of the Kustomization',
      breaks('kustomization path not found: stat /tmp/kustomization-810244/clusters/stagging: no such file or directory', {
        reason: 'ArtifactFailed',
        spec: { path: './clusters/stagging' },
      }),
      /Kustomization\/flux-system\/shop/,
      /stagging/,
      /path/i,
    ],
  ]),
  ...three('blind: a bad semver', [
    [
      'a chart',
      chartless(
        'web',
        ['InvalidChartReference', 'invalid chart reference: failed to get chart version for remote reference: improper constraint: >>2.0'],
        { chart: { version: '>>2.0' } },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /improper constraint: >>2\.0/,
      /version|range|semver|constraint/i,
    ],
    [
      'no tag of Git matches',
      unsourced(
        repo('deploy', { ref: { semver: '>=4.0.0' } }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: no match found for semver: >=4.0.0',
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /no match found for semver/,
      /version|range|semver|tag/i,
    ],
    [
      'no tag of an OCI repository matches',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', ref: { semver: '~2.9' } },
          "failed to determine the artifact tag for 'oci://ghcr.io/acme/manifests': no match found for semver: ~2.9",
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /no match found for semver: ~2\.9/,
      /version|range|semver|tag/i,
    ],
  ]),
  ...three('blind: the registry answers 401', [
    [
      'an index of charts',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ secretRef: { name: 'charts-login' } }, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
        ]),
        more: [secret('charts-login', { username: 'Ym90', password: 'eA==' })],
      }),
      /HelmRepository\/apps\/charts|Secret\/apps\/charts-login/,
      /401 Unauthorized/,
      /secret|credential|login|password|token|user/i,
    ],
    [
      'an OCI artifact',
      unsourced(
        ociFails(
          { url: 'oci://registry.acme.io/platform/manifests', ref: { tag: 'latest' } },
          "failed to pull artifact from 'oci://registry.acme.io/platform/manifests': GET https://registry.acme.io/v2/platform/manifests/manifests/latest: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:platform/manifests Type:repository]]",
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /UNAUTHORIZED: authentication required/,
      /secret|credential|login|token|provider/i,
    ],
    [
      'a scan of images',
      [
        imageRepository('api', { image: 'registry.acme.io/shop/api', secretRef: { name: 'acme' } }, undefined, {
          conditions: conditions([
            'Ready',
            'False',
            'ReadOperationFailed',
            'GET https://registry.acme.io/v2/shop/api/tags/list?n=1000: unexpected status code 401 Unauthorized: {"errors":[{"code":"UNAUTHORIZED","message":"unauthorized to access repository: shop/api, action: pull"}]}',
          ]),
        }),
        login('acme', 'registry.acme.io'),
        fleet(),
        ...around(),
      ],
      /ImageRepository\/apps\/api|Secret\/apps\/acme/,
      /401 Unauthorized/,
      /secret|credential|login|token/i,
    ],
  ]),
  ...three('blind: an expired token', [
    [
      'of ECR',
      unsourced(
        ociFails(
          { url: 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/manifests', ref: { tag: 'prod' }, secretRef: { name: 'ecr' } },
          "failed to pull artifact from 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/manifests': GET https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/manifests/manifests/prod: DENIED: Your authorization token has expired. Reauthenticate and try again.",
        ),
        [inFlux(login('ecr', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'))],
      ),
      /OCIRepository\/flux-system\/manifests|Secret\/flux-system\/ecr/,
      /token has expired/,
      /secret|credential|token|provider|login/i,
    ],
    [
      'of GitHub',
      unsourced(
        repo('deploy', { url: 'https://github.com/acme/deploy', secretRef: { name: 'github' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'https://github.com/acme/deploy': authentication required: Invalid username or token. Password authentication is not supported for Git operations.",
        ]),
        [inFlux(secret('github', { username: 'Z2l0', password: 'eA==' }))],
      ),
      /GitRepository\/flux-system\/deploy|Secret\/flux-system\/github/,
      /authentication required/,
      /secret|credential|token|login/i,
    ],
    [
      'of GitLab',
      unsourced(
        repo('deploy', { url: 'https://gitlab.com/acme/deploy.git', secretRef: { name: 'gitlab' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'https://gitlab.com/acme/deploy.git': authorization failed: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.",
        ]),
        [inFlux(secret('gitlab', { username: 'Z2l0', password: 'eA==' }))],
      ),
      /GitRepository\/flux-system\/deploy|Secret\/flux-system\/gitlab/,
      /HTTP Basic: Access denied|authorization failed/,
      /secret|credential|token|login/i,
    ],
  ]),
  ...three('blind: a wrong digest', [
    [
      'of an image',
      waits(
        pulls(
          'api',
          `registry.example.com/shop/api@${digest}`,
          `failed to pull and unpack image "registry.example.com/shop/api@${digest}": failed to resolve reference "registry.example.com/shop/api@${digest}": registry.example.com/shop/api@${digest}: not found`,
        ),
      ),
      /(?:Pod|ReplicaSet|Deployment)\/apps\/api/,
      /not found/,
      /image|tag|digest/i,
    ],
    [
      'of an OCI artifact',
      unsourced(
        oci(
          'manifests',
          { url: 'oci://ghcr.io/acme/manifests', ref: { digest } },
          undefined,
          unfetched(
            'OCIArtifactPullFailed',
            `failed to pull artifact from 'oci://ghcr.io/acme/manifests@${digest}': GET https://ghcr.io/v2/acme/manifests/manifests/${digest}: MANIFEST_UNKNOWN: manifest unknown`,
          ),
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /MANIFEST_UNKNOWN/,
      /digest|tag|ref|push|exist/i,
    ],
    [
      'of what the source stored',
      breaks(`failed to verify artifact: computed digest 'sha256:${'ab12'.repeat(16)}' doesn't match provided 'sha256:${'1'.repeat(64)}'`, {
        reason: 'ArtifactFailed',
      }),
      /Kustomization\/flux-system\/shop|GitRepository\/flux-system\/fleet/,
      /computed digest/,
      /reconcile|source|storage/i,
    ],
  ]),
  ...three('blind: the key of SOPS is missing', [
    [
      'the Secret of the key is not there',
      breaks('cannot get decryption Secret \'flux-system/sops-age\': Secret "sops-age" not found', { spec: decrypts }),
      /Secret\/flux-system\/sops-age|Kustomization\/flux-system\/shop/,
      /sops-age/,
      /Secret|sops|key|decrypt/i,
    ],
    [
      'no decryption is set',
      breaks('Secret/apps/database is SOPS encrypted, configuring decryption is required for this secret to be reconciled', {
        reason: 'ReconciliationFailed',
      }),
      /Kustomization\/flux-system\/shop|Secret\/apps\/database/,
      /SOPS encrypted/,
      /decrypt/i,
    ],
    [
      'another key encrypted it',
      breaks(
        "decryption failed for 'database': error decrypting sops tree: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1q8v9f2h0k3m5n7: FAILED\n    - | failed to load age identities: no identity matched any of the\n      | recipients",
        { spec: decrypts, more: [inFlux(secret('sops-age', { 'age.agekey': 'QUdFLVNFQ1JFVC1LRVktMQ==' }))] },
      ),
      /Secret\/flux-system\/sops-age|Kustomization\/flux-system\/shop/,
      /data key|no identity matched/,
      /key|decrypt|sops|age/i,
    ],
  ]),
  ...three('blind: the branch is gone', [
    [
      'a chart in Git',
      chartless('web', ['NoSourceArtifact', "no artifact available for GitRepository source 'charts-git'"], {
        chart: { chart: './charts/web' },
        from: repo('charts-git', { ref: { branch: 'release-1.4' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'https://git.example.com/org/repo': couldn't find remote ref \"refs/heads/release-1.4\"",
        ]),
      }),
      /GitRepository\/apps\/charts-git/,
      /refs\/heads\/release-1\.4/,
      /branch|ref/i,
    ],
    [
      'a deleted branch over ssh',
      unsourced(
        repo('deploy', { url: 'ssh://git@github.com/acme/deploy', ref: { branch: 'master' }, secretRef: { name: 'flux-system' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'ssh://git@github.com/acme/deploy': reference not found",
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /reference not found/,
      /branch|ref/i,
    ],
    [
      'a branch that was merged',
      unsourced(
        repo('deploy', { ref: { branch: 'feature/checkout' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'https://git.example.com/org/repo': couldn't find remote ref \"refs/heads/feature/checkout\"",
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /feature\/checkout/,
      /branch|ref/i,
    ],
  ]),
  ...three('blind: an unknown authority', [
    [
      'charts',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({}, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.example.com/index.yaml": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ]),
      }),
      /HelmRepository\/apps\/charts/,
      /signed by unknown authority/,
      /cert|CA\b|tls|authority/i,
    ],
    [
      'Git',
      unsourced(
        repo('deploy', { url: 'https://git.corp.local/platform/deploy.git' }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: unable to list remote for \'https://git.corp.local/platform/deploy.git\': Get "https://git.corp.local/platform/deploy.git/info/refs?service=git-upload-pack": tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to verify candidate authority certificate "corp-ca")',
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /signed by unknown authority/,
      /cert|CA\b|tls|authority/i,
    ],
    [
      'a bucket',
      unsourced(
        bucket(
          'manifests',
          { endpoint: 'minio.corp.local:9000', secretRef: { name: 'minio' } },
          undefined,
          unfetched(
            'BucketOperationFailed',
            'failed to confirm existence of \'manifests\' bucket: Get "https://minio.corp.local:9000/manifests/?location=": tls: failed to verify certificate: x509: certificate signed by unknown authority',
          ),
        ),
        [inFlux(secret('minio', { accesskey: 'eA==', secretkey: 'eA==' }))],
      ),
      /Bucket\/flux-system\/manifests/,
      /signed by unknown authority/,
      /cert|CA\b|tls|authority/i,
    ],
  ]),
  ...three('blind: cosign does not verify', [
    [
      'a chart',
      chartless(
        'web',
        [
          'ChartVerificationError',
          "chart verification error: failed to verify ghcr.io/acme/charts/web:1.2.3: no matching signatures were found for 'ghcr.io/acme/charts/web:1.2.3'",
        ],
        {
          chart: { verify: { provider: 'cosign', secretRef: { name: 'cosign-pub' } } },
          more: [secret('cosign-pub', { 'cosign.pub': 'eA==' })],
        },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web|Secret\/apps\/cosign-pub/,
      /no matching signatures/,
      /sign|cosign|verif/i,
    ],
    [
      'keyless',
      unsourced(
        ociFails(
          {
            url: 'oci://ghcr.io/acme/manifests',
            verify: {
              provider: 'cosign',
              matchOIDCIdentity: [{ issuer: '^https://token.actions.githubusercontent.com$', subject: '^https://github.com/acme/.*$' }],
            },
          },
          "failed to verify the signature using provider 'cosign keyless': no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://github.com/acme-labs/manifests/.github/workflows/push.yaml@refs/heads/main] with issuer https://token.actions.githubusercontent.com",
          'VerificationError',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /none of the expected identities/,
      /sign|cosign|verif|identit/i,
    ],
    [
      'its public key is not there',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', verify: { provider: 'cosign', secretRef: { name: 'cosign-pub' } } },
          'failed to verify the signature using provider \'cosign\': Secret "cosign-pub" not found',
          'VerificationError',
        ),
      ),
      /OCIRepository\/flux-system\/manifests|Secret\/flux-system\/cosign-pub/,
      /cosign-pub/,
      /sign|cosign|verif|Secret/i,
    ],
  ]),
  ...three('blind: Helm is locked', [
    [
      'below a Kustomization',
      [aboveLocked, ...locked],
      /HelmRelease\/apps\/web/,
      /another operation/,
      /pending|rollback|lock|secret|helm|operation/i,
    ],
    [
      'at the rollback',
      releases('web', [
        'RollbackFailed',
        'Helm rollback to previous release apps/web.v4 with chart web@1.2.2 failed: another operation (install/upgrade/rollback) is in progress',
      ]),
      /HelmRelease\/apps\/web/,
      /another operation/,
      /pending|rollback|lock|secret|helm|operation/i,
    ],
    [
      'with the pending Secret of Helm',
      [
        ...locked,
        object('v1', 'Secret', 'sh.helm.release.v1.web.v5', {
          metadata: { labels: { owner: 'helm', name: 'web', status: 'pending-upgrade', version: '5' } },
          type: 'helm.sh/release.v1',
          data: { release: 'eA==' },
        }),
      ],
      /HelmRelease\/apps\/web|Secret\/apps\/sh\.helm\.release\.v1\.web\.v5/,
      /another operation|pending-upgrade/,
      /pending|rollback|lock|secret|helm|operation/i,
    ],
  ]),
  ...three('blind: the version of the chart is gone', [
    [
      'an OCI chart',
      [
        object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'web', {
          spec: { interval: '10m', chartRef: { kind: 'OCIRepository', name: 'web' } },
          status: {
            observedGeneration: 1,
            conditions: conditions(
              ['Reconciling', 'True', 'ProgressingWithRetry', "OCIRepository 'apps/web' is not ready"],
              ['Ready', 'False', 'SourceNotReady', "OCIRepository 'apps/web' is not ready"],
            ),
          },
        }),
        oci(
          'web',
          { url: 'oci://ghcr.io/acme/charts/web', ref: { tag: '9.1.0' } },
          undefined,
          unfetched(
            'OCIArtifactPullFailed',
            "failed to pull artifact from 'oci://ghcr.io/acme/charts/web': GET https://ghcr.io/v2/acme/charts/web/manifests/9.1.0: MANIFEST_UNKNOWN: manifest unknown",
          ),
        ),
        fleet(),
        ...around(),
      ],
      /OCIRepository\/apps\/web/,
      /MANIFEST_UNKNOWN/,
      /tag|version|ref|push/i,
    ],
    [
      'not in the index',
      chartless(
        'redis',
        [
          'InvalidChartReference',
          "invalid chart reference: failed to get chart version for remote reference: no 'redis' chart with version matching '17.3.2' found",
        ],
        { chart: { version: '17.3.2' } },
      ),
      /HelmChart\/apps\/apps-redis|HelmRelease\/apps\/redis/,
      /17\.3\.2/,
      /version|chart/i,
    ],
    [
      'its archive is not there',
      chartless('web', [
        'ChartPullError',
        'chart pull error: failed to download chart for remote reference: failed to fetch https://charts.example.com/web-1.2.3.tgz : 404 Not Found',
      ]),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /404 Not Found/,
      /version|chart|repositor/i,
    ],
  ]),
]
