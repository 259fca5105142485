import { type Cbor, parseCbor, Tagged } from './cbor.ts'
import type { Envelope } from './envelope.ts'
import { headers, signedAt } from './headers.ts'

const labels = { algorithm: 1, critical: 2, contentType: 3, chain: 33 } as const
const algorithms = new Map<Cbor | undefined, string>([
  [-37, 'PS256'],
  [-38, 'PS384'],
  [-39, 'PS512'],
  [-7, 'ES256'],
  [-35, 'ES384'],
  [-36, 'ES512'],
])
const sign1 = 18

type Headers = ReadonlyMap<Cbor, Cbor>

/** A COSE_Sign1 message, as notation writes it. Throws notation's texts. https://www.rfc-editor.org/rfc/rfc9052 */
export function coseEnvelope(bytes: Uint8Array): Envelope {
  const message = parsed(bytes)
  if (!(message instanceof Tagged) || message.tag !== sign1 || !Array.isArray(message.value) || message.value.length !== 4)
    throw new Error('unable to parse the digital signature, error : cbor: invalid COSE_Sign1_Tagged object')
  const [raw, unprotected, payload, signature] = message.value as readonly Cbor[]
  if (!(raw instanceof Uint8Array) || !(unprotected instanceof Map) || !(payload instanceof Uint8Array))
    throw new Error('unable to parse the digital signature, error : cbor: invalid COSE_Sign1 parts')
  if (!(signature instanceof Uint8Array) || signature.length === 0) throw new Error('signature missing in COSE envelope')
  const own = parsed(raw)
  if (!(own instanceof Map)) throw new Error('unable to parse the digital signature, error : cbor: the protected header is no map')
  const contentType = own.get(labels.contentType)
  if (typeof contentType !== 'string') throw new Error("content type should be of 'tstr' type")
  return {
    algorithm: algorithms.get(own.get(labels.algorithm)) ?? String(own.get(labels.algorithm)),
    contentType,
    payload,
    signed: toBeSigned(raw, payload),
    signature,
    chain: chainIn(unprotected),
    ...headersOf(own),
  }
}

function parsed(bytes: Uint8Array): Cbor {
  try {
    return parseCbor(bytes)
  } catch (cause) {
    throw new Error(`unable to parse the digital signature, error : ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}

function chainIn(unprotected: Headers): Uint8Array[] {
  const chain = unprotected.get(labels.chain)
  if (!Array.isArray(chain)) throw new Error('certificate chain is not present')
  return (chain as readonly Cbor[]).map(der => {
    if (!(der instanceof Uint8Array)) throw new Error('COSE envelope malformed leaf certificate')
    return der
  })
}

function headersOf(own: Headers): Pick<Envelope, 'scheme' | 'signingTime' | 'expiry' | 'extended'> {
  const known: readonly Cbor[] = [labels.algorithm, labels.critical, labels.contentType, ...Object.values(headers)]
  const extended = [...own.keys()].filter(key => !known.includes(key)).map(String)
  const critical = own.get(labels.critical)
  const at = signedAt({
    has: header => own.has(header),
    time: header => timeOf(own.get(header), header),
    scheme: own.get(headers.scheme),
    critical: Array.isArray(critical) ? (critical as readonly unknown[]) : [],
    extended,
  })
  return { ...at, extended }
}

function timeOf(value: Cbor | undefined, header: string): number {
  if (!(value instanceof Tagged)) throw new Error(`header "${header}" time value does not have a tag`)
  if (value.tag !== 1) throw new Error('only Tag `1` Datetime CBOR object is supported')
  if (typeof value.value !== 'number' || !Number.isFinite(value.value)) throw new Error('invalid timeValue type')
  return value.value * 1000
}

/** `["Signature1", protected, external, payload]`, which is what a COSE_Sign1 signs. */
function toBeSigned(own: Uint8Array, payload: Uint8Array): Uint8Array {
  const context = Buffer.from('Signature1')
  return Buffer.concat([
    Buffer.from([0x84]),
    head(3, context.length),
    context,
    head(2, own.length),
    own,
    head(2, 0),
    head(2, payload.length),
    payload,
  ])
}

function head(major: number, length: number): Buffer {
  const first = major << 5
  if (length < 24) return Buffer.from([first | length])
  if (length < 0x100) return Buffer.from([first | 24, length])
  if (length < 0x10000) return Buffer.from([first | 25, length >> 8, length & 255])
  const bytes = Buffer.alloc(5)
  bytes[0] = first | 26
  bytes.writeUInt32BE(length, 1)
  return bytes
}
