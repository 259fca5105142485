import { CodedError } from '../../lib/coded-error.ts'

/** The user's files that may not, or cannot, be used. */
export class FilesError extends CodedError<'OUTSIDE_WORKSPACE' | 'NOT_FOUND'> {
  override readonly name = 'FilesError'
  readonly advice: string
  constructor(code: 'OUTSIDE_WORKSPACE' | 'NOT_FOUND', path: string, workspaces: readonly string[]) {
    super(code, code === 'NOT_FOUND' ? `'${path}' does not exist` : `'${path}' is outside the workspace`)
    this.advice = code === 'NOT_FOUND' ? 'check the path' : `allowed are ${workspaces.join(', ')}; --workspace allows more`
  }
}
