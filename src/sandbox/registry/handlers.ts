import type { IncomingMessage } from 'node:http'
import { mediaTypes } from '../../kinds/oci.ts'
import { type Digest, isDigest } from '../../lib/digest.ts'
import { isTag } from '../../lib/reference.ts'
import { registryProblems } from './answers.ts'
import { type Shelf, storeManifest } from './manifests.ts'
import type { Uploads } from './uploads.ts'

/** An answer; `body` absent for none. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<Uint8Array> | undefined
}

export interface Asked {
  readonly request: IncomingMessage
  readonly path: string
  readonly query: URLSearchParams
}

const manifestLimit = 4 * 1024 * 1024
const namePattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/

/** Answers one request below `/v2/`. @throws {RegistryProblem} */
export async function handleRegistry(shelf: Shelf, uploads: Uploads, asked: Asked): Promise<Reply> {
  const { path, query } = asked
  if (path === '')
    return { status: 200, headers: { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0' }, body: '{}' }
  if (path === '_catalog') return page(shelf.repositories.names(), { query, key: 'repositories', path: '/v2/_catalog' })
  const [, name = '', kind = '', rest = ''] = /^(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)(?:\/(.*))?$/.exec(path) ?? []
  if (!namePattern.test(name)) throw registryProblems.nameInvalid(name)
  switch (kind) {
    case 'blobs/uploads':
      return upload(uploads, { ...asked, name, id: rest })
    case 'blobs':
      return blob(shelf, { ...asked, name, digest: rest })
    case 'manifests':
      return manifest(shelf, { ...asked, name, reference: rest })
    case 'tags':
      return tagList(shelf, name, query)
    default:
      return referrerList(shelf, { name, digest: rest, artifactType: query.get('artifactType') })
  }
}

function upload(uploads: Uploads, { request, query, name, id }: Asked & { name: string; id: string }): Promise<Reply> | Reply {
  switch (request.method) {
    case 'POST':
      return uploads.begin(name, { request, query })
    case 'PATCH':
      return uploads.append(name, { id, request })
    case 'GET':
      return uploads.status(name, id)
    case 'PUT':
      return uploads.finish(name, { id, digest: query.get('digest') ?? '', request })
    case 'DELETE':
      return uploads.cancel(name, id)
    default:
      throw registryProblems.unsupported()
  }
}

async function blob({ content, repositories }: Shelf, { request, name, digest }: Asked & { name: string; digest: string }): Promise<Reply> {
  const repository = repositories.get(name)
  const size = isDigest(digest) && repository?.blobs.has(digest) ? await content.size(digest) : undefined
  if (size === undefined || !isDigest(digest)) throw registryProblems.blobUnknown(digest)
  if (request.method === 'DELETE') {
    await repositories.change(name, r => r.blobs.delete(digest))
    return { status: 202, headers: { 'content-length': '0' } }
  }
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest, 'accept-ranges': 'bytes' }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (!range)
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(size) },
      body: request.method === 'HEAD' ? undefined : content.read(digest),
    }
  const [start, end] = [Number(range[1]), range[2] ? Math.min(Number(range[2]) + 1, size) : size]
  if (start >= size) throw registryProblems.rangeInvalid()
  return {
    status: 206,
    headers: { ...headers, 'content-length': String(end - start), 'content-range': `bytes ${start}-${end - 1}/${size}` },
    body: content.read(digest, start, end),
  }
}

async function manifest(shelf: Shelf, asked: Asked & { name: string; reference: string }): Promise<Reply> {
  const { request, name, reference } = asked
  if (request.method === 'PUT') return putManifest(shelf, asked)
  if (!['GET', 'HEAD', 'DELETE'].includes(request.method ?? '')) throw registryProblems.unsupported()
  const repository = shelf.repositories.get(name)
  if (!repository) throw registryProblems.nameUnknown()
  const digest = (isDigest(reference) ? reference : repository.tags.get(reference)) as Digest | undefined
  const found = digest && repository.manifests.get(digest)
  if (!digest || !found) throw registryProblems.manifestUnknown(reference)
  if (request.method === 'DELETE') {
    await shelf.repositories.change(name, r => {
      if (!isDigest(reference)) return void r.tags.delete(reference)
      r.manifests.delete(digest)
      for (const [tag, target] of r.tags) if (target === digest) r.tags.delete(tag)
    })
    return { status: 202, headers: { 'content-length': '0' } }
  }
  const headers = { 'content-type': found.mediaType, 'content-length': String(found.size), 'docker-content-digest': digest }
  return { status: 200, headers, body: request.method === 'HEAD' ? undefined : shelf.content.read(digest) }
}

async function putManifest(shelf: Shelf, { request, name, reference }: Asked & { name: string; reference: string }): Promise<Reply> {
  if (!isDigest(reference) && !isTag(reference)) throw registryProblems.tagInvalid(reference)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > manifestLimit) throw registryProblems.tooLarge()
    parts.push(chunk)
  }
  const stored = await storeManifest(
    shelf,
    { name, reference },
    { mediaType: request.headers['content-type'] ?? mediaTypes.manifest, bytes: Buffer.concat(parts) },
  )
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${stored.digest}`,
      'docker-content-digest': stored.digest,
      'content-length': '0',
      ...(stored.subject ? { 'oci-subject': stored.subject } : {}),
    },
  }
}

function tagList({ repositories }: Shelf, name: string, query: URLSearchParams): Reply {
  const repository = repositories.get(name)
  if (!repository) throw registryProblems.nameUnknown()
  return page([...repository.tags.keys()].toSorted(), { query, key: 'tags', path: `/v2/${name}/tags/list`, more: { name } })
}

function referrerList(
  { repositories }: Shelf,
  { name, digest, artifactType }: { name: string; digest: string; artifactType: string | null },
): Reply {
  if (!isDigest(digest)) throw registryProblems.digestInvalid(digest)
  const manifests = repositories.referrers(name, digest, artifactType)
  return {
    status: 200,
    headers: { 'content-type': mediaTypes.index, ...(artifactType ? { 'oci-filters-applied': 'artifactType' } : {}) },
    body: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  }
}

function page(
  all: readonly string[],
  { query, key, path, more = {} }: { query: URLSearchParams; key: string; path: string; more?: Record<string, string> },
): Reply {
  const last = query.get('last')
  const limit = Number(query.get('n') ?? 0)
  const after = last ? all.filter(item => item > last) : all
  const items = limit > 0 ? after.slice(0, limit) : after
  const link =
    items.length < after.length ? { link: `<${path}?n=${limit}&last=${encodeURIComponent(items.at(-1) ?? '')}>; rel="next"` } : {}
  return { status: 200, headers: { 'content-type': 'application/json', ...link }, body: JSON.stringify({ ...more, [key]: items }) }
}
