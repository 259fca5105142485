import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goMatching } from '../../src/lib/go-regex.ts'

const refused: [expression: string, why: string][] = [
  ['(', 'missing closing ): `(`'],
  ['a)', 'unexpected ): `a)`'],
  ['[a', 'missing closing ]: `[a`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(a)\\1', 'invalid escape sequence: `\\1`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['x{1001}', 'invalid repeat count: `{1001}`'],
]
for (const [expression, why] of refused)
  test(`${expression} is refused in Go’s words`, () =>
    assert.throws(() => goMatching(['a'], expression), { code: 'BAD_REGEX', message: `error parsing regexp: ${why}` }))

const found: [expression: string, texts: string[], matches: string[]][] = [
  ['b', ['b', 'ab', 'c', 'B'], ['b', 'ab']],
  ['(?i)b', ['b', 'B', 'c'], ['b', 'B']],
  ['a(?i)b', ['aB', 'AB'], ['aB']],
  ['^(?P<major>1)\\.', ['1.0', '2.1.0'], ['1.0']],
  ['\\Aa\\z', ['a', 'a\n'], ['a']],
  ['a$', ['a', 'a\nb'], ['a']],
  ['(?m)a$', ['a', 'a\nb'], ['a', 'a\nb']],
  ['^[[:alpha:]]+$', ['ab', 'a1'], ['ab']],
  ['^\\Qa.b\\E$', ['a.b', 'axb'], ['a.b']],
  ['^\\d$', ['1', '١'], ['1']],
  ['^.$', ['😀', 'ab'], ['😀']],
]
for (const [expression, texts, matches] of found)
  test(`${expression} finds what Go finds`, () => assert.deepEqual(goMatching(texts, expression), matches))

test('an expression that goes back and forth elsewhere is answered', () => {
  const long = `${'a'.repeat(5000)}!`
  assert.deepEqual(goMatching([long], '^(a+)+$'), [])
  assert.deepEqual(goMatching([long], '^(a|aa)+!$'), [long])
})
