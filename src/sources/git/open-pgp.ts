import type { Config, Key, SignaturePacket } from 'openpgp'
import { messageOf } from '../../lib/coded-error.ts'

type Library = typeof import('openpgp')

interface Signed {
  readonly payload: Uint8Array
  readonly signature: string
}

/** Longer than any signature that a program makes. */
const longestSignature = 64 * 1024

/**
 * The id of the key, among armoured keyrings, that made a detached signature. Keys and signatures must be valid at `now`, in milliseconds since the epoch.
 * Throws Flux's text when no key did, and when no keyring can be read. Spec: sources 4.6.
 */
export async function verifyOpenPgp({ payload, signature }: Signed, keyrings: readonly string[], now: number): Promise<string> {
  if (signature.trim() === '') throw new Error('unable to verify payload as the provided signature is empty')
  const library = await import('openpgp')
  const by = { library, config: configOf(library), now: new Date(now) }
  const [rings, unread] = await readAll(keyrings, by)
  const [first] = unread
  if (rings.length === 0 && first) throw new Error(`unable to read armored key ring: ${first}`)
  for (const ring of rings) {
    const signer = await signerIn(ring, { payload, signature }, by)
    if (signer) return signer.keyPacket.getKeyID().toHex().toUpperCase()
  }
  throw new Error('unable to verify payload with any of the given key rings')
}

interface By {
  readonly library: Library
  readonly config: Config
  readonly now: Date
}

/** What Flux's library takes, which is more than ours does by itself: DSA keys, RSA keys of 1024 bits, signatures over SHA-1. */
function configOf({ config, enums }: Library): Config {
  return {
    ...config,
    minRSABits: 1023,
    rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal]),
    rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd]),
    rejectCurves: new Set(),
  }
}

/** The keyrings that can be read, and why others cannot. */
async function readAll(texts: readonly string[], { library, config }: By): Promise<[rings: Key[][], unread: string[]]> {
  const [rings, unread]: [Key[][], string[]] = [[], []]
  for (const text of texts) {
    try {
      rings.push(await library.readKeys({ armoredKeys: text, config }))
    } catch (thrown) {
      unread.push(text.includes('-----BEGIN') ? messageOf(thrown) : 'openpgp: invalid argument: no armored data found')
    }
  }
  return [rings, unread]
}

/** The first signature that a key of the ring could have made decides. */
async function signerIn(ring: readonly Key[], { payload, signature }: Signed, by: By): Promise<Key | undefined> {
  for (const made of await signaturesIn(signature, by)) {
    const able = ring.filter(key => key.getKeys(made.issuerKeyID).length > 0)
    for (const key of able) if (await isBy(key, made, { payload, by })) return key
    if (able.length > 0) return undefined
  }
  return undefined
}

async function signaturesIn(armored: string, { library, config }: By): Promise<readonly SignaturePacket[]> {
  if (armored.length > longestSignature) return []
  try {
    const { packets } = await library.readSignature({ armoredSignature: armored, config })
    return packets
  } catch {
    return []
  }
}

async function isBy(key: Key, made: SignaturePacket, { payload, by }: { payload: Uint8Array; by: By }): Promise<boolean> {
  const { library, config, now } = by
  const { binary, text } = library.enums.signature
  if (made.signatureType !== binary && made.signatureType !== text) return false
  try {
    const signer = await key.getSigningKey(made.issuerKeyID, now, undefined, config)
    const [content] = (await library.createMessage({ binary: payload })).packets
    await made.verify(signer.keyPacket, made.signatureType, content ?? {}, now, true, config)
    return true
  } catch {
    return false
  }
}
