import type { Wording } from './wording.ts'

const secret = { group: '', kind: 'Secret', name: 'secret', namespace: 'ns' }

/** What a controller does not let an object name. */
export const scopes: readonly Wording[] = [
  {
    name: 'AccessDenied',
    says: /cross-namespace references? (?:have been |has been |are |is )?(?:blocked|disabled|not allowed)/i,
    what: 'it names an object of another namespace, which this controller does not allow',
    fix: 'keep what it names in its own namespace, or start the controller without --no-cross-namespace-refs',
  },
]

/** What is missing in the cluster that an object names. */
export const missing: readonly Wording[] = [
  {
    name: 'SecretMissing',
    says: /(?:secrets? |secret reference )["'](?<secret>[\w./-]+)["'] (?:was )?not found|failed to get secret '(?<secret2>[\w./-]+)'|(?:auth|pull )?secret '?(?<secret3>[\w./-]+)'? (?:does not exist|not found)/i,
    what: 'Secret {secret|that it names} does not exist',
    fix: 'create Secret {secret|named in the message} in that namespace, or correct the reference to it',
    subject: secret,
  },
  {
    name: 'ConfigMapMissing',
    says: /configmaps? ["'](?<config>[\w./-]+)["'] (?:was )?not found/i,
    what: 'ConfigMap {config|that it names} does not exist',
    fix: 'create ConfigMap {config|named in the message} in that namespace, or correct the reference to it',
    subject: { group: '', kind: 'ConfigMap', name: 'config' },
  },
  {
    name: 'ConfigMapKeyMissing',
    says: /couldn't find key (?<key>[\w.-]+) in ConfigMap (?<config>[\w./-]+)|references non-existent config key: (?<key2>[\w./-]+)|(?:key|field) ['"]?(?<key3>[\w.-]+)['"]? (?:not found|missing|does not exist) in (?:the )?configmap|missing key '(?<key4>[\w.-]+)' in ConfigMap/i,
    what: 'ConfigMap {config|that it names} has no key {key|of that name}',
    fix: 'add key {key|named in the message} to ConfigMap {config|that it names}, or correct the key in the reference',
    subject: { group: '', kind: 'ConfigMap', name: 'config' },
  },
  {
    name: 'SecretKeyMissing',
    says: /couldn't find key (?<key>[\w.-]+) in Secret (?<secret>[\w./-]+)|references non-existent secret key: (?<key2>[\w./-]+)|(?:key|field) ['"]?(?<key3>[\w.-]+)['"]? (?:not found|missing|does not exist) in (?:the )?secret|invalid '?(?<secret2>[\w./-]+)'? secret data(?:: required fields? '(?<key10>[\w.-]+)')?|missing key '(?<key4>[\w.-]+)' in Secret|secret '(?<secret3>[\w./-]+)' (?:does not|doesn't) contain (?:an? |the |key |field )*'(?<key7>[\w.-]+)'|secret .* (?:does not contain|doesn't contain|has no|missing) (?:an? |the |key |field )*['"]?(?<key5>[\w.-]+)|'(?<key6>[\w.-]+)' not found in secret|no '(?<key8>[\w.-]+)' (?:field|key)[^'"]{0,30} in (?:the )?secret '(?<secret4>[\w./-]+)|auth option: '(?<key9>[\w.-]+)' is required|no auth config for '?\S+'? in (?:the )?[\w-]* ?Secret '(?<secret5>[\w./-]+)'|no (?:certificates|public keys) found in secret '(?<secret6>[\w./-]+)'/i,
    what: 'Secret {secret|that it names} lacks the key {key|that is needed}',
    fix: 'add key {key|named in the message} to Secret {secret|that it names}, or correct the key in the reference',
    subject: secret,
  },
]

/** What hosts, networks and certificates say when content cannot be fetched. */
export const networks: readonly Wording[] = [
  {
    name: 'TokenExpired',
    says: /token (?:has |is |was )?(?:already )?expired|expired[ _-]?token|token[^.]{0,40}(?:has|is) expired|credentials? (?:has |have |is |are )?(?:been )?expired|jwt (?:is )?expired|AADSTS7000(?:82|222)|client secret keys? .*expired|(?:exp|nbf)["']? claim.*(?:failed|expired)/i,
    what: 'the credentials were right once and have expired',
    fix: 'renew the token in the Secret that spec.secretRef names, or use spec.provider or spec.serviceAccountName so that it renews itself',
  },
  {
    name: 'CertificateExpired',
    says: /certificate (?:has )?expired|certificate is not yet valid|CERT_HAS_EXPIRED/i,
    what: 'the TLS certificate of the host is outside its time of validity',
    fix: "renew the host's certificate, and check the clocks",
  },
  {
    name: 'TlsUnknownAuthority',
    says: /certificate signed by unknown authority|self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate|server certificate verification failed|SSL certificate problem|certificate (?:is )?not trusted|UNABLE_TO_VERIFY_LEAF|DEPTH_ZERO_SELF_SIGNED|x509: .*unknown (?:ca|authority)|unknown certificate authority|tls: bad certificate/i,
    what: 'the certificate of the host is signed by an authority that is not trusted here',
    fix: 'put the CA certificate as ca.crt into a Secret and name it in spec.certSecretRef (for Git: ca.crt in the Secret of spec.secretRef)',
  },
  {
    name: 'TlsWrongHost',
    says: /x509: (?:certificate is (?:not )?valid for|cannot validate certificate for|certificate is not valid)|doesn't contain any IP SANs|no alternative certificate subject name|altnames|relies on legacy Common Name/i,
    what: 'the certificate of the host does not name that host',
    fix: 'use the host name that the certificate has in spec.url, or renew the certificate with the right name',
  },
  {
    name: 'CertificateUnusable',
    says: /private key (?:that )?does not match|certificate is not a CA\b|(?:append|add|parse|load|read|decode)\w*\b[^\n]{0,60}(?:certificate|cert|CA|PEM|caBundle)\b[^\n]{0,40}(?:pool|invalid|malformed|no valid)|failed to find any PEM data|no (?:valid )?(?:PEM|certificates?) (?:data |block )?(?:was |were )?found|invalid PEM|failed to (?:parse|load) (?:TLS |client )?(?:cert|key pair|x509)/i,
    what: 'the certificate or key that the Secret gives cannot be used',
    fix: 'put certificates in PEM form into the Secret of spec.certSecretRef (for Git spec.secretRef): ca.crt, or tls.crt with the key tls.key that belongs to it',
  },
  {
    name: 'PlainHttp',
    says: /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|wrong version number/i,
    what: 'the host speaks plain HTTP, and HTTPS was tried',
    fix: 'set spec.insecure: true, or give the host a certificate',
  },
  {
    name: 'SshAlgorithms',
    says: /no common algorithm|no matching (?:host key type|key exchange method|cipher|mac) found/i,
    what: 'the SSH server and the controller have no algorithm in common',
    fix: 'turn on a present algorithm at the server (such as host keys of type ed25519), or name its algorithms in --ssh-hostkey-algos or --ssh-kex-algos of source-controller',
  },
  {
    name: 'SshHostKey',
    says: /knownhosts?: key|host key verification failed|known_hosts.*(?:mismatch|unknown|not match)|hostkey(?:s)? (?:mismatch|could not)|REMOTE HOST IDENTIFICATION/i,
    what: 'the SSH host key of the server is not the one in known_hosts',
    fix: 'put the present host key (ssh-keyscan HOST) as known_hosts into the Secret that spec.secretRef names',
  },
  {
    name: 'ProxyFailed',
    says: /proxyconnect|Proxy Authentication Required|\b407\b/i,
    what: 'the proxy refused or could not be reached',
    fix: 'correct address and credentials in the Secret that spec.proxySecretRef names',
  },
  {
    name: 'DnsFailure',
    says: /no such host|name resolution|could ?n[o']t resolve (?:host|proxy)|could not resolve host(?:name)?|ENOTFOUND|EAI_AGAIN|name or service not known|server misbehaving|NXDOMAIN|nodename nor servname|lookup \S+(?: on \S+)?: /i,
    what: 'the host name cannot be resolved by DNS',
    fix: 'correct the host in the URL, or the DNS that the controller uses (coredns, network policy)',
  },
  {
    name: 'ConnectionRefused',
    says: /connection refused|ECONNREFUSED|actively refused|failed to connect to .* port \d+/i,
    what: 'nothing listens at the address: the connection was refused',
    fix: 'start the server, or correct host and port in the URL',
  },
  {
    name: 'RateLimited',
    says: /(?<!has received |failed \()too ?many ?requests|\b429\b|rate limit(?!er)|throttl/i,
    what: 'the host limits the rate of requests',
    fix: 'sign in (spec.secretRef), use a mirror, or ask less often (spec.interval)',
  },
  {
    name: 'NoAnswer',
    says: /i\/o timeout|connection timed out|connection reset by peer|no route to host|network is unreachable|host is down|broken pipe|EHOSTUNREACH|ECONNRESET|ETIMEDOUT|Client\.Timeout exceeded|(?:read|write) tcp [^\n]*(?:EOF|timed? ?out)/i,
    what: 'the host cannot be reached: the connection broke off, or nothing answered',
    fix: 'check that the host is up and that network policies, firewalls and proxies let the controller reach it',
  },
]

/** What hosts and disks say of themselves. */
export const failures: readonly Wording[] = [
  {
    name: 'ServerError',
    says: /\b50[0-4]\b|internal server error|bad gateway|service unavailable|gateway time-?out/i,
    what: 'the host answered with an error of its own',
    fix: 'look at the server behind the URL; the controller tries again by itself',
  },
  {
    name: 'StorageFull',
    says: /no space left on device|disk quota exceeded/i,
    what: 'the disk of the controller is full',
    fix: 'give the controller more room (volume or sizeLimit), or lower what it keeps',
  },
]

/** What is left when nothing more telling was said of a host that was asked. */
export const unanswered: readonly Wording[] = [
  {
    name: 'NoAnswer',
    says: /i\/o timeout|context deadline exceeded|Client\.Timeout|ETIMEDOUT|timed? ?out|no route to host|network is unreachable|connection reset|TLS handshake|\bEOF\b|EHOSTUNREACH|ECONNRESET|broken pipe|context canceled|response in the time allotted|could not read data|waiting on socket|socket (?:closed|hang ?up)/i,
    what: 'the host gave no answer in time',
    fix: 'check that the host is up and that network policies and proxies let the controller reach it; or raise spec.timeout',
  },
  ...failures,
]
