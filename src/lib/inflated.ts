import { Readable } from 'node:stream'
import { createGunzip, type Gunzip, gunzipSync } from 'node:zlib'
import { ArchiveError, notTar } from './archive-error.ts'
import { messageOf } from './coded-error.ts'
import { resumed } from './gathered.ts'
import { tarBlock as block } from './tar.ts'

/** Bytes of a gzip header without a name. */
const gzipHeader = 10

/** What is no longer than this is inflated in one step, if it does not become longer than that: a stream costs more than most archives of manifests. */
const [smallBytes, smallInflated] = [32 * 1024, 512 * 1024]

const zeroBlock = Buffer.alloc(block)

/** Inflates a source and hands it out in pieces. Errors of the source pass as they are; those of inflating become ArchiveErrors. */
export class Inflated {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #output: AsyncIterator<Uint8Array>
  #feed: Readable | undefined
  #gunzip: Gunzip | undefined
  #sourceEnded = false
  #failure: { readonly thrown: unknown } | undefined
  #rest: Uint8Array = new Uint8Array()

  constructor(gzipped: AsyncIterable<Uint8Array>) {
    this.#source = gzipped[Symbol.asyncIterator]()
    this.#output = this.#inflate()[Symbol.asyncIterator]()
  }

  /** The next header; `undefined` after two blocks of zeros or at the end of the data. */
  async header(): Promise<Buffer | undefined> {
    for (let zeros = 0; zeros < 2; zeros++) {
      const bytes = await this.#glimpse(block)
      if (bytes.length === 0) return undefined
      if (bytes.length < block) throw truncated()
      if (!bytes.equals(zeroBlock)) {
        if (zeros > 0) throw notTar()
        return bytes
      }
    }
    return undefined
  }

  /** Content of an entry; what fills its last block is dropped. */
  async padded(size: number, entry: string): Promise<Buffer> {
    const content = size === 0 ? Buffer.alloc(0) : await this.#take(size)
    if (content.length < size) throw truncated(entry)
    if (size % block > 0) await this.#glimpse(block - (size % block))
    return content
  }

  /** Reads what follows the end marker, so that the source can check itself. */
  async finish(maxBytes: number): Promise<void> {
    for (let bytes = this.#rest.length, chunk = await this.#next(); chunk; chunk = await this.#next()) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new ArchiveError('TOO_LARGE', `tar has more than ${maxBytes} bytes after its end`)
    }
    while (!this.#sourceEnded) this.#sourceEnded = (await this.#source.next()).done === true
  }

  /** Lets go of the source; does not wait for it. */
  close(): void {
    this.#feed?.destroy()
    this.#gunzip?.destroy()
    if (!this.#sourceEnded) void Promise.resolve(this.#source.return?.()).catch(() => undefined)
  }

  /** Fewer bytes only at the end. */
  async #take(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let missing = size; missing > 0;) {
      const bytes: Uint8Array | undefined = this.#rest.length > 0 ? this.#rest : await this.#next()
      if (!bytes) break
      parts.push(bytes.subarray(0, missing))
      this.#rest = bytes.subarray(missing)
      missing -= Math.min(missing, bytes.length)
    }
    return Buffer.concat(parts)
  }

  /** What nobody keeps need not be copied. */
  async #glimpse(size: number): Promise<Buffer> {
    if (size > this.#rest.length) return this.#take(size)
    const { buffer, byteOffset } = this.#rest
    this.#rest = this.#rest.subarray(size)
    return Buffer.from(buffer, byteOffset, size)
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#output.next()
      return done ? undefined : value
    } catch (thrown) {
      throw this.#failure ? this.#failure.thrown : inflateError(thrown)
    }
  }

  async *#inflate(): AsyncIterable<Uint8Array> {
    const compressed = this.#checked()
    const begun: Uint8Array[] = []
    let size = 0
    while (size <= smallBytes) {
      const { done, value } = await compressed.next()
      if (done) {
        const whole = inflatedAtOnce(Buffer.concat(begun))
        if (whole) return yield whole
        break
      }
      begun.push(value)
      size += value.length
    }
    yield* this.#streamed(resumed(begun, compressed))
  }

  async *#streamed(compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const [feed, gunzip] = [Readable.from(compressed), createGunzip({ chunkSize: 64 * 1024 })]
    feed.on('error', error => gunzip.destroy(error))
    gunzip.on('error', () => undefined)
    ;[this.#feed, this.#gunzip] = [feed, gunzip]
    yield* feed.pipe(gunzip) as AsyncIterable<Uint8Array>
  }

  async *#checked(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      let head: Buffer = await this.#sourceNext()
      while (head.length < gzipHeader && !this.#sourceEnded) head = Buffer.concat([head, await this.#sourceNext()])
      if (head.length < gzipHeader)
        throw new ArchiveError('NOT_GZIP', `requires gzip-compressed body: ${head.length === 0 ? 'EOF' : 'unexpected EOF'}`)
      if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8)
        throw new ArchiveError('NOT_GZIP', 'requires gzip-compressed body: gzip: invalid header')
      yield head
      while (!this.#sourceEnded) yield await this.#sourceNext()
    } catch (thrown) {
      this.#failure = { thrown }
      throw thrown
    }
  }

  async #sourceNext(): Promise<Buffer> {
    const { done, value } = await this.#source.next()
    this.#sourceEnded = done === true
    return done ? Buffer.alloc(0) : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
}

/** `undefined` for what is too long so, or broken: as a stream it gives what stands before the break. */
function inflatedAtOnce(compressed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(compressed, { maxOutputLength: smallInflated })
  } catch {
    return undefined
  }
}

function truncated(entry?: string): ArchiveError {
  return entry === undefined
    ? new ArchiveError('TRUNCATED', 'tar error: unexpected EOF')
    : new ArchiveError('TRUNCATED', 'error copying buffer: unexpected EOF', { entry })
}

/** The first header is checked before zlib sees it: its complaint about one is of what follows. */
function inflateError(cause: unknown): ArchiveError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR')
    return new ArchiveError('TRUNCATED', 'tar error: unexpected EOF', { cause })
  return new ArchiveError(
    'MALFORMED',
    `tar error: ${/header|compression method/.test(messageOf(cause)) ? 'gzip: invalid header' : messageOf(cause)}`,
    { cause },
  )
}
