import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../support/laws.ts'
import { garbage } from '../../../src/world/storage/garbage.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

const files = (ages: readonly number[]): { path: string; at: number }[] =>
  ages.map((age, i) => ({ path: `artifact${i + 1}`, at: 100_000 - age }))
const seconds = (n: number): number[] => Array.from({ length: n }, (_, i) => (n - i) * 1000)

const cases: [id: BehaviourId | undefined, says: string, ages: number[], retention: { ttlMs: number; records: number }, gone: string[]][] =
  [
    ['sources/88.1', 'all but the newest two go', seconds(5), { ttlMs: 120_000, records: 2 }, ['artifact1', 'artifact2', 'artifact3']],
    [
      'sources/89',
      'what is old goes, and as few are left that no more has to',
      seconds(5),
      { ttlMs: 3500, records: 4 },
      ['artifact1', 'artifact2'],
    ],
    [undefined, 'what is old goes, then the oldest beyond the number', seconds(6), { ttlMs: 5500, records: 4 }, ['artifact1', 'artifact2']],
    [undefined, 'nothing goes while there are few', seconds(2), { ttlMs: 60_000, records: 2 }, []],
  ]
for (const [id, says, ages, retention, gone] of cases) {
  const body = (): void => assert.deepEqual(garbage(files(ages), { current: `artifact${ages.length}`, retention, now: 100_000 }), gone)
  if (id) verifies(id, says, body)
  else test(says, body)
}
test('the current file stays, however old', () => {
  const retention = { ttlMs: 1, records: 1 }
  assert.deepEqual(garbage(files(seconds(3)), { current: 'artifact1', retention, now: 100_000 }), ['artifact2', 'artifact3'])
})
test('law: the current file stays, the newest of the others stay, and no more than the number of records', () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat(10_000), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      fc.record({ ttlMs: fc.nat(10_000), records: fc.integer({ min: 1, max: 6 }) }),
      (ages, pick, retention) => {
        const all = files(ages)
        const current = all[pick % all.length]?.path ?? ''
        const gone = new Set(garbage(all, { current, retention, now: 100_000 }))
        const kept = all.filter(f => !gone.has(f.path))
        const lost = all.filter(f => gone.has(f.path))
        assert.ok(!gone.has(current))
        assert.ok(kept.length <= Math.max(1, retention.records))
        const others = kept.filter(f => f.path !== current)
        assert.ok(others.every(k => lost.every(l => l.at <= k.at)) && others.every(k => 100_000 - k.at <= retention.ttlMs))
      },
    ),
  ))
