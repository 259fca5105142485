import { advisedError, CodedError } from '../../lib/coded-error.ts'

const messages = {
  OUTSIDE_WORKSPACE: (path: string) => `'${path}' is outside the workspace`,
  NOT_FOUND: (path: string) => `'${path}' does not exist`,
  NOT_ALLOWED: (path: string) => `'${path}' may not be read or written by this user`,
  IN_THE_WAY: (path: string) => `'${path}' is a file where a folder should be, or a folder where a file should be`,
  DISK_FULL: (path: string) => `the disk is full: '${path}' was not written`,
  FILE_LIMIT: (path: string) => `'${path}' was not written: it is larger than a file of this process may be`,
}
export type FilesErrorCode = keyof typeof messages

const advice: Readonly<Record<FilesErrorCode, (workspaces: readonly string[]) => string>> = {
  OUTSIDE_WORKSPACE: workspaces => `allowed are ${workspaces.join(', ')}; --workspace allows more`,
  NOT_FOUND: workspaces => (workspaces.length > 0 ? `check the path; files are looked for in ${workspaces.join(', ')}` : 'check the path'),
  NOT_ALLOWED: () => 'change its permissions, or take another path',
  IN_THE_WAY: () => 'move it away, or take another path',
  DISK_FULL: () => 'make room and try again',
  FILE_LIMIT: () => 'raise ulimit -f',
}

/** The user's files that may not, or cannot, be used. */
export class FilesError extends CodedError<FilesErrorCode> {
  override readonly name = 'FilesError'
  readonly advice: string
  constructor(code: FilesErrorCode, path: string, { workspaces = [], cause }: { workspaces?: readonly string[]; cause?: unknown } = {}) {
    super(code, messages[code](path), { cause })
    this.advice = advice[code](workspaces)
  }
}

const codes: Readonly<Record<string, FilesErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  EACCES: 'NOT_ALLOWED',
  EPERM: 'NOT_ALLOWED',
  EROFS: 'NOT_ALLOWED',
  EISDIR: 'IN_THE_WAY',
  ENOTDIR: 'IN_THE_WAY',
  EEXIST: 'IN_THE_WAY',
  ENOTEMPTY: 'IN_THE_WAY',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'FILE_LIMIT',
}

/** What the file system threw, in our words where we have some. */
export function filesErrorOf(thrown: unknown, path: string): unknown {
  const code = codes[(thrown as { code?: string }).code ?? '']
  return code === undefined ? thrown : new FilesError(code, path, { cause: thrown })
}

const commitAdvice = {
  NO_CHECKOUT: 'name a path in a Git checkout that has a commit, or leave commit away',
  NO_AUTHOR: 'set user.name and user.email with git config',
  REFUSED: 'the files are written: see what git says, and commit them',
} as const
export type CommitErrorCode = keyof typeof commitAdvice

/** A commit that the user's own Git checkout did not take. */
export class CommitError extends advisedError(commitAdvice) {
  override readonly name = 'CommitError'
}
