import { CodedError } from './coded-error.ts'

/** A range or filter that cannot be read, or a range that nothing satisfies. Messages are Flux's. */
export class VersionError extends CodedError<'BAD_RANGE' | 'NO_VERSION' | 'BAD_FILTER'> {
  override readonly name = 'VersionError'
}

/**
 * The tag with the highest version in a range, as it is written.
 * Tags that are no three-part version, with or without one `v`, are left out; of equal ones the first listed wins.
 * @throws {VersionError} Spec: sources 3.3.
 */
export function latestTag(tags: readonly string[], range: string): string {
  const best = highestTag(tags, range)
  if (best === undefined) throw new VersionError('NO_VERSION', `no match found for semver: ${range}`)
  return best
}

/** As {@link latestTag}; `undefined` when nothing matches. @throws {VersionError} BAD_RANGE */
export function highestTag(tags: readonly string[], range: string): string | undefined {
  const found = candidates(tags, range)
  return found.reduce<(typeof found)[number] | undefined>((a, b) => (a && compare(a.version, b.version) >= 0 ? a : b), undefined)?.tag
}

/** All tags of the highest version in a range, in the order given: they differ in build metadata or in a `v`. Empty when nothing matches. @throws {VersionError} */
export function latestTags(tags: readonly string[], range: string): string[] {
  const found = candidates(tags, range).toSorted((a, b) => compare(b.version, a.version))
  return found.filter(({ version }) => found[0] && compare(version, found[0].version) === 0).map(({ tag }) => tag)
}

/** Tags whose version is in a range, the highest first; of equal ones the first listed. @throws {VersionError} BAD_RANGE */
export function rankedTags(tags: readonly string[], range: string): string[] {
  return candidates(tags, range)
    .toSorted((a, b) => compare(b.version, a.version))
    .map(({ tag }) => tag)
}

/** Tags whose version is in a range, in the order given. @throws {VersionError} BAD_RANGE */
export function matchingTags(tags: readonly string[], range: string): string[] {
  return candidates(tags, range).map(({ tag }) => tag)
}

/** True for a three-part version as Flux takes it from a tag: one `v` at most, no leading zeros. Spec: sources 13.6. */
export function isVersion(tag: string): boolean {
  return strictVersion(tag) !== undefined
}

/** Throws what {@link latestTag} would throw for the range alone. @throws {VersionError} BAD_RANGE */
export function checkRange(range: string): void {
  constraint(range)
}

/** What Masterminds' parser says of a range that it cannot read; `undefined` for one that it can. */
export function rangeProblem(range: string): string | undefined {
  const read = alternativesOf(range)
  return typeof read === 'string' ? read : undefined
}

function candidates(tags: readonly string[], range: string): { tag: string; version: Version }[] {
  const wanted = constraint(range)
  return tags.flatMap(tag => {
    const version = strictVersion(tag)
    return version && wanted(version) ? [{ tag, version }] : []
  })
}

interface Version {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint]
  readonly pre: string
}

const greatest = 2n ** 64n - 1n
const strict =
  /^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

function strictVersion(tag: string): Version | undefined {
  const [found, major = '', minor = '', patch = '', pre = ''] = strict.exec(tag) ?? []
  return found === undefined ? undefined : versionOf([major, minor, patch], pre)
}

/** `undefined` when a number has more than 64 bits or a numeric part of the prerelease a leading zero. */
function versionOf([major, minor, patch]: readonly [string, string, string], pre: string): Version | undefined {
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const
  return numbers.every(n => n <= greatest) && !pre.split('.').some(part => /^0[0-9]+$/.test(part)) ? { numbers, pre } : undefined
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compare(a: Version, b: Version): number {
  for (const i of [0, 1, 2] as const) if (a.numbers[i] !== b.numbers[i]) return order(a.numbers[i], b.numbers[i])
  if (a.pre === b.pre) return 0
  if (a.pre === '' || b.pre === '') return a.pre === '' ? 1 : -1
  const [ours, theirs] = [a.pre.split('.'), b.pre.split('.')]
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const result = compareIdentifiers(ours[i], theirs[i])
    if (result !== 0) return result
  }
  return 0
}

/** Numbers come before words, an absent identifier before both. */
function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return order(x, y)
  return x === undefined && y === undefined ? order(a, b) : x === undefined ? 1 : -1
}

function numberOf(text: string): bigint | undefined {
  const value = /^[0-9]+$/.test(text) ? BigInt(text) : undefined
  return value !== undefined && value <= greatest ? value : undefined
}

type Test = (version: Version) => boolean

const part = String.raw`[0-9|xX*]+`
const versionText = String.raw`v?${part}(?:\.${part})?(?:\.${part})?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`
const hyphenRange = new RegExp(String.raw`[\t\n\f\r ]*(${versionText})[\t\n\f\r ]+-[\t\n\f\r ]+(${versionText})[\t\n\f\r ]*`, 'g')
const comparison = new RegExp(
  String.raw`(=|!=|>=|=>|<=|=<|~>|>|<|~|\^)?[\t\n\f\r ]*v?(${part})(\.${part})?(\.${part})?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?`,
  'y',
)
const separator = /[\t\n\f\r ]*,[\t\n\f\r ]*|[\t\n\f\r ]+/y

