import type { Budget } from './envsubst-budget.ts'
import { type Bytes, characterAt, charactersOf, textOf, toBytes } from './envsubst-bytes.ts'
import { glob } from './envsubst-glob.ts'

export type Trim = '#' | '##' | '%' | '%%'
export type Replace = '/' | '//' | '/#' | '/%'

/** `^` and `,` change the first character, doubled all of them; other pairs change nothing. */
export function casing(value: Bytes, operator: string): Bytes {
  const first = characterAt(value, 0)
  switch (operator) {
    case '^^':
      return charactersOf(value)
        .map(c => toBytes(upper(textOf(c))))
        .join('')
    case ',,':
      return charactersOf(value)
        .map(c => toBytes(lower(textOf(c))))
        .join('')
    case '^':
      return toBytes(upper(textOf(first))) + value.slice(first.length)
    case ',':
      return toBytes(lower(textOf(first))) + value.slice(first.length)
    default:
      return value
  }
}

/** Unicode's simple mapping, one character to one: `ß` stays. */
function upper(character: string): string {
  const full = character.toUpperCase()
  if ([...full].length === 1) return full
  const code = character.codePointAt(0) ?? 0
  return [8, 9].map(step => String.fromCodePoint(code + step)).find(c => c.toLowerCase() === character) ?? character
}

function lower(character: string): string {
  return character === '\u0130' ? 'i' : character.toLowerCase()
}

/** All operators with a default do the same: the value unless it is empty. */
export function fallback(value: Bytes, otherwise: Bytes): Bytes {
  return value === '' ? otherwise : value
}

/** Bytes from a position on. What is no integer of 64 bits leaves the value; `undefined` for an end before the start. */
export function substring(value: Bytes, from: string, count?: string): Bytes | undefined {
  if (!isInteger(from) || (count !== undefined && !isInteger(count))) return value
  const start = Number(from) < 0 ? Math.max(0, value.length + Number(from)) : Number(from)
  const end = count === undefined ? value.length : start + Number(count)
  if (end >= value.length) return value.slice(start)
  return end < start ? undefined : value.slice(start, end)
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', ''))
}

/** Replaces a literal part. Without a replacement it goes, but at the start or end it stays. */
export function replace(
  value: Bytes,
  { operator, pattern, replacement }: { operator: Replace; pattern: Bytes; replacement?: Bytes | undefined },
  budget: Budget,
): Bytes {
  const by = replacement ?? ''
  if (operator === '//') budget.spend((pattern === '' ? value.length + 1 : value.split(pattern).length) * by.length)
  switch (operator) {
    case '/':
      return value.replace(pattern, () => by)
    case '//':
      return pattern === ''
        ? by +
            charactersOf(value)
              .map(c => c + by)
              .join('')
        : value.replaceAll(pattern, () => by)
    case '/#':
      return replacement !== undefined && value.startsWith(pattern) ? by + value.slice(pattern.length) : value
    case '/%':
      return replacement !== undefined && value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) + by : value
  }
}

/** Matching a byte takes as long as copying some. */
const matchCost = 8

/** Removes the shortest or longest non-empty prefix or suffix that a glob matches; suffixes by reversing value and pattern. */
export function trim(value: Bytes, { operator, pattern }: { operator: Trim; pattern: Bytes }, budget: Budget): Bytes {
  if (operator.startsWith('%'))
    return reversed(trim(reversed(value), { operator: operator === '%' ? '#' : '##', pattern: reversed(pattern) }, budget))
  const matches = glob(pattern)
  if (!matches) return value
  for (let i = 1; i <= value.length; i++) {
    const length = operator === '#' ? i : value.length + 1 - i
    budget.spend(matchCost * (length + pattern.length))
    if (matches(value.slice(0, length))) return value.slice(length)
  }
  return value
}

function reversed(value: Bytes): Bytes {
  return charactersOf(value)
    .toReversed()
    .map(c => toBytes(textOf(c)))
    .join('')
}
