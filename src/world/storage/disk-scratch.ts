import { createReadStream } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { each } from '../../lib/gathered.ts'
import { privateFolder } from '../private-folder.ts'
import { onDisk } from './error.ts'
import type { Kept, Room, Scratch } from './scratch.ts'

/** How much a room holds in memory, in bytes: most manifests are smaller, and need no file. */
const heldBytes = 256 * 1024

/** Rooms in memory, and for what is larger in the system's folder for temporary files. */
export function diskScratch(parent: string = tmpdir()): Scratch {
  return {
    async during(work) {
      const room = new DiskRoom(parent)
      try {
        return await work(room)
      } finally {
        await room.leave()
      }
    },
  }
}

/** The names of files are counted, so that nothing that came from elsewhere is ever a path. */
class DiskRoom implements Room {
  readonly #parent: string
  #folder: Promise<string> | undefined
  #count = 0
  #free = heldBytes

  constructor(parent: string) {
    this.#parent = parent
  }

  async keep(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Kept> {
    const held: Uint8Array[] = []
    let [size, file]: [number, { path: string; handle: FileHandle } | undefined] = [0, undefined]
    try {
      for await (const chunk of content) {
        signal.throwIfAborted()
        size += chunk.length
        if (!file && chunk.length > this.#free) file = await this.#file(held)
        if (file) await written(file.handle, chunk)
        else held.push(this.#hold(chunk))
      }
    } finally {
      await file?.handle.close()
    }
    const { path } = file ?? {}
    return { size, read: () => (path === undefined ? each(held) : (createReadStream(path) as AsyncIterable<Uint8Array>)) }
  }

  async leave(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined)
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }

  #hold(chunk: Uint8Array): Uint8Array {
    this.#free -= chunk.length
    return chunk.slice()
  }

  /** A file with what was held until now. */
  async #file(held: readonly Uint8Array[]): Promise<{ path: string; handle: FileHandle }> {
    this.#folder ??= onDisk(this.#parent, () => privateFolder('scratch', this.#parent), 'NO_FOLDER')
    const path = join(await this.#folder, String(++this.#count))
    const handle = await onDisk('a temporary file', () => open(path, 'wx', 0o600))
    try {
      for (const chunk of held) await written(handle, chunk)
    } catch (thrown) {
      await handle.close()
      throw thrown
    }
    this.#free += held.reduce((sum, chunk) => sum + chunk.length, 0)
    return { path, handle }
  }
}

function written(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  return onDisk('a temporary file', () => handle.writeFile(chunk))
}
