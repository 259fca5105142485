import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRange, isVersion, latestTag, latestTags, matchingTags } from '../../src/lib/semver.ts'
import { filtered, tagsLike } from '../../src/lib/tag-filter.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const charts = ['6.1.4', '6.1.5-beta.1', '6.1.5-rc.1', '6.1.5', '6.1.6-rc.1', '6.1.6']
const git = ['non-semver-tag', 'v0.1.0', '0.2.0', 'v0.2.1', 'v1.0.0-alpha', 'v1.1.0', 'v2.0.0']
const pods = ['v0.0.1', 'v0.0.2', 'v0.0.3', 'v6.0.0', 'v6.0.1', 'v6.0.2', 'v6.0.2-rc.1', 'v6.0.2-alpha', 'staging-fb3355b']
const chosen: [id: BehaviourId, tags: string[], range: string, filter: string | undefined, tag: string][] = [
  ['sources/4', charts, '>= 6.1.6', undefined, '6.1.6'],
  ['sources/5', charts, '>= 6.1.x-0', '.*-rc.*', '6.1.6-rc.1'],
  ['sources/8', charts, '>= 6.1.5', undefined, '6.1.6'],
  ['sources/56', git, '*', undefined, 'v2.0.0'],
  ['sources/57', git, '<v0.2.1', undefined, '0.2.0'],
  ['sources/58', git, '>=1.0.0-0 <1.1.0-0', undefined, 'v1.0.0-alpha'],
  ['sources/113', pods, '>=6.0.0-rc', 'alpha', 'v6.0.2-alpha'],
  ['images/I-01', ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], '1.0.x', undefined, '1.0.1'],
  ['images/I-02', ['v1.2.3', 'v1.0.0', 'v0.1.0'], '1.0.x', undefined, 'v1.0.0'],
  ['images/I-07', ['1.0.0', '2.0.0', '1.0.1', '1.2.0'], 'v1.0.x', undefined, '1.0.1'],
  ['images/I-08', ['v1.0.0', 'v2.0.0', 'v1.0.1', 'v1.2.0'], '1.0.x', undefined, 'v1.0.1'],
]
for (const [id, tags, range, filter, tag] of chosen)
  verifies(id, `${range} ${filter ?? ''} is ${tag}`, () => assert.equal(latestTag(filter ? filtered(tags, filter) : tags, range), tag))

const none: [id: BehaviourId, tags: string[], range: string, filter?: string][] = [
  ['sources/6', charts, '>= 6.1.x-0', '.*-alpha.*'],
  ['sources/11', charts, '<= 6.1.0'],
  ['sources/62', git, '>=3.0.0'],
  ['images/I-03', ['b1.2.3', 'b1.0.0', 'b0.1.0'], '1.0.x'],
  ['images/I-04.1', [], '1.0.x'],
  ['images/I-04.2', ['1.2.0'], '1.0.x'],
]
for (const [id, tags, range, filter] of none)
  verifies(id, `nothing is in ${range} ${filter ?? ''}`, () =>
    assert.throws(() => latestTag(filter ? filtered(tags, filter) : tags, range), {
      code: 'NO_VERSION',
      message: `no match found for semver: ${range}`,
    }),
  )

verifies('sources/112', 'all tags in a range', () => assert.deepEqual(matchingTags(pods, '6.0.x'), ['v6.0.0', 'v6.0.1', 'v6.0.2']))
verifies('images/I-05', 'ranges that are none', () => {
  for (const range of ['1.0.0p', '1x', 'x1', '-1', 'a', '']) assert.throws(() => checkRange(range), { code: 'BAD_RANGE' }, range)
})
verifies('images/I-06', 'ranges', () => {
  for (const range of ['1.0.x', '^1.0', '=1.0.0', '~1.0', '>=1.0', '>0,<2.0']) checkRange(range)
})
verifies('sources/122', 'versions', () => {
  for (const tag of ['v1.2.3', 'v1.2.0-x.Y.0+metadata', 'v1.2.3-rc1-with-hypen']) assert.ok(isVersion(tag), tag)
})
verifies('sources/123', 'what is no version', () => {
  for (const tag of [
    'v1.0',
    'v1',
    'v1.2.beta',
    'v1.2-5',
    'v1.2.3.4',
    '\nv1.2',
    '1.0.0.0',
    '01.2.3',
    '1.2.3-01',
    'V1.2.3',
    'vv1.2.3',
    '1.2.3-',
    '18446744073709551616.0.0',
  ])
    assert.ok(!isVersion(tag), tag)
})

