import { isObject, type Json, listAt, stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { Http, HttpAnswer, HttpRequest } from '../http/http.ts'
import { readText } from '../http/read.ts'
import { RegistryError, type RegistryErrorCode } from './error.ts'
import { type FindSignIn, Keeper, type Scope } from './sign-in.ts'

/** One request to a repository. `path` is below `/v2/<repository>/`, or a URL that the registry gave. */
export interface Ask {
  readonly registry: string
  readonly repository: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Called once a try, so that a body can be sent again. */
  readonly body?: (() => Exclude<HttpRequest['body'], undefined>) | undefined
  readonly actions?: 'pull' | 'pull,push' | undefined
  /** Statuses below 500 to hand over instead of throwing. */
  readonly accept?: readonly number[] | undefined
}

export interface TransportOptions {
  readonly http: Http
  readonly clock: Clock
  readonly find: FindSignIn
  readonly insecure: boolean
}

const tries = 4
const redirects = 10

/** Requests to registries: scheme, challenges, redirects, retries, errors decoded. */
export class RegistryTransport {
  readonly #options: TransportOptions
  readonly #keeper: Keeper
  readonly #origins = new Map<string, Promise<URL>>()

  constructor(options: TransportOptions) {
    this.#options = options
    this.#keeper = new Keeper(options.http, options.find)
  }

  /** Sends a request. The answer's body is unread. @throws {RegistryError} for any status of 300 or more that `accept` does not name. */
  async ask(ask: Ask, signal: AbortSignal): Promise<HttpAnswer & { url: URL }> {
    const origin = await this.#origin(ask.registry, signal)
    const url = ask.path instanceof URL ? ask.path : new URL(`/v2/${ask.repository}/${ask.path}`, origin)
    for (let attempt = 1; ; attempt++) {
      const result = await this.#authorized(ask, { url, origin, signal }).catch((thrown: unknown) => failureOf(thrown, ask))
      if (!(result instanceof RegistryError)) return result
      const again =
        result.code === 'RATE_LIMITED' ||
        (['UNAVAILABLE', 'UNREACHABLE'].includes(result.code) && ask.method !== 'POST' && ask.method !== 'PATCH')
      if (!again || attempt >= tries) throw result
      await this.#options.clock.sleep(200 * 3 ** attempt * (0.9 + 0.2 * this.#options.clock.random()), signal)
    }
  }

  async #authorized(
    ask: Ask,
    { url, origin, signal }: { url: URL; origin: URL; signal: AbortSignal },
  ): Promise<(HttpAnswer & { url: URL }) | RegistryError> {
    const scope: Scope = { repository: ask.repository, actions: ask.actions ?? 'pull' }
    const trusted = url.origin === origin.origin
    const first = await this.#followed(ask, { url, authorization: trusted ? this.#keeper.known(origin.host, scope) : undefined, signal })
    if (first.status !== 401 || !trusted) return decoded(first, ask)
    const authorization = await this.#keeper.answer(origin, first.headers['www-authenticate'], { scope, signal })
    if (!authorization) return decoded(first, ask)
    await first.body.cancel()
    return decoded(await this.#followed(ask, { url, authorization, signal }), ask)
  }

  /** Follows redirects of reads; credentials stay with the origin they are for. */
  async #followed(
    ask: Ask,
    { url, authorization, signal }: { url: URL; authorization: string | undefined; signal: AbortSignal },
  ): Promise<HttpAnswer & { url: URL }> {
    let current = url
    for (let hop = 0; hop <= redirects; hop++) {
      const own = current.origin === url.origin
      const answer = await this.#options.http.send(
        {
          method: ask.method,
          url: current.href,
          headers: { 'user-agent': 'flux/v2 fluxpilot', ...ask.headers, ...(own && authorization ? { authorization } : {}) },
          ...(ask.body ? { body: ask.body() } : {}),
        },
        signal,
      )
      const location = answer.headers.location
      if (![301, 302, 303, 307, 308].includes(answer.status) || !location || !['GET', 'HEAD'].includes(ask.method))
        return { ...answer, url: current }
      await answer.body.cancel()
      const next = new URL(location, current)
      if (current.protocol === 'https:' && next.protocol !== 'https:')
        throw new RegistryError('BAD_ANSWER', {
          ref: refOf(ask),
          status: answer.status,
          message: `${ask.method} ${current.origin}: redirected from HTTPS to ${next.protocol}//${next.host}, which is refused`,
        })
      current = next
    }
    throw new RegistryError('BAD_ANSWER', { ref: refOf(ask), message: `${ask.method} ${url.href}: more than ${redirects} redirects` })
  }

  /** The scheme that the registry speaks. Loopback may be plain HTTP by itself; private addresses fall back to it. Spec: sources 3.7. */
  #origin(registry: string, signal: AbortSignal): Promise<URL> {
    const known = this.#origins.get(registry)
    if (known) return known
    const found = this.#probe(registry, signal)
    this.#origins.set(registry, found)
    found.catch(() => this.#origins.delete(registry))
    return found
  }

  async #probe(registry: string, signal: AbortSignal): Promise<URL> {
    const host = registry === 'docker.io' ? 'index.docker.io' : registry
    const [secure, plain] = [new URL(`https://${host}`), new URL(`http://${host}`)]
    if (isLoopback(plain.hostname)) return (await this.#speaks(plain, signal)) === true ? plain : secure
    if (!this.#options.insecure && !isPrivate(plain.hostname)) return secure
    const answer = await this.#speaks(secure, signal)
    if (answer === true) return secure
    return (await this.#speaks(plain, signal)) === true ? plain : secure
  }

  async #speaks(origin: URL, signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.#options.http.send(
        { method: 'GET', url: `${origin.origin}/v2/`, headers: { 'user-agent': 'flux/v2 fluxpilot' } },
        signal,
      )
      await answer.body.cancel()
      return answer.status !== 400
    } catch (thrown) {
      signal.throwIfAborted()
      if (thrown instanceof HttpError) return false
      throw thrown
    }
  }
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname.startsWith('127.') || hostname === '[::1]'
}

