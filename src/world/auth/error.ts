import { advisedError, messageOf } from '../../lib/coded-error.ts'

const advice = {
  GATE_DISABLED: 'start with --feature-gates ObjectLevelWorkloadIdentity=true',
  WRONG_INPUT: 'correct what the message names',
  NO_IDENTITY: 'give this process an identity of that cloud, or use a Secret',
  NO_ACCOUNT: 'check the service account and the right to create serviceaccounts/token',
  DENIED: "check the trust between the cluster and the cloud, and the identity's rights",
  UNREACHABLE: 'check the network and the proxy',
  UNAVAILABLE: 'the token service failed: try again later',
  BAD_ANSWER: 'check what the address serves, and any proxy before it',
} as const
export type AuthErrorCode = keyof typeof advice

/** Signing in to a cloud failed. The message has Flux's words where Flux has some, and never a secret. */
export class AuthError extends advisedError(advice) {
  override readonly name = 'AuthError'
}

/** A step: the words that its failures begin with, and their code unless they have one. */
export interface Step {
  readonly what: string
  readonly signal: AbortSignal
  readonly code?: AuthErrorCode | undefined
}

/** Runs a step; what it throws is told with the step's words before it, and keeps its code. An abort rejects with its reason. */
export async function during<T>({ what, signal, code = 'NO_ACCOUNT' }: Step, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    signal.throwIfAborted()
    throw new AuthError(thrown instanceof AuthError ? thrown.code : code, `${what}: ${messageOf(thrown)}`, { cause: thrown })
  }
}
