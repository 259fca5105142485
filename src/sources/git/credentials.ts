import { parsedUrl, type TlsMaterial } from '../../kinds/secret.ts'

/** How a Git server is signed in to, before a provider has its say. */
export type SignIn =
  | { readonly type: 'anonymous' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'ssh'; readonly user: string; readonly identity: string; readonly knownHosts: string; readonly passphrase?: string }

/** What a URL and a Secret say of a remote. `conflict` is what is wrong as soon as it is used. */
export interface Auth {
  readonly signIn: SignIn
  readonly tls: TlsMaterial | undefined
  readonly conflict: string | undefined
}

/** Where a spec's URL points, without its user info; throws Flux's text for one that is none, which begins with `failed`. Spec: sources 4.3. */
export function targetOf(
  url: string,
  failed = 'failed to parse url',
): { readonly url: string; readonly user: string; readonly password: string; readonly scheme: string } {
  const parsed = parsedUrl(url)
  if (!parsed) throw new Error(`${failed} '${shownUrl(url)}': ${whyNoUrl(url)}`)
  const { username, password, protocol } = parsed
  parsed.username = ''
  parsed.password = ''
  return { url: parsed.href, user: decoded(username), password: decoded(password), scheme: protocol.slice(0, -1) }
}

function whyNoUrl(url: string): string {
  const [, port] = /^[a-z]+:\/\/(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*):([^/?#]*)/.exec(url) ?? []
  const why = port !== undefined && !/^\d*$/.test(port) ? `invalid port ${JSON.stringify(`:${port}`)} after host` : 'it is no URL'
  return `parse ${JSON.stringify(shownUrl(url))}: ${why}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A URL for people: without the user info of HTTP, which is a secret, and without the password of SSH. */
export function shownUrl(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/^(ssh:\/\/[^/?#:@]*):[^/?#]*@/i, '$1@')
}

/**
 * How to sign in by URL and Secret; a Secret that is absent and one that is empty are the same. Throws Flux's texts. Spec: sources 4.4.
 */
export function authOf(url: string, data: Readonly<Record<string, string>>): Auth {
  const { user, password, scheme } = targetOf(url)
  if (scheme === 'ssh') return { signIn: sshOf(user, data), tls: undefined, conflict: undefined }
  const token = data.bearerToken
  const [name, word] = token === undefined ? [data.username || user, data.password || password] : [user, password]
  if (!name && word) throw new Error(`invalid '${scheme}' auth option: 'password' requires 'username' to be set`)
  const conflict = token && name ? 'basic auth and bearer token cannot be set at the same time' : undefined
  return { signIn: webOf(token, name, word), tls: tlsIn(data), conflict }
}

function webOf(token: string | undefined, username: string, password: string): SignIn {
  if (token) return { type: 'bearer', token }
  return username ? { type: 'basic', username, password } : { type: 'anonymous' }
}

function sshOf(user: string, { identity, known_hosts: knownHosts, password }: Readonly<Record<string, string>>): SignIn {
  if (!identity) throw new Error("invalid 'ssh' auth option: 'identity' is required")
  if (!knownHosts) throw new Error("invalid 'ssh' auth option: 'known_hosts' is required")
  return { type: 'ssh', user: user || 'git', identity, knownHosts, ...(password ? { passphrase: password } : {}) }
}

/** Half of a pair counts for nothing, and a CA is not looked at before it is used. */
function tlsIn(data: Readonly<Record<string, string>>): TlsMaterial | undefined {
  const ca = data['ca.crt'] || data.caFile
  const [cert, key] = [data['tls.crt'], data['tls.key']]
  const pair = cert && key ? { cert, key } : undefined
  return ca || pair ? { ...(ca ? { ca } : {}), ...pair } : undefined
}

/** What marks a Secret as one of a GitHub App. */
export const appKey = 'githubAppID'