const masterminds: [range: string, version: string, holds: boolean][] = [
  ['>=1.0.0-0', '2.0.0-alpha', true],
  ['>=1.0.0-0 <2.0.0', '1.5.0-rc.1', false],
  ['>=1.0.0-0 <2.0.0-0', '1.5.0-rc.1', true],
  ['~1.2.3-beta.1', '1.2.4-alpha', true],
  ['^1.2.3-0', '1.9.0-rc.1', true],
  ['*-0', '1.0.0-alpha', true],
  ['x.x.x-0', '1.0.0-alpha', true],
  ['>= 6.1.x-0', '6.1.6-rc.1', true],
  ['>= 6.1, <= 6.1.5', '6.1.5', true],
  ['>=6.0.0-rc', '6.0.2-alpha', true],
  ['!=1.0.0', '1.1.0', true],
  ['!=1.x', '1.1.0', false],
  ['!=1.0.0', '1.1.0-alpha', true],
  ['=>1.0.0', '1.0.0', true],
  ['=<1.0.0', '1.0.0', true],
  ['~0.0.0', '5.0.0', true],
  ['>1.0.0-alpha <1.0.0', '1.0.0-beta', false],
  ['>=2024.01.05', '2024.1.6', true],
  ['1.x.2', '1.5.0', true],
  ['>=1.0.0', '18446744073709551615.0.0', true],
  ['1.2.3', '1.2.3+b', true],
  ['*', '1.0.0-alpha', false],
  ['0.1.0 - 0.2.0', '0.2.0', true],
  ['0.1.0 - 0.2', '0.2.9', true],
  ['0.1.0 - 0.2.0', '0.2.1', false],
  ['>1', '1.9.0', false],
  ['>1', '2.0.0', true],
  ['<=1.2', '1.2.9', true],
  ['^0.2.3', '0.2.9', true],
  ['^0.2.3', '0.3.0', false],
  ['^0.0.3', '0.0.4', false],
  ['^0.0', '0.0.9', true],
  ['~1', '1.9.0', true],
  ['~1.2', '1.3.0', false],
  ['!=1.2.x', '1.3.0', true],
  ['<=*', '1.0.0', false],
  ['>*', '0.0.1', true],
  ['0.1.x || 1.x', '1.1.0', true],
]
for (const [range, version, holds] of masterminds)
  test(`${range} has ${holds ? '' : 'not '}${version}`, () => assert.deepEqual(matchingTags([version], range), holds ? [version] : []))

const refused: [range: string, why: string][] = [
  ['nonsense range', 'improper constraint: nonsense range'],
  ['', 'improper constraint: '],
  ['>=1.0.0 ||', 'improper constraint: '],
  ['>=1.0.0<2.0.0', 'improper constraint: >=1.0.0<2.0.0'],
  ['==1.0.0', 'improper constraint: ==1.0.0'],
  ['1.0.0,', 'improper constraint: 1.0.0,'],
  ['1x', 'constraint Parser Error'],
  ['1x bad', 'improper constraint: 1x bad'],
  ['1.0.0-01', 'constraint Parser Error'],
]
for (const [range, why] of refused)
  test(`'${range}' is refused`, () =>
    assert.throws(() => latestTag(git, range), { code: 'BAD_RANGE', message: `semver '${range}' parse error: ${why}` }))

const ordered = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0']
test('precedence is semver 2.0', () => {
  for (let i = 1; i < ordered.length; i++) assert.equal(latestTag(ordered.slice(0, i + 1).toReversed(), '>=0-0'), ordered[i])
})
test('build metadata makes no difference, and the first listed wins', () => {
  assert.equal(latestTag(['0.9.0', 'v1.0.0+b', '1.0.0+a', '1.0.0'], '*'), 'v1.0.0+b')
  assert.deepEqual(latestTags(['0.9.0', 'v1.0.0+b', '1.0.0+a', '1.0.0'], '*'), ['v1.0.0+b', '1.0.0+a', '1.0.0'])
})

test('filters are RE2: what it has not is refused, its flags and names are known', () => {
  for (const filter of ['(?=a)', '(?<!a)', '(a)\\1', '('])
    for (const find of [() => filtered(git, filter), () => tagsLike(git, filter)]) assert.throws(find, { code: 'BAD_FILTER' })
  assert.equal(latestTag(filtered(git, '(?i)V1'), '*'), 'v1.1.0')
  assert.equal(latestTag(filtered(git, '^(?P<v>v)0'), '*'), 'v0.2.1')
  assert.equal(latestTag(filtered(git, ''), '*'), 'v2.0.0')
})

test('a long range is read at once', () => assert.throws(() => checkRange(`1.0.0${'  1.0.0'.repeat(2000)} !`), { code: 'BAD_RANGE' }))

test('a filter that is no expression is told in Go’s words, by the CLI with the filter before them', () => {
  for (const [filter, message] of [
    ['(', 'error parsing regexp: missing closing ): `(`'],
    ['a)', 'error parsing regexp: unexpected ): `a)`'],
    ['a(?=b)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ] as const) {
    assert.throws(() => filtered(['1.0.0'], filter), { code: 'BAD_FILTER', message })
    assert.throws(() => tagsLike(['1.0.0'], filter), { code: 'BAD_FILTER', message: `regex '${filter}' parse error: ${message}` })
  }
})
