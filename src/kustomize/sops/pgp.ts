import type { Config, PrivateKey } from 'openpgp'
import { messageOf } from '../../lib/coded-error.ts'

type Library = typeof import('openpgp')

/** A data key is short. */
const mostBytes = 64 * 1024

/** What GnuPG takes, which is more than the library does by itself. */
function configOf({ config, enums }: Library): Config {
  return {
    ...config,
    minRSABits: 1023,
    rejectPublicKeyAlgorithms: new Set(),
    rejectCurves: new Set(),
    preferredSymmetricAlgorithm: enums.symmetric.aes256,
    maxDecompressedMessageSize: mostBytes,
  }
}

/** The private keys of an armored text; public ones are passed over, as they open nothing. Throws what is wrong with the text, never a part of it. Spec: kustomization 6.1. */
export async function pgpKeys(armored: string): Promise<PrivateKey[]> {
  const library = await import('openpgp')
  try {
    if (!armored.includes('-----BEGIN PGP')) throw new Error('no valid OpenPGP data found')
    const keys = await library.readKeys({ armoredKeys: armored, config: configOf(library) })
    return keys.filter((key): key is PrivateKey => key.isPrivate())
  } catch (thrown) {
    throw new Error(`failed to import armored key data into GnuPG keyring: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** Fingerprint in capital digits. */
export function fingerprintOf(key: PrivateKey): string {
  return key.getFingerprint().toUpperCase()
}

/** What an armored message holds. Throws in SOPS' words. */
export async function pgpDecrypted(armored: string, keys: readonly PrivateKey[]): Promise<Uint8Array> {
  const failed = (why: string, cause?: unknown): Error =>
    new Error(`could not decrypt data key with PGP key: failed to decrypt sops data key with pgp: ${why}`, { cause })
  if (armored.length > mostBytes) throw failed('the message is too long')
  if (keys.length === 0) throw failed('no secret key')
  const library = await import('openpgp')
  const config = configOf(library)
  try {
    const message = await library.readMessage({ armoredMessage: armored, config })
    const { data } = await library.decrypt({ message, decryptionKeys: [...keys], format: 'binary', config })
    return data
  } catch (thrown) {
    const why = messageOf(thrown)
    if (/No decryption key packets found|Session key decryption failed/i.test(why)) throw failed('no secret key', thrown)
    throw failed(/not decrypted/i.test(why) ? 'the secret key is protected by a passphrase' : why, thrown)
  }
}
