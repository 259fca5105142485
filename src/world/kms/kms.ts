import type { AmbientKeys, KeyCredentials, ServiceKey } from '../../kinds/master-key.ts'
import type { Who } from '../auth/provider.ts'

/** What is asked: a data key, as a key of a service encrypted it. */
export interface WrappedKey {
  readonly key: ServiceKey
  readonly enc: string
}

/** With what: credentials of a Secret come first, then who signs in to the cloud. */
export interface KeyAccess {
  readonly credentials: KeyCredentials
  readonly who: Who
}

/** Key services, and the keys that this process has itself. */
export interface Kms {
  /**
   * The data key. @throws {KmsError} with the words of the service, never with a secret in them, and {@link AuthError} of signing in;
   * an abort rejects with `signal.reason`. Spec: kustomization 6.4.
   */
  decrypt(wrapped: WrappedKey, access: KeyAccess): Promise<Uint8Array>
  /** The age identities of this process: from the environment and the home folder, where SOPS looks. Spec: kustomization 6.1. */
  ambient(signal: AbortSignal): Promise<AmbientKeys>
}
