import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import { type Again, type Item, Queue } from '../../src/engine/queue.ts'
import { backoffMs, fluxDefaults } from '../../src/engine/settings.ts'
import { convention } from '../../src/kustomize/settle.ts'
import { ready } from '../../src/engine/outcome.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { verifies } from '../conformance/verifies.ts'

const ks = (key: string): Item => ({ kind: 'Kustomization', lane: 'Kustomization', key })
const source = (key: string): Item => ({ kind: 'OCIRepository', lane: 'OCIRepository', key })
const queueOf = (concurrency = 4): Queue => new Queue({ concurrency, settings: fluxDefaults })
/** Everything that may run now, by key. */
function taken(queue: Queue, now: number): string[] {
  const keys: string[] = []
  for (let item = queue.take(now); item; item = queue.take(now)) keys.push(item.key)
  return keys
}

test('what is asked for runs once, in the order of asking', () => {
  const queue = queueOf()
  for (const key of ['b', 'a', 'b']) queue.ask(ks(key))
  assert.deepEqual(taken(queue, 0), ['b', 'a'])
  assert.deepEqual(taken(queue, 0), [])
})

test('a lane runs as many at a time as it may, other lanes go on', () => {
  const queue = queueOf(2)
  for (const key of ['a', 'b', 'c']) queue.ask(ks(key))
  queue.ask(source('s'))
  assert.deepEqual(taken(queue, 0), ['a', 'b', 's'])
  queue.ended(ks('a'), {}, 0)
  assert.deepEqual(taken(queue, 0), ['c'])
})

test('what comes after another one is taken when that one is neither due nor running, or when it has waited for long enough', () => {
  const held: Item = { ...ks('a'), after: { key: 's', until: 2000 } }
  const queue = queueOf(1)
  queue.ask(held)
  queue.ask(ks('b'))
  queue.ask(source('s'))
  assert.deepEqual(taken(queue, 0), ['b', 's'])
  queue.ended(ks('b'), {}, 10)
  assert.deepEqual(taken(queue, 10), [])
  assert.equal(queue.nextAt(), 2000)
  queue.ended(source('s'), { requeueMs: 60_000 }, 20)
  assert.deepEqual(taken(queue, 20), ['a'])
  queue.ended(held, {}, 30)

  queue.ask(source('s'))
  queue.ask(held)
  assert.deepEqual(taken(queue, 40), ['s'])
  assert.deepEqual(taken(queue, 2000), ['a'])
  queue.ended(held, {}, 2010)
  queue.ended(source('s'), {}, 2010)
  assert.equal(queue.isBusy(), false)
})

test('what waits for another one is taken at once when it is asked for without that', () => {
  const queue = queueOf(1)
  queue.ask(source('s'))
  queue.ask({ ...ks('a'), after: { key: 's', until: 2000 } })
  assert.deepEqual(taken(queue, 0), ['s'])
  queue.ask(ks('a'))
  assert.deepEqual(taken(queue, 0), ['a'])
})

verifies('kustomization/C18', 'what asks during a run starts one more right after it, whatever its ending says', () => {
  const endings: Again[] = [{ requeueMs: 3_600_000 }, { backoff: true }, {}]
  for (const ending of endings) {
    const queue = queueOf()
    queue.ask(ks('a'))
    assert.deepEqual(taken(queue, 0), ['a'])
    queue.ask(ks('a'))
    queue.ask(ks('a'))
    assert.deepEqual(taken(queue, 5), [])
    queue.ended(ks('a'), ending, 10)
    assert.deepEqual(taken(queue, 10), ['a'])
    queue.ended(ks('a'), {}, 20)
    assert.deepEqual(taken(queue, 20), [])
  }
  const timed = queueOf()
  timed.ask(ks('a'))
  timed.askAt(ks('a'), 5)
  assert.deepEqual(taken(timed, 0), ['a'])
  assert.deepEqual(taken(timed, 6), [])
  timed.ended(ks('a'), { requeueMs: 1000 }, 10)
  assert.deepEqual(taken(timed, 10), ['a'])
})

test('a timer moves forward only, and a run for another reason leaves it', () => {
  const queue = queueOf()
  queue.askAt(ks('a'), 100)
  queue.askAt(ks('a'), 200)
  queue.askAt(ks('a'), 50)
  assert.equal(queue.nextAt(), 50)
  queue.ask(ks('a'))
  assert.deepEqual(taken(queue, 10), ['a'])
  queue.ended(ks('a'), { requeueMs: 1000 }, 20)
  assert.equal(queue.nextAt(), 50)
  assert.deepEqual(taken(queue, 49), [])
  assert.deepEqual(taken(queue, 50), ['a'])
  assert.equal(queue.nextAt(), undefined)
})

