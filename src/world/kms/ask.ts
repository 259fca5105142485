import { type JsonObject, isObject, jsonIn } from '../../lib/json.ts'
import { plain } from '../../lib/safe.ts'
import { HttpError } from '../http/error.ts'
import type { Http, HttpRequest } from '../http/http.ts'
import { readText } from '../http/read.ts'
import { KmsError } from './error.ts'

const mostBytes = 256 * 1024
const mostWords = 512

/** An answer of a key service. `document` is empty for what is no JSON object. */
export interface Reply {
  readonly host: string
  readonly status: number
  readonly document: JsonObject
}

/** Sends one request. Redirects are an answer like any other: no token goes to another host. @throws {KmsError} UNREACHABLE */
export async function ask(http: Http, request: HttpRequest, signal: AbortSignal): Promise<Reply> {
  const { host } = new URL(request.url)
  try {
    const answer = await http.send(request, signal)
    const document = jsonIn(await readText(answer, { limit: mostBytes, host }))
    return { host, status: answer.status, document: isObject(document) ? document : {} }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof HttpError) throw new KmsError('UNREACHABLE', thrown.message, { cause: thrown })
    throw thrown
  }
}

/** Words of a service, on one line and without what it was sent. */
export function wordsOf(text: string, secrets: readonly string[]): string {
  const line = plain(text).replaceAll(/\s+/g, ' ').trim()
  const bare = secrets.reduce((out, secret) => (secret.length < 4 ? out : out.replaceAll(secret, '***')), line)
  return bare.length > mostWords ? `${bare.slice(0, mostWords)}…` : bare
}

/** Bytes of an answer. @throws {KmsError} BAD_ANSWER */
export function bytesOf(value: unknown, { what, encoding }: { what: string; encoding: 'base64' | 'base64url' }): Uint8Array {
  if (typeof value === 'string' && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return Buffer.from(value, encoding)
  throw new KmsError('BAD_ANSWER', `${what}: the answer has no plaintext`)
}
