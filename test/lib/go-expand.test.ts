import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goExpanding } from '../../src/lib/go-regex.ts'
import { fc } from '../support/laws.ts'

const expression = '^v(?P<major>[0-9]+)[.](?P<minor>[0-9]+)(-x)?$'
const table: [template: string, value: string][] = [
  ['', 'v1.20'],
  ['$1', '1'],
  ['$0', 'v1.20'],
  ['$major.$minor', '1.20'],
  ['${major}x', '1x'],
  ['$1x', ''],
  ['${1}x', '1x'],
  ['$3', ''],
  ['$4', ''],
  ['$other', ''],
  ['$01', ''],
  ['$$1', '$1'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$-', '$-'],
  ['${major', '${major'],
  ['${}', '${}'],
  ['$toString', ''],
]
for (const [template, value] of table)
  test(`'${template}' becomes '${value}'`, () => {
    assert.deepEqual(goExpanding(['v1.20', 'none'], expression, template), [{ text: 'v1.20', value }])
  })
test('a template that makes too much is refused', () => {
  assert.throws(() => goExpanding(Array(1000).fill('a'.repeat(128)), '(.*)', '$1'.repeat(1000)), { code: /BAD_REGEX|TOO_SLOW/ })
})
test('law: no template breaks it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('$', '{', '}', '1', 'major', 'x', '_', 'é')), parts => {
      assert.equal(goExpanding(['v1.20'], expression, parts.join('') || 'x').length, 1)
    }),
  )
})
