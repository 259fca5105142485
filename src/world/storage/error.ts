import { CodedError } from '../../lib/coded-error.ts'

const messages = {
  DISK_FULL: (what: string) => `no space left to write '${what}': free some, or give --storage-path another disk`,
  NO_FOLDER: (what: string) =>
    `folder '${what}' cannot be made: check the permissions of the storage folder, and that nothing is in its place`,
  WRITE_FAILED: (what: string) => `'${what}' cannot be written: check the folder's permissions and its disk`,
  DIGEST_MISMATCH: (what: string) => `artifact '${what}' does not have its digest: reconcile its source to store it again`,
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
