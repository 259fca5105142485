import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

/** Whether a signature is one that ssh-keygen makes. */
export function isSshSignature(signature: string): boolean {
  return signature.trimStart().startsWith(begin)
}

const begin = '-----BEGIN SSH SIGNATURE-----'
const end = '-----END SSH SIGNATURE-----'
const namespace = 'git'
/** The digests that a signature may be over. */
const digests = new Set(['sha256', 'sha512'])

interface Signed {
  readonly payload: Uint8Array
  readonly signature: string
}

/**
 * The fingerprint of the key, among texts in the format of authorized_keys, that made a signature over a Git object: `SHA256:…`.
 * Throws Flux's text when none did, and when no text can be read. Of Flux 2.9. Spec: sources 4.6, 12.
 */
export function verifySsh({ payload, signature }: Signed, authorizedKeys: readonly string[]): string {
  const made = unarmored(signature)
  const [rings, unread] = readAll(authorizedKeys)
  const [first] = unread
  if (rings.length === 0 && first) throw new Error(`unable to parse authorized keys: ${first}`)
  const key = rings.flat().find(blob => isBy(blob, made, payload))
  if (!key) throw new Error('unable to verify payload with any of the given authorized keys: no matching key')
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The texts that can be read, and why others cannot. */
function readAll(texts: readonly string[]): [rings: Buffer[][], unread: string[]] {
  const [rings, unread]: [Buffer[][], string[]] = [[], []]
  for (const text of texts) {
    const lines = text
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '' && !line.startsWith('#'))
    const keys = lines.map(keyOf)
    if (keys.includes(undefined)) unread.push('unable to parse authorized key: ssh: no key found')
    else rings.push(keys.flatMap(key => key ?? []))
  }
  return [rings, unread]
}

/** The key of a line: its options, type and comment are left out. */
function keyOf(line: string): Buffer | undefined {
  const words = line.split(/[ \t]+/)
  for (const [i, type] of words.entries()) {
    const blob = Buffer.from(words[i + 1] ?? '', 'base64')
    if (type in algorithms && reader(blob)()?.toString() === type) return blob
  }
  return undefined
}

interface Made {
  readonly key: Buffer
  readonly namespace: string
  readonly digest: string
  readonly algorithm: string
  readonly bytes: Buffer
}

function unarmored(text: string): Made {
  const broken = (): Error => new Error('unable to unarmor SSH signature: it cannot be read')
  const [, body] = text.trim().split(begin)
  if (body === undefined || !body.trimEnd().endsWith(end)) throw broken()
  const blob = Buffer.from(body.slice(0, body.lastIndexOf(end)), 'base64')
  if (blob.toString('latin1', 0, 6) !== 'SSHSIG' || blob.length < 10 || blob.readUInt32BE(6) !== 1) throw broken()
  const next = reader(blob.subarray(10))
  const [key, space, reserved, digest, signature] = [next(), next(), next(), next(), next()]
  const parts = reader(signature ?? Buffer.alloc(0))
  const [algorithm, bytes] = [parts(), parts()]
  if (!key || !space || !reserved || !digest || !algorithm || !bytes) throw broken()
  return { key, namespace: space.toString(), digest: digest.toString(), algorithm: algorithm.toString(), bytes }
}

/** Reads one string of SSH's wire format after another; `undefined` past the end. */
function reader(blob: Buffer): () => Buffer | undefined {
  let at = 0
  return () => {
    if (at + 4 > blob.length) return undefined
    const start = at + 4
    at = start + blob.readUInt32BE(at)
    return at <= blob.length ? blob.subarray(start, at) : undefined
  }
}

function string(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(content.length)
  return Buffer.concat([size, content])
}

function isBy(blob: Buffer, made: Made, payload: Uint8Array): boolean {
  if (!blob.equals(made.key) || made.namespace !== namespace || !digests.has(made.digest)) return false
  const hash = createHash(made.digest).update(payload).digest()
  const message = Buffer.concat([Buffer.from('SSHSIG'), string(made.namespace), string(''), string(made.digest), string(hash)])
  const type = reader(blob)()?.toString() ?? ''
  try {
    return algorithms[type]?.({ blob, made, message }) ?? false
  } catch {
    return false
  }
}

interface Check {
  readonly blob: Buffer
  readonly made: Made
  readonly message: Buffer
}

/** What a key's type says of how it signs. An old `ssh-rsa` signature is over SHA-1, which git refuses too. */
const algorithms: Readonly<Record<string, (check: Check) => boolean>> = {
  'ssh-ed25519': ({ blob, made, message }) => made.algorithm === 'ssh-ed25519' && verify(null, message, ed25519(blob), made.bytes),
  'ssh-rsa': rsaHolds,
  'ecdsa-sha2-nistp256': check => ecdsaHolds(check, { curve: 'P-256', digest: 'sha256', size: 32 }),
  'ecdsa-sha2-nistp384': check => ecdsaHolds(check, { curve: 'P-384', digest: 'sha384', size: 48 }),
  'ecdsa-sha2-nistp521': check => ecdsaHolds(check, { curve: 'P-521', digest: 'sha512', size: 66 }),
}

function ed25519(blob: Buffer): KeyObject {
  const next = reader(blob)
  next()
  return jwk({ kty: 'OKP', crv: 'Ed25519', x: url(next()) })
}

function rsaHolds({ blob, made, message }: Check): boolean {
  const digest = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[made.algorithm]
  const next = reader(blob)
  next()
  const [e, n] = [next(), next()]
  return digest !== undefined && verify(digest, message, jwk({ kty: 'RSA', e: url(unsigned(e)), n: url(unsigned(n)) }), made.bytes)
}

function ecdsaHolds({ blob, made, message }: Check, { curve, digest, size }: { curve: string; digest: string; size: number }): boolean {
  const next = reader(blob)
  const [type] = [next(), next()]
  const point = next()
  if (point?.[0] !== 4 || point.length !== 1 + 2 * size || made.algorithm !== type?.toString()) return false
  const key = jwk({ kty: 'EC', crv: curve, x: url(point.subarray(1, 1 + size)), y: url(point.subarray(1 + size)) })
  const parts = reader(made.bytes)
  const numbers = [parts(), parts()].map(unsigned)
  if (numbers.some(bytes => bytes.length > size)) return false
  const flat = Buffer.concat(numbers.map(bytes => Buffer.concat([Buffer.alloc(size - bytes.length), bytes])))
  return verify(digest, message, { key, dsaEncoding: 'ieee-p1363' }, flat)
}

function unsigned(number: Buffer | undefined): Buffer {
  const bytes = number ?? Buffer.alloc(0)
  const start = bytes.findIndex(byte => byte !== 0)
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start)
}

function url(bytes: Buffer | undefined): string {
  return (bytes ?? Buffer.alloc(0)).toString('base64url')
}

function jwk(key: { kty: string; crv?: string; x?: string; y?: string; e?: string; n?: string }): KeyObject {
  return createPublicKey({ key, format: 'jwk' })
}
