import { RE2JS } from 're2js'
import { CodedError, messageOf } from './coded-error.ts'
import { matching } from './regex.ts'
import { expanded } from './go-expand.ts'

/** BAD_REGEX: an expression that Go would not take, with Go's words. TOO_SLOW: one that takes too long for so many texts, here and now. */
export class RegexError extends CodedError<'BAD_REGEX' | 'TOO_SLOW'> {
  override readonly name = 'RegexError'
}

/** The texts in which a regular expression of Go finds a match, anywhere in the text. @throws {RegexError} */
export function goMatching(texts: readonly string[], expression: string): string[] {
  const matcher = compile(expression, '').matcher('')
  try {
    return matching(texts, text => matcher.resetMatcherInput(text).find())
  } catch (cause) {
    throw new RegexError('TOO_SLOW', messageOf(cause), { cause })
  }
}

/** So many texts are matched under one deadline. */
const together = 500
/** A part that takes longer has another try under a longer deadline, as what was slow may have been the machine; only some parts have. */
const [usualMs, patientMs, mostSlow, slowEvery] = [50, 1000, 2, 5000]
/** More than any tags make. */
const mostExpanded = 64 * 1024 * 1024

/** The texts that no expression finds a match in, in the order given. All expressions are read before the first text. @throws {RegexError} naming the expression. */
export function goExcluding(texts: readonly string[], expressions: readonly string[]): string[] {
  const compiled = expressions.map(expression => ({
    expression,
    matcher: compile(expression, `failed to compile regex ${expression}: `).matcher(''),
  }))
  let left = [...texts]
  for (const { expression, matcher } of compiled) {
    const excluded = new Set(inParts(left, text => matcher.resetMatcherInput(text).find(), `regex ${expression}`))
    if (excluded.size > 0) left = left.filter(text => !excluded.has(text))
  }
  return left
}

function compile(expression: string, failed: string): RE2JS {
  try {
    return RE2JS.compile(expression)
  } catch (cause) {
    throw new RegexError('BAD_REGEX', failed + messageOf(cause), { cause })
  }
}

/** What an expression of Go makes of the texts in which it finds a match, anywhere in the text, in the order given: a template with `$1` and `$name`, or without one the text itself. @throws {RegexError} */
export function goExpanding(texts: readonly string[], expression: string, template: string): { text: string; value: string }[] {
  const compiled = compile(expression, '')
  const [groups, named] = [compiled.groupCount(), compiled.namedGroups()]
  const values = new Map<string, string>()
  let size = 0
  const match = compiled.matcher('')
  const found = inParts(texts, text => {
    match.resetMatcherInput(text)
    if (size > mostExpanded || !match.find()) return false
    const value = template === '' ? text : expanded(template, { groups, named, group: n => match.group(n) })
    size += value.length
    values.set(text, value)
    return true
  })
  if (size > mostExpanded)
    throw new RegexError('BAD_REGEX', `the template makes more than ${mostExpanded} characters of ${texts.length} texts`)
  return found.map(text => ({ text, value: values.get(text) ?? '' }))
}

function inParts(texts: readonly string[], test: (text: string) => boolean, what?: string): string[] {
  const found: string[] = []
  let patience = mostSlow + Math.floor(texts.length / slowEvery)
  for (let at = 0; at < texts.length; at += together) {
    const part = texts.slice(at, at + together)
    try {
      found.push(...matched(part, test, () => patience-- > 0))
    } catch (cause) {
      throw new RegexError('TOO_SLOW', `${what === undefined ? '' : `${what}: `}${messageOf(cause)}`, { cause })
    }
  }
  return found
}

function matched(texts: readonly string[], test: (text: string) => boolean, mayTryAgain: () => boolean): string[] {
  try {
    return matching(texts, test, usualMs)
  } catch (thrown) {
    if (!mayTryAgain()) throw thrown
    return matching(texts, test, patientMs)
  }
}
