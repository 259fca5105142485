import { CodedError } from '../../lib/coded-error.ts'

/**
 * A key service gave no data key: WRONG_KEY for a name that is none, REFUSED for an answer that is no success, UNREACHABLE, BAD_ANSWER,
 * NO_TOKEN where there is nothing to sign in with. The message never has a secret.
 */
export class KmsError extends CodedError<'WRONG_KEY' | 'REFUSED' | 'UNREACHABLE' | 'BAD_ANSWER' | 'NO_TOKEN'> {
  override readonly name = 'KmsError'
}
