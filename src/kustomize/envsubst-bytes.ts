/** UTF-8 as a string of bytes: one character, U+0000 to U+00FF, for each. Lengths and positions in it are those Flux counts. */
export type Bytes = string

export function toBytes(text: string): Bytes {
  return Buffer.from(text).toString('latin1')
}

/** `undefined` when the bytes are no UTF-8, as after a cut through a character. */
export function fromBytes(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}

const tail = '[\x80-\xbf]'
const sequence = new RegExp(
  [
    `[\\x00-\\x7f]`,
    `[\\xc2-\\xdf]${tail}`,
    `\\xe0[\\xa0-\\xbf]${tail}`,
    `[\\xe1-\\xec\\xee\\xef]${tail}{2}`,
    `\\xed[\\x80-\\x9f]${tail}`,
    `\\xf0[\\x90-\\xbf]${tail}{2}`,
    `[\\xf1-\\xf3]${tail}{3}`,
    `\\xf4[\\x80-\\x8f]${tail}{2}`,
  ].join('|'),
  'y',
)

/** The bytes of the character at a position; a byte that starts none stands alone. Empty at the end. */
export function characterAt(bytes: Bytes, at: number): Bytes {
  sequence.lastIndex = at
  return sequence.exec(bytes)?.[0] ?? bytes.slice(at, at + 1)
}

/** What {@link characterAt} found, as text; U+FFFD for a stray byte. */
export function textOf(character: Bytes): string {
  return Buffer.from(character, 'latin1').toString('utf8')
}

/** The characters in order. */
export function charactersOf(bytes: Bytes): Bytes[] {
  const found: Bytes[] = []
  for (let at = 0; at < bytes.length; at += found.at(-1)?.length ?? 1) found.push(characterAt(bytes, at))
  return found
}
