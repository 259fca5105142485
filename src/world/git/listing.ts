import type { Tree, TreeEntry } from '../../lib/tree.ts'
import { GitError } from './error.ts'
import type { Objects } from './objects.ts'

/** What a commit has at a path. */
export interface Listed {
  readonly path: string
  readonly type: 'file' | 'link' | 'module'
  /** Permission bits. */
  readonly mode: number
  readonly hash: string
}

/** A file or a link that can be read. */
export interface GitFile extends Listed {
  /** Bytes. */
  readonly size: number
  readonly from: Objects
}

const modes: Readonly<Record<string, Pick<Listed, 'type' | 'mode'>>> = {
  '100644': { type: 'file', mode: 0o644 },
  '100664': { type: 'file', mode: 0o644 },
  '100755': { type: 'file', mode: 0o755 },
  '120000': { type: 'link', mode: 0o777 },
  '160000': { type: 'module', mode: 0o755 },
}
const mostPath = 4096

/** Reads one record of `git ls-tree -r -z`. @throws {GitError} BROKEN for a mode or a path that no working copy may have */
export function listedIn(record: Buffer): Listed {
  const tab = record.indexOf(0x09)
  const [mode = '', , hash = ''] = record.subarray(0, tab).toString('latin1').split(' ')
  const path = record.subarray(tab + 1).toString('utf8')
  const known = modes[mode]
  if (!known) throw new GitError('BROKEN', `the repository has '${path}' with the mode ${mode}`)
  if (path.length > mostPath || path.split('/').some(isUnsafe))
    throw new GitError('BROKEN', `the repository has a path that is refused: '${shown(path)}'`)
  return { path, hash, ...known }
}

function isUnsafe(name: string): boolean {
  return (
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.includes('\0') ||
    /^(?:\.git|git~1)[ .]*$/i.test(name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, ''))
  )
}

const shown = (path: string): string => JSON.stringify(path.slice(0, 200)).slice(1, -1)

/** A tree over files by their paths. @param modules Folders that are there, whatever they hold. */
export function treeOf(files: ReadonlyMap<string, GitFile>, modules: Iterable<string>): Tree {
  const folders = new Map<string, Map<string, TreeEntry>>([['', new Map()]])
  const add = (path: string, entry: Omit<TreeEntry, 'name'>): void => {
    const slash = path.lastIndexOf('/')
    const parent = path.slice(0, Math.max(slash, 0))
    if (!folders.has(parent)) folder(parent)
    folders.get(parent)?.set(path.slice(slash + 1), { name: path.slice(slash + 1), ...entry })
  }
  const folder = (path: string): void => {
    if (folders.has(path)) return
    folders.set(path, new Map())
    add(path, { type: 'folder', mode: 0o755, size: 0 })
  }
  for (const path of modules) folder(path)
  for (const [path, { type, mode, size }] of files) add(path, { type: type === 'link' ? 'link' : 'file', mode, size })
  return {
    list: async path => [...(folders.get(path)?.values() ?? [])],
    read: path => content(files.get(path), path),
    rootMode: async () => 0o755,
  }
}

async function* content(file: GitFile | undefined, path: string): AsyncIterable<Uint8Array> {
  if (!file) throw new GitError('NOT_FOUND', `the repository has no file '${path}'`)
  yield* file.from.blob(file.hash, file.size)
}
