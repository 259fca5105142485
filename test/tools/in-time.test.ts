import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTime, tooLate } from '../../src/tools/run/in-time.ts'

/** A clock whose sleeps end when told, and by their signal. */
function heldClock(): { sleep(ms: number, signal: AbortSignal): Promise<void>; ring(): void; asked: number[] } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked: number[] = []
  return {
    asked,
    ring: resolve,
    sleep(ms, signal) {
      asked.push(ms)
      const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      return Promise.race([promise, aborted])
    },
  }
}
const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
const signal = new AbortController().signal

test('work that ends in time answers, and the clock is let go', async () => {
  const clock = heldClock()
  assert.equal(await inTime({ clock, ms: 7, signal }, async () => 'done'), 'done')
  assert.deepEqual(clock.asked, [7])
})

test('work that outlasts the time is cut off and too late', async () => {
  const clock = heldClock()
  const work = inTime({ clock, ms: 7, signal }, hanging)
  clock.ring()
  assert.equal(await work, tooLate)
})

test('what work throws is thrown', () =>
  assert.rejects(
    inTime({ clock: heldClock(), ms: 7, signal }, () => Promise.reject(new Error('broken'))),
    /broken/,
  ))

test('an abort of the call rejects with its reason, and is no lateness', async () => {
  const stop = new AbortController()
  const work = inTime({ clock: heldClock(), ms: 7, signal: stop.signal }, hanging)
  stop.abort(new Error('enough'))
  await assert.rejects(work, /enough/)
})
