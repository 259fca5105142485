import { isObject, jsonIn, type JsonObject, listAt, stringAt } from '../../../lib/json.ts'
import type { Envelope } from './envelope.ts'
import { headers, signedAt } from './headers.ts'

const own: readonly string[] = ['alg', 'cty', 'crit', ...Object.values(headers)]

/** A flattened JWS, as notation writes it. Throws notation's texts. */
export function jwsEnvelope(bytes: Uint8Array): Envelope {
  const document = jsonIn(bytes)
  if (!isObject(document)) throw new Error('unable to parse the digital signature, error : it is no JSON object')
  const part = (name: string): string => stringAt(document, name) ?? ''
  const protectedPart = jsonIn(decoded(part('protected'), 'protected'))
  if (!isObject(protectedPart)) throw new Error("jws envelope protected header can't be decoded: it is no JSON object")
  const signature = decoded(part('signature'), 'signature')
  if (signature.length === 0) throw new Error('signature missing in jws-json envelope')
  return {
    algorithm: stringAt(protectedPart, 'alg') ?? '',
    contentType: stringAt(protectedPart, 'cty') ?? '',
    payload: decoded(part('payload'), 'payload'),
    signed: Buffer.from(`${part('protected')}.${part('payload')}`),
    signature,
    chain: listAt(document, 'header', 'x5c').map(text => Buffer.from(String(text), 'base64')),
    ...headersOf(protectedPart),
  }
}

function headersOf(from: JsonObject): Pick<Envelope, 'scheme' | 'signingTime' | 'expiry' | 'extended'> {
  const extended = Object.keys(from).filter(key => !own.includes(key))
  const at = signedAt({
    has: header => from[header] !== undefined && from[header] !== null,
    time: header => timeOf(stringAt(from, header) ?? ''),
    scheme: from[headers.scheme],
    critical: listAt(from, 'crit'),
    extended,
  })
  return { ...at, extended }
}

function timeOf(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new Error(`jws envelope protected header can't be decoded: ${JSON.stringify(text)} is no time`)
  return time
}

/** Strict, as what decodes in two ways could be read in two ways. */
function decoded(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Error(`jws envelope ${what} can't be decoded: it is no base64url`)
  return bytes
}
