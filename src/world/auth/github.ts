import { stringAt } from '../../lib/json.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { AuthError } from './error.ts'
import { hashed } from './cache.ts'
import { rsaKey, signedJwt } from '../../lib/jwt.ts'
import { ask, documentOf, hide, type Line, refusal, timeOf, tokenIn } from './line.ts'
import type { GithubAppData, Login } from './provider.ts'

/** An installation of a GitHub App, checked. */
export interface Installation {
  readonly appId: string
  readonly id: string
  readonly baseUrl: string
  readonly key: NonNullable<ReturnType<typeof rsaKey>>
  /** Of Flux's cache. */
  readonly cacheKey: string
}

/** The installation that a Secret's data names. @throws {AuthError} WRONG_INPUT with Flux's texts, in Flux's order. Spec: sources 5. */
export function installationOf(data: GithubAppData): Installation {
  const given = (name: string): string => data[name] ?? ''
  const [appId, id, pem] = [given('githubAppID'), given('githubAppInstallationID'), given('githubAppPrivateKey')]
  if (!appId) throw wrong('app ID must be provided to use github app authentication')
  checkNumber(appId, 'app id')
  if (!id) throw wrong('app installation ID must be provided to use github app authentication')
  checkNumber(id, 'app installation id')
  if (!pem) throw wrong('private key must be provided to use github app authentication')
  const key = rsaKey(pem)
  if (!key) throw wrong('could not parse private key: invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key')
  const base = given('githubAppBaseURL')
  return { appId: String(BigInt(appId)), id: String(BigInt(id)), baseUrl: baseOf(base), key, cacheKey: appCacheKey(data) }
}

/** What Flux's cache knows an installation by: its data as the Secret has them. Spec: sources 5. */
export function appCacheKey(data: GithubAppData): string {
  const names = ['githubAppID', 'githubAppInstallationID', 'githubAppBaseURL', 'githubAppPrivateKey']
  return hashed(names.map(name => `${name}=${data[name] ?? ''}`).join(','))
}

function wrong(message: string): AuthError {
  return new AuthError('WRONG_INPUT', message)
}

/** As Go reads an integer of 64 bits. */
function checkNumber(text: string, what: string): void {
  const failed = (why: string): AuthError => wrong(`invalid ${what}, err: strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`)
  if (!/^[+-]?\d+$/.test(text)) throw failed('invalid syntax')
  const value = BigInt(text.replace(/^\+/, ''))
  if (BigInt.asIntN(64, value) !== value) throw failed('value out of range')
}

/** The API's address without a slash at its end. Credentials go there, so plain HTTP is for loopback alone. */
function baseOf(text: string): string {
  if (text === '') return 'https://api.github.com'
  const url = URL.canParse(text) ? new URL(text) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url && safe && !url.username && !url.password && !url.search && !url.hash) return url.href.replace(/\/+$/, '')
  throw wrong('githubAppBaseURL must be an https address')
}

/** A token of the installation. https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app */
export async function installationToken({ appId, id, baseUrl, key }: Installation, line: Line): Promise<Login> {
  const iat = Math.floor(line.clock.now() / 1000) - 30
  const jwt = signedJwt({ iss: appId, iat, exp: iat + 120 }, key)
  hide(line, jwt)
  const url = `${baseUrl}/app/installations/${id}/access_tokens`
  const headers = { authorization: `Bearer ${jwt}`, accept: 'application/vnd.github.v3+json', 'user-agent': 'fluxpilot' }
  const reply = await ask(line, { method: 'POST', url, headers })
  if (reply.status < 200 || reply.status > 299)
    throw refusal(
      reply,
      `could not refresh installation id ${id}'s token: received non 2xx response status ${JSON.stringify(String(reply.status))} when fetching ${url}`,
    )
  const document = documentOf(reply)
  const password = tokenIn(document, 'token', reply)
  hide(line, password)
  return { type: 'basic', username: 'x-access-token', password, expiresAt: timeOf(stringAt(document, 'expires_at'), reply) }
}
