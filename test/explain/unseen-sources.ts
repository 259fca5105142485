import { bucket, event, goodCharts, imageRepository, object } from './objects.ts'
import {
  alone,
  around,
  chartless,
  inFlux,
  login,
  pulls,
  releases,
  secret,
  three,
  unfetched,
  unsourced,
  waits,
  ociFails,
} from './practice.ts'
import { asked, behind, fluxObject, fromAbove, gitFails, indexFails, later, releaseBehind } from './unseen.ts'
import { fleet } from './whole.ts'

const image = 'image.toolkit.fluxcd.io/v1'
const checkout = 'failed to checkout and determine revision: '
const noIndex = ['NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"] as const
const policy = (spec: Parameters<typeof fluxObject>[3][0], reason: string, says: string) => [
  fluxObject(image, 'ImagePolicy', 'app', [{ imageRepositoryRef: { name: 'app' }, ...spec }, ['Ready', 'False', reason, says]]),
  inFlux(imageRepository('app', {}, ['True', 'Succeeded', 'successful scan: found 14 tags'])),
  fleet(),
  ...around(),
]
const automation = (says: string) => {
  const made = fluxObject(image, 'ImageUpdateAutomation', 'bump', [
    {
      interval: '30m',
      sourceRef: { kind: 'GitRepository', name: 'fleet' },
      git: { checkout: { ref: { branch: 'main' } }, push: { branch: 'main' }, commit: { author: { email: 'bot@acme.io' } } },
    },
    ['Ready', 'False', 'GitOperationFailed', says],
  ])
  return [made, event(made, 'GitOperationFailed', says), fleet(), ...around()]
}
const automates = /ImageUpdateAutomation\/flux-system\/bump|GitRepository\/flux-system\/fleet|Secret\/flux-system\/flux-system/
const source = /GitRepository\/flux-system\/deploy|Secret\/flux-system\/\S+/
const registry = /OCIRepository\/flux-system\/manifests|Secret\/flux-system\/\S+/
const chart = /HelmRepository\/apps\/charts|Secret\/apps\/\S+/
const helmed = /HelmChart\/apps\/apps-web|HelmRepository\/apps\/charts|HelmRelease\/apps\/web/
const credentials = /token|credential|secret|password|log ?in|permission|access|key|installation/i

export const unseenSources = [
  ...three('Git hosts that do not let Flux in', [
    [
      'a GitHub App that was uninstalled',
      unsourced(
        gitFails(
          { url: 'https://github.com/acme/fleet', provider: 'github', secretRef: { name: 'app' } },
          'failed to configure authentication options: could not refresh installation id 52617382\'s token: received non 2xx response status "404 Not Found" when fetching https://api.github.com/app/installations/52617382/access_tokens',
          'AuthenticationFailed',
        ),
        [inFlux(secret('app', { githubAppID: 'MQ==', githubAppInstallationID: 'NTI=', githubAppPrivateKey: 'eA==' }))],
      ),
      source,
      /52617382/,
      credentials,
    ],
    [
      'Azure DevOps shows its page to log in',
      later(
        unsourced(
          gitFails(
            { url: 'https://dev.azure.com/acme/platform/_git/fleet', secretRef: { name: 'flux-system' } },
            `${checkout}unable to list remote for 'https://dev.azure.com/acme/platform/_git/fleet': unexpected client error: unexpected requesting "https://dev.azure.com/acme/platform/_git/fleet/info/refs?service=git-upload-pack" status code: 203`,
          ),
        ),
      ),
      source,
      /status code: 203/,
      credentials,
    ],
    [
      'Bitbucket, seen two steps away',
      behind(
        unsourced(
          gitFails(
            { url: 'https://bitbucket.org/acme/fleet.git', secretRef: { name: 'flux-system' } },
            `${checkout}unable to clone 'https://bitbucket.org/acme/fleet.git': authorization failed: You may not have access to this repository or it no longer exists in this workspace.`,
          ),
        ),
      ),
      source,
      /authorization failed/,
      credentials,
    ],
  ]),
  ...three('keys of SSH that do not fit', [
    [
      'the Secret has no known_hosts',
      unsourced(
        gitFails(
          { url: 'ssh://git@git.acme.io/platform/fleet', secretRef: { name: 'ssh' } },
          "failed to configure authentication options: invalid 'ssh' auth option: 'known_hosts' is required",
          'AuthenticationFailed',
        ),
        [inFlux(secret('ssh', { identity: 'eA==' }))],
      ),
      source,
      /known_hosts/,
      /known_hosts/,
    ],
    [
      'the host has another key than before',
      later(
        unsourced(
          gitFails(
            { url: 'ssh://git@ssh.dev.azure.com/v3/acme/platform/fleet', secretRef: { name: 'ssh' } },
            `${checkout}unable to clone 'ssh://git@ssh.dev.azure.com/v3/acme/platform/fleet': ssh: handshake failed: knownhosts: key mismatch`,
          ),
          [inFlux(secret('ssh', { identity: 'eA==', known_hosts: 'eA==' }))],
        ),
      ),
      source,
      /key mismatch/,
      /known_hosts|host key/i,
    ],
    [
      'a private key with a passphrase',
      unsourced(
        gitFails(
          { url: 'ssh://git@gitlab.com/acme/fleet', secretRef: { name: 'ssh' } },
          `${checkout}unable to list remote for 'ssh://git@gitlab.com/acme/fleet': ssh: this private key is passphrase protected`,
        ),
        [inFlux(secret('ssh', { identity: 'eA==', known_hosts: 'eA==' }))],
      ),
      source,
      /passphrase protected/,
      /passphrase|password/,
    ],
  ]),
  ...three('a source that is too slow or too large', [
    [
      'a large index',
      chartless('web', noIndex, {
        from: indexFails(
          { url: 'https://charts.example.org' },
          'failed to load Helm repository from index YAML: failed to load index: /tmp/chart-index-861161562.yaml exceeds the maximum index file size of 52428800 bytes',
        ),
      }),
      chart,
      /maximum index file size/,
      /OCI|smaller|limit|size|index/i,
    ],
    [
      'a clone of a monorepo',
      unsourced(
        gitFails(
          { url: 'https://git.acme.io/mono', timeout: '60s' },
          `${checkout}unable to clone 'https://git.acme.io/mono': context deadline exceeded`,
        ),
      ),
      source,
      /deadline exceeded/,
      /timeout|reach|network/i,
    ],
    [
      'an artifact that is pulled too slowly, a release on top',
      fromAbove(
        unsourced(
          ociFails(
            { url: 'oci://harbor.acme.io/fleet/manifests' },
            'failed to pull artifact from \'oci://harbor.acme.io/fleet/manifests\': Get "https://harbor.acme.io/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          ),
        ),
      ),
      registry,
      /Client\.Timeout/,
      /timeout|reach|network/i,
    ],
  ]),
  ...three('charts that are not where they are looked for', [
    [
      'the repository moved',
      [
        releaseBehind('shop', 'web'),
        ...chartless('web', noIndex, {
          from: indexFails(
            { url: 'https://acme.github.io/charts-old' },
            'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://acme.github.io/charts-old/index.yaml : 404 Not Found',
          ),
        }),
      ],
      chart,
      /404 Not Found/,
      /url/i,
    ],
    [
      'no such repository in a registry',
      chartless(
        'web',
        [
          'ChartPullError',
          'chart pull error: failed to get chart version for remote reference: could not get tags for "oci://ghcr.io/acme/charts/webb": could not fetch tags for "oci://ghcr.io/acme/charts/webb": GET "https://ghcr.io/v2/acme/charts/webb/tags/list": response status code 404: name unknown: repository name not known to registry',
        ],
        { chart: { chart: 'webb' }, from: goodCharts() },
      ),
      helmed,
      /name unknown/,
      /name|chart|url/i,
    ],
    [
      'a web page instead of an index',
      later(
        chartless('web', noIndex, {
          from: indexFails(
            { url: 'https://artifacts.acme.io/ui/repos/helm' },
            'failed to load Helm repository from index YAML: failed to load index: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type repo.IndexFile',
          ),
        }),
      ),
      chart,
      /IndexFile/,
      /url|index/i,
    ],
  ]),
  ...three('artifacts of another shape', [
    [
      'a chart that is an image',
      chartless('web', [
        'ChartPullError',
        "chart pull error: failed to download chart for remote reference: failed to get 'oci://ghcr.io/acme/charts/web:1.2.3': manifest does not contain a layer with mediatype application/vnd.cncf.helm.chart.content.v1.tar+gzip",
      ]),
      helmed,
      /mediatype/,
      /chart|push|media/i,
    ],
    [
      'the layer that is selected is not in it',
      unsourced(
        ociFails(
          {
            url: 'oci://ghcr.io/acme/manifests',
            layerSelector: { mediaType: 'application/vnd.acme.k8s.v1.tar+gzip', operation: 'extract' },
          },
          "failed to find layer with media type 'application/vnd.acme.k8s.v1.tar+gzip' in artifact",
          'OCILayerOperationFailed',
        ),
      ),
      registry,
      /layer with media type/,
      /layerSelector|media/i,
    ],
    [
      'a layer that is no archive',
      unsourced(
        ociFails(
          { url: 'oci://registry.acme.io/fleet/manifests' },
          'failed to extract layer contents from artifact: tar extraction error: requires gzip-compressed body: gzip: invalid header',
          'OCILayerOperationFailed',
        ),
      ),
      registry,
      /gzip/,
      /push|copy|archive|layer|artifact/i,
    ],
  ]),
  ...three('buckets that are closed', [
    [
      'Google',
      unsourced(
        bucket(
          'manifests',
          { provider: 'gcp', bucketName: 'acme-manifests', endpoint: 'storage.googleapis.com' },
          undefined,
          unfetched(
            'BucketOperationFailed',
            "failed to confirm existence of 'acme-manifests' bucket: googleapi: Error 403: flux@acme.iam.gserviceaccount.com does not have storage.buckets.get access to the Google Cloud Storage bucket. Permission 'storage.buckets.get' denied on resource (or it may not exist)., forbidden",
          ),
        ),
      ),
      /Bucket\/flux-system\/manifests/,
      /storage\.buckets\.get/,
      /grant|right|role|access|permission/i,
    ],
    [
      'Amazon',
      later(
        unsourced(
          bucket(
            'manifests',
            { provider: 'aws', bucketName: 'acme-manifests', endpoint: 's3.amazonaws.com', region: 'eu-west-1' },
            undefined,
            unfetched('BucketOperationFailed', "failed to confirm existence of 'acme-manifests' bucket: Access Denied."),
          ),
        ),
      ),
      /Bucket\/flux-system\/manifests/,
      /Access Denied/,
      /grant|right|role|access|permission|credential/i,
    ],
    [
      'Azure',
      fromAbove(
        unsourced(
          bucket(
            'manifests',
            { provider: 'azure', bucketName: 'manifests', endpoint: 'https://acme.blob.core.windows.net' },
            undefined,
            unfetched(
              'BucketOperationFailed',
              "failed to confirm existence of 'manifests' bucket: GET https://acme.blob.core.windows.net/manifests\n--------------------------------------------------------------------------------\nRESPONSE 403: 403 This request is not authorized to perform this operation using this permission.\nERROR CODE: AuthorizationPermissionMismatch",
            ),
          ),
        ),
      ),
      /Bucket\/flux-system\/manifests/,
      /AuthorizationPermissionMismatch|RESPONSE 403/,
      /grant|right|role|access|permission/i,
    ],
  ]),
  ...three('signatures that are not good', [
    [
      'a commit',
      unsourced(
        gitFails(
          { url: 'https://github.com/acme/fleet', verify: { mode: 'HEAD', secretRef: { name: 'pgp' } } },
          "signature verification of commit '9f2b7c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b' failed: unable to verify Git commit: unable to verify payload with any of the given key rings",
          'InvalidCommitSignature',
        ),
        [inFlux(secret('pgp', { 'author.asc': 'eA==' }))],
      ),
      source,
      /key rings/,
      /sign|key/i,
    ],
    [
      'a chart',
      chartless('web', [
        'ChartVerificationError',
        "chart verification error: failed to verify oci://ghcr.io/acme/charts/web:1.2.3: no matching signatures were found for 'ghcr.io/acme/charts/web@sha256:55aa'",
      ]),
      helmed,
      /no matching signatures/,
      /sign|verif/i,
    ],
    [
      'an artifact that somebody else signed',
      unsourced(
        ociFails(
          {
            url: 'oci://ghcr.io/acme/manifests',
            verify: {
              provider: 'cosign',
              matchOIDCIdentity: [
                { issuer: '^https://token.actions.githubusercontent.com$', subject: '^https://github.com/acme/fleet.*$' },
              ],
            },
          },
          "failed to verify the signature using provider 'cosign keyless': no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://github.com/other/fleet/.github/workflows/push.yaml@refs/heads/main] with issuer https://token.actions.githubusercontent.com",
          'VerificationError',
        ),
      ),
      registry,
      /expected identities/,
      /identit|sign|verif/i,
    ],
  ]),
  ...three('policies that find no image', [
    [
      'a pattern that is no pattern',
      policy(
        { filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+' }, policy: { numerical: { order: 'asc' } } },
        'InvalidPolicy',
        "failed to filter tags: invalid regular expression pattern '^main-[a-f0-9]+-(?P<ts>[0-9]+': error parsing regexp: missing closing ): `^main-[a-f0-9]+-(?P<ts>[0-9]+`",
      ),
      /ImagePolicy\/flux-system\/app/,
      /missing closing \)/,
      /pattern|regular/i,
    ],
    [
      'no tag in the range',
      policy(
        { policy: { semver: { range: '>=9.0.0' } } },
        'Failed',
        'failed to determine latest tag for policy: unable to determine latest version from provided list',
      ),
      /ImagePolicy\/flux-system\/app/,
      /unable to determine latest version/,
      /range|tag/i,
    ],
    [
      'the filter leaves nothing',
      policy(
        { filterTags: { pattern: '^release-.*' }, policy: { alphabetical: { order: 'asc' } } },
        'Failed',
        'failed to determine latest tag for policy: version list argument cannot be empty',
      ),
      /ImagePolicy\/flux-system\/app/,
      /cannot be empty/,
      /filter|pattern|tag/i,
    ],
  ]),
  ...three('pushes that are declined', [
    [
      'a protected branch of GitHub',
      automation('failed to push to remote: failed to push to remote: command error on refs/heads/main: protected branch hook declined'),
      automates,
      /protected branch hook declined/,
      /branch|allow|permission/i,
    ],
    [
      'GitLab says why',
      later(
        automation(
          'failed to push to remote: unable to push to remote: remote: GitLab: You are not allowed to push code to protected branches on this project.: command error on refs/heads/main: pre-receive hook declined',
        ),
      ),
      automates,
      /not allowed to push/,
      /branch|allow|permission/i,
    ],
    [
      'a token that only reads',
      automation(
        'failed to push to remote: unable to push to remote: authorization failed: Permission to acme/fleet.git denied to acme-bot.',
      ),
      automates,
      /denied to acme-bot/,
      /write|permission|access|token/i,
    ],
  ]),
  ...three('too many requests', [
    [
      'a scan of tags',
      alone([
        inFlux(
          imageRepository('redis', { image: 'docker.io/bitnami/redis' }, [
            'False',
            'ReadOperationFailed',
            'scan failed: GET https://index.docker.io/v2/bitnami/redis/tags/list?n=1000: TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
          ]),
        ),
      ]),
      /ImageRepository\/flux-system\/redis/,
      /rate limit/,
      /log ?in|authenticat|mirror|credential|wait|secret/i,
    ],
    [
      'an image',
      asked(
        'StatefulSet',
        waits(
          pulls(
            'cache',
            'redis:7.4',
            'failed to pull and unpack image "docker.io/library/redis:7.4": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:9f1c: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      /Pod\/apps\/cache-0|StatefulSet\/apps\/cache/,
      /429|toomanyrequests/,
      /log ?in|authenticat|mirror|credential|wait|secret/i,
    ],
    [
      'GitHub and its Git',
      unsourced(
        gitFails(
          { url: 'https://github.com/acme/fleet' },
          `${checkout}unable to list remote for 'https://github.com/acme/fleet': unexpected client error: unexpected requesting "https://github.com/acme/fleet/info/refs?service=git-upload-pack" status code: 429`,
        ),
      ),
      source,
      /status code: 429/,
      /interval|wait|limit|authenticat|credential|token/i,
    ],
  ]),
  ...three('notifications that do not come or go', [
    [
      'a Receiver without its token',
      [
        fluxObject('notification.toolkit.fluxcd.io/v1', 'Receiver', 'github', [
          { type: 'github', secretRef: { name: 'webhook-token' }, resources: [{ kind: 'GitRepository', name: 'fleet' }] },
          ['Reconciling', 'True', 'ProgressingWithRetry', 'Reconciliation in progress'],
          [
            'Ready',
            'False',
            'TokenNotFound',
            'unable to read token from secret \'flux-system/webhook-token\' error: Secret "webhook-token" not found',
          ],
        ]),
        fleet(),
        ...around(),
      ],
      /Receiver\/flux-system\/github|Secret\/flux-system\/webhook-token/,
      /webhook-token" not found/,
      /create|secret/i,
    ],
    [
      'an Alert to a channel that is gone',
      (() => {
        const alert = fluxObject('notification.toolkit.fluxcd.io/v1beta3', 'Alert', 'on-call', [
          { providerRef: { name: 'slack' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
        ])
        const provider = fluxObject('notification.toolkit.fluxcd.io/v1beta3', 'Provider', 'slack', [
          { type: 'slack', address: 'https://hooks.slack.com/services/T0/B0/gone', channel: 'ops' },
        ])
        const says =
          'failed to dispatch notification for Kustomization/flux-system/shop: failed to send notification: postMessage failed: request failed with status code 404, no_team'
        return [alert, provider, event(alert, 'NotificationDispatchFailed', says), fleet(), ...around()]
      })(),
      /(?:Alert|Provider)\/flux-system\/(?:on-call|slack)/,
      /status code 404/,
      /address|url|webhook|channel/i,
    ],
    [
      'the Secret of a Receiver has no token',
      [
        fluxObject('notification.toolkit.fluxcd.io/v1', 'Receiver', 'harbor', [
          { type: 'harbor', secretRef: { name: 'hook' }, resources: [{ kind: 'OCIRepository', name: 'app' }] },
          ['Ready', 'False', 'TokenNotFound', "invalid 'flux-system/hook' secret data: required field 'token'"],
        ]),
        inFlux(secret('hook', { tokn: 'eA==' })),
        fleet(),
        ...around(),
      ],
      /Receiver\/flux-system\/harbor|Secret\/flux-system\/hook/,
      /field 'token'/,
      /token/i,
    ],
  ]),
  ...three('certificates that Flux cannot use', [
    [
      'a bundle that holds no certificate',
      unsourced(
        gitFails(
          { url: 'https://git.acme.io/fleet', secretRef: { name: 'git-ca' } },
          `${checkout}unable to list remote for 'https://git.acme.io/fleet': Get "https://git.acme.io/fleet/info/refs?service=git-upload-pack": unable to append caBundle to the certificate pool: invalid PEM`,
        ),
        [inFlux(secret('git-ca', { 'ca.crt': 'eA==' }))],
      ),
      source,
      /invalid PEM/,
      /certificate|ca\b|bundle|PEM/i,
    ],
    [
      'a key of another certificate',
      chartless('web', noIndex, {
        from: indexFails(
          { url: 'https://charts.acme.internal', certSecretRef: { name: 'mtls' } },
          'failed to construct Helm client: failed to create TLS config: failed to parse TLS cert and key: tls: private key does not match public key',
        ),
        more: [object('v1', 'Secret', 'mtls', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' } })],
      }),
      chart,
      /does not match public key/,
      /key|certificate/i,
    ],
    [
      'HTTP where HTTPS is spoken',
      asked(
        'OCIRepository',
        unsourced(
          ociFails(
            { url: 'oci://registry.acme.internal:5000/fleet/manifests' },
            'failed to determine artifact digest: Get "https://registry.acme.internal:5000/v2/": http: server gave HTTP response to HTTPS client',
          ),
          [inFlux(login('other', 'registry.acme.internal:5000'))],
        ),
      ),
      registry,
      /HTTP response to HTTPS client/,
      /insecure|https|tls/i,
    ],
  ]),
  ...three('values that a release cannot read', [
    [
      'the ConfigMap is not there',
      fromAbove([
        ...releases(
          'web',
          [
            'ValuesError',
            "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yaml': configmaps \"web-values\" not found",
          ],
          {
            spec: { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] },
          },
        ),
      ]),
      /HelmRelease\/apps\/web|ConfigMap\/apps\/web-values/,
      /web-values/,
      /create|optional|name/i,
    ],
    [
      'the key is not there',
      releases(
        'web',
        [
          'ValuesError',
          "could not resolve Secret chart values reference 'apps/web-values' with key 'prod.yaml': missing key 'prod.yaml' in Secret 'apps/web-values'",
        ],
        {
          spec: { valuesFrom: [{ kind: 'Secret', name: 'web-values', valuesKey: 'prod.yaml' }] },
          made: [secret('web-values', { 'values.yaml': 'eA==' })],
        },
      ),
      /HelmRelease\/apps\/web|Secret\/apps\/web-values/,
      /prod\.yaml/,
      /key/i,
    ],
    [
      'what it holds is no YAML',
      later([
        ...releases(
          'web',
          [
            'ValuesError',
            "unable to read values from key 'values.yaml' in ConfigMap 'apps/web-values': error converting YAML to JSON: yaml: line 14: found character that cannot start any token",
          ],
          {
            spec: { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] },
          },
        ),
        object('v1', 'ConfigMap', 'web-values', { data: { 'values.yaml': 'a: b\n\tc: d' } }),
      ]),
      /HelmRelease\/apps\/web|ConfigMap\/apps\/web-values/,
      /line 14/,
      /YAML|correct|line/i,
    ],
  ]),
]
