import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { digitsOf, equal, isObject, type Json, parseJson, wholeNumber } from '../../src/lib/json.ts'
import { parseAll, print } from '../../src/lib/yaml.ts'

const most = 2n ** 63n - 1n
const whole = fc.bigInt({ min: -(2n ** 63n), max: most })

test('whole numbers of 64 bits keep every digit through JSON and YAML', () => {
  fc.assert(
    fc.property(whole, n => {
      const text = `{"list":[${n}],"num":${n}}`
      const value = parseJson(text)
      assert.equal(JSON.stringify(value), text)
      const printed = print(value)
      assert.ok(printed.endsWith(`num: ${n}\n`), printed)
      assert.ok(equal(parseAll(printed)[0], value))
      assert.equal(JSON.stringify(parseAll(text)[0]), text)
    }),
  )
})

test('a long number is found wherever it stands', () => {
  for (let before = 0; before < 40; before++)
    for (const after of [0, 1, 17]) {
      const text = `["${'x'.repeat(before)}",9007199254740993,"${'y'.repeat(after)}"]`
      assert.equal(JSON.stringify(parseJson(text)), text)
    }
})

const kinds: [text: string, read: Json | undefined][] = [
  ['9007199254740991', 9_007_199_254_740_991],
  ['-9007199254740991', -9_007_199_254_740_991],
  ['18446744073709551615', 2 ** 64],
  ['1234567890123456.5', 1_234_567_890_123_456.5],
  ['"9007199254740993"', '9007199254740993'],
]
for (const [text, read] of kinds) test(`${text} is read as ${typeof read}`, () => assert.equal(parseJson(text), read))

test('an exact number is no object, and equal to itself alone', () => {
  const [one, other] = [wholeNumber('9007199254740993'), wholeNumber('9007199254740995')]
  assert.equal(isObject(one), false)
  assert.equal(digitsOf(one), '9007199254740993')
  assert.ok(equal({ n: one }, { n: wholeNumber('9007199254740993') }))
  assert.ok(!equal({ n: one }, { n: other }))
  assert.ok(!equal({ n: one }, { n: 9_007_199_254_740_992 }))
  assert.ok(!equal({ n: 9_007_199_254_740_992 }, { n: one }))
  assert.ok(!equal({ n: { rawJSON: '9007199254740993' } }, { n: one }))
})
