import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../lib/coded-error.ts'
import { isAlive } from '../world/processes.ts'

/** A folder that another process holds. */
export class DataError extends CodedError<'IN_USE'> {
  override readonly name = 'DataError'
}

/**
 * Takes a folder for this process alone, until the returned function is called. A lock that a dead process left behind is taken over.
 * @throws {DataError} IN_USE
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'lock')
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' })
      return () => rm(path, { force: true })
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (holder > 0 && holder !== process.pid && isAlive(holder))
      throw new DataError(
        'IN_USE',
        `'${folder}' is in use by process ${holder}: stop it, or choose another folder (if it is no sandbox, remove ${path})`,
      )
    await rm(path, { force: true })
  }
}
