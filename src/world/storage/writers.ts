import { basename, join } from 'node:path'
import { processName, processNames, stateOf } from '../processes.ts'

/** How long ago a writer of another machine must have written last to count as dead, in milliseconds. No source may take as long. */
const foreignMs = 3_600_000

const own = processName()
const pattern = new RegExp(String.raw`^\.(${processNames})-[0-9a-f]+\.tmp$`)
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
  return pattern.test(name)
}

/** Whether nobody writes a temporary file any more; `at` is when it was last written, `now` what it is, both in milliseconds. */
export function isOrphan(path: string, { at, now }: { at: number; now: number }): boolean {
  const writer = pattern.exec(basename(path))?.[1]
  if (writer === undefined) return false
  const state = stateOf(writer)
  return state === 'elsewhere' ? now - at > foreignMs : state === 'this' ? !writing.has(path) : state === 'ended'
}
