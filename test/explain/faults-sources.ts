import { fault, type FaultCase } from './case.ts'
import {
  artifact,
  bucket,
  conditions,
  event,
  git,
  goodCharts,
  goodGit,
  goodOci,
  helmChart,
  helmRepository,
  imageRepository,
  ks,
  ns,
  object,
  oci,
  readyTrue,
  release,
  sourceWaits,
} from './objects.ts'

const gitFailed = (message: string) => ['False', 'GitOperationFailed', `failed to checkout and determine revision: ${message}`] as const
const pullFailed = (message: string) => ['False', 'OCIArtifactPullFailed', message] as const
const digestFailed = (message: string) => pullFailed(`failed to determine artifact digest: ${message}`)
const byGit = (ready: readonly [string, string, string], spec = {}, status = {}) =>
  [ks('apps', {}, sourceWaits), git('repo', spec, ready, status)] as const
const ociRef = { sourceRef: { kind: 'OCIRepository', name: 'repo' } }
const byOci = (ready: readonly [string, string, string], spec = {}) => [ks('apps', ociRef, sourceWaits), oci('repo', spec, ready)] as const
const chartWaits = [
  'False',
  'SourceNotReady',
  `HelmChart '${ns}/${ns}-web' is not ready: latest generation of object has not been reconciled`,
] as const
const indexFailed = (message: string) => ['False', 'Failed', `failed to fetch Helm repository index: ${message}`] as const

