import { each } from './gathered.ts'
import { digester, type Digest } from './digest.ts'

/** Content that can be read again. `digest` is sha256, `size` in bytes. */
export interface Replay {
  readonly digest: Digest
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** Where content goes that is too large to be held. */
export interface Aside {
  keep(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<{ read(): AsyncIterable<Uint8Array> }>
}

const held = 32 * 1024 * 1024

/** Reads content to its end, once. It is held while it is small; what is not goes aside, so that it is never in memory as a whole. */
export async function replay(
  content: AsyncIterable<Uint8Array>,
  { aside, signal, most = held }: { aside: Aside; signal: AbortSignal; most?: number | undefined },
): Promise<Replay> {
  const [sum, parts, total] = [digester('sha256'), [] as Uint8Array[], { size: 0 }]
  const rest = watched(content, part => {
    sum.update(part)
    total.size += part.length
  })[Symbol.asyncIterator]()
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    parts.push(next.value)
    if (total.size <= most) continue
    const kept = await aside.keep(chained(parts.splice(0), rest), signal)
    return { digest: sum.digest(), size: total.size, open: () => kept.read() }
  }
  return { digest: sum.digest(), size: total.size, open: () => each(parts) }
}

async function* chained(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  yield* first
  yield* { [Symbol.asyncIterator]: () => rest }
}

/** The same content; `each` sees every piece as it passes. */
export async function* watched(source: AsyncIterable<Uint8Array>, see: (part: Uint8Array) => void): AsyncIterable<Uint8Array> {
  for await (const part of source) {
    see(part)
    yield part
  }
}
