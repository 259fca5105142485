import type { PrivateKey } from 'openpgp'
import type { KeyCredentials } from '../../kinds/master-key.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type AgeIdentity, ageIdentities } from './age.ts'
import { awsKeysIn, azureCredentialsIn, googleCredentialsIn } from './cloud-keys.ts'
import { fingerprintOf, pgpKeys } from './pgp.ts'

/** What a decryption Secret brings. */
export interface Keys {
  readonly age: readonly AgeIdentity[]
  readonly pgp: readonly PrivateKey[]
  readonly credentials: KeyCredentials
}

export const noKeys: Keys = { age: [], pgp: [], credentials: {} }

type Part = { readonly age: AgeIdentity[] } | { readonly pgp: PrivateKey[] } | { readonly credentials: KeyCredentials }

/**
 * The keys of a Secret's data, by the names of its entries; others are passed over. @param where `namespace/name` of the Secret.
 * Throws Flux's text for an entry that cannot be read, without any of it. Spec: kustomization 6.1.
 */
export async function keysIn(data: Readonly<Record<string, Uint8Array>>, where: string): Promise<Keys> {
  const parts: Part[] = []
  for (const [name, value] of Object.entries(data)) {
    try {
      const part = await partOf(name, value)
      if (part) parts.push(part)
    } catch (thrown) {
      throw new Error(`failed to import '${name}' data from sops decryption Secret '${where}': ${messageOf(thrown)}`, { cause: thrown })
    }
  }
  return {
    age: parts.flatMap(part => ('age' in part ? part.age : [])),
    pgp: parts.flatMap(part => ('pgp' in part ? part.pgp : [])),
    credentials: Object.assign({}, ...parts.map(part => ('credentials' in part ? part.credentials : {}))) as KeyCredentials,
  }
}

async function partOf(name: string, value: Uint8Array): Promise<Part | undefined> {
  const text = Buffer.from(value).toString('utf8')
  if (name.endsWith('.asc')) return { pgp: await pgpKeys(text) }
  if (name.endsWith('.agekey')) return { age: await importedAge(text) }
  switch (name) {
    case 'sops.vault-token':
      return { credentials: { vaultToken: text.trim() } }
    case 'sops.aws-kms':
      return { credentials: { aws: awsKeysIn(text) } }
    case 'sops.azure-kv':
      return { credentials: { azure: azureCredentialsIn(value) } }
    case 'sops.gcp-kms':
      return { credentials: { gcp: googleCredentialsIn(text) } }
    default:
      return undefined
  }
}

async function importedAge(text: string): Promise<AgeIdentity[]> {
  try {
    return await ageIdentities(text)
  } catch (thrown) {
    throw new Error(`failed to parse and add to age identities: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** The public names of keys: recipients and fingerprints. */
export function publicNames({ age, pgp }: Pick<Keys, 'age' | 'pgp'>): string[] {
  return [...age.map(identity => identity.recipient), ...pgp.map(fingerprintOf)]
}
