import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { bucket } from './objects.ts'
import { above, asking, depends, thrice } from './outside-kit.ts'
import { inFlux, ociFails, repo, secret, unfetched, unsourced } from './practice.ts'

const clone = 'failed to checkout and determine revision: unable to clone'
const git = (message: string, spec: JsonObject = {}, more: readonly KubeObject[] = []): KubeObject[] =>
  unsourced(repo('apps', spec, ['GitOperationFailed', message]), more)
const oci = (message: string, spec: JsonObject = {}, reason = 'OCIArtifactPullFailed'): KubeObject[] =>
  unsourced(ociFails(spec, message, reason))
const inBucket = (
  message: string,
  [spec, reason]: readonly [JsonObject, string] = [{}, 'BucketOperationFailed'],
  more: readonly KubeObject[] = [],
): KubeObject[] => unsourced(bucket('manifests', spec, undefined, unfetched(reason, message)), more)
/** An artifact whose signature is not one that is trusted, with the Secret of keys. */
const signed = (provider: 'cosign' | 'notation', message: string): KubeObject[] =>
  oci(message, { verify: { provider, secretRef: { name: `${provider}-keys` } } }, 'VerificationError').concat(
    inFlux(secret(`${provider}-keys`, provider === 'cosign' ? { 'cosign.pub': 'eA==' } : { 'trustpolicy.json': 'eA==', 'ca.crt': 'eA==' })),
  )
