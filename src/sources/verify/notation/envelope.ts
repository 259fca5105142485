import { constants, verify } from 'node:crypto'
import { type Algorithm, algorithmOf, type Certificate, certificateOf } from './certificate.ts'
import { chainProblem } from './chain.ts'
import { coseEnvelope } from './cose.ts'
import { jwsEnvelope } from './jws.ts'

export const envelopeTypes = { jws: 'application/jose+json', cose: 'application/cose' } as const
export type SigningScheme = 'notary.x509' | 'notary.x509.signingAuthority'

/** What an envelope says, not yet believed. `signed` are the bytes below the signature. Times are milliseconds. */
export interface Envelope {
  readonly algorithm: string
  readonly contentType: string
  readonly payload: Uint8Array
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  readonly chain: readonly Uint8Array[]
  readonly scheme: SigningScheme
  readonly signingTime: number
  readonly expiry: number | undefined
  /** Attributes of the signer's own; a plugin would read them. */
  readonly extended: readonly string[]
}

/** An envelope whose signature is that of its own first certificate, and whose certificates are a chain. Nobody trusts them yet. */
export interface Sound extends Envelope {
  readonly certificates: readonly [Certificate, ...Certificate[]]
}

const payloadType = 'application/vnd.cncf.notary.payload.v1+json'
/** Certificates of a chain: each is looked at. */
const longestChain = 32

/** Reads an envelope and checks all that needs no trust. Throws notation's texts. Spec: sources 3.6. */
export function soundEnvelope(bytes: Uint8Array, mediaType: string): Sound {
  const envelope = parsed(bytes, mediaType)
  const certificates = envelope.chain.map(der => certified(der))
  const [leaf, ...rest] = certificates
  if (!leaf) throw new Error('certificate chain is not present')
  if (!verifies(envelope, leaf)) throw new Error('signature is invalid. Error: verification error')
  const problem = chainProblem(certificates)
  if (problem !== undefined) throw new Error(`certificate-chain is invalid, ${problem}`)
  if (envelope.expiry !== undefined && envelope.expiry <= envelope.signingTime)
    throw new Error('expiry cannot be equal or before the signing time')
  if (envelope.contentType !== payloadType) throw new Error(`payload content type ${JSON.stringify(envelope.contentType)} not supported`)
  return { ...envelope, certificates: [leaf, ...rest] }
}

function parsed(bytes: Uint8Array, mediaType: string): Envelope {
  if (mediaType !== envelopeTypes.jws && mediaType !== envelopeTypes.cose)
    throw new Error(
      `unable to parse the digital signature, error : signature envelope format with media type ${JSON.stringify(mediaType)} is not supported`,
    )
  const envelope = mediaType === envelopeTypes.jws ? jwsEnvelope(bytes) : coseEnvelope(bytes)
  if (envelope.chain.length > longestChain) throw new Error(`certificate chain has more than ${longestChain} certificates`)
  return envelope
}

function certified(der: Uint8Array): Certificate {
  try {
    return certificateOf(der)
  } catch (cause) {
    throw new Error('malformed leaf certificate', { cause })
  }
}

/** The algorithm is that of the key: an envelope cannot choose another. */
function verifies({ algorithm, signed, signature }: Envelope, leaf: Certificate): boolean {
  const wanted: Algorithm = algorithmOf(leaf)
  if (algorithm !== wanted)
    throw new Error(
      `mismatch between signature algorithm derived from signing certificate (${wanted}) and signing algorithm specified (${algorithm})`,
    )
  const hash = `sha${wanted.slice(2)}`
  const how = wanted.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { dsaEncoding: 'ieee-p1363' as const }
  return verify(hash, signed, { key: leaf.node.publicKey, ...how }, signature)
}
