import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeadlineError, streamWithDeadline, withDeadline } from '../../src/lib/deadline.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
const forever = new AbortController().signal

test('work that is done in time leaves no timer behind', async () => {
  const clock = manualClock()
  assert.equal(await withDeadline({ clock, ms: 1000, what: 'it', signal: forever }, async () => 'done'), 'done')
  assert.equal(clock.sleeping, 0)
  await assert.rejects(
    withDeadline({ clock, ms: 1000, what: 'it', signal: forever }, () => Promise.reject(new Error('own'))),
    { message: 'own' },
  )
  assert.equal(clock.sleeping, 0)
})
test('work that takes too long is told so', async () => {
  const clock = manualClock()
  const work = withDeadline({ clock, ms: 90_000, what: 'reading it', signal: forever }, aborted)
  const failed = assert.rejects(work, thrown => {
    assert.ok(thrown instanceof DeadlineError)
    assert.deepEqual([thrown.code, thrown.message], ['TIMEOUT', 'context deadline exceeded: reading it took longer than 1m30s'])
    return true
  })
  await clock.advance(90_000)
  await failed
})
test('the caller’s abort passes with its reason', async () => {
  const stop = new AbortController()
  const clock = manualClock()
  const work = withDeadline({ clock, ms: 1000, what: 'it', signal: stop.signal }, aborted)
  stop.abort(new Error('enough'))
  await assert.rejects(work, { message: 'enough' })
  assert.equal(clock.sleeping, 0)
})
test('the time of a stream runs from its first read until its reader leaves', async () => {
  const clock = manualClock()
  const numbers = streamWithDeadline({ clock, ms: 1000, what: 'it', signal: forever }, async function* (signal) {
    yield 1
    await aborted(signal)
  })
  await clock.advance(5000)
  assert.equal(clock.sleeping, 0)
  for await (const n of numbers) {
    assert.deepEqual([n, clock.sleeping], [1, 1])
    break
  }
  assert.equal(clock.sleeping, 0)
  const late = streamWithDeadline({ clock, ms: 1000, what: 'it', signal: forever }, async function* (signal) {
    await aborted(signal)
  })
  const first = late[Symbol.asyncIterator]().next()
  const failed = assert.rejects(first, { code: 'TIMEOUT' })
  await clock.advance(1000)
  await failed
})
