import { CodedError } from './coded-error.ts'

/** `CLASH`: one path is a file and a folder. `LINK`: a symbolic link where `links` refuses them, or a hard link to what the archive does not hold. `MALFORMED`: gzip data that cannot be inflated. */
export type ArchiveErrorCode =
  | 'NOT_GZIP'
  | 'NOT_TAR'
  | 'MALFORMED'
  | 'TRUNCATED'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'ESCAPES'
  | 'LINK'
  | 'CLASH'
  | 'UNSUPPORTED'

/** An archive that must not be unpacked. Messages are Flux's where it has one. Spec: sources 11.1. */
export class ArchiveError extends CodedError<ArchiveErrorCode> {
  override readonly name = 'ArchiveError'
  /** Name of the entry as the archive has it; `undefined` when the error is of the archive itself. */
  readonly entry: string | undefined
  constructor(code: ArchiveErrorCode, message: string, { entry, ...options }: ErrorOptions & { readonly entry?: string } = {}) {
    super(code, message, options)
    this.entry = entry
  }
}

/** What is no tar, in Go's words. */
export function notTar(why = 'invalid tar header'): ArchiveError {
  return new ArchiveError('NOT_TAR', `tar error: archive/tar: ${why}`)
}
