import type { Dirent } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { Clock } from '../clock/clock.ts'
import type { Retention } from './artifacts.ts'
import type { Files } from './durable.ts'
import { onDisk } from './error.ts'
import { garbage, type StoredFile } from './garbage.ts'
import { isOrphan, isTemporary } from './writers.ts'

const mostWalked = 1000
const mostMs = 5000

/** Old files of a folder go, and what dead writers left; after five seconds the rest is left to the next time. Spec: sources 1.3. */
export async function collect(
  folder: string,
  { current, retention }: { current: string; retention: Retention },
  { files, clock }: { files: Files; clock: Clock },
): Promise<number> {
  const until = clock.elapsed() + mostMs
  const inTime = (): boolean => clock.elapsed() < until
  const entries = await readAll(files, folder)
  await removeOrphans(entries, { files, clock, inTime })
  const names = filesOf(entries, folder)
    .filter(name => !isTemporary(basename(name)) && !name.endsWith('.lock'))
    .slice(0, mostWalked)
  const found: StoredFile[] = []
  for (const name of names) {
    if (!inTime()) return 0
    found.push(...(await storedFile(files, join(folder, name))))
  }
  let gone = 0
  for (const path of garbage(found, { current, retention, now: clock.now() })) {
    if (!inTime()) break
    for (const each of [path, `${path}.lock`]) await onDisk(each, () => files.rm(each, { force: true }))
    gone++
  }
  return gone
}

/** Removes the temporary files of writers that are dead. */
export async function sweep(folder: string, { files, clock }: { files: Files; clock: Clock }): Promise<void> {
  await removeOrphans(await readAll(files, folder), { files, clock, inTime: () => true })
}

async function removeOrphans(
  entries: readonly Dirent[],
  { files, clock, inTime }: { files: Files; clock: Clock; inTime: () => boolean },
): Promise<void> {
  for (const { name, parentPath } of entries.filter(e => isTemporary(e.name)).slice(0, mostWalked)) {
    if (!inTime()) return
    const path = join(parentPath, name)
    const found = await files.lstat(path).catch(() => undefined)
    if (found && isOrphan(path, { at: found.mtimeMs, now: clock.now() })) await files.rm(path, { force: true }).catch(() => {})
  }
}

/** The name of a chart may lead into a folder, so that files of one object are not all side by side. */
function readAll(files: Files, folder: string): Promise<Dirent[]> {
  return files.readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
}

function filesOf(entries: readonly Dirent[], folder: string): string[] {
  return entries
    .filter(e => e.isFile())
    .map(e => relative(folder, join(e.parentPath, e.name)))
    .toSorted()
}

async function storedFile(files: Files, path: string): Promise<StoredFile[]> {
  const found = await files.lstat(path).catch(() => undefined)
  return found ? [{ path, at: found.mtimeMs }] : []
}
