import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidates, chosen, compareBytes, latestOf, type PolicySpec, PolicyError, policerOf } from '../../src/images/policy.ts'
import { latestTags, exclusionsOf, withoutExcluded } from '../../src/images/tags.ts'
import { isVersion } from '../../src/lib/semver.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { fc } from '../support/laws.ts'

const words = (text: string): string[] => text.split(/,? /).filter(Boolean)

async function choice(spec: PolicySpec, tags: readonly string[]): Promise<string> {
  return (await chosen(policerOf(spec.policy), spec.filterTags, tags)).tag
}
const semver = (range: string): PolicySpec => ({ policy: { semver: { range } } })
const alphabetical = (order?: string): PolicySpec => ({ policy: { alphabetical: { order } } })
const numerical = (order?: string): PolicySpec => ({ policy: { numerical: { order } } })

const codenames = 'xenial yakkety zesty artful bionic'
const dates = '2021-01-08T21-18-21Z 2020-05-08T21-18-21Z 2021-01-08T19-20-00Z 1990-01-08T00-20-00Z 2023-05-08T00-20-00Z'
const floats = '47.40896403322944 -27.8520927455902 -27.930666514224427 -31.352485948094568 -50.41072694704882 53.47333823144817'

const picks: [id: BehaviourId, spec: PolicySpec, tags: string, latest: string][] = [
  ['images/I-01', semver('1.0.x'), '1.0.0 1.0.0.1 1.0.0p 1.0.1 1.2.0 0.1.0', '1.0.1'],
  ['images/I-02', semver('1.0.x'), 'v1.2.3 v1.0.0 v0.1.0', 'v1.0.0'],
  ['images/I-07', semver('v1.0.x'), '1.0.0 2.0.0 1.0.1 1.2.0', '1.0.1'],
  ['images/I-08', semver('1.0.x'), 'v1.0.0 v2.0.0 v1.0.1 v1.2.0', 'v1.0.1'],
  ['images/I-09.1', alphabetical(''), '16.04 16.04.1 16.10 20.04 20.10', '20.10'],
  ['images/I-09.2', alphabetical('desc'), '16.04 16.04.1 16.10 20.04 20.10', '16.04'],
  ['images/I-10.1', alphabetical(), codenames, 'zesty'],
  ['images/I-10.2', alphabetical('desc'), codenames, 'artful'],
  ['images/I-11', alphabetical(), 'rel-1606234201 rel-1606364286 rel-1606334092 rel-1606334284 rel-1606334201', 'rel-1606364286'],
  ['images/I-12.1', alphabetical('desc'), dates, '1990-01-08T00-20-00Z'],
  ['images/I-12.2', alphabetical('asc'), dates, '2023-05-08T00-20-00Z'],
  ['images/I-14', numerical('asc'), '-62 -88 73 72 15 16 15 29 -33 -91', '73'],
  ['images/I-15', numerical('desc'), '5 -8 -78 25 70 -4 80 92 -20 -24', '-78'],
  ['images/I-16', numerical('asc'), floats, '53.47333823144817'],
  [
    'images/I-21',
    { ...numerical('asc'), filterTags: { pattern: String.raw`1.0.0-rc\.(?P<num>[0-9]+)`, extract: '$num' } },
    '1.0.0 1.0.0-rc.1 1.0.0-rc.2 1.0.0-rc.3 1.0.1-rc.2',
    '1.0.0-rc.3',
  ],
  [
    'images/I-22',
    { ...alphabetical('asc'), filterTags: { pattern: 'foo-(?P<word>[a-z]+)', extract: '$word' } },
    'foo-aaa bar-bbb foo-zzz baz-nnn foo-ooo',
    'foo-zzz',
  ],
]
for (const [id, spec, tags, latest] of picks)
  verifies(id, `${JSON.stringify(spec)} takes ${latest} of ${tags}`, async () => assert.equal(await choice(spec, words(tags)), latest))

