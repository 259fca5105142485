import type { GitCommit, GitTag } from '../../kinds/git.ts'
import type { Tree } from '../../lib/tree.ts'

/** How to sign in. */
export type GitCredentials =
  | { readonly type: 'anonymous' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | {
      readonly type: 'ssh'
      readonly user: string
      /** PEM or OpenSSH. */
      readonly identity: string
      readonly knownHosts: string
      readonly passphrase?: string | undefined
    }

export interface GitRemote {
  /** http, https or ssh; without user info. */
  readonly url: string
  readonly credentials: GitCredentials
  /** PEM texts. */
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined } | undefined
  /** http, https or socks5, with its user info. */
  readonly proxy?: string | undefined
}

/** What to fetch. `ref` is a full name; `commit` needs the history of `ref`, or of every branch without one. */
export interface Wanted {
  readonly ref?: string | undefined
  readonly commit?: string | undefined
  /** String prefixes of paths; others are not needed, and not transferred where the server can filter. */
  readonly sparse?: readonly string[] | undefined
  readonly submodules?: boolean | undefined
}

/** What a commit is signed with: a function from its bytes to an armoured signature, or an SSH key, PEM or OpenSSH. */
export type CommitSigner =
  | { readonly type: 'openpgp'; sign(payload: Uint8Array): Promise<string> }
  | { readonly type: 'ssh'; readonly identity: string; readonly passphrase?: string | undefined }

/** A commit on top of what was checked out, and where it goes. */
export interface Push {
  /** The new content of files that are there, by their paths; their modes stay. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly author: { readonly name: string; readonly email: string }
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly signer?: CommitSigner | undefined
  /** Without `refs/heads/`. */
  readonly branch: string
  /** Where the branch must be, `undefined` for one that must not be there: it may then go anywhere. Absent: it only goes forward. */
  readonly lease?: { readonly seen: string | undefined } | undefined
  /** Pushed after the branch, by itself. */
  readonly refspec?: string | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}

export interface Checkout {
  readonly commit: GitCommit
  /** The annotated tag that was checked out by name. */
  readonly tag?: GitTag | undefined
  /** Files of the commit, with `sparse` those alone; no .git. Good until `close`. */
  readonly tree: Tree
  /** Bytes that came from the server. */
  readonly received: number
  /**
   * Commits and pushes. A failure leaves the branch as it was, or, where the answer was lost, with the whole commit.
   * @returns The hash of the commit; `undefined` when the files are as they were, and nothing was pushed.
   * @throws {GitError} MOVED, REFUSED, SIGNING and those of reading.
   */
  push(push: Push, signal: AbortSignal): Promise<string | undefined>
  close(): Promise<void>
}

/** Reads Git repositories, and pushes onto what was checked out. An abort rejects with `signal.reason`. Spec: sources 4. */
export interface Git {
  /** Names to hashes as the server tells them: HEAD, refs/heads/…, refs/tags/…, and refs/tags/x^{} for what an annotated tag points at. Empty: an empty repository. */
  refs(remote: GitRemote, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
  /** Committer times in milliseconds since the epoch, by the hashes of commits. */
  commitTimes(remote: GitRemote, hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  checkout(remote: GitRemote, wanted: Wanted, signal: AbortSignal): Promise<Checkout>
}
