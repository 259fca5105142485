import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ElectionHub, lead, leadAll, type Leading } from '../../src/engine/election.ts'
import { stringAt } from '../../src/lib/json.ts'
import { type ManualClock, manualClock } from '../../src/world/clock/manual.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'
import { skewed } from '../support/skewed.ts'
import { ensureNamespace } from '../support/world.ts'

const namespace = 'flux-system'
const kernel = testKernel()

/** How many calls are on their way: while one is, no time passes. */
const calls = { underWay: 0 }

function counting(hub: ElectionHub): ElectionHub {
  const counted = async <T>(call: Promise<T>): Promise<T> => {
    calls.underWay++
    try {
      return await call
    } finally {
      calls.underWay--
    }
  }
  return {
    get: (...args) => counted(hub.get(...args)),
    create: (...args) => counted(hub.create(...args)),
    replace: (...args) => counted(hub.replace(...args)),
  }
}

/** Until so many sleep, and nothing else is to be waited for. */
async function asleep(clock: ManualClock, sleepers: number): Promise<void> {
  do await new Promise(setImmediate)
  while (clock.sleeping < sleepers || calls.underWay > 0)
}

/** Moves the clock in steps until the promise is settled; waits for the candidates between steps. */
async function moving<T>(clock: ManualClock, sleepers: number, promise: Promise<T>): Promise<T> {
  const seen = { settled: false }
  promise
    .catch(() => {})
    .finally(() => {
      seen.settled = true
    })
  while (!seen.settled) {
    while (!seen.settled && (clock.sleeping < sleepers || calls.underWay > 0)) await new Promise(setImmediate)
    if (!seen.settled) await clock.advance(1000)
  }
  return promise
}