const none = 'unable to determine latest version from provided list'
const empty = 'version list argument cannot be empty'
const refusals: [id: BehaviourId, spec: PolicySpec, tags: string, code: string, message: string][] = [
  ['images/I-03', semver('1.0.x'), 'b1.2.3 b1.0.0 b0.1.0', 'NO_CHOICE', none],
  ['images/I-04.1', semver('1.0.x'), '', 'NO_CHOICE', empty],
  ['images/I-04.2', semver('1.0.x'), '1.2.0', 'NO_CHOICE', none],
  ['images/I-05.1', semver('1.0.0p'), '1.0.0', 'INVALID_POLICY', 'invalid policy: improper constraint: 1.0.0p'],
  ['images/I-05.2', semver('1x'), '1.0.0', 'INVALID_POLICY', 'invalid policy: constraint Parser Error'],
  ['images/I-05.3', semver('x1'), '1.0.0', 'INVALID_POLICY', 'invalid policy: constraint Parser Error'],
  ['images/I-05.4', semver('-1'), '1.0.0', 'INVALID_POLICY', 'invalid policy: improper constraint: -1'],
  ['images/I-05.5', semver('a'), '1.0.0', 'INVALID_POLICY', 'invalid policy: improper constraint: a'],
  ['images/I-05.6', semver(''), '1.0.0', 'INVALID_POLICY', 'invalid policy: improper constraint: '],
  [
    'images/I-13.1',
    alphabetical('invalid'),
    'a',
    'INVALID_POLICY',
    "invalid policy: invalid order argument provided: 'INVALID', must be one of: ASC, DESC",
  ],
  [
    'images/I-13.2',
    numerical('invalid'),
    '1',
    'INVALID_POLICY',
    "invalid policy: invalid order argument provided: 'INVALID', must be one of: ASC, DESC",
  ],
  ['images/I-17', numerical(), '0 1a b', 'NO_CHOICE', "failed to parse invalid numeric value '1a'"],
  [
    'images/I-23',
    { ...semver('1.0.x'), filterTags: { pattern: '[=' } },
    '1.0.0',
    'INVALID_POLICY',
    "failed to filter tags: invalid regular expression pattern '[=': error parsing regexp: missing closing ]: `[=`",
  ],
  ['images/I-24.1', { policy: {} }, '1.0.0', 'INVALID_POLICY', 'invalid policy: given ImagePolicyChoice object is invalid'],
  ['images/I-24.2', alphabetical(), '', 'NO_CHOICE', empty],
]
for (const [id, spec, tags, code, message] of refusals)
  verifies(id, `${JSON.stringify(spec)} over '${tags}' is refused`, () =>
    assert.rejects(
      async () => choice(spec, words(tags)),
      (thrown: unknown) => {
        assert.ok(thrown instanceof PolicyError)
        assert.deepEqual([thrown.code, thrown.message], [code, message])
        return true
      },
    ),
  )

const ranges: [id: BehaviourId, range: string][] = [
  ['images/I-06.1', '1.0.x'],
  ['images/I-06.2', '^1.0'],
  ['images/I-06.3', '=1.0.0'],
  ['images/I-06.4', '~1.0'],
  ['images/I-06.5', '>=1.0'],
  ['images/I-06.6', '>0,<2.0'],
]
for (const [id, range] of ranges)
  verifies(id, `${range} is a range`, () => assert.deepEqual(policerOf(semver(range).policy), { by: 'semver', range }))
const orders: [id: BehaviourId, order: string][] = [
  ['images/I-13.3', ''],
  ['images/I-13.4', 'ASC'],
  ['images/I-13.5', 'DESC'],
  ['images/I-13.6', 'asc'],
  ['images/I-13.7', 'desc'],
]
for (const [id, order] of orders)
  verifies(id, `'${order}' is an order`, () => {
    assert.equal(policerOf(alphabetical(order).policy).by, 'alphabetical')
    assert.equal(policerOf(numerical(order).policy).by, 'numerical')
  })

