import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { type Page, Pager, type PagerOptions } from '../../src/tools/frame/cursor.ts'
import { ToolError } from '../../src/tools/frame/error.ts'

const key = Buffer.alloc(32, 7)
const calm: PagerOptions = {
  key,
  question: ['get_status', { namespace: 'a' }],
  caller: 'ann',
  now: 1_000_000,
  cursor: undefined,
  limit: 3,
  budget: 10_000,
  censor: text => text,
}
const pager = (more: Partial<PagerOptions> = {}): Pager => new Pager({ ...calm, ...more })
const expired =
  (says: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ToolError && error.code === 'CursorExpired' && says.test(error.message)
const row = (n: number): string => `row-${n}`

/** Follows cursors to the end; `between` changes the list after each page. */
function walk(all: string[], limit: number, between: (all: string[]) => string[] = list => list): string[] {
  const seen: string[] = []
  let [list, cursor]: [string[], string | undefined] = [all, undefined]
  for (;;) {
    const page: Page<string> = pager({ limit, cursor }).of(list, r => r)
    assert.equal(page.total, list.length)
    assert.equal(page.truncated, page.nextCursor !== undefined)
    seen.push(...page.rows)
    cursor = page.nextCursor
    if (cursor === undefined) return seen
    list = between(list)
  }
}

test('pages of any size join to the full set', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (all, limit) => {
      assert.deepEqual(walk(all, limit), all)
    }),
  )
})

test('rows that come in before the position neither repeat nor hide any', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 7 }), (size, limit) => {
      let fresh = 0
      const all = Array.from({ length: size }, (_, i) => row(i))
      assert.deepEqual(
        walk(all, limit, list => [`new-${fresh++}`, ...list]),
        all,
      )
    }),
  )
})

test('a cursor of another question, caller or key, or a changed one, is refused', () => {
  const all = Array.from({ length: 9 }, (_, i) => row(i))
  const cursor = pager().of(all).nextCursor ?? ''
  const foreign = /not of this question, or not of this caller/
  assert.deepEqual(pager({ cursor }).of(all).rows, [row(3), row(4), row(5)])
  assert.throws(() => pager({ cursor, question: ['get_status', { namespace: 'b' }] }).of(all), expired(foreign))
  assert.throws(() => pager({ cursor, caller: 'ben' }).of(all), expired(foreign))
  assert.throws(() => pager({ cursor, key: Buffer.alloc(32, 8) }).of(all), expired(foreign))
  for (const wrong of [cursor.replace(/^./, '6'), '', 'x', '3', `${cursor}0`, cursor.slice(0, -1), '3.a.b.c', '💥.💥.💥.💥'])
    assert.throws(() => pager({ cursor: wrong }).of(all), expired(foreign), wrong)
})

test('a cursor lives ten minutes', () => {
  const all = Array.from({ length: 9 }, (_, i) => row(i))
  const cursor = pager().of(all).nextCursor ?? ''
  assert.equal(pager({ cursor, now: calm.now + 599_000 }).of(all).rows[0], row(3))
  assert.throws(() => pager({ cursor, now: calm.now + 600_000 }).of(all), expired(/older than ten minutes/))
})

test('a list that changed where the page ended says so', () => {
  const all = Array.from({ length: 9 }, (_, i) => row(i))
  const cursor = pager().of(all).nextCursor ?? ''
  assert.throws(() => pager({ cursor }).of(all.filter(r => r !== row(2))), expired(/changed where the last page ended/))
})

test('a cursor tells nothing of the question', () => {
  const cursor = pager({ question: 'sec-ret-word', caller: 'ann-the-caller' }).of(['sec-ret-row', 'b', 'c', 'd']).nextCursor ?? ''
  assert.match(cursor, /^[0-9a-z]+\.[0-9a-f]{8}\.[0-9a-z]+\.[0-9a-f]{16}$/)
})

test('content comes in pages of whole lines that join to all of it, censored before it is cut', () => {
  const body = Array.from({ length: 400 }, (_, i) => `line ${i} of the file${i % 40 === 0 ? ' with a-secret\nin two lines' : ''}`).join(
    '\n',
  )
  const censor = (text: string): string => text.replaceAll('a-secret\nin two', 'redacted')
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const text = pager({ cursor, budget: 300, censor }).ofText('digest', { what: 'file', body })
    const [head = '', ...lines] = text.split('\n')
    seen.push(
      ...lines
        .join('\n')
        .replace(/^[^\u0002]*\u0002/, '')
        .replace('\u0003', '')
        .split('\n'),
    )
    cursor = /cursor=(\S+)/.exec(head)?.[1]
    assert.match(head, /^digest lines=\d+-\d+\/\d+/)
  } while (cursor !== undefined)
  assert.deepEqual(seen, censor(body).split('\n'))
})

test('a line that is longer than a page is clipped, and says by how much', () => {
  const text = pager({ budget: 200 }).ofText('digest', { what: 'file', body: `${'x'.repeat(100_000)}\nend` })
  assert.match(text, /… \d+ more characters in this line/)
  assert.ok(text.length < 2000)
})

test('content that nobody reads in pages is refused before it holds anybody up', () => {
  assert.throws(
    () => pager().ofText('digest', { what: 'file', body: 'x'.repeat(4_000_001) }),
    (error: unknown) => error instanceof ToolError && error.code === 'TooLarge',
  )
})
