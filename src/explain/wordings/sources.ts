import type { Wording } from './wording.ts'

const ref = 'correct spec.ref, or push what it names'

/** Content that is not what it should be, for sources of every kind. */
export const verification: readonly Wording[] = [
  {
    name: 'WrongDigest',
    says: /(?:digest|checksum|hash)\S* (?:mismatch|mismatched|verification failed)|computed (?:digest|checksum)\b[^\n]{0,160}?(?:doesn't|does not|did not) match|(?:does not|doesn't|did not) match (?:the )?(?:expected )?(?:digest|checksum)|cannot parse hash|wrong number of hex digits|non-hex character in hash|unsupported hash|unsupported digest|invalid checksum digest|error verifying (?:sha256|\w+) checksum|content digest/i,
    what: 'the digest does not fit the content, or is none',
    fix: 'correct the digest in spec.ref.digest (get_image_digest tells the right one), or push the content again',
  },
  {
    name: 'VerificationFailed',
    says: /signature verification|verif(?:y|ication) .*(?:signature|failed)|no (?:matching |valid )?signatures?|no matching attestations|no signature is associated|invalid signature|signature mismatch|cannot verify signature|unable to verify payload|not signed|certificate identit|untrusted key|key ?ring/i,
    what: 'the content is not signed by whom spec.verify trusts',
    fix: 'sign it with the trusted key or identity, or correct spec.verify (secretRef, matchOIDCIdentity, mode)',
  },
]

/** Versions and ranges. */
export const versions: readonly Wording[] = [
  {
    name: 'PatternInvalid',
    says: /error parsing regexp|invalid (?:regular expression|regexp?)/i,
    what: 'a regular expression of the object cannot be read',
    fix: 'correct the pattern that the message quotes (spec.filterTags.pattern of an ImagePolicy) in the syntax of Go (RE2)',
  },
  {
    name: 'SemverInvalid',
    says: /improper constraint|metadata\.version \S+ is invalid|invalid semver|semver '?[^']*'? parse error|invalid (?:version|semantic version|constraint)|could not parse (?:version|constraint)|constraint .*(?:invalid|malformed|parse)/i,
    what: 'the version range or expression cannot be read',
    fix: 'correct the range, such as ">=1.0.0 <2.0.0" or "1.x"',
  },
  {
    name: 'ChartVersionNotFound',
    says: /no chart version found for (?<chart>[\w./-]+)|no .{0,60}chart with version|chart version (?:.*)not found|(?:can't|cannot|could not|unable to) (?:get|find|locate) (?:a )?(?:valid )?version (?:for|of) (?:\S+ )?chart|could not locate a version matching|chart "?(?<chart2>[\w./-]+)"? (?:version|matching) "?\S+"? not found|no matching chart version/i,
    what: 'the repository has no version of chart {chart|of this name} that fits spec.chart.spec.version',
    fix: 'correct spec.chart.spec.version to one that the repository has (spec.version of the HelmChart), or publish that version',
  },
  {
    name: 'TagNotNumeric',
    says: /is not numeric|as (?:a )?number|ParseFloat/i,
    what: 'the policy compares numbers, and a tag is none',
    fix: 'take the number out of the tag by spec.filterTags (pattern with a named group, and extract), or choose by semver or alphabetical',
  },
  {
    name: 'NoTagsLeft',
    says: /version list argument cannot be empty|no tags in database/i,
    what: 'there is no tag to choose from: none was found, or spec.filterTags leaves none',
    fix: 'correct spec.filterTags.pattern, or push an image with a tag that fits it',
  },
  {
    name: 'SemverNoMatch',
    says: /no match(?:es)? found for semver|no (?:matching )?(?:versions?|tags?) (?:found )?(?:match|for|satisf)|unable to determine latest version|no (?:tag|version) .*match/i,
    what: 'no tag or version fits the range',
    fix: 'widen the range (spec.ref.semver), or push a version that fits',
  },
]

