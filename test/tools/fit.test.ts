import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { JsonObject } from '../../src/lib/json.ts'
import { Pager } from '../../src/tools/frame/cursor.ts'
import { fit } from '../../src/tools/frame/fit.ts'
import { tokensOf } from '../../src/tools/frame/tokens.ts'

const pages = (limit = 200): Pager =>
  new Pager({ key: Buffer.alloc(32), question: '', caller: '', now: 0, cursor: undefined, limit, budget: 0, censor: t => t })
const say = (data: JsonObject): string => JSON.stringify(data)

const word = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    'Kustomization',
    'flux-system',
    'sha256:6f1f0b1c3a5d4e7f8a9b0c1d2e3f4a5b',
    'health check failed after 3m0s: timeout waiting for: [Deployment/a/b]',
  ),
)

test('an answer within its budget is left as it is', () => {
  const data = { rows: [['a'], ['b']], total: 2, truncated: false }
  assert.deepEqual(fit({ data, text: say(data), say }, { pages: pages(), budget: 2000 }), { data, text: say(data) })
})

test('a list is cut at a row, counted in real tokens, and its cursor goes on from there', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 200 }),
      fc.integer({ min: 200, max: 4000 }),
      (all, budget) => {
        const pager = pages()
        const data = { cols: ['a'], ...pager.of(all) } as JsonObject
        const { data: cut, text } = fit({ data, text: say(data), say }, { pages: pager, budget })
        const rows = cut?.rows as string[][]
        assert.ok(countTokens(JSON.stringify(cut)) <= budget * 1.3 || rows.length === 1, `${countTokens(JSON.stringify(cut))} of ${budget}`)
        assert.ok(countTokens(text) <= budget * 1.3)
        if (cut?.truncated === true && cut.left === undefined) {
          assert.deepEqual(rows, all.slice(0, rows.length))
          assert.equal(cut.total, all.length)
          assert.equal(Number.parseInt(String(cut.nextCursor).split('.')[0] ?? '', 36), rows.length)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('an object loses its longest texts and lists, and says what is left', () => {
  const yaml = Array.from({ length: 5000 }, (_, i) => `key${i}: value number ${i}`).join('\n')
  const data = { object: 'ConfigMap/a/b', untrusted: { yaml, few: ['x', 'y'] } }
  const { data: cut, text } = fit({ data, text: say(data), say }, { pages: pages(), budget: 1000 })
  assert.ok(countTokens(JSON.stringify(cut)) <= 1000)
  assert.ok(countTokens(text) <= 1000)
  assert.equal(cut?.truncated, true)
  assert.match(String(cut.left), /untrusted\.yaml: lines from \d+ on are left/)
  assert.deepEqual((cut.untrusted as JsonObject).few, ['x', 'y'])
})

test('a text without data is cut at a line, and says which are left', () => {
  const text = Array.from({ length: 900 }, (_, i) => `line ${i}`).join('\n')
  const cut = fit({ data: undefined, text, say: undefined }, { pages: pages(), budget: 400 }).text
  assert.match(cut, /line 0\nline 1\n[\s\S]*… lines 1 to \d+ of 900: raise maxTokens or narrow the question for the rest$/)
  assert.ok(countTokens(cut) <= 400, cut)
})

test('the estimate is not below the real count for texts as answers have them', () => {
  const lines = fc.array(word, { maxLength: 200 }).map(words => words.join(' '))
  fc.assert(
    fc.property(lines, text => {
      assert.ok(tokensOf(text) * 1.3 + 10 >= countTokens(text), `${tokensOf(text)} for ${countTokens(text)}`)
    }),
    { numRuns: 200 },
  )
})
