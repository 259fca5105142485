import { RE2JS } from 're2js'
import { CodedError, messageOf } from './coded-error.ts'
import { matching } from './regex.ts'

/** A regular expression that Go would not take, or that takes too long for so many texts. Messages are Go's. */
export class RegexError extends CodedError<'BAD_REGEX'> {
  override readonly name = 'RegexError'
}

/** The texts in which a regular expression of Go finds a match, anywhere in the text. @throws {RegexError} */
export function goMatching(texts: readonly string[], expression: string): string[] {
  try {
    const compiled = RE2JS.compile(expression)
    return matching(texts, text => compiled.matcher(text).find())
  } catch (cause) {
    throw new RegexError('BAD_REGEX', messageOf(cause), { cause })
  }
}