test('timers that are due run in the order of their times', () => {
  const queue = queueOf()
  queue.askAt(ks('late'), 20)
  queue.askAt(ks('early'), 10)
  assert.deepEqual(taken(queue, 30), ['early', 'late'])
})

test('failures in a row wait ever longer, up to the longest, and another ending forgets them', () => {
  const queue = queueOf()
  const waits: number[] = []
  let now = 0
  queue.ask(ks('a'))
  for (let i = 0; i < 12; i++) {
    assert.deepEqual(taken(queue, now), ['a'])
    queue.ended(ks('a'), { backoff: true }, now)
    waits.push((queue.nextAt() ?? 0) - now)
    now = queue.nextAt() ?? 0
  }
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12_000, 24_000, 48_000, 96_000, 192_000, 384_000, 768_000, 900_000])
  assert.deepEqual(taken(queue, now), ['a'])
  queue.ended(ks('a'), { requeueMs: 30_000 }, now)
  assert.equal(queue.nextAt(), now + 30_000)
  assert.deepEqual(taken(queue, now + 30_000), ['a'])
  queue.ended(ks('a'), { backoff: true }, now + 30_000)
  assert.equal(queue.nextAt(), now + 30_750)
  assert.equal(backoffMs(60, fluxDefaults), 900_000)
})

test('an interval of nothing is no timer', () => {
  const queue = queueOf()
  queue.ask(ks('a'))
  assert.deepEqual(taken(queue, 0), ['a'])
  queue.ended(ks('a'), { requeueMs: 0 }, 0)
  assert.deepEqual([taken(queue, 0), queue.nextAt()], [[], undefined])
})

test('what is forgotten is due no more', () => {
  const queue = queueOf()
  queue.ask(ks('a'))
  queue.askAt(ks('a'), 5)
  queue.forget('a')
  assert.deepEqual([taken(queue, 10), queue.nextAt()], [[], undefined])
})

test('the interval is spread by five percent either way, nothing else is', () => {
  const object = { metadata: { name: 'a', generation: 1 }, spec: { interval: '10m', retryInterval: '1m' } } as unknown as KubeObject
  const at = (random: number) => ({ now: 0, tookMs: 0, random, settings: fluxDefaults })
  const requeues = [0, 0.25, 0.5, 1].map(random => convention.settle(object, ready('done'), at(random)).requeueMs)
  assert.deepEqual(requeues, [570_000, 585_000, 600_000, 630_000])
  const failed = { is: 'failed', reason: 'BuildFailed', message: 'no', retry: 'interval' } as const
  for (const random of [0, 1]) assert.equal(convention.settle(object, failed, at(random)).requeueMs, 60_000)
})

type Step =
  | { do: 'ask'; key: string }
  | { do: 'askAt'; key: string; in: number }
  | { do: 'end'; index: number; again: Again }
  | { do: 'wait'; ms: number }
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), key }),
  fc.record({ do: fc.constant('askAt' as const), key, in: fc.nat(1000) }),
  fc.record({
    do: fc.constant('end' as const),
    index: fc.nat(3),
    again: fc.oneof(fc.constant({}), fc.constant({ backoff: true }), fc.record({ requeueMs: fc.nat(2000) })),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3000) }),
)

test('whatever happens, nothing runs twice at a time, no lane is too full, and every wish is followed by a run', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const queue = queueOf(2)
      const running: Item[] = []
      const wished = new Map<string, number>()
      const started = new Map<string, number>()
      let [now, tick] = [0, 0]
      const takeAll = (): void => {
        for (let item = queue.take(now); item; item = queue.take(now)) {
          assert.ok(!running.some(r => r.key === item.key))
          running.push(item)
          started.set(item.key, ++tick)
          assert.ok(running.length <= 2)
        }
      }
      for (const s of steps) {
        if (s.do === 'ask') {
          queue.ask(ks(s.key))
          wished.set(s.key, ++tick)
        }
        if (s.do === 'askAt') {
          queue.askAt(ks(s.key), now + s.in)
          wished.set(s.key, ++tick)
        }
        if (s.do === 'wait') now += s.ms
        const [ending] = s.do === 'end' ? running.splice(s.index, 1) : []
        if (ending && s.do === 'end') queue.ended(ending, s.again, now)
        takeAll()
      }
      for (let i = 0; i < 50 && (running.length > 0 || queue.nextAt() !== undefined); i++) {
        for (const item of running.splice(0)) queue.ended(item, {}, now)
        now = Math.max(now, queue.nextAt() ?? now)
        takeAll()
      }
      assert.equal(queue.nextAt(), undefined)
      for (const [k, at] of wished) assert.ok((started.get(k) ?? 0) > at, k)
    }),
  )
})
