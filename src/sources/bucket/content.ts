import { type Digest, digester } from '../../lib/digest.ts'
import type { Tree } from '../../lib/tree.ts'
import { type ContentFile, treeOf } from '../archive.ts'
import { type IgnorePattern, isIgnored, parsePatterns } from '../ignore.ts'

/** The object at the root of a bucket that says what to leave out. */
export const ignoreFile = '.sourceignore'

/** Objects by their key, with the marks of their content. */
export type EtagIndex = Map<string, string>

/** What the lists leave out: the file's patterns, then those of the spec; there are no defaults. Spec: sources 2.2. */
export function bucketPatterns(file: string | undefined, ignore: string | undefined): IgnorePattern[] {
  return [...parsePatterns(file ?? ''), ...parsePatterns(ignore ?? '')]
}

/** Whether an object of a bucket is part of its artifact: folders' placeholders and the ignore file are not. Spec: sources 8. */
export function isTaken(key: string, patterns: readonly IgnorePattern[]): boolean {
  return !key.endsWith('/') && key !== ignoreFile && !isIgnored(patterns, key, false)
}

/** The digest of the lines `key etag`, by the bytes of keys. Spec: sources 8. */
export function revisionOf(index: ReadonlyMap<string, string>): Digest {
  const sum = digester()
  for (const [key, etag] of sorted(index)) sum.update(Buffer.from(`${key} ${etag}\n`))
  return sum.digest()
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/**
 * Where an object stands in the artifact: its key with empty and `.` steps taken out, as Flux joins it to its folder.
 * Throws text for a key that would lead out of the artifact, or that no file can have as its name.
 */
export function pathOf(key: string): string {
  const parts = key.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..')) throw new Error("its key leads out of the artifact with '..'")
  if (key.includes('\0')) throw new Error('its key has a NUL, which no file can have in its name')
  if (parts.length === 0) throw new Error('its key names no file')
  return parts.join('/')
}

/**
 * The tree of what was fetched. Of keys with one path the last by its bytes counts.
 * Throws text where one object would be a file and, for another, a folder.
 */
export function treeIn(files: ReadonlyMap<string, ContentFile>): Tree {
  const placed = new Map(sorted(files).map(([key, file]) => [pathOf(key), file]))
  for (const path of placed.keys()) {
    const folder = parentsOf(path).find(parent => placed.has(parent))
    if (folder !== undefined) throw new Error(`'${folder}' is an object, and the folder of '${path}'`)
  }
  return treeOf(placed)
}

function parentsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'))
}
