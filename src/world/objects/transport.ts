import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { Http, HttpAnswer, HttpRequest } from '../http/http.ts'
import { readText } from '../http/read.ts'
import { ObjectStoreError } from './error.ts'

/** What a store needs to talk. `http` has the certificates and the proxy already. */
export interface Wire {
  readonly http: Http
  readonly clock: Clock
}

const attempts = 3
const firstWaitMs = 200
const again = new Set([408, 429, 499, 500, 502, 503, 504, 520])
const redirects = new Set([301, 302, 303, 307, 308])
/** A page of a listing has a thousand entries, each with a key of at most a kilobyte. */
const mostAnswerBytes = 8 * 1024 * 1024
const mostErrorBytes = 64 * 1024

/**
 * Sends a request, made anew for each attempt as its signature has a time; what may pass by itself is tried three times.
 * A redirect is an answer like any other: nobody follows it, so that no signature and no token goes to another origin.
 * @throws {ObjectStoreError} UNREACHABLE, TLS, TIMEOUT
 */
export async function exchange({ http, clock }: Wire, make: () => Promise<HttpRequest>, signal: AbortSignal): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const request = await make()
    const answer = await http.send(request, signal).catch((thrown: unknown) => {
      if (thrown instanceof HttpError) return thrown
      throw thrown
    })
    const failed = answer instanceof HttpError
    const passing = failed ? answer.code !== 'TLS' && answer.code !== 'TOO_LARGE' : again.has(answer.status)
    if (!passing || attempt === attempts) {
      if (failed) throw storeError(answer)
      return answer
    }
    if (!failed) await answer.body.cancel()
    await clock.sleep(firstWaitMs * 2 ** (attempt - 1) * (0.9 + 0.2 * clock.random()), signal)
  }
}

/** A failure of the network in the words of this hand. */
export function storeError(thrown: HttpError): ObjectStoreError {
  const code = { UNREACHABLE: 'UNREACHABLE', TIMEOUT: 'TIMEOUT', TLS: 'TLS', TOO_LARGE: 'BAD_ANSWER', CUT_OFF: 'UNREACHABLE' } as const
  return new ObjectStoreError(code[thrown.code], { message: thrown.message }, { cause: thrown })
}

/** Whether an answer sends one elsewhere; then what is thrown instead of going there. */
export function redirected(request: string, answer: HttpAnswer): ObjectStoreError | undefined {
  if (!redirects.has(answer.status)) return undefined
  const { location = '' } = answer.headers
  const to = URL.canParse(location, request) ? new URL(location, request).host : 'what is no URL'
  const message = `redirected from ${new URL(request).host} to ${to}, which is refused`
  return new ObjectStoreError('REFUSED', { message, status: answer.status })
}

/** The text of an answer within bounds. @throws {ObjectStoreError} BAD_ANSWER for more than 8 MiB; UNREACHABLE where it breaks off. */
export async function textOf(answer: HttpAnswer, host: string, limit = mostAnswerBytes): Promise<string> {
  try {
    return await readText(answer, { limit, host })
  } catch (thrown) {
    throw thrown instanceof HttpError ? storeError(thrown) : thrown
  }
}

/** The text of an error; empty where it cannot be read. */
export function errorText(answer: HttpAnswer, host: string, signal: AbortSignal): Promise<string> {
  return textOf(answer, host, mostErrorBytes).catch(() => {
    signal.throwIfAborted()
    return ''
  })
}

/** What a body breaks off with is an error of this hand. */
export function contentOf({ body }: HttpAnswer): AsyncIterable<Uint8Array> & { cancel(): Promise<void> } {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* body
      } catch (thrown) {
        throw thrown instanceof HttpError ? storeError(thrown) : thrown
      }
    },
    cancel: () => body.cancel(),
  }
}

/** Words of a store for people: one line, bounded. */
export function wordsOf(text: string): string {
  const line = text.replace(/\p{C}+/gu, ' ').trim()
  return line.length > 1024 ? `${line.slice(0, 1024)}...` : line
}

/** Counts what a listing brings. @throws {ObjectStoreError} for a page that leads to itself, and for more than a listing may have. */
export class Pages {
  readonly #seen = new Set<string>()
  #entries = 0

  turn(token: string): void {
    if (this.#seen.has(token)) throw new ObjectStoreError('BAD_ANSWER', { message: 'its pages lead back to one that was read' })
    if (this.#seen.size >= mostPages) throw new ObjectStoreError('TOO_LARGE', { message: `it has more than ${mostPages} pages` })
    this.#seen.add(token)
  }

  count(entries: number): void {
    this.#entries += entries
    if (this.#entries > mostEntries) throw new ObjectStoreError('TOO_LARGE', { message: `it has more than ${mostEntries} objects` })
  }
}

const mostPages = 2_000
const mostEntries = 50_000
