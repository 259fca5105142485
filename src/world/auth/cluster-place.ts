import type { Wanted } from './cloud.ts'
import { AuthError, during } from './error.ts'
import type { Line } from './line.ts'

/** Asks for an access token. */
export type TokenFor<T> = (wanted: Wanted) => Promise<T>

/** A step of getting a token for a cluster. */
export function clusterToken<T>(work: () => Promise<T>, { signal }: Pick<Line, 'signal'>): Promise<T> {
  return during({ what: 'failed to get access token for cluster', signal, code: 'BAD_ANSWER' }, work)
}

/** An address as `https://host:port`; https is what one without a scheme has. @throws {AuthError} WRONG_INPUT with Flux's texts. */
export function clusterAddress(given: string): string {
  const address = given.startsWith('http') ? given : `https://${given}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || url.username || url.password)
    throw new AuthError('WRONG_INPUT', `failed to parse Kubernetes API server address '${given}': it is no address`)
  if (url.protocol !== 'https:') throw new AuthError('WRONG_INPUT', `the Kubernetes API server address '${address}' must use https scheme`)
  return `https://${url.hostname.toLowerCase()}:${url.port || '443'}`
}

/** The parts of a cluster's name. @throws {AuthError} WRONG_INPUT with Flux's text. */
export function clusterName(
  given: string | undefined,
  { pattern, what, flags = '' }: { pattern: string; what: string; flags?: string },
): string[] {
  const found = new RegExp(pattern, flags).exec(given ?? '')
  if (found) return found.slice(1)
  throw new AuthError('WRONG_INPUT', `invalid ${what}: '${given ?? ''}'. must match ${flags === 'i' ? '(?i)' : ''}${pattern}`)
}

/** A certificate authority as clouds tell it. @throws {AuthError} BAD_ANSWER. */
export function decodedCa(data: string | undefined, kind: string): string {
  if (data && /^[A-Za-z0-9+/\s]+={0,2}$/.test(data)) return Buffer.from(data, 'base64').toString('utf8')
  throw new AuthError('BAD_ANSWER', `failed to decode ${kind} CA certificate: it is no base64 text`)
}
