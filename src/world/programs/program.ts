import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** What to start. */
export interface Plan {
  /** A path, or a name on the PATH of `env`. */
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** How a program ended. */
export interface Ended {
  /** 127 when it could not be started, 1 when it was killed. */
  readonly code: number
  readonly killer?: string | undefined
}

/** A program that was started, in a process group of its own. */
export interface Program {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Once it has ended, and nothing more can come from it or what it started. */
  readonly ended: Promise<Ended>
  /** Kills it with what it started in turn, unless it has ended. */
  end(): void
}

export type StartProgram = (plan: Plan) => Promise<Program>

const mostSaid = 64 * 1024

export const notStarted: Ended = { code: 127 }

/** Starts a program from this process. */
export const startHere: StartProgram = async ({ program, args, env, cwd }) => {
  const child = spawn(program, args, { cwd, env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const { promise, resolve } = Promise.withResolvers<Ended>()
  child.once('error', () => resolve(notStarted))
  child.once('close', (code, killer) => resolve({ code: code ?? 1, killer: killer ?? undefined }))
  child.stdin.on('error', () => {})
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended: promise, end: () => endGroup(child) }
}

/** Kills a process with its whole group, unless it has ended: its number may be another's by then. */
export function endGroup(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  if (child.pid !== undefined) killGroup(child.pid)
}

/** Kills the group that a process leads. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** What a program says on its standard error until that ends: the first 64 KiB, about. */
export async function wordsOf(stderr: Readable): Promise<string> {
  let said = ''
  try {
    for await (const chunk of stderr) if (said.length < mostSaid) said += String(chunk)
  } catch {
    // What came until it broke off is what was said.
  }
  return said
}
