import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CodedError, messageOf } from './coded-error.ts'
import { readHeader, readRecords, tarBlock as block, tarText, type TarHead } from './tar.ts'

/** Bounds of what is unpacked; `maxBytes` is for the sum of the sizes that entries declare. `Infinity` is no bound. */
export interface ArchiveLimits {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxEntryBytes: number
  readonly links?: 'refused' | undefined
}

/** What an archive holds. Content is empty but for files; a hard link comes as an empty file, as in Flux. `mode` has permission bits only. */
export interface UnpackedEntry {
  readonly path: string
  readonly type: 'file' | 'folder' | 'link'
  readonly mode: number
  readonly content: Uint8Array
}

/** `CLASH`: one path is a file and a folder. `LINK`: a symbolic link where `links` refuses them. `MALFORMED`: gzip data that cannot be inflated. */
export type ArchiveErrorCode =
  | 'NOT_GZIP'
  | 'NOT_TAR'
  | 'MALFORMED'
  | 'TRUNCATED'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'ESCAPES'
  | 'LINK'
  | 'CLASH'
  | 'UNSUPPORTED'

/** An archive that must not be unpacked. Messages are Flux's where it has one. Spec: sources 11.1. */
export class ArchiveError extends CodedError<ArchiveErrorCode> {
  override readonly name = 'ArchiveError'
  /** Name of the entry as the archive has it; `undefined` when the error is of the archive itself. */
  readonly entry: string | undefined
  constructor(code: ArchiveErrorCode, message: string, { entry, ...options }: ErrorOptions & { readonly entry?: string } = {}) {
    super(code, message, options)
    this.entry = entry
  }
}

/**
 * The entries of a gzipped tar, one at a time, read as Go's archive/tar and Flux read them: what follows the end marker is never an entry, global headers
 * are empty files, symbolic links are told and nothing more unless `links` refuses them. The source is read to its end.
 * @throws {ArchiveError} and what the source throws. Spec: sources 11.1.
 */
export async function* untar(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncIterable<UnpackedEntry> {
  const input = new Inflated(gzipped)
  try {
    yield* unpacked(input, limits)
    await input.finish(limits)
  } finally {
    input.close()
  }
}

/** The regular files of a gzipped tar by clean path; a later entry of the same path wins. @throws {ArchiveError} and what the source throws. */
export async function readTree(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const { path, type, content } of untar(gzipped, limits)) if (type === 'file') files.set(cleanPath(path), content)
  return files
}

/** A path without `./`, doubled slashes and a slash at its end. */
export function cleanPath(path: string): string {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')
}

/** Characters of a path that a file system takes, and of one of many. */
const [longestName, usualName] = [4096, 256]

async function* unpacked(input: Inflated, limits: ArchiveLimits): AsyncIterable<UnpackedEntry> {
  const seen: Folder = new Map()
  let [bytes, count, nameBytes] = [0, 0, 0]
  for (let head = await nextHeader(input); head; head = await nextHeader(input)) {
    const { name: entry, size } = head
    const quoted = JSON.stringify(entry)
    if (++count > limits.maxEntries) throw new ArchiveError('TOO_MANY', `tar has more than ${limits.maxEntries} entries`, { entry })
    nameBytes += entry.length
    if (entry.length > longestName || nameBytes > longestName + limits.maxEntries * usualName)
      throw new ArchiveError('TOO_LARGE', `tar has a name of ${entry.length} characters, and ${nameBytes} in all names`, {
        entry: entry.slice(0, 100),
      })
    if (entry.includes('\u{fffd}')) throw new ArchiveError('UNSUPPORTED', `tar has a name that is not UTF-8: ${quoted}`, { entry })
    bytes += size
    if (bytes > limits.maxBytes)
      throw new ArchiveError('TOO_LARGE', `tar ${quoted} is bigger than max archive size of ${limits.maxBytes} bytes`, { entry })
    if (size > limits.maxEntryBytes)
      throw new ArchiveError('TOO_LARGE', `tar ${quoted} is bigger than max entry size of ${limits.maxEntryBytes} bytes`, { entry })
    if (escapes(entry)) throw new ArchiveError('ESCAPES', `tar contained invalid name error ${quoted}`, { entry })
    const type = typeOf(head)
    if (type === 'link' && limits.links === 'refused')
      throw new ArchiveError('LINK', `tar file entry ${entry} is a symlink, which is not allowed in this context`, { entry })
    if (type === 'file' && size !== storedSize(head))
      throw new ArchiveError('NOT_TAR', `tar file entry ${entry} has no content but a size of ${size} bytes`, { entry })
    if (type !== 'link') checkClash(seen, entry, type)
    const content = await input.padded(storedSize(head), entry)
    yield { path: entry, type, mode: head.mode & 0o777, content: type === 'file' ? content : new Uint8Array() }
  }
}

function escapes(name: string): boolean {
  return name === '' || name.includes('\\') || name.startsWith('/') || name.includes('../') || name === '..' || name.endsWith('/..')
}

type Folder = Map<string, Folder | 'file'>

