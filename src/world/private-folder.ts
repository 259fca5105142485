import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './alive.ts'

/** Machines that share a folder for temporary files, as containers may, have process ids of their own. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
const pattern = new RegExp(`^fluxpilot-[a-z-]+-${machine}-(\\d+)-\\w+$`)
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
  return `fluxpilot-${what}-${machine}-${pid}-`
}

/** Removes what dead processes left; what cannot be removed stays. */
export async function sweepFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  const dead = names.filter(name => {
    const pid = pattern.exec(name)?.[1]
    return pid !== undefined && !isAlive(Number(pid))
  })
  await Promise.all(dead.map(name => rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)))
}
