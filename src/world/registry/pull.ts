import { type Descriptor, mediaTypes, type Reference } from '../../kinds/oci.ts'
import { digester, type Digest, isDigest, sha256 } from '../../lib/digest.ts'
import { isObject, type Json } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { type Answer, wholeBody } from './body.ts'
import { RegistryError } from './error.ts'
import type { RegistryTransport } from './transport.ts'

export const acceptManifests = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerList].join(', ')
export const manifestLimit = 4 * 1024 * 1024
const resumes = 3

/** What `HEAD` (else `GET`) says of a manifest. @throws {RegistryError} NOT_FOUND with the registry's own words, … */
export async function lookUp(transport: RegistryTransport, ref: Reference, signal: AbortSignal): Promise<Descriptor> {
  const head = await transport.ask(
    { ...ref, method: 'HEAD', path: manifestPath(ref), headers: { accept: acceptManifests }, accept: [400, 401, 403, 404, 405] },
    signal,
  )
  await head.body.cancel()
  const digest = head.headers['docker-content-digest']
  const size = Number(head.headers['content-length'])
  if (head.status < 300 && digest && isDigest(digest) && Number.isSafeInteger(size) && size > 0) {
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
  const at = printReference(ref)
  const bytes = await wholeBody(answer, { limit: manifestLimit, ref: at, what: `manifest of '${at}'` })
  const told = answer.headers['docker-content-digest'] ?? ''
  const expected = ref.digest ?? (isDigest(told) ? told : undefined)
  const digest = expected ? digestOf(bytes, expected) : sha256(bytes)
  if (expected && digest !== expected) throw mismatch(ref, digest)
  return { descriptor: { mediaType: mediaTypeOf(answer.headers['content-type'], bytes), digest, size: bytes.length }, bytes }
}

/** Streams a blob and checks it on the way: an endless body stops at the declared size, one that breaks off goes on where it did. */
export async function* blob(
  transport: RegistryTransport,
  { repository, target }: { repository: Reference; target: Descriptor },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const check = checker(repository, target)
  let [seen, failures] = [0, 0]
  for (;;) {
    const answer = await rest(transport, { repository, target, seen }, signal)
    try {
      for await (const chunk of answer.body) {
        check.take(chunk)
        seen += chunk.length
        yield chunk
      }
      return check.end()
    } catch (thrown) {
      const broken = thrown instanceof RegistryError && thrown.code === 'UNREACHABLE'
      if (!broken || seen === 0 || ++failures > resumes) throw thrown
    } finally {
      await answer.body.cancel()
    }
  }
}

/** What is left of a blob. @throws {RegistryError} UNREACHABLE when the registry cannot go on in the middle. */
async function rest(
  transport: RegistryTransport,
  { repository, target, seen }: { repository: Reference; target: Descriptor; seen: number },
  signal: AbortSignal,
): Promise<Answer> {
  const headers = seen > 0 ? { range: `bytes=${seen}-` } : undefined
  const answer = await transport.ask({ ...repository, method: 'GET', path: `blobs/${target.digest}`, headers }, signal)
  if (seen === 0 || (answer.status === 206 && answer.headers['content-range']?.startsWith(`bytes ${seen}-`))) return answer
  await answer.body.cancel()
  const ref = printReference({ registry: repository.registry, repository: repository.repository, digest: target.digest })
  throw new RegistryError('UNREACHABLE', { ref, message: `blob '${ref}' broke off after ${seen} of ${target.size} bytes` })
}

/** Compares content with its descriptor as it passes. @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH */
export function checker(repository: Reference, { digest, size }: Descriptor): { take(chunk: Uint8Array): void; end(): void } {
  const ref = printReference({ registry: repository.registry, repository: repository.repository, digest })
  const sum = digester(digest.split(':')[0])
  let seen = 0
  const wrongSize = (what: string): RegistryError => new RegistryError('SIZE_MISMATCH', { ref, message: `blob '${ref}' ${what}` })
  return {
    take(chunk) {
      seen += chunk.length
      if (seen > size) throw wrongSize(`is larger than its ${size} bytes`)
      sum.update(chunk)
    },
    end() {
      if (seen !== size) throw wrongSize(`ended after ${seen} of ${size} bytes`)
      const found = sum.digest()
      if (found !== digest) throw new RegistryError('DIGEST_MISMATCH', { ref, message: `blob '${ref}' has the digest ${found}` })
    },
  }
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

/** The digest of bytes by the algorithm of another. */
export function digestOf(bytes: Uint8Array, like: Digest): Digest {
  const sum = digester(like.split(':')[0])
  sum.update(bytes)
  return sum.digest()
}

/** A manifest that has not the digest it should have. */
export function mismatch(ref: Reference, digest: Digest): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', {
    ref: printReference(ref),
    message: `manifest of '${printReference(ref)}' has the digest ${digest}`,
  })
}
