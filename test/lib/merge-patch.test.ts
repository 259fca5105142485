import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import { equal, isObject, type Json, type JsonObject } from '../../src/lib/json.ts'
import { mergePatchFrom } from '../../src/lib/merge-patch.ts'

/** As RFC 7386 says. */
function merged(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const out: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete out[key]
    else out[key] = merged(out[key], value)
  }
  return out
}

const table: [from: JsonObject, to: JsonObject, patch: JsonObject][] = [
  [{ a: 1 }, { a: 1 }, {}],
  [{ a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }],
  [{ a: 1, b: 2 }, { b: 2 }, { a: null }],
  [{ a: { b: 1, c: { d: 1, e: 2 } } }, { a: { b: 1, c: { e: 2 } } }, { a: { c: { d: null } } }],
  [{ a: [1, 2] }, { a: [1] }, { a: [1] }],
  [{ a: { b: 1 } }, { a: [1] }, { a: [1] }],
  [{ a: 1 }, { a: null }, { a: null }],
]
for (const [from, to, patch] of table)
  test(`${JSON.stringify(from)} becomes ${JSON.stringify(to)}`, () => assert.deepEqual(mergePatchFrom(from, to), patch))

const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 2 }))
const { value } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(leaf, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))
const document = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { maxKeys: 4, noNullPrototype: true })

test('the patch from one document to another makes it, and nothing else', () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      const patch = mergePatchFrom(from, to)
      assert.deepEqual(merged(from, patch), to)
      assert.equal(Object.keys(patch).length === 0, equal(from, to))
    }),
  )
})
