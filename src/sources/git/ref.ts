import { latestTags, VersionError } from '../../lib/semver.ts'
import type { GitRepositoryObject } from '../../kinds/git-repository.ts'

type Spec = GitRepositoryObject['spec']
/** What a server says of its references: names to hashes; an annotated tag has one more with `^{}` for the commit behind it. */
export type Refs = ReadonlyMap<string, string>

/** How a spec names what to check out. Spec: sources 4.2. */
export type Wanted =
  | { readonly by: 'commit'; readonly commit: string; readonly branch: string | undefined; readonly name: string | undefined }
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'tag'; readonly tag: string }
  | { readonly by: 'semver'; readonly range: string }
  | { readonly by: 'branch'; readonly branch: string }

/** Commit wins over name, name over tag, tag over range, range over branch: as Flux does it, not as it documents it. */
export function wantedOf({ ref = {} }: Pick<Spec, 'ref'>): Wanted {
  if (ref.commit) return { by: 'commit', commit: ref.commit, branch: ref.branch || undefined, name: ref.name || undefined }
  if (ref.name) return { by: 'name', name: ref.name }
  if (ref.tag) return { by: 'tag', tag: ref.tag }
  if (ref.semver) return { by: 'semver', range: ref.semver }
  return { by: 'branch', branch: ref.branch || 'master' }
}

/** The range that a tag beside it hides; `undefined` when none is hidden. Spec: sources 15. */
export function hiddenRange({ ref = {} }: Pick<Spec, 'ref'>): string | undefined {
  return wantedOf({ ref }).by === 'tag' ? ref.semver || undefined : undefined
}

const peel = '^{}'

/** A name without the suffix that asks for the commit behind a tag. */
export function withoutPeel(name: string): string {
  return name.endsWith(peel) ? name.slice(0, -peel.length) : name
}

export function isTagName(name: string): boolean {
  return name.startsWith('refs/tags/')
}

/** The commit that a full name stands for, a tag's own being that of the commit behind it; `undefined` when the server does not have it. */
export function commitOf(refs: Refs, name: string): string | undefined {
  const peeled = isTagName(name) && !name.endsWith(peel) ? refs.get(name + peel) : undefined
  return peeled ?? refs.get(name)
}

/** Tags with the commits that they stand for. */
export function tagsIn(refs: Refs): Map<string, string> {
  return new Map(
    [...refs.keys()]
      .filter(name => isTagName(name) && !name.endsWith(peel))
      .map(name => [name.slice('refs/tags/'.length), commitOf(refs, name) ?? '']),
  )
}

/** The tags of the highest version in a range: several where they differ in build metadata. Throws Flux's texts. */
export function bestTags(tags: readonly string[], range: string): string[] {
  const found = inGitsWords(range, () => latestTags(tags, range))
  if (found.length === 0) throw new VersionError('NO_VERSION', `no match found for semver: ${range}`)
  return found
}

function inGitsWords<T>(range: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof VersionError) || thrown.code !== 'BAD_RANGE') throw thrown
    throw new VersionError('BAD_RANGE', thrown.message.replace(`semver '${range}' parse error`, 'semver parse error'), { cause: thrown })
  }
}

/** Of tags of equal version the one whose commit is newest; the times are those of committers, by commit. */
export function newest(tags: ReadonlyMap<string, string>, among: readonly string[], times: ReadonlyMap<string, number>): string {
  const at = (tag: string): number => times.get(tags.get(tag) ?? '') ?? 0
  return among.toSorted((a, b) => at(a) - at(b)).at(-1) ?? ''
}

/** What is wrong with a full name, in Flux's words; `undefined` when nothing is. */
export function whyNoName(name: string): string | undefined {
  return name.startsWith('/') || name.endsWith('/') ? `ref ${name} is invalid; Git refs cannot begin or end with a slash '/'` : undefined
}

/** What was or is to be checked out: the reference by its full name, empty for a commit alone. */
export interface Point {
  readonly reference: string
  readonly hash: string
}

/** `main@sha1:…`, with `name` in the spec the whole reference, for a commit alone `sha1:…`. Spec: sources 4.2. */
export function revisionOf({ reference, hash }: Point, { ref }: Pick<Spec, 'ref'>): string {
  const shown = ref?.name ? reference : shortOf(reference)
  return shown ? `${shown}@sha1:${hash}` : `sha1:${hash}`
}

/** What follows the second slash. */
function shortOf(reference: string): string {
  return reference.split('/').slice(2).join('/')
}

/** A revision of an older Flux as this one writes it: `main/…` is `main@sha1:…`, `HEAD/…` and a bare hash are `sha1:…`. */
export function currentRevision(revision: string): string {
  if (revision === '' || revision.includes(':')) return revision
  const slash = revision.lastIndexOf('/')
  const [pointer, hash] = [revision.slice(0, Math.max(slash, 0)), revision.slice(slash + 1)]
  if (!/^[0-9a-f]{40}$/.test(hash)) return revision
  return pointer === '' || pointer === 'HEAD' ? `sha1:${hash}` : `${pointer}@sha1:${hash}`
}

/** Whether two revisions are the same, whichever Flux wrote them. */
export function sameRevision(a: string | undefined, b: string): boolean {
  return a !== undefined && currentRevision(a) === currentRevision(b)
}

const longest = 50

/** The first line of a commit's message, cut at 50 characters. */
export function subjectOf(message: string): string {
  const subject = [...(message.split('\n')[0] ?? '')]
  return subject.length > longest ? `${subject.slice(0, longest).join('')}...` : subject.join('')
}