const sources: FaultCase[] = [
  ...thrice('git: who it is', [
    [
      'the host key is another',
      git(
        `${clone} 'ssh://git@git.example.com/org/apps': ssh: handshake failed: knownhosts: key mismatch`,
        { url: 'ssh://git@git.example.com/org/apps', secretRef: { name: 'git-ssh' } },
        [inFlux(secret('git-ssh', { identity: 'eA==', known_hosts: 'eA==' }))],
      ),
      /GitRepository\/flux-system\/apps|git-ssh/,
      /key mismatch/,
      /known_hosts|host key/i,
    ],
    [
      'its key is refused, two levels above',
      above(
        git(
          `${clone} 'ssh://git@github.com/org/apps': ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain`,
          { url: 'ssh://git@github.com/org/apps', secretRef: { name: 'git-ssh' } },
          [inFlux(secret('git-ssh', { identity: 'eA==', known_hosts: 'eA==' }))],
        ),
      ),
      /GitRepository\/flux-system\/apps|git-ssh/,
      /unable to authenticate/,
      /key/i,
    ],
    [
      'its token has expired; others depend on it',
      depends(
        git(
          `${clone} 'https://gitlab.example.com/org/apps': authentication required: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password.`,
          { url: 'https://gitlab.example.com/org/apps', secretRef: { name: 'gitlab' } },
          [inFlux(secret('gitlab', { username: 'eA==', password: 'eA==' }))],
        ),
      ),
      /GitRepository\/flux-system\/apps|gitlab/,
      /Access denied|authentication required/,
      /token|credential|password/i,
    ],
  ]),
  ...thrice('git: what is fetched', [
    [
      'no such branch',
      git(`${clone} 'https://git.example.com/org/apps': couldn't find remote ref "refs/heads/mian"`, { ref: { branch: 'mian' } }),
      /GitRepository\/flux-system\/apps/,
      /mian/,
      /branch|ref/i,
    ],
    [
      'no such commit, asked at the source',
      asking(
        'GitRepository',
        git(
          "failed to checkout and determine revision: unable to resolve commit object for '3f2c9d1e0b7a4c5d6e8f90a1b2c3d4e5f6a7b8c9': object not found",
          { ref: { branch: 'main', commit: '3f2c9d1e0b7a4c5d6e8f90a1b2c3d4e5f6a7b8c9' } },
        ),
        'apps',
      ),
      /GitRepository\/flux-system\/apps/,
      /3f2c9d1e/,
      /commit|spec\.ref/i,
    ],
    [
      'no tag in the range',
      git('failed to checkout and determine revision: no match found for semver: >=2.0.0 <3.0.0', { ref: { semver: '>=2.0.0 <3.0.0' } }),
      /GitRepository\/flux-system\/apps/,
      />=2\.0\.0/,
      /semver|range|tag|version/i,
    ],
  ]),
  ...thrice('git: an App or a Secret', [
    [
      'the installation of a GitHub App is gone',
      unsourced(
        repo('apps', { url: 'https://github.com/org/apps', provider: 'github', secretRef: { name: 'github-app' } }, [
          'AuthenticationFailed',
          'failed to configure authentication options: could not get installation token for app 12345: could not refresh installation id 67890\'s token: received non 2xx response status "404 Not Found" when fetching https://api.github.com/app/installations/67890/access_tokens',
        ]),
        [inFlux(secret('github-app', { githubAppID: 'eA==' }))],
      ),
      /apps|github-app/,
      /installations\/67890/,
      /app|installation/i,
    ],
    [
      'the Secret is not there',
      unsourced(
        repo('apps', { secretRef: { name: 'git-token' } }, [
          'AuthenticationFailed',
          'failed to get secret \'flux-system/git-token\': secrets "git-token" not found',
        ]),
      ),
      /apps|git-token/,
      /git-token/,
      /git-token/,
    ],
    [
      'the Secret lacks a half',
      unsourced(
        repo('apps', { secretRef: { name: 'git-token' } }, [
          'AuthenticationFailed',
          "failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set",
        ]),
        [inFlux(secret('git-token'))],
      ),
      /apps|git-token/,
      /requires 'username'/,
      /secretRef/,
    ],
  ]),
  ...thrice('registry of artifacts: who it is', [
    [
      'ECR: the token has expired',
      oci(
        'failed to determine artifact digest: HEAD https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/manifests/manifests/1.0.0: unexpected status code 403 Forbidden: Your authorization token has expired. Reauthenticate and try again. (HEAD responses have no body, use GET for details)',
        { url: 'oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/manifests' },
      ),
      /OCIRepository\/flux-system\/manifests/,
      /token has expired/,
      /token|provider|credential|aws/i,
    ],
    [
      'ghcr, asked at the source',
      asking(
        'OCIRepository',
        oci(
          'failed to determine artifact digest: GET https://ghcr.io/token?scope=repository%3Aorg%2Fmanifests%3Apull&service=ghcr.io: DENIED: requested access to the resource is denied',
          { url: 'oci://ghcr.io/org/manifests' },
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /DENIED/,
      /credential|secret|access/i,
    ],
    [
      'Azure: no identity, two levels above',
      above(
        oci(
          "failed to configure authentication options: failed to create provider access token for the controller: ManagedIdentityCredential authentication failed. the requested identity isn't assigned to this resource",
          { url: 'oci://acme.azurecr.io/manifests', provider: 'azure' },
          'AuthenticationFailed',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /ManagedIdentityCredential/,
      /identity/i,
    ],
  ]),
  ...thrice('registry of artifacts: how it answers', [
    [
      'too many requests',
      oci(
        'failed to determine artifact digest: HEAD https://index.docker.io/v2/org/manifests/manifests/1.0.0: unexpected status code 429 Too Many Requests (HEAD responses have no body, use GET for details)',
        { url: 'oci://docker.io/org/manifests' },
      ),
      /OCIRepository\/flux-system\/manifests/,
      /429/,
      /limit|credential|interval|mirror/i,
    ],
    [
      'bad gateway',
      oci(
        'failed to determine artifact digest: GET https://registry.example.com/v2/: unexpected status code 502 Bad Gateway: <html><head><title>502 Bad Gateway</title></head></html>',
      ),
      /OCIRepository\/flux-system\/manifests/,
      /502/,
      /registry|server|again|retry/i,
    ],
    [
      'its authority is unknown',
      depends(
        oci(
          'failed to determine artifact digest: Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /unknown authority/,
      /CA|cert/i,
    ],
  ]),
  ...thrice('artifact that is not what is asked for', [
    [
      'no such tag',
      oci(
        'failed to determine artifact digest: GET https://registry.example.com/v2/org/app/manifests/9.9.9: MANIFEST_UNKNOWN: manifest unknown; map[Tag:9.9.9]',
        { ref: { tag: '9.9.9' } },
      ),
      /OCIRepository\/flux-system\/manifests/,
      /MANIFEST_UNKNOWN/,
      /tag/i,
    ],
    [
      'its layer is of another type',
      oci(
        "failed to find layer with media type 'application/vnd.acme.manifests+tar' in artifact",
        { layerSelector: { mediaType: 'application/vnd.acme.manifests+tar' } },
        'OCILayerOperationFailed',
      ),
      /OCIRepository\/flux-system\/manifests/,
      /media type/,
      /mediaType|layer|media type/i,
    ],
    [
      'its range is none',
      oci(
        "failed to determine the artifact tag for 'oci://registry.example.com/org/app': semver '1.x.y.z' parse error: improper constraint: 1.x.y.z",
        { ref: { semver: '1.x.y.z' } },
      ),
      /OCIRepository\/flux-system\/manifests/,
      /improper constraint/,
      /semver|range|version/i,
    ],
  ]),
  ...thrice('signature', [
    [
      'nobody signed',
      signed(
        'cosign',
        "failed to verify the signature using provider 'cosign': no matching signatures were found for 'registry.example.com/org/app@sha256:fd8379df4b6ef3b014e32b8f4dc1a11f5ec84366c8676aedf926cec70e124122'",
      ),
      /manifests/,
      /no matching signatures/,
      /sign|key/i,
    ],
    [
      'Notation does not trust who signed',
      signed(
        'notation',
        "failed to verify the signature using provider 'notation': signature verification failed\nfailed to verify signature with digest sha256:b718, the signature's certificate chain does not contain any trusted certificate",
      ),
      /manifests|notation/,
      /any trusted certificate/,
      /trust|certificate|sign/i,
    ],
    [
      'of a commit, two levels above',
      above(
        unsourced(
          repo('apps', { verify: { mode: 'HEAD', secretRef: { name: 'pgp' } } }, [
            'InvalidCommitSignature',
            "signature verification of commit '9f2b7c0d' failed: unable to verify payload with any of the given key rings",
          ]),
          [inFlux(secret('pgp', { 'a.asc': 'eA==' }))],
        ),
      ),
      /apps|pgp/,
      /key rings/,
      /key|sign/i,
    ],
  ]),
  ...thrice('bucket', [
    [
      'access denied',
      inBucket("fetching bucket index failed: listing objects from bucket 'manifests' failed: Access Denied.", [
        { provider: 'aws', endpoint: 's3.eu-west-1.amazonaws.com' },
        'BucketOperationFailed',
      ]),
      /Bucket\/flux-system\/manifests/,
      /Access Denied/,
      /right|permission|polic|access|credential|role/i,
    ],
    [
      'no such bucket, asked at the source',
      asking('Bucket', inBucket("bucket 'manifests' not found")),
      /Bucket\/flux-system\/manifests/,
      /not found/,
      /bucket/i,
    ],
    [
      "its key is nobody's",
      inBucket(
        "failed to confirm existence of 'manifests' bucket: The AWS Access Key Id you provided does not exist in our records.",
        [{ secretRef: { name: 's3' } }, 'BucketOperationFailed'],
        [inFlux(secret('s3', { accesskey: 'eA==', secretkey: 'eA==' }))],
      ),
      /manifests|s3/,
      /does not exist in our records/,
      /key|credential|secret/i,
    ],
  ]),
]

export const outsideSources: FaultCase[] = [...sources]
