import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { CodedError, messageOf } from './coded-error.ts'

/** Bounds of what is unpacked; `maxBytes` is the sum of all files. */
export interface ArchiveLimits { readonly maxBytes: number; readonly maxEntries: number; readonly maxEntryBytes: number }

/** What an archive holds: folders and regular files; hard links come as empty files. Links are skipped. */
export interface UnpackedEntry { readonly path: string; readonly type: 'file' | 'folder'; readonly mode: number; readonly content: Uint8Array }

export type ArchiveErrorCode = 'NOT_GZIP' | 'MALFORMED' | 'TOO_LARGE' | 'TOO_MANY' | 'ESCAPES' | 'UNSUPPORTED'

/** An archive that must not be unpacked. Messages are Flux's where it has one. Spec: sources 11.1. */
export class ArchiveError extends CodedError<ArchiveErrorCode> {
  override readonly name = 'ArchiveError'
}

/** The entries of a gzipped tar, one at a time. @throws {ArchiveError} */
export async function* untar(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncIterable<UnpackedEntry> {
  const gunzip = createGunzip()
  const archive = extract()
  const source = Readable.from(checkedMagic(gzipped))
  const stop = (error: Error): void => { archive.destroy(error) }
  source.on('error', stop)
  gunzip.on('error', stop)
  source.pipe(gunzip).pipe(archive)
  let [bytes, count] = [0, 0]
  try {
    for await (const entry of archive) {
      const { name, type, mode = 0, size = 0 } = entry.header
      if (++count > limits.maxEntries) throw new ArchiveError('TOO_MANY', `archive has more than ${limits.maxEntries} entries`)
      checkName(name)
      bytes += size
      if (bytes > limits.maxBytes || size > limits.maxEntryBytes) throw new ArchiveError('TOO_LARGE', `tar "${name}" is bigger than max archive size of ${bytes > limits.maxBytes ? limits.maxBytes : limits.maxEntryBytes} bytes`)
      const kind = kindOf(type, name)
      const content = await wholeEntry(entry)
      if (kind) yield { path: name, type: kind, mode: mode & 0o7777, content: kind === 'file' ? content : new Uint8Array() }
    }
  } catch (thrown) {
    if (thrown instanceof ArchiveError || !isOurs(thrown)) throw thrown
    throw new ArchiveError('MALFORMED', `archive cannot be read: ${messageOf(thrown)}`, { cause: thrown })
  } finally {
    source.destroy()
    gunzip.destroy()
    archive.destroy()
  }
}

/** Errors of the archive itself; those of its source pass as they are. */
function isOurs(thrown: unknown): boolean {
  return !(thrown instanceof CodedError) && !(thrown instanceof DOMException)
}

async function* checkedMagic(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let head = Buffer.alloc(0)
  let checked = false
  for await (const chunk of source) {
    if (checked) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < 2) continue
    if (head[0] !== 0x1f || head[1] !== 0x8b) throw new ArchiveError('NOT_GZIP', 'requires gzip-compressed body: gzip: invalid header')
    checked = true
    yield head
  }
  if (!checked) throw new ArchiveError('NOT_GZIP', 'requires gzip-compressed body: EOF')
}

function checkName(name: string): void {
  if (name === '' || name.includes('\\') || name.startsWith('/') || name.includes('../') || name === '..' || name.endsWith('/..')) throw new ArchiveError('ESCAPES', `tar contained invalid name error "${name}"`)
}

/** `undefined` for what is skipped. */
function kindOf(type: string | null | undefined, name: string): 'file' | 'folder' | undefined {
  switch (type) {
    case 'file': case 'contiguous-file': case 'link': case null: case undefined: return 'file'
    case 'directory': return 'folder'
    case 'symlink': return undefined
    default: throw new ArchiveError('UNSUPPORTED', `tar file entry ${name} contained unsupported file type ${type}`)
  }
}

async function wholeEntry(entry: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of entry) if (part instanceof Uint8Array) parts.push(part)
  const [only, ...more] = parts
  return only && more.length === 0 ? only : Buffer.concat(parts)
}

/** The regular files of a gzipped tar by clean path; a later entry of the same path wins. @throws {ArchiveError} */
export async function readTree(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const { path, type, content } of untar(gzipped, limits)) if (type === 'file') files.set(cleanPath(path), content)
  return files
}

/** A path without `./`, doubled slashes and a slash at its end. */
export function cleanPath(path: string): string {
  return path.split('/').filter(part => part !== '' && part !== '.').join('/')
}
