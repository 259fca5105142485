import { CodedError } from '../../lib/coded-error.ts'

/**
 * Why a SOPS document cannot be decrypted, in the words of SOPS and never with a value of the document: MALFORMED text or metadata, NO_KEY for a data key
 * that nobody could give, TAMPERED for what does not authenticate, CANNOT_EMIT for a tree that a format has no form for.
 */
export class SopsError extends CodedError<'MALFORMED' | 'NO_KEY' | 'TAMPERED' | 'CANNOT_EMIT'> {
  override readonly name = 'SopsError'
}

export function malformed(message: string, options?: ErrorOptions): SopsError {
  return new SopsError('MALFORMED', message, options)
}
