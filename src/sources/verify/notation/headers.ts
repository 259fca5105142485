import type { SigningScheme } from './envelope.ts'

/** Headers that both kinds of envelope have. */
export const headers = {
  expiry: 'io.cncf.notary.expiry',
  scheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticSigningTime: 'io.cncf.notary.authenticSigningTime',
} as const

/** The protected headers of an envelope, whatever it is made of. */
export interface Protected {
  has(header: string): boolean
  /** Milliseconds. Throws for what is no time. */
  time(header: string): number
  readonly scheme: unknown
  readonly critical: readonly unknown[]
  /** Headers that are not notation's own. */
  readonly extended: readonly string[]
}

/** When and how it was signed. Throws notation's texts for headers that contradict each other. */
export function signedAt(from: Protected): { scheme: SigningScheme; signingTime: number; expiry: number | undefined } {
  const { scheme } = from
  if (scheme !== 'notary.x509' && scheme !== 'notary.x509.signingAuthority')
    throw new Error(`unsupported SigningScheme: \`${String(scheme)}\``)
  const [own, other] =
    scheme === 'notary.x509' ? [headers.signingTime, headers.authenticSigningTime] : [headers.authenticSigningTime, headers.signingTime]
  if (from.has(other)) throw new Error(`"${other}" header must not be present for ${scheme} signing scheme`)
  checkCritical(from, [
    headers.scheme,
    ...(from.has(headers.expiry) ? [headers.expiry] : []),
    ...(scheme === 'notary.x509' ? [] : [headers.authenticSigningTime]),
  ])
  if (!from.has(own)) throw new Error('signing-time not present')
  return { scheme, signingTime: from.time(own), expiry: from.has(headers.expiry) ? from.time(headers.expiry) : undefined }
}

function checkCritical({ critical, extended }: Protected, must: readonly string[]): void {
  if (critical.length === 0) throw new Error('missing "crit" header')
  for (const header of critical)
    if (typeof header !== 'string' || !(must.includes(header) || extended.includes(header)))
      throw new Error(`${JSON.stringify(header)} header is marked critical but not present`)
  const unmarked = must.filter(header => !critical.includes(header))
  if (unmarked.length > 0) throw new Error(`these required headers are not marked as critical: [${unmarked.join(' ')}]`)
}
