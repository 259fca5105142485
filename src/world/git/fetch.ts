import type { Access } from './access.ts'
import { GitError } from './error.ts'
import { forgetRemote, packBytes } from './room.ts'
import { runGit } from './run.ts'

/** What one fetch brings. */
export interface Fetch {
  /** Refspecs, or hashes. */
  readonly what: readonly string[]
  /** Commits alone of each tip. */
  readonly shallow?: boolean
  readonly filter?: 'blob:none' | 'tree:0' | undefined
  /** Objects by their hashes, beside what is here already. */
  readonly more?: boolean
}

/** Where repositories of one checkout are filled, within common bounds. */
export interface Filling {
  readonly access: Access
  readonly doing: string
  readonly signal: AbortSignal
  /** Bytes that all fetches of the checkout have brought; each adds to it. */
  readonly total: { bytes: number }
  readonly mostBytes: number
}

/** Fetches into a repository, which afterwards promises nothing. @throws {GitError} */
export async function fetchInto(repository: string, { what, shallow, filter, more }: Fetch, filling: Filling): Promise<void> {
  const { access, doing, signal, total, mostBytes } = filling
  const before = await packBytes(repository)
  const left = mostBytes - total.bytes
  const tooLarge = (cause?: unknown): GitError =>
    new GitError('TOO_LARGE', `${doing}: the server sends more than ${mostBytes} bytes`, { cause })
  if (left <= 0) throw tooLarge()
  const args = [
    ...(more ? ['-c', 'fetch.negotiationAlgorithm=noop'] : []),
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    ...(shallow ? ['--depth=1'] : []),
    ...(filter ? [`--filter=${filter}`] : []),
    '--stdin',
    'origin',
  ]
  const input = what.map(line => `${line}\n`).join('')
  try {
    await runGit({ args, input, access, cwd: repository, doing, mostFile: left }, signal)
  } catch (thrown) {
    if (!(thrown instanceof GitError) || (await packBytes(repository)) - before + blockBytes < left) throw thrown
    throw tooLarge(thrown)
  } finally {
    await forgetRemote(repository)
  }
  total.bytes += (await packBytes(repository)) - before
  if (total.bytes > mostBytes) throw tooLarge()
}

/** What a limit on files is counted in. */
const blockBytes = 512
