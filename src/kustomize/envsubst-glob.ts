import { type Bytes, characterAt, textOf } from './envsubst-bytes.ts'

/** How many bytes it takes at a position; -1 when it does not match. */
type Item = (bytes: Bytes, at: number) => number
/** Items that follow one another, after any text where `star`. */
interface Part {
  readonly star: boolean
  readonly items: Item[]
}

/**
 * A test whether the whole of a value fits a pattern of `*` (also over `/`), `?`, `[a-z]`, `[^x]` and `\c`.
 * `undefined` for a malformed pattern. Spec: kustomization 5.3.
 */
export function glob(pattern: Bytes): ((value: Bytes) => boolean) | undefined {
  const parts: Part[] = [{ star: false, items: [] }]
  for (let at = 0; at < pattern.length;) {
    const [item, length] = read(pattern, at) ?? [undefined, 0]
    if (length === 0) return undefined
    if (item) parts.at(-1)?.items.push(item)
    else if (parts.at(-1)?.items.length === 0) parts.splice(-1, 1, { star: true, items: [] })
    else parts.push({ star: true, items: [] })
    at += length
  }
  return value => fits(value, parts)
}

/** The item at a position and how many bytes of the pattern it is; no item for `*`. */
function read(pattern: Bytes, at: number): [Item | undefined, number] | undefined {
  const c = pattern[at] ?? ''
  if (c === '*') return [undefined, 1]
  if (c === '?') return [(bytes, i) => (i < bytes.length ? characterAt(bytes, i).length : -1), 1]
  if (c === '[') return readClass(pattern, at)
  if (c !== '\\') return [literal(c), 1]
  const escaped = pattern[at + 1]
  return escaped === undefined ? undefined : [literal(escaped), 2]
}

function literal(byte: string): Item {
  return (bytes, at) => (bytes[at] === byte ? 1 : -1)
}

function readClass(pattern: Bytes, start: number): [Item, number] | undefined {
  const negated = pattern[start + 1] === '^'
  const ranges: [number, number][] = []
  let at = start + (negated ? 2 : 1)
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = readBound(pattern, at)
    if (!low) return undefined
    at += low.length
    const high = pattern[at] === '-' ? readBound(pattern, at + 1) : low
    if (!high) return undefined
    if (pattern[at] === '-') at += 1 + high.length
    ranges.push([low.code, high.code])
  }
  const item: Item = (bytes, i) => {
    if (i >= bytes.length) return -1
    const character = characterAt(bytes, i)
    const code = textOf(character).codePointAt(0) ?? 0
    return ranges.some(([low, high]) => low <= code && code <= high) === negated ? -1 : character.length
  }
  return [item, at + 1 - start]
}

/** One end of a range. */
function readBound(pattern: Bytes, at: number): { code: number; length: number } | undefined {
  const escape = pattern[at] === '\\' ? 1 : 0
  const character = characterAt(pattern, at + escape)
  if (character === '' || (escape === 0 && (character === '-' || character === ']'))) return undefined
  if (character.length === 1 && character > '\x7f') return undefined
  return { code: textOf(character).codePointAt(0) ?? 0, length: escape + character.length }
}

function fits(value: Bytes, parts: readonly Part[]): boolean {
  let at = 0
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1
    if (part.star && last && part.items.length === 0) return true
    const end = place(value, part, { from: at, toEnd: last })
    if (end === undefined) return false
    at = end
  }
  return at === value.length
}

/** Where the first place of a part ends. */
function place(value: Bytes, { star, items }: Part, { from, toEnd }: { from: number; toEnd: boolean }): number | undefined {
  for (let start = from; start <= (star ? value.length : from); start++) {
    let end = start
    for (const item of items) {
      const taken = item(value, end)
      end = taken < 0 ? -1 : end + taken
      if (end < 0) break
    }
    if (end >= 0 && (!toEnd || end === value.length)) return end
  }
  return undefined
}
