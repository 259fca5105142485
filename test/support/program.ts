import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')
/** The program's sources, as a module. */
export const sources = join(root, 'src/main.ts')
/** The program: as it is published where the run of the tests has built it, else from its sources. */
export const program = process.env.FLUXPILOT_PROGRAM ?? sources

/** A home without anything in it. */
export const emptyHome = mkdtempSync(join(tmpdir(), 'fluxpilot-home-'))
process.once('exit', () => rmSync(emptyHome, { recursive: true, force: true }))

const { PATH = '', NODE_COMPILE_CACHE: cache } = process.env

/** What a process of ours is given of this one's environment: where programs are, and what is compiled already. */
export const bareEnv: Record<string, string> = { PATH, HOME: emptyHome, ...(cache ? { NODE_COMPILE_CACHE: cache } : {}) }

/** A process of ours that is not sent anything of this machine's configuration. */
export function run(args: readonly string[], env: Record<string, string> = {}): ChildProcess & { readonly said: () => string } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...bareEnv, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
    child.emit('said')
  })
  return Object.assign(child, { said: () => said })
}

/** Ends a process, and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** The product's program serving HTTP on a free port of loopback. */
export async function startHttpProgram(args: readonly string[] = []): Promise<{ url: string; said: () => string; stop(): Promise<void> }> {
  const child = run(['--sandbox', 'mcp', '--http', '127.0.0.1:0', ...args])
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', () => {
      const [, found] = /MCP at (\S+\/mcp)/.exec(child.said()) ?? []
      if (found) resolve(found)
    })
    child.once('exit', code => reject(new Error(`ended with ${code}: ${child.said()}`)))
  })
  return { url, said: child.said, stop: () => end(child) }
}
