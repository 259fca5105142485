import type { AwsKeys } from '../lib/aws-signature.ts'
import type { EntraClient, ServiceAccountKey } from './object-store.ts'

/** A key in a service that decrypts data keys without showing itself. Spec: kustomization 6.3. */
export type ServiceKey =
  | {
      readonly is: 'aws'
      readonly arn: string
      /** A role to take on first. */
      readonly role?: string | undefined
      /** The encryption context. */
      readonly context: Readonly<Record<string, string>>
    }
  | { readonly is: 'gcp'; readonly resourceId: string }
  | { readonly is: 'azure'; readonly vaultUrl: string; readonly name: string; readonly version: string }
  | { readonly is: 'vault'; readonly address: string; readonly enginePath: string; readonly keyName: string }

/** A key that a data key is encrypted with; those of `age` and `pgp` are with whoever decrypts. */
export type MasterKey =
  | ServiceKey
  | { readonly is: 'age'; readonly recipient: string }
  | { readonly is: 'pgp'; readonly fingerprint: string }

/** A data key, or a share of it, as one master key encrypted it. `enc` is in the form that its kind writes. */
export interface Wrapped {
  readonly key: MasterKey
  readonly enc: string
}

/** How a client of Azure signs in: as a client of Entra, or as an identity that Azure gave to the machine. */
export type AzureCredentials =
  | { readonly is: 'entra'; readonly client: EntraClient }
  | { readonly is: 'managed'; readonly clientId: string }
export type GoogleCredentials = ServiceAccountKey

/** What key services are asked with. Where there is nothing, the identity of the workload, or of this process, stands in. */
export interface KeyCredentials {
  readonly vaultToken?: string | undefined
  readonly aws?: AwsKeys | undefined
  readonly azure?: AzureCredentials | undefined
  readonly gcp?: GoogleCredentials | undefined
}

/** A text with keys, and where it was found. */
export interface KeyText {
  readonly from: string
  readonly text: string
}

/** The age identities of this process as texts, and what could not be read. */
export interface AmbientKeys {
  readonly age: readonly KeyText[]
  readonly ssh: readonly KeyText[]
  readonly problems: readonly string[]
}
