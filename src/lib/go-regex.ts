import { RE2JS } from 're2js'
import { CodedError, messageOf } from './coded-error.ts'
import { matching } from './regex.ts'
import { expanded } from './go-expand.ts'

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

/** So many texts are matched under one deadline. */
const together = 5000
/** More than any tags make. */
const mostExpanded = 64 * 1024 * 1024

/** The texts that no expression finds a match in, in the order given. All expressions are read before the first text. @throws {RegexError} naming the expression. */
export function goExcluding(texts: readonly string[], expressions: readonly string[]): string[] {
  const compiled = expressions.map(expression => ({ expression, matcher: compile(expression).matcher('') }))
  let left = [...texts]
  for (const { expression, matcher } of compiled) {
    const excluded = new Set(inParts(left, text => matcher.resetMatcherInput(text).find(), `regex ${expression}`))
    if (excluded.size > 0) left = left.filter(text => !excluded.has(text))
  }
  return left
}

function compile(expression: string): RE2JS {
  try {
    return RE2JS.compile(expression)
  } catch (cause) {
    throw new RegexError('BAD_REGEX', `failed to compile regex ${expression}: ${messageOf(cause)}`, { cause })
  }
}

/** What an expression of Go makes of the texts in which it finds a match, anywhere in the text, in the order given: a template with `$1` and `$name`, or without one the text itself. @throws {RegexError} */
export function goExpanding(texts: readonly string[], expression: string, template: string): { text: string; value: string }[] {
  try {
    const compiled = RE2JS.compile(expression)
    const [groups, named] = [compiled.groupCount(), compiled.namedGroups()]
    const found: { text: string; value: string }[] = []
    let size = 0
    const match = compiled.matcher('')
    inParts(texts, text => {
      match.resetMatcherInput(text)
      if (size > mostExpanded || !match.find()) return false
      const value = template === '' ? text : expanded(template, { groups, named, group: n => match.group(n) })
      size += value.length
      found.push({ text, value })
      return true
    })
    if (size > mostExpanded) throw new RangeError(`the template makes more than ${mostExpanded} characters of ${texts.length} texts`)
    return found
  } catch (cause) {
    throw cause instanceof RegexError ? cause : new RegexError('BAD_REGEX', messageOf(cause), { cause })
  }
}

function inParts(texts: readonly string[], test: (text: string) => boolean, what?: string): string[] {
  const found: string[] = []
  for (let at = 0; at < texts.length; at += together) {
    try {
      found.push(...matching(texts.slice(at, at + together), test))
    } catch (cause) {
      throw new RegexError('BAD_REGEX', `${what === undefined ? '' : `${what}: `}${messageOf(cause)}`, { cause })
    }
  }
  return found
}
