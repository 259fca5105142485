import type { Git } from './git.ts'
import type { GitOptions } from './open.ts'

/** The reader of {@link openGit}, loaded when something is first read. */
export function lazyGit(options: GitOptions): Git {
  let opened: Promise<Git> | undefined
  const open = (): Promise<Git> => {
    opened ??= import('./open.ts').then(({ openGit }) => openGit(options))
    return opened
  }
  return {
    refs: async (remote, signal) => (await open()).refs(remote, signal),
    commitTimes: async (remote, hashes, signal) => (await open()).commitTimes(remote, hashes, signal),
    checkout: async (remote, wanted, signal) => (await open()).checkout(remote, wanted, signal),
  }
}
