import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ElectionHub, lead } from '../../src/engine/election.ts'
import { stringAt } from '../../src/lib/json.ts'
import { type ManualClock, manualClock } from '../../src/world/clock/manual.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

const namespace = 'flux-system'
const kernel = testKernel()

/** Moves the clock in steps until the promise is settled; waits for the candidates between steps. */
async function moving<T>(clock: ManualClock, sleepers: number, promise: Promise<T>): Promise<T> {
  const seen = { settled: false }
  promise
    .catch(() => {})
    .finally(() => {
      seen.settled = true
    })
  while (!seen.settled) {
    while (!seen.settled && clock.sleeping < sleepers) await new Promise(setImmediate)
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
      lead(hub, { ...times, namespace, name: lease, holder, clock }, unending)

    test('of two, one leads; when it leaves, the other does at the next try', async () => {
      const clock = manualClock()
      const first = await candidate('leaves', 'a', clock)
      const second = candidate('leaves', 'b', clock)
      while (clock.sleeping < 2) await new Promise(setImmediate)
      assert.equal(await holderOf('leaves'), 'a')
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
        while (clock.sleeping < 2) await new Promise(setImmediate)
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

    test('waiting ends with the signal', async () => {
      const clock = manualClock()
      const first = await candidate('stopped', 'a', clock)
      const stopped = new AbortController()
      const second = lead(cluster, { ...times, namespace, name: 'stopped', holder: 'b', clock }, stopped.signal)
      while (clock.sleeping < 2) await new Promise(setImmediate)
      stopped.abort(new Error('enough'))
      await assert.rejects(second, /enough/)
      await first.leave(true)
    })
  })
}

electionSuite('leader election on the sandbox', () => startSandboxApi(kernel))
withPrograms(['etcd', 'kube-apiserver'], { name: 'leader election on a real API server', tests: 5 }, () =>
  electionSuite('real', async () => {
    const api = await startKubeApiServer()
    return { cluster: await api.cluster(), stop: () => api.stop() }
  }),
)