/** A file cannot be where a folder is, nor below a file. `root` remembers what came before. */
function checkClash(root: Folder, entry: string, type: 'file' | 'folder'): void {
  const parts = cleanPath(entry).split('/')
  const clash = (depth: number): ArchiveError =>
    new ArchiveError(
      'CLASH',
      `tar entry ${JSON.stringify(entry)} cannot be unpacked: '${parts.slice(0, depth + 1).join('/') || '.'}' is both a file and a folder`,
      { entry },
    )
  if (parts[0] === '') {
    if (type === 'file') throw clash(0)
    return
  }
  let folder = root
  for (const [depth, part] of parts.entries()) {
    const known = folder.get(part)
    const isFile = type === 'file' && depth === parts.length - 1
    if (known !== undefined && isFile !== (known === 'file')) throw clash(depth)
    const next = known ?? (isFile ? 'file' : new Map())
    folder.set(part, next)
    if (next !== 'file') folder = next
  }
}

/** Links, devices and folders have no content, whatever their size says. */
function storedSize({ flag, size }: TarHead): number {
  return '123456'.includes(flag) ? 0 : size
}

const kindOfFlag: Readonly<Record<string, string>> = { 2: 'L', 3: 'Dc', 4: 'D', 5: 'd', 6: 'p' }
const kindOfMode: Readonly<Record<number, string>> = {
  0o040000: 'd',
  0o010000: 'p',
  0o120000: 'L',
  0o060000: 'D',
  0o020000: 'Dc',
  0o140000: 'S',
}

/** As Go's FileInfo: the kind is from the type and from the high bits of the mode. */
function typeOf({ name, flag, mode }: TarHead): 'file' | 'folder' | 'link' {
  const kind = `${kindOfMode[mode & ~0o7777] ?? ''}${kindOfFlag[flag] ?? ''}`
  if (flag === 'S') throw new ArchiveError('UNSUPPORTED', `tar file entry ${name} is sparse, which is not supported`, { entry: name })
  if (kind === '') return 'file'
  if (kind.includes('d')) return 'folder'
  if (kind.includes('L')) return 'link'
  const special: readonly [number, string][] = [
    [0o4000, 'u'],
    [0o2000, 'g'],
    [0, 'c'],
    [0o1000, 't'],
  ]
  const flags = special.map(([bit, letter]) => ((bit ? (mode & bit) > 0 : kind.includes('c')) ? letter : '')).join('')
  const rights = [...'rwxrwxrwx'].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-')).join('')
  throw new ArchiveError(
    'UNSUPPORTED',
    `tar file entry ${name} contained unsupported file type ${[...'DpS'].filter(letter => kind.includes(letter)).join('')}${flags}${rights}`,
    { entry: name },
  )
}

const maxRecords = 1024 * 1024
const notTar = (why = 'invalid tar header'): ArchiveError => new ArchiveError('NOT_TAR', `tar error: archive/tar: ${why}`)

/** `undefined` at the end marker or at the end of the data. */
async function nextHeader(input: Inflated): Promise<TarHead | undefined> {
  let [records, longName]: [ReadonlyMap<string, string>, string] = [new Map(), '']
  for (let extensions = 0; extensions <= 8; extensions++) {
    const bytes = await input.header()
    if (!bytes) return undefined
    const head = readHeader(bytes)
    if (!head) throw notTar()
    if (!'xgLK'.includes(head.flag)) return merged(head, records, longName)
    if (head.size > maxRecords) throw notTar('header field too long')
    const content = await input.padded(head.size, head.name)
    if (head.flag === 'L') longName = tarText(content)
    if (head.flag === 'L' || head.flag === 'K') continue
    const found = readRecords(content)
    if (!found) throw notTar()
    if (head.flag === 'g') return { name: found.get('path') || head.name, flag: '0', mode: 0, size: 0 }
    records = found
  }
  throw notTar('too many extended headers in a row')
}

function merged(head: TarHead, records: ReadonlyMap<string, string>, longName: string): TarHead {
  const name = longName || records.get('path') || head.name
  if ([...records.keys()].some(key => key.startsWith('GNU.sparse.')))
    throw new ArchiveError('UNSUPPORTED', `tar file entry ${name} is sparse, which is not supported`, { entry: name })
  for (const key of ['uid', 'gid']) if (!/^([+-]?[0-9]+)?$/.test(records.get(key) ?? '')) throw notTar()
  const size = records.get('size') || String(head.size)
  if (!/^\+?[0-9]+$/.test(size) || !Number.isSafeInteger(Number(size))) throw notTar()
  return { name, flag: head.flag === '\0' ? (name.endsWith('/') ? '5' : '0') : head.flag, mode: head.mode, size: Number(size) }
}

/** Bytes of a gzip header without a name. */
const gzipHeader = 10

/** Inflates a source and hands it out in pieces. Errors of the source pass as they are; those of inflating become ArchiveErrors. */
class Inflated {
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
      const bytes = await this.#take(block)
      if (bytes.length === 0) return undefined
      if (bytes.length < block) throw truncated()
      if (bytes.some(byte => byte !== 0)) {
        if (zeros > 0) throw notTar()
        return bytes
      }
    }
    return undefined
  }

  /** Content of an entry; what fills its last block is dropped. */
  async padded(size: number, entry: string): Promise<Buffer> {
    const content = await this.#take(size)
    if (content.length < size) throw truncated(entry)
    await this.#take((block - (size % block)) % block)
    return content
  }

  /** Reads what follows the end marker, so that the source can check itself. */
  async finish({ maxBytes }: ArchiveLimits): Promise<void> {
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
