/** One pattern of an ignore list. `domain` is the folder that it counts from. */
export interface IgnorePattern { readonly segments: readonly string[]; readonly anchored: boolean; readonly folderOnly: boolean; readonly includes: boolean; readonly domain: readonly string[] }

const vcs = ['.git/', '.gitignore', '.gitmodules', '.gitattributes']
const ext = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip']
const ci = ['.github/', '.circleci/', '.travis.yml', '.gitlab-ci.yml', 'appveyor.yml', '.drone.yml', 'cloudbuild.yaml', 'codeship-services.yml', 'codeship-steps.yml']
const extra = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml']

/** Default patterns: of the CLI's artifacts, of sources without patterns of their own, and those that sources always have. Spec: sources 2.1, 2.2. */
export const defaultPatterns = { artifact: [...vcs, ...ext].join('\n'), source: [...vcs, ...ext, ...ci, ...extra].join('\n'), always: vcs.join('\n') } as const

/** The patterns of a text, in order. Spec: sources 2.3. */
export function parsePatterns(text: string, domain: readonly string[] = []): IgnorePattern[] {
  return text.split('\n').map(line => line.replace(/\r$/, '')).filter(line => !line.startsWith('#') && line.trim() !== '').map(line => patternOf(line, domain))
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
  return candidates.some(part => segmentMatches(pattern.replaceAll('**', '*'), part))
}

/** The pattern must match from the domain on; what is below a match matches too. */
function matchesPath(segments: readonly string[], path: readonly string[], notLast: boolean): boolean {
  const wanted = segments[0] === '' ? segments.slice(1) : segments
  const end = prefixEnd(wanted, path, 0)
  return end !== undefined && !(notLast && end === path.length)
}

/** How many components a pattern covers; `undefined` when it does not match. */
function prefixEnd(segments: readonly string[], path: readonly string[], from: number): number | undefined {
  const [head, ...rest] = segments
  if (head === undefined) return from
  if (head === '**') {
    if (rest.length === 0) return path.length
    for (let at = from; at < path.length; at++) {
      const end = prefixEnd(rest, path, at)
      if (end !== undefined) return end
    }
    return undefined
  }
  const part = path[from]
  return part !== undefined && !head.includes('**') && segmentMatches(head, part) ? prefixEnd(rest, path, from + 1) : undefined
}

const compiled = new Map<string, RegExp | undefined>()

/** Go's filepath.Match on one component; a malformed pattern matches nothing. */
function segmentMatches(pattern: string, part: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === part
  if (!compiled.has(pattern)) compiled.set(pattern, expressionOf(pattern))
  return compiled.get(pattern)?.test(part) ?? false
}

function expressionOf(pattern: string): RegExp | undefined {
  let out = ''
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? ''
    if (c === '*') out += '[^/]*'
    else if (c === '?') out += '[^/]'
    else if (c === '\\') {
      i++
      if (i >= pattern.length) return undefined
      out += literal(pattern[i] ?? '')
    } else if (c === '[') {
      const end = pattern.indexOf(']', i + (pattern[i + 1] === '^' ? 3 : 2))
      if (end < 0) return undefined
      out += `[${pattern.slice(i + 1, end).replaceAll('[', '\\[')}]`
      i = end
    } else out += literal(c)
  }
  return new RegExp(`^${out}$`, 'su')
}

function literal(character: string): string {
  return character.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}
