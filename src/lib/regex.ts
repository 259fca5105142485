import { runInNewContext } from 'node:vm'

const deadlineMs = 250

/**
 * The texts that an expression finds a match in. Flux has linear time by RE2; here an expression that goes back and forth is stopped.
 * @throws {RangeError} when it takes longer than a quarter of a second. @throws {SyntaxError} when it is none.
 */
export function matching(texts: readonly string[], { source, flags }: { source: string; flags: string }): string[] {
  const expression = new RegExp(source, flags)
  try {
    const found: unknown = runInNewContext('texts.map(text => expression.test(text))', { texts, expression }, { timeout: deadlineMs })
    return Array.isArray(found) ? texts.filter((_, i) => found[i] === true) : []
  } catch (cause) {
    throw new RangeError(`matching the expression takes longer than ${deadlineMs} ms for ${texts.length} texts`, { cause })
  }
}
