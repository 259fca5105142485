import { createHash } from 'node:crypto'
import { ToolError } from './error.ts'

/** A page's end as text: where the next one starts, bound to the question. */
export function cursorFor(question: unknown, offset: number): string {
  return `${offset.toString(36)}.${fingerprint(question)}`
}

/** Where a page starts; 0 without a cursor. @throws {ToolError} CursorExpired for one of another question. */
export function offsetOf(question: unknown, cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const [offset = '', print] = cursor.split('.')
  const start = Number.parseInt(offset, 36)
  if (print !== fingerprint(question) || !Number.isSafeInteger(start) || start < 0)
    throw new ToolError('CursorExpired', 'this cursor is not of this question', {
      next: 'start again without cursor, with the same arguments on every page',
    })
  return start
}

function fingerprint(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 8)
}

/** One page of rows with what a list answers beside it. */
export function pageOf<T>(
  all: readonly T[],
  question: unknown,
  { limit, cursor }: { limit: number; cursor: string | undefined },
): { rows: T[]; total: number; nextCursor?: string | undefined; truncated: boolean } {
  const start = offsetOf(question, cursor)
  const rows = all.slice(start, start + limit)
  const more = start + rows.length < all.length
  return { rows, total: all.length, truncated: more, ...(more ? { nextCursor: cursorFor(question, start + rows.length) } : {}) }
}
