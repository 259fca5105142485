import { type Digest, digester } from '../../lib/digest.ts'

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

/** An upload that hashes what it appends; `keep` stores it under its digest. */
export function tracked(
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
