/** An entry of a folder. `mode` holds the permission bits, setuid, setgid and sticky. Anything but folders, files and links is `other`. */
export interface FileEntry {
  readonly name: string
  readonly type: 'folder' | 'file' | 'link' | 'other'
  readonly mode: number
  readonly size: number
}

/** The user's files, confined to the workspace folders: links are resolved first, then compared. */
export interface Files {
  /** Absolute, links resolved. @throws {FilesError} OUTSIDE_WORKSPACE with the allowed folders; NOT_FOUND. */
  resolve(path: string): Promise<string>
  /** What a path is, itself not followed when it is a link. `undefined` when it does not exist. */
  stat(path: string): Promise<FileEntry | undefined>
  /** Entries in byte order of their names. */
  list(folder: string): Promise<FileEntry[]>
  read(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Writes by temporary file and rename; parents are made. Never follows a link out of the workspace. */
  write(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, mode?: number): Promise<void>
  /**
   * Gives files that are there other content, through links too. Each is whole at any time; its mode and owner stay. All content is on the disk
   * before the first file changes; what a call that was killed left beside them goes. @throws {FilesError} NOT_ALLOWED also for a file that is only read
   */
  replace(contents: ReadonlyMap<string, Uint8Array>): Promise<void>
  /** Runs in a fresh temporary folder and removes it afterwards. */
  temporary<T>(use: (folder: string) => Promise<T>): Promise<T>
}

/** Where a folder comes from, by its Git metadata. `undefined` when it is not in a Git checkout. */
export interface Origin {
  /** Of remote `origin`, without user info; `undefined` when there is none. */
  readonly url?: string | undefined
  /** `main@sha1:…`; `undefined` before the first commit. */
  readonly revision?: string | undefined
  readonly dirty: boolean
}
export interface GitOrigin {
  of(folder: string, signal: AbortSignal): Promise<Origin | undefined>
}

/** The user's own Git checkouts, by the `git` on PATH. No hook runs, and nobody is asked. */
export interface OwnCheckouts {
  /**
   * The checkout that a folder is in, as it stands against its last commit.
   * @throws {CommitError} NO_CHECKOUT; NO_AUTHOR when git does not know who commits
   */
  at(folder: string, signal: AbortSignal): Promise<OwnCheckout>
}
export interface OwnCheckout {
  /** What the last commit has of files, by absolute paths: `same`, `other`, or `none` for a file that is not in it. */
  states(paths: readonly string[]): Promise<ReadonlyMap<string, 'same' | 'other' | 'none'>>
  /** The files below a folder that are not as in the last commit, without those that are not in it. Absolute paths. */
  changed(folder: string): Promise<string[]>
  /** A file of the last commit, as a checkout would write it. */
  committed(path: string): Promise<Uint8Array>
  /** Commits files as they are and nothing else; what is staged besides stays so. @returns the hash @throws {CommitError} REFUSED with git's words */
  commit(paths: readonly string[], message: string): Promise<string>
}
