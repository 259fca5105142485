import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digester, isDigest } from '../../lib/digest.ts'

/** One upload in progress. */
export interface Upload {
  readonly size: number
  append(chunk: Uint8Array): Promise<void>
  /** Keeps the content under its digest if that is `expected`; `undefined` when it is another one. */
  finish(expected: Digest): Promise<Digest | undefined>
  discard(): Promise<void>
}

/** Bytes by digest, and small documents by name. */
export interface Content {
  begin(): Promise<Upload>
  /** Size in bytes; `undefined` when it is not there. */
  size(digest: Digest): Promise<number | undefined>
  /** `end` is exclusive. */
  read(digest: Digest, start?: number, end?: number): AsyncIterable<Uint8Array>
  saveIndex(repository: string, text: string): Promise<void>
  loadIndexes(): Promise<{ repository: string; text: string }[]>
}

/** Content that ends with the process. */
export function memoryContent(): Content {
  const blobs = new Map<string, Uint8Array>()
  return {
    async begin() {
      const parts: Uint8Array[] = []
      return tracked(
        async chunk => {
          parts.push(Uint8Array.from(chunk))
        },
        async digest => {
          blobs.set(digest, Buffer.concat(parts))
        },
        async () => {},
      )
    },
    async size(digest) {
      return blobs.get(digest)?.length
    },
    async *read(digest, start = 0, end = undefined) {
      yield (blobs.get(digest) ?? new Uint8Array()).subarray(start, end)
    },
    async saveIndex() {},
    async loadIndexes() {
      return []
    },
  }
}

/** Content in a folder: written to a temporary file, synced, then renamed, so that a kill leaves whole files only. */
export async function folderContent(folder: string): Promise<Content> {
  const [blobs, uploads, indexes] = ['blobs', 'uploads', 'repositories'].map(name => join(folder, name)) as [string, string, string]
  await rm(uploads, { recursive: true, force: true })
  for (const path of [blobs, uploads, indexes]) await mkdir(path, { recursive: true })
  let next = 1
  const fileOf = (digest: Digest): string => join(blobs, digest.replace(':', '-'))
  return {
    async begin() {
      const path = join(uploads, String(next++))
      const file = await open(path, 'wx')
      return tracked(
        async chunk => {
          await file.write(chunk)
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
    },
    async size(digest) {
      return isDigest(digest) ? (await stat(fileOf(digest)).catch(() => undefined))?.size : undefined
    },
    read: (digest, start = 0, end = undefined) =>
      createReadStream(fileOf(digest), { start, ...(end === undefined ? {} : { end: end - 1 }) }),
    async saveIndex(repository, text) {
      const path = join(indexes, encodeURIComponent(repository))
      await writeFile(`${path}.new`, text, { flush: true })
      await rename(`${path}.new`, path)
    },
    async loadIndexes() {
      const names = (await readdir(indexes)).filter(name => !name.endsWith('.new'))
      return Promise.all(
        names.map(async name => ({ repository: decodeURIComponent(name), text: await readFile(join(indexes, name), 'utf8') })),
      )
    },
  }
}

function tracked(
  append: (chunk: Uint8Array) => Promise<void>,
  keep: (digest: Digest) => Promise<void>,
  discard: () => Promise<void>,
): Upload {
  const sums = new Map(['sha256', 'sha512'].map(algorithm => [algorithm, digester(algorithm)]))
  let size = 0
  return {
    get size() {
      return size
    },
    async append(chunk) {
      size += chunk.length
      for (const sum of sums.values()) sum.update(chunk)
      await append(chunk)
    },
    async finish(expected) {
      const digest = sums.get(expected.split(':')[0] ?? '')?.digest()
      if (digest !== expected) return undefined
      await keep(digest)
      return digest
    },
    discard,
  }
}
