import { ArchiveError, notTar } from './archive-error.ts'
import { Inflated } from './inflated.ts'
import { readHeader, readRecords, tarText, type TarHead } from './tar.ts'

/** Bounds of what is unpacked; `maxBytes` is for the sum of the sizes that entries declare. `Infinity` is no bound. */
export interface ArchiveLimits {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxEntryBytes: number
  readonly links?: 'refused' | undefined
}

/** What an archive holds. Content is empty but for files. `mode` has permission bits only; `target` is what a hard link names. */
export interface UnpackedEntry {
  readonly path: string
  readonly type: 'file' | 'folder' | 'link' | 'hard link'
  readonly mode: number
  readonly content: Uint8Array
  readonly target?: string | undefined
}

/** An archive by clean path, its content in memory or where it was put. `folders` has those that the archive names, with their modes. */
export interface Unpacked<Content = Uint8Array> {
  readonly files: ReadonlyMap<string, { readonly content: Content; readonly size: number; readonly mode: number }>
  readonly folders: ReadonlyMap<string, number>
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
    await input.finish(limits.maxBytes)
  } finally {
    input.close()
  }
}

/**
 * A gzipped tar as files and folders. Of a path that comes twice the last content and the first mode stand, as on Flux's disk; a hard link has the content
 * that its target had before it, and counts against the limits as if it were a copy. @throws {ArchiveError} and what the source throws. Spec: sources 11.1, 15.
 */
export function unpack(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): Promise<Unpacked> {
  return unpackTo(gzipped, { limits, put: content => content })
}

/** The same; `put` says where the content of a file goes. */
export async function unpackTo<Content>(
  gzipped: AsyncIterable<Uint8Array>,
  { limits, put }: { readonly limits: ArchiveLimits; put(content: Uint8Array): Content | Promise<Content> },
): Promise<Unpacked<Content>> {
  const files = new Map<string, { content: Content; size: number; mode: number }>()
  const folders = new Map<string, number>()
  let copied = 0
  for await (const { path: entry, type, mode, content, target = '' } of untar(gzipped, limits)) {
    const path = cleanPath(entry)
    if (type === 'folder' && path !== '') folders.set(path, mode)
    if (type === 'file') files.set(path, { content: await put(content), size: content.length, mode: files.get(path)?.mode ?? mode })
    if (type !== 'hard link') continue
    const linked = files.get(cleanPath(target))
    if (!linked)
      throw new ArchiveError('LINK', `tar file entry ${entry} is a hard link to '${target}', which is no file before it`, { entry })
    copied += linked.size
    if (copied > limits.maxBytes)
      throw new ArchiveError('TOO_LARGE', `tar ${JSON.stringify(entry)} is bigger than max archive size of ${limits.maxBytes} bytes`, {
        entry,
      })
    files.set(path, linked)
  }
  return { files, folders }
}

/** The regular files of a gzipped tar by clean path. @throws {ArchiveError} and what the source throws. */
export async function readTree(gzipped: AsyncIterable<Uint8Array>, limits: ArchiveLimits): Promise<Map<string, Uint8Array>> {
  return new Map([...(await unpack(gzipped, limits)).files].map(([path, { content }]) => [path, content]))
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
  const count = counter(limits)
  for (let head = await nextHeader(input); head; head = await nextHeader(input)) {
    const { name: entry, size } = head
    count(entry, size)
    if (escapes(entry)) throw new ArchiveError('ESCAPES', `tar contained invalid name error ${JSON.stringify(entry)}`, { entry })
    const type = typeOf(head)
    if (type === 'link' && limits.links === 'refused')
      throw new ArchiveError('LINK', `tar file entry ${entry} is a symlink, which is not allowed in this context`, { entry })
    if ((type === 'file' || type === 'hard link') && size !== storedSize(head))
      throw new ArchiveError('NOT_TAR', `tar file entry ${entry} has no content but a size of ${size} bytes`, { entry })
    if (type !== 'link') checkClash(seen, entry, type === 'folder' ? 'folder' : 'file')
    const content = await input.padded(storedSize(head), entry)
    yield {
      path: entry,
      type,
      mode: head.mode & 0o777,
      content: type === 'file' ? content : new Uint8Array(),
      ...(type === 'hard link' ? { target: head.link } : {}),
    }
  }
}

/** Holds entries against the limits, by what their headers say. */
function counter(limits: ArchiveLimits): (entry: string, size: number) => void {
  let [bytes, count, nameBytes] = [0, 0, 0]
  return (entry, size) => {
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
function typeOf({ name, flag, mode }: TarHead): UnpackedEntry['type'] {
  const kind = `${kindOfMode[mode & ~0o7777] ?? ''}${kindOfFlag[flag] ?? ''}`
  if (flag === 'S') throw new ArchiveError('UNSUPPORTED', `tar file entry ${name} is sparse, which is not supported`, { entry: name })
  if (kind === '') return flag === '1' ? 'hard link' : 'file'
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

/** `undefined` at the end marker or at the end of the data. */
async function nextHeader(input: Inflated): Promise<TarHead | undefined> {
  let [records, longName, longLink]: [ReadonlyMap<string, string>, string, string] = [new Map(), '', '']
  for (let extensions = 0; extensions <= 8; extensions++) {
    const bytes = await input.header()
    if (!bytes) return undefined
    const head = readHeader(bytes)
    if (!head) throw notTar()
    if (!'xgLK'.includes(head.flag)) return merged(head, records, { name: longName, link: longLink })
    if (head.size > maxRecords) throw notTar('header field too long')
    const content = await input.padded(head.size, head.name)
    if (head.flag === 'L') longName = tarText(content)
    if (head.flag === 'K') longLink = tarText(content)
    if (head.flag === 'L' || head.flag === 'K') continue
    const found = readRecords(content)
    if (!found) throw notTar()
    if (head.flag === 'g') return { name: found.get('path') || head.name, flag: '0', mode: 0, size: 0, link: '' }
    records = found
  }
  throw notTar('too many extended headers in a row')
}

function merged(head: TarHead, records: ReadonlyMap<string, string>, long: { name: string; link: string }): TarHead {
  const name = long.name || records.get('path') || head.name
  if ([...records.keys()].some(key => key.startsWith('GNU.sparse.')))
    throw new ArchiveError('UNSUPPORTED', `tar file entry ${name} is sparse, which is not supported`, { entry: name })
  for (const key of ['uid', 'gid']) if (!/^([+-]?[0-9]+)?$/.test(records.get(key) ?? '')) throw notTar()
  const size = records.get('size') || String(head.size)
  if (!/^\+?[0-9]+$/.test(size) || !Number.isSafeInteger(Number(size))) throw notTar()
  const flag = head.flag === '\0' ? (name.endsWith('/') ? '5' : '0') : head.flag
  return { name, flag, mode: head.mode, size: Number(size), link: long.link || records.get('linkpath') || head.link }
}
