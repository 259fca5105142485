import { type Descriptor, mediaTypes, type Reference } from '../../kinds/oci.ts'
import { digester, type Digest, isDigest, sha256 } from '../../lib/digest.ts'
import { isObject, type Json, listAt } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { HttpError, httpErrorOf } from '../http/error.ts'
import type { HttpAnswer } from '../http/http.ts'
import { readAll } from '../http/read.ts'
import { RegistryError } from './error.ts'
import type { RegistryTransport } from './transport.ts'

export const acceptManifests = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerList].join(', ')
const manifestLimit = 4 * 1024 * 1024
const pageSize = 1000
const maxPages = 10_000

/** What `HEAD` (else `GET`) says of a manifest. @throws {RegistryError} NOT_FOUND with the registry's own words, … */
export async function lookUp(transport: RegistryTransport, ref: Reference, signal: AbortSignal): Promise<Descriptor> {
  const head = await transport.ask(
    { ...ref, method: 'HEAD', path: manifestPath(ref), headers: { accept: acceptManifests }, accept: [400, 401, 403, 404, 405] },
    signal,
  )
  const digest = head.headers['docker-content-digest']
  const size = Number(head.headers['content-length'])
  if (head.status < 300 && digest && isDigest(digest) && Number.isFinite(size)) {
    if (ref.digest && ref.digest !== digest) throw mismatch(ref, digest)
    return { mediaType: mediaTypeOf(head.headers['content-type']), digest, size }
  }
  return (await manifest(transport, ref, signal)).descriptor
}

/** A manifest's exact bytes. @throws {RegistryError} NOT_FOUND, DIGEST_MISMATCH, TOO_LARGE, … */
export async function manifest(
  transport: RegistryTransport,
  ref: Reference,
  signal: AbortSignal,
): Promise<{ descriptor: Descriptor; bytes: Uint8Array }> {
  const answer = await transport.ask({ ...ref, method: 'GET', path: manifestPath(ref), headers: { accept: acceptManifests } }, signal)
  const bytes = await whole(answer, ref)
  const digest = ref.digest?.startsWith('sha512:') ? digestBytes(bytes, 'sha512') : sha256(bytes)
  if (ref.digest && digest !== ref.digest) throw mismatch(ref, digest)
  return { descriptor: { mediaType: mediaTypeOf(answer.headers['content-type'], bytes), digest, size: bytes.length }, bytes }
}

async function whole(answer: HttpAnswer & { url: URL }, ref: Reference): Promise<Uint8Array> {
  try {
    return await readAll(answer, { limit: manifestLimit, host: answer.url.host })
  } catch (thrown) {
    if (thrown instanceof HttpError && thrown.code === 'TOO_LARGE')
      throw new RegistryError('TOO_LARGE', {
        ref: printReference(ref),
        message: `manifest of '${printReference(ref)}' is larger than ${manifestLimit} bytes`,
      })
    throw thrown
  }
}

/** Streams a blob and checks it on the way: an endless body stops at the declared size. */
export async function* blob(
  transport: RegistryTransport,
  { repository, target }: { repository: Reference; target: Descriptor },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const answer = await transport.ask({ ...repository, method: 'GET', path: `blobs/${target.digest}` }, signal)
  const place = { ref: printReference({ ...repository, tag: undefined, digest: target.digest }) }
  const sum = digester(target.digest.split(':')[0])
  let size = 0
  try {
    for await (const chunk of answer.body) {
      size += chunk.length
      if (size > target.size)
        throw new RegistryError('SIZE_MISMATCH', { ...place, message: `blob '${place.ref}' is larger than its ${target.size} bytes` })
      sum.update(chunk)
      yield chunk
    }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof RegistryError) throw thrown
    const cause = thrown instanceof HttpError ? thrown : httpErrorOf(thrown, answer.url.href)
    throw new RegistryError('UNREACHABLE', { ...place, message: cause.message }, { cause })
  } finally {
    await answer.body.cancel()
  }
  if (size !== target.size)
    throw new RegistryError('SIZE_MISMATCH', { ...place, message: `blob '${place.ref}' ended after ${size} of ${target.size} bytes` })
  const digest = sum.digest()
  if (digest !== target.digest)
    throw new RegistryError('DIGEST_MISMATCH', { ...place, message: `blob '${place.ref}' has the digest ${digest}` })
}

