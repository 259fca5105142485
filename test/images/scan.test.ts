import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanDecision, type Decision, type Seen } from '../../src/images/scan.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const now = 1_700_000_000_000
const calm: Seen = {
  intervalMs: 60_000,
  lastScan: { at: now - 30_000 },
  request: 'a',
  handledRequest: 'a',
  image: 'index.docker.io/library/alpine',
  scannedImage: 'index.docker.io/library/alpine',
  exclusions: ['bar', 'baz'],
  observedExclusions: ['baz', 'bar'],
  now,
}
const table: [id: BehaviourId, says: string, seen: Partial<Seen>, hasTags: boolean, decision: Decision][] = [
  ['images/I-28', 'nothing changed: no scan, and the next one when the interval is over', {}, true, { scan: undefined, nextMs: 30_000 }],
  [
    'images/I-29',
    'another exclusion list',
    { exclusions: ['bar'], observedExclusions: ['baz'] },
    true,
    { scan: 'updated exclusion list', nextMs: 60_000 },
  ],
  ['images/I-30', 'an empty store', {}, false, { scan: 'no tags in database', nextMs: 60_000 }],
]
for (const [id, says, seen, hasTags, decision] of table)
  verifies(id, says, async () => assert.deepEqual(await scanDecision({ ...calm, ...seen }, async () => hasTags), decision))

const reasons: [says: string, seen: Partial<Seen>, scan: Decision['scan']][] = [
  ['never scanned', { lastScan: undefined, scannedImage: undefined }, 'first scan'],
  ['a request that was not handled', { request: 'b' }, 'reconcile requested'],
  ['a first request', { request: 'b', handledRequest: undefined }, 'reconcile requested'],
  ['another image', { image: 'ghcr.io/a/b' }, 'new image name'],
  ['the interval is over but for less than a second', { lastScan: { at: now - 59_500 } }, 'triggered by interval'],
  ['a scan without its time', { lastScan: { at: undefined } }, 'triggered by interval'],
]
for (const [says, seen, scan] of reasons)
  test(`a scan: ${says}`, async () => {
    assert.deepEqual(await scanDecision({ ...calm, ...seen }, async () => true), { scan, nextMs: 60_000 })
  })
test('the first rule counts, and the store is asked only where none before it decides', async () => {
  const unread = (): Promise<boolean> => Promise.reject(new Error('the store was read'))
  assert.equal((await scanDecision({ ...calm, lastScan: undefined, image: 'other/one' }, unread)).scan, 'first scan')
  await assert.rejects(scanDecision(calm, unread), /the store was read/)
})
