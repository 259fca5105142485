import { digitsOf, isObject, type Json, type JsonObject } from './json.ts'
import { needsQuotes } from './yaml-scalars.ts'

/** One document as Kubernetes prints it: sorted keys, lists not indented, lines broken at spaces after column 80, quotes exactly where YAML 1.1 needs them. Ends with a newline. */
export function print(value: Json): string {
  const out = new Page()
  put(value, { out, indent: 0, nested: -2, inline: true })
  return out.end()
}

/** Documents with `---` between. */
export function printAll(values: readonly Json[]): string {
  return values.map(print).join('---\n')
}

/** One text as a value, or a key, of what stands at an indent; lines are never broken. `step`: how much further in its lines are than what holds it. */
export function printScalar(text: string, { indent, key = false, step = 2 }: { indent: number; key?: boolean; step?: number }): string {
  const out = new Page(Infinity)
  putText(text, { out, indent, key, step })
  return out.text
}

/** Text with the column it has come to, in characters. `width`: where lines are broken. */
class Page {
  readonly width: number
  text = ''
  column = 0
  constructor(width = 80) {
    this.width = width
  }
  add(part: string): void {
    this.text += part
    const line = part.lastIndexOf('\n')
    const last = [...(line < 0 ? part : part.slice(line + 1))].length
    this.column = line < 0 ? this.column + last : last
  }
  /** To the start of a line; nothing when it is there. */
  line(indent: number): void {
    this.add(`${this.column > 0 ? '\n' : ''}${' '.repeat(indent)}`)
  }
  end(): string {
    return this.column > 0 ? `${this.text}\n` : this.text
  }
}

/** `indent`: of a collection that starts here. `nested`: of what holds it. `inline`: its first entry stands on this line. */
interface Place {
  readonly out: Page
  readonly indent: number
  readonly nested: number
  readonly inline: boolean
}

function put(value: Json, place: Place): void {
  const { out, nested, inline } = place
  const gap = out.column > 0 && !inline ? ' ' : ''
  if (Array.isArray(value)) return value.length === 0 ? out.add(`${gap}[]`) : putList(value, place)
  if (isObject(value)) return Object.values(value).every(v => v === undefined) ? out.add(`${gap}{}`) : putMap(value, place)
  out.add(gap)
  if (typeof value === 'string') putText(value, { out, indent: nested + 2, key: false })
  else out.add(digitsOf(value) ?? (typeof value === 'number' ? numeral(value) : String(value)))
}

function putList(items: readonly Json[], { out, indent, inline }: Place): void {
  for (const [i, item] of items.entries()) {
    if (i > 0 || !inline) out.line(indent)
    out.add('- ')
    put(item, { out, indent: indent + 2, nested: indent, inline: true })
  }
}

function putMap(map: JsonObject, { out, indent, inline }: Place): void {
  const entries = Object.entries(map)
    .filter((e): e is [string, Json] => e[1] !== undefined)
    .toSorted(([a], [b]) => compareKeys(a, b))
  for (const [i, [key, value]] of entries.entries()) {
    if (i > 0 || !inline) out.line(indent)
    if (isSimple(key)) {
      putText(key, { out, indent, key: true })
      out.add(':')
      put(value, { out, indent: Array.isArray(value) ? indent : indent + 2, nested: indent, inline: false })
    } else {
      out.add('? ')
      putText(key, { out, indent: indent + 2, key: false })
      out.line(indent)
      out.add(': ')
      put(value, { out, indent: indent + 2, nested: indent, inline: true })
    }
  }
}

function isSimple(key: string): boolean {
  return !key.includes('\n') && Buffer.byteLength(key) <= 128
}

/** Go's `%g`: whole numbers as they are, large and small ones with an exponent of two digits. */
function numeral(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 64) return String(BigInt(value))
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** Letters by code, numbers by value, a letter after all else. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  const i = left.findIndex((c, at) => c !== right[at])
  const [x, y] = [left[i], right[i]]
  if (i < 0 || y === undefined || x === undefined) return left.length - right.length
  const [letterX, letterY] = [/^\p{L}$/u.test(x), /^\p{L}$/u.test(y)]
  if (letterX !== letterY) return letterX ? 1 : -1
  const difference = letterX ? 0 : digitsFrom(left, i, right) - digitsFrom(right, i, left)
  if (difference !== 0) return difference
  const length = letterX ? 0 : runFrom(left, i) - runFrom(right, i)
  return length !== 0 ? length : (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0)
}

function runFrom(characters: readonly string[], from: number): number {
  const end = characters.findIndex((c, at) => at >= from && !/^[0-9]$/.test(c))
  return (end < 0 ? characters.length : end) - from
}

/** The number that starts there; one digit more in front where a zero follows a number that both began. */
function digitsFrom(characters: readonly string[], from: number, other: readonly string[]): number {
  const before = /[0-9]*$/.exec(characters.slice(0, from).join(''))?.[0] ?? ''
  const continued = (characters[from] === '0' || other[from] === '0') && /[1-9]/.test(before)
  return Number(`${continued ? '1' : ''}${characters.slice(from, from + runFrom(characters, from)).join('') || (continued ? '' : '0')}`)
}

interface Spot {
  readonly out: Page
  readonly indent: number
  readonly key: boolean
  readonly step?: number
}

const special = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u
const indicator = /^(?:---|\.\.\.)|^[#,[\]{}&*!|>'"%@`]|^[?-](?:[ \t]|$)|:(?:[ \t]|$)|[ \t\n]#|^ | $/

function putText(text: string, spot: Spot): void {
  const { out, key } = spot
  if (text.includes('\n')) return !key && !special.test(text) && !/ \n| $/.test(text) ? putLiteral(text, spot) : putDouble(text, spot)
  if (needsQuotes(text) || special.test(text) || (key && text === '<<')) return putDouble(text, spot)
  if (!indicator.test(text)) return putFolded(text, spot)
  out.add(`'`)
  putFolded(text.replaceAll(`'`, `''`), spot)
  out.add(`'`)
}

/** Breaks at single spaces beyond the width, but for keys. */
function putFolded(text: string, { out, indent, key }: Spot): void {
  for (const part of key ? [text] : text.split(/(?<=[^ ])( )(?=[^ ])/)) {
    if (part === ' ' && out.column > out.width) out.line(indent)
    else out.add(part)
  }
}

function putLiteral(text: string, { out, indent, step = 2 }: Spot): void {
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  out.add(`|${/^[ \n]/.test(text) ? step : ''}${chomp}\n${text.replaceAll(/^(?=[^\n])/gm, ' '.repeat(indent))}`)
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function putDouble(text: string, { out, indent, key }: Spot): void {
  const characters = [...text]
  out.add('"')
  for (const [i, c] of characters.entries()) {
    const folds = c === ' ' && !key && characters[i - 1] !== ' ' && out.column > out.width && i > 0 && i < characters.length - 1
    if (folds) {
      out.line(indent)
      if (characters[i + 1] === ' ') out.add('\\')
    } else out.add(escaped(c))
  }
  out.add('"')
}

function escaped(character: string): string {
  const short = escapes[character]
  if (short !== undefined) return `\\${short}`
  if (!special.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8]
  return `\\${letter}${code.toString(16).toUpperCase().padStart(width, '0')}`
}
