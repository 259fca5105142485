import type { KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Line } from './line.ts'
import type { Cloud, Expiring, Login } from './provider.ts'

/** A service account as signing in sees it. */
export interface Account {
  readonly namespace: string
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
}

export function accountFrom({ metadata }: KubeObject): Account {
  const annotations = Object.entries(metadata.annotations ?? {}).map(([key, value]) => [key, String(value)])
  return { namespace: metadata.namespace ?? '', name: metadata.name, annotations: Object.fromEntries(annotations) }
}

/** What a token is wanted for. `registry` is what {@link CloudProvider.registryKey} gave. */
export interface Wanted {
  readonly registry?: { readonly key: string; readonly host: string } | undefined
  readonly scopes?: readonly string[] | undefined
  readonly stsRegion?: string | undefined
  readonly stsEndpoint?: string | undefined
  /** A managed identity of the machine, of Azure. */
  readonly managedClientId?: string | undefined
  /** Where Entra is for a client that the environment names. */
  readonly authorityHost?: string | undefined
}

/** Who hands out access tokens of the type `T`. Everything throws AuthError. Spec: sources 9.2. */
export interface TokenProvider<T extends Expiring> {
  readonly name: Cloud | 'generic'
  /** The audience that the cluster's token must have. */
  audience(account: Account, line: Line): Promise<string>
  /** The identity that the account's annotations name; may be empty. */
  identity(account: Account): string
  /** A token for the identity of this process. */
  own(wanted: Wanted, line: Line): Promise<T>
  /** A token for the cluster's token of an account. */
  exchanged(token: string, account: Account, at: { readonly wanted: Wanted; readonly line: Line }): Promise<T>
}

/** One cloud. Spec: sources 9.4. */
export interface CloudProvider<T extends Expiring> extends TokenProvider<T> {
  readonly name: Cloud
  /** Checks that a repository is in a registry of this cloud, and says what its credentials depend on. */
  registryKey(repository: string): string
  /** The registry's login for a token. */
  login(token: T, registry: { readonly key: string; readonly host: string }, line: Line): Promise<Login>
}

/** An annotation; empty when it is not there. */
export function annotation({ annotations }: Account, key: string): string {
  return stringAt(annotations, key) ?? ''
}