const tokenless = String.raw`failed to get credentials? from '?(?:aws|azure|gcp)\b|failed to create (?:provider )?access token|sts:AssumeRole\w*|AssumeRoleWithWebIdentity|iam\.serviceAccounts\.getAccessToken|(?:Managed|Workload)IdentityCredential|workload ?identity ?pool|AADSTS70(?:021|0016)\b`
const denial = String.raw`(?:denied|not authorized|\b403\b)`
const identity = {
  what: 'the cloud gives no token to the identity of the object or its controller',
  fix: 'correct that identity: the annotation of its ServiceAccount (that of spec.serviceAccountName, or of the controller), the trust of the role or the binding of the workload identity to it at the cloud, and the rights that the message names; or correct spec.provider',
}

/** What clouds say of who asks for a token: neither a Secret nor an address is wrong. */
export const identities: readonly Wording[] = [
  {
    name: 'ProviderDenied',
    says: new RegExp(String.raw`${denial}[^\n]*(?:${tokenless})|(?:${tokenless})[^\n]*${denial}`, 'i'),
    ...identity,
  },
  { name: 'LoginRefused', says: new RegExp(tokenless, 'i'), ...identity },
]

export const gits: readonly Wording[] = [
  {
    name: 'GitAuthFailed',
    says: /installation id \S+ token|get installation token|\/app\/installations\b/i,
    what: 'GitHub gives no token for the App and installation that the Secret names',
    fix: 'correct githubAppID, githubAppInstallationID and githubAppPrivateKey in the Secret of spec.secretRef; where the App was uninstalled, install it again with access to the repository',
  },
  {
    name: 'PushDenied',
    says: /failed to push|unable to push|marked as read[- ]only|protected branch|pre-receive hook|not allowed to push|GH00\d/i,
    what: 'the Git server does not let the controller push',
    fix: 'give the key or token in the Secret of spec.secretRef write access, let it push to that branch, or push to another one (spec.git.push.branch)',
  },
  {
    name: 'AddressNotAllowed',
    says: /IP allow ?list|(?:IP|address) [\w.: ]{0,40}(?:is )?not (?:permitted|allowed)/i,
    what: 'the Git server lets only some addresses in, and that of the cluster is none of them',
    fix: 'add the address by which the cluster goes out to the allow list of the server',
  },
  {
    name: 'PathNotFound',
    says: /sparse checkout dir(?:ectory)? '?(?<path>[\w./-]+)'? (?:does not exist|cannot be resolved)/i,
    what: 'spec.sparseCheckout names folder {path|in the message}, which the repository does not have',
    fix: 'correct spec.sparseCheckout, or push that folder',
  },
  {
    name: 'GitRepositoryEmpty',
    says: /(?:git )?(?:remote )?repository is empty|empty git-upload-pack given/i,
    what: 'the repository has no commit yet',
    fix: 'push a first commit to the branch in spec.ref',
  },
  {
    name: 'GitAuthFailed',
    says: /ssh: no key found|(?:cannot|unable to|failed to|error) (?:parse|parsing|decode|read)[^\n]{0,30}private key|private key[^\n]{0,40}(?:passphrase|invalid|malformed)|decryption password incorrect/i,
    what: 'the SSH key in the Secret cannot be read',
    fix: 'put a private key in PEM or OpenSSH form as identity into the Secret of spec.secretRef, with its passphrase as password if it has one',
  },
  {
    name: 'GitAuthFailed',
    says: /attempted methods \[[^\]]*\]|permission denied \(publickey|deploy key/i,
    what: 'the Git server does not accept the SSH key',
    fix: 'register the public key that belongs to identity in the Secret of spec.secretRef at the server (deploy key with read access), or put another key there',
  },
  {
    name: 'GitAuthFailed',
    says: /authentication (?:is )?(?:required|failed)|authorization failed|unable to authenticate|permission denied|\b401\b|\b403\b|unauthori[sz]ed|invalid (?:username|credentials|user)|bad credentials|could not read (?:Username|Password)|terminal prompts disabled|access denied|incorrect (?:username|password)|deploy key|forbidden|invalid auth|SAML SSO|single sign-on|personal access token|two-factor/i,
    what: 'the Git server refuses the credentials',
    fix: 'put valid credentials (username and password or token, or identity and known_hosts) with read access into the Secret that spec.secretRef names',
  },
  {
    name: 'GitRefNotFound',
    says: /couldn't find remote ref "?(?:refs\/\w+\/)?(?<ref>[\w./-]+)|remote branch "?(?<ref2>[\w./-]+)"? not found|reference not found|unable to resolve (?:ref|commit)|could not find (?:remote )?(?:branch|ref)|branch '?(?<ref3>[\w./-]+)'? (?:not found|does not exist)|object not found|unknown revision|pathspec .* did not match|no such ref|unable to find (?:tag|branch|ref)|(?:tag|commit) .*not found|not our ref/i,
    what: 'the repository has no branch, tag or commit {ref|of the name in spec.ref}',
    fix: ref,
  },
  {
    name: 'GitRepositoryNotFound',
    says: /not found|could not be found|\b404\b|does not appear to be a git repository|does not exist/i,
    what: 'there is no repository at spec.url, or it is hidden from these credentials',
    fix: 'correct spec.url; of a private repository also check the credentials in spec.secretRef',
  },
]

