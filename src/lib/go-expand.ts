/** A match of an expression. */
export interface Match {
  /** How many groups the expression has. */
  readonly groups: number
  /** Their numbers by name. */
  readonly named: Readonly<Record<string, number>>
  /** What a group matched; `null` for one that has no part in the match. */
  group(group: number): string | null
}

const named = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u
const mostGroups = 100_000_000

/**
 * A template as Go's `Regexp.Expand` fills it in: `$1`, `$name` and `${name}` are what the group matched, a group that is not there is empty, `$$` is a dollar.
 * A name is as long as it can be: `$1x` names a group `1x`.
 */
export function expanded(template: string, match: Match): string {
  let out = ''
  for (let rest = template; ;) {
    const at = rest.indexOf('$')
    if (at < 0) return out + rest
    out += rest.slice(0, at)
    rest = rest.slice(at + 1)
    const [whole, braced, bare] = rest.startsWith('$') ? ['$'] : (named.exec(rest) ?? [])
    out += whole === undefined || whole === '$' ? '$' : valueOf(braced ?? bare ?? '', match)
    rest = rest.slice(whole?.length ?? 0)
  }
}

function valueOf(name: string, match: Match): string {
  const number = /^(?:0|[1-9][0-9]*)$/.test(name) && Number(name) <= mostGroups ? Number(name) : undefined
  const group = number ?? (Object.hasOwn(match.named, name) ? match.named[name] : undefined)
  return group !== undefined && group <= match.groups ? (match.group(group) ?? '') : ''
}
