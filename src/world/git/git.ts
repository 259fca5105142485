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

export interface Checkout {
  readonly commit: GitCommit
  /** The annotated tag that was checked out by name. */
  readonly tag?: GitTag | undefined
  /** Files of the commit, with `sparse` those alone; no .git. Good until `close`. */
  readonly tree: Tree
  /** Bytes that came from the server. */
  readonly received: number
  close(): Promise<void>
}

/** Reads Git repositories. An abort rejects with `signal.reason`. Spec: sources 4. */
export interface Git {
  /** Names to hashes as the server tells them: HEAD, refs/heads/…, refs/tags/…, and refs/tags/x^{} for what an annotated tag points at. Empty: an empty repository. */
  refs(remote: GitRemote, signal: AbortSignal): Promise<ReadonlyMap<string, string>>
  /** Committer times in milliseconds since the epoch, by the hashes of commits. */
  commitTimes(remote: GitRemote, hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  checkout(remote: GitRemote, wanted: Wanted, signal: AbortSignal): Promise<Checkout>
}
