import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { drive } from '../../src/engine/drive.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import { expected, kustomization, prepare, source, state, version } from './scene.ts'

const kernel = testKernel()
let world: TestWorld
before(async () => {
  world = await startWorld(() => startSandboxApi(kernel), kernel)
  await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(0))
  await prepare(world.cluster, `oci://${world.registry}/app`)
})
after(() => world.stop())

const writes = ['apply', 'create', 'patch', 'replace', 'delete'] as const

/** A cluster that dies at its n-th write: before it happens, or right after. Dry runs do not count. */
function mortal(
  cluster: Cluster,
  { at, after: late }: { at: number; after: boolean },
): { cluster: Cluster; written: () => number; died: AbortSignal } {
  const death = new AbortController()
  let written = 0
  const guard =
    (name: (typeof writes)[number]) =>
    async (...args: unknown[]): Promise<unknown> => {
      death.signal.throwIfAborted()
      const call = (): Promise<unknown> => Reflect.apply(cluster[name], cluster, args) as Promise<unknown>
      if ((args[1] as { dryRun?: boolean } | undefined)?.dryRun) return call()
      const mine = ++written === at
      if (mine && !late) {
        death.abort(new Error('killed before a write'))
        throw death.signal.reason
      }
      const result = await call()
      if (mine) {
        death.abort(new Error('killed after a write'))
        throw death.signal.reason
      }
      return result
    }
  const guarded = Object.fromEntries(writes.map(name => [name, guard(name)]))
  const proxy = new Proxy(cluster, {
    get: (target, key) => (typeof key === 'string' && key in guarded ? guarded[key] : bound(target, key)),
  })
  return { cluster: proxy, written: () => written, died: death.signal }
}

function bound(target: Cluster, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

let n = 0
async function ship(): Promise<void> {
  n++
  await pushFiles(world.hands, `oci://${world.registry}/app:latest`, version(n))
  await world.pass(source)
}

test('killed before or after any write, the next run converges and nothing is orphaned', async () => {
  await world.pass(source)
  await world.pass(kustomization)
  let points = 0
  for (const late of [false, true]) {
    for (let at = 1; ; at++) {
      await ship()
      const { cluster, died } = mortal(world.cluster, { at, after: late })
      const run = drive(kustomizations, kustomization, {
        hub: cluster,
        hands: { ...world.hands, cluster },
        clock: realClock,
        settings: fluxDefaults,
        signal: died,
      })
      const survived = await run.then(
        () => true,
        () => false,
      )
      if (survived && !died.aborted) break
      points++
      await world.pass(kustomization)
      assert.deepEqual(await state(world.cluster), expected(n), `killed ${late ? 'after' : 'before'} write ${at}`)
    }
  }
  assert.ok(points >= 20, `${points} points`)
})
