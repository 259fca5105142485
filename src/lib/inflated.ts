import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ArchiveError, notTar } from './archive-error.ts'
import { messageOf } from './coded-error.ts'
import { tarBlock as block } from './tar.ts'

/** Bytes of a gzip header without a name. */
const gzipHeader = 10

const zeroBlock = Buffer.alloc(block)

/** Inflates a source and hands it out in pieces. Errors of the source pass as they are; those of inflating become ArchiveErrors. */
export class Inflated {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #feed: Readable
  readonly #gunzip = createGunzip({ chunkSize: 64 * 1024 })
  readonly #output: AsyncIterator<Uint8Array>
  #sourceEnded = false
  #failure: { readonly thrown: unknown } | undefined
  #rest: Uint8Array = new Uint8Array()

  constructor(gzipped: AsyncIterable<Uint8Array>) {
    this.#source = gzipped[Symbol.asyncIterator]()
    this.#feed = Readable.from(this.#checked())
    this.#feed.on('error', error => this.#gunzip.destroy(error))
    this.#gunzip.on('error', () => undefined)
    this.#output = this.#feed.pipe(this.#gunzip)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
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
    this.#feed.destroy()
    this.#gunzip.destroy()
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

  async *#checked(): AsyncIterable<Uint8Array> {
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
