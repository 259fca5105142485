import type { Decrypter } from 'age-encryption'
import { messageOf } from '../../lib/coded-error.ts'

/** What decrypts files of age. `recipient` is its public name. */
export interface AgeIdentity {
  readonly recipient: string
  addTo(decrypter: Decrypter): void
}

/** Identities of plugins are taken, as SOPS takes them, and open nothing: no program is run for a Secret. */
const plugin = /^AGE-PLUGIN-([A-Z0-9+._-]+)-1[AC-HJ-NP-Z02-9]+$/

/**
 * The identities of a text, one a line; empty lines and comments are passed over. X25519 and the hybrid ones of post-quantum age.
 * Throws SOPS' texts, without the line. Spec: kustomization 6.1.
 */
export async function ageIdentities(text: string, { manyALine = false } = {}): Promise<AgeIdentity[]> {
  const lines = text.split(/\r?\n/).filter(line => line !== '' && !line.startsWith('#'))
  const words = manyALine ? lines.flatMap(line => line.split(/\s+/).filter(Boolean)) : lines
  return Promise.all(words.map(identityOf))
}

async function identityOf(word: string): Promise<AgeIdentity> {
  const [, name] = plugin.exec(word) ?? []
  if (name) return { recipient: `age-plugin-${name.toLowerCase()}`, addTo: () => undefined }
  if (!/^AGE-SECRET-KEY-(?:PQ-)?1/.test(word)) throw new Error('unknown identity type')
  const { identityToRecipient } = await import('age-encryption')
  try {
    return { recipient: await identityToRecipient(word), addTo: decrypter => decrypter.addIdentity(word) }
  } catch {
    throw new Error('malformed secret key')
  }
}

/** A data key for a hybrid recipient takes 2 KB; many recipients would cost much work each. */
const mostCharacters = 16 * 1024

/** What an armored file of age holds. Throws SOPS' texts. */
export async function ageDecrypted(armored: string, identities: readonly AgeIdentity[]): Promise<Uint8Array> {
  if (armored.length > mostCharacters)
    throw new Error('failed to create reader for decrypting sops data key with age: the file is too long')
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  for (const identity of identities) identity.addTo(decrypter)
  try {
    return await decrypter.decrypt(armor.decode(armored))
  } catch (thrown) {
    const why = messageOf(thrown)
    throw new Error(
      `failed to create reader for decrypting sops data key with age: ${/no identity matched/.test(why) ? 'no identity matched any of the recipients' : why}`,
      { cause: thrown },
    )
  }
}
