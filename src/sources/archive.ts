import type { TarEntry } from '../lib/tar.ts'
import { defaultPatterns, type IgnorePattern, isIgnored, parsePatterns } from './ignore.ts'

/** A folder to archive. Entries in byte order of their names; anything but files and folders is left out by the caller's `type`. */
export interface Tree {
  list(folder: string): Promise<readonly { readonly name: string; readonly type: 'folder' | 'file' | 'link' | 'other'; readonly mode: number; readonly size: number }[]>
  read(path: string): AsyncIterable<Uint8Array>
  /** Permission bits of the root. */
  rootMode(): Promise<number>
}

/** What becomes of modes: the CLI keeps them, a source normalises them to 0750, 0700 and 0600. */
export type Modes = 'kept' | 'normalised'

/**
 * The entries of a folder in the order of Flux's walk: depth first, by name, the root as `.`. An ignored folder loses its own entry, its content is
 * judged one by one. Links and devices are dropped. Spec: sources 1.2, 10.4.
 */
export async function* archiveEntries(tree: Tree, { patterns, modes }: { patterns: readonly IgnorePattern[]; modes: Modes }): AsyncIterable<TarEntry> {
  yield { path: '.', type: 'folder', mode: modes === 'kept' ? await tree.rootMode() : 0o750, size: 0 }
  yield* walk(tree, '', { patterns, modes })
}

async function* walk(tree: Tree, folder: string, options: { patterns: readonly IgnorePattern[]; modes: Modes }): AsyncIterable<TarEntry> {
  const { patterns, modes } = options
  for (const { name, type, mode, size } of await tree.list(folder)) {
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

/** The patterns of a source: the defaults, or, as soon as there is one of its own, version control, `.sourceignore` files in order, then `spec.ignore`. */
export function sourcePatterns(files: readonly { readonly folder: string; readonly text: string }[], ignore: string | undefined): IgnorePattern[] {
  const own = [...files.flatMap(({ folder, text }) => parsePatterns(text, folder === '' ? [] : folder.split('/'))), ...parsePatterns(ignore ?? '')]
  return own.length === 0 ? parsePatterns(defaultPatterns.source) : [...parsePatterns(defaultPatterns.always), ...own]
}

/** A tree over files in memory, as an unpacked artifact. `modes` has those that are executable. */
export function memoryTree(files: ReadonlyMap<string, { readonly content: Uint8Array; readonly mode: number }>, folders: ReadonlyMap<string, number> = new Map()): Tree {
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
  for (const [path, { content, mode }] of files) {
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    addFolder(parent, 0o750)
    children.get(parent)?.set(path.slice(slash + 1), { name: path.slice(slash + 1), type: 'file', mode, size: content.length })
  }
  return {
    list: async folder => [...(children.get(folder)?.values() ?? [])].toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
    read: path => one(files.get(path)?.content ?? new Uint8Array()),
    rootMode: async () => 0o755,
  }
}

async function* one(content: Uint8Array): AsyncIterable<Uint8Array> {
  if (content.length > 0) yield content
}
