import { isObject, type Json, listAt, stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { Http } from '../http/http.ts'
import { isLinkLocal } from './address.ts'
import { type Answer, registryErrorOf, steady, wholeBody } from './body.ts'
import { codeOf, RegistryError, type RegistryErrorCode } from './error.ts'
import { Origins, userAgent } from './origins.ts'
import { type FindSignIn, Keeper, type Scope } from './sign-in.ts'

/** One request to a repository. `path` is below `/v2/<repository>/`, or a URL that the registry gave. */
export interface Ask {
  readonly registry: string
  readonly repository: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | undefined
  readonly actions?: 'pull' | 'pull,push' | undefined
  /** Another repository that the request reads from. */
  readonly alsoPull?: string | undefined
  /** Statuses below 500 to hand over instead of throwing. */
  readonly accept?: readonly number[] | undefined
}

export interface TransportOptions {
  readonly http: Http
  readonly clock: Clock
  readonly find: FindSignIn
  readonly insecure: boolean
}

/** Reads fail soon, as a person waits; what writes is worth more patience. Spec: sources 10.1. */
const patience = { pull: { tries: 3, firstMs: 100 }, 'pull,push': { tries: 4, firstMs: 600 } } as const
const redirects = 10
const longestWaitSeconds = 20
const passing: readonly RegistryErrorCode[] = ['UNAVAILABLE', 'UNREACHABLE', 'TIMEOUT']

/** Requests to registries: scheme, challenges, redirects, retries, errors decoded. */
export class RegistryTransport {
  readonly #options: TransportOptions
  readonly #keeper: Keeper
  readonly #origins: Origins

  constructor(options: TransportOptions) {
    this.#options = options
    this.#keeper = new Keeper(options)
    this.#origins = new Origins(options)
  }

  /** Sends a request. The answer's body is unread. @throws {RegistryError} for any status of 300 or more that `accept` does not name. */
  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const { clock } = this.#options
    const { tries, firstMs } = patience[ask.actions ?? 'pull']
    for (let attempt = 1; ; attempt++) {
      const result = await this.#tried(ask, signal).catch((thrown: unknown) => failureOf(thrown, ask))
      if (!(result instanceof RegistryError)) return result
      const again = result.code === 'RATE_LIMITED' || (passing.includes(result.code) && ask.method !== 'POST' && ask.method !== 'PATCH')
      const told = result.place.retryAfterSeconds
      if (!again || attempt >= tries || (told !== undefined && told > longestWaitSeconds)) throw result
      await clock.sleep(told === undefined ? firstMs * 3 ** (attempt - 1) * (0.9 + 0.2 * clock.random()) : told * 1000, signal)
    }
  }

  async #tried(ask: Ask, signal: AbortSignal): Promise<Answer | RegistryError> {
    const origin = await this.#origins.of(ask.registry, signal)
    const url = ask.path instanceof URL ? ask.path : new URL(`/v2/${ask.repository}/${ask.path}`, origin)
    return this.#decoded(await this.#authorized(ask, { url, origin, signal }), ask)
  }

  async #authorized(ask: Ask, { url, origin, signal }: { url: URL; origin: URL; signal: AbortSignal }): Promise<Answer> {
    const scope: Scope = { repository: ask.repository, actions: ask.actions ?? 'pull', alsoPull: ask.alsoPull }
    const trusted = url.origin === origin.origin
    const known = trusted ? this.#keeper.known(origin.host, scope) : undefined
    const first = await this.#followed(ask, { url, authorization: known, signal })
    if (first.status !== 401 || !trusted || first.url.origin !== origin.origin) return first
    const authorization = await this.#keeper.answer(origin, first.headers['www-authenticate'], { scope, refused: known, signal })
    if (!authorization) return first
    await first.body.cancel()
    return this.#followed(ask, { url, authorization, signal })
  }

  /** Follows redirects of reads; credentials stay with the origin they are for. */
  async #followed(
    ask: Ask,
    { url, authorization, signal }: { url: URL; authorization: string | undefined; signal: AbortSignal },
  ): Promise<Answer> {
    const { http, clock } = this.#options
    let current = url
    for (let hop = 0; hop <= redirects; hop++) {
      const own = current.origin === url.origin
      const headers = { 'user-agent': userAgent, ...ask.headers, ...(own && authorization ? { authorization } : {}) }
      const answer = await http.send({ method: ask.method, url: current.href, headers, body: ask.body }, signal)
      const { location } = answer.headers
      if (![301, 302, 303, 307, 308].includes(answer.status) || !location || !['GET', 'HEAD'].includes(ask.method))
        return steady({ ...answer, url: current }, { clock, ref: refOf(ask) })
      await answer.body.cancel()
      current = target(location, { current, ask, status: answer.status })
    }
    throw new RegistryError('BAD_ANSWER', {
      ref: refOf(ask),
      message: `${ask.method} ${url.origin}${url.pathname}: more than ${redirects} redirects`,
    })
  }

  async #decoded(answer: Answer, ask: Ask): Promise<Answer | RegistryError> {
    if (answer.status < 300 || ask.accept?.includes(answer.status)) return answer
    const ref = refOf(ask)
    const text = ask.method === 'HEAD' ? '' : await wholeBody(answer, { limit: 64 * 1024, ref, what: 'the error' }).then(decode, () => '')
    if (ask.method === 'HEAD') await answer.body.cancel()
    const said = wordsOf(text)
    const message = `${ask.method} ${answer.url.origin}${answer.url.pathname}: ${said ?? `unexpected status code ${answer.status}`}`
    const retryAfterSeconds = secondsOf(answer.headers['retry-after'], this.#options.clock.now())
    return new RegistryError(codeOf(answer.status), { ref, status: answer.status, message, retryAfterSeconds })
  }
}

function target(location: string, { current, ask, status }: { current: URL; ask: Ask; status: number }): URL {
  const refused = (why: string): RegistryError =>
    new RegistryError('BAD_ANSWER', { ref: refOf(ask), status, message: `${ask.method} ${current.origin}: redirected ${why}` })
  if (!URL.canParse(location, current)) throw refused('to what is no URL')
  const next = new URL(location, current)
  if (next.protocol !== 'https:' && (current.protocol === 'https:' || next.protocol !== 'http:'))
    throw refused(`from ${current.protocol}// to ${next.protocol}//${next.host}, which is refused`)
  if (isLinkLocal(next.hostname)) throw refused(`to the link-local address ${next.host}, which is refused`)
  return next
}

export function refOf({ registry, repository }: Pick<Ask, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
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

/** Seconds of Retry-After, which has seconds or a date. */
function secondsOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000))
}

function failureOf(thrown: unknown, ask: Ask): RegistryError {
  if (thrown instanceof RegistryError) return thrown
  if (!(thrown instanceof HttpError)) throw thrown
  return registryErrorOf(thrown, refOf(ask))
}
