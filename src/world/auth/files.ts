import { readFile } from 'node:fs/promises'
import { messageOf } from '../../lib/coded-error.ts'
import { AuthError } from './error.ts'

/** A file that must be there. @throws {AuthError} NO_IDENTITY. */
export async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new AuthError('NO_IDENTITY', `${what} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** A file that may be there. `undefined` when it is not, or cannot be read. */
export async function textIfAny(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
