import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that connections begin at, on Linux and elsewhere: one of those may be taken by any connection before a program listens at it. */
const [lowest, highest] = [12_000, 32_000]

/** A free loopback port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    const server = createServer()
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.listen(port, '127.0.0.1')
    if (!(await isFree)) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

export interface Child {
  readonly process: ChildProcess
  output(): string
  stop(): Promise<void>
}

/** Starts a program whose output is kept for errors. */
export function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const { PATH, HOME, GOMAXPROCS } = process.env
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME, GOMAXPROCS, ...env } })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return {
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), 5000)
      await gone
      clearTimeout(deadline)
    },
  }
}

/** Asks again and again until the answer is yes; fails with the program's last words when it ends or `seconds` pass. */
export async function ready(child: Child, check: () => Promise<boolean>, seconds = 60): Promise<void> {
  const until = Date.now() + seconds * 1000
  let last: unknown
  while (
    !(await check().catch(error => {
      last = error
      return false
    }))
  ) {
    if (child.process.exitCode !== null || Date.now() > until)
      throw new Error(`the program did not get ready:\n${child.output().slice(-2000)}`, { cause: last })
    await new Promise(done => setTimeout(done, 200))
  }
}
