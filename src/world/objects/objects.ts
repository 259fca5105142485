import type { ObjectCredentials, ObjectTls } from '../../kinds/object-store.ts'

/** An object as a listing names it. `etag` is the store's mark of its content, without quotes at S3 and with them at Azure, as Flux keeps it. */
export interface ObjectEntry {
  readonly key: string
  readonly etag: string
}

/** An object's content with the mark of just this content. The content must be read to its end or cancelled. */
export interface FetchedObject {
  readonly etag: string
  readonly content: AsyncIterable<Uint8Array> & { cancel(): Promise<void> }
}

/**
 * One bucket. Every method rejects with `signal.reason` on an abort, and throws {@link ObjectStoreError} for what the store refuses.
 * Implemented for S3, Google Cloud Storage and Azure Blob; all pass `objectStoreContract`.
 */
export interface ObjectStore {
  /** Whether the bucket is there. */
  exists(signal: AbortSignal): Promise<boolean>
  /** The objects whose keys begin with `prefix`, page by page. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectEntry>
  /** Opens an object. `undefined`: the store answered that it is not there. */
  fetch(key: string, signal: AbortSignal): Promise<FetchedObject | undefined>
}

/** How a store is signed in to: also by the token of a cloud. */
export type Credentials =
  | Exclude<ObjectCredentials, { readonly is: 'managed' | 'ambient' }>
  | { readonly is: 'bearer'; readonly token: string }

/** Where a bucket is, and how to get there. Spec: sources 8. */
export interface BucketPlace {
  readonly provider: 'generic' | 'aws' | 'gcp' | 'azure'
  readonly bucket: string
  /** Host and port; a URL at Azure; not read at Google. */
  readonly endpoint: string
  readonly region?: string | undefined
  readonly insecure?: boolean | undefined
  readonly tls?: ObjectTls | undefined
  /** A URL with its user info. */
  readonly proxy?: string | undefined
  readonly credentials: Credentials
}

/** Opens buckets. */
export interface Objects {
  /** Opens nothing on the network yet. @throws {ObjectStoreError} ADDRESS for an endpoint that names no store, CREDENTIALS for keys that cannot be used. */
  open(place: BucketPlace, signal: AbortSignal): Promise<ObjectStore>
}
