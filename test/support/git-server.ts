import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SandboxGit } from '../../src/sandbox/git.ts'

/** What the process is told. */
export interface Serving {
  readonly folder: string
  /** The `authorization` headers that are let in; absent: everyone is. */
  readonly letIn?: readonly string[] | undefined
}

/**
 * The sandbox's Git server in a process of its own, which does little: each request starts a program, and one that is started from a large process
 * takes many times as long, and stops that one meanwhile.
 */
export async function serveGit(serving: Serving): Promise<SandboxGit> {
  const program = join(import.meta.dirname, 'git-server-process.ts')
  const child = fork(program, [JSON.stringify(serving)], { execArgv: [] })
  const [address] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
  if (typeof address !== 'string') throw new Error('the Git server did not start')
  return {
    address,
    async close() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}
