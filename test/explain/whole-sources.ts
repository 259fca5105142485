import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import { bucket, type Condition, git, helmChart, helmRepository, imageRepository, ks, object, oci, release, stored } from './objects.ts'
import { failing, fleet, fluxNs, isWell, retriedJob, retrying, scaledDown, slowStart, suspendedElsewhere, within } from './whole.ts'

/** Sources that cannot be fetched, below what needs them. */
type Near = readonly KubeObject[]
const failed = (reason: string, message: string): JsonObject =>
  retrying(reason, message, ['FetchFailed', 'True', reason, message] satisfies Condition)
const waits: readonly [string, string] = ['ArtifactFailed', 'Source artifact not found, retrying in 30s']

function needsOci(spec: JsonObject, message: string, reason = 'OCIPullFailed'): KubeObject[] {
  const source = within(fluxNs, oci('shop', { url: 'oci://ghcr.io/acme/manifests/shop', ...spec }, undefined, failed(reason, message)))
  return [failing('shop', waits, { spec: { sourceRef: { kind: 'OCIRepository', name: 'shop' } } }), source]
}
function needsGit(spec: JsonObject, message: string): KubeObject[] {
  const source = within(
    fluxNs,
    git('fleet', { url: 'https://github.com/acme/fleet', ...spec }, undefined, failed('GitOperationFailed', message)),
  )
  const unready = (name: string) => within(fluxNs, ks(name, { sourceRef: { kind: 'GitRepository', name: 'fleet' } }, ['False', ...waits]))
  return [unready('apps'), source, unready('infra')]
}
const clone = (rest: string, url = 'https://github.com/acme/fleet'): string =>
  `failed to checkout and determine revision: unable to clone '${url}': ${rest}`
const row = (name: string, says: string, objects: Near, expect: Expected): FaultCase => fault(name, `whole: ${says}`, objects, expect)
const at = (name: string): RegExp => new RegExp(`^${name}$`)
const ociAt = at('OCIRepository/flux-system/shop')
const gitAt = at('GitRepository/flux-system/fleet')

