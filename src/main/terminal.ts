import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Terminal } from '../cli/output.ts'

/** The terminal that standard output is; `undefined` for files and pipes. Colours follow NO_COLOR and TERM. */
export function terminalOf(env: NodeJS.ProcessEnv): Terminal | undefined {
  if (!process.stdout.isTTY) return undefined
  return { columns: process.stdout.columns || 80, colours: !env.NO_COLOR && env.TERM !== 'dumb' }
}

/** Asks the person at the terminal; `undefined` where there is none to ask. */
export function personAt(signal: AbortSignal): ((question: string) => Promise<string>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  return async question => {
    const { createInterface } = await import('node:readline/promises')
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await lines.question(question, { signal })
    } finally {
      lines.close()
    }
  }
}

const keyBytes = 32

/**
 * The file with the key that makes plan handles and fingerprints of this user's commands hold from one command to the next; made when it is not
 * there. `undefined` where it cannot be kept: then they hold for one command.
 */
export function keyFileOf(env: NodeJS.ProcessEnv): string | undefined {
  const folder = join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state'), 'fluxpilot')
  const file = join(folder, 'key')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(keyBytes), { flag: 'wx', mode: 0o600 })
  } catch {
    // It is there already, or this is no place to write.
  }
  try {
    return readFileSync(file).length >= keyBytes ? file : undefined
  } catch {
    return undefined
  }
}
