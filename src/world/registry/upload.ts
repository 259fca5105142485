import type { Reference } from '../../kinds/oci.ts'
import { printReference } from '../../lib/reference.ts'
import { isLinkLocal } from './address.ts'
import type { Answer } from './body.ts'
import { RegistryError } from './error.ts'
import { checker } from './pull.ts'
import type { BlobSource } from './registry.ts'
import type { RegistryTransport } from './transport.ts'

const chunkBytes = 8 * 1024 * 1024
const mostChunkBytes = 64 * 1024 * 1024
const resumes = 5
const sessions = 3

interface Job {
  readonly transport: RegistryTransport
  readonly repository: Reference
  readonly blob: BlobSource
  readonly signal: AbortSignal
}

/**
 * Uploads a blob unless it is there: in one piece, or in chunks, of which one is in memory at a time. A broken chunk is resumed where the registry says
 * it stopped; an upload that the registry lost is begun again.
 */
export async function pushBlob(job: Job, mountFrom: string | undefined): Promise<'existed' | 'mounted' | 'uploaded'> {
  for (let left = sessions; ; left--) {
    if (await exists(job)) return 'existed'
    const session = await begin(job, mountFrom)
    if (!session) return 'mounted'
    try {
      await send(job, session)
      return 'uploaded'
    } catch (thrown) {
      job.signal.throwIfAborted()
      if (left <= 1 || !isLost(thrown)) throw thrown
    }
  }
}

function isLost(thrown: unknown): boolean {
  if (!(thrown instanceof RegistryError)) return false
  return ['UNREACHABLE', 'UNAVAILABLE', 'TIMEOUT'].includes(thrown.code) || [404, 416].includes(thrown.place.status ?? 0)
}

async function exists({ transport, repository, blob, signal }: Job): Promise<boolean> {
  const { status, body } = await transport.ask(
    { ...repository, method: 'HEAD', path: `blobs/${blob.descriptor.digest}`, actions: 'pull,push', accept: [401, 403, 404] },
    signal,
  )
  await body.cancel()
  return status < 300
}

interface Session {
  readonly url: URL
  readonly leastChunk: number
}

/** Begins an upload; `undefined` when the registry mounted the blob instead. */
async function begin({ transport, repository, blob, signal }: Job, mountFrom: string | undefined): Promise<Session | undefined> {
  const from = mountFrom === repository.repository ? undefined : mountFrom
  const mount = from === undefined ? '' : `?mount=${encodeURIComponent(blob.descriptor.digest)}&from=${encodeURIComponent(from)}`
  const path = `blobs/uploads/${mount}`
  const headers = { 'content-length': '0' }
  const answer = await transport.ask({ ...repository, method: 'POST', path, actions: 'pull,push', alsoPull: from, headers }, signal)
  await answer.body.cancel()
  if (answer.status === 201 && from !== undefined) return undefined
  return { url: placeOf(answer, repository), leastChunk: Number(answer.headers['oci-chunk-min-length'] ?? 0) || 0 }
}

/** Reads the source once, chunk by chunk, and checks it: what changed since its digest was taken is not stored. */
async function send(job: Job, { url, leastChunk }: Session): Promise<void> {
  const { repository, blob } = job
  const { size } = blob.descriptor
  const check = checker(repository, blob.descriptor)
  let [session, offset] = [url, 0]
  for await (const chunk of chunks(blob.open(), Math.min(Math.max(chunkBytes, leastChunk), mostChunkBytes), check)) {
    if (offset + chunk.length === size && offset === 0) return finish(job, { session, rest: chunk })
    session = await sendChunk(job, { session, offset, chunk })
    offset += chunk.length
  }
  await finish(job, { session, rest: new Uint8Array() })
}

async function* chunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  check: { take(chunk: Uint8Array): void; end(): void },
): AsyncIterable<Uint8Array> {
  let [parts, length]: [Uint8Array[], number] = [[], 0]
  for await (const part of source) {
    check.take(part)
    for (let rest = part; rest.length > 0;) {
      if (length === size) {
        yield joined(parts)
        ;[parts, length] = [[], 0]
      }
      const taken = rest.subarray(0, size - length)
      parts.push(taken)
      length += taken.length
      rest = rest.subarray(taken.length)
    }
  }
  check.end()
  if (length > 0) yield joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/** Sends a chunk, as often as it takes; answers where the upload goes on. */
async function sendChunk(
  job: Job,
  { session: begun, offset: start, chunk }: { session: URL; offset: number; chunk: Uint8Array },
): Promise<URL> {
  const { transport, repository, signal } = job
  let [session, offset] = [begun, start]
  for (let failures = 0; offset < start + chunk.length;) {
    try {
      const answer = await patch(job, { session, offset, bytes: chunk.subarray(offset - start) })
      session = placeOf(answer, repository)
      offset = start + chunk.length
    } catch (thrown) {
      signal.throwIfAborted()
      const broken = thrown instanceof RegistryError && ['UNREACHABLE', 'UNAVAILABLE', 'TIMEOUT', 'REFUSED'].includes(thrown.code)
      if (!broken || ++failures > resumes) throw thrown
      const status = await transport.ask({ ...repository, method: 'GET', path: session, actions: 'pull,push' }, signal)
      await status.body.cancel()
      session = status.headers.location ? placeOf(status, repository) : session
      offset = received(status)
      if (offset < start || offset > start + chunk.length) throw thrown
    }
  }
  return session
}

async function patch(
  { transport, repository, signal }: Job,
  { session, offset, bytes }: { session: URL; offset: number; bytes: Uint8Array },
): Promise<Answer> {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(bytes.length),
    'content-range': `${offset}-${offset + bytes.length - 1}`,
  }
  const answer = await transport.ask({ ...repository, method: 'PATCH', path: session, actions: 'pull,push', headers, body: bytes }, signal)
  await answer.body.cancel()
  return answer
}

async function finish({ transport, repository, blob, signal }: Job, { session, rest }: { session: URL; rest: Uint8Array }): Promise<void> {
  const url = new URL(session)
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(blob.descriptor.digest)}`
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(rest.length) }
  const body = rest.length > 0 ? rest : undefined
  const answer = await transport.ask({ ...repository, method: 'PUT', path: url, actions: 'pull,push', headers, body }, signal)
  await answer.body.cancel()
}

/** Where an upload goes on; relative to the answer. */
function placeOf({ headers, url }: Answer, repository: Reference): URL {
  const { location } = headers
  const place = location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined
  if (
    place &&
    /^https?:$/.test(place.protocol) &&
    !(url.protocol === 'https:' && place.protocol === 'http:') &&
    !isLinkLocal(place.hostname)
  )
    return place
  const ref = printReference({ registry: repository.registry, repository: repository.repository })
  throw new RegistryError('BAD_ANSWER', { ref, message: `the registry of '${ref}' gave no place to upload to` })
}

/** Bytes that the registry has, from `Range: 0-N`. `0-0` is nothing: registries say it of an empty upload. */
function received({ headers }: Answer): number {
  const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? '')?.[1] ?? 0)
  return last === 0 ? 0 : last + 1
}