/** Alternatives with `||`; inside one, comparisons joined by spaces or a comma must all hold; `a - b` is `>= a, <= b`. Spec: sources 14 G1. */
function constraint(range: string): Test {
  const alternatives = alternativesOf(range)
  if (typeof alternatives === 'string') throw new VersionError('BAD_RANGE', `semver '${range}' parse error: ${alternatives}`)
  return version => alternatives.some(all => all.every(one => one(version)))
}

/** What is wrong, as a text, when one cannot be read. */
function alternativesOf(range: string): Test[][] | string {
  const read = range.replaceAll(hyphenRange, '>= $1, <= $2 ').split('||').map(comparisons)
  return read.find(one => typeof one === 'string') ?? read.filter(one => typeof one !== 'string')
}

/** What is wrong, as a text, when it cannot be read. */
function comparisons(alternative: string): Test[] | string {
  const text = alternative.replaceAll(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')
  const improper = `improper constraint: ${alternative}`
  const tests: Test[] = []
  for (let at = 0; ;) {
    comparison.lastIndex = at
    const found = comparison.exec(text)
    if (!found) return improper
    const test = testOf(found)
    tests.push(test ?? (() => false))
    if (!test) return whollyRead(text, comparison.lastIndex) ? 'constraint Parser Error' : improper
    at = comparison.lastIndex
    if (at === text.length) return tests
    separator.lastIndex = at
    if (!separator.test(text)) return improper
    at = separator.lastIndex
  }
}

/** True when the rest of an alternative has the form of comparisons, whatever their numbers. */
function whollyRead(text: string, from: number): boolean {
  for (let at = from; at < text.length; at = comparison.lastIndex) {
    separator.lastIndex = at
    if (!separator.test(text)) return false
    comparison.lastIndex = separator.lastIndex
    if (!comparison.test(text)) return false
  }
  return true
}

/** A version with what its range leaves open: `any` for `*`, `minor` for `1` and `1.x`, `patch` for `1.2` and `1.2.x`. */
interface Bound {
  readonly version: Version
  readonly open: 'any' | 'minor' | 'patch' | undefined
}

function testOf([, operator = '', major = '', minor = '', patch = '', pre = '']: readonly (string | undefined)[]): Test | undefined {
  const isOpen = (text: string): boolean => /^\.?[xX*]?$/.test(text)
  const open = isOpen(major) ? 'any' : isOpen(minor) ? 'minor' : isOpen(patch) ? 'patch' : undefined
  const texts = [
    open === 'any' ? '0' : major,
    open === 'any' || open === 'minor' ? '0' : minor.slice(1),
    open ? '0' : patch.slice(1),
  ] as const
  const version = texts.every(text => /^[0-9]+$/.test(text)) ? versionOf(texts, pre) : undefined
  if (!version) return undefined
  const bound: Bound = { version, open }
  const holds = tests[operator] ?? tests['=']
  const always = operator === '!=' && open === undefined
  return candidate => (candidate.pre === '' || pre !== '' || always) && (holds?.(candidate, bound) ?? false)
}

const tests: Readonly<Record<string, (version: Version, bound: Bound) => boolean>> = {
  '=': (version, bound) => (bound.open ? tilde(version, bound) : compare(version, bound.version) === 0),
  '!=': differs,
  '>': (version, { version: bound, open }) =>
    open === 'minor'
      ? version.numbers[0] > bound.numbers[0]
      : open === 'patch'
        ? version.numbers[0] > bound.numbers[0] || (version.numbers[0] === bound.numbers[0] && version.numbers[1] > bound.numbers[1])
        : (open === 'any' && version.numbers[0] > 0n) || compare(version, bound) > 0,
  '<': (version, { version: bound }) => compare(version, bound) < 0,
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  '~': tilde,
  '~>': tilde,
  '^': caret,
}

function atLeast(version: Version, { version: bound }: Bound): boolean {
  return compare(version, bound) >= 0
}

function atMost({ numbers, pre }: Version, { version: bound, open }: Bound): boolean {
  if (!open) return compare({ numbers, pre }, bound) <= 0
  return numbers[0] < bound.numbers[0] || (numbers[0] === bound.numbers[0] && (open === 'minor' || numbers[1] <= bound.numbers[1]))
}

function differs(version: Version, { version: bound, open }: Bound): boolean {
  if (!open || open === 'any') return compare(version, bound) !== 0
  if (version.numbers[0] !== bound.numbers[0]) return true
  if (open === 'minor') return false
  return version.numbers[1] !== bound.numbers[1] || ((version.pre !== '' || bound.pre !== '') && version.pre !== bound.pre)
}

function tilde(version: Version, { version: bound, open }: Bound): boolean {
  if (compare(version, bound) < 0) return false
  if (bound.numbers.every(n => n === 0n) && (open === undefined || open === 'any')) return true
  return version.numbers[0] === bound.numbers[0] && (open === 'minor' || version.numbers[1] === bound.numbers[1])
}

function caret(version: Version, { version: bound, open }: Bound): boolean {
  const [major, minor, patch] = bound.numbers
  if (compare(version, bound) < 0 || version.numbers[0] !== major) return false
  if (major > 0n || open === 'minor') return true
  if (version.numbers[1] !== minor) return false
  return minor > 0n || open === 'patch' || version.numbers[2] === patch
}
