import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StorageError } from './error.ts'
import type { Kept, Room, Scratch } from './scratch.ts'

/** Rooms in the system's folder for temporary files. The names of files are counted, so that nothing that came from elsewhere is ever a path. */
export function diskScratch(parent: string = tmpdir()): Scratch {
  return {
    async during(work) {
      const folder = await mkdtemp(join(parent, 'fluxpilot-scratch-')).catch((cause: unknown) => {
        throw new StorageError('NO_FOLDER', parent, { cause })
      })
      try {
        return await work(roomIn(folder))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

function roomIn(folder: string): Room {
  let count = 0
  return {
    async keep(content, signal): Promise<Kept> {
      const path = join(folder, String(++count))
      let size = 0
      const file = await onDisk(() => open(path, 'wx', 0o600))
      try {
        for await (const chunk of content) {
          signal.throwIfAborted()
          size += chunk.length
          await onDisk(() => file.writeFile(chunk))
        }
      } finally {
        await file.close()
      }
      return { size, read: () => createReadStream(path) as AsyncIterable<Uint8Array> }
    },
  }
}

/** What the disk refuses becomes a coded error. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StorageError(code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'WRITE_FAILED', 'a temporary file', { cause })
  }
}