export const registries: readonly Wording[] = [
  {
    name: 'BucketElsewhere',
    says: /must be addressed using the specified endpoint|region '?[\w-]+'? is wrong|PermanentRedirect|AuthorizationHeaderMalformed|301 Moved/i,
    what: 'the bucket is in another region, or at another endpoint, than the object says',
    fix: 'correct spec.region and spec.endpoint: the message names the region that is expected',
  },
  {
    name: 'RegistryUnauthorized',
    says: /\b401\b|unauthori[sz]ed|authentication (?:is )?(?:required|failed)|no basic auth credentials|invalid (?:username|credentials|token)|incorrect username or password|bad credentials|authorization (?:failed|required)|failed to (?:get|fetch) (?:oauth |anonymous )?token|login (?:failed|required)|InvalidAccessKeyId|SignatureDoesNotMatch|signature we calculated does not match|access key id you provided|AuthenticationFailed|RequestTimeTooSkewed/i,
    what: 'the registry or server refuses the credentials, or got none',
    fix: 'put valid credentials into the Secret that spec.secretRef names (type kubernetes.io/dockerconfigjson for a registry), or set spec.provider',
  },
  {
    name: 'RegistryDenied',
    says: /\b403\b|denied|forbidden|insufficient[_ ]scope|not authorized|AccessDenied/i,
    what: 'the credentials are known but have no right to read this',
    fix: 'give the account in spec.secretRef the right to pull this repository',
  },
  {
    name: 'LoginRefused',
    says: /failed to log ?in\b|failed to (?:get|acquire|obtain|retrieve|refresh)[^\n:]{0,40}(?:credentials?|token)\b|no (?:valid )?(?:credentials?|providers?) (?:found|in chain)|could not find default credentials|NoCredentialProviders|Attempted credentials/i,
    what: 'the controller cannot make up the credentials for the host',
    fix: 'correct spec.provider, the identity of spec.serviceAccountName (or of the controller), or use a Secret in spec.secretRef',
  },
  {
    name: 'ChartNotFound',
    says: /\.tgz\S*\s*: ?(?:404|not found)|(?:404|not found)\b[^\n]{0,40}\.tgz/i,
    what: 'the repository lists the chart, and its archive is not there',
    fix: 'publish that version again, or choose another one in spec.chart.spec.version',
  },
  {
    name: 'IndexationFailed',
    says: /no API version specified|repo\.IndexFile|empty index\.yaml|index\b[^\n]{0,40}(?:unmarshal|invalid)/i,
    what: 'what spec.url serves is no index of a Helm repository',
    fix: 'look at what URL/index.yaml serves (a login page, an error), and correct spec.url',
  },
  {
    name: 'IndexTooLarge',
    says: /index\S* exceeds the maximum (?:index )?file size|exceeds the maximum index file size/i,
    what: 'the index of the Helm repository is larger than the controller takes',
    fix: 'take the chart from a repository with a smaller index or from a registry (oci://), or raise --helm-index-max-size of source-controller',
  },
  {
    name: 'IndexNotFound',
    says: /failed to fetch .*index.*(?:404|not found)|index\.yaml.*(?:404|not found)|(?:404|not found).*index\.yaml/i,
    what: 'there is no Helm repository at spec.url: it has no index.yaml',
    fix: 'correct spec.url of the HelmRepository; for charts in a registry use oci:// and spec.type: oci',
  },
  {
    name: 'ChartNotFound',
    says: /no chart name found|chart (?:metadata )?"?(?<chart>[\w./-]+)"? (?:was )?not found|chart not found|no chart "?(?<chart2>[\w./-]+)"? found|stat \S*: no such file or directory|chart .*does not exist/i,
    what: 'the source has no chart {chart|of this name}',
    fix: 'correct spec.chart.spec.chart (the name, or for Git its path), or publish the chart',
  },
  {
    name: 'BucketNotFound',
    says: /bucket '?(?<bucket>[\w.-]+)'? (?:not found|does not exist)|NoSuchBucket|specified bucket does not exist/i,
    what: 'bucket {bucket|in spec.bucketName} does not exist',
    fix: 'correct spec.bucketName and spec.endpoint, or make the bucket',
  },
  {
    name: 'BlobMissing',
    says: /blob[_ ]unknown|blob \S{0,80} ?not found/i,
    what: 'the registry has the manifest and has lost a blob of it',
    fix: 'push the artifact again, and look at the garbage collection of the registry',
  },
  {
    name: 'TagNotFound',
    says: /manifest[_ ]unknown|name[_ ]unknown|(?:manifest|tag|repository|artifact|image)(?: name)?[^.]{0,80} (?:not found|not known|unknown|does not exist)|\b404\b|not found|no such (?:manifest|image|tag)/i,
    what: 'the registry has no such repository, tag or digest',
    fix: `${ref}: list_artifacts shows the tags that there are`,
  },
]

