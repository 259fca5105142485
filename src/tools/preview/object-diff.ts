import type { KubeObject } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, listAt } from '../../lib/json.ts'
import { maskObject, type Show } from '../../lib/mask.ts'

/** A step down an object: a key, the name of a list item, or its index. */
type Step = { readonly key: string } | { readonly item: string } | { readonly index: number }

/** One field that differs, its values as they may be shown. `by` says who set the live value when that was not the owner: drift. */
export interface FieldChange {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly by: string | undefined
}

const [mostLines, longestValue] = [8, 60]

/** How a diff is told. `wasEncrypted` says which values were, of whatever kind. */
interface Telling {
  readonly manager: string
  readonly repeats: boolean
  readonly show: Show
  readonly wasEncrypted?: (text: string) => boolean
}

function isLeaf(value: Json | undefined): boolean {
  return value !== undefined && value !== null && typeof value !== 'object'
}

const none = (): boolean => false

function concealed(value: Json, how: { readonly show: Show; wasEncrypted(text: string): boolean }): Json {
  if (Array.isArray(value)) return value.map(item => concealed(item, how))
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, concealed(item ?? null, how)]))
  return value !== null && how.wasEncrypted(String(value)) ? how.show(String(value)) : value
}

/**
 * The fields in which an object would change, secrets masked. Drift is what another manager set, and with `repeats`, when the
 * same was applied before, also what went missing; a field that `manager` still owns differs by intent.
 */
export function objectDiff(live: KubeObject, next: KubeObject, { manager, repeats, show, wasEncrypted = none }: Telling): FieldChange[] {
  const masked = (object: KubeObject): Json => concealed(maskObject(object, show), { show, wasEncrypted })
  const shown = [masked(live), masked(next)] as const
  return leaves({ raw: [comparable(live), comparable(next)], shown: [comparable(shown[0]), comparable(shown[1])], steps: [] }).map(
    ({ raw: [before, after], shown: [was, is], steps }) => {
      const owners = before === undefined ? [] : managersOf(live, steps)
      const by = owners.includes(manager) ? undefined : (owners[0] ?? (repeats ? 'somebody' : undefined))
      // What an encrypted value takes the place of was one as well.
      const old = isLeaf(before) && isLeaf(after) && wasEncrypted(String(after)) ? show(String(before)) : was
      return { path: said(steps), before: printed(old), after: printed(is), by }
    },
  )
}

/** A diff in a line; drift comes last and says by whom. */
export function sayDiff(diff: readonly FieldChange[]): string {
  const line = ({ path, before, after }: FieldChange): string => `${path}: ${before ?? '(none)'} → ${after ?? '(none)'}`
  const [intent, drift] = [diff.filter(d => d.by === undefined), diff.filter(d => d.by !== undefined)]
  const lines = [...intent.map(line), ...drift.map(d => `drift by ${d.by}: ${line(d)}`)]
  return [...lines.slice(0, mostLines), ...(lines.length > mostLines ? [`and ${lines.length - mostLines} more fields`] : [])].join('; ')
}

function comparable(object: Json): Json {
  if (!isObject(object)) return object
  const { metadata, status: _status, ...rest } = object
  const { labels, annotations } = isObject(metadata) ? metadata : {}
  return { metadata: { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }, ...rest }
}

interface Pair {
  /** Before and after. */
  readonly raw: readonly [Json | undefined, Json | undefined]
  readonly shown: readonly [Json | undefined, Json | undefined]
  readonly steps: readonly Step[]
}

function leaves(pair: Pair): Pair[] {
  const [before, after] = pair.raw
  if (equal(before, after)) return []
  const below = isObject(before) && isObject(after) ? keysOf(before, after) : itemsOf(before, after)
  return below ? below.flatMap(step => leaves(down(pair, step))) : [pair]
}

function keysOf(before: object, after: object): Step[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map(key => ({ key }))
}

/** Lists are compared by the names of their items, else by index when as long; others as a whole. */
function itemsOf(before: Json | undefined, after: Json | undefined): Step[] | undefined {
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined
  const names = [before, after].map(list => list.map(item => (isObject(item) && typeof item.name === 'string' ? item.name : undefined)))
  const all = names.flat()
  if (all.every(name => name !== undefined)) return [...new Set(all)].map(item => ({ item }))
  return before.length === after.length && before.every(isObject) ? before.map((_, index) => ({ index })) : undefined
}

function down({ raw, shown, steps }: Pair, step: Step): Pair {
  const at = (side: 0 | 1): readonly [Json | undefined, Json | undefined] => {
    const [value, mask] = [raw[side], shown[side]]
    if ('key' in step) return [isObject(value) ? value[step.key] : undefined, isObject(mask) ? mask[step.key] : undefined]
    const index = 'index' in step ? step.index : Array.isArray(value) ? value.findIndex(i => isObject(i) && i.name === step.item) : -1
    return [Array.isArray(value) ? value[index] : undefined, Array.isArray(mask) ? mask[index] : undefined]
  }
  const [[before, was], [after, is]] = [at(0), at(1)]
  return { raw: [before, after], shown: [was, is], steps: [...steps, step] }
}

function said(steps: readonly Step[]): string {
  return steps.reduce((path, step) => {
    if ('key' in step) return path === '' ? step.key : `${path}.${step.key}`
    return `${path}[${'item' in step ? step.item : step.index}]`
  }, '')
}

function printed(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

/** Who owns a field of the live object, by its managedFields. */
function managersOf(live: KubeObject, steps: readonly Step[]): string[] {
  return listAt(live, 'metadata', 'managedFields').flatMap(entry =>
    isObject(entry) && isObject(entry.fieldsV1) && entry.subresource === undefined && owns(entry.fieldsV1, steps)
      ? [String(entry.manager)]
      : [],
  )
}

function owns(fields: Json | undefined, [step, ...rest]: readonly Step[]): boolean {
  if (!isObject(fields)) return false
  if (step === undefined) return true
  const next = 'key' in step ? fields[`f:${step.key}`] : 'item' in step ? fields[itemKey(fields, step.item) ?? ''] : undefined
  return next === undefined ? Object.keys(fields).length === 0 : owns(next, rest)
}

function itemKey(fields: object, name: string): string | undefined {
  return Object.keys(fields).find(key => key.startsWith('k:') && key.includes(`"name":${JSON.stringify(name)}`))
}
