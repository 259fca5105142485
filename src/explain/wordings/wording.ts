import type { ObjectRef } from '../../kinds/manifest.ts'

/** Words by which a cause is known, with several spellings. Named groups of `says` stand for `{group}` in the sentences, or else what follows the bar. */
export interface Wording {
  readonly name: string
  /** A part in lower case that every text it fits has: what lacks it is not searched, as that costs most. */
  readonly near?: string
  readonly says: RegExp
  readonly what: string
  readonly fix: string
  /** The kind and the groups that name what has to change. */
  readonly subject?: { readonly group: string; readonly kind: string; readonly name: string; readonly namespace?: string } | undefined
}

/** What a text says by the first wording that fits. */
export interface Heard {
  readonly name: string
  readonly what: string
  readonly fix: string
  readonly subject: ObjectRef | undefined
  /** The words that told: those of the group `focus`, or all that fit. */
  readonly focus: string
}

/** Names go into our own sentences only when they look like names. */
const nameLike = /^[\w.][\w.:/@+*{}=$,<> ()[\]-]{0,120}$/

const [mostWord, mostLine, mostText] = [256, 4000, 16_000]
const longWord = new RegExp(`\\S{${mostWord + 1},}`, 'g')

/** What is searched of a text: long words, lines and texts as their beginning and end, as the time that a wording takes grows with the square of their length. */
export function searched(text: string): string {
  if (text.length <= mostWord) return text
  const lines = text
    .replaceAll(longWord, word => ends(word, mostWord))
    .split('\n')
    .map(line => ends(line, mostLine))
  return ends(lines.join('\n'), mostText)
}

function ends(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)}${text.slice(-most / 2)}`
}

/** Who applies says first which object it speaks of: what is said of that one is of its namespace. */
const spokenOf = /\b[A-Z]\w+\/(?<namespace>[\w.-]+)\/[\w.:-]+ (?:dry-run|apply) failed/

/** Reads a text by an ordered table; `undefined` when no wording fits. `local` is the namespace of whoever says it. */
export function heard(table: readonly Wording[], said: string, local: string | undefined): Heard | undefined {
  const text = searched(said)
  const lower = text.toLowerCase()
  for (const { name, near, says, what, fix, subject } of table) {
    const match = near === undefined || lower.includes(near) ? says.exec(text) : null
    if (!match) continue
    const groups = match.groups ?? {}
    return {
      name,
      what: filled(what, groups),
      fix: filled(fix, groups),
      subject: subject && subjectOf(subject, groups, spokenOf.exec(text)?.groups?.namespace ?? local),
      focus: (groups.focus ?? match[0]).slice(0, 120),
    }
  }
  return undefined
}

/** A sentence with its names; what is unknown, or no name, becomes what follows the bar. */
export function filled(sentence: string, groups: Readonly<Record<string, string | undefined>>): string {
  return sentence.replaceAll(/\{(\w+)\|([^}]*)\}/g, (_, name: string, otherwise: string) => {
    const value = groupAt(groups, name)
    return value && nameLike.test(value) ? value : otherwise
  })
}

/** Alternatives of one expression number their groups: `name`, `name2` and so on. */
function groupAt(groups: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const found = Object.entries(groups).find(([key, value]) => value !== undefined && key.replace(/\d+$/, '') === name)
  return found?.[1]?.trim()
}

function subjectOf(
  { group, kind, name, namespace }: NonNullable<Wording['subject']>,
  groups: Readonly<Record<string, string | undefined>>,
  local: string | undefined,
): ObjectRef | undefined {
  const named = groupAt(groups, name)
  if (!named || !nameLike.test(named)) return undefined
  const [first = '', second] = named.split('/', 2)
  const place = namespace === '-' ? undefined : (second === undefined ? groupAt(groups, namespace ?? '') : first) || local
  return { group, kind, name: second ?? first, ...(place ? { namespace: place } : {}) }
}
