import { HttpError } from './error.ts'
import type { HttpAnswer } from './http.ts'

/** The whole body. @param limit Most bytes; more throws TOO_LARGE and drops the connection. */
export async function readAll(answer: HttpAnswer, { limit, host }: { limit: number; host: string }): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body) {
    size += part.length
    if (size > limit) {
      await answer.body.cancel()
      throw new HttpError('TOO_LARGE', { host, why: `more than ${limit} bytes`, sent: true })
    }
    parts.push(part)
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/** The whole body as UTF-8 text. */
export async function readText(answer: HttpAnswer, at: { limit: number; host: string }): Promise<string> {
  return new TextDecoder().decode(await readAll(answer, at))
}
