import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'node:test'
import type { Json } from '../../src/lib/json.ts'
import { parseAll, print, printAll, YamlError } from '../../src/lib/yaml.ts'

const read: [string, Json][] = [
  ['a: yes', { a: true }], ['a: "yes"', { a: 'yes' }], ['a: on', { a: true }], ['a: 0777', { a: 511 }], ['a: 12:30:45', { a: '12:30:45' }], ['a: 2001-12-14', { a: '2001-12-14' }],
  ['a: !!str 123', { a: '123' }], ['a: ~', { a: null }], ['base: &b {x: 1}\nc:\n  <<: *b\n  z: 2', { base: { x: 1 }, c: { x: 1, z: 2 } }],
]
for (const [text, value] of read) test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseAll(text), [value]))

const written: [Json, string][] = [
  [{ b: 1, a: [1, { c: 2 }] }, 'a:\n- 1\n- c: 2\nb: 1\n'], [{ a: 'yes' }, 'a: "yes"\n'], [{ a: '123' }, 'a: "123"\n'], [{ a: '${x}' }, 'a: ${x}\n'], [{ a: '[x' }, 'a: "[x"\n'], [{ a: '' }, 'a: ""\n'],
  [{ a: 'x\ny\n' }, 'a: |\n  x\n  y\n'], [{ a: null, b: true }, 'a: null\nb: true\n'],
]
for (const [value, text] of written) test(`writes ${JSON.stringify(value)}`, () => assert.equal(print(value), text))

test('documents are kept apart, empty ones left out', () => {
  assert.deepEqual(parseAll('---\na: 1\n---\n---\n# nothing\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }])
  assert.equal(printAll([{ a: 1 }, { b: 2 }]), 'a: 1\n---\nb: 2\n')
})

test('what is malformed is said with its line', () => {
  for (const text of ['a: [1', 'a: 1\na: 2', '\t- x: [', '{']) assert.throws(() => parseAll(text), YamlError)
  assert.throws(() => parseAll('ok: 1\nb: [1'), (error: YamlError) => error.line !== undefined)
})

test('what was written is read back', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom('yes', 'no', 'on', 'off', 'y', 'n', '~', '1_000', '0x1f', '012', '1:20', '.inf', '- a', '# c', 'a: b', '2001-01-01', '=', '<<', '{{ x }}'))
  const tree = fc.letrec(tie => ({ node: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 4 })) })).node
  fc.assert(fc.property(fc.dictionary(fc.string({ minLength: 1 }), tree, { maxKeys: 4 }), value => {
    const plain = JSON.parse(JSON.stringify(value)) as Json
    assert.deepEqual(parseAll(print(plain)), [plain])
  }), { numRuns: 300 })
})
