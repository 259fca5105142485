import { isIP } from 'node:net'
import { isObject, type Json, stringAt } from '../../lib/json.ts'
import type { Http, HttpRequest } from '../http/http.ts'
import { readText } from '../http/read.ts'
import { type Challenge, chosen } from './challenge.ts'
import { RegistryError } from './error.ts'

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
}

/** Answers a registry's challenges, and keeps the tokens it was given for their life. */
export class Keeper {
  readonly #http: Http
  readonly #find: FindSignIn
  readonly #headers = new Map<string, string>()

  constructor(http: Http, find: FindSignIn) {
    this.#http = http
    this.#find = find
  }

  /** The Authorization header that worked for this scope before; `undefined` when none is known. */
  known(registry: string, scope: Scope): string | undefined {
    return this.#headers.get(keyOf(registry, scope)) ?? this.#headers.get(keyOf(registry, { ...scope, actions: 'pull,push' }))
  }

  /** Answers a challenge. `undefined` when nothing can be answered. @throws {RegistryError} DENIED, UNREACHABLE, BAD_ANSWER from the token service. */
  async answer(
    origin: URL,
    header: string | undefined,
    { scope, signal }: { scope: Scope; signal: AbortSignal },
  ): Promise<string | undefined> {
    const challenge = chosen(header)
    if (!challenge) return undefined
    const signIn = await this.#find(origin.host, scope.repository, signal)
    const value =
      challenge.scheme === 'basic' || signIn.type === 'bearer'
        ? direct(signIn)
        : await this.#token(origin, challenge, { scope, signIn, signal })
    if (value) this.#headers.set(keyOf(origin.host, scope), value)
    return value
  }

  async #token(
    origin: URL,
    { parameters }: Challenge,
    { scope, signIn, signal }: { scope: Scope; signIn: SignIn; signal: AbortSignal },
  ): Promise<string> {
    const realm = realmOf(parameters.realm, origin)
    const wanted = `repository:${scope.repository}:${scope.actions}`
    const request =
      signIn.type === 'identityToken'
        ? refreshRequest(realm, { service: parameters.service, scope: wanted, token: signIn.identityToken })
        : tokenRequest(realm, { service: parameters.service, scope: wanted, signIn })
    const answer = await this.#http.send(request, signal)
    const text = await readText(answer, { limit: 1024 * 1024, host: realm.host })
    const ref = `${origin.host}/${scope.repository}`
    if (answer.status === 401 || answer.status === 403)
      throw new RegistryError('DENIED', {
        ref,
        status: answer.status,
        message: `GET ${realm.origin}${realm.pathname}: UNAUTHORIZED: the token service refused access to ${wanted}`,
      })
    if (answer.status >= 300)
      throw new RegistryError('UNAVAILABLE', {
        ref,
        status: answer.status,
        message: `GET ${realm.origin}${realm.pathname}: unexpected status code ${answer.status}`,
      })
    const token = tokenIn(text)
    if (!token)
      throw new RegistryError('BAD_ANSWER', {
        ref,
        status: answer.status,
        message: `GET ${realm.origin}${realm.pathname}: the answer has no token`,
      })
    return `Bearer ${token}`
  }
}

function keyOf(registry: string, { repository, actions }: Scope): string {
  return `${registry}|${repository}|${actions}`
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
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const linkLocal = isIP(host) === 4 ? host.startsWith('169.254.') : host.toLowerCase().startsWith('fe80:')
  if (linkLocal || (url.protocol !== 'https:' && !(url.protocol === 'http:' && origin.protocol === 'http:')))
    throw new RegistryError('BAD_ANSWER', {
      ref,
      message: `registry '${ref}' names the token realm '${url.origin}', which is not to be trusted with credentials`,
    })
  return url
}

interface Wanted {
  readonly service: string | undefined
  readonly scope: string
}

function tokenRequest(realm: URL, { service, scope, signIn }: Wanted & { signIn: SignIn }): HttpRequest {
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  url.searchParams.set('scope', scope)
  const authorization = direct(signIn)
  return { method: 'GET', url: url.href, headers: authorization ? { authorization } : {} }
}

function refreshRequest(realm: URL, { service, scope, token }: Wanted & { token: string }): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: 'fluxpilot',
    scope,
    ...(service ? { service } : {}),
  })
  return { method: 'POST', url: realm.href, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }
}

function tokenIn(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as Json
    return isObject(body) ? (stringAt(body, 'token') ?? stringAt(body, 'access_token')) : undefined
  } catch {
    return undefined
  }
}
