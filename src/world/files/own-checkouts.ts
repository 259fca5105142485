import { execFile } from 'node:child_process'
import { isAbsolute, join, relative } from 'node:path'
import { CommitError } from './error.ts'
import type { OwnCheckout, OwnCheckouts } from './files.ts'

const deadlineMs = 60_000
const mostBytes = 64 * 1024 * 1024
const mostSaid = 1000
const mostArguments = 500

/** What of the environment says who commits, and how commits are signed. */
const passed = /^(?:PATH|HOME|XDG_CONFIG_HOME|GNUPGHOME|SSH_AUTH_SOCK|EMAIL|GIT_(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|GIT_CONFIG_.+)$/
const settings = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'gc.auto=0', 'maintenance.auto=false']

/** One run of git; `input` is its standard input. Rejects with what it said on stderr. */
type Run = (args: readonly string[], input?: string) => Promise<Buffer>

export function ownCheckouts(env: Readonly<Record<string, string | undefined>>): OwnCheckouts {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => passed.test(name)))
  const fixed = { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_LITERAL_PATHSPECS: '1', GIT_EDITOR: 'true', LC_ALL: 'C' }
  return {
    async at(folder, signal) {
      const run = runnerIn(folder, { env: { ...own, ...fixed }, signal })
      const none = (): never => {
        signal.throwIfAborted()
        throw new CommitError('NO_CHECKOUT', `'${folder}' is in no Git checkout with a commit`)
      }
      const top = line(await run(['rev-parse', '--show-toplevel']).catch(none))
      await run(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}']).catch(none)
      await run(['var', 'GIT_COMMITTER_IDENT']).catch((cause: unknown) => {
        signal.throwIfAborted()
        throw new CommitError('NO_AUTHOR', `git does not know who commits in '${top}'`, { cause })
      })
      return checkoutAt(top, runnerIn(top, { env: { ...own, ...fixed }, signal }))
    },
  }
}

function checkoutAt(top: string, run: Run): OwnCheckout {
  const changed = async (paths: readonly string[]): Promise<Set<string>> => {
    const said = await run(['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', 'HEAD', '--', ...paths])
    return new Set(names(said).map(name => join(top, name)))
  }
  return {
    async states(paths) {
      if (paths.length === 0) return new Map()
      const scope = paths.length > mostArguments ? ['.'] : below(top, paths)
      const there = new Set(names(await run(['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD', '--', ...scope])))
      const others = await changed(scope)
      return new Map(paths.map(path => [path, !there.has(relative(top, path)) ? 'none' : others.has(path) ? 'other' : 'same']))
    },
    changed: async folder => [...(await changed(below(top, [folder])))],
    committed: async path => run(['cat-file', '--filters', `HEAD:${relative(top, path)}`]),
    async commit(paths, message) {
      const how = ['--quiet', '--no-verify', '--cleanup=verbatim', '--only', '--pathspec-from-file=-', '--pathspec-file-nul']
      try {
        await run(['commit', ...how, '-m', message], below(top, paths).join('\0'))
      } catch (cause) {
        throw new CommitError('REFUSED', `the files are written, and not committed: ${cause instanceof Error ? cause.message : ''}`, {
          cause,
        })
      }
      return line(await run(['rev-parse', 'HEAD']))
    },
  }
}

/** Paths as git in the top folder takes them. */
function below(top: string, paths: readonly string[]): string[] {
  return paths.map(path => {
    const inside = relative(top, path)
    if (isAbsolute(inside) || inside.startsWith('..')) throw new CommitError('NO_CHECKOUT', `'${path}' is not in the Git checkout '${top}'`)
    return inside === '' ? '.' : inside
  })
}

function names(said: Buffer): string[] {
  return said.toString('utf8').split('\0').filter(Boolean)
}

function line(said: Buffer): string {
  return said.toString('utf8').replace(/\n$/, '')
}

function runnerIn(folder: string, { env, signal }: { env: Record<string, string | undefined>; signal: AbortSignal }): Run {
  const args = ['-C', folder, ...settings.flatMap(setting => ['-c', setting])]
  return (rest, input) => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const options = { env, signal, timeout: deadlineMs, maxBuffer: mostBytes, encoding: 'buffer' } as const
    const child = execFile('git', [...args, ...rest], options, (failed, stdout, stderr) => {
      if (!failed) return resolve(stdout)
      reject(signal.aborted ? signal.reason : new Error(stderr.toString('utf8').trim().slice(0, mostSaid) || failed.message))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? '')
    return promise
  }
}
