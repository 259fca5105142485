import { digester, type Digest } from './digest.ts'

/** Content that can be read again. `digest` is sha256, `size` in bytes. */
export interface Replay {
  readonly digest: Digest
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

const kept = 32 * 1024 * 1024

/** Reads content to its end. It is kept while it is small; when it is not, `open` makes it again, so that it is never in memory as a whole. */
export async function replay(make: () => AsyncIterable<Uint8Array>, most = kept): Promise<Replay> {
  const sum = digester('sha256')
  let parts: Uint8Array[] = []
  let size = 0
  for await (const part of make()) {
    sum.update(part)
    size += part.length
    if (size > most) parts = []
    else parts.push(part)
  }
  return { digest: sum.digest(), size, open: size > most ? make : () => each(parts) }
}

async function* each(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts
}

/** The same content; `each` sees every piece as it passes. */
export async function* watched(source: AsyncIterable<Uint8Array>, see: (part: Uint8Array) => void): AsyncIterable<Uint8Array> {
  for await (const part of source) {
    see(part)
    yield part
  }
}
