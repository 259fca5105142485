import { DeadlineError, withDeadline } from '../../lib/deadline.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { Http, HttpAnswer } from '../http/http.ts'
import { readText } from '../http/read.ts'
import { answerLimit, errorOf, jsonOf, unreachable } from './answers.ts'
import { ClusterError } from './error.ts'
import type { Pace } from './pace.ts'

/** Adds credentials to a call. `renew` says that the last ones were refused. */
export type Authorize = (renew: boolean, signal: AbortSignal) => Promise<Readonly<Record<string, string>>>

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** For errors: `get deployments.apps web/podinfo`. */
  readonly what: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: JsonObject | readonly Json[]
  readonly contentType?: string
  readonly accept?: string
}

export interface TransportOptions {
  readonly name: string
  readonly server: string
  readonly http: Http
  readonly clock: Clock
  readonly authorize?: Authorize | undefined
  /** How long a call may take, retries and the answer's body included; absent: as long as its caller waits. Not for streams. */
  readonly requestTimeoutMs?: number | undefined
  /** Holds each call, and each try of one, until it may be sent; absent: at once. */
  readonly pace?: Pace | undefined
}

const tries = 4

/** One API server over HTTP: credentials, retries where they are safe, errors decoded. */
export class Transport {
  readonly #options: TransportOptions
  readonly #base: string

  constructor(options: TransportOptions) {
    this.#options = options
    this.#base = options.server.replace(/\/$/, '')
  }

  /** The name of the cluster, for errors. */
  get name(): string {
    return this.#options.name
  }

  /** Sends a call and parses the answer. A read is retried after network failures and 5xx; a write only when it surely did not happen. */
  async json(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const { clock, requestTimeoutMs: ms, name } = this.#options
    if (ms === undefined) return this.#json(call, signal)
    try {
      return await withDeadline({ clock, ms, what: call.what, signal }, bounded => this.#json(call, bounded))
    } catch (thrown) {
      if (!(thrown instanceof DeadlineError)) throw thrown
      throw new ClusterError('TIMEOUT', { cluster: name, what: call.what, message: thrown.message }, { cause: thrown })
    }
  }

  async #json(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const at = { cluster: this.#options.name, what: call.what }
    for (let attempt = 1; ; attempt++) {
      const answer = await this.open(call, signal)
      try {
        return jsonOf(await readText(answer, { limit: answerLimit, host: this.#base }), answer, at)
      } catch (thrown) {
        const failure = unreachable(thrown, at)
        const cut = failure instanceof ClusterError && (failure.code === 'UNREACHABLE' || failure.code === 'TIMEOUT')
        if (!cut || call.method !== 'GET' || attempt >= tries) throw failure
      }
    }
  }

  /** Sends a call and hands over a successful answer's body unread. */
  async open(call: Call, signal: AbortSignal): Promise<HttpAnswer> {
    let renewed = false
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#once(call, { renew: renewed, signal })
      if (!(failure instanceof ClusterError)) return failure
      if (failure.code === 'UNAUTHENTICATED' && !renewed && this.#options.authorize) {
        renewed = true
        continue
      }
      if (attempt + 1 >= tries || !mayRetry(call, failure)) throw failure
      await this.#options.clock.sleep(pauseMs(failure, attempt, this.#options.clock.random()), signal)
    }
  }

  async #once(call: Call, { renew, signal }: { renew: boolean; signal: AbortSignal }): Promise<HttpAnswer | ClusterError> {
    const at = { cluster: this.#options.name, what: call.what }
    try {
      await this.#options.pace?.(signal)
      const credentials = await this.#options.authorize?.(renew, signal)
      const answer = await this.#options.http.send(
        {
          method: call.method,
          url: this.#base + call.path + queryOf(call.query),
          headers: {
            accept: call.accept ?? 'application/json',
            'user-agent': 'fluxpilot',
            ...(call.body ? { 'content-type': call.contentType ?? 'application/json' } : {}),
            ...credentials,
          },
          ...(call.body ? { body: JSON.stringify(call.body) } : {}),
        },
        signal,
      )
      if (answer.status < 300) return answer
      const text = await readText(answer, { limit: 4 * 1024 * 1024, host: this.#base })
      return errorOf(answer.status, parsedOr(text), { ...at, headers: answer.headers })
    } catch (thrown) {
      const failure = unreachable(thrown, at)
      if (failure instanceof ClusterError) return failure
      throw failure
    }
  }
}

function mayRetry(call: Call, failure: ClusterError): boolean {
  if (failure.code === 'RATE_LIMITED') return true
  const notSent = failure.cause instanceof HttpError && !failure.cause.sent
  if (failure.code === 'UNREACHABLE')
    return notSent ? failure.cause instanceof HttpError && failure.cause.code !== 'TLS' : call.method === 'GET'
  return call.method === 'GET' && (failure.code === 'UNAVAILABLE' || failure.code === 'TIMEOUT')
}

function pauseMs(failure: ClusterError, attempt: number, random: number): number {
  const asked = failure.call.retryAfter
  return asked === undefined ? 100 * 2 ** attempt * (0.5 + random) : Math.min(asked, 30) * 1000
}

function queryOf(query: Call['query']): string {
  const pairs = Object.entries(query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''
}

function parsedOr(text: string): Json | string {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
