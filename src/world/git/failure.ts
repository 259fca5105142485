import { GitError, type GitErrorCode } from './error.ts'

type Rule = readonly [said: RegExp, code: GitErrorCode, why?: string]

/** What git and ssh say in the C locale, and what it means; the first that fits counts. Texts are those of Flux's client where it has one. */
const rules: readonly Rule[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/, 'HOST_KEY', 'ssh: handshake failed: knownhosts: key mismatch'],
  [/Host key verification failed|host key is known/, 'HOST_KEY', 'ssh: handshake failed: knownhosts: key is unknown'],
  [
    /Permission denied \(|Load key .*(?:incorrect passphrase|error in libcrypto|invalid format)/,
    'AUTH',
    'ssh: handshake failed: ssh: unable to authenticate',
  ],
  [/^socks connect .*(?:username\/password|authentication method)/m, 'AUTH'],
  [/rejected by the SOCKS5 server|No authentication method was acceptable/, 'AUTH', 'the proxy asks for other credentials'],
  [/returned error: 30[12378]|HTTP 30[12378]\b/, 'REDIRECTED', 'the server leads elsewhere'],
  [/returned error: 403/, 'AUTH', 'authorization failed'],
  [/Authentication failed|could not read (?:Username|Password)|returned error: 401/, 'AUTH', 'authentication required'],
  [/returned error: 407|HTTP code 407 from proxy|CONNECT tunnel failed, response 407/, 'AUTH', 'the proxy asks for other credentials'],
  [
    /File too large|died of signal 25|Out of memory|File size limit exceeded|exceeds maximum allowed size/i,
    'TOO_LARGE',
    'the server sends more than is taken',
  ],
  [/^(?!remote:).*(?:No space left on device|Out of diskspace|Disk quota exceeded)/m, 'DISK_FULL', 'no space left on device'],
  [/couldn't find remote ref |not our ref|unadvertised object/, 'NOT_FOUND'],
  [
    /repository '.*' not found|returned error: 404|does not appear to be a git repository|Repository not found/i,
    'NOT_FOUND',
    'repository not found',
  ],
  [/not valid: is this a git repository\?/, 'BROKEN', 'the answer is not that of a Git server'],
  [/Could not resolve (?:host|proxy)/i, 'UNREACHABLE'],
  [/certificate|gnutls_handshake|SSL_|SSL:|OpenSSL|TLS connect|unable to set private key/i, 'TLS'],
  [/Operation too slow|timed out|Timeout/i, 'TIMEOUT'],
  [
    /Failed to connect|Couldn't connect|Connection (?:refused|reset|closed)|No route to host|Network is unreachable|from proxy|CONNECT tunnel|Proxy|SOCKS|returned error: (?:429|5\d\d)|Empty reply|Recv failure|kex_exchange_identification/i,
    'UNREACHABLE',
  ],
  [/transport '.*' not allowed|Protocol .* (?:not supported|disabled)/i, 'UNSUPPORTED'],
]

const mostShown = 600

/** The error that a failed command stands for. @param doing Begins the message: `unable to clone 'https://…'`. */
export function gitFailure(said: string, doing: string, secrets: readonly string[]): GitError {
  const [, code = 'BROKEN', why] = rules.find(([pattern]) => pattern.test(said)) ?? []
  return new GitError(code, redacted(`${doing}: ${why ?? mainLine(said)}`, secrets))
}

/** The line of a command's words that says most. */
function mainLine(said: string): string {
  const lines = said
    // oxlint-disable-next-line no-control-regex -- a server's words may have any
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const line =
    lines.find(l => l.startsWith('socks connect ')) ??
    lines.find(l => /^(?:fatal|error): /.test(l)) ??
    lines.at(-1) ??
    'git failed without a word'
  return line.replace(/^(?:fatal|error): /, '').slice(0, mostShown)
}

/** A text without what no message may show. */
export function redacted(text: string, secrets: readonly string[]): string {
  const clean = text.replace(/(\w+:\/\/)[^/\s@']*@/g, '$1')
  return secrets.filter(secret => secret.length > 0).reduce((left, secret) => left.replaceAll(secret, '*****'), clean)
}
