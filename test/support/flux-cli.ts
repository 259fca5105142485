import { spawnSync } from 'node:child_process'
import { findProgram } from '../../scripts/refs/cache.ts'
import { emptyHome, root } from './program.ts'

/** What a command said. */
export interface Said {
  readonly code: number | null | undefined
  readonly out: string
  readonly err: string
}

/** Runs the flux CLI. */
export function flux(args: readonly string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}): Said {
  const { status, stdout, stderr } = spawnSync(findProgram('flux') ?? '', args, {
    cwd: root,
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: emptyHome, ...env },
  })
  return { code: status, out: stdout, err: stderr }
}
