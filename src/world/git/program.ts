import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { GitError } from './error.ts'

const run = promisify(execFile)
/** The first with `http.curloptResolve`, which holds a name to the addresses that were looked at. */
const oldest = [2, 37] as const
const askMs = 10_000

/** Checks once, when first asked, that the `git` on PATH is there and new enough. The function throws {@link GitError} GIT_MISSING, GIT_TOO_OLD. */
export function gitProgram(env: Readonly<Record<string, string | undefined>>): () => Promise<void> {
  let known: Promise<void> | undefined
  return () => {
    known ??= check(env).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
}

async function check(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const said = await run('git', ['--version'], { env: { PATH: env.PATH }, timeout: askMs }).catch((cause: unknown) => {
    throw new GitError('GIT_MISSING', 'git is not on PATH: install git 2.37 or newer', { cause })
  })
  const [, major = '0', minor = '0'] = /git version (\d+)\.(\d+)/.exec(said.stdout) ?? []
  const [least, least2] = oldest
  if (Number(major) > least || (Number(major) === least && Number(minor) >= least2)) return
  throw new GitError('GIT_TOO_OLD', `git ${major}.${minor} is older than ${least}.${least2}: install a newer one`)
}
