import { type Descriptor, type ImageIndex, type ImageManifest, mediaTypes, type Reference } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'
import { printReference } from '../../lib/reference.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { RegistryError } from './error.ts'
import { blob, lookUp, manifest, referrers, tags } from './pull.ts'
import { pushBlob, pushManifest } from './push.ts'
import type { Access, BlobSource, Registry } from './registry.ts'
import type { FindSignIn } from './sign-in.ts'
import { RegistryTransport } from './transport.ts'

export interface ClientOptions {
  readonly http: Http
  readonly clock: Clock
  readonly access: Access
  readonly find: FindSignIn
}

/** The native client of the OCI distribution API. Spec: sources 3.3–3.7, 11; https://github.com/opencontainers/distribution-spec v1.1 */
export function registryClient({ http, clock, access, find }: ClientOptions): Registry {
  const tls = { ...access.tls, ...(access.insecure && !access.tls?.ca ? { verify: false } : {}) }
  const connection = http.with({ tls, ...(access.proxy ? { proxy: access.proxy } : {}) })
  return new Client(new RegistryTransport({ http: connection, clock, find, insecure: access.insecure ?? false }))
}

class Client implements Registry {
  readonly served = 'builtin'
  readonly #transport: RegistryTransport

  constructor(transport: RegistryTransport) {
    this.#transport = transport
  }

  lookUp(ref: Reference, signal: AbortSignal): Promise<Descriptor> {
    return lookUp(this.#transport, ref, signal)
  }

  resolve(ref: Reference, signal: AbortSignal): Promise<Descriptor | undefined> {
    return orAbsent(this.lookUp(ref, signal))
  }

  manifest(ref: Reference, signal: AbortSignal): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined> {
    return orAbsent(manifest(this.#transport, ref, signal))
  }

  blob(repository: Reference, target: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return blob(this.#transport, { repository, target }, signal)
  }

  tags(repository: Reference, signal: AbortSignal): AsyncIterable<string> {
    return tags(this.#transport, repository, signal)
  }

  referrers(
    repository: Reference,
    digest: Digest,
    { signal, artifactType }: { signal: AbortSignal; artifactType?: string | undefined },
  ): AsyncIterable<Descriptor> {
    return referrers(this.#transport, { repository, digest, artifactType }, signal)
  }

  pushBlob(
    repository: Reference,
    source: BlobSource,
    { signal, mountFrom }: { signal: AbortSignal; mountFrom?: string | undefined },
  ): Promise<'existed' | 'mounted' | 'uploaded'> {
    return pushBlob(this.#transport, { repository, blob: source, mountFrom }, signal)
  }

  pushManifest(ref: Reference, { mediaType, bytes }: { mediaType: string; bytes: Uint8Array }, signal: AbortSignal): Promise<Descriptor> {
    return pushManifest(this.#transport, { ref, mediaType, bytes }, signal)
  }

  async tag(from: Reference, tag: string, signal: AbortSignal): Promise<Descriptor> {
    const { descriptor, bytes } = await manifest(this.#transport, from, signal)
    return this.pushManifest(
      { registry: from.registry, repository: from.repository, tag },
      { mediaType: descriptor.mediaType, bytes },
      signal,
    )
  }

  async copy(from: Reference, to: Reference, signal: AbortSignal): Promise<Descriptor> {
    const { descriptor, bytes } = await manifest(this.#transport, from, signal)
    const document = parsed(bytes, from)
    const source = { registry: from.registry, repository: from.repository }
    const target = { registry: to.registry, repository: to.repository }
    if ('manifests' in document)
      for (const child of document.manifests)
        await this.copy({ ...source, digest: child.digest }, { ...target, digest: child.digest }, signal)
    else for (const part of [document.config, ...document.layers]) await this.#copyBlob(source, { target, part }, signal)
    return this.pushManifest(
      to.digest || to.tag ? to : { ...to, digest: descriptor.digest },
      { mediaType: descriptor.mediaType, bytes },
      signal,
    )
  }

  async #copyBlob(source: Reference, { target, part }: { target: Reference; part: Descriptor }, signal: AbortSignal): Promise<void> {
    const open = (offset: number): AsyncIterable<Uint8Array> => skipped(this.blob(source, part, signal), offset)
    await this.pushBlob(
      target,
      { descriptor: part, open },
      { signal, ...(source.registry === target.registry ? { mountFrom: source.repository } : {}) },
    )
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

function parsed(bytes: Uint8Array, ref: Reference): ImageManifest | ImageIndex {
  const document = JSON.parse(new TextDecoder().decode(bytes)) as Partial<ImageManifest & ImageIndex>
  if (Array.isArray(document.manifests) || (Array.isArray(document.layers) && document.config))
    return document as ImageManifest | ImageIndex
  throw new RegistryError('BAD_ANSWER', {
    ref: printReference(ref),
    message: `'${printReference(ref)}' is neither an image manifest nor an index (${mediaTypes.manifest})`,
  })
}

async function* skipped(source: AsyncIterable<Uint8Array>, offset: number): AsyncIterable<Uint8Array> {
  let left = offset
  for await (const chunk of source) {
    if (left >= chunk.length) left -= chunk.length
    else {
      yield left > 0 ? chunk.subarray(left) : chunk
      left = 0
    }
  }
}