export const urls: readonly Wording[] = [
  {
    name: 'UrlInvalid',
    says: /'(?<scheme>\w+)' URL scheme cannot be used with '(?<type>\w+)' HelmRepository type/i,
    what: 'spec.url is {scheme|of one kind}://… and the HelmRepository is of type {type|another}',
    fix: 'set spec.type: oci for a registry (oci://), and leave spec.type out for a repository with an index (https://)',
  },
  {
    name: 'UrlInvalid',
    says: /could not parse reference|NAME_INVALID|invalid repository name|URL validation failed|invalid (?:\w+ )*(?:URL|endpoint|address)|URL scheme|unsupported (?:protocol )?scheme|must be in format|missing protocol scheme|malformed (?:\w+ )?(?:URL|address|endpoint)|parse "[^"]*": /i,
    what: 'spec.url is no address that this kind of source takes',
    fix: 'correct spec.url (https:// or ssh:// for Git, oci:// for registries)',
  },
  {
    name: 'IncludeUnavailable',
    says: /(?:no artifact available for|could not get resource for) include/i,
    what: 'a repository that spec.include names has no artifact',
    fix: 'make the included GitRepository ready, or correct spec.include',
  },
  {
    name: 'LayerInvalid',
    says: /no layers found|failed to find layer|layer with media type|failed to (?:extract|untar|parse artifact manifest)|artifact untar error|unsupported layer/i,
    what: 'the artifact has no layer that can be read as spec.layerSelector says',
    fix: 'push it with push_artifact, or correct spec.layerSelector',
  },
]
