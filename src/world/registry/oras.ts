import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Descriptor, type Reference } from '../../kinds/oci.ts'
import { digester, type Digest, sha256 } from '../../lib/digest.ts'
import { isObject, type Json, listAt } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import { RegistryError } from './error.ts'
import { type Oras, stream, text } from './oras-run.ts'
import { isDescriptor } from './pull.ts'
import type { BlobSource, Registry } from './registry.ts'

const run = promisify(execFile)
const least = [1, 2]
const manifestLimit = 4 * 1024 * 1024

/** The CLI on PATH, when it is 1.2 or newer. `undefined` when there is none; `old` names a version that is too old. */
export async function findOras(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly program: string; readonly version: string; readonly old: boolean } | undefined> {
  try {
    const { stdout } = await run('oras', ['version'], { env: { PATH: env.PATH }, timeout: 5000 })
    const [, major = '0', minor = '0'] = /Version:\s+v?(\d+)\.(\d+)/.exec(stdout) ?? []
    return {
      program: 'oras',
      version: `${major}.${minor}`,
      old: Number(major) < (least[0] ?? 0) || (Number(major) === least[0] && Number(minor) < (least[1] ?? 0)),
    }
  } catch {
    return undefined
  }
}

/** Drives the oras CLI, so that its credential helpers and plugins work; one push has the same digest as through the native client. */
export function orasRegistry(oras: Oras): Registry {
  return new OrasRegistry(oras)
}

class OrasRegistry implements Registry {
  readonly served = 'oras'
  readonly #oras: Oras

  constructor(oras: Oras) {
    this.#oras = oras
  }

  async lookUp(ref: Reference, signal: AbortSignal): Promise<Descriptor> {
    const at = withTag(ref)
    const found = parsed(await text(this.#oras, { args: ['manifest', 'fetch', '--descriptor', at], ref: at }, signal))
    if (isDescriptor(found)) return found
    throw new RegistryError('BAD_ANSWER', { ref: at, message: `oras: no descriptor of '${at}'` })
  }

  resolve(ref: Reference, signal: AbortSignal): Promise<Descriptor | undefined> {
    return orAbsent(this.lookUp(ref, signal))
  }

  manifest(ref: Reference, signal: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined> {
    return orAbsent(this.#manifest(ref, signal))
  }

  async #manifest(ref: Reference, signal: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array }> {
    const descriptor = await this.lookUp(ref, signal)
    const at = printReference({ ...ref, tag: undefined, digest: descriptor.digest })
    if (descriptor.size > manifestLimit)
      throw new RegistryError('TOO_LARGE', { ref: at, message: `manifest of '${at}' is larger than ${manifestLimit} bytes` })
    const bytes = await text(this.#oras, { args: ['manifest', 'fetch', '--output', '-', at], ref: at }, signal)
    if (sha256(bytes) !== descriptor.digest)
      throw new RegistryError('DIGEST_MISMATCH', { ref: at, message: `manifest of '${at}' has the digest ${sha256(bytes)}` })
    return { descriptor, bytes }
  }

  async *blob(repository: Reference, target: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const at = printReference({ ...repository, tag: undefined, digest: target.digest })
    const sum = digester(target.digest.split(':')[0])
    let size = 0
    for await (const chunk of stream(this.#oras, { args: ['blob', 'fetch', '--output', '-', at], ref: at }, signal)) {
      size += chunk.length
      if (size > target.size)
        throw new RegistryError('SIZE_MISMATCH', { ref: at, message: `blob '${at}' is larger than its ${target.size} bytes` })
      sum.update(chunk)
      yield chunk
    }
    if (size !== target.size)
      throw new RegistryError('SIZE_MISMATCH', { ref: at, message: `blob '${at}' ended after ${size} of ${target.size} bytes` })
    if (sum.digest() !== target.digest) throw new RegistryError('DIGEST_MISMATCH', { ref: at, message: `blob '${at}' has another digest` })
  }

  async *tags(repository: Reference, signal: AbortSignal): AsyncIterable<string> {
    const at = printReference({ registry: repository.registry, repository: repository.repository })
    const all = await orAbsent(text(this.#oras, { args: ['repo', 'tags', at], ref: at }, signal))
    for (const tag of new TextDecoder().decode(all).split('\n')) if (tag) yield tag
  }

  async *referrers(
    repository: Reference,
    digest: Digest,
    { signal, artifactType }: { signal: AbortSignal; artifactType?: string | undefined },
  ): AsyncIterable<Descriptor> {
    const at = printReference({ ...repository, tag: undefined, digest })
    const found = await text(
      this.#oras,
      { args: ['discover', '--format', 'json', '--depth', '1', ...(artifactType ? ['--artifact-type', artifactType] : []), at], ref: at },
      signal,
    )
    const document = parsed(found)
    for (const entry of [...listAt(document, 'referrers'), ...listAt(document, 'manifests')])
      if (isDescriptor(entry)) yield withoutReference(entry)
  }

  async pushBlob(
    repository: Reference,
    { descriptor, open }: BlobSource,
    { signal }: { signal: AbortSignal; mountFrom?: string | undefined },
  ): Promise<'existed' | 'mounted' | 'uploaded'> {
    const at = printReference({ ...repository, tag: undefined, digest: descriptor.digest })
    if (await orAbsent(text(this.#oras, { args: ['blob', 'fetch', '--descriptor', at], ref: at }, signal))) return 'existed'
    await text(
      this.#oras,
      { args: ['blob', 'push', '--media-type', descriptor.mediaType, '--size', String(descriptor.size), at, '-'], ref: at, input: open(0) },
      signal,
    )
    return 'uploaded'
  }

  async pushManifest(
    ref: Reference,
    { mediaType, bytes }: { mediaType: string; bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<Descriptor> {
    const at = withTag(ref)
    await text(this.#oras, { args: ['manifest', 'push', '--media-type', mediaType, at, '-'], ref: at, input: one(bytes) }, signal)
    return { mediaType, digest: sha256(bytes), size: bytes.length }
  }

  async tag(from: Reference, tag: string, signal: AbortSignal): Promise<Descriptor> {
    const at = withTag(from)
    await text(this.#oras, { args: ['tag', at, tag], ref: at }, signal)
    return this.lookUp({ registry: from.registry, repository: from.repository, tag }, signal)
  }

  async copy(from: Reference, to: Reference, signal: AbortSignal): Promise<Descriptor> {
    const plain = (host: string): boolean => /^(localhost|127\.|\[::1\])/.test(host)
    const flags = [...(plain(from.registry) ? ['--from-plain-http'] : []), ...(plain(to.registry) ? ['--to-plain-http'] : [])]
    const at = withTag(from)
    await text(copying(this.#oras), { args: ['cp', ...flags, at, withTag(to)], ref: '' }, signal)
    return this.lookUp(to, signal)
  }
}

/** `oras cp` has its own flags for both sides. */
function copying(oras: Oras): Oras {
  return { ...oras, access: { credentials: { type: 'ambient' } } }
}

function withTag(ref: Reference): string {
  return printReference(ref.tag || ref.digest ? ref : { ...ref, tag: 'latest' })
}

function withoutReference(entry: Descriptor): Descriptor {
  const { mediaType, digest, size, annotations, artifactType } = entry
  return { mediaType, digest, size, ...(annotations ? { annotations } : {}), ...(artifactType ? { artifactType } : {}) }
}

function parsed(bytes: Uint8Array): Json | undefined {
  try {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as Json
    return isObject(document) ? document : undefined
  } catch {
    return undefined
  }
}

async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof RegistryError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
