import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latestTag } from '../../src/lib/semver.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const charts = ['6.1.4', '6.1.5-beta.1', '6.1.5-rc.1', '6.1.5', '6.1.6-rc.1', '6.1.6']
const table: [BehaviourId, string, string | undefined, string][] = [
  ['sources/4', '>= 6.1.6', undefined, '6.1.6'], ['sources/5', '>= 6.1.x-0', '.*-rc.*', '6.1.6-rc.1'], ['sources/8', '>= 6.1.5', undefined, '6.1.6'],
]
for (const [id, range, filter, tag] of table) verifies(id, `${range} ${filter ?? ''} is ${tag}`, () => assert.equal(latestTag(charts, range, filter), tag))
verifies('sources/6', 'a filter that nothing matches', () => assert.throws(() => latestTag(charts, '>= 6.1.x-0', '.*-alpha.*'), /no match found for semver: >= 6\.1\.x-0/))
verifies('sources/11', 'a range that nothing satisfies', () => assert.throws(() => latestTag(charts, '<= 6.1.0'), { message: 'no match found for semver: <= 6.1.0' }))

const mixed = ['latest', 'v0.1.0', '0.2.0', 'v0.2.1', 'v1.0.0-alpha', 'v1.1.0', 'v2.0.0', '2', '2.0']
const ranges: [string, string][] = [['*', 'v2.0.0'], ['<v0.2.1', '0.2.0'], ['>=1.0.0-0 <1.1.0-0', 'v1.0.0-alpha'], ['>=0.1.0, <0.2.1', '0.2.0'], ['1.x', 'v1.1.0'], ['~0.2', 'v0.2.1'], ['^1.0.0', 'v1.1.0'], ['0.1.0 - 0.2.0', '0.2.0'], ['0.1.x || 1.x', 'v1.1.0'], ['>=1.0.0, !=2.0.0', 'v1.1.0']]
for (const [range, tag] of ranges) test(`${range} chooses ${tag}`, () => assert.equal(latestTag(mixed, range), tag))

test('a range that is none is refused', () => assert.throws(() => latestTag(mixed, 'nonsense range'), { code: 'BAD_RANGE', message: 'semver \'nonsense range\' parse error: improper constraint: nonsense range' }))
