import { resumed } from '../../lib/gathered.ts'
import type { Lane } from './lane.ts'
import type { Near } from './near.ts'

const chunkBytes = 64 * 1024
/** What is compressed in this thread: it takes 2 ms, and never more than 20. */
const nearBytes = 16 * 1024

type Call = (operation: string, input: Uint8Array) => Promise<Uint8Array>

/** Drives the module: what fits into one chunk of 64 KiB is compressed at once, the rest as a stream of such chunks; in a worker, unless it is small. */
export class Zipper {
  readonly #near: Near
  readonly #streams: Lane

  /** `streams` keeps its state. */
  constructor({ near, streams }: { near: Near; streams: Lane }) {
    this.#near = near
    this.#streams = streams
  }

  gzip(source: AsyncIterable<Uint8Array>, { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal }): AsyncIterable<Uint8Array> {
    // Streams share a worker, so an abort ends a stream between two calls: ended in the middle of one, it would end the others as well.
    const whole = new AbortController().signal
    return gzipped(source, async (operation, input) => {
      if (operation !== 'close') signal.throwIfAborted()
      const isSmall = operation === 'whole' && input.length <= nearBytes
      return isSmall ? this.#near.call(operation, input) : this.#streams.call(operation, input, { deadlineMs, signal: whole })
    })
  }

  async close(): Promise<void> {
    this.#near.close()
    await this.#streams.close()
  }
}

async function* gzipped(source: AsyncIterable<Uint8Array>, call: Call): AsyncIterable<Uint8Array> {
  const chunks = chunked(source)
  try {
    const [first, second] = [await chunks.next(), await chunks.next()]
    if (first.done || second.done) yield await call('whole', first.value ?? new Uint8Array())
    else yield* streamed(resumed([first.value, second.value], chunks), call)
  } finally {
    await chunks.return(undefined)
  }
}

/** Opens a stream, writes to it, closes it. The next chunk is made ready while the module has one. The stream is closed also when the consumer stops early. */
async function* streamed(chunks: AsyncIterable<Uint8Array>, call: Call): AsyncIterable<Uint8Array> {
  const handle = await call('open', new Uint8Array())
  let ended = false
  let written: Promise<Uint8Array> = Promise.resolve(new Uint8Array())
  try {
    for await (const chunk of chunks) {
      const before = await written
      written = call('write', joined(handle, chunk))
      // Told to whoever awaits it next.
      written.catch(() => undefined)
      if (before.length > 0) yield before
    }
    const last = await written
    if (last.length > 0) yield last
    ended = true
    yield await call('close', handle)
  } finally {
    if (!ended) await call('close', handle).catch(() => undefined)
  }
}

/** The same bytes in as few pieces as may be: an archive of small files comes in many. */
async function* chunked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let [parts, size]: [Uint8Array[], number] = [[], 0]
  for await (const piece of source)
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkBytes - size)
      parts.push(part)
      at += part.length
      size += part.length
      if (size < chunkBytes) continue
      yield Buffer.concat(parts)
      ;[parts, size] = [[], 0]
    }
  if (size > 0) yield Buffer.concat(parts)
}

function joined(handle: Uint8Array, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(handle.length + content.length)
  out.set(handle)
  out.set(content, handle.length)
  return out
}
