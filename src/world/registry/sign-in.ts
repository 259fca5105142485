import { Joint } from '../../lib/joint.ts'
import { isObject, type Json, stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http, HttpRequest } from '../http/http.ts'
import { isLinkLocal } from './address.ts'
import { steady, wholeBody } from './body.ts'
import { type Challenge, chosen } from './challenge.ts'
import { codeOf, RegistryError, type RegistryErrorCode } from './error.ts'
import { userAgent } from './origins.ts'

/** Credentials for one repository, as found. `identityToken` is exchanged for access tokens; `token` is sent as it is. */
export type SignIn =
  | { readonly type: 'anonymous' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'identityToken'; readonly identityToken: string }
  | { readonly type: 'bearer'; readonly token: string }

/** Finds credentials for a repository. */
export type FindSignIn = (registry: string, repository: string, signal: AbortSignal) => Promise<SignIn>

export interface Scope {
  readonly repository: string
  readonly actions: 'pull' | 'pull,push'
  readonly alsoPull?: string | undefined
}

interface Wanted {
  readonly scope: Scope
  /** The header that the registry did not take; one that was found meanwhile is used instead of a new one. */
  readonly refused?: string | undefined
  readonly signal: AbortSignal
}

const mostKept = 1000

/** Answers a registry's challenges, and keeps the tokens it was given until they are refused. */
export class Keeper {
  readonly #http: Http
  readonly #clock: Clock
  readonly #find: FindSignIn
  readonly #headers = new Map<string, string>()
  readonly #answers = new Joint<string | undefined>()

  constructor({ http, clock, find }: { readonly http: Http; readonly clock: Clock; readonly find: FindSignIn }) {
    this.#http = http
    this.#clock = clock
    this.#find = find
  }

  /** The Authorization header that worked for this scope before; `undefined` when none is known. */
  known(registry: string, scope: Scope): string | undefined {
    const wider: Scope = { ...scope, actions: 'pull,push' }
    return this.#headers.get(keyOf(registry, scope)) ?? this.#headers.get(keyOf(registry, wider))
  }

  /** Answers a challenge. `undefined` when nothing can be answered. @throws {RegistryError} DENIED, UNREACHABLE, BAD_ANSWER from the token service. */
  async answer(origin: URL, header: string | undefined, { scope, refused, signal }: Wanted): Promise<string | undefined> {
    const challenge = chosen(header)
    if (!challenge) return undefined
    const key = keyOf(origin.host, scope)
    const meanwhile = this.#headers.get(key)
    if (meanwhile !== undefined && meanwhile !== refused) return meanwhile
    const value = await this.#answers.run(key, own => this.#answered(origin, challenge, { scope, signal: own }), signal)
    this.#headers.delete(key)
    if (value) this.#headers.set(key, value)
    const [oldest] = this.#headers.keys()
    if (this.#headers.size > mostKept && oldest) this.#headers.delete(oldest)
    return value
  }

  async #answered(origin: URL, challenge: Challenge, { scope, signal }: Wanted): Promise<string | undefined> {
    const signIn = await this.#find(origin.host, scope.repository, signal)
    if (challenge.scheme === 'basic' || signIn.type === 'bearer') return direct(signIn)
    return this.#token(origin, challenge, { scope, signIn, signal })
  }

  async #token(origin: URL, { parameters }: Challenge, { scope, signIn, signal }: Wanted & { signIn: SignIn }): Promise<string> {
    const realm = realmOf(parameters.realm, origin)
    const asked = { service: parameters.service, scopes: scopesOf(scope, parameters.scope) }
    const request =
      signIn.type === 'identityToken' ? refreshRequest(realm, asked, signIn.identityToken) : tokenRequest(realm, asked, signIn)
    const ref = `${origin.host}/${scope.repository}`
    const answer = steady({ ...(await this.#http.send(request, signal)), url: realm }, { clock: this.#clock, ref })
    const text = new TextDecoder().decode(await wholeBody(answer, { limit: tokenLimit, ref, what: 'the token' }))
    const at = `${request.method} ${realm.origin}${realm.pathname}`
    const failed = (code: RegistryErrorCode, why: string): RegistryError =>
      new RegistryError(code, { ref, status: answer.status, message: `${at}: ${why}` })
    if (answer.status >= 300)
      throw [401, 403].includes(answer.status)
        ? failed('DENIED', `UNAUTHORIZED: the token service refused access to ${asked.scopes.join(' ')}`)
        : failed(codeOf(answer.status), `unexpected status code ${answer.status}`)
    const token = tokenIn(text)
    if (!token) throw failed('BAD_ANSWER', 'the answer has no token')
    return `Bearer ${token}`
  }
}

const tokenLimit = 1024 * 1024

function keyOf(registry: string, { repository, actions, alsoPull }: Scope): string {
  return `${registry}|${repository}|${actions}|${alsoPull ?? ''}`
}

/** What the request needs, and what the registry said it needs. */
function scopesOf({ repository, actions, alsoPull }: Scope, told: string | undefined): string[] {
  const own = [`repository:${repository}:${actions}`, ...(alsoPull ? [`repository:${alsoPull}:pull`] : [])]
  return [...new Set([...own, ...(told ?? '').split(' ').filter(scope => /^[!-~]{1,300}$/.test(scope))])].slice(0, 8)
}

function direct(signIn: SignIn): string | undefined {
  if (signIn.type === 'basic') return `Basic ${Buffer.from(`${signIn.username}:${signIn.password}`).toString('base64')}`
  return signIn.type === 'bearer' ? `Bearer ${signIn.token}` : undefined
}

/** A realm must not be weaker than the registry, nor lead into the link-local network. */
function realmOf(realm: string | undefined, origin: URL): URL {
  const ref = origin.host
  if (!realm || !URL.canParse(realm))
    throw new RegistryError('BAD_ANSWER', { ref, message: `registry '${ref}' names no usable token realm` })
  const url = new URL(realm)
  if (isLinkLocal(url.hostname) || (url.protocol !== 'https:' && !(url.protocol === 'http:' && origin.protocol === 'http:')))
    throw new RegistryError('BAD_ANSWER', {
      ref,
      message: `registry '${ref}' names the token realm '${url.origin}', which is not to be trusted with credentials`,
    })
  return url
}

interface Asked {
  readonly service: string | undefined
  readonly scopes: readonly string[]
}

function tokenRequest(realm: URL, { service, scopes }: Asked, signIn: SignIn): HttpRequest {
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const authorization = direct(signIn)
  return { method: 'GET', url: url.href, headers: { 'user-agent': userAgent, ...(authorization ? { authorization } : {}) } }
}

function refreshRequest(realm: URL, { service, scopes }: Asked, token: string): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'fluxpilot', scope: scopes.join(' ') })
  if (service) form.set('service', service)
  const headers = { 'user-agent': userAgent, 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url: realm.href, headers, body: form.toString() }
}

function tokenIn(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as Json
    const token = isObject(body) ? (stringAt(body, 'token') ?? stringAt(body, 'access_token')) : undefined
    return token !== undefined && /^[!-~]+$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}