const debug = ['123-123.123.abcd123', '123-123.123.abcd456'].flatMap(tag => [tag, `${tag}-debug`])
const filters: [id: BehaviourId, filter: NonNullable<PolicySpec['filterTags']>, tags: string[], values: string[]][] = [
  ['images/I-18', { pattern: '^ver' }, words('ver1 ver2 ver3 rel1'), words('ver1 ver2 ver3')],
  ['images/I-19', { pattern: String.raw`ver(\d+)`, extract: '$1' }, words('ver1 ver2 ver3 rel1'), words('1 2 3')],
  [
    'images/I-20',
    { pattern: String.raw`^(?P<tag>123-[0-9]+\.[0-9]+\.[a-z0-9]+$)`, extract: '$tag' },
    debug,
    ['123-123.123.abcd123', '123-123.123.abcd456'],
  ],
]
for (const [id, filterTags, tags, values] of filters)
  verifies(id, `${JSON.stringify(filterTags)} leaves ${values.join(' ')}`, async () => {
    for (const order of ['ASC', 'DESC'] as const) {
      const { value, compared } = await chosen({ by: 'alphabetical', order }, filterTags, tags)
      assert.equal(value, order === 'ASC' ? values.at(-1) : values[0])
      assert.deepEqual(
        [...compared.values()],
        tags.filter(tag => values.some(one => tag === one || tag === `ver${one}`)),
      )
    }
  })

verifies('images/I-25', 'the latest tags of a scan are ten, in descending order of their bytes', () => {
  assert.deepEqual(latestTags(words('-62 -88 73 72 15 16 15 29 -33 -91 100 101')), words('73 72 29 16 15 15 101 100 -91 -88'))
  assert.deepEqual(latestTags(['a']), ['a'])
  assert.deepEqual(latestTags([]), [])
})
verifies('images/I-26', 'excluded tags are left out', async () => {
  const tags = words('0.1.0 0.2.0 0.2.-alpha 0.3.0 0.4.0 0.4.0.sig')
  assert.deepEqual(await withoutExcluded(tags, [String.raw`^.*\-alpha$`, String.raw`^.*\.sig$`]), words('0.1.0 0.2.0 0.3.0 0.4.0'))
})
verifies('images/I-27', 'an expression that leaves out is found anywhere in a tag', async () => {
  assert.deepEqual(await withoutExcluded(words('aaa bbb ccc ddd'), ['aaa|ccc']), words('bbb ddd'))
})
test('without a list signatures are left out, and a list replaces that', async () => {
  assert.deepEqual(exclusionsOf([]), exclusionsOf(undefined))
  assert.deepEqual(await withoutExcluded(words('a a.sig sig'), exclusionsOf(undefined)), words('a sig'))
  assert.deepEqual(await withoutExcluded(words('a a.sig b'), exclusionsOf(['b'])), words('a a.sig'))
})
test('an expression that cannot be read is named', async () => {
  await assert.rejects(withoutExcluded(['a'], ['ok', '[=']), {
    code: 'BAD_REGEX',
    message: 'failed to compile regex [=: error parsing regexp: missing closing ]: `[=`',
  })
})

test('an expression that takes too long for the tags is no wrong policy: it is tried again', async () => {
  const tags = Array.from({ length: 500 }, (_, i) => 'a'.repeat(120) + i)
  const slow = '(?:a?){1000}a{1000}$'
  await assert.rejects(chosen({ by: 'numerical', order: 'ASC' }, { pattern: slow }, tags), {
    code: 'NO_CHOICE',
    message: /^failed to filter tags: matching the expression takes longer than \d+ ms for 500 texts$/,
  })
  await assert.rejects(withoutExcluded(tags, ['ok', slow]), {
    code: 'TOO_SLOW',
    message: /^regex .*: matching the expression takes longer/,
  })
})

