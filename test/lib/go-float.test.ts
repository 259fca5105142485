import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGoFloat } from '../../src/lib/go-float.ts'
import { fc } from '../support/laws.ts'

const read: [text: string, value: number][] = [
  ['0', 0],
  ['-62', -62],
  ['+5', 5],
  ['.5', 0.5],
  ['5.', 5],
  ['00012', 12],
  ['1e3', 1000],
  ['1E+3', 1000],
  ['1_23.50_0_0e+1_2', 1.235e14],
  ['1_000', 1000],
  ['0x1p4', 16],
  ['0x1.8p1', 3],
  ['-0X.8P-1', -0.25],
  ['0x_1_0p0', 16],
  ['0x1p-1074', 5e-324],
  ['1e-400', 0],
  ['20210108211821', 20210108211821],
  ['inf', Infinity],
  ['-Infinity', -Infinity],
  ['+INF', Infinity],
]
for (const [text, value] of read) test(`${text} is ${value}`, () => assert.equal(parseGoFloat(text), value))
test('nan is a number of its own', () => assert.ok(Number.isNaN(parseGoFloat('NaN'))))

const refused = [
  '',
  ' 1',
  '1 ',
  '1a',
  'b',
  '+',
  '.',
  'e5',
  '1e',
  '1e+',
  '0x',
  '0x1',
  '0x1p',
  '0b1',
  '0o7',
  '1__0',
  '_1',
  '1_',
  '1_.5',
  '1._5',
]
for (const text of [...refused, '1e400', '0x1p1024', '-nan', 'infin', '1,5', '٣', '0x1_p0', '1e_5'])
  test(`'${text}' is refused`, () => assert.equal(parseGoFloat(text), undefined))

test('law: what JavaScript prints of a number is read as that number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      assert.equal(parseGoFloat(String(value)), value === 0 ? 0 : value)
    }),
  )
})
test('law: no text breaks it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+-]?(0x)?[0-9a-f_.]{0,300}([ep][+-]?[0-9_]{0,6})?$/)), text => {
      const value = parseGoFloat(text)
      assert.ok(value === undefined || typeof value === 'number')
    }),
  )
})