function electionSuite(name: string, open: () => Promise<{ cluster: Cluster; stop(): Promise<void> }>): void {
  describe(name, () => {
    let cluster: Cluster
    let stop: () => Promise<void>
    before(async () => {
      const opened = await open()
      ;[cluster, stop] = [opened.cluster, opened.stop.bind(opened)]
      await ensureNamespace(cluster, namespace)
    })
    after(() => stop())

    const times = { leaseMs: 35_000, renewDeadlineMs: 30_000, retryMs: 5000 }
    const holderOf = async (lease: string): Promise<string | undefined> =>
      stringAt(
        await cluster.get({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name: lease }, unending),
        'spec',
        'holderIdentity',
      )
    const candidate = (lease: string, holder: string, clock: ManualClock, hub: ElectionHub = cluster) =>
      lead(hub === cluster ? counting(hub) : hub, { ...times, namespace, name: lease, holder, clock }, unending)

    test('of two, one leads; when it leaves, the other does at the next try', async () => {
      const clock = manualClock()
      const first = await candidate('leaves', 'a', clock)
      const told: string[] = []
      const second = lead(
        counting(cluster),
        { ...times, namespace, name: 'leaves', holder: 'b', clock, waits: by => told.push(by) },
        unending,
      )
      await asleep(clock, 2)
      assert.equal(await holderOf('leaves'), 'a')
      assert.deepEqual(told, ['a'])
      await first.leave(true)
      assert.equal(await holderOf('leaves'), '')
      const began = clock.now()
      const then = await moving(clock, 1, second)
      assert.ok(clock.now() - began <= 5000)
      assert.equal(await holderOf('leaves'), 'b')
      await then.leave(true)
    })

    test('a leader that is gone without a word is waited for as long as its lease lasts', async () => {
      const clock = manualClock()
      const first = await candidate('gone', 'a', clock)
      await first.leave(false)
      assert.equal(await holderOf('gone'), 'a')
      const began = clock.now()
      const then = await moving(clock, 1, candidate('gone', 'b', clock))
      assert.ok(clock.now() - began >= 35_000, `${clock.now() - began} ms`)
      assert.equal(await holderOf('gone'), 'b')
      await then.leave(true)
    })

    test('a leader that renews keeps the lease for good', async () => {
      const clock = manualClock()
      const first = await candidate('renewed', 'a', clock)
      const second = candidate('renewed', 'b', clock).catch(() => undefined)
      for (let i = 0; i < 100; i++) {
        await asleep(clock, 2)
        await clock.advance(1000)
      }
      assert.equal(await holderOf('renewed'), 'a')
      assert.equal(first.lost.aborted, false)
      await first.leave(true)
      await (await moving(clock, 1, second))?.leave(true)
    })

    test('a leader that cannot renew knows so before anybody else may lead', async () => {
      const clock = manualClock()
      let cut = false
      const broken = <T>(): Promise<T> =>
        Promise.reject(new ClusterError('UNREACHABLE', { cluster: cluster.name, what: 'renew', message: 'cut off' }))
      const hub: ElectionHub = {
        get: (...args) => (cut ? broken() : cluster.get(...args)),
        create: (...args) => cluster.create(...args),
        replace: (...args) => cluster.replace(...args),
      }
      const first = await candidate('cut', 'a', clock, hub)
      cut = true
      const began = clock.now()
      const { promise: lost, resolve } = Promise.withResolvers<number>()
      first.lost.addEventListener('abort', () => resolve(clock.now() - began))
      const tookMs = await moving(clock, 1, lost)
      assert.ok(tookMs >= 30_000 && tookMs < 35_000, `${tookMs} ms`)
      assert.equal(await holderOf('cut'), 'a')
    })

    test('a leader whose server answers no more knows so as soon', async () => {
      const clock = manualClock()
      let hung = false
      const never = (signal: AbortSignal): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      const hub = counting(cluster)
      const first = await lead(
        {
          get: (ref, signal) => (hung ? never(signal) : hub.get(ref, signal)),
          create: hub.create,
          replace: (object, options, signal) => (hung ? never(signal) : hub.replace(object, options, signal)),
        },
        { ...times, namespace, name: 'hung', holder: 'a', clock },
        unending,
      )
      hung = true
      const began = clock.now()
      const { promise: lost, resolve } = Promise.withResolvers<number>()
      first.lost.addEventListener('abort', () => resolve(clock.now() - began))
      const tookMs = await moving(clock, 1, lost)
      assert.ok(tookMs >= 30_000 && tookMs < 35_000, `${tookMs} ms`)
    })

    test('a leader whose answer came late counts from when it asked', async () => {
      const clock = manualClock()
      let [late, cut] = [false, false]
      const hub = counting(cluster)
      const first = await candidate('late', 'a', clock, {
        ...hub,
        async get(ref, signal) {
          if (cut) throw new ClusterError('UNREACHABLE', { cluster: cluster.name, what: 'renew', message: 'cut off' })
          return hub.get(ref, signal)
        },
        async replace(object, options, signal) {
          const written = await hub.replace(object, options, signal)
          if (late) await clock.sleep(20_000, signal)
          cut = late
          return written
        },
      })
      late = true
      const { promise: lost, resolve } = Promise.withResolvers<number>()
      const began = clock.now()
      first.lost.addEventListener('abort', () => resolve(clock.now() - began))
      const tookMs = await moving(clock, 1, lost)
      assert.ok(tookMs <= 36_000, `${tookMs} ms`)
    })

    test('a leader that was away so long that another leads acts no more', async () => {
      const [clock, others] = [manualClock(), manualClock()]
      const first = await candidate('away', 'a', clock)
      const second = await moving(others, 1, candidate('away', 'b', others))
      const { promise: lost, resolve } = Promise.withResolvers<string>()
      first.lost.addEventListener('abort', () => resolve(String((first.lost.reason as Error).message)))
      const began = clock.now()
      assert.match(await moving(clock, 1, lost), /somebody else holds the Lease away/)
      assert.ok(clock.now() - began <= 5000)
      await second.leave(true)
    })

    test('clocks that jump by hours neither free a Lease that is renewed nor keep one that is not', async () => {
      const clock = manualClock()
      const [mine, theirs] = [skewed(clock), skewed(clock)]
      const first = await candidate('jumps', 'a', mine)
      const second = candidate('jumps', 'b', theirs)
      for (const hours of [5, -24, 12]) {
        mine.jump(hours * 3_600_000)
        theirs.jump(-hours * 7_200_000)
        for (let i = 0; i < 50; i++) {
          await asleep(clock, 2)
          await clock.advance(1000)
        }
        assert.equal(first.lost.aborted, false)
        assert.equal(await holderOf('jumps'), 'a')
      }
      await asleep(clock, 2)
      await first.leave(false)
      theirs.jump(-3_600_000)
      const began = clock.now()
      const then = await moving(clock, 1, second)
      assert.ok(clock.now() - began <= 40_000, `${clock.now() - began} ms`)
      await then.leave(true)
    })

    test('a leader that leaves frees the Lease although a renewal that it gave up happens meanwhile', async () => {
      const clock = manualClock()
      let between = false
      const hub: ElectionHub = {
        ...counting(cluster),
        async get(ref, signal) {
          const found = await cluster.get(ref, signal)
          if (between && found) {
            between = false
            await cluster.replace(
              { ...found, spec: { ...(found.spec as object), renewTime: '2026-01-01T00:00:01.000000Z' } },
              { manager: 'x' },
              signal,
            )
          }
          return found
        },
      }
      const first = await candidate('meanwhile', 'a', clock, hub)
      between = true
      await first.leave(true)
      assert.equal(await holderOf('meanwhile'), '')
    })

    const several = (holder: string, leases: readonly string[], clock: ManualClock, signal = unending): Promise<Leading> =>
      leadAll(
        counting(cluster),
        leases.map(lease => ({ ...times, namespace, name: lease, holder, clock })),
        { signal, frees: true },
      )

    test('of two that need several Leases and ask for them in another order, one leads by all', async () => {
      const clock = manualClock()
      const leases = ['all-1', 'all-2', 'all-3']
      const tries = [several('a', leases, clock), several('b', leases.toReversed(), clock)] as const
      const first = await moving(clock, 1, Promise.race(tries))
      const [a, b, c] = await Promise.all(leases.map(holderOf))
      assert.deepEqual([b, c], [a, a])
      await first.leave(true)
      const led = await moving(clock, 1, Promise.all(tries))
      await Promise.all(led.map(l => l.leave(true)))
    })

    test('the Leases of a leader that is gone are had together, when they end', async () => {
      const clock = manualClock()
      const leases = ['gone-1', 'gone-2', 'gone-3']
      const first = await several('a', leases, clock)
      await first.leave(false)
      const began = clock.now()
      const then = await moving(clock, 3, several('b', leases, clock))
      assert.ok(clock.now() - began <= 40_000, `${clock.now() - began} ms`)
      await then.leave(true)
    })

    test('who loses one of several Leases before it has the others waits no longer', async () => {
      const [clock, theirs] = [manualClock(), manualClock()]
      const other = await candidate('some-2', 'b', theirs)
      const waits = several('a', ['some-1', 'some-2'], clock)
      await asleep(clock, 2)
      assert.equal(await holderOf('some-1'), 'a')
      await cluster.delete({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name: 'some-1' }, {}, unending)
      const taken = await candidate('some-1', 'c', theirs)
      const led = await moving(clock, 1, waits)
      assert.match(String((led.lost.reason as Error).message), /somebody else holds the Lease some-1/)
      await Promise.all([other, taken].map(l => l.leave(true)))
    })

    test('waiting ends with the signal', async () => {
      const clock = manualClock()
      const first = await candidate('stopped', 'a', clock)
      const stopped = new AbortController()
      const second = lead(counting(cluster), { ...times, namespace, name: 'stopped', holder: 'b', clock }, stopped.signal)
      await asleep(clock, 2)
      stopped.abort(new Error('enough'))
      await assert.rejects(second, /enough/)
      await first.leave(true)
    })
  })
}

electionSuite('leader election on the sandbox', () => startSandboxApi(kernel))
withPrograms(['etcd', 'kube-apiserver'], { name: 'leader election on a real API server', tests: 10 }, () =>
  electionSuite('real', async () => {
    const api = await startKubeApiServer()
    return { cluster: await api.cluster(), stop: () => api.stop() }
  }),
)
