import type { Descriptor, Platform, Reference } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'

/** How to sign in. `dockerConfigs` are `.dockerconfigjson` documents, tried in order; `ambient` uses the user's docker config and credential helpers. */
export type Credentials =
  | { readonly type: 'anonymous' }
  | { readonly type: 'ambient' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'dockerConfigs'; readonly documents: readonly string[] }

/** How to reach a registry. `insecure` allows plain HTTP and, without `tls`, skips TLS verification; loopback may use HTTP by itself. */
export interface Access {
  readonly credentials: Credentials
  readonly insecure?: boolean | undefined
  /** PEM. `ca` is added to the system's roots. */
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined } | undefined
  /** Proxy URL, user info included. */
  readonly proxy?: string | undefined
}

export interface Resolver {
  /**
   * Looks up what `ref` points at, by HEAD, then GET; nothing is pulled. A tag defaults to `latest`.
   *
   * @returns The descriptor as the registry gave it: `digest` is `algo:hex`, `size` is in bytes.
   *   `undefined` means one thing: the registry answered that the repository or tag does not exist.
   * @throws {RegistryError} DENIED, UNREACHABLE, TIMEOUT, RATE_LIMITED, …; an abort rejects with `signal.reason`.
   */
  resolve(ref: Reference, signal: AbortSignal): Promise<Descriptor | undefined>
  /** The same, but what does not exist is a failure. @throws {RegistryError} NOT_FOUND with the registry's own words: `GET <url>: <CODE>: <message>`. */
  lookUp(ref: Reference, signal: AbortSignal): Promise<Descriptor>
}

export interface Fetcher {
  /** A manifest or index as its exact bytes, digest-checked when `ref` has one. `undefined` when it does not exist. */
  manifest(ref: Reference, signal: AbortSignal): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined>
  /** Streams a blob. The stream ends normally only if size and digest match; else it throws DIGEST_MISMATCH or SIZE_MISMATCH. */
  blob(repository: Reference, target: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>
}

export interface Lister {
  /** All tags, page by page, in the registry's order. Empty when the repository does not exist. */
  tags(repository: Reference, signal: AbortSignal): AsyncIterable<string>
  /** The same, but a repository that does not exist is a failure. @throws {RegistryError} NOT_FOUND with the registry's own words. */
  listTags(repository: Reference, signal: AbortSignal): AsyncIterable<string>
  /** Manifests whose subject is `digest`; the tag schema is used where the registry lacks the API. */
  referrers(
    repository: Reference,
    digest: Digest,
    options: { readonly signal: AbortSignal; readonly artifactType?: string | undefined },
  ): AsyncIterable<Descriptor>
}

/** A blob to upload: `open` may be called again after a failed attempt and yields the same bytes. */
export interface BlobSource {
  readonly descriptor: Descriptor
  open(): AsyncIterable<Uint8Array>
}

export interface Pusher {
  /**
   * Uploads a blob unless the repository has it; `mountFrom` names a repository of the same registry to mount it from. Says which happened.
   * Rejects with what the source throws. @throws {RegistryError} SIZE_MISMATCH, DIGEST_MISMATCH when the source is not what its descriptor says.
   */
  pushBlob(
    repository: Reference,
    blob: BlobSource,
    options: { readonly signal: AbortSignal; readonly mountFrom?: string | undefined },
  ): Promise<'existed' | 'mounted' | 'uploaded'>
  /**
   * Puts a manifest under its digest or tag, else `latest`; one with a subject is then among its referrers.
   * @throws {RegistryError} DIGEST_MISMATCH when `ref` or the registry has another digest; REFUSED.
   */
  pushManifest(
    ref: Reference,
    content: { readonly mediaType: string; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<Descriptor>
  /** Gives an existing manifest another tag. */
  tag(from: Reference, tag: string, signal: AbortSignal): Promise<Descriptor>
  /** Copies a manifest with all below it, within or across registries reached with the same access. */
  copy(from: Reference, to: Reference, signal: AbortSignal): Promise<Descriptor>
}

/** Implemented by client.ts (HTTP) and oras.ts (the oras CLI); both pass `registryContract`. */
export interface Registry extends Resolver, Fetcher, Lister, Pusher {
  /** Which adapter serves: answers say so. */
  readonly served: 'builtin' | 'oras'
}

/** Opens a registry for one way of access. `purpose`: auto mode takes oras for transfers and the builtin client for look-ups. */
export interface Registries {
  open(access: Access, purpose: 'lookup' | 'transfer'): Promise<Registry>
}

export type { Descriptor, Platform, Reference }
