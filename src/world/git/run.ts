import { type Program, wordsOf } from '../programs/program.ts'
import type { Access } from './access.ts'
import { GitError } from './error.ts'
import { gitFailure } from './failure.ts'

/** A start of git, or of another program of its kind. */
export interface GitPlan {
  readonly program?: 'git' | 'ssh-keygen' | undefined
  readonly args: readonly string[]
  readonly access: Pick<Access, 'env' | 'start'>
  /** A folder of ours. */
  readonly cwd: string
  /** The most that it may write to one file, in bytes. */
  readonly mostFile?: number | undefined
  /** The address space of each of its processes, in bytes, where the system can bound it: 4 GiB unless said otherwise. */
  readonly mostMemory?: number | undefined
}

/** One run of it. */
export interface Command extends GitPlan {
  /** `secrets` are what no message may show. */
  readonly access: Pick<Access, 'env' | 'start' | 'secrets'>
  readonly input?: string | Uint8Array | undefined
  /** Hears what was said on stderr, when it failed. */
  readonly hear?: ((said: string) => void) | undefined
  /** Begins the message of a failure. */
  readonly doing: string
}

const blockBytes = 512
const usualMemory = 4 * 1024 ** 3

/** Starts git in a process group of its own, so that what it starts in turn ends with it. */
export function startGit({ program = 'git', args, access, cwd, mostFile, mostMemory = usualMemory }: GitPlan): Promise<Program> {
  const { env, start } = access
  if (mostFile === undefined) return start({ program, args, env, cwd })
  const bounded = `ulimit -S -v ${mostMemory / 1024} 2>/dev/null; ulimit -f ${Math.ceil(mostFile / blockBytes)}; exec "$0" "$@"`
  return start({ program: '/bin/sh', args: ['-c', bounded, program, ...args], env, cwd })
}

/** Runs git to its end; its output in pieces goes to `take`. @throws {GitError} An abort rejects with `signal.reason` once the group has ended. */
export async function runGit(command: Command, signal: AbortSignal, take: (chunk: Buffer) => void = () => {}): Promise<void> {
  signal.throwIfAborted()
  const { doing, access, input = '', hear } = command
  const { stdin, stdout, stderr, ended, end } = await startGit(command)
  const said = wordsOf(stderr)
  signal.addEventListener('abort', end, { once: true })
  try {
    if (signal.aborted) end()
    stdin.end(input)
    for await (const chunk of stdout) take(chunk as Buffer)
    const { code, killer } = await ended
    signal.throwIfAborted()
    if (killer === 'SIGXFSZ') throw gitFailure('File size limit exceeded', doing, access.secrets)
    if (code !== 0) {
      hear?.(await said)
      throw gitFailure(await said, doing, access.secrets)
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
    await ended
  }
}

/** The whole output. @throws {GitError} TOO_LARGE beyond `limit` bytes */
export async function outputOf(command: Command, limit: number, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  await runGit(command, signal, chunk => {
    size += chunk.length
    if (size > limit) throw new GitError('TOO_LARGE', `${command.doing}: the answer is larger than ${limit} bytes`)
    parts.push(chunk)
  })
  return Buffer.concat(parts)
}
