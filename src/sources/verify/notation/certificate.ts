import { X509Certificate as NodeCertificate } from 'node:crypto'
import { type ASN1Obj, X509Certificate as Parsed } from '@sigstore/core'
import { printedName } from './names.ts'

/** Algorithms of notation by their names in JOSE. */
export type Algorithm = 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512'

/** A certificate as notation looks at it. Times are milliseconds. */
export interface Certificate {
  readonly node: NodeCertificate
  readonly parsed: Parsed
  /** As Go prints it. */
  readonly subject: string
  readonly notBefore: number
  readonly notAfter: number
}

/** A certificate from its DER. Throws for what is none. */
export function certificateOf(der: Uint8Array): Certificate {
  const node = new NodeCertificate(der)
  const parsed = Parsed.parse(Buffer.from(node.raw))
  return {
    node,
    parsed,
    subject: printedName(subjectOf(parsed)),
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
  }
}

function subjectOf(parsed: Parsed): ASN1Obj {
  const fields = parsed.tbsCertificate.subs
  const subject = fields[fields[0]?.tag.isContextSpecific(0) ? 5 : 4]
  if (!subject) throw new Error('x509: malformed certificate')
  return subject
}

const rsa: Readonly<Record<number, Algorithm | undefined>> = { 2048: 'PS256', 3072: 'PS384', 4096: 'PS512' }
const curves: Readonly<Record<string, Algorithm | undefined>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** The only algorithm that a certificate's key may sign with. Throws notation's text for another key. */
export function algorithmOf({ node: { publicKey } }: Certificate): Algorithm {
  const { modulusLength = 0, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {}
  const type = publicKey.asymmetricKeyType
  if (type !== 'rsa' && type !== 'ec') throw new Error('unsupported public key type')
  const found = type === 'rsa' ? rsa[modulusLength] : curves[namedCurve]
  if (found) return found
  throw new Error(
    type === 'rsa' ? `rsa key size ${modulusLength} bits is not supported` : `ecdsa key size of ${namedCurve} is not supported`,
  )
}

/** The certificates of a file: PEM, of which the first counts, or DER. Throws Flux's text. */
export function certificatesIn(file: Uint8Array, name: string): Certificate[] {
  const [, body] = /-----BEGIN [A-Z0-9 ]+-----([\s\S]*?)-----END [A-Z0-9 ]+-----/.exec(Buffer.from(file).toString('latin1')) ?? []
  try {
    return [certificateOf(body === undefined ? file : Buffer.from(body, 'base64'))]
  } catch (cause) {
    throw new Error(`failed to parse certificate '${name}': x509: malformed certificate`, { cause })
  }
}
