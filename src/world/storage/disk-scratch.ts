import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateFolder } from '../private-folder.ts'
import { onDisk } from './error.ts'
import type { Kept, Room, Scratch } from './scratch.ts'

/** Rooms in the system's folder for temporary files. The names of files are counted, so that nothing that came from elsewhere is ever a path. */
export function diskScratch(parent: string = tmpdir()): Scratch {
  return {
    async during(work) {
      const folder = await onDisk(parent, () => privateFolder('scratch', parent), 'NO_FOLDER')
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
      const file = await onDisk('a temporary file', () => open(path, 'wx', 0o600))
      try {
        for await (const chunk of content) {
          signal.throwIfAborted()
          size += chunk.length
          await onDisk('a temporary file', () => file.writeFile(chunk))
        }
      } finally {
        await file.close()
      }
      return { size, read: () => createReadStream(path) as AsyncIterable<Uint8Array> }
    },
  }
}
