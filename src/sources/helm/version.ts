import { type Json, isObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { isVersion, latestTags, VersionError } from '../../lib/semver.ts'

/** A version of a chart, and where it can be had. */
export interface ChartVersion {
  readonly name: string
  readonly version: string
  readonly urls: readonly string[]
}

/** The version of an index that a text stands for: itself, else the highest in the range, of equal ones the newest. Throws Flux's texts. Spec: sources 7. */
export function versionIn(index: Json, name: string, wanted: string): ChartVersion {
  const entries = objectAt(index, 'entries')
  if (!Array.isArray(entries[name])) throw new Error('no chart name found')
  const all = entries[name].filter(isObject)
  if (all.length === 0) throw new Error('no chart version found')
  const exact = wanted === '' ? undefined : all.find(entry => entry.version === wanted)
  const best = exact ?? newest(all, rangeOf(wanted))
  if (!best) throw new Error(`no '${name}' chart with version matching '${wanted}' found`)
  return { name: stringAt(best, 'name') ?? '', version: stringAt(best, 'version') ?? '', urls: listAt(best, 'urls').map(String) }
}

function rangeOf(wanted: string): string {
  return wanted === '' ? '*' : wanted
}

function newest<T extends Json>(all: readonly T[], range: string): T | undefined {
  const highest = new Set(
    inRange(
      all.map(entry => stringAt(entry, 'version') ?? ''),
      range,
    ),
  )
  const created = (entry: T): string => stringAt(entry, 'created') ?? ''
  const [best] = all
    .filter(entry => highest.has(stringAt(entry, 'version') ?? ''))
    .toSorted((a, b) => timeOf(created(b)) - timeOf(created(a)))
  return best
}

function timeOf(text: string): number {
  return Date.parse(text) || 0
}

/** The tag of a registry that a text stands for. Throws Flux's texts. Spec: sources 7. */
export function versionAmong(tags: readonly string[], wanted: string): string {
  if (tags.includes(wanted)) return wanted
  const [best] = inRange(tags, rangeOf(wanted))
  if (best === undefined) throw new Error(`could not locate a version matching provided version string ${wanted}`)
  return best
}

/** Whether a text names one version, so that nobody need be asked which there are. */
export function isConcrete(wanted: string): boolean {
  return isVersion(wanted)
}

/** Throws `improper constraint: …` as the version library says it. */
function inRange(versions: readonly string[], range: string): string[] {
  try {
    return latestTags(versions, range)
  } catch (thrown) {
    if (thrown instanceof VersionError) throw new Error(thrown.message.replace(/^semver '.*' parse error: /s, ''), { cause: thrown })
    throw thrown
  }
}

/** A version with other build metadata: a `v` before it goes, and what it lacks of three parts is filled up. Throws Flux's texts. */
export function withMetadata(version: string, metadata: string): string {
  if (metadata === '') return version
  const [found, major = '', minor = '0', patch = '0', pre = ''] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.exec(version) ?? []
  if (found === undefined) throw new Error('failed to parse version from chart metadata as SemVer: invalid semantic version')
  if (!/^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(metadata))
    throw new Error('failed to set SemVer metadata on chart version: invalid metadata string')
  return `${[major, minor, patch].map(BigInt).join('.')}${pre}+${metadata}`
}

/** The first twelve characters of a source's hash, whatever stands before it. Spec: sources 7. */
export function shortHash(kind: string, revision: string): string {
  const hash = kind === 'GitRepository' ? afterLast(revision, /[@/]/) : revision
  return afterLast(hash, /:/).slice(0, 12)
}

function afterLast(text: string, separator: RegExp): string {
  return text.split(separator).at(-1) ?? text
}

/** Values files as they count: the chart's own alone is none. */
export function countedValues(files: readonly string[] | undefined): readonly string[] {
  return files?.length === 1 && cleanPath(files[0] ?? '') === 'values.yaml' ? [] : (files ?? [])
}

/** A path without `.`, doubled slashes and steps back, as Go cleans it. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !path.startsWith('/')) parts.push(part)
  }
  return (path.startsWith('/') ? '/' : '') + (parts.join('/') || (path.startsWith('/') ? '' : '.'))
}

/** A path that stays inside: steps that lead out are stepped back to the root, as securejoin does. */
export function pathInside(path: string): string {
  return cleanPath(`/${path}`).slice(1)
}

/** Throws Flux's text for a name that no chart of a repository has. Spec: sources 13.8. */
export function checkChartName(name: string): void {
  if (name === '') throw new Error('no name set for remote chart reference')
  if (/^[-a-z0-9][-a-z0-9/.]*$/.test(name) && !/\/\/|\.[./]/.test(name)) return
  throw new Error(
    `invalid chart name '${name}': a valid name must be lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or periods (.)`,
  )
}
