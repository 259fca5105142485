import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { startEngine } from '../../src/main/engine.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { over } from '../kustomize/stage.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { seeded } from '../support/random.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import { Scene } from './scene.ts'

const [points, apps, lookEvery] = [200, 3, 20]
const calls = ['get', 'list', 'apply', 'create', 'patch', 'replace', 'delete'] as const

/** A cluster whose user dies at its n-th call, before it or right after; nothing that comes later gets through. */
function dying(cluster: Cluster, point: { at: number; late: boolean }): { cluster: Cluster; died: AbortSignal } {
  const death = new AbortController()
  let n = 0
  const guard =
    (name: (typeof calls)[number]) =>
    async (...args: unknown[]): Promise<unknown> => {
      death.signal.throwIfAborted()
      const last = ++n === point.at
      if (last && !point.late) death.abort(new Error('killed before a call'))
      death.signal.throwIfAborted()
      const answer: unknown = await Reflect.apply(cluster[name], cluster, args)
      if (last) death.abort(new Error('killed after a call'))
      death.signal.throwIfAborted()
      return answer
    }
  return { cluster: over(cluster, Object.fromEntries(calls.map(name => [name, guard(name)])) as Partial<Cluster>), died: death.signal }
}

/** An engine that dies again and again while it has work to do. */
function pointsSuite(): void {
  describe('a continuous engine killed at random calls', () => {
    let world: TestWorld
    let scene: Scene
    const random = seeded(23)
    const engineOn = (cluster: Cluster): ReturnType<typeof startEngine> =>
      startEngine({ ...world.hands, cluster }, { reconcilers: [ociRepositories, kustomizations], settings: fluxDefaults, concurrency: 4 })
    const settles = async (what: string): Promise<number> => {
      const engine = engineOn(world.cluster)
      const took = await scene.settled()
      await engine.stop()
      await scene.holds(what)
      return took
    }

    before(async () => {
      const api = await startKubeApiServer()
      world = await startWorld(async () => ({ cluster: await api.cluster(), stop: () => api.stop() }), testKernel())
      scene = new Scene({ cluster: world.cluster, hands: world.hands, registry: world.registry, apps })
      await scene.create()
      await settles('at first')
    })
    after(() => world?.stop())

    test(`${points} times, nothing is orphaned, and what comes after it ends Ready with nothing lost`, async t => {
      let [died, longest] = [0, 0]
      for (let point = 1; point <= points; point++) {
        await scene.push()
        await scene.request()
        const mortal = dying(world.cluster, { at: 1 + Math.floor(random() * apps * 14), late: random() < 0.5 })
        const engine = engineOn(mortal.cluster)
        if (await scene.settledBefore(mortal.died)) assert.equal(mortal.died.aborted, false)
        else died++
        await engine.stop()
        await scene.orphansNothing(`after point ${point}`)
        if (point % lookEvery === 0) longest = Math.max(longest, await settles(`after point ${point}`))
      }
      t.diagnostic(`${died} of ${points} engines died before they were done; the next took ${longest.toFixed(0)} ms at most`)
      assert.ok(died >= points / 2)
    })
  })
}

withPrograms(['etcd', 'kube-apiserver'], { name: 'a continuous engine killed at random calls', tests: 1 }, pointsSuite)
