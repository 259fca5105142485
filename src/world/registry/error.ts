import { CodedError } from '../../lib/coded-error.ts'

/** What failed. `status` is the HTTP status; absent when no answer came. `message` is the registry's or the CLI's own text. */
export interface Place {
  readonly ref: string
  readonly status?: number | undefined
  readonly message?: string | undefined
  /** How long the registry asks to wait. */
  readonly retryAfterSeconds?: number | undefined
}

const advice = {
  NOT_FOUND: 'check the repository and the tag; list_artifacts shows what is there',
  DENIED: 'check the credentials (spec.secretRef, or the docker config) and their scope',
  UNREACHABLE: 'check the address, the proxy and whether the registry is up',
  TLS: 'check the certificate: spec.certSecretRef adds a CA; insecure allows plain HTTP',
  TIMEOUT: 'try again later, or check the network and the proxy',
  RATE_LIMITED: 'wait and try again, or sign in for a higher limit',
  UNAVAILABLE: 'the registry failed: try again later',
  DIGEST_MISMATCH: 'do not use the content: push it again',
  SIZE_MISMATCH: 'do not use the content: push it again',
  TOO_LARGE: 'the answer is larger than any valid one: check what the address serves',
  BAD_ANSWER: 'check that the address is an OCI registry',
  REFUSED: 'the registry does not take this content',
  ORAS_MISSING: 'install oras 1.2 or newer, or use --oras off',
  ORAS_TOO_OLD: 'install oras 1.2 or newer, or use --oras off',
  ORAS_FAILED: 'run the command by hand to see more',
} as const
export type RegistryErrorCode = keyof typeof advice

/** A failed call to a registry. `message` names the reference and carries the registry's words; `advice` says what to do. */
export class RegistryError extends CodedError<RegistryErrorCode> {
  override readonly name = 'RegistryError'
  readonly place: Place
  readonly advice: string
  constructor(code: RegistryErrorCode, place: Place, options?: ErrorOptions) {
    super(code, place.message ?? `${place.ref}: ${code.toLowerCase().replaceAll('_', ' ')}`, options)
    this.place = place
    const { retryAfterSeconds: seconds } = place
    this.advice = seconds === undefined ? advice[code] : `wait ${seconds} s and try again, or sign in for a higher limit`
  }
}

/** What an HTTP status of 300 or more means. */
export function codeOf(status: number): RegistryErrorCode {
  if (status === 404) return 'NOT_FOUND'
  if (status === 401 || status === 403) return 'DENIED'
  if (status === 429) return 'RATE_LIMITED'
  return status >= 500 ? 'UNAVAILABLE' : status >= 400 ? 'REFUSED' : 'BAD_ANSWER'
}

/** `undefined` where the registry answered that it is not there. */
export async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof RegistryError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}