/** Tags page by page; a page that was there before ends in BAD_ANSWER. */
export async function* tags(transport: RegistryTransport, repository: Reference, signal: AbortSignal): AsyncIterable<string> {
  let next: string | URL | undefined = `tags/list?n=${pageSize}`
  const seen = new Set<string>()
  for (let page = 0; next !== undefined; page++) {
    const answer: HttpAnswer & { url: URL } = await transport.ask({ ...repository, method: 'GET', path: next, accept: [404] }, signal)
    if (answer.status === 404) return void (await answer.body.cancel())
    for (const tag of listAt(await json(answer, repository), 'tags')) if (typeof tag === 'string') yield tag
    next = nextPage(answer)
    if (next && (seen.has(next.href) || page > maxPages))
      throw new RegistryError('BAD_ANSWER', {
        ref: printReference(repository),
        message: `the tag list of '${printReference(repository)}' goes round in circles`,
      })
    if (next) seen.add(next.href)
  }
}

function nextPage({ headers, url }: HttpAnswer & { url: URL }): URL | undefined {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.link ?? '')?.[1]
  return link === undefined ? undefined : new URL(link, url)
}

/** Manifests that refer to a digest: by the referrers API, or by the tag schema where the registry has none. */
export async function* referrers(
  transport: RegistryTransport,
  { repository, digest, artifactType }: { repository: Reference; digest: Digest; artifactType: string | undefined },
  signal: AbortSignal,
): AsyncIterable<Descriptor> {
  const path = `referrers/${digest}${artifactType ? `?artifactType=${encodeURIComponent(artifactType)}` : ''}`
  const answer = await transport.ask(
    { ...repository, method: 'GET', path, headers: { accept: mediaTypes.index }, accept: [400, 404, 405] },
    signal,
  )
  if (answer.status >= 400 || !(answer.headers['content-type'] ?? '').includes('json')) {
    await answer.body.cancel()
    yield* bySchema(transport, { repository, digest, artifactType }, signal)
    return
  }
  for (const entry of listAt(await json(answer, repository), 'manifests')) if (isDescriptor(entry) && fits(entry, artifactType)) yield entry
}

async function* bySchema(
  transport: RegistryTransport,
  { repository, digest, artifactType }: { repository: Reference; digest: Digest; artifactType: string | undefined },
  signal: AbortSignal,
): AsyncIterable<Descriptor> {
  const tag = digest.replace(':', '-')
  const answer = await transport.ask(
    { ...repository, method: 'GET', path: `manifests/${tag}`, headers: { accept: mediaTypes.index }, accept: [404] },
    signal,
  )
  if (answer.status === 404) return void (await answer.body.cancel())
  for (const entry of listAt(await json(answer, repository), 'manifests')) if (isDescriptor(entry) && fits(entry, artifactType)) yield entry
}

function fits(entry: Descriptor, artifactType: string | undefined): boolean {
  return artifactType === undefined || entry.artifactType === artifactType
}

/** True for a value with a media type, a digest and a size. */
export function isDescriptor(value: unknown): value is Descriptor {
  return (
    isObject(value) &&
    typeof value.mediaType === 'string' &&
    typeof value.digest === 'string' &&
    isDigest(value.digest) &&
    typeof value.size === 'number'
  )
}

async function json(answer: HttpAnswer & { url: URL }, ref: Reference): Promise<Json> {
  const bytes = await readAll(answer, { limit: 16 * 1024 * 1024, host: answer.url.host })
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json
  } catch (cause) {
    throw new RegistryError(
      'BAD_ANSWER',
      { ref: printReference(ref), message: `GET ${answer.url.origin}${answer.url.pathname}: the answer is no JSON` },
      { cause },
    )
  }
}

function manifestPath({ tag, digest }: Reference): string {
  return `manifests/${digest ?? tag ?? 'latest'}`
}

function mediaTypeOf(header: string | undefined, bytes?: Uint8Array): string {
  const type = (header ?? '').split(';')[0]?.trim() ?? ''
  if (type && type !== 'application/json' && type !== 'text/plain') return type
  const document = bytes ? parsedOr(bytes) : undefined
  return isObject(document) && typeof document.mediaType === 'string' ? document.mediaType : type || mediaTypes.manifest
}

function parsedOr(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json
  } catch {
    return undefined
  }
}

function digestBytes(bytes: Uint8Array, algorithm: string): Digest {
  const sum = digester(algorithm)
  sum.update(bytes)
  return sum.digest()
}

function mismatch(ref: Reference, digest: Digest): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', {
    ref: printReference(ref),
    message: `manifest of '${printReference(ref)}' has the digest ${digest}`,
  })
}
