import { randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, lstat, mkdir, open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { FilesError, filesErrorOf } from './error.ts'
import type { FileEntry, Files } from './files.ts'
import { folderPrefix, privateFolder, sweepFolders } from '../private-folder.ts'

/** The user's files below the workspace folders. A relative path counts from the working directory where that is in one of them, else from the first. */
export function workspaceFiles(folders: readonly string[], workingDirectory = process.cwd()): Files {
  const workspaces = new Workspaces(folders, workingDirectory)
  const within = (path: string): Promise<string> => workspaces.within(path)
  return {
    async resolve(path) {
      const real = await within(path)
      if (!(await entryOf(real))) throw new FilesError('NOT_FOUND', path, { workspaces: folders })
      return real
    },
    async stat(path) {
      await within(path)
      const at = await workspaces.placed(path)
      return entryOf(join(await realOf(dirname(at)), basename(at)))
    },
    async list(folder) {
      const real = await within(folder)
      const names = await readdir(real).catch(failedAt(folder))
      const entries = await Promise.all(names.map(name => entryOf(join(real, name))))
      return entries.filter(e => e !== undefined).toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    },
    async *read(path, signal) {
      try {
        yield* createReadStream(await within(path), { signal }) as AsyncIterable<Uint8Array>
      } catch (thrown) {
        signal.throwIfAborted()
        throw filesErrorOf(thrown, path)
      }
    },
    async write(path, content, mode = 0o644) {
      const target = await within(path)
      await mkdir(dirname(target), { recursive: true }).catch(failedAt(dirname(path)))
      await within(dirname(target))
      await replaced(target, content, mode).catch(failedAt(path))
    },
    replace: contents => replacedAll(contents, within),
    temporary: inTemporaryFolder,
  }
}

/** The folders that the user allowed. */
class Workspaces {
  readonly #folders: readonly string[]
  readonly #workingDirectory: string

  constructor(folders: readonly string[], workingDirectory: string) {
    this.#folders = folders
    this.#workingDirectory = workingDirectory
  }

  /** Absolute, links not followed. */
  async placed(path: string): Promise<string> {
    if (isAbsolute(path)) return resolve(path)
    const isHere = (await this.#confined(this.#workingDirectory)) !== undefined
    return resolve(isHere ? this.#workingDirectory : (this.#folders[0] ?? '.'), path)
  }

  /** The real path. @throws {FilesError} OUTSIDE_WORKSPACE */
  async within(path: string): Promise<string> {
    const real = await this.#confined(await this.placed(path))
    if (real === undefined) throw new FilesError('OUTSIDE_WORKSPACE', path, { workspaces: this.#folders })
    return real
  }

  /** The real path; `undefined` where it is in none of the folders. */
  async #confined(path: string): Promise<string | undefined> {
    const [real, ...roots] = await Promise.all([realOf(path), ...this.#folders.map(w => realpath(w))])
    return roots.some(root => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) ? real : undefined
  }
}

function failedAt(path: string): (thrown: unknown) => never {
  return thrown => {
    throw filesErrorOf(thrown, path)
  }
}

async function replaced(target: string, content: Uint8Array | AsyncIterable<Uint8Array>, mode: number): Promise<void> {
  const part = partOf(target)
  try {
    await writeFile(part, content, { mode, flag: 'wx' })
    await rename(part, target)
  } catch (thrown) {
    await rm(part, { force: true })
    throw thrown
  }
}

async function replacedAll(contents: ReadonlyMap<string, Uint8Array>, within: (path: string) => Promise<string>): Promise<void> {
  const ready: (readonly [part: string, target: string])[] = []
  try {
    const targets = new Map<string, Uint8Array>()
    for (const [path, content] of contents) targets.set(await within(path), content)
    for (const folder of new Set([...targets.keys()].map(path => dirname(path)))) await sweepFolders(folder)
    for (const [target, content] of targets) {
      const part = partOf(target)
      ready.push([part, target])
      await prepared(part, target, content).catch(failedAt(target))
    }
    for (const [part, target] of ready) await rename(part, target).catch(failedAt(target))
  } finally {
    for (const [part] of ready) await rm(part, { force: true })
  }
}

function partOf(target: string): string {
  return join(dirname(target), `.${folderPrefix('part')}${randomBytes(6).toString('hex')}`)
}

/** Writes what will be put in a file's place, with all that is said of the file. */
async function prepared(part: string, target: string, content: Uint8Array): Promise<void> {
  await access(target, constants.W_OK)
  const { mode, uid, gid } = await stat(target)
  const file = await open(part, 'wx', 0o600)
  try {
    await file.writeFile(content)
    const made = await file.stat()
    if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid)
    await file.chmod(mode & 0o7777)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await privateFolder('files')
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The real path of something that may not exist yet: its nearest existing parent is followed. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realOf(parent), basename(path))
  }
}

async function entryOf(path: string): Promise<FileEntry | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return undefined
  const type = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : found.isSymbolicLink() ? 'link' : 'other'
  return { name: basename(path), type, mode: found.mode & 0o7777, size: found.size }
}
