import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { GitError } from './error.ts'
import { gitFailure } from './failure.ts'

/** One run of git, or of another program of its kind. */
export interface Command {
  readonly program?: 'git' | 'ssh-keygen' | undefined
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** A folder of ours. */
  readonly cwd: string
  readonly input?: string | Uint8Array | undefined
  /** Hears what was said on stderr, when it failed. */
  readonly hear?: ((said: string) => void) | undefined
  /** Begins the message of a failure. */
  readonly doing: string
  /** What no message may show. */
  readonly secrets: readonly string[]
  /** The most that it may write to one file, in bytes. */
  readonly mostFile?: number | undefined
  /** The address space of each of its processes, in bytes, where the system can bound it: 4 GiB unless said otherwise. */
  readonly mostMemory?: number | undefined
}

const mostSaid = 64 * 1024
const blockBytes = 512
const usualMemory = 4 * 1024 ** 3

/** Starts git in a process group of its own, so that what it starts in turn ends with it. */
export function startGit({
  program: name = 'git',
  args,
  env,
  cwd,
  mostFile,
  mostMemory = usualMemory,
}: Omit<Command, 'doing' | 'secrets'>): ChildProcess {
  const limit =
    mostFile === undefined
      ? []
      : ['-c', `ulimit -S -v ${mostMemory / 1024} 2>/dev/null; ulimit -f ${Math.ceil(mostFile / blockBytes)}; exec "$0" "$@"`, name]
  const [program, words] = mostFile === undefined ? [name, args] : ['/bin/sh', [...limit, ...args]]
  return spawn(program, words, { cwd, env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
}

/** Ends a process with its whole group, unless it has ended: its number may be another's by then. */
export function endGroup(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

/** Runs git to its end; its output in pieces goes to `take`. @throws {GitError} An abort rejects with `signal.reason` once the group has ended. */
export async function runGit(command: Command, signal: AbortSignal, take: (chunk: Buffer) => void = () => {}): Promise<void> {
  signal.throwIfAborted()
  const child = startGit(command)
  const end = (): void => endGroup(child)
  signal.addEventListener('abort', end, { once: true })
  try {
    const [exit, said] = [exitOf(child), wordsOf(child)]
    child.stdin?.on('error', () => {})
    child.stdin?.end(command.input ?? '')
    for await (const chunk of child.stdout ?? Readable.from([])) take(chunk as Buffer)
    const { code, killer } = await exit
    signal.throwIfAborted()
    if (killer === 'SIGXFSZ') throw gitFailure('File size limit exceeded', command.doing, command.secrets)
    if (code !== 0) {
      command.hear?.(await said)
      throw gitFailure(await said, command.doing, command.secrets)
    }
  } finally {
    signal.removeEventListener('abort', end)
    if (child.exitCode === null && child.signalCode === null) {
      end()
      if (child.pid !== undefined) await once(child, 'close')
    }
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

interface Exit {
  readonly code: number
  readonly killer?: string | undefined
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  child.once('error', () => resolve({ code: 127 }))
  child.once('close', (code, killer) => resolve({ code: code ?? 1, killer: killer ?? undefined }))
  return promise
}

async function wordsOf(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stderr ?? Readable.from([])) if (said.length < mostSaid) said += String(chunk)
  return said
}
