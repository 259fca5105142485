import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFolder } from '../private-folder.ts'

/** A private folder for one access to a server: secrets in files, and what was fetched. */
export interface Room {
  readonly folder: string
  /** Writes a file that only we can read; its path. */
  keep(name: string, text: string, mode?: number): Promise<string>
  /** An empty bare repository; its path. */
  repository(name: string): Promise<string>
  remove(): Promise<void>
}

export async function openRoom(): Promise<Room> {
  const folder = await privateFolder('git')
  return {
    folder,
    async keep(name, text, mode = 0o600) {
      const path = join(folder, name)
      await writeFile(path, text, { mode, flag: 'wx' })
      return path
    },
    async repository(name) {
      const path = join(folder, name)
      await mkdir(join(path, 'objects'), { recursive: true })
      await mkdir(join(path, 'refs'))
      await writeFile(join(path, 'HEAD'), 'ref: refs/heads/none\n')
      await forgetRemote(path)
      return path
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Makes a repository one that has no promise of any server: what is absent from it is absent. */
export async function forgetRemote(repository: string): Promise<void> {
  await writeFile(join(repository, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')
}

/** Bytes of the packs of a repository, also of those that were not received to their end. */
export async function packBytes(repository: string): Promise<number> {
  const folder = join(repository, 'objects/pack')
  const names = await readdir(folder).catch(() => [])
  const packs = names.filter(name => name.endsWith('.pack') || name.startsWith('tmp_pack'))
  const sizes = await Promise.all(packs.map(async name => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
