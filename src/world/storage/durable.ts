import type { FileHandle } from 'node:fs/promises'
import type * as promises from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Digest, type DigestAlgorithm, digester } from '../../lib/digest.ts'
import { onDisk } from './error.ts'
import { withTemporary } from './writers.ts'

/** What is used of a file system. */
export type Files = Pick<typeof promises, 'lstat' | 'mkdir' | 'open' | 'readdir' | 'readlink' | 'realpath' | 'rename' | 'rm' | 'symlink'>

/** What becomes a file; `id` tells its temporary name from others. */
export interface Filling {
  readonly content: AsyncIterable<Uint8Array>
  readonly id: string
  readonly algorithm: DigestAlgorithm
}

/** Which refusals to sync a folder mean that the platform cannot. */
const unable = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'])
const [folderMode, fileMode] = [0o700, 0o600]

/** Writes aside, syncs, renames, and syncs the folder: after a crash there is the file of before or the whole new one. A folder in its place goes. */
export async function writeDurably(
  files: Files,
  path: string,
  { content, id, algorithm, signal }: Filling & { signal: AbortSignal },
): Promise<{ digest: Digest; size: number }> {
  const folder = dirname(path)
  return withTemporary(folder, id, async temporary => {
    try {
      const file = await onDisk(path, () => files.open(temporary, 'wx', fileMode))
      const written = await fill(file, { path, content, algorithm }, signal).finally(() => file.close())
      await onDisk(path, () => replace(files, temporary, path))
      await onDisk(path, () => syncFolder(files, folder))
      return written
    } catch (thrown) {
      await files.rm(temporary, { force: true }).catch(() => {})
      throw thrown
    }
  })
}

async function fill(
  file: FileHandle,
  { path, content, algorithm }: Omit<Filling, 'id'> & { path: string },
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const sum = digester(algorithm)
  let size = 0
  for await (const chunk of content) {
    signal.throwIfAborted()
    sum.update(chunk)
    size += chunk.length
    await onDisk(path, () => file.writeFile(chunk))
  }
  await onDisk(path, () => file.sync())
  return { digest: sum.digest(), size }
}

async function replace(files: Files, temporary: string, path: string): Promise<void> {
  await files.rename(temporary, path).catch(async (thrown: unknown) => {
    const found = await files.lstat(path).catch(() => undefined)
    if (!found?.isDirectory()) throw thrown
    await files.rm(path, { recursive: true })
    await files.rename(temporary, path)
  })
}

/** Points a link at a name beside it, as one step; one that does already stays. A crash may leave it as it was before. */
export async function pointLink(files: Files, link: string, { target, id }: { target: string; id: string }): Promise<void> {
  if ((await files.readlink(link).catch(() => undefined)) === target) return
  await withTemporary(dirname(link), id, async temporary => {
    try {
      await files.symlink(target, temporary)
      await files.rename(temporary, link)
    } catch (thrown) {
      await files.rm(temporary, { force: true }).catch(() => {})
      throw thrown
    }
  })
}

/** A folder and those above it that are missing, and that they are there after a crash too; whether the folder is new. */
export async function makeFolder(files: Files, folder: string): Promise<boolean> {
  const first = await files.mkdir(folder, { recursive: true, mode: folderMode })
  if (first === undefined) return false
  for (let made = resolve(folder); made.length >= resolve(first).length; made = dirname(made)) await syncFolder(files, dirname(made))
  return true
}

async function syncFolder(files: Files, folder: string): Promise<void> {
  try {
    const opened = await files.open(folder, 'r')
    await opened.sync().finally(() => opened.close())
  } catch (thrown) {
    if (!unable.has(String((thrown as NodeJS.ErrnoException).code))) throw thrown
  }
}
