import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Pager } from './cursor.ts'
import { tokensOf } from './tokens.ts'

interface Answered {
  readonly data: JsonObject | undefined
  readonly text: string
  readonly say: ((data: JsonObject) => string) | undefined
}

/**
 * An answer within its budget of tokens, in both of its forms. A list loses rows at its end and its cursor moves back to them; else
 * the longest texts and lists are cut, and `left` says what is missing. Nothing is cut silently. Spec: mcp 2.5.
 */
export function fit(
  { data, text, say }: Answered,
  { pages, budget }: { pages: Pager; budget: number },
): { data: JsonObject | undefined; text: string } {
  if (budget === Number.POSITIVE_INFINITY) return { data, text }
  if (!data || !say) return { data, text: cutText(text, budget) }
  let [cut, said] = [data, text]
  for (let round = 0; round < 40; round++) {
    const cost = Math.max(tokensOf(JSON.stringify(cut)), tokensOf(said))
    if (cost <= budget) break
    cut = Array.isArray(cut.rows) && cut.rows.length > 1 ? fewerRows(cut, { pages, share: budget / cost }) : shorter(cut, budget / cost)
    said = say(cut)
  }
  return { data: cut, text: cutText(said, budget) }
}

function fewerRows(data: JsonObject, { pages, share }: { pages: Pager; share: number }): JsonObject {
  const rows = Array.isArray(data.rows) ? data.rows : []
  const kept = Math.max(1, Math.min(rows.length - 1, Math.floor(rows.length * share * 0.95)))
  return { ...data, rows: rows.slice(0, kept), ...pages.cutTo(kept) }
}

interface Leaf {
  readonly path: readonly (string | number)[]
  readonly size: number
}

/** Cuts what is longest by what is too much. */
function shorter(data: JsonObject, share: number): JsonObject {
  const [longest] = leavesOf(data, []).toSorted((a, b) => b.size - a.size)
  if (!longest) return data
  const whole = JSON.stringify(data).length
  const keep = Math.max(longest.size * 0.01, longest.size - Math.ceil(whole * (1 - share * 0.95)))
  const said: string[] = []
  const out = replaced(data, longest.path, value => {
    const { value: kept, left } = cutLeaf(value, Math.min(keep / longest.size, 0.9))
    said.push(`${longest.path.join('.')}: ${left}`)
    return kept
  }) as JsonObject
  return { ...out, truncated: true, left: [...new Set([...(Array.isArray(data.left) ? data.left : []), ...said])] }
}

function leavesOf(value: Json, path: readonly (string | number)[]): Leaf[] {
  if (path[0] === 'left' || path[0] === 'plan' || path[0] === 'next') return []
  if (typeof value === 'string') return [{ path, size: value.length }]
  if (Array.isArray(value)) {
    const inner = value.flatMap((item, i) => leavesOf(item, [...path, i]))
    return value.length > 1 ? [...inner, { path, size: JSON.stringify(value).length * 0.9 }] : inner
  }
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => leavesOf(item ?? null, [...path, key])) : []
}

function cutLeaf(value: Json, share: number): { value: Json; left: string } {
  if (Array.isArray(value)) {
    const kept = Math.max(1, Math.floor(value.length * share))
    return { value: value.slice(0, kept), left: `items from ${kept + 1} on are left` }
  }
  const text = String(value)
  const end = text.lastIndexOf('\n', Math.floor(text.length * share))
  const kept = text.slice(0, end > 0 ? end : Math.floor(text.length * share))
  return {
    value: `${kept}\n…`,
    left: end > 0 ? `lines from ${kept.split('\n').length + 1} on are left` : `characters from ${kept.length + 1} on are left`,
  }
}

function replaced(value: Json, path: readonly (string | number)[], change: (value: Json) => Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return change(value)
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? replaced(item, rest, change) : item))
  return isObject(value) ? { ...value, [step]: replaced(value[step] ?? null, rest, change) } : value
}

/** Cuts at a line, and says which are left. */
function cutText(text: string, budget: number): string {
  if (tokensOf(text) <= budget) return text
  const lines = text.split('\n')
  let [shown, used] = [0, 30]
  for (const line of lines) {
    used += tokensOf(line) + 1
    if (used > budget) break
    shown++
  }
  const kept = shown === 0 ? [text.slice(0, budget * 2)] : lines.slice(0, shown)
  return `${kept.join('\n')}\n… lines 1 to ${Math.max(1, shown)} of ${lines.length}: raise maxTokens or narrow the question for the rest`
}
