/** One pattern of an ignore list. `domain` is the folder that it counts from. */
export interface IgnorePattern {
  readonly segments: readonly string[]
  readonly anchored: boolean
  readonly folderOnly: boolean
  readonly includes: boolean
  readonly domain: readonly string[]
}

const vcs = ['.git/', '.gitignore', '.gitmodules', '.gitattributes']
const ext = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip']
const ci = [
  '.github/',
  '.circleci/',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
]
const extra = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml']

/** Default patterns: of the CLI's artifacts, of sources without patterns of their own, and those that sources always have. Spec: sources 2.1, 2.2. */
export const defaultPatterns = {
  artifact: [...vcs, ...ext].join('\n'),
  source: [...vcs, ...ext, ...ci, ...extra].join('\n'),
  always: vcs.join('\n'),
} as const

/** The patterns of a text, in order. Spec: sources 2.3. */
export function parsePatterns(text: string, domain: readonly string[] = []): IgnorePattern[] {
  return text
    .split('\n')
    .map(line => line.replace(/\r$/, ''))
    .filter(line => !line.startsWith('#') && line.trim() !== '')
    .map(line => patternOf(line, domain))
}

function patternOf(line: string, domain: readonly string[]): IgnorePattern {
  const includes = line.startsWith('!')
  const text = includes ? line.slice(1) : line
  const trimmed = text.endsWith('\\ ') ? text : text.replace(/ +$/, '')
  const folderOnly = trimmed.endsWith('/')
  const path = folderOnly ? trimmed.slice(0, -1) : trimmed
  return { segments: path.split('/'), anchored: path.includes('/'), folderOnly, includes, domain }
}

/** Whether a path is left out: the last pattern that matches decides. `path` has `/`, none at its end. Spec: sources 2.4. */
export function isIgnored(patterns: readonly IgnorePattern[], path: string, isFolder: boolean): boolean {
  const parts = path.split('/')
  const decisive = patterns.findLast(pattern => matches(pattern, parts, isFolder))
  return decisive !== undefined && !decisive.includes
}

function matches({ segments, anchored, folderOnly, domain }: IgnorePattern, path: readonly string[], isFolder: boolean): boolean {
  if (path.length <= domain.length || domain.some((part, i) => path[i] !== part)) return false
  const below = path.slice(domain.length)
  return anchored ? matchesPath(segments, below, folderOnly && !isFolder) : matchesName(segments[0] ?? '', below, folderOnly && !isFolder)
}

/** Any component may match; the last one of a file not for folder patterns. */
function matchesName(pattern: string, path: readonly string[], notLast: boolean): boolean {
  const candidates = notLast ? path.slice(0, -1) : path
  return candidates.some(part => segmentMatches(pattern, part))
}

/** The pattern must match from the domain on; what is below a match matches too. What `**` passed over is never tried again, as in go-git. */
function matchesPath(segments: readonly string[], path: readonly string[], notLast: boolean): boolean {
  let [at, matched, deep] = [0, false, false]
  for (const [i, segment] of segments.entries()) {
    if (segment === '' || segment === '**') {
      deep = segment === '**' && i < segments.length - 1
      continue
    }
    if (segment.includes('**') || at >= path.length) return false
    const found = deep
      ? path.findIndex((part, depth) => depth >= at && segmentMatches(segment, part))
      : segmentMatches(segment, path[at] ?? '')
        ? at
        : -1
    if (found < 0) return false
    at = found + 1
    matched = true
    deep = false
  }
  return matched && !(notLast && at === path.length)
}

/** A class is a list of ranges of characters; `undefined` is any character. */
type Token =
  | { readonly star: true }
  | { readonly star: false; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] | undefined }

/** Go's filepath.Match on one component; a malformed pattern matches nothing. */
function segmentMatches(pattern: string, part: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === part
  const tokens = tokensOf(pattern)
  return tokens !== undefined && tokensMatch(tokens, [...part])
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
