import type { CommitMessage } from '../kinds/commit-message.ts'
import { CodedError } from '../lib/coded-error.ts'
import { printReference } from '../lib/reference.ts'
import type { Tree } from '../lib/tree.ts'
import { printImage } from './latest.ts'
import { markerToken, type Setter } from './setters.ts'
import { type Marked, marksIn, type SetterChange, withSetters } from './setters-file.ts'

/** What an update makes of a folder. Paths of `files` are relative to the root of the tree. */
export interface Update {
  /** The new content of files that change. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly changes: readonly FileChange[]
}

/** `file` is relative to the path that was updated. */
export interface FileChange extends SetterChange {
  readonly file: string
}

/** NO_PATH: nothing is there. LOOP: links lead to each other. TOO_LARGE: one file is. Messages are Flux's where it has one. */
export class UpdateError extends CodedError<'NO_PATH' | 'LOOP' | 'TOO_LARGE'> {
  override readonly name = 'UpdateError'
}

/** Larger than any manifest that people write by hand. */
const mostBytes = 16 * 1024 * 1024

/** Writes what setters say into the files below a path, one file alone also. @throws {UpdateError} Spec: images A.4.1. */
export async function updated(tree: Tree, path: string, setters: ReadonlyMap<string, Setter>): Promise<Update> {
  const root = await placeIn(tree, path)
  const files = new Map<string, Uint8Array>()
  const changes: FileChange[] = []
  for await (const found of candidates(tree, root)) {
    const content = await contentOf(tree, found)
    const result = withSetters(content, setters)
    if (!result) continue
    files.set(found.path, result.content)
    changes.push(...result.changes.map(change => ({ ...change, file: found.file })))
  }
  return { files, changes }
}

/** Marked scalars of the files below a path, one file alone also. @throws {UpdateError} */
export async function marked(tree: Tree, path: string): Promise<Marked[]> {
  const found: Marked[] = []
  for await (const candidate of candidates(tree, await placeIn(tree, path))) found.push(...marksIn(await contentOf(tree, candidate)))
  return found
}

interface Candidate {
  readonly path: string
  /** Relative to where the walk began. */
  readonly file: string
  readonly size: number
}

async function* candidates(tree: Tree, root: string): AsyncIterable<Candidate> {
  if (root === '') return yield* below(tree, '', '')
  const slash = root.lastIndexOf('/')
  const name = root.slice(slash + 1)
  const entry = (await tree.list(root.slice(0, Math.max(slash, 0)))).find(e => e.name === name)
  if (entry === undefined) throw new UpdateError('NO_PATH', `walking path for files: lstat ${root}: no such file or directory`)
  if (entry.type === 'folder') yield* below(tree, root, '')
  else if (entry.type === 'file' && isManifest(name)) yield { path: root, file: name, size: entry.size }
}

/** In the order of names, as Go walks. Links are not followed: nothing is written through them. */
async function* below(tree: Tree, folder: string, shown: string): AsyncIterable<Candidate> {
  const entries = await tree.list(folder)
  for (const { name, type, size } of entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    const [path, file] = [folder === '' ? name : `${folder}/${name}`, shown === '' ? name : `${shown}/${name}`]
    if (type === 'folder') yield* below(tree, path, file)
    else if (type === 'file' && isManifest(name)) yield { path, file, size }
  }
}

function isManifest(name: string): boolean {
  return /\.ya?ml$/.test(name) || name === 'Kustomization'
}

async function contentAt(tree: Tree, path: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of tree.read(path)) parts.push(part)
  return Buffer.concat(parts)
}

async function contentOf(tree: Tree, { path, size }: Candidate): Promise<Uint8Array> {
  const content = await contentAt(tree, path)
  if (size > mostBytes && content.includes(markerToken))
    throw new UpdateError('TOO_LARGE', `reading YAML file: '${path}' has ${size} bytes, more than ${mostBytes}: split it`)
  return content
}

const mostLinks = 255

/** Where a path stands in a tree: links on it are followed, and neither they nor `..` lead out. @throws {UpdateError} LOOP. Spec: images A.4.1. */
async function placeIn(tree: Tree, path: string): Promise<string> {
  let [at, links] = [[] as string[], 0]
  const left = path.split('/').toReversed()
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === '..') at.pop()
    if (part === '..' || part === '' || part === '.') continue
    const entry = (await tree.list(at.join('/'))).find(({ name }) => name === part)
    if (entry?.type !== 'link') {
      at.push(part)
      continue
    }
    if (++links > mostLinks)
      throw new UpdateError('LOOP', `failed to secure join manifest path: SecureJoin ${path}: too many levels of symbolic links`)
    const target = (await contentAt(tree, [...at, part].join('/'))).toString('utf8')
    if (target.startsWith('/')) at = []
    left.push(...target.split('/').toReversed())
  }
  return at.join('/')
}

/** What the template of a commit message sees of an update. Spec: images A.3.5. */
export function messageData(changes: readonly FileChange[]): Pick<CommitMessage, 'changes' | 'images'> {
  const seen = new Set<string>()
  const images = changes.flatMap(({ file, object, setter }) => {
    const { image, policy } = { image: imageOf(setter), policy: setter.policy }
    const key = JSON.stringify([file, object, image.original, policy.namespace, policy.name])
    if (seen.has(key)) return []
    seen.add(key)
    return [{ file, object, image }]
  })
  const told = changes.map(({ file, object, oldValue, newValue, setter }) => ({
    file,
    object,
    change: { oldValue, newValue, setter: setter.name },
  }))
  return { changes: told, images }
}

function imageOf({ policy, reference }: Setter): CommitMessage['images'][number]['image'] {
  return {
    original: printImage(policy.image),
    identifier: reference.digest ?? reference.tag ?? 'latest',
    repository: reference.repository,
    registry: reference.registry,
    name: printReference(reference),
    policy: { namespace: policy.namespace, name: policy.name },
  }
}
