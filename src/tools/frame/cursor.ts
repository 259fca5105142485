import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { foreign } from '../../lib/safe.ts'
import { ToolError } from './error.ts'
import { tokensOf } from './tokens.ts'

const lifeMs = 10 * 60_000
/** Longer content would hold up other callers while it is searched for secrets. */
const mostText = 4_000_000

/** What cursors are bound to. `key` signs them; `now` is in milliseconds since the epoch; `budget` is in tokens. */
export interface PagerOptions {
  readonly key: Uint8Array
  readonly question: unknown
  readonly caller: string
  readonly now: number
  readonly cursor: string | undefined
  readonly limit: number
  readonly budget: number
  /** Takes secrets out of content, before it is cut. */
  censor(text: string): string
}

/** One page of rows, with what a list answers beside it. */
export interface Page<T> {
  readonly rows: T[]
  readonly total: number
  readonly nextCursor?: string | undefined
  readonly truncated: boolean
}

/**
 * Pages of one question by one caller. A cursor says how many rows were given and which was the last, so that pages join to the
 * full set while rows come in before it; it carries a signature and an expiry, and no word of what it was asked. Spec: mcp 2.5.
 */
export class Pager {
  readonly #options: PagerOptions
  #last: { start: number; prints: string[]; total: number } | undefined

  constructor(options: PagerOptions) {
    this.#options = options
  }

  /** The page that the cursor names. @throws {ToolError} CursorExpired for a cursor that is old, of another question, caller or list. */
  of<T>(all: readonly T[], nameOf: (row: T) => string = row => JSON.stringify(row)): Page<T> {
    const prints = all.map(row => print(nameOf(row)))
    const start = this.#startIn(prints)
    this.#last = { start, prints, total: all.length }
    return { rows: all.slice(start, start + this.#options.limit), ...this.#rest(this.#options.limit) }
  }

  /** What a list says of its page when only `shown` of its rows fit. */
  cutTo(shown: number): { total: number; truncated: boolean; nextCursor?: string } {
    return this.#rest(shown)
  }

  /** A page of content: the head with what is shown and where the next page starts, then the lines, fenced. */
  ofText(head: string, { what, body }: { what: string; body: string }): string {
    if (this.#options.budget === Number.POSITIVE_INFINITY) return `${head}\n${foreign(what, body)}`
    if (body.length > mostText)
      throw new ToolError('TooLarge', `${head}: ${body.length} characters are too much to read in pages`, {
        next: 'ask for a smaller part, or take it at a terminal with the same verb',
      })
    const lines = this.#options.censor(body).split('\n')
    const start = this.#startIn(lines.map((_, i) => `${head} ${i}`).map(print))
    const room = Math.max(50, this.#options.budget - tokensOf(head) - 60)
    let [end, used] = [start, 0]
    while (end < lines.length && (end === start || used + tokensOf(lines[end] ?? '') + 1 <= room)) used += tokensOf(lines[end++] ?? '') + 1
    const shown = lines.slice(start, end).map(line => clip(line, room))
    const rest = end < lines.length ? ` truncated=true cursor=${this.#seal(end, print(`${head} ${end - 1}`))}` : ''
    return `${head} lines=${start + 1}-${end}/${lines.length}${rest}\n${foreign(what, shown.join('\n'))}`
  }

  #rest(shown: number): { total: number; truncated: boolean; nextCursor?: string } {
    const { start, prints, total } = this.#last ?? { start: 0, prints: [], total: 0 }
    const end = start + shown
    return { total, truncated: end < total, ...(end < total ? { nextCursor: this.#seal(end, prints[end - 1] ?? '') } : {}) }
  }

  #startIn(prints: readonly string[]): number {
    const { cursor, now } = this.#options
    if (cursor === undefined) return 0
    const [offset = '', anchor = '', until = ''] = cursor.split('.')
    const given = Number.parseInt(offset, 36)
    if (!same(cursor, this.#sealed(offset, anchor, until))) throw expired('this cursor is not of this question, or not of this caller')
    if (Number.parseInt(until, 36) * 1000 <= now) throw expired('this cursor is older than ten minutes')
    const found = prints[given - 1] === anchor ? given - 1 : prints.indexOf(anchor, given)
    if (found < 0) throw expired('the list changed where the last page ended')
    return found + 1
  }

  #seal(offset: number, anchor: string): string {
    return this.#sealed(offset.toString(36), anchor, Math.floor((this.#options.now + lifeMs) / 1000).toString(36))
  }

  #sealed(offset: string, anchor: string, until: string): string {
    const { key, question, caller } = this.#options
    const signature = createHmac('sha256', key)
      .update(JSON.stringify(['cursor', question, caller, offset, anchor, until]))
      .digest('hex')
    return `${offset}.${anchor}.${until}.${signature.slice(0, 16)}`
  }
}

function clip(line: string, room: number): string {
  const most = room * 2
  return line.length <= most ? line : `${line.slice(0, most)} … ${line.length - most} more characters in this line`
}

function expired(what: string): ToolError {
  return new ToolError('CursorExpired', what, { next: 'start again without cursor, with the same arguments on every page' })
}

function print(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
