import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Digest, isDigest } from '../../lib/digest.ts'
import { registryProblems } from './answers.ts'
import type { Upload } from './content.ts'
import type { Reply } from './handlers.ts'
import type { Shelf } from './manifests.ts'

const mostOpen = 1000

/** Uploads in progress: begun, continued chunk by chunk, asked about, finished. */
export class Uploads {
  readonly #shelf: Shelf
  readonly #open = new Map<string, Upload & { readonly name: string }>()

  constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  /** POST: mounts a blob of another repository, takes a whole one, or begins an upload. */
  async begin(name: string, { request, query }: { request: IncomingMessage; query: URLSearchParams }): Promise<Reply> {
    const [mount, from, digest] = [query.get('mount'), query.get('from'), query.get('digest')]
    if (mount && from && this.#shelf.repositories.get(from)?.blobs.has(mount)) {
      await this.#shelf.repositories.change(name, r => r.blobs.add(mount))
      return created(name, mount)
    }
    const id = randomUUID()
    this.#open.set(id, Object.assign(await this.#shelf.content.begin(), { name }))
    await this.#forget()
    return digest ? this.finish(name, { id, digest, request }) : this.#progress(name, id, 202)
  }

  async append(name: string, { id, request }: { id: string; request: IncomingMessage }): Promise<Reply> {
    const upload = this.#find(name, id)
    const start = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1]
    if (start !== undefined && Number(start) !== upload.size) throw registryProblems.rangeInvalid()
    for await (const chunk of request as AsyncIterable<Uint8Array>) await upload.append(chunk)
    return this.#progress(name, id, 202)
  }

  status(name: string, id: string): Reply {
    this.#find(name, id)
    return this.#progress(name, id, 204)
  }

  async finish(name: string, { id, digest, request }: { id: string; digest: string; request: IncomingMessage }): Promise<Reply> {
    const upload = this.#find(name, id)
    for await (const chunk of request as AsyncIterable<Uint8Array>) await upload.append(chunk)
    this.#open.delete(id)
    const kept = isDigest(digest) ? await upload.finish(digest) : undefined
    if (!kept) {
      await upload.discard()
      throw registryProblems.digestInvalid(digest)
    }
    await this.#shelf.repositories.change(name, r => r.blobs.add(kept))
    return created(name, kept)
  }

  async cancel(name: string, id: string): Promise<Reply> {
    await this.#find(name, id).discard()
    this.#open.delete(id)
    return { status: 204, headers: {} }
  }

  /** Nobody comes back for the oldest when there are so many. */
  async #forget(): Promise<void> {
    const [oldest] = this.#open
    if (this.#open.size <= mostOpen || !oldest) return
    this.#open.delete(oldest[0])
    await oldest[1].discard()
  }

  #find(name: string, id: string): Upload {
    const upload = this.#open.get(id)
    if (upload?.name !== name) throw registryProblems.uploadUnknown()
    return upload
  }

  #progress(name: string, id: string, status: number): Reply {
    const size = this.#open.get(id)?.size ?? 0
    return {
      status,
      headers: {
        location: `/v2/${name}/blobs/uploads/${id}`,
        range: `0-${Math.max(0, size - 1)}`,
        'docker-upload-uuid': id,
        'content-length': '0',
      },
    }
  }
}

function created(name: string, digest: Digest | string): Reply {
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest, 'content-length': '0' } }
}
