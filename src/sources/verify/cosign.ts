import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Descriptor, type ImageManifest } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'
import { isObject, jsonIn, stringAt } from '../../lib/json.ts'

/** Where cosign writes what a signature needs beside its payload. */
export const cosignAnnotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
} as const

/** One signature: the payload that is signed, and the annotations of its layer. */
export interface CosignSignature {
  readonly payload: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/** As many signatures of one artifact as cosign itself looks at. */
const mostSignatures = 1000
/** A payload names one digest: what is longer is not one. */
export const payloadLimit = 128 * 1024

/** The tag of the signatures of a manifest. Spec: sources 3.6. */
export function signatureTag(digest: Digest): string {
  return `${digest.replace(':', '-')}.sig`
}

/** The payloads that a manifest of signatures lists. Throws text for what is no such manifest. */
export function signatureLayers(bytes: Uint8Array): Descriptor[] {
  const manifest = jsonIn(bytes)
  if (!isObject(manifest) || !Array.isArray(manifest.layers)) throw new Error('the manifest of the signatures has no layers')
  const { layers } = manifest as unknown as ImageManifest
  if (layers.length > mostSignatures) throw new Error(`number of layers (${layers.length}) exceeded the limit (${mostSignatures})`)
  const large = layers.find(({ size }) => !(size <= payloadLimit))
  if (large) throw new Error(`the payload of a signature is larger than ${payloadLimit} bytes`)
  return [...layers]
}

/** A public key as cosign takes it: PEM of a PKIX or PKCS1 key. Throws text for anything else. */
export function cosignKey(pem: string): KeyObject {
  const [block, type = ''] = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/.exec(pem) ?? []
  if (block === undefined) throw new Error('PEM decoding failed')
  if (type !== 'PUBLIC KEY' && type !== 'RSA PUBLIC KEY')
    throw new Error(`unknown Public key PEM file type: ${type}. Are you passing the correct public key?`)
  const key = parsed(block)
  if (!['ec', 'rsa', 'ed25519'].includes(key.asymmetricKeyType ?? '')) throw new Error('unsupported public key type')
  return key
}

function parsed(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new Error('the public key cannot be parsed', { cause })
  }
}

/** Why a signature by a key is none of this manifest; `undefined` when it is good. */
export function keyedProblem(signature: CosignSignature, { key, digest }: { key: KeyObject; digest: Digest }): string | undefined {
  const bytes = Buffer.from(signature.annotations[cosignAnnotations.signature] ?? '', 'base64')
  const good = bytes.length > 0 && hashesOf(key).some(hash => verifies(signature.payload, { hash, key, bytes }))
  if (!good) return 'invalid signature when validating the payload'
  return payloadProblem(signature.payload, digest)
}

const ownHashes: Readonly<Record<string, string | undefined>> = { secp384r1: 'sha384', secp521r1: 'sha512' }

/** SHA-256 whatever the key, as Flux has it; and the hash of the curve, which newer versions of cosign sign with. Spec: sources 15. */
function hashesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): (string | undefined)[] {
  if (asymmetricKeyType === 'ed25519') return [undefined]
  const own = ownHashes[asymmetricKeyDetails?.namedCurve ?? '']
  return own === undefined ? ['sha256'] : ['sha256', own]
}

function verifies(payload: Uint8Array, { hash, key, bytes }: { hash: string | undefined; key: KeyObject; bytes: Buffer }): boolean {
  try {
    return verify(hash, payload, key, bytes)
  } catch {
    return false
  }
}

/**
 * Why a signed payload is not about this manifest; `undefined` when it is. Flux does not ask: there a signature is good for every manifest
 * that it is put beside. Spec: sources 15.
 */
export function payloadProblem(payload: Uint8Array, digest: Digest): string | undefined {
  const document = jsonIn(payload)
  if (!isObject(document)) return 'the payload of the signature is no JSON object'
  const type = stringAt(document, 'critical', 'type') ?? ''
  if (type !== 'cosign container image signature') return `the payload of the signature is of an unknown type: '${type}'`
  const signed = stringAt(document, 'critical', 'image', 'docker-manifest-digest') ?? ''
  return signed === digest ? undefined : `invalid or missing digest in claim: ${signed || 'none'}`
}
