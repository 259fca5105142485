import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import type { Json } from '../../src/lib/json.ts'
import { parseAll, print, printAll, YamlError } from '../../src/lib/yaml.ts'

const read: [string, Json][] = [
  ['a: yes', { a: true }],
  ['a: "yes"', { a: 'yes' }],
  ['a: on', { a: true }],
  ['a: 0777', { a: 511 }],
  ['a: 12:30:45', { a: '12:30:45' }],
  ['a: 2001-12-14', { a: '2001-12-14' }],
  ['a: !!str 123', { a: '123' }],
  ['a: ~', { a: null }],
  ['base: &b {x: 1}\nc:\n  <<: *b\n  z: 2', { base: { x: 1 }, c: { x: 1, z: 2 } }],
  ['a: y', { a: true }],
  ['a: N', { a: false }],
  ['a: yEs', { a: 'yEs' }],
  ['a: 0o17', { a: 15 }],
  ['a: 08', { a: 8 }],
  ['a: 1_000', { a: 1000 }],
  ['a: 0x1F', { a: 31 }],
  ['a: -0b11', { a: -3 }],
  ['a: 1e3', { a: 1000 }],
  ['a: .5', { a: 0.5 }],
  ['a: 1.2.3', { a: '1.2.3' }],
  ['a: 190:20:30', { a: '190:20:30' }],
  ['a: 2001-12-14 21:59:43', { a: '2001-12-14 21:59:43' }],
  ['a: =', { a: '=' }],
  ['a: <<', { a: '<<' }],
  ['a: !!binary aGk=', { a: 'hi' }],
  ['a: !x b', { a: 'b' }],
  ['a: !!int "3"', { a: 3 }],
  ['on: 1', { true: 1 }],
  ['1: a', { 1: 'a' }],
  ['a: {<<: [{x: 1}, {x: 2, z: 3}]}', { a: { x: 1, z: 3 } }],
  ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
  ['a: |+\n  x\n\n', { a: 'x\n\n' }],
]
for (const [text, value] of read) test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseAll(text), [value]))

const written: [Json, string][] = [
  [{ b: 1, a: [1, { c: 2 }] }, 'a:\n- 1\n- c: 2\nb: 1\n'],
  [{ a: 'yes' }, 'a: "yes"\n'],
  [{ a: '123' }, 'a: "123"\n'],
  [{ a: '${x}' }, 'a: ${x}\n'],
  [{ a: '[x' }, "a: '[x'\n"],
  [{ a: '' }, 'a: ""\n'],
  [{ a: 'x\ny\n' }, 'a: |\n  x\n  y\n'],
  [{ a: null, b: true }, 'a: null\nb: true\n'],
  [{ a: '{{ x }}' }, "a: '{{ x }}'\n"],
  [{ a: "it's: ${x}" }, "a: 'it''s: ${x}'\n"],
  [{ a: 'a\tb' }, 'a: "a\\tb"\n'],
  [{ a: '😀' }, 'a: "\\U0001F600"\n'],
  [{ a: '2001-12-14' }, 'a: "2001-12-14"\n'],
  [{ a: '1:20' }, 'a: "1:20"\n'],
  [{ y: 1, '<<': 2 }, '"<<": 2\n"y": 1\n'],
  [{ a: 'x \ny' }, 'a: "x \\ny"\n'],
  [{ a: '  x\ny' }, 'a: |2-\n    x\n  y\n'],
  [{ a: 'x\n\n' }, 'a: |+\n  x\n\n'],
  [{ b10: 1, b9: 2, B: 3 }, 'B: 3\nb9: 2\nb10: 1\n'],
  [{ a: [[1, [2]], {}, []] }, 'a:\n- - 1\n  - - 2\n- {}\n- []\n'],
  [{ a: 1234567.5, b: 1e21, c: 1e-7 }, 'a: 1.2345675e+06\nb: 1e+21\nc: 1e-07\n'],
  [{ a: 9007199254740991 }, 'a: 9007199254740991\n'],
  [{ a: `${'word '.repeat(17)}end` }, `a: ${'word '.repeat(15)}word\n  word end\n`],
  [{ ['k'.repeat(129)]: { a: 1 } }, `? ${'k'.repeat(129)}\n: a: 1\n`],
  ['x', 'x\n'],
  [[], '[]\n'],
  [{}, '{}\n'],
]
for (const [value, text] of written) test(`writes ${JSON.stringify(value)}`, () => assert.equal(print(value), text))

test('documents are kept apart, empty ones left out', () => {
  assert.deepEqual(parseAll('---\na: 1\n---\n---\n# nothing\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }])
  assert.equal(printAll([{ a: 1 }, { b: 2 }]), 'a: 1\n---\nb: 2\n')
})

test('what is malformed is said with its line', () => {
  for (const text of [
    'a: .inf',
    '~: 1',
    '[a]: 1',
    '? {a: 1}\n: 2',
    'a: !!int yes',
    'a: !!bool 1',
    '%a: 1',
    'a: *b',
    'a: [1',
    'a: 1\na: 2',
    '\t- x: [',
    '{',
  ])
    assert.throws(() => parseAll(text), YamlError)
  assert.throws(() => parseAll('ok: 1\nok: 2'), { code: 'MALFORMED', line: 2, column: 1, message: /^line 2: / })
  assert.throws(
    () => parseAll(`a: &a [x,x]\n${[...'bcdefghij'].map((k, i) => `${k}: &${k} [${`*${'abcdefghij'[i]},`.repeat(9)}]`).join('\n')}`),
    YamlError,
  )
})

test('what was written is read back', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(
      'yes',
      'no',
      'on',
      'off',
      'y',
      'n',
      '~',
      '1_000',
      '0x1f',
      '012',
      '1:20',
      '.inf',
      '- a',
      '# c',
      'a: b',
      '2001-01-01',
      '=',
      '<<',
      '{{ x }}',
    ),
  )
  const tree = fc.letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 4 }),
    ),
  })).node
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), tree, { maxKeys: 4 }), value => {
      const plain = JSON.parse(JSON.stringify(value)) as Json
      assert.deepEqual(parseAll(print(plain)), [plain])
    }),
    { numRuns: 300 },
  )
})
