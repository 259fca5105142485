import {
  app,
  around,
  breaks,
  chartless,
  charts,
  config,
  custom,
  inFlux,
  login,
  loops,
  pulls,
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
import { bucket, git, goodChart, goodCharts, goodGit, object } from './objects.ts'
import { failing, fleet } from './whole.ts'

const needs = (name: string, on: readonly string[], message: string) =>
  failing(name, ['DependencyNotReady', message], { spec: { dependsOn: on.map(n => ({ name: n })) } })
const sub = { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] } }

export const fluxPractice = [
  ...three('a variable is missing', [
    [
      'the Secret of variables is not there',
      breaks("post build failed for 'web-ingress': substitute from 'Secret/cluster-secrets' error: secrets \"cluster-secrets\" not found", {
        spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'cluster-secrets' }] } },
      }),
      /Secret\/flux-system\/cluster-secrets|Kustomization\/flux-system\/shop/,
      /secrets "cluster-secrets" not found/,
    ],
    [
      'strict substitution',
      breaks(
        'post build failed for \'web\': envsubst error: variable substitution failed: variable not set (strict mode): "CLUSTER_DOMAIN"',
        { spec: { postBuild: { substitute: { REGION: 'eu-1' } } } },
      ),
      /Kustomization\/flux-system\/shop/,
      /CLUSTER_DOMAIN/,
    ],
    [
      'the ConfigMap lacks the key',
      breaks(
        'post build failed for \'api-config\': envsubst error: variable substitution failed: variable not set (strict mode): "DB_HOST"',
        { spec: sub, more: [inFlux(config('cluster-vars', { CLUSTER_DOMAIN: 'a.io' }))] },
      ),
      /Kustomization\/flux-system\/shop|ConfigMap\/flux-system\/cluster-vars/,
      /DB_HOST/,
    ],
  ]),
  ...three('a loop of dependencies', [
    [
      'two releases',
      [releaseNeeds('web', 'api'), releaseNeeds('api', 'web'), goodChart('apps-web'), goodChart('apps-api'), goodCharts(), ...around()],
      /HelmRelease\/apps\/(?:web|api)/,
      /api.*web|web.*api|dependsOn/s,
    ],
    [
      'revisions that wait for each other',
      [
        needs('shop', ['infra'], "dependency 'flux-system/infra' revision is not up to date"),
        needs('infra', ['shop'], "dependency 'flux-system/shop' revision is not up to date"),
        fleet(),
        ...around(),
      ],
      /Kustomization\/flux-system\/(?:shop|infra)/,
      /shop.*infra|infra.*shop|dependsOn/s,
    ],
    [
      'asked about one outside of it',
      [
        needs('apps', ['shop'], "dependency 'flux-system/shop' is not ready"),
        needs('shop', ['db'], "dependency 'flux-system/db' is not ready"),
        needs('db', ['operators'], "dependency 'flux-system/operators' is not ready"),
        needs('operators', ['shop'], "dependency 'flux-system/shop' is not ready"),
        fleet(),
        ...around(),
      ],
      /Kustomization\/flux-system\/(?:shop|db|operators)/,
      /shop.*db|db.*operators|operators.*shop|dependsOn/s,
    ],
  ]),
  ...three('a path that is not there', [
    [
      'a chart in Git',
      chartless(
        'web',
        [
          'InvalidChartReference',
          'invalid chart reference: stat /tmp/helmchart-apps-apps-web-291202/source/charts/webb: no such file or directory',
        ],
        { chart: { chart: './charts/webb' }, from: goodGit() },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /charts\/webb: no such file/,
    ],
    [
      'a base that kustomize does not find',
      breaks(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../../base/web': evalsymlink failure on '/tmp/kustomization-1183/base/web' : lstat /tmp/kustomization-1183/base: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '/tmp/kustomization-1183/base/web' : lstat /tmp/kustomization-1183/base: no such file or directory",
        { spec: { path: './apps/prod' } },
      ),
      /Kustomization\/flux-system\/shop/,
      /base\/web/,
    ],
    [
      'the path of the Kustomization',
      breaks('kustomization path not found: stat /tmp/kustomization-2113408/deploy/production: no such file or directory', {
        reason: 'ArtifactFailed',
        spec: { path: './deploy/production' },
      }),
      /Kustomization\/flux-system\/shop/,
      /deploy\/production/,
    ],
  ]),
  ...three('a version that nothing matches', [
    [
      'a Git range that cannot be read',
      unsourced(
        repo('deploy', { ref: { semver: '>=1.x.beta' } }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: semver parse error: improper constraint: >=1.x.beta',
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /improper constraint/,
    ],
    [
      'a chart range',
      chartless(
        'web',
        [
          'InvalidChartReference',
          "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '^9.0.0' found",
        ],
        { chart: { version: '^9.0.0' } },
      ),
      /HelmChart\/apps\/apps-web|HelmRelease\/apps\/web/,
      /\^9\.0\.0/,
    ],
    [
      'an OCI range',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', ref: { semver: '>=3.0.0' } },
          "failed to determine the artifact tag for 'oci://ghcr.io/acme/manifests': no match found for semver: >=3.0.0",
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      />=3\.0\.0/,
    ],
  ]),
  ...three('a registry says 401', [
    [
      'a Helm repository',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ url: 'https://charts.acme.io', secretRef: { name: 'charts-auth' } }, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.acme.io/index.yaml : 401 Unauthorized',
        ]),
        more: [secret('charts-auth', { username: 'Ym90', password: 'eA==' })],
      }),
      /HelmRepository\/apps\/charts|Secret\/apps\/charts-auth/,
      /401 Unauthorized/,
    ],
    [
      'Harbor says it to containerd',
      [
        ...waits(
          pulls(
            'api',
            'harbor.acme.io/shop/api:2.4.1',
            'failed to pull and unpack image "harbor.acme.io/shop/api:2.4.1": failed to resolve reference "harbor.acme.io/shop/api:2.4.1": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://harbor.acme.io/service/token?scope=repository%3Ashop%2Fapi%3Apull&service=harbor-registry: 401 Unauthorized',
            { pod: { imagePullSecrets: [{ name: 'harbor' }] } },
          ),
        ),
        login('harbor', 'harbor.acme.io'),
      ],
      /Pod\/apps\/api|Deployment\/apps\/api|Secret\/apps\/harbor/,
      /401 Unauthorized/,
    ],
    [
      'GHCR says it to Flux',
      unsourced(
        ociFails(
          { url: 'oci://ghcr.io/acme/manifests', secretRef: { name: 'ghcr-auth' } },
          'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aacme%2Fmanifests%3Apull&service=ghcr.io: UNAUTHORIZED: authentication required',
        ),
        [inFlux(login('ghcr-auth', 'ghcr.io'))],
      ),
      /OCIRepository\/flux-system\/manifests|Secret\/flux-system\/ghcr-auth/,
      /UNAUTHORIZED/,
    ],
  ]),
  ...three('a token has expired', [
    [
      'an image in ECR, with CRI-O',
      [
        ...waits(
          pulls(
            'worker',
            '123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker:2.4.1',
            'initializing source docker://123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker:2.4.1: reading manifest 2.4.1 in 123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker: denied: Your authorization token has expired. Reauthenticate and try again.',
            { kind: 'StatefulSet', pod: { imagePullSecrets: [{ name: 'ecr' }] } },
          ),
        ),
        login('ecr', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'),
      ],
      /Pod\/apps\/worker-0|StatefulSet\/apps\/worker|Secret\/apps\/ecr/,
      /token has expired/,
    ],
    [
      'GitLab',
      unsourced(
        repo('deploy', { url: 'https://gitlab.acme.io/platform/fleet.git', secretRef: { name: 'flux-system' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to list remote for 'https://gitlab.acme.io/platform/fleet.git': authentication required: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.",
        ]),
      ),
      /GitRepository\/flux-system\/deploy|Secret\/flux-system\/flux-system/,
      /Access denied/,
    ],
    [
      'a bucket',
      unsourced(
        bucket(
          'manifests',
          { provider: 'generic', endpoint: 's3.eu-west-1.amazonaws.com', bucketName: 'acme-manifests', secretRef: { name: 's3' } },
          undefined,
          unfetched('BucketOperationFailed', "failed to confirm existence of 'acme-manifests' bucket: The provided token has expired."),
        ),
        [inFlux(secret('s3', { accesskey: 'eA==', secretkey: 'eA==' }))],
      ),
      /Bucket\/flux-system\/manifests|Secret\/flux-system\/s3/,
      /token has expired/,
    ],
  ]),
  ...three('a digest that is not the one', [
    [
      'the artifact that was downloaded',
      breaks(
        "failed to download archive: computed digest doesn't match 'sha256:1111111111111111111111111111111111111111111111111111111111111111'",
        { reason: 'ArtifactFailed' },
      ),
      /Kustomization\/flux-system\/shop|GitRepository\/flux-system\/fleet/,
      /computed digest doesn't match/,
    ],
    [
      'an image by digest',
      waits(
        pulls(
          'api',
          'ghcr.io/acme/api@sha256:4bcd7e2f0a3c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6',
          'failed to pull and unpack image "ghcr.io/acme/api@sha256:4bcd7e2f0a3c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6": failed to resolve reference "ghcr.io/acme/api@sha256:4bcd7e2f0a3c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6": ghcr.io/acme/api@sha256:4bcd7e2f0a3c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6: not found',
          { kind: 'DaemonSet' },
        ),
      ),
      /Pod\/apps\/api|DaemonSet\/apps\/api/,
      /sha256:4bcd7e2f.*not found/s,
    ],
    [
      'an OCI source pinned by digest',
      unsourced(
        ociFails(
          {
            url: 'oci://ghcr.io/acme/manifests',
            ref: { digest: 'sha256:77a1e4b0c2d3f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e' },
          },
          'failed to determine artifact digest: GET https://ghcr.io/v2/acme/manifests/manifests/sha256:77a1e4b0c2d3f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e: MANIFEST_UNKNOWN: manifest unknown',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /MANIFEST_UNKNOWN/,
    ],
  ]),
  ...three('no key to decrypt', [
    [
      'the Secret of the keys is not there',
      breaks('secrets "sops-age" not found', { spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } } }),
      /Secret\/flux-system\/sops-age|Kustomization\/flux-system\/shop/,
      /sops-age" not found/,
    ],
    [
      'another identity',
      breaks(
        "decryption failed for 'db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1zyhut6uk754ayr3arpcelf2zvgrllmmj94q8pctwqnr66ul2g5as4wqujw: FAILED\n    - | failed to decrypt: no identity matched any of the recipients\n\nRecovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, at least one key has to be successful,\nbut none were.",
        {
          spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
          more: [inFlux(secret('sops-age', { 'age.agekey': 'QUdFLVNFQ1JFVC1LRVktMQ==' }))],
        },
      ),
      /Kustomization\/flux-system\/shop|Secret\/flux-system\/sops-age/,
      /no identity matched|cannot get sops data key/,
    ],
    [
      'decryption is not configured',
      breaks('Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled', {
        reason: 'ReconciliationFailed',
      }),
      /Kustomization\/flux-system\/shop/,
      /SOPS encrypted/,
    ],
  ]),
  ...three('YAML that cannot be read', [
    [
      'a patch',
      breaks(
        'kustomize build failed: trouble configuring builtin PatchTransformer with config: `\npatch: |-\n  - op: replce\n    path: /spec/replicas\n    value: 2\ntarget:\n  kind: Deployment\n`: unable to parse SM or JSON patch from [- op: replce\n  path: /spec/replicas\n  value: 2\n]',
      ),
      /Kustomization\/flux-system\/shop/,
      /unable to parse SM or JSON patch/,
    ],
    [
      'a resource in kustomize',
      breaks(
        "kustomize build failed: accumulating resources: accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: line 12: did not find expected key in File: deployment.yaml",
      ),
      /Kustomization\/flux-system\/shop/,
      /line 12: did not find expected key/,
    ],
    [
      'a file in a folder without kustomization.yaml',
      breaks(
        'failed to generate kustomization.yaml: failed to decode Kubernetes YAML from /tmp/kustomization-884120/deploy/web.yaml: error converting YAML to JSON: yaml: line 7: mapping values are not allowed in this context',
      ),
      /Kustomization\/flux-system\/shop/,
      /line 7: mapping values/,
    ],
  ]),
  ...three('a Git reference that is not there', [
    [
      'a tag, seen from a release',
      chartless('web', ['NoSourceArtifact', "no artifact available for GitRepository source 'charts'"], {
        chart: { chart: './charts/web' },
        from: git(
          'charts',
          { url: 'https://github.com/acme/charts', ref: { tag: 'v2.4.1' } },
          undefined,
          unfetched(
            'GitOperationFailed',
            "failed to checkout and determine revision: unable to clone 'https://github.com/acme/charts': couldn't find remote ref \"refs/tags/v2.4.1\"",
          ),
        ),
      }),
      /GitRepository\/apps\/charts/,
      /refs\/tags\/v2\.4\.1/,
    ],
    [
      'a commit',
      unsourced(
        repo('deploy', { ref: { commit: '9f2b7c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to resolve commit object for '9f2b7c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b': object not found",
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /object not found/,
    ],
    [
      'a branch',
      unsourced(
        repo('deploy', { ref: { branch: 'production' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to clone 'https://git.example.com/org/repo': couldn't find remote ref \"refs/heads/production\"",
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /refs\/heads\/production/,
    ],
  ]),
  ...three('SSH is refused', [
    [
      'an automation of images',
      [
        inFlux(
          custom('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', [
            'bump',
            {
              interval: '30m',
              sourceRef: { kind: 'GitRepository', name: 'fleet' },
              git: {
                checkout: { ref: { branch: 'main' } },
                push: { branch: 'main' },
                commit: { author: { email: 'bot@acme.io', name: 'bot' } },
              },
            },
            [
              'Ready',
              'False',
              'GitOperationFailed',
              'failed to push to remote: unable to push to remote: unknown error: ERROR: The key you are authenticating with has been marked as read only.',
            ],
          ]),
        ),
        { ...fleet(), spec: { ...fleet().spec, url: 'ssh://git@github.com/acme/fleet', secretRef: { name: 'flux-system' } } },
        ...around(),
      ],
      /ImageUpdateAutomation\/flux-system\/bump|GitRepository\/flux-system\/fleet|Secret\/flux-system\/flux-system/,
      /marked as read only/,
    ],
    [
      'the deploy key',
      unsourced(
        repo('deploy', { url: 'ssh://git@github.com/acme/fleet', secretRef: { name: 'flux-system' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to list remote for 'ssh://git@github.com/acme/fleet': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
        ]),
        [inFlux(secret('flux-system', { identity: 'eA==', known_hosts: 'eA==', 'identity.pub': 'eA==' }))],
      ),
      /GitRepository\/flux-system\/deploy|Secret\/flux-system\/flux-system/,
      /unable to authenticate/,
    ],
    [
      'the host key',
      unsourced(
        repo('deploy', { url: 'ssh://git@gitea.acme.io/acme/fleet', secretRef: { name: 'flux-system' } }, [
          'GitOperationFailed',
          "failed to checkout and determine revision: unable to list remote for 'ssh://git@gitea.acme.io/acme/fleet': ssh: handshake failed: knownhosts: key is unknown",
        ]),
        [inFlux(secret('flux-system', { identity: 'eA==', known_hosts: 'eA==' }))],
      ),
      /GitRepository\/flux-system\/deploy|Secret\/flux-system\/flux-system/,
      /key is unknown/,
    ],
  ]),
  ...three('a certificate is not trusted', [
    [
      'a Helm repository',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ url: 'https://charts.acme.internal' }, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.acme.internal/index.yaml": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ]),
      }),
      /HelmRepository\/apps\/charts/,
      /unknown authority/,
    ],
    [
      'a registry whose certificate ended',
      waits(
        pulls(
          'api',
          'registry.acme.internal/shop/api:2.4.1',
          'failed to pull and unpack image "registry.acme.internal/shop/api:2.4.1": failed to resolve reference "registry.acme.internal/shop/api:2.4.1": failed to do request: Head "https://registry.acme.internal/v2/shop/api/manifests/2.4.1": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-12-30T23:59:59Z',
        ),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /certificate has expired/,
      /renew|expired/i,
    ],
    [
      'a Git host of another name',
      unsourced(
        repo('deploy', { url: 'https://git.acme.io/platform/fleet' }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: unable to list remote for \'https://git.acme.io/platform/fleet\': Get "https://git.acme.io/platform/fleet/info/refs?service=git-upload-pack": tls: failed to verify certificate: x509: certificate is valid for gitea.internal, not git.acme.io',
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /valid for gitea\.internal/,
    ],
  ]),
  ...three('a host is not reached', [
    [
      'an application and its database',
      waits(
        app('orders', {
          phase: 'Running',
          state: loops('orders', 1),
          log: '2026-01-01T00:00:00Z INFO starting orders 2.4.1\n2026-01-01T00:00:01Z FATAL cannot connect to database: dial tcp: lookup orders-db.apps.svc.cluster.local on 10.96.0.10:53: no such host',
          said: [['BackOff', 'Back-off restarting failed container orders in pod orders-7c9d8b6f5d-k2x9q_apps(1f0c2a7e)']],
        }),
      ),
      /Pod\/apps\/orders|Deployment\/apps\/orders|Service\/apps\/orders-db/,
      /orders-db\.apps.*no such host/,
    ],
    [
      'Git over a firewall',
      unsourced(
        repo('deploy', { url: 'https://git.acme.io/platform/fleet' }, [
          'GitOperationFailed',
          'failed to checkout and determine revision: unable to list remote for \'https://git.acme.io/platform/fleet\': Get "https://git.acme.io/platform/fleet/info/refs?service=git-upload-pack": dial tcp 203.0.113.7:443: i/o timeout',
        ]),
      ),
      /GitRepository\/flux-system\/deploy/,
      /i\/o timeout/,
    ],
    [
      'a Helm repository without DNS',
      chartless('web', ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"], {
        from: charts({ url: 'https://charts.acme.io' }, [
          'Failed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.acme.io/index.yaml": dial tcp: lookup charts.acme.io on 10.96.0.10:53: no such host',
        ]),
      }),
      /HelmRepository\/apps\/charts/,
      /no such host/,
    ],
  ]),
  ...three('values that the chart refuses', [
    [
      'an upgrade',
      releases(
        'web',
        [
          'UpgradeFailed',
          "Helm upgrade failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- ingress: Additional property hostIp is not allowed\n",
        ],
        { spec: { values: { ingress: { hostIp: '1.2.3.4' } } } },
      ),
      /HelmRelease\/apps\/web/,
      /hostIp is not allowed/,
      /remove|take .* out|correct/,
    ],
    [
      'a type',
      releases(
        'web',
        [
          'InstallFailed',
          "Helm install failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/replicaCount': got string, want integer\n",
        ],
        { spec: { values: { replicaCount: '2' } } },
      ),
      /HelmRelease\/apps\/web/,
      /replicaCount.*got string, want integer/,
    ],
    [
      'a value that is required',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: execution error at (web/templates/secret.yaml:4:4): A database password is required, set .Values.db.password',
      ]),
      /HelmRelease\/apps\/web/,
      /database password is required/,
    ],
  ]),
  ...three('a template that cannot be rendered', [
    [
      'an upgrade',
      releases('web', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: template: web/templates/deployment.yaml:21:24: executing "web/templates/deployment.yaml" at <.Values.image.repository>: nil pointer evaluating interface {}.repository',
      ]),
      /HelmRelease\/apps\/web/,
      /image\.repository/,
    ],
    [
      'a function',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: parse error at (web/templates/ingress.yaml:14): function "toYamll" not defined',
      ]),
      /HelmRelease\/apps\/web|HelmChart/,
      /toYamll/,
    ],
    [
      'what comes out is no YAML',
      releases('web', [
        'InstallFailed',
        "Helm install failed for release apps/web with chart web@1.2.3: YAML parse error on web/templates/configmap.yaml: error converting YAML to JSON: yaml: line 9: could not find expected ':'",
      ]),
      /HelmRelease\/apps\/web|HelmChart/,
      /configmap\.yaml.*line 9/,
    ],
  ]),
  ...three('an object of somebody else', [
    [
      'a role of the cluster',
      releases('web', [
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: Unable to continue with update: ClusterRole "web-reader" in namespace "" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-namespace" must equal "apps": current value is "legacy"',
      ]),
      /ClusterRole\/(?:.*\/)?web-reader|HelmRelease\/apps\/web/,
      /invalid ownership metadata/,
    ],
    [
      'it exists already',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed to create resource: serviceaccounts "web" already exists',
        ],
        {},
      ).concat(object('v1', 'ServiceAccount', 'web')),
      /ServiceAccount\/apps\/web|HelmRelease\/apps\/web/,
      /serviceaccounts "web" already exists/,
    ],
    [
      'a Service made by hand',
      releases('web', [
        'InstallFailed',
        'Helm install failed for release apps/web with chart web@1.2.3: Unable to continue with install: Service "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "apps"',
      ]).concat(object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } })),
      /Service\/apps\/web|HelmRelease\/apps\/web/,
      /invalid ownership metadata/,
    ],
  ]),
]
