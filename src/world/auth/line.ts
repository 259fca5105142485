import { messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { isObject, type JsonObject, jsonIn, stringAt } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { Http, HttpAnswer, HttpRequest } from '../http/http.ts'
import type { MetadataDoor } from '../http/metadata.ts'
import { readText } from '../http/read.ts'
import { AuthError } from './error.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** How one sign-in reaches what it asks, and what it knows of this machine. */
export interface Line {
  readonly http: Http
  readonly door: MetadataDoor
  readonly clock: Clock
  readonly env: Env
  readonly home: string
  /** Where the file system of this machine begins. */
  readonly root: string
  /** Whether the clouds' own command lines may be asked: where a person sits. */
  readonly vendorTools: boolean
  readonly signal: AbortSignal
  /** Secrets that were sent or received: no text of an answer may repeat one. */
  readonly secrets: Set<string>
  /** Is shown each secret, before anybody else. */
  learn(secret: string): void
}

/** An answer, read to its end. */
export interface Reply {
  readonly host: string
  readonly status: number
  readonly headers: HttpAnswer['headers']
  readonly text: string
}

const answerLimit = 256 * 1024
const tries = 3
const eachMs = 20_000

/**
 * Asks a token service. A failed network, 429 and 5xx are tried again; redirects are not followed, as they would carry secrets along.
 * @throws {AuthError} UNREACHABLE.
 */
export async function ask(line: Line, request: HttpRequest, over: 'http' | 'door' = 'http'): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await once(line, request, over)
    const again = reply instanceof AuthError || reply.status === 429 || reply.status >= 500
    if (!again || attempt === tries) {
      if (reply instanceof AuthError) throw reply
      return reply
    }
    await line.clock.sleep(100 * 2 ** attempt * (0.5 + line.clock.random()), line.signal)
  }
}

/** A returned error may be tried again, a thrown one not. */
async function once({ http, door, clock, signal }: Line, request: HttpRequest, over: 'http' | 'door'): Promise<Reply | AuthError> {
  const { host } = new URL(request.url)
  const deadline = { clock, ms: eachMs, what: `asking ${host}`, signal }
  try {
    return await withDeadline(deadline, async bound => {
      const answer: HttpAnswer = await (over === 'door' ? door : http).send(request, bound)
      return { host, status: answer.status, headers: answer.headers, text: await readText(answer, { limit: answerLimit, host }) }
    })
  } catch (thrown) {
    signal.throwIfAborted()
    const tooLarge = thrown instanceof HttpError && thrown.code === 'TOO_LARGE'
    const failure = new AuthError(tooLarge ? 'BAD_ANSWER' : 'UNREACHABLE', messageOf(thrown), { cause: thrown })
    const retry = thrown instanceof HttpError && (thrown.code === 'UNREACHABLE' || thrown.code === 'CUT_OFF') && over === 'http'
    if (retry) return failure
    throw thrown instanceof TypeError ? thrown : failure
  }
}

const mostWords = 400

/** What a service said, fit to be shown: without what was sent to it, without control characters, and short. */
export function wordsOf(text: string, { secrets }: Pick<Line, 'secrets'>): string {
  let shown = plain(text).replaceAll(/\s+/g, ' ').trim()
  for (const secret of secrets) if (secret.length >= 6) shown = shown.replaceAll(secret, 'redacted')
  return shown.length > mostWords ? `${shown.slice(0, mostWords)}…` : shown
}

/** Remembers secrets of a sign-in. */
export function hide(line: Pick<Line, 'secrets' | 'learn'>, ...secrets: readonly (string | undefined)[]): void {
  for (const secret of secrets) {
    if (!secret || line.secrets.has(secret)) continue
    line.learn(secret)
    for (const form of [secret, encodeURIComponent(secret)]) line.secrets.add(form)
  }
}

/** The JSON object of an answer. @throws {AuthError} BAD_ANSWER. */
export function documentOf({ host, text }: Pick<Reply, 'host' | 'text'>): JsonObject {
  const document = jsonIn(text)
  if (isObject(document)) return document
  throw new AuthError('BAD_ANSWER', `the answer of ${host} is no JSON object`)
}

/** A token of an answer: printable and of a sane size. @throws {AuthError} BAD_ANSWER. */
export function tokenIn(document: JsonObject, name: string, { host }: Pick<Reply, 'host'>): string {
  const token = stringAt(document, name) ?? ''
  if (/^[!-~]{1,65536}$/.test(token)) return token
  throw new AuthError('BAD_ANSWER', `the answer of ${host} has no usable ${name}`)
}

/** The error for an answer that is no success. `said` are the words of the service. */
export function refusal({ status }: Pick<Reply, 'status'>, message: string): AuthError {
  return new AuthError(status === 429 || status >= 500 ? 'UNAVAILABLE' : 'DENIED', message)
}

/** The headers and the body of a form. */
export function form(fields: Readonly<Record<string, string | undefined>>): Pick<HttpRequest, 'headers' | 'body'> {
  const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', 'user-agent': 'fluxpilot' }
  return { headers, body: new URLSearchParams(given).toString() }
}

/** When a token ends that lives for so many seconds. @throws {AuthError} BAD_ANSWER for what is no number of seconds. */
export function endOf(seconds: unknown, { clock }: Pick<Line, 'clock'>, { host }: Pick<Reply, 'host'>): number {
  const life = typeof seconds === 'string' && /^\d{1,10}$/.test(seconds) ? Number(seconds) : seconds
  if (typeof life === 'number' && Number.isFinite(life) && life >= 0) return clock.now() + life * 1000
  throw new AuthError('BAD_ANSWER', `the answer of ${host} does not say how long its token lives`)
}

/** A time as RFC 3339 has it. @throws {AuthError} BAD_ANSWER. */
export function timeOf(text: string | undefined, { host }: Pick<Reply, 'host'>): number {
  const time = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN
  if (Number.isFinite(time)) return time
  throw new AuthError('BAD_ANSWER', `the answer of ${host} does not say when its credentials expire`)
}
