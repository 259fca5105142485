import type { TarEntry } from '../lib/tar.ts'
import type { Tree } from '../lib/tree.ts'
import { defaultPatterns, type IgnorePattern, isIgnored, parsePatterns } from './ignore.ts'

/** What becomes of modes: the CLI keeps them, a source normalises them to 0750, 0700 and 0600. */
export type Modes = 'kept' | 'normalised'

/**
 * The entries of a folder in the order of Flux's walk: depth first, by the bytes of names, the root as `.`. An ignored folder loses its own entry, its
 * content is judged one by one. Links and devices are dropped. Spec: sources 1.2, 10.4.
 */
export async function* archiveEntries(
  tree: Tree,
  { patterns, modes }: { patterns: readonly IgnorePattern[]; modes: Modes },
): AsyncIterable<TarEntry> {
  yield { path: '.', type: 'folder', mode: modes === 'kept' ? await tree.rootMode() : 0o750, size: 0 }
  yield* walk(tree, '', { patterns, modes })
}

async function* walk(tree: Tree, folder: string, options: { patterns: readonly IgnorePattern[]; modes: Modes }): AsyncIterable<TarEntry> {
  const { patterns, modes } = options
  for (const { name, type, mode, size } of inByteOrder(await tree.list(folder))) {
    const path = folder === '' ? name : `${folder}/${name}`
    const kept = !isIgnored(patterns, path, type === 'folder')
    if (type === 'folder') {
      if (kept) yield { path, type, mode: modes === 'kept' ? mode : 0o750, size: 0 }
      yield* walk(tree, path, options)
    } else if (type === 'file' && kept) {
      yield { path, type, mode: modes === 'kept' ? mode : (mode & 0o111) > 0 ? 0o700 : 0o600, size, content: tree.read(path) }
    }
  }
}

function inByteOrder<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

/** What the CLI makes of a path that is one file: its base name alone, its mode kept, never ignored. Spec: sources 10.4. */
export async function* singleFile(
  file: { readonly name: string; readonly mode: number; readonly size: number },
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<TarEntry> {
  yield { path: file.name, type: 'file', mode: file.mode, size: file.size, content }
}

/**
 * The patterns of a source: the defaults, or, as soon as there is one of its own, version control, `.sourceignore` files (each folder before those
 * below it and after it, by the bytes of names; none from `.git`), then `spec.ignore`. `folder` is `''` for the root. Spec: sources 2.2.
 */
export function sourcePatterns(
  files: readonly { readonly folder: string; readonly text: string }[],
  ignore: string | undefined,
): IgnorePattern[] {
  const lists = files
    .map(({ folder, text }) => ({ domain: folder === '' ? [] : folder.split('/'), text }))
    .filter(({ domain }) => !domain.includes('.git'))
  const own = [
    ...lists
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.domain.join('\0')), Buffer.from(b.domain.join('\0'))))
      .flatMap(({ domain, text }) => parsePatterns(text, domain)),
    ...parsePatterns(ignore ?? ''),
  ]
  return own.length === 0 ? parsePatterns(defaultPatterns.source) : [...parsePatterns(defaultPatterns.always), ...own]
}

/** A file whose content is somewhere. */
export interface ContentFile {
  readonly size: number
  readonly mode?: number | undefined
  read(): AsyncIterable<Uint8Array>
}

/** A tree over files in memory, as an unpacked artifact. `folders` has the modes of folders, and the folders that are empty; others have 0750. */
export function memoryTree(
  files: ReadonlyMap<string, { readonly content: Uint8Array; readonly mode: number }>,
  folders?: ReadonlyMap<string, number>,
): Tree {
  const each = [...files].map(([path, { content, mode }]) => [path, { size: content.length, mode, read: () => one(content) }] as const)
  return treeOf(new Map(each), folders)
}

/** The same over files wherever their content is. A file without mode has 0600. */
export function treeOf(files: ReadonlyMap<string, ContentFile>, folders: ReadonlyMap<string, number> = new Map()): Tree {
  const children = new Map<string, Map<string, { name: string; type: 'folder' | 'file'; mode: number; size: number }>>([['', new Map()]])
  const addFolder = (path: string, mode: number): void => {
    if (path === '' || children.has(path)) return
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    addFolder(parent, 0o750)
    children.set(path, new Map())
    children.get(parent)?.set(path.slice(slash + 1), { name: path.slice(slash + 1), type: 'folder', mode, size: 0 })
  }
  for (const [path, mode] of folders) addFolder(path, mode)
  for (const [path, { size, mode = 0o600 }] of files) {
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    addFolder(parent, 0o750)
    children.get(parent)?.set(path.slice(slash + 1), { name: path.slice(slash + 1), type: 'file', mode, size })
  }
  return {
    list: async folder => [...(children.get(folder)?.values() ?? [])],
    read: path => files.get(path)?.read() ?? one(new Uint8Array()),
    rootMode: async () => 0o755,
  }
}

async function* one(content: Uint8Array): AsyncIterable<Uint8Array> {
  if (content.length > 0) yield content
}
