import { CodedError } from '../../lib/coded-error.ts'

const messages = {
  DISK_FULL: (what: string) =>
    `no space left to write '${what}': free some, or give --storage-path (for temporary files, TMPDIR) another disk`,
  FILE_LIMIT: (what: string) =>
    `'${what}' is larger than a file may be here: raise the limit of this process (ulimit -f), or give --storage-path another disk`,
  NO_FOLDER: (what: string) =>
    `folder '${what}' cannot be made: check the permissions of the storage folder, and that nothing is in its place`,
  WRITE_FAILED: (what: string) => `'${what}' cannot be written: check the folder's permissions and its disk`,
  NO_DATABASE: (what: string) => `this Node (${what}) was built without SQLite, which tags of images are kept in: use one of nodejs.org`,
  DIGEST_MISMATCH: (what: string) => `artifact '${what}' does not have its digest: reconcile its source to store it again`,
  DIGEST_UNSUPPORTED: (what: string) =>
    `artifact '${what}' has a digest that cannot be checked: let its controller run with --artifact-digest-algo sha256`,
  SUPERSEDED: (what: string) => `artifact '${what}' cannot be reached, and its source offers another: read that`,
  UNREACHABLE: (what: string) => `artifact '${what}' cannot be reached: check that source-controller runs and that its service may be read`,
}
export type StorageErrorCode = keyof typeof messages

/** Artifacts that cannot be written or read. */
export class StorageError extends CodedError<StorageErrorCode> {
  override readonly name = 'StorageError'
  constructor(code: StorageErrorCode, what: string, options?: ErrorOptions) {
    super(code, messages[code](what), options)
  }
}

const full: Readonly<Record<string, StorageErrorCode>> = { ENOSPC: 'DISK_FULL', EDQUOT: 'DISK_FULL', EFBIG: 'FILE_LIMIT' }

/** Work on a disk; what that refuses becomes a coded error about `what`. @throws {StorageError} DISK_FULL, FILE_LIMIT, or `otherwise` */
export async function onDisk<T>(
  what: string,
  work: () => Promise<T>,
  otherwise: 'WRITE_FAILED' | 'NO_FOLDER' = 'WRITE_FAILED',
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw diskError(cause, what, otherwise)
  }
}

/** What a disk refused, as a coded error about `what`; one that is coded already as it is. */
export function diskError(cause: unknown, what: string, otherwise: StorageErrorCode): StorageError {
  if (cause instanceof StorageError) return cause
  return new StorageError(full[String((cause as NodeJS.ErrnoException).code)] ?? otherwise, what, { cause })
}
