import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { GitOrigin } from './files.ts'

const run = promisify(execFile)
const deadlineMs = 10_000

/** Asks the `git` on PATH; without one, or outside a checkout, there is no origin. No hook and no prompt can run. */
export function gitOrigin(env: Readonly<Record<string, string | undefined>>): GitOrigin {
  const git = async (folder: string, args: string[], signal: AbortSignal): Promise<string | undefined> => {
    try {
      const { stdout } = await run('git', ['-C', folder, '-c', 'core.fsmonitor=false', ...args], {
        signal,
        timeout: deadlineMs,
        env: { PATH: env.PATH, HOME: env.HOME, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
      })
      return stdout.trim()
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }
  return {
    async of(folder, signal) {
      const inside = await git(folder, ['rev-parse', '--is-inside-work-tree'], signal)
      if (inside !== 'true') return undefined
      const [url, commit, branch, changes] = await Promise.all([
        git(folder, ['config', '--get', 'remote.origin.url'], signal),
        git(folder, ['rev-parse', '--verify', 'HEAD'], signal),
        git(folder, ['symbolic-ref', '--short', '-q', 'HEAD'], signal),
        git(folder, ['status', '--porcelain', '--', '.'], signal),
      ])
      return {
        ...(url ? { url: withoutCredentials(url) } : {}),
        ...(commit ? { revision: branch ? `${branch}@sha1:${commit}` : `sha1:${commit}` } : {}),
        dirty: Boolean(changes),
      }
    },
  }
}

function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  if (parsed.protocol.startsWith('http')) parsed.username = parsed.password = ''
  return parsed.href
}
