import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../lib/digest.ts'
import { type Content, tracked, type Upload } from './content.ts'

/** Content in a folder: written to a temporary file, synced, then renamed, so that a kill leaves whole files only. */
export async function folderContent(folder: string): Promise<Content> {
  const [blobs, uploads, indexes] = [join(folder, 'blobs'), join(folder, 'uploads'), join(folder, 'repositories')]
  await rm(uploads, { recursive: true, force: true })
  for (const path of [blobs, uploads, indexes]) await mkdir(path, { recursive: true })
  let next = 1
  const fileOf = (digest: Digest): string => join(blobs, digest.replace(':', '-'))
  return {
    begin: () => fileUpload(join(uploads, String(next++)), fileOf),
    async size(digest) {
      return isDigest(digest) ? (await stat(fileOf(digest)).catch(() => undefined))?.size : undefined
    },
    read: (digest, start = 0, end = undefined) =>
      createReadStream(fileOf(digest), { start, ...(end === undefined ? {} : { end: end - 1 }) }),
    saveIndex: (repository, text) => replaceFile(join(indexes, encodeURIComponent(repository)), text),
    async loadIndexes() {
      const names = (await readdir(indexes)).filter(name => !name.endsWith('.new'))
      return Promise.all(
        names.map(async name => ({ repository: decodeURIComponent(name), text: await readFile(join(indexes, name), 'utf8') })),
      )
    },
  }
}

async function fileUpload(path: string, fileOf: (digest: Digest) => string): Promise<Upload> {
  const file = await open(path, 'wx')
  return tracked(
    async chunk => {
      await file.appendFile(chunk)
    },
    async digest => {
      await file.sync()
      await file.close()
      await rename(path, fileOf(digest))
    },
    async () => {
      await file.close()
      await rm(path, { force: true })
    },
  )
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { flush: true })
  await rename(`${path}.new`, path)
}
