import type { AwsKeys } from '../../lib/aws-signature.ts'

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

/** PEM texts for a connection. */
export interface ObjectTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** What a Google service account signs in with. */
export interface ServiceAccountKey {
  readonly clientEmail: string
  readonly privateKey: string
  readonly privateKeyId?: string | undefined
  readonly tokenUri: string
}

/** How a client of Microsoft Entra proves itself. `certificate` has PEM texts: certificates and their key. */
export interface EntraClient {
  readonly tenantId: string
  readonly clientId: string
  /** `https://login.microsoftonline.com` unless told otherwise. */
  readonly authorityHost?: string | undefined
  readonly proof:
    | { readonly is: 'secret'; readonly secret: string }
    | { readonly is: 'certificate'; readonly pem: string; readonly sendChain: boolean }
}

/** A cloud's token of its own, asked for when it is needed. */
export interface CloudIdentity {
  /** Keys of AWS. */
  aws?(signal: AbortSignal): Promise<AwsKeys>
  /** A bearer token of Google or Azure. */
  bearer?(signal: AbortSignal): Promise<string>
}

/** How a store is signed in to. `anonymous` sends nothing. */
export type ObjectCredentials =
  | { readonly is: 'anonymous' }
  | { readonly is: 'keys'; readonly keys: AwsKeys }
  | {
      readonly is: 'ldap'
      readonly endpoint: string
      readonly username: string
      readonly password: string
      readonly tls?: ObjectTls | undefined
    }
  | { readonly is: 'serviceAccount'; readonly key: ServiceAccountKey }
  | { readonly is: 'accountKey'; readonly account: string; readonly key: string }
  | { readonly is: 'sas'; readonly query: string }
  | { readonly is: 'entra'; readonly client: EntraClient }
  | { readonly is: 'identity'; readonly identity: CloudIdentity }

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
  readonly credentials: ObjectCredentials
}

/** Opens buckets. */
export interface Objects {
  /** Opens nothing on the network yet. @throws {ObjectStoreError} ADDRESS for an endpoint that names no store, CREDENTIALS for keys that cannot be used. */
  open(place: BucketPlace): ObjectStore
}