test('of several policies the first of semver, alphabetical, numerical counts', () => {
  assert.equal(policerOf({ semver: { range: '1.x' }, alphabetical: {}, numerical: {} }).by, 'semver')
  assert.equal(policerOf({ alphabetical: {}, numerical: {} }).by, 'alphabetical')
})
test('of two tags with one value the later is taken, of equal versions the first, of equal numbers the last', async () => {
  const filterTags = { pattern: String.raw`^v(\d+)-`, extract: '$1' }
  assert.equal((await chosen({ by: 'numerical', order: 'ASC' }, filterTags, ['v1-a', 'v2-b', 'v2-a', 'v1-z'])).tag, 'v2-a')
  assert.equal(latestOf({ by: 'semver', range: '*' }, ['1.0.0+a', '1.0.0+b', 'v1.0.0']), '1.0.0+a')
  assert.equal(latestOf({ by: 'numerical', order: 'ASC' }, ['1', '1.0', '1e0', '0']), '1e0')
})
test('a prerelease is chosen only where the range has one', () => {
  assert.equal(latestOf({ by: 'semver', range: '>=1.0.0' }, ['1.0.0', '1.1.0-rc.1']), '1.0.0')
  assert.equal(latestOf({ by: 'semver', range: '>=1.0.0-0' }, ['1.0.0', '1.1.0-rc.1']), '1.1.0-rc.1')
})
test('under semver the candidates are the tags in the range', async () => {
  const semver = { by: 'semver', range: '1.x' } as const
  const choice = await chosen(semver, undefined, ['2.0.0', '1.0.0', 'latest', '1.1.0'])
  assert.deepEqual(candidates(semver, choice, 9), { best: ['1.1.0', '1.0.0'], count: 2 })
})
test('the best candidates come first', async () => {
  const semver = { by: 'semver', range: '1.x' } as const
  const found = await chosen(semver, undefined, ['1.0.0', '1.2.0', '2.0.0', '1.1.0'])
  assert.deepEqual(candidates(semver, found, 2), { best: ['1.2.0', '1.1.0'], count: 3 })
  const numbers = { by: 'numerical', order: 'DESC' } as const
  const filterTags = { pattern: String.raw`^v(\d+)$`, extract: '$1' }
  const numbered = await chosen(numbers, filterTags, ['v10', 'v9', 'x', 'v2'])
  assert.deepEqual(candidates(numbers, numbered, 5), { best: ['v2', 'v9', 'v10'], count: 3 })
})
test('an expression without end does not hold everything up', async () => {
  const filterTags = { pattern: '(a*)*b', extract: '$1'.repeat(10) }
  await assert.rejects(chosen({ by: 'alphabetical', order: 'ASC' }, filterTags, Array(100).fill('a'.repeat(128))), { code: 'NO_CHOICE' })
})

const part = fc.stringMatching(/^[0-9]{1,3}$/)
const tag = fc.oneof(
  fc.tuple(fc.constantFrom('', 'v'), part, part, part).map(([v, a, b, c]) => `${v}${a}.${b}.${c}`),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/),
)
const tags = fc.array(tag, { minLength: 1, maxLength: 40 })

test('law: what is chosen is one of the tags, and nothing comes after it', () => {
  fc.assert(
    fc.property(tags, list => {
      const last = latestOf({ by: 'alphabetical', order: 'ASC' }, list)
      const first = latestOf({ by: 'alphabetical', order: 'DESC' }, list)
      assert.ok(list.includes(last) && list.includes(first))
      assert.ok(list.every(one => compareBytes(one, last) <= 0 && compareBytes(first, one) <= 0))
    }),
  )
})
test('law: a choice by semver does not depend on order, but among equal versions', () => {
  fc.assert(
    fc.property(tags, list => {
      const versions = list.filter(isVersion).map(one => one.replace(/^v/, ''))
      const [a, b] = [list, list.toReversed()].map(some => {
        try {
          return latestOf({ by: 'semver', range: '*' }, some).replace(/^v/, '')
        } catch (thrown) {
          assert.ok(thrown instanceof PolicyError && thrown.code === 'NO_CHOICE')
          return undefined
        }
      })
      assert.equal(a, b)
      assert.equal(a === undefined, versions.length === 0)
    }),
  )
})
test('law: whatever a spec says, a policy chooses one of the tags or says why not', async () => {
  const spec = fc.record({
    policy: fc.oneof(
      fc.record({ semver: fc.record({ range: fc.oneof(fc.string(), fc.constantFrom('*', '1.x', '>=0.0.0-0', '1 - 2')) }) }),
      fc.record({ alphabetical: fc.record({ order: fc.constantFrom('', 'asc', 'desc', 'other') }) }),
      fc.record({ numerical: fc.record({ order: fc.constantFrom('', 'asc', 'desc') }) }),
      fc.constant({}),
    ),
    filterTags: fc.option(
      fc.record({ pattern: fc.oneof(fc.string(), fc.constant('(.*)')), extract: fc.oneof(fc.string(), fc.constant('$1')) }),
      {
        nil: undefined,
      },
    ),
  })
  await fc.assert(
    fc.asyncProperty(spec, tags, async (one, list) => {
      try {
        assert.ok(list.includes(await choice(one as PolicySpec, list)))
      } catch (thrown) {
        assert.ok(thrown instanceof PolicyError, String(thrown))
      }
    }),
  )
})
