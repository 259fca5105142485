import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** The oras CLI on PATH. */
export interface OrasProgram {
  readonly program: string
  readonly major: number
  readonly minor: number
}

type Env = Readonly<Record<string, string | undefined>>

const run = promisify(execFile)
const versionDeadlineMs = 5000

/** Looks the oras CLI up on PATH; its version is asked once for each file. */
export function orasFinder(env: Env): () => Promise<OrasProgram | undefined> {
  const versions = new Map<string, Promise<OrasProgram | undefined>>()
  return async () => {
    const found = await onPath(env.PATH ?? '')
    if (!found) return undefined
    const known = versions.get(found.key) ?? versionOf(found.program, env)
    versions.set(found.key, known)
    return known
  }
}

/** False for what lacks a flag that is used here: before 1.2. */
export function isNewEnough({ major, minor }: OrasProgram): boolean {
  return major > 1 || (major === 1 && minor >= 2)
}

async function onPath(path: string): Promise<{ program: string; key: string } | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const program = join(folder, 'oras')
    try {
      await access(program, constants.X_OK)
      const { mtimeMs, size } = await stat(program)
      return { program, key: `${program} ${mtimeMs} ${size}` }
    } catch {
      continue
    }
  }
  return undefined
}

async function versionOf(program: string, { PATH, HOME }: Env): Promise<OrasProgram | undefined> {
  try {
    const { stdout } = await run(program, ['version'], { env: { PATH, HOME }, timeout: versionDeadlineMs })
    const [found, major = '0', minor = '0'] = /Version:\s+v?(\d+)\.(\d+)/.exec(stdout) ?? []
    return found === undefined ? undefined : { program, major: Number(major), minor: Number(minor) }
  } catch {
    return undefined
  }
}
