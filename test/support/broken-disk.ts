import * as promises from 'node:fs/promises'
import type { Files } from '../../src/world/storage/durable.ts'

/** A call of a file system that is refused. */
export const refusing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
/** A file whose write or sync is refused; folders sync. */
const brokenFile =
  (call: 'writeFile' | 'sync', code: string): Files['open'] =>
  async (path, flags, mode) => {
    const handle = await promises.open(path, flags, mode)
    if (flags === 'wx') Object.assign(handle, { [call]: refusing(code) })
    return handle
  }

/** What of storing a file can be refused, and the calls that do it. */
export const storingSteps: [step: string, files: (code: string) => Partial<Files>][] = [
  ['open', code => ({ open: refusedToWrite(code) })],
  ['write', code => ({ open: brokenFile('writeFile', code) })],
  ['sync', code => ({ open: brokenFile('sync', code) })],
  ['rename', code => ({ rename: refusing(code) })],
]

/** Files can be read, but no new one opened. */
export function refusedToWrite(code: string): Files['open'] {
  return async (path, flags, mode) => (flags === 'wx' ? refusing(code)() : promises.open(path, flags, mode))
}
