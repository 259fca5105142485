import { CodedError, messageOf } from '../lib/coded-error.ts'
import { parseGoFloat } from '../lib/go-float.ts'
import { highestTag, rangeProblem, rankedTags } from '../lib/semver.ts'

type Order = 'ASC' | 'DESC'

/** How a policy picks the latest of some values. */
export type Policer =
  | { readonly by: 'semver'; readonly range: string }
  | { readonly by: 'alphabetical'; readonly order: Order }
  | { readonly by: 'numerical'; readonly order: Order }

/** What of a spec says how to choose. */
export interface PolicySpec {
  readonly policy: {
    readonly semver?: { readonly range: string } | undefined
    readonly alphabetical?: { readonly order?: string | undefined } | undefined
    readonly numerical?: { readonly order?: string | undefined } | undefined
  }
  readonly filterTags?: { readonly pattern?: string | undefined; readonly extract?: string | undefined } | undefined
}

/** INVALID_POLICY: no tags can help. NO_CHOICE: none of these tags. Messages are Flux's. */
export class PolicyError extends CodedError<'INVALID_POLICY' | 'NO_CHOICE'> {
  override readonly name = 'PolicyError'
}

/** The policy that counts of those that are set: semver, then alphabetical, then numerical. @throws {PolicyError} INVALID_POLICY. Spec: image-helm-notification A.2.1. */
export function policerOf({ semver, alphabetical, numerical }: PolicySpec['policy']): Policer {
  if (semver) {
    const wrong = rangeProblem(semver.range)
    if (wrong !== undefined) throw invalid(wrong)
    return { by: 'semver', range: semver.range }
  }
  if (alphabetical) return { by: 'alphabetical', order: orderOf(alphabetical.order) }
  if (numerical) return { by: 'numerical', order: orderOf(numerical.order) }
  throw invalid('given ImagePolicyChoice object is invalid')
}

function orderOf(text = ''): Order {
  const order = text.toUpperCase() || 'ASC'
  if (order === 'ASC' || order === 'DESC') return order
  throw invalid(`invalid order argument provided: '${order}', must be one of: ASC, DESC`)
}

function invalid(why: string): PolicyError {
  return new PolicyError('INVALID_POLICY', `invalid policy: ${why}`)
}

/** The latest of some values, as it is written. @throws {PolicyError} NO_CHOICE. Spec: image-helm-notification A.2.4. */
export function latestOf(policer: Policer, values: readonly string[]): string {
  if (values.length === 0) throw new PolicyError('NO_CHOICE', 'version list argument cannot be empty')
  switch (policer.by) {
    case 'semver': {
      const latest = highestTag(values, policer.range)
      if (latest === undefined) throw new PolicyError('NO_CHOICE', 'unable to determine latest version from provided list')
      return latest
    }
    case 'alphabetical':
      return values.reduce((a, b) => (compareBytes(a, b) < 0 === (policer.order === 'ASC') ? b : a))
    case 'numerical':
      return latestNumber(values, policer.order)
  }
}

/** Of equal numbers the later one; what is no number is not compared, so that after `nan` comes whatever follows. */
function latestNumber(values: readonly string[], order: Order): string {
  let [latest, best] = ['', Number.NaN]
  for (const value of values) {
    const number = parseGoFloat(value)
    if (number === undefined) throw new PolicyError('NO_CHOICE', `failed to parse invalid numeric value '${value}'`)
    if (order === 'ASC' ? number < best : number > best) continue
    ;[latest, best] = [value, number]
  }
  return latest
}

/** The tags that came into question, the best of them first; `count` of all, under semver of those in the range. */
export function candidates(policer: Policer, { compared }: Pick<Chosen, 'compared'>, most: number): { best: string[]; count: number } {
  const values = policer.by === 'semver' ? rankedTags([...compared.keys()], policer.range) : [...compared.keys()]
  const best = policer.by === 'semver' ? values.slice(0, most) : ranked(policer, values, most)
  return { best: best.map(value => compared.get(value) ?? value), count: values.length }
}

function ranked(policer: Policer, values: readonly string[], most: number): string[] {
  const [found, left] = [[] as string[], [...values]]
  while (left.length > 0 && found.length < most) found.push(...left.splice(left.indexOf(latestOf(policer, left)), 1))
  return found
}

/** By the bytes of UTF-8, as Go compares texts. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  // oxlint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(a + b) ? (a < b ? -1 : 1) : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** The latest tag. */
export interface Chosen {
  readonly tag: string
  /** Of the tag, what was compared; the tag itself without an extract. */
  readonly value: string
  /** The tags that were compared, by what of them was. */
  readonly compared: ReadonlyMap<string, string>
}

/**
 * The tag that a policy chooses of some. Filters that take the same value from two tags leave the later of them.
 * @throws {PolicyError} INVALID_POLICY for a filter that cannot be read, NO_CHOICE. Spec: image-helm-notification A.2.4.
 */
export async function chosen(policer: Policer, filterTags: PolicySpec['filterTags'], tags: readonly string[]): Promise<Chosen> {
  const byValue = filterTags ? await extracted(filterTags, tags) : new Map(tags.map(tag => [tag, tag]))
  const values = filterTags ? [...byValue.keys()] : tags
  const value = latestOf(policer, values)
  return { tag: byValue.get(value) ?? value, value, compared: byValue }
}

async function extracted(
  { pattern = '', extract = '' }: NonNullable<PolicySpec['filterTags']>,
  tags: readonly string[],
): Promise<Map<string, string>> {
  const { goExpanding, RegexError } = await import('../lib/go-regex.ts')
  try {
    return new Map(goExpanding(tags, pattern, extract).map(({ text, value }) => [value, text]))
  } catch (cause) {
    // What is too slow on a busy machine may be done in time at the next try: no policy is wrong for that.
    if (cause instanceof RegexError && cause.code === 'TOO_SLOW')
      throw new PolicyError('NO_CHOICE', `failed to filter tags: ${cause.message}`, { cause })
    throw new PolicyError('INVALID_POLICY', `failed to filter tags: invalid regular expression pattern '${pattern}': ${messageOf(cause)}`, {
      cause,
    })
  }
}