/** Faults of what is fetched. */
export const sourceFaults: readonly FaultCase[] = [
  fault(
    'registry 401',
    'Kustomization, distribution wording',
    [
      ...byOci(
        digestFailed(
          'GET https://registry.example.com/v2/org/app/manifests/1.0.0: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:org/app Type:repository]]',
        ),
      ),
    ],
    {
      cause: 'RegistryUnauthorized',
      at: /^OCIRepository\/apps\/repo$/,
      proof: /UNAUTHORIZED/,
      fix: /secretRef/,
    },
  ),
  fault(
    'registry 401',
    'ImageRepository, plain status',
    [
      imageRepository('app', {}, [
        'False',
        'ReadOperationFailed',
        'scan failed: GET https://registry.example.com/v2/: unexpected status code 401 Unauthorized',
      ]),
    ],
    {
      cause: 'RegistryUnauthorized',
      proof: /401/,
      fix: /secretRef/,
    },
  ),
  fault(
    'registry denied',
    'pull scope',
    [...byOci(digestFailed('GET https://ghcr.io/token?scope=repository%3Aorg%2Fapp%3Apull: DENIED: denied'))],
    { cause: 'RegistryDenied', proof: /DENIED/, fix: /right to pull/ },
  ),
  fault(
    'expired token',
    'ECR',
    [
      ...byOci(digestFailed('DENIED: Your authorization token has expired. Reauthenticate and try again.'), {
        secretRef: { name: 'pull' },
      }),
      object('v1', 'Secret', 'pull'),
    ],
    {
      cause: 'TokenExpired',
      proof: /token has expired/,
      fix: /renew/,
    },
  ),
  fault(
    'expired token',
    'Git, AWS session',
    [...byGit(gitFailed('unable to clone: The security token included in the request is expired'))],
    { cause: 'TokenExpired', proof: /is expired/, fix: /renew/ },
  ),
  fault(
    'tag not found',
    'manifest unknown',
    [
      ...byOci(
        digestFailed('GET https://registry.example.com/v2/org/app/manifests/9.9.9: MANIFEST_UNKNOWN: manifest unknown; unknown tag=9.9.9'),
        { ref: { tag: '9.9.9' } },
      ),
      goodGit(),
    ],
    {
      cause: 'TagNotFound',
      proof: /MANIFEST_UNKNOWN/,
      fix: /list_artifacts/,
    },
  ),
  fault(
    'tag not found',
    'bare 404',
    [
      ...byOci(
        digestFailed(
          'HEAD https://registry.example.com/v2/org/app/manifests/2: unexpected status code 404 Not Found (HEAD responses have no body, use GET for details)',
        ),
      ),
    ],
    {
      cause: 'TagNotFound',
      proof: /404/,
      fix: /spec\.ref/,
    },
  ),
  fault(
    'wrong digest',
    'not in the registry',
    [
      ...byOci(digestFailed('GET https://registry.example.com/v2/org/app/manifests/sha256:aa: MANIFEST_UNKNOWN: manifest unknown'), {
        ref: { digest: `sha256:${'a'.repeat(64)}` },
      }),
    ],
    {
      cause: 'WrongDigest',
      proof: /spec\.ref\.digest|MANIFEST_UNKNOWN/,
      fix: /digest/,
    },
  ),
  fault(
    'wrong digest',
    'content differs',
    [
      ...byOci(
        pullFailed(
          'failed to pull artifact from \'oci://registry.example.com/org/app\': error verifying sha256 checksum after reading 1432 bytes; got "sha256:ab", want "sha256:cd"',
        ),
      ),
    ],
    {
      cause: 'WrongDigest',
      proof: /checksum/,
      fix: /digest/,
    },
  ),
  fault(
    'source not found',
    'Kustomization',
    [ks('apps', {}, ['False', 'ArtifactFailed', 'GitRepository.source.toolkit.fluxcd.io "repo" not found'])],
    {
      cause: 'SourceMissing',
      at: /GitRepository\/apps\/repo/,
      proof: /"repo" not found/,
      fix: /sourceRef/,
    },
  ),
  fault(
    'source not found',
    'HelmRelease by chartRef',
    [
      release('web', { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'web-chart' } }, [
        'False',
        'ArtifactFailed',
        'could not get Source object: OCIRepository.source.toolkit.fluxcd.io "web-chart" not found',
      ]),
      goodCharts(),
    ],
    {
      cause: 'SourceMissing',
      at: /OCIRepository\/apps\/web-chart/,
      proof: /web-chart/,
      fix: /Ref/,
    },
  ),
  fault(
    'source not found',
    'HelmChart of a HelmRelease',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, {}, [
        'False',
        'SourceUnavailable',
        'failed to get source: HelmRepository.source.toolkit.fluxcd.io "charts" not found',
      ]),
    ],
    {
      cause: 'SourceMissing',
      at: /HelmRepository\/apps\/charts/,
      proof: /charts/,
      fix: /create it/,
    },
  ),
  fault('source suspended', 'before its first artifact', [ks('apps', {}, sourceWaits), git('repo', { suspend: true }, undefined)], {
    cause: 'Suspended',
    at: /GitRepository/,
    proof: /suspend/,
    fix: /set_suspended/,
  }),
  fault(
    'source suspended',
    'with an old artifact',
    [ks('apps', ociRef, readyTrue), oci('repo', { suspend: true }, ['True', 'Succeeded', 'stored artifact'], { artifact }), goodGit()],
    {
      cause: 'Suspended',
      at: /OCIRepository/,
      proof: /suspend/,
      fix: /set_suspended/,
    },
  ),
  fault(
    'git auth failure',
    'HTTPS',
    [
      ...byGit(gitFailed("unable to clone 'https://git.example.com/org/repo': authentication required: Invalid username or token."), {
        secretRef: { name: 'git' },
      }),
      object('v1', 'Secret', 'git'),
    ],
    {
      cause: 'GitAuthFailed',
      proof: /authentication required/,
      fix: /credentials|public key/,
    },
  ),
  fault(
    'git auth failure',
    'SSH',
    [
      ...byGit(
        gitFailed(
          'failed to list remotes: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
        ),
        { url: 'ssh://git@git.example.com/org/repo' },
      ),
    ],
    {
      cause: 'GitAuthFailed',
      proof: /unable to authenticate/,
      fix: /credentials|public key/,
    },
  ),
  fault(
    'git host key',
    'mismatch',
    [...byGit(gitFailed("unable to clone 'ssh://git@git.example.com/org/repo': ssh: handshake failed: knownhosts: key mismatch"))],
    { cause: 'SshHostKey', proof: /knownhosts/, fix: /known_hosts/ },
  ),
  fault(
    'git branch not found',
    'branch',
    [
      ...byGit(gitFailed("unable to clone 'https://git.example.com/org/repo': couldn't find remote ref \"refs/heads/relase\""), {
        ref: { branch: 'relase' },
      }),
    ],
    {
      cause: 'GitRefNotFound',
      proof: /relase/,
      fix: /spec\.ref/,
    },
  ),
  fault(
    'git branch not found',
    'name',
    [...byGit(gitFailed("unable to resolve ref 'refs/tags/v9' to a specific commit"), { ref: { name: 'refs/tags/v9' } })],
    { cause: 'GitRefNotFound', proof: /v9/, fix: /spec\.ref/ },
  ),
  fault(
    'git repository not found',
    'hosted',
    [
      ...byGit(
        gitFailed(
          "unable to list remote for 'https://git.example.com/org/repo': repository not found: The project you were looking for could not be found",
        ),
      ),
    ],
    {
      cause: 'GitRepositoryNotFound',
      proof: /not found/,
      fix: /spec\.url/,
    },
  ),
  fault(
    'DNS failure',
    'Git',
    [
      ...byGit(
        gitFailed(
          'failed to list remotes: Get "https://git.exmple.com/org/repo/info/refs?service=git-upload-pack": dial tcp: lookup git.exmple.com on 10.96.0.10:53: no such host',
        ),
      ),
    ],
    {
      cause: 'DnsFailure',
      proof: /no such host/,
      fix: /host/,
    },
  ),
  fault(
    'DNS failure',
    'HelmRepository asked itself',
    [
      helmRepository(
        'charts',
        {},
        indexFailed(
          'Get "https://charts.example.com/index.yaml": dial tcp: lookup charts.example.com: Temporary failure in name resolution',
        ),
      ),
    ],
    {
      cause: 'DnsFailure',
      proof: /name resolution/,
      fix: /DNS|host/,
    },
  ),
  fault(
    'TLS unknown authority',
    'registry',
    [
      ...byOci(
        digestFailed(
          'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ),
      ),
    ],
    {
      cause: 'TlsUnknownAuthority',
      proof: /unknown authority/,
      fix: /certSecretRef/,
    },
  ),
  fault(
    'TLS unknown authority',
    'Git by libcurl',
    [...byGit(gitFailed('server certificate verification failed. CAfile: none CRLfile: none'))],
    { cause: 'TlsUnknownAuthority', proof: /certificate verification/, fix: /ca\.crt/ },
  ),
  fault(
    'certificate expired',
    'bucket',
    [
      bucket('manifests', {}, [
        'False',
        'BucketOperationFailed',
        'failed to confirm existence of \'manifests\' bucket: Get "https://s3.example.com": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-01T00:00:00Z is after 2026-10-01T00:00:00Z',
      ]),
    ],
    {
      cause: 'CertificateExpired',
      proof: /expired/,
      fix: /renew/,
    },
  ),
  fault(
    'connection refused',
    'HelmRepository through a HelmRelease',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, {}, ['False', 'NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"]),
      helmRepository(
        'charts',
        {},
        indexFailed('Get "http://charts.example.com/index.yaml": dial tcp 10.1.2.3:80: connect: connection refused'),
      ),
    ],
    { cause: 'ConnectionRefused', at: /HelmRepository/, proof: /connection refused/, fix: /port/ },
  ),
  fault(
    'connection refused',
    'bucket',
    [
      bucket('manifests', {}, [
        'False',
        'BucketOperationFailed',
        'failed to confirm existence of \'manifests\' bucket: Get "http://10.2.0.4:9000/manifests/": dial tcp 10.2.0.4:9000: connect: connection refused',
      ]),
    ],
    {
      cause: 'ConnectionRefused',
      proof: /refused/,
      fix: /port/,
    },
  ),
  fault('no answer', 'timeout', [...byGit(gitFailed("unable to clone 'https://git.example.com/org/repo': context deadline exceeded"))], {
    cause: 'NoAnswer',
    proof: /deadline/,
    fix: /timeout/,
  }),
  fault(
    'plain HTTP',
    'registry',
    [...byOci(digestFailed('Get "https://registry.local:5000/v2/": http: server gave HTTP response to HTTPS client'))],
    { cause: 'PlainHttp', proof: /HTTP response/, fix: /insecure/ },
  ),
  fault(
    'bad semver',
    'no match',
    [
      ...byOci(
        [
          'False',
          'ReadOperationFailed',
          "failed to determine the artifact tag for 'oci://registry.example.com/org/app': no match found for semver: >= 9.0.0",
        ],
        { ref: { semver: '>= 9.0.0' } },
      ),
    ],
    {
      cause: 'SemverNoMatch',
      proof: /no match found/,
      fix: /range/,
    },
  ),
  fault(
    'bad semver',
    'not readable',
    [
      ...byOci(
        [
          'False',
          'ReadOperationFailed',
          "failed to determine the artifact tag for 'oci://registry.example.com/org/app': semver 'one.x' parse error: improper constraint: one.x",
        ],
        { ref: { semver: 'one.x' } },
      ),
    ],
    {
      cause: 'SemverInvalid',
      proof: /improper constraint/,
      fix: /range/,
    },
  ),
  fault(
    'missing Secret',
    'pull secret of a source',
    [...byOci(['False', 'AuthenticationFailed', 'failed to get credential: secrets "pull" not found'], { secretRef: { name: 'pull' } })],
    {
      cause: 'SecretMissing',
      at: /Secret\/apps\/pull/,
      proof: /"pull" not found/,
      fix: /create/i,
    },
  ),
  fault(
    'missing Secret',
    'of a Git source, by its event',
    [
      ...byGit(['False', 'AuthenticationFailed', 'failed to get secret \'apps/git\': secrets "git" not found'], {
        secretRef: { name: 'git' },
      }),
      object('v1', 'Secret', 'other'),
    ],
    { cause: 'SecretMissing', at: /Secret\/apps\/git/, proof: /git/, fix: /create/i },
  ),
  fault(
    'secret key missing',
    'bucket',
    [
      bucket('manifests', { secretRef: { name: 'keys' } }, [
        'False',
        'AuthenticationFailed',
        "invalid 'keys' secret data: required fields 'accesskey' and 'secretkey'",
      ]),
      object('v1', 'Secret', 'keys'),
    ],
    {
      cause: 'SecretKeyMissing',
      proof: /accesskey/,
      fix: /key/,
    },
  ),
  fault(
    'signature verification failed',
    'cosign',
    [
      ks('apps', ociRef, sourceWaits),
      oci('repo', { verify: { provider: 'cosign', secretRef: { name: 'cosign' } } }, undefined, {
        conditions: conditions(
          [
            'Ready',
            'False',
            'VerificationError',
            "failed to verify the signature using provider 'cosign': no matching signatures were found for 'registry.example.com/org/app@sha256:aa'",
          ],
          [
            'SourceVerified',
            'False',
            'VerificationError',
            "failed to verify the signature using provider 'cosign': no matching signatures were found for 'registry.example.com/org/app@sha256:aa'",
          ],
        ),
      }),
      object('v1', 'Secret', 'cosign'),
    ],
    { cause: 'VerificationFailed', proof: /no matching signatures/, fix: /verify/ },
  ),
  fault(
    'signature verification failed',
    'Git commit',
    [
      ...byGit(
        [
          'False',
          'InvalidCommitSignature',
          "signature verification of commit 'abc' failed: unable to verify Git commit: unable to verify payload with any of the given key rings",
        ],
        { verify: { mode: 'HEAD', secretRef: { name: 'pgp' } } },
      ),
      object('v1', 'Secret', 'pgp'),
    ],
    {
      cause: 'VerificationFailed',
      proof: /signature/,
      fix: /verify/,
    },
  ),
  fault(
    'HelmChart version not found',
    'through a HelmRelease',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, { version: '9.9.9' }, [
        'False',
        'InvalidChartReference',
        "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.9.9' found",
      ]),
      goodCharts(),
    ],
    { cause: ['ChartVersionNotFound'], at: /HelmChart/, proof: /9\.9\.9/, fix: /version/ },
  ),
  fault(
    'HelmChart version not found',
    'repository wording',
    [
      helmChart('web', { version: '2.x' }, [
        'False',
        'InvalidChartReference',
        'invalid chart reference: no chart version found for web-2.x',
      ]),
      goodCharts(),
    ],
    {
      cause: 'ChartVersionNotFound',
      proof: /web-2\.x/,
      fix: /version/,
    },
  ),
  fault(
    'chart not found',
    'name',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, {}, [
        'False',
        'InvalidChartReference',
        'invalid chart reference: failed to get chart version for remote reference: no chart name found',
      ]),
      goodCharts(),
    ],
    {
      cause: 'ChartNotFound',
      proof: /no chart name found/,
      fix: /spec\.chart/,
    },
  ),
  fault(
    'helm index 404',
    'through a HelmRelease',
    [
      release('web', {}, chartWaits),
      helmChart(`${ns}-web`, {}, ['False', 'NoSourceArtifact', "no artifact available for HelmRepository source 'charts'"]),
      helmRepository('charts', {}, indexFailed('failed to fetch https://charts.example.com/index.yaml : 404 Not Found')),
    ],
    { cause: 'IndexNotFound', at: /HelmRepository/, proof: /404/, fix: /spec\.url/ },
  ),
  fault(
    'helm index 404',
    'asked itself',
    [
      helmRepository('charts', {}, [
        'False',
        'Failed',
        'failed to fetch Helm repository index: https://charts.example.com/index.yaml: 404 Not Found',
      ]),
    ],
    { cause: 'IndexNotFound', proof: /404/, fix: /spec\.url/ },
  ),
  fault(
    'rate limit',
    'registry',
    [
      ...byOci(
        digestFailed('GET https://index.docker.io/v2/library/app/manifests/1: TOOMANYREQUESTS: You have reached your pull rate limit.'),
      ),
    ],
    { cause: 'RateLimited', proof: /TOOMANYREQUESTS/, fix: /sign in/ },
  ),
  fault(
    'bad URL',
    'scheme',
    [helmRepository('charts', { url: 'ftp://charts' }, ['False', 'URLInvalid', 'invalid Helm repository URL: scheme "ftp" not supported'])],
    { cause: 'UrlInvalid', proof: /ftp/, fix: /spec\.url/ },
  ),
  fault(
    'failure told by an event only',
    'while it tries again',
    [
      (() =>
        git('repo', {}, undefined, {
          conditions: conditions(
            ['Reconciling', 'True', 'ProgressingWithRetry', 'building artifact'],
            [
              'FetchFailed',
              'True',
              'GitOperationFailed',
              'failed to checkout and determine revision: unable to clone: authentication required',
            ],
          ),
        }))(),
    ],
    { cause: 'GitAuthFailed', proof: /authentication required/, fix: /credentials/ },
  ),
  fault(
    'registry 401',
    'a second, harmless fault beside',
    [
      ...byOci(
        digestFailed(
          'GET https://registry.example.com/v2/org/app/manifests/1.0.0: UNAUTHORIZED: access to the requested resource is not authorized',
        ),
      ),
      git('other', {}, gitFailed('repository not found')),
      goodOci('idle'),
    ],
    { cause: 'RegistryUnauthorized', at: /repo/, proof: /UNAUTHORIZED/, fix: /secretRef/ },
  ),
  ...(() => {
    const source = git('repo', {}, gitFailed('unable to clone: repository not found'), { artifact })
    return [
      fault(
        'git repository not found',
        'Kustomization that is still ready',
        [ks('apps', {}, readyTrue), source, event(source, 'GitOperationFailed', 'failed to checkout')],
        {
          cause: 'GitRepositoryNotFound',
          at: /GitRepository/,
          proof: /repository not found/,
          fix: /spec\.url/,
        },
      ),
    ]
  })(),
]
