import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Whether a process of this machine runs, be it somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Containers that share a folder have process ids of their own: each is a machine here. */
const machine = createHash('sha256')
  .update(`${hostname()} ${quietly(() => readlinkSync('/proc/self/ns/pid'))}`)
  .digest('hex')
  .slice(0, 12)

/** How a process of this machine is named in files and folders that are its own: `MACHINE-PID-START`. */
export function processName(pid: number = process.pid): string {
  return `${machine}-${pid}-${startOf(pid)}`
}

/** A {@link processName}, for a regular expression. */
export const processNames = String.raw`[0-9a-f]{12}-\d+-\d*`

/** Whether the process of that name runs; `elsewhere` when that cannot be told from this machine. */
export function stateOf(name: string): 'this' | 'running' | 'ended' | 'elsewhere' {
  const [where, pid = '', start = ''] = name.split('-')
  if (where !== machine) return 'elsewhere'
  if (!isAlive(Number(pid)) || startOf(Number(pid)) !== start) return 'ended'
  return Number(pid) === process.pid ? 'this' : 'running'
}

const ownStart = startIn(process.pid)

/** When a process started, as far as the system tells; it tells apart two that had the same number. */
function startOf(pid: number): string {
  return pid === process.pid ? ownStart : startIn(pid)
}

function startIn(pid: number): string {
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
