import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { isAlive } from '../alive.ts'

/** How long ago a writer of another machine must have written last to count as dead, in milliseconds. No source may take as long. */
const foreignMs = 3_600_000

const here = createHash('sha256')
  .update(`${hostname()} ${quietly(() => readlinkSync('/proc/self/ns/pid'))}`)
  .digest('hex')
  .slice(0, 12)
const own = `${here}-${process.pid}-${startOf(process.pid)}`
const writing = new Set<string>()

/**
 * Work with the path of a temporary file that nobody else has. Its name says which process writes, and does not grow with that of the file to be:
 * a chart's name may be as long as a name can.
 */
export async function withTemporary<T>(folder: string, id: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, `.${own}-${id}.tmp`)
  writing.add(path)
  try {
    return await work(path)
  } finally {
    writing.delete(path)
  }
}

/** Whether a name is one of a temporary file. */
export function isTemporary(name: string): boolean {
  return writerOf(name) !== undefined
}

/** Whether nobody writes a temporary file any more; `at` is when it was last written, `now` what it is, both in milliseconds. */
export function isOrphan(path: string, { at, now }: { at: number; now: number }): boolean {
  const writer = writerOf(basename(path))
  if (!writer) return false
  if (writer.machine !== here) return now - at > foreignMs
  if (writer.pid === process.pid && writer.start === startOf(process.pid)) return !writing.has(path)
  return !isAlive(writer.pid) || startOf(writer.pid) !== writer.start
}

function writerOf(name: string): { machine: string; pid: number; start: string } | undefined {
  const [, machine, pid, start] = /^\.([0-9a-f]{12})-(\d+)-(\d*)-[0-9a-f]+\.tmp$/.exec(name) ?? []
  return machine === undefined || pid === undefined || start === undefined ? undefined : { machine, pid: Number(pid), start }
}

/** When a process started, as far as the system tells; it tells apart two that had the same number. */
function startOf(pid: number): string {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function quietly(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
