import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { certificateAuthority } from './certificates.ts'
import { startHostile } from './hostile.ts'

/** A service that gives tokens to one user, for any scope; without sign-in for pulls of `public/…`. */
export interface TokenService {
  readonly realm: string
  /** Certificate of the authority that signed the tokens' key, PEM. */
  readonly certificate: string
  /** What was asked for, in order: method, scopes, and whether somebody signed in. */
  readonly asked: { readonly method: string; readonly scopes: readonly string[]; readonly signedIn: boolean }[]
  close(): Promise<void>
}

export const service = 'test-registry'
export const identityToken = 'identity-of-flux'

export async function startTokenService({ username, password }: { username: string; password: string }): Promise<TokenService> {
  const authority = certificateAuthority()
  const issuer = authority.issue('issuer')
  const asked: TokenService['asked'] = []
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const server = await startHostile(async (request, response) => {
    const parameters = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : queryOf(request)
    const signedIn = request.headers.authorization === basic || parameters.get('refresh_token') === identityToken
    const scopes = parameters.getAll('scope').flatMap(scope => scope.split(' '))
    asked.push({ method: request.method ?? '', scopes, signedIn })
    const wrong = request.headers.authorization !== undefined && !signedIn
    const access = scopes
      .map(scope => /^(\w+):(.+):([\w,]+)$/.exec(scope) ?? [])
      .filter(([, , name = '']) => signedIn || name.startsWith('public/'))
      .map(([, type, name, actions = '']) => ({ type, name, actions: signedIn ? actions.split(',') : ['pull'] }))
    response.writeHead(wrong ? 401 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(wrong ? { details: 'wrong password' } : { token: tokenFor(access, issuer) }))
  })
  return { realm: `${server.url}/token`, certificate: authority.cert, asked, close: server.close }
}

function queryOf({ url = '/' }: IncomingMessage): URLSearchParams {
  return new URL(url, 'http://service').searchParams
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

function tokenFor(access: readonly object[], { cert, key }: { cert: string; key: string }): string {
  const [now, part] = [Math.floor(Date.now() / 1000), (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')]
  const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(cert).raw.toString('base64')] }
  const claims = { iss: 'test', sub: 'flux', aud: service, exp: now + 300, nbf: now - 10, iat: now, jti: String(Math.random()), access }
  const signed = `${part(header)}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
