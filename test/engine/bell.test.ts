import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell } from '../../src/engine/bell.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

/** A bell, and how often somebody who waits for it time and again has been woken. */
function stage(at: (now: number) => number | undefined) {
  const [clock, end] = [manualClock(), new AbortController()]
  const bell = new Bell(clock, end.signal)
  const woken: number[] = []
  const waiting = (async () => {
    while (!end.signal.aborted) {
      await bell.wait(at(clock.elapsed()))
      woken.push(clock.elapsed())
    }
  })()
  return { clock, end, bell, woken, waiting }
}
const settled = (): Promise<void> => new Promise(setImmediate)

test('it rings when it is rung, once for all who ring meanwhile', async () => {
  const { bell, woken, clock } = stage(() => undefined)
  bell.ring()
  bell.ring()
  await settled()
  assert.deepEqual(woken, [0])
  bell.ring()
  await settled()
  assert.deepEqual([woken, clock.sleeping], [[0, 0], 0])
})
test('it rings at its time, which stays while it is rung, and is moved when it changes', async () => {
  let next: number | undefined = 500
  const { bell, woken, clock } = stage(now => (next !== undefined && next > now ? next : undefined))
  await clock.advance(100)
  bell.ring()
  await settled()
  assert.deepEqual([woken, clock.sleeping], [[100], 1])
  next = 300
  bell.ring()
  await settled()
  await clock.advance(400)
  assert.deepEqual([woken, clock.sleeping], [[100, 100, 300], 0])
})
test('a time that is long ahead is waited for in steps', async () => {
  const { woken, clock } = stage(now => (now < 9_000_000 ? 9_000_000 : undefined))
  await clock.advance(10_000_000)
  assert.deepEqual(woken, [3_600_000, 7_200_000, 9_000_000])
})
test('at the end whoever waits is woken, and no timer stays', async () => {
  const { end, waiting, clock } = stage(() => 1000)
  end.abort(new Error('stopped'))
  await waiting
  assert.equal(clock.sleeping, 0)
})
