/** A class is a list of ranges of characters; `undefined` is any character. */
type Token =
  | { readonly star: true }
  | { readonly star: false; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] | undefined }

/** Go's filepath.Match on a text without slashes; a malformed pattern matches nothing. In linear time but for the last star. */
export function globMatches(pattern: string, part: string): boolean {
  return glob(pattern)(part)
}

/** The same for many texts: the pattern is read once. */
export function glob(pattern: string): (part: string) => boolean {
  if (!/[*?[\\]/.test(pattern)) return part => pattern === part
  const tokens = tokensOf(pattern)
  return part => tokens !== undefined && tokensMatch(tokens, [...part])
}

/** Linear but for the last star, which is where a mismatch goes back to. */
function tokensMatch(tokens: readonly Token[], text: readonly string[]): boolean {
  let [token, at, star, from] = [0, 0, -1, 0]
  while (at < text.length) {
    const wanted = tokens[token]
    if (wanted?.star) [star, from, token] = [token, at, token + 1]
    else if (wanted && one(wanted, text[at] ?? '')) [token, at] = [token + 1, at + 1]
    else if (star >= 0) [token, from, at] = [star + 1, from + 1, from + 1]
    else return false
  }
  return tokens.slice(token).every(rest => rest.star)
}

function one({ negated, ranges }: Extract<Token, { star: false }>, character: string): boolean {
  const [only, ...more] = ranges ?? []
  if (only && more.length === 0 && only[0] === only[1]) return (character === only[0]) !== negated
  const code = character.codePointAt(0) ?? 0
  return (
    ranges === undefined ||
    ranges.some(([low, high]) => (low.codePointAt(0) ?? 0) <= code && code <= (high.codePointAt(0) ?? 0)) !== negated
  )
}

/** `undefined` for a malformed pattern: a class that is open, empty or starts a range with `-`, or a backslash at the end. */
function tokensOf(pattern: string): Token[] | undefined {
  const characters = [...pattern]
  const tokens: Token[] = []
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] ?? ''
    if (c === '*') tokens.push({ star: true })
    else if (c === '?') tokens.push({ star: false, negated: false, ranges: undefined })
    else if (c === '[') {
      const found = classAt(characters, i + 1)
      if (!found) return undefined
      tokens.push(found.token)
      i = found.end
    } else {
      const literal = c === '\\' ? characters[++i] : c
      if (literal === undefined) return undefined
      tokens.push({ star: false, negated: false, ranges: [[literal, literal]] })
    }
  }
  return tokens
}

/** The class that starts after `[`; `end` is where its `]` is. */
function classAt(characters: readonly string[], start: number): { token: Token; end: number } | undefined {
  const negated = characters[start] === '^'
  const ranges: [string, string][] = []
  let at = negated ? start + 1 : start
  const next = (): string | undefined => {
    if (characters[at] === '-' || characters[at] === ']') return undefined
    if (characters[at] === '\\') at++
    return characters[at++]
  }
  for (;;) {
    if (characters[at] === ']' && ranges.length > 0) return { token: { star: false, negated, ranges }, end: at }
    const low = next()
    if (low === undefined) return undefined
    if (characters[at] === '-') at++
    else {
      ranges.push([low, low])
      continue
    }
    const high = next()
    if (high === undefined) return undefined
    ranges.push([low, high])
  }
}
