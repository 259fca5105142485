import { digester } from '../../lib/digest.ts'
import { cleanPath } from '../../lib/untar.ts'

/** One thing in an archive, wherever the archive is. `target` is what a hard link names. */
export interface Item {
  readonly path: string
  readonly type: 'file' | 'folder' | 'link' | 'hard link'
  readonly mode: number
  readonly content?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly target?: string | undefined
}

/** What an archive holds at a path. A folder has no digest. */
export interface Found {
  readonly type: 'file' | 'folder'
  readonly mode: number
  readonly size: number
  readonly digest: string
}

/** What differs at a path: `mode` where nothing else does. */
export interface Difference {
  readonly change: 'added' | 'removed' | 'changed' | 'mode'
  readonly path: string
  readonly before: Found | undefined
  readonly after: Found | undefined
}

/** An archive's files and folders by clean path, the root as `.`; of a path that comes twice the last one counts. Contents are read, none is kept. */
export async function indexOf(items: AsyncIterable<Item>): Promise<Map<string, Found>> {
  const found = new Map<string, Found>()
  for await (const { path: given, type, mode, content, target = '' } of items) {
    const path = cleanPath(given) || '.'
    if (type === 'folder') found.set(path, { type, mode: mode & 0o7777, size: 0, digest: '' })
    if (type === 'file') found.set(path, { type, mode: mode & 0o7777, ...(await summed(content)) })
    const linked = type === 'hard link' ? found.get(cleanPath(target)) : undefined
    if (linked) found.set(path, linked)
  }
  return found
}

async function summed(content: Item['content']): Promise<{ size: number; digest: string }> {
  const sum = digester('sha256')
  let size = 0
  for await (const chunk of piecesOf(content)) {
    sum.update(chunk)
    size += chunk.length
  }
  return { size, digest: sum.digest() }
}

async function* piecesOf(content: Item['content']): AsyncIterable<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else if (content) yield* content
}

/** What differs, by path; folders that come and go with their files are not told apart from those. */
export function differences(before: ReadonlyMap<string, Found>, after: ReadonlyMap<string, Found>): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)]
    const change = changeOf(was, is)
    return change === undefined ? [] : [{ change, path, before: was, after: is }]
  })
}

function changeOf(was: Found | undefined, is: Found | undefined): Difference['change'] | undefined {
  if (!was || !is) {
    if ((was ?? is)?.type === 'folder') return undefined
    return was ? 'removed' : 'added'
  }
  if (was.type !== is.type || was.digest !== is.digest) return 'changed'
  return was.mode === is.mode ? undefined : 'mode'
}

/** The texts of some files; those longer than `mostBytes` and binary ones are left out. */
export async function textsOf(
  items: AsyncIterable<Item>,
  { wanted, mostBytes }: { wanted: ReadonlySet<string>; mostBytes: number },
): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  for await (const { path: given, type, content } of items) {
    const path = cleanPath(given)
    if (type !== 'file' || !wanted.has(path)) continue
    const bytes = await upTo(piecesOf(content), mostBytes)
    if (bytes && !bytes.includes(0)) texts.set(path, new TextDecoder().decode(bytes))
    else texts.delete(path)
  }
  return texts
}

async function upTo(content: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of content) {
    size += part.length
    if (size > most) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}
