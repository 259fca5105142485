import { createContext, Script } from 'node:vm'

const usualMs = 250
const script = new Script('texts.map(text => test(text))')
let context: { texts?: readonly string[]; test?: (text: string) => boolean } | undefined

/**
 * The texts that pass a test, which is stopped when it takes too long for all of them.
 * @throws {RangeError} when it takes longer than a quarter of a second, or than was said.
 */
export function matching(texts: readonly string[], test: (text: string) => boolean, deadlineMs = usualMs): string[] {
  context ??= createContext({})
  try {
    Object.assign(context, { texts, test })
    const found: unknown = script.runInContext(context, { timeout: deadlineMs })
    return Array.isArray(found) ? texts.filter((_, i) => found[i] === true) : []
  } catch (cause) {
    throw new RangeError(`matching the expression takes longer than ${deadlineMs} ms for ${texts.length} texts`, { cause })
  } finally {
    Object.assign(context, { texts: undefined, test: undefined })
  }
}