const registries: readonly FaultCase[] = [
  row(
    'registry 401',
    'the token service of a registry refuses',
    needsOci(
      {},
      'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aacme%2Fmanifests%2Fshop%3Apull&service=ghcr.io: DENIED: denied',
    ),
    {
      cause: ['RegistryUnauthorized', 'RegistryDenied', 'LoginRefused'],
      at: ociAt,
      proof: /DENIED/,
      fix: /secretRef|credential|login|package|right/i,
    },
  ),
  row(
    'expired token',
    'of a cloud registry, beside a suspended tenant',
    [
      ...needsOci(
        { url: 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop' },
        'failed to determine artifact digest: GET https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/shop/manifests/1.4.0: DENIED: Your authorization token has expired. Reauthenticate and try again.',
      ),
      ...suspendedElsewhere(),
    ],
    { cause: ['TokenExpired', 'ImageCredentialsExpired'], at: ociAt, proof: /has expired/, fix: any },
  ),
  row(
    'wrong digest',
    'a digest that was garbage collected',
    needsOci(
      { ref: { digest: `sha256:${'9'.repeat(64)}` } },
      `failed to determine artifact digest: GET https://ghcr.io/v2/acme/manifests/shop/manifests/sha256:${'9'.repeat(64)}: MANIFEST_UNKNOWN: manifest unknown`,
    ),
    { cause: ['WrongDigest', 'TagNotFound', 'NotFoundThere'], at: ociAt, proof: /MANIFEST_UNKNOWN/, fix: /spec\.ref/ },
  ),
  row(
    'semver without match',
    'of an OCI artifact',
    needsOci(
      { ref: { semver: '>=2.0.0 <3.0.0' } },
      "failed to determine the artifact tag for 'oci://ghcr.io/acme/manifests/shop': no match found for semver: >=2.0.0 <3.0.0",
    ),
    { cause: 'SemverNoMatch', at: ociAt, proof: /no match found/, fix: /semver|tag/ },
  ),
  row(
    'bad semver',
    'of an OCI artifact, beside a retried job',
    [
      ...needsOci(
        { ref: { semver: 'v1.x.x.x' } },
        "failed to determine the artifact tag for 'oci://ghcr.io/acme/manifests/shop': semver 'v1.x.x.x' parse error: improper constraint: v1.x.x.x",
      ),
      ...retriedJob(),
    ],
    { cause: 'SemverInvalid', at: ociAt, proof: /improper constraint/, fix: /semver|range/ },
  ),
  row(
    'signature',
    'keyless, none matches',
    needsOci(
      {
        verify: {
          provider: 'cosign',
          matchOIDCIdentity: [{ issuer: '^https://token.actions.githubusercontent.com$', subject: '^https://github.com/acme/.*$' }],
        },
      },
      "failed to verify the signature using provider 'cosign keyless': no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://github.com/other/shop/.github/workflows/release.yml@refs/heads/main] with issuer https://token.actions.githubusercontent.com",
      'VerificationError',
    ),
    { cause: ['VerificationFailed'], at: ociAt, proof: /identities/, fix: any },
  ),
  row(
    'layer',
    'an image where a manifest artifact was expected',
    needsOci(
      { layerSelector: { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', operation: 'copy' } },
      "failed to find layer with media type 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' in artifact",
      'OCILayerOperationFailed',
    ),
    { cause: ['LayerInvalid', 'BlobMissing', 'NotFoundThere'], at: ociAt, proof: /media type/, fix: /layerSelector|media/ },
  ),
]

const gits: readonly FaultCase[] = [
  row(
    'host key mismatch',
    'after the server rotated its keys',
    needsGit(
      { url: 'ssh://git@github.com/acme/fleet', secretRef: { name: 'flux-system' } },
      clone('ssh: handshake failed: knownhosts: key mismatch', 'ssh://git@github.com/acme/fleet'),
    ).concat(
      within(
        fluxNs,
        object('v1', 'Secret', 'flux-system', { type: 'Opaque', data: { identity: 'eA==', 'identity.pub': 'eA==', known_hosts: 'eA==' } }),
      ),
    ),
    { cause: 'SshHostKey', at: gitAt, proof: /key mismatch/, fix: /known_hosts/ },
  ),
  row(
    'git auth',
    'a password where a token is wanted, beside a slow start',
    [
      ...needsGit(
        {},
        clone('authentication required: Invalid username or token. Password authentication is not supported for Git operations.'),
      ),
      ...slowStart(),
    ],
    {
      cause: ['GitAuthFailed', 'RequestUnauthorized', 'LoginRefused'],
      at: gitAt,
      proof: /Password authentication/,
      fix: /secretRef|token|credential/,
    },
  ),
  row(
    'deploy key removed',
    'no method remains',
    needsGit(
      { url: 'ssh://git@gitlab.corp.example/acme/fleet.git' },
      clone(
        'ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
        'ssh://git@gitlab.corp.example/acme/fleet.git',
      ),
    ),
    { cause: ['GitAuthFailed', 'LoginRefused'], at: gitAt, proof: /unable to authenticate/, fix: /key/ },
  ),
  row(
    'branch not found',
    'a branch that was merged and deleted',
    needsGit({ ref: { branch: 'release-2' } }, clone('couldn\'t find remote ref "refs/heads/release-2"')),
    {
      cause: 'GitRefNotFound',
      at: gitAt,
      proof: /release-2/,
      fix: /spec\.ref|branch/,
    },
  ),
  row(
    'semver without match',
    'of Git tags',
    needsGit(
      { ref: { semver: '~1.9' } },
      "failed to checkout and determine revision: unable to clone 'https://github.com/acme/fleet': no match found for semver: ~1.9",
    ),
    {
      cause: ['SemverNoMatch', 'GitRefNotFound'],
      at: gitAt,
      proof: /~1\.9/,
      fix: /semver|tag/,
    },
  ),
  row(
    'TLS certificate expired',
    'of a Git server',
    needsGit(
      { url: 'https://git.corp.example/fleet.git' },
      clone(
        'Get "https://git.corp.example/fleet.git/info/refs?service=git-upload-pack": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-02T08:00:00Z is after 2026-11-01T23:59:59Z',
        'https://git.corp.example/fleet.git',
      ),
    ),
    { cause: 'CertificateExpired', at: gitAt, proof: /has expired/, fix: /renew|certificate/ },
  ),
  row(
    'DNS',
    'a Git server in the cluster that was renamed',
    needsGit(
      { url: 'http://gitea-http.gitea.svc.cluster.local:3000/acme/fleet' },
      clone(
        'Get "http://gitea-http.gitea.svc.cluster.local:3000/acme/fleet/info/refs?service=git-upload-pack": dial tcp: lookup gitea-http.gitea.svc.cluster.local on 10.43.0.10:53: no such host',
        'http://gitea-http.gitea.svc.cluster.local:3000/acme/fleet',
      ),
    ),
    { cause: ['DnsFailure', 'HostUnknown'], at: gitAt, proof: /no such host/, fix: any },
  ),
  row(
    'git commit signature',
    'an unknown signer',
    needsGit(
      { verify: { mode: 'HEAD', secretRef: { name: 'pgp' } } },
      "signature verification of commit '9f2b7c0d' failed: unable to verify Git commit: unable to verify payload with any of the given key rings",
    ),
    {
      cause: ['VerificationFailed'],
      at: gitAt,
      proof: /key rings/,
      fix: /key|sign/,
    },
  ),
]

const [chartsAt, ownCharts] = [at('HelmRepository/flux-system/acme'), { sourceRef: { kind: 'HelmRepository', name: 'acme' } }]
const wantsChart = (version: string): KubeObject =>
  within(
    fluxNs,
    release('web', { chart: { spec: { chart: 'web', version, ...ownCharts } } }, [
      'False',
      'SourceNotReady',
      "HelmChart 'flux-system/flux-system-web' is not ready: latest generation of object has not been reconciled",
    ]),
  )
const others: readonly FaultCase[] = [
  row(
    'proxy down',
    'before a chart repository',
    [
      within(
        fluxNs,
        helmRepository(
          'acme',
          {},
          undefined,
          failed(
            'IndexationFailed',
            'failed to fetch Helm repository index: failed to cache index to temporary file: Get "https://charts.example.com/index.yaml": proxyconnect tcp: dial tcp 10.0.0.7:3128: connect: connection refused',
          ),
        ),
      ),
    ],
    { cause: ['ProxyFailed', 'ConnectionRefused'], at: chartsAt, proof: /proxyconnect/, fix: any },
  ),
  row(
    'chart version not found',
    'in a registry of charts',
    [
      wantsChart('7.1.x'),
      within(
        fluxNs,
        helmChart(
          'flux-system-web',
          { chart: 'web', version: '7.1.x', ...ownCharts },
          undefined,
          failed(
            'ChartPullError',
            'chart pull error: failed to get chart version for remote reference: could not locate a version matching provided version string 7.1.x',
          ),
        ),
      ),
      within(fluxNs, helmRepository('acme', { type: 'oci', url: 'oci://ghcr.io/acme/charts' })),
    ],
    { cause: 'ChartVersionNotFound', at: /^Helm(Chart|Release)\/flux-system\//, proof: /7\.1\.x/, fix: /version/ },
  ),
  row(
    'chart not found',
    'in an index, beside a scaled down preview',
    [
      wantsChart('1.0.0'),
      within(
        fluxNs,
        helmChart(
          'flux-system-web',
          { chart: 'web', version: '1.0.0', ...ownCharts },
          undefined,
          failed('ChartPullError', 'chart pull error: failed to get chart version for remote reference: no chart name found'),
        ),
      ),
      within(fluxNs, helmRepository('acme', {}, stored)),
      ...scaledDown(),
    ],
    { cause: 'ChartNotFound', at: /^Helm(Chart|Release)\/flux-system\//, proof: /no chart name/, fix: /chart/ },
  ),
  row(
    'bucket keys',
    'an access key that was deleted',
    [
      failing('shop', waits, { spec: { sourceRef: { kind: 'Bucket', name: 'shop' } } }),
      within(
        fluxNs,
        bucket(
          'shop',
          { bucketName: 'fleet-prod' },
          undefined,
          failed(
            'BucketOperationFailed',
            "failed to confirm existence of 'fleet-prod' bucket: The Access Key Id you provided does not exist in our records.",
          ),
        ),
      ),
    ],
    {
      cause: ['RegistryUnauthorized', 'RequestUnauthorized', 'LoginRefused'],
      at: /^Bucket\/flux-system\/shop/,
      proof: /Access Key/,
      fix: /accesskey/,
    },
  ),
  row(
    'missing Secret',
    'of an image scan',
    [
      within(
        fluxNs,
        imageRepository('web', { image: 'ghcr.io/acme/web', secretRef: { name: 'regcred' } }, [
          'False',
          'AuthenticationFailed',
          'failed to configure authentication options: failed to get secret \'flux-system/regcred\': secrets "regcred" not found',
        ]),
      ),
      fleet(),
    ],
    { cause: 'SecretMissing', at: /regcred|ImageRepository/, proof: /regcred/, fix: /Secret/ },
  ),
  row(
    'image policy without match',
    'a range that no tag is in',
    [
      within(
        fluxNs,
        object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
          spec: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '^4' } } },
          status: {
            observedGeneration: 1,
            ...retrying('Failure', 'cannot determine latest tag for policy: unable to determine latest version from provided list'),
          },
        }),
      ),
      within(
        fluxNs,
        imageRepository('web', { image: 'ghcr.io/acme/web' }, ['True', 'Succeeded', 'successful scan: found 14 tags'], {
          lastScanResult: { tagCount: 14, latestTags: ['3.2.0', '3.1.9'] },
        }),
      ),
      isWell('apps'),
      fleet(),
    ],
    {
      cause: ['SemverNoMatch', 'NoTagsLeft'],
      at: /^ImagePolicy\/flux-system\/web/,
      proof: /unable to determine latest version/,
      fix: /range|policy|filterTags/,
    },
  ),
  row(
    'push denied',
    'a protected branch',
    [
      within(
        fluxNs,
        object('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'fleet', {
          spec: { interval: '30m', sourceRef: { kind: 'GitRepository', name: 'fleet' }, git: { push: { branch: 'main' } } },
          status: {
            observedGeneration: 1,
            ...retrying('GitOperationFailed', 'failed to push to remote: command error on refs/heads/main: protected branch hook declined'),
          },
        }),
      ),
      fleet(),
    ],
    { cause: 'PushDenied', at: /^ImageUpdateAutomation/, proof: /protected branch/, fix: /branch|right/ },
  ),
]

export const wholeSources: readonly FaultCase[] = [...registries, ...gits, ...others]
