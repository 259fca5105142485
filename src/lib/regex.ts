import { runInNewContext } from 'node:vm'

const deadlineMs = 250

/**
 * The texts that pass a test, which is stopped when it takes too long for all of them.
 * @throws {RangeError} when it takes longer than a quarter of a second.
 */
export function matching(texts: readonly string[], test: (text: string) => boolean): string[] {
  try {
    const found: unknown = runInNewContext('texts.map(text => test(text))', { texts, test }, { timeout: deadlineMs })
    return Array.isArray(found) ? texts.filter((_, i) => found[i] === true) : []
  } catch (cause) {
    throw new RangeError(`matching the expression takes longer than ${deadlineMs} ms for ${texts.length} texts`, { cause })
  }
}
