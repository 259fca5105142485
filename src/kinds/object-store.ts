import type { AwsKeys } from '../lib/aws-signature.ts'

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

/** How a client of Microsoft Entra proves itself. `certificate` has certificates and their key, in PEM or PKCS#12. */
export interface EntraClient {
  readonly tenantId: string
  readonly clientId: string
  /** `https://login.microsoftonline.com` unless told otherwise, here or by AZURE_AUTHORITY_HOST. */
  readonly authorityHost?: string | undefined
  readonly proof:
    | { readonly is: 'secret'; readonly secret: string }
    | { readonly is: 'certificate'; readonly content: Uint8Array; readonly password: string; readonly sendChain: boolean }
}

/**
 * How a store is signed in to. `anonymous` sends nothing. The account of `accountKey` is the first label of the endpoint's host, unless it is told.
 * `managed` is an identity that Azure gave to the machine; `ambient` is that of this process, whose own client asks Entra at this place.
 */
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
  | { readonly is: 'accountKey'; readonly account?: string | undefined; readonly key: string }
  | { readonly is: 'sas'; readonly query: string }
  | { readonly is: 'entra'; readonly client: EntraClient }
  | { readonly is: 'managed'; readonly clientId: string }
  | { readonly is: 'ambient'; readonly authorityHost: string }
