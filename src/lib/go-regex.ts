import { CodedError, messageOf } from './coded-error.ts'
import { matching } from './regex.ts'

/** A regular expression that Go would not take, or that takes too long. Messages are Go's where they are known. */
export class RegexError extends CodedError<'BAD_REGEX'> {
  override readonly name = 'RegexError'
}

/** The texts in which a regular expression of Go finds a match, anywhere in the text. @throws {RegexError} */
export function goMatching(texts: readonly string[], expression: string): string[] {
  const [unsupported] = /\(\?<?[=!]|\\[1-9]|\\k</.exec(expression.replaceAll('\\\\', '  ')) ?? []
  if (unsupported !== undefined)
    throw new RegexError('BAD_REGEX', `error parsing regexp: invalid or unsupported Perl syntax: \`${unsupported}\``)
  try {
    const [, flags = ''] = /^\(\?([is]+)\)/.exec(expression) ?? []
    return matching(texts, { source: expression.slice(flags === '' ? 0 : flags.length + 3).replaceAll('(?P<', '(?<'), flags })
  } catch (cause) {
    const known = goWords.find(([said]) => messageOf(cause).endsWith(said))
    throw new RegexError('BAD_REGEX', known ? `error parsing regexp: ${known[1]}: \`${expression}\`` : messageOf(cause), { cause })
  }
}

/** What our engine says of an expression, and what Go says of the whole of it. */
const goWords = [
  ['Unterminated group', 'missing closing )'],
  ["Unmatched ')'", 'unexpected )'],
] as const
