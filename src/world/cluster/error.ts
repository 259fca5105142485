import { advisedError } from '../../lib/coded-error.ts'
import type { JsonObject } from '../../lib/json.ts'

/** What an API call was about, and what the server said. `status` is the HTTP status, `reason` the API reason, `details` its details. */
export interface Call {
  readonly cluster: string
  /** `get deployments.apps web/podinfo`. */
  readonly what: string
  readonly status?: number | undefined
  readonly reason?: string | undefined
  /** The server's own message, or the network's. */
  readonly message: string
  readonly details?: JsonObject | undefined
  /** Seconds from Retry-After. */
  readonly retryAfter?: number | undefined
  /** What could have been meant: near names, served versions, configured clusters. */
  readonly valid?: readonly string[] | undefined
}

const advice = {
  UNREACHABLE: 'check the server address of this context, its certificate authority and any proxy',
  UNAUTHENTICATED: 'renew the credentials of this kubeconfig context',
  FORBIDDEN: 'ask for the right named in the message',
  NOT_FOUND: 'check the name and the namespace',
  NO_MATCH: 'the kind is not served here: install its CRD or use one of the served kinds',
  CONFLICT: 'another manager owns a field, or the object changed meanwhile: read it again',
  ALREADY_EXISTS: 'choose another name, or apply instead of create',
  INVALID: 'correct the field named in the message',
  EXPIRED: 'the list or watch position is too old: start again from the first page',
  RATE_LIMITED: 'the API server asks to wait: try again later',
  TIMEOUT: 'no answer in time; a write may have happened: read the object back',
  UNAVAILABLE: 'the API server failed: try again, and look at its log if it stays so',
  BAD_ANSWER: 'this is not a Kubernetes API server, or a proxy changed its answer',
  AMBIGUOUS: 'name one with the argument cluster',
  UNKNOWN_CLUSTER: 'use one of the configured clusters',
  NO_CLUSTER: 'set KUBECONFIG, pass --kubeconfig, or start with --sandbox',
}
export type ClusterErrorCode = keyof typeof advice

/** Everything that a Kubernetes API call can fail with. `message` is the server's own text where it gave one. */
export class ClusterError extends advisedError(advice) {
  override readonly name = 'ClusterError'
  readonly call: Call
  constructor(code: ClusterErrorCode, call: Call, options?: ErrorOptions) {
    super(code, call.message, options)
    this.call = call
  }
}
