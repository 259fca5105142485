import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Docs } from './docs.ts'

/** Pages in a folder that comes with the program. */
export function docFiles(folder: string): Docs {
  return {
    async page(name) {
      if (!/^[a-z-]+$/.test(name)) return undefined
      try {
        return await readFile(join(folder, `${name}.md`), 'utf8')
      } catch {
        return undefined
      }
    },
  }
}