function isPrivate(hostname: string): boolean {
  return hostname.endsWith('.local') || /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(hostname)
}

function refOf({ registry, repository }: Ask): string {
  return `${registry}/${repository}`
}

async function decoded(answer: HttpAnswer & { url: URL }, ask: Ask): Promise<(HttpAnswer & { url: URL }) | RegistryError> {
  if (answer.status < 300 || ask.accept?.includes(answer.status)) return answer
  const text = ask.method === 'HEAD' ? '' : await readText(answer, { limit: 64 * 1024, host: answer.url.host }).catch(() => '')
  if (ask.method === 'HEAD') await answer.body.cancel()
  const said = wordsOf(text)
  const message = `${ask.method} ${answer.url.origin}${answer.url.pathname}: ${said ?? `unexpected status code ${answer.status}`}`
  return new RegistryError(codeOf(answer.status), { ref: refOf(ask), status: answer.status, message })
}

/** `CODE: message` of each error that a registry lists. */
function wordsOf(text: string): string | undefined {
  try {
    const errors = listAt(JSON.parse(text) as Json, 'errors').filter(isObject)
    const lines = errors.map(e => [stringAt(e, 'code'), stringAt(e, 'message')].filter(Boolean).join(': '))
    return lines.length > 0 ? lines.join('; ') : undefined
  } catch {
    return undefined
  }
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 404) return 'NOT_FOUND'
  if (status === 401 || status === 403) return 'DENIED'
  if (status === 429) return 'RATE_LIMITED'
  return status >= 500 ? 'UNAVAILABLE' : status >= 400 ? 'REFUSED' : 'BAD_ANSWER'
}

function failureOf(thrown: unknown, ask: Ask): RegistryError {
  if (thrown instanceof RegistryError) return thrown
  if (!(thrown instanceof HttpError)) throw thrown
  return new RegistryError(thrown.code === 'TLS' ? 'TLS' : 'UNREACHABLE', { ref: refOf(ask), message: thrown.message }, { cause: thrown })
}
