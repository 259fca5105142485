import type { Tree, TreeEntry } from '../../lib/tree.ts'
import type { Unpacked } from '../../lib/untar.ts'
import { memoryTree } from '../archive.ts'

/** A path below a root, whatever it says: `..` never leaves it, and `''` is the root. */
export function within(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** What stands at a clean path of a tree; `undefined` for nothing. */
export async function entryAt(tree: Tree, path: string): Promise<Pick<TreeEntry, 'type'> | undefined> {
  if (path === '') return { type: 'folder' }
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  return (await tree.list(path.slice(0, Math.max(slash, 0)))).find(entry => entry.name === name)
}

/** The first part of a clean path, or the whole of it, that is a link in a tree; `undefined` when none is. */
export async function linkOn(tree: Tree, path: string): Promise<string | undefined> {
  for (const part of parentsOf(path)) if ((await entryAt(tree, part))?.type === 'link') return part
  return undefined
}

/** `a`, `a/b`, `a/b/c`. */
function parentsOf(path: string): string[] {
  const parts = path === '' ? [] : path.split('/')
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

/**
 * A tree with what an archive holds at `from` put at `to`, as a rename does it: what is a folder already is refused, a file takes the place of a file.
 * Throws text like that of Flux. Both paths are clean. Spec: sources 4.3 step 8.
 */
export async function grafted(base: Tree, archive: Unpacked, { from, to }: { from: string; to: string }): Promise<Tree> {
  const taken = takenFrom(archive, from)
  if (!taken) throw new Error(`cannot stat ${from}: stat ${from}: no such file or directory`)
  for (const parent of parentsOf(to).slice(0, -1)) {
    const there = await entryAt(base, parent)
    if (there && there.type !== 'folder') throw new Error(`mkdir ${parent}: not a directory`)
  }
  const there = await entryAt(base, to)
  const why = there?.type === 'folder' ? 'file exists' : there && taken.isFolder ? 'not a directory' : undefined
  if (why) throw new Error(`link error: cannot rename ${shown(from)} to ${shown(to)}: rename ${shown(from)} ${shown(to)}: ${why}`)
  return over(base, rooted(taken, to), to)
}

function shown(path: string): string {
  return path === '' ? '.' : path
}

interface Taken extends Unpacked {
  readonly isFolder: boolean
}

function takenFrom({ files, folders }: Unpacked, from: string): Taken | undefined {
  const file = files.get(from)
  if (file) return { files: new Map([['', file]]), folders: new Map(), isFolder: false }
  const below = <T>(all: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...all].flatMap(([path, value]) => (inside(path, from) ? [[relative(path, from), value] as const] : [])))
  const taken = { files: below(files), folders: below(folders), isFolder: true }
  return from === '' || taken.files.size > 0 || taken.folders.size > 0 ? taken : undefined
}

function inside(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function relative(path: string, folder: string): string {
  return folder === '' ? path : path.slice(folder.length + 1)
}

function rooted({ files, folders, isFolder }: Taken, to: string): Tree {
  const move = <T>(all: ReadonlyMap<string, T>): [string, T][] =>
    [...all].map(([path, value]) => [path === '' ? to : `${to}/${path}`, value])
  return memoryTree(new Map(move(files)), new Map([...(isFolder ? [[to, 0o750] as const] : []), ...move(folders)]))
}

/** Two trees as one: at `to` and below it the upper one, and above it the folders that lead there. */
function over(base: Tree, upper: Tree, to: string): Tree {
  return {
    rootMode: () => base.rootMode(),
    read: path => (inside(path, to) ? upper.read(path) : base.read(path)),
    async list(folder) {
      if (inside(folder, to)) return upper.list(folder)
      const [below, above] = [await base.list(folder), inside(to, folder) ? await upper.list(folder) : []]
      const isNew = ({ name }: TreeEntry): boolean => !below.some(entry => entry.name === name && entry.type === 'folder')
      const added = above.filter(isNew)
      return [...below.filter(({ name }) => !added.some(entry => entry.name === name)), ...added]
    },
  }
}
