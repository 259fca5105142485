import { type Descriptor, type Reference } from '../../kinds/oci.ts'
import { sha256 } from '../../lib/digest.ts'
import { printReference } from '../../lib/reference.ts'
import type { HttpAnswer } from '../http/http.ts'
import { RegistryError } from './error.ts'
import type { BlobSource } from './registry.ts'
import type { RegistryTransport } from './transport.ts'

const chunkBytes = 8 * 1024 * 1024
const resumes = 5

type Answer = HttpAnswer & { url: URL }

/** Uploads a blob unless it is there; a broken chunk is resumed where the registry says it stopped. */
export async function pushBlob(
  transport: RegistryTransport,
  { repository, blob, mountFrom }: { repository: Reference; blob: BlobSource; mountFrom: string | undefined },
  signal: AbortSignal,
): Promise<'existed' | 'mounted' | 'uploaded'> {
  const { digest, size } = blob.descriptor
  const head = await transport.ask(
    { ...repository, method: 'HEAD', path: `blobs/${digest}`, actions: 'pull,push', accept: [401, 403, 404] },
    signal,
  )
  await head.body.cancel()
  if (head.status < 300) return 'existed'
  const mount = mountFrom && mountFrom !== repository.repository ? `?mount=${digest}&from=${encodeURIComponent(mountFrom)}` : ''
  const begun = await transport.ask(
    { ...repository, method: 'POST', path: `blobs/uploads/${mount}`, actions: 'pull,push', headers: { 'content-length': '0' } },
    signal,
  )
  await begun.body.cancel()
  if (begun.status === 201) return 'mounted'
  const session = locationOf(begun, repository)
  if (size <= chunkBytes) await put(transport, { repository, session, blob, offset: 0 }, signal)
  else await chunked(transport, { repository, session, blob }, signal)
  return 'uploaded'
}

interface Upload {
  readonly repository: Reference
  readonly session: URL
  readonly blob: BlobSource
  readonly offset: number
}

async function chunked(transport: RegistryTransport, start: Omit<Upload, 'offset'>, signal: AbortSignal): Promise<void> {
  const { repository, blob } = start
  let session = start.session
  let offset = 0
  for (let failures = 0; offset < blob.descriptor.size;) {
    try {
      const sent = await patch(transport, { repository, session, blob, offset }, signal)
      session = sent.session
      offset = sent.offset
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof RegistryError) || !['UNREACHABLE', 'UNAVAILABLE', 'REFUSED'].includes(thrown.code) || ++failures > resumes)
        throw thrown
      const status = await transport.ask({ ...repository, method: 'GET', path: session, actions: 'pull,push' }, signal)
      await status.body.cancel()
      session = status.headers.location ? locationOf(status, repository) : session
      offset = received(status)
    }
  }
  await put(transport, { repository, session, blob, offset }, signal)
}

async function patch(
  transport: RegistryTransport,
  { repository, session, blob, offset }: Upload,
  signal: AbortSignal,
): Promise<{ session: URL; offset: number }> {
  const end = Math.min(offset + chunkBytes, blob.descriptor.size)
  const answer = await transport.ask(
    {
      ...repository,
      method: 'PATCH',
      path: session,
      actions: 'pull,push',
      body: () => limited(blob.open(offset), end - offset),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(end - offset),
        'content-range': `${offset}-${end - 1}`,
      },
    },
    signal,
  )
  await answer.body.cancel()
  return { session: locationOf(answer, repository), offset: answer.headers.range ? received(answer) : end }
}

async function put(transport: RegistryTransport, { repository, session, blob, offset }: Upload, signal: AbortSignal): Promise<void> {
  const url = new URL(session)
  url.searchParams.set('digest', blob.descriptor.digest)
  const rest = blob.descriptor.size - offset
  const answer = await transport.ask(
    {
      ...repository,
      method: 'PUT',
      path: url,
      actions: 'pull,push',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(rest) },
      ...(rest > 0 ? { body: () => blob.open(offset) } : {}),
    },
    signal,
  )
  await answer.body.cancel()
}

/** Puts a manifest; what the registry says it stored must be what was sent. */
export async function pushManifest(
  transport: RegistryTransport,
  { ref, mediaType, bytes }: { ref: Reference; mediaType: string; bytes: Uint8Array },
  signal: AbortSignal,
): Promise<Descriptor> {
  const digest = sha256(bytes)
  const answer = await transport.ask(
    {
      ...ref,
      method: 'PUT',
      path: `manifests/${ref.digest ?? ref.tag ?? 'latest'}`,
      actions: 'pull,push',
      headers: { 'content-type': mediaType, 'content-length': String(bytes.length) },
      body: () => bytes,
    },
    signal,
  )
  await answer.body.cancel()
  const said = answer.headers['docker-content-digest']
  if (said && said !== digest)
    throw new RegistryError('DIGEST_MISMATCH', {
      ref: printReference(ref),
      message: `the registry stored '${printReference(ref)}' as ${said}, not as ${digest}`,
    })
  return { mediaType, digest, size: bytes.length }
}

/** Where an upload goes on; relative to the answer. */
function locationOf({ headers, url }: Answer, repository: Reference): URL {
  if (headers.location) return new URL(headers.location, url)
  throw new RegistryError('BAD_ANSWER', {
    ref: printReference(repository),
    message: `the registry of '${printReference(repository)}' gave no place to upload to`,
  })
}

/** Bytes that the registry has, from `Range: 0-N`. */
function received({ headers }: Answer): number {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}

async function* limited(source: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  let left = bytes
  for await (const chunk of source) {
    const part = chunk.subarray(0, left)
    left -= part.length
    if (part.length > 0) yield part
    if (left === 0) return
  }
}
