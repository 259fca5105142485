import assert from 'node:assert/strict'
import { after, before, describe, test, type TestContext } from 'node:test'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { startEngine } from '../../src/main/engine.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { seeded } from '../support/random.ts'
import { skewed } from '../support/skewed.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import { type Front, startFront } from './front.ts'
import { Scene } from './scene.ts'

const [apps, rounds] = [8, 2]
/** Calls that a round may take for each app, however often it is tried again. */
const mostCalls = 150

/** A continuous engine whose API server fails in every way: in the end all is Ready at the newest revision, and nothing is lost or left over. */
function faultsSuite(): void {
  describe('a continuous engine under faults', () => {
    let [api, world, front, scene]: [ApiServer, TestWorld, Front, Scene] = [] as never
    let engine: ReturnType<typeof startEngine>
    const clock = skewed(realClock)
    const random = seeded(11)

    before(async () => {
      api = await startKubeApiServer()
      world = await startWorld(async () => ({ cluster: await api.cluster(), stop: () => api.stop() }), testKernel())
      front = await startFront(api.url)
      const hands = { ...world.hands, clock, cluster: through(front, { world, token: api.token }) }
      engine = startEngine(hands, { reconcilers: [ociRepositories, kustomizations], settings: fluxDefaults, concurrency: 4 })
      scene = new Scene({ cluster: world.cluster, hands: world.hands, registry: world.registry, apps })
      await scene.create()
      await scene.settled()
      await scene.holds('at first')
    })
    after(async () => {
      await engine?.stop()
      await front?.close()
      await world?.stop()
    })

    /** A fault at a random call of each round. */
    const faults = async (t: TestContext, fault: () => unknown): Promise<void> => {
      const took: number[] = []
      for (let round = 1; round <= rounds; round++) {
        const before = front.calls
        await scene.push()
        const done = Promise.withResolvers<unknown>()
        front.after(1 + Math.floor(random() * apps * 12), () => done.resolve(fault()))
        await scene.request().catch(() => scene.request())
        await done.promise
        const until = performance.now()
        await scene.settled()
        took.push(performance.now() - until)
        front.plan = () => undefined
        await scene.holds(t.name)
        assert.ok(front.calls - before <= apps * mostCalls, `${front.calls - before} calls`)
        t.diagnostic(`settled ${(took.at(-1) ?? 0).toFixed(0)} ms after the fault, ${front.calls - before} calls`)
      }
    }

    test('without any', t => faults(t, () => {}))
    test('every watch is cut', t => faults(t, () => front.cut()))
    test('watches are cut again and again, and their history is gone', t =>
      faults(t, () => {
        let left = 6
        front.plan = ({ watch }) => (watch && left-- > 0 ? { status: 410 } : undefined)
        for (const calls of [0, 15, 30]) front.after(calls, () => front.cut())
        return front.cut()
      }))
    test('a storm of 429 with Retry-After and of 500', t =>
      faults(t, () => {
        let left = apps * 15
        front.plan = () => {
          if (left-- <= 0) return undefined
          const dice = random()
          return dice < 0.2 ? { status: 429, retryAfter: 1 } : dice < 0.5 ? { status: 500 } : undefined
        }
      }))
    test('the API server is killed and started again', t => faults(t, () => api.crash()))
    test('etcd stands still', t => faults(t, () => api.pauseEtcd(4000)))
    test('the time of day jumps back and ahead by hours', t => faults(t, () => clock.jump(random() < 0.5 ? -5 * hourMs : 7 * hourMs)))
  })
}

const hourMs = 3_600_000

/** The cluster as it is behind a front. */
function through({ url }: Front, { world, token }: { world: TestWorld; token: string }): Cluster {
  const authorize = async () => ({ authorization: `Bearer ${token}` })
  return restCluster({ name: 'fronted', server: url, http: world.hands.http, clock: realClock, authorize })
}

withPrograms(['etcd', 'kube-apiserver'], { name: 'a continuous engine under faults', tests: 7 }, faultsSuite)
