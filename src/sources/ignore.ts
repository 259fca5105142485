import { glob } from '../lib/glob.ts'

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
  return {
    segments: path.split('/'),
    anchored: path.includes('/'),
    folderOnly,
    includes,
    domain,
  }
}

/** Whether a path is left out: the last pattern that matches decides. `path` has `/`, none at its end. Spec: sources 2.4. */
export function isIgnored(patterns: readonly IgnorePattern[], path: string, isFolder: boolean): boolean {
  const parts = path.split('/')
  const decisive = patterns.findLast(pattern => matches(pattern, parts, isFolder))
  return decisive !== undefined && !decisive.includes
}

/** What is between two slashes of a pattern, read once. */
interface Segment {
  readonly text: string
  matches(part: string): boolean
}

const read = new WeakMap<IgnorePattern, readonly Segment[]>()

function segmentsOf(pattern: IgnorePattern): readonly Segment[] {
  const known = read.get(pattern) ?? pattern.segments.map(text => ({ text, matches: glob(text) }))
  read.set(pattern, known)
  return known
}

function matches(pattern: IgnorePattern, path: readonly string[], isFolder: boolean): boolean {
  const { anchored, folderOnly, domain } = pattern
  if (path.length <= domain.length || domain.some((part, i) => path[i] !== part)) return false
  const below = path.slice(domain.length)
  return (anchored ? matchesPath : matchesName)(segmentsOf(pattern), below, folderOnly && !isFolder)
}

/** Any component may match; the last one of a file not for folder patterns. */
function matchesName([pattern]: readonly Segment[], path: readonly string[], notLast: boolean): boolean {
  const candidates = notLast ? path.slice(0, -1) : path
  return candidates.some(part => pattern?.matches(part))
}

/** The pattern must match from the domain on; what is below a match matches too. What `**` passed over is never tried again, as in go-git. */
function matchesPath(segments: readonly Segment[], path: readonly string[], notLast: boolean): boolean {
  let [at, matched, deep] = [0, false, false]
  for (const [i, segment] of segments.entries()) {
    if (segment.text === '' || segment.text === '**') {
      deep = segment.text === '**' && i < segments.length - 1
      continue
    }
    if (segment.text.includes('**') || at >= path.length) return false
    const found = deep ? path.findIndex((part, depth) => depth >= at && segment.matches(part)) : segment.matches(path[at] ?? '') ? at : -1
    if (found < 0) return false
    at = found + 1
    matched = true
    deep = false
  }
  return matched && !(notLast && at === path.length)
}
