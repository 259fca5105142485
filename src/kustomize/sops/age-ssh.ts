import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createDecipheriv,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'
import type { Identity, Stanza } from 'age-encryption'
import type { AgeIdentity } from './age.ts'

/** An SSH private key, ed25519 or RSA without a passphrase, as an identity of age. Throws what is wrong with it, never the key. Spec: kustomization 6.1. */
export function sshIdentity(pem: string): AgeIdentity {
  const key = pem.includes('OPENSSH PRIVATE KEY') ? openSshKey(pem) : pemKey(pem)
  const identity = 'seed' in key ? ed25519(key.seed) : rsa(key.key)
  return { recipient: identity.recipient, addTo: decrypter => decrypter.addIdentity(identity.unwrapper) }
}

type SshKey = { readonly seed: Buffer } | { readonly key: KeyObject }

function pemKey(pem: string): SshKey {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw new Error('malformed SSH identity', { cause })
  }
  if (key.asymmetricKeyType === 'rsa') return { key }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`unsupported SSH identity type: ${key.asymmetricKeyType ?? ''}`)
  return { seed: Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url') }
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function openSshKey(pem: string): SshKey {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(pem)?.[1] ?? ''
  const blob = Buffer.from(body, 'base64')
  const magic = 'openssh-key-v1\0'
  if (blob.subarray(0, magic.length).toString('latin1') !== magic) throw new Error('malformed SSH identity')
  const outer = new Wire(blob.subarray(magic.length))
  if (outer.text() !== 'none') throw new Error('the SSH key is protected by a passphrase, which is not supported')
  outer.skip(2)
  outer.number()
  outer.skip(1)
  const inner = new Wire(outer.bytes())
  if (inner.number() !== inner.number()) throw new Error('malformed SSH identity')
  const type = inner.text()
  if (type === 'ssh-ed25519') {
    inner.skip(1)
    return { seed: inner.bytes().subarray(0, 32) }
  }
  if (type !== 'ssh-rsa') throw new Error(`unsupported SSH identity type: ${type.slice(0, 40)}`)
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => inner.bytes()) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
  return { key: rsaKey({ n, e, d, qi, p, q }) }
}

function rsaKey(parts: Readonly<Record<'n' | 'e' | 'd' | 'qi' | 'p' | 'q', Buffer>>): KeyObject {
  const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`)
  const url = (value: bigint): string => {
    const hex = value.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
  }
  const [d, p, q] = [number(parts.d), number(parts.p), number(parts.q)]
  if (p < 2n || q < 2n) throw new Error('malformed SSH identity')
  const all = { n: number(parts.n), e: number(parts.e), d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: number(parts.qi) }
  const jwk = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, url(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
}

/** Values of the SSH protocol: each with its length before it. */
class Wire {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }
  number(): number {
    if (this.#at + 4 > this.#bytes.length) throw new Error('malformed SSH identity')
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }
  bytes(): Buffer {
    const length = this.number()
    if (this.#at + length > this.#bytes.length) throw new Error('malformed SSH identity')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
  text(): string {
    return this.bytes().toString('latin1')
  }
  skip(values: number): void {
    for (let i = 0; i < values; i++) this.bytes()
  }
}

function wire(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap(part => {
      const bytes = Buffer.from(part as Uint8Array)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

interface SshIdentity {
  readonly recipient: string
  readonly unwrapper: Identity
}

/** How stanzas name a key. */
function tagOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest().subarray(0, 4).toString('base64').replace(/=+$/, '')
}

function forKey(stanzas: readonly Stanza[], type: string, tag: string): Stanza[] {
  return stanzas.filter(({ args }) => args[0] === type && args[1] === tag)
}

function ed25519(seed: Buffer): SshIdentity {
  const label = 'age-encryption.org/v1/ssh-ed25519'
  const signing = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d: seed.toString('base64url'), x: '' }, format: 'jwk' })
  const publicKey = wire('ssh-ed25519', rawOf(createPublicKey(signing)))
  const secret = x25519(createHash('sha512').update(seed).digest().subarray(0, 32))
  const own = rawOf(createPublicKey(secret))
  const tweak = x25519(Buffer.from(hkdfSync('sha256', Buffer.alloc(0), publicKey, label, 32)))
  const unwrapFileKey = (stanzas: Stanza[]): Uint8Array | null => {
    for (const { args, body } of forKey(stanzas, 'ssh-ed25519', tagOf(publicKey))) {
      const share = Buffer.from(args[2] ?? '', 'base64')
      if (share.length !== 32 || body.length !== 32) throw new Error('invalid ssh-ed25519 recipient block')
      const shared = agreed(tweak, agreed(secret, share))
      const key = Buffer.from(hkdfSync('sha256', shared, Buffer.concat([share, own]), label, 32))
      const fileKey = opened(key, body)
      if (fileKey) return fileKey
    }
    return null
  }
  return { recipient: `ssh-ed25519 ${publicKey.toString('base64')}`, unwrapper: { unwrapFileKey } }
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

const x25519Private = Buffer.from('302e020100300506032b656e04220420', 'hex')
const x25519Public = Buffer.from('302a300506032b656e032100', 'hex')

function x25519(scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([x25519Private, scalar]), format: 'der', type: 'pkcs8' })
}

function agreed(privateKey: KeyObject, point: Uint8Array): Buffer {
  const publicKey = createPublicKey({ key: Buffer.concat([x25519Public, point]), format: 'der', type: 'spki' })
  return diffieHellman({ privateKey, publicKey })
}

function opened(key: Buffer, body: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
  decipher.setAuthTag(body.subarray(-16))
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

function rsa(key: KeyObject): SshIdentity {
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' })
  const integer = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'base64url')
    return (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
  }
  const publicKey = wire('ssh-rsa', integer(e), integer(n))
  const unwrapFileKey = (stanzas: Stanza[]): Uint8Array | null => {
    for (const { body } of forKey(stanzas, 'ssh-rsa', tagOf(publicKey))) {
      try {
        return privateDecrypt({ key, oaepHash: 'sha256', oaepLabel: Buffer.from('age-encryption.org/v1/ssh-rsa') }, body)
      } catch (cause) {
        throw new Error('failed to decrypt file key', { cause })
      }
    }
    return null
  }
  return { recipient: `ssh-rsa ${publicKey.toString('base64')}`, unwrapper: { unwrapFileKey } }
}
