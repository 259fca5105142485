import type { Clock } from '../clock/clock.ts'
import { HttpError } from '../http/error.ts'
import type { HttpAnswer } from '../http/http.ts'
import { readAll } from '../http/read.ts'
import { RegistryError } from './error.ts'

/** An answer of a registry: `url` is where it came from in the end; reading its body throws nothing but {@link RegistryError}, or the abort's reason. */
export type Answer = HttpAnswer & { readonly url: URL }

const windowMs = 60_000
const leastInWindow = 60 * 1024

/** The answer with a body that ends in TIMEOUT when it crawls: less than 1 KiB a second over a minute of waiting. */
export function steady(answer: HttpAnswer & { url: URL }, { clock, ref }: { clock: Clock; ref: string }): Answer {
  return { ...answer, body: { [Symbol.asyncIterator]: () => paced(answer, { clock, ref }), cancel: () => answer.body.cancel() } }
}

async function* paced({ body, url }: HttpAnswer & { url: URL }, { clock, ref }: { clock: Clock; ref: string }): AsyncGenerator<Uint8Array> {
  let [waited, bytes, asked] = [0, 0, clock.elapsed()]
  try {
    for await (const chunk of body) {
      waited += clock.elapsed() - asked
      bytes += chunk.length
      if (waited >= windowMs) {
        if (bytes < leastInWindow) {
          await body.cancel()
          throw new RegistryError('TIMEOUT', { ref, message: `${url.host} sent ${bytes} bytes in ${Math.round(waited / 1000)} s` })
        }
        waited = bytes = 0
      }
      yield chunk
      asked = clock.elapsed()
    }
  } catch (thrown) {
    throw thrown instanceof HttpError ? registryErrorOf(thrown, ref) : thrown
  }
}

/** A failure of HTTP in a registry's words. */
export function registryErrorOf(thrown: HttpError, ref: string): RegistryError {
  const code = thrown.code === 'TLS' || thrown.code === 'TIMEOUT' || thrown.code === 'TOO_LARGE' ? thrown.code : 'UNREACHABLE'
  return new RegistryError(code, { ref, message: thrown.message }, { cause: thrown })
}

/** The whole body. @param what Names it in the error. @throws {RegistryError} TOO_LARGE */
export async function wholeBody(answer: Answer, { limit, ref, what }: { limit: number; ref: string; what: string }): Promise<Uint8Array> {
  try {
    return await readAll(answer, { limit, host: answer.url.host })
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    throw new RegistryError('TOO_LARGE', { ref, message: `${what} is larger than ${limit} bytes` }, { cause: thrown })
  }
}
