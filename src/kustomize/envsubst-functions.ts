/** Bytes of the value in UTF-8. */
export function length(value: string): string {
  return String(Buffer.byteLength(value))
}

/** `^` and `,` change the first rune, doubled all of them; other pairs change nothing. */
export function casing(value: string, operator: string): string {
  const first = value === '' ? '' : String.fromCodePoint(value.codePointAt(0) ?? 0)
  switch (operator) {
    case '^^': return value.toUpperCase()
    case ',,': return value.toLowerCase()
    case '^': return first.toUpperCase() + value.slice(first.length)
    case ',': return first.toLowerCase() + value.slice(first.length)
    default: return value
  }
}

/** All operators with a default do the same: the value unless it is empty. */
export function fallback(value: string, otherwise: string): string {
  return value === '' ? otherwise : value
}

/** Bytes from a position on. Numbers that are none leave the value; `undefined` for a negative length. */
export function substring(value: string, from: string, count: string | undefined): string | undefined {
  if (!isInteger(from) || (count !== undefined && !isInteger(count))) return value
  const bytes = Buffer.from(value)
  const start = Number(from) < 0 ? Math.max(0, bytes.length + Number(from)) : Number(from)
  if (count !== undefined && Number(count) < 0) return undefined
  return bytes.subarray(Math.min(start, bytes.length), count === undefined ? bytes.length : Math.min(start + Number(count), bytes.length)).toString('utf8')
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text)
}

/** Replaces a literal part; at the start or end an empty replacement changes nothing. */
export function replace(value: string, { operator, pattern, replacement }: { operator: '/' | '//' | '/#' | '/%'; pattern: string; replacement: string }): string {
  switch (operator) {
    case '/': return value.replace(pattern, () => replacement)
    case '//': return pattern === '' ? value : value.replaceAll(pattern, () => replacement)
    case '/#': return replacement !== '' && value.startsWith(pattern) ? replacement + value.slice(pattern.length) : value
    case '/%': return replacement !== '' && value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) + replacement : value
  }
}

/** Removes the shortest or longest non-empty prefix or suffix that a glob matches; suffixes by reversing value and pattern. */
export function trim(value: string, operator: '#' | '##' | '%' | '%%', pattern: string): string {
  if (operator.startsWith('%')) return reversed(trim(reversed(value), operator === '%' ? '#' : '##', reversed(pattern)))
  const expression = globExpression(pattern)
  if (!expression) return value
  const lengths = Array.from({ length: value.length }, (_, i) => i + 1)
  const fits = (operator === '#' ? lengths : lengths.toReversed()).find(n => expression.test(value.slice(0, n)))
  return fits === undefined ? value : value.slice(fits)
}

function reversed(text: string): string {
  return [...text].toReversed().join('')
}

/** `*` also matches `/`. `undefined` for a malformed pattern. */
function globExpression(pattern: string): RegExp | undefined {
  let out = ''
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? ''
    if (c === '*') out += '.*'
    else if (c === '?') out += '.'
    else if (c === '[') {
      const end = pattern.indexOf(']', i + (pattern[i + 1] === '^' ? 3 : 2))
      if (end < 0) return undefined
      out += `[${pattern.slice(i + 1, end).replaceAll('[', '\\[')}]`
      i = end
    } else if (c === '\\') {
      i++
      if (i >= pattern.length) return undefined
      out += escaped(pattern[i] ?? '')
    } else out += escaped(c)
  }
  return compiled(out)
}

function escaped(character: string): string {
  return character.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    return undefined
  }
}
