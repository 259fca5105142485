import { type Descriptor, type ImageIndex, type ImageManifest, mediaTypes, type Reference } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'
import { isObject, listAt, jsonIn } from '../../lib/json.ts'
import { printReference } from '../../lib/reference.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { orAbsent, RegistryError } from './error.ts'
import { referrers, tags } from './list.ts'
import { blob, isDescriptor, lookUp, manifest } from './pull.ts'
import { pushManifest } from './push.ts'
import type { Access, BlobSource, Registry } from './registry.ts'
import type { FindSignIn } from './sign-in.ts'
import { RegistryTransport } from './transport.ts'
import { pushBlob } from './upload.ts'

export interface ClientOptions {
  readonly http: Http
  readonly clock: Clock
  readonly access: Access
  readonly find: FindSignIn
}

/** The native client of the OCI distribution API. Spec: sources 3.3–3.7, 11; https://github.com/opencontainers/distribution-spec v1.1 */
export function registryClient({ http, clock, access, find }: ClientOptions): Registry {
  return new Client(new RegistryTransport({ http: connected(http, access), clock, find, insecure: access.insecure ?? false }))
}

/** HTTP with the certificates and the proxy of an access. Without certificates of its own, insecure skips verification. Spec: sources 3.7. */
export function connected(http: Http, { tls, insecure, proxy }: Access): Http {
  return http.with({ tls: { ...tls, ...(insecure && !tls ? { verify: false } : {}) }, ...(proxy ? { proxy } : {}) })
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
    return tags(this.#transport, { repository, missing: 'empty' }, signal)
  }

  listTags(repository: Reference, signal: AbortSignal): AsyncIterable<string> {
    return tags(this.#transport, { repository, missing: 'fails' }, signal)
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
    return pushBlob({ transport: this.#transport, repository, blob: source, signal }, mountFrom)
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
    return this.#copy(from, to, { signal, seen: new Set() })
  }

  /** `seen` has what is copied already: an index may name a child more than once. */
  async #copy(from: Reference, to: Reference, run: { signal: AbortSignal; seen: Set<Digest> }): Promise<Descriptor> {
    const { descriptor, bytes } = await manifest(this.#transport, from, run.signal)
    const document = parsed(bytes, from)
    const source = { registry: from.registry, repository: from.repository }
    const target = { registry: to.registry, repository: to.repository }
    for (const { digest } of 'manifests' in document ? document.manifests : [])
      if (!run.seen.has(digest)) await this.#copy({ ...source, digest }, { ...target, digest }, run)
    for (const part of 'manifests' in document ? [] : [document.config, ...document.layers])
      if (!run.seen.has(part.digest)) await this.#copyBlob(source, { target, part }, run.signal).then(() => run.seen.add(part.digest))
    run.seen.add(descriptor.digest)
    const at = to.digest || to.tag ? to : { ...to, digest: descriptor.digest }
    return this.pushManifest(at, { mediaType: descriptor.mediaType, bytes }, run.signal)
  }

  async #copyBlob(source: Reference, { target, part }: { target: Reference; part: Descriptor }, signal: AbortSignal): Promise<void> {
    const mountFrom = source.registry === target.registry ? source.repository : undefined
    await this.pushBlob(target, { descriptor: part, open: () => this.blob(source, part, signal) }, { signal, mountFrom })
  }
}

function parsed(bytes: Uint8Array, ref: Reference): ImageManifest | ImageIndex {
  const document = jsonIn(bytes)
  if (listAt(document, 'manifests').every(isDescriptor) && isObject(document) && Array.isArray(document.manifests))
    return document as unknown as ImageIndex
  if (isObject(document) && Array.isArray(document.layers) && [document.config, ...document.layers].every(isDescriptor))
    return document as unknown as ImageManifest
  const at = printReference(ref)
  throw new RegistryError('BAD_ANSWER', { ref: at, message: `'${at}' is neither an image manifest nor an index (${mediaTypes.manifest})` })
}
