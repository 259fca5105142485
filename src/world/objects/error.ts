import { advisedError } from '../../lib/coded-error.ts'

const advice = {
  ADDRESS: 'check spec.endpoint',
  CREDENTIALS: 'check the Secret of spec.secretRef',
  DENIED: 'check the keys and what they are allowed to read',
  NOT_FOUND: 'check the name of the bucket',
  UNREACHABLE: 'check the endpoint, the proxy and whether the store is up',
  TLS: 'check the certificate: spec.certSecretRef adds a CA, insecure allows plain HTTP',
  TIMEOUT: 'try again later, or raise spec.timeout',
  UNAVAILABLE: 'the store failed: try again later',
  REFUSED: 'the store does not take this request',
  BAD_ANSWER: 'check that the endpoint is an object store of this provider',
  TOO_LARGE: 'leave objects out with spec.ignore or spec.prefix',
  CHANGED: 'the object changes while it is read: try again later',
} as const
export type ObjectStoreErrorCode = keyof typeof advice

/** What was asked and answered. `reason` is the store's own code, `status` the HTTP status. */
export interface Told {
  readonly message: string
  readonly status?: number | undefined
  readonly reason?: string | undefined
}

/** An object store refused or failed. `message` has the store's words and no secret; `advice` says what to do. */
export class ObjectStoreError extends advisedError(advice) {
  override readonly name = 'ObjectStoreError'
  readonly status: number | undefined
  readonly reason: string | undefined
  constructor(code: ObjectStoreErrorCode, { message, status, reason }: Told, options?: ErrorOptions) {
    super(code, message, options)
    this.status = status
    this.reason = reason
  }
}

/** What an HTTP status of 300 or more means. */
export function codeOf(status: number): ObjectStoreErrorCode {
  if (status === 401 || status === 403) return 'DENIED'
  if (status === 404) return 'NOT_FOUND'
  if (status === 412) return 'CHANGED'
  if (status >= 500 || status === 429 || status === 408) return 'UNAVAILABLE'
  return status >= 400 ? 'REFUSED' : 'BAD_ANSWER'
}
