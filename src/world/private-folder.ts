import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processName, processNames, stateOf } from './processes.ts'

const pattern = new RegExp(String.raw`^\.?fluxpilot-[a-z-]+-(${processNames})-\w+$`)
const swept = new Map<string, Promise<void>>()

/**
 * A new folder that only we can read, in the system's folder for temporary files; `what` is lower-case words. Before the first one, those of processes
 * of this machine that ended without removing theirs are removed: they may hold secrets. @throws what the disk refuses.
 */
export async function privateFolder(what: string, parent: string = tmpdir()): Promise<string> {
  const sweeping = swept.get(parent) ?? sweepFolders(parent)
  swept.set(parent, sweeping)
  await sweeping
  return mkdtemp(join(parent, folderPrefix(what)))
}

/** How the names of this process's folders begin. */
export function folderPrefix(what: string, pid: number = process.pid): string {
  return `fluxpilot-${what}-${processName(pid)}-`
}

/** Removes what dead processes left in a folder, hidden or not; what cannot be removed stays. */
export async function sweepFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  const dead = names.filter(name => {
    const owner = pattern.exec(name)?.[1]
    return owner !== undefined && stateOf(owner) === 'ended'
  })
  await Promise.all(dead.map(name => rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)))
}
