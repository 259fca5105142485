import { compare, parse, Range, type SemVer } from 'semver'
import { CodedError } from './coded-error.ts'

/** A range that cannot be read, or that nothing satisfies. Messages are Flux's. */
export class VersionError extends CodedError<'BAD_RANGE' | 'NO_MATCH' | 'BAD_FILTER'> {
  override readonly name = 'VersionError'
}

/**
 * The tag with the highest version in a range, as it is written; `filter` is a regular expression that the raw tag must match somewhere.
 * Tags that are no three-part version, with or without a `v`, are left out; of equal ones the first listed wins.
 * @throws {VersionError} Spec: sources 3.3.
 */
export function latestTag(tags: readonly string[], range: string, filter?: string): string {
  const wanted = constraint(range)
  const expression = filter === undefined || filter === '' ? undefined : compiled(filter)
  const versions = tags.filter(tag => expression?.test(tag) ?? true).flatMap(tag => {
    const version = strictVersion(tag)
    return version && wanted.test(version) ? [{ tag, version }] : []
  })
  const [best] = versions.toSorted((a, b) => compare(b.version, a.version))
  if (!best) throw new VersionError('NO_MATCH', `no match found for semver: ${range}`)
  return best.tag
}

/** Tags whose version is in a range. @throws {VersionError} BAD_RANGE */
export function matchingTags(tags: readonly string[], range: string): string[] {
  const wanted = constraint(range)
  return tags.filter(tag => {
    const version = strictVersion(tag)
    return version !== undefined && wanted.test(version)
  })
}

function compiled(filter: string): RegExp {
  try {
    return new RegExp(filter)
  } catch (cause) {
    throw new VersionError('BAD_FILTER', `regex '${filter}' parse error: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}

function strictVersion(tag: string): SemVer | undefined {
  return /^v?\d+\.\d+\.\d+([-+].*)?$/.test(tag) ? (parse(tag.replace(/^v/, '')) ?? undefined) : undefined
}

/** Alternatives with `||`; inside one, parts joined by spaces or commas must all hold. */
function constraint(range: string): { test(version: SemVer): boolean } {
  try {
    const alternatives = range.split('||').map(alternative => parts(alternative).map(comparison))
    return { test: version => alternatives.some(all => all.every(one => one(version))) }
  } catch (cause) {
    throw new VersionError('BAD_RANGE', `semver '${range}' parse error: improper constraint: ${range}`, { cause })
  }
}

/** Masterminds lets prereleases in only where the comparison itself names one. */
function comparison(part: string): (version: SemVer) => boolean {
  const negated = part.startsWith('!=')
  const range = new Range(negated ? part.slice(2).replace(/^v/, '') : part, { includePrerelease: true })
  const prereleases = /\d(\.[\dxX*]+)*-[0-9A-Za-z]/.test(part)
  return version => (version.prerelease.length === 0 || prereleases) && range.test(version) !== negated
}

/** One comparison each, hyphen ranges kept whole. */
function parts(alternative: string): string[] {
  const text = alternative.trim()
  if (/\s-\s/.test(text)) return [text]
  const found = text.replaceAll(',', ' ').replaceAll(/([<>=!~^]+)\s+/g, '$1').split(/\s+/).filter(Boolean)
  if (found.length === 0) throw new RangeError('empty')
  return found.map(translated)
}

/** Masterminds' spellings in node-semver's. */
function translated(part: string): string {
  return part.replace(/^=>/, '>=').replace(/^=</, '<=').replace(/^~>/, '~').replace(/^([<>=~^]*)v(?=\d)/, '$1')
}
