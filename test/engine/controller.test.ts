import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { control } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { stringAt } from '../../src/lib/json.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { over } from '../kustomize/stage.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles } from '../support/push.ts'
import { skewed } from '../support/skewed.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import type { Started } from '../world/cluster/contract.ts'
import { unending } from '../support/unending.ts'

const kernel = testKernel()
const signal = unending
const namespace = 'continuous'
const requestedAt = 'reconcile.fluxcd.io/requestedAt'

function controllerSuite(name: string, open: () => Promise<Started>, core: Kernel): void {
  describe(name, () => {
    let world: TestWorld
    let running: Promise<void>
    const clock = skewed(manualClock(Date.now()))
    const stop = new AbortController()
    const problems: unknown[] = []
    before(async () => {
      world = await startWorld(open, core)
      await ensureNamespace(world.cluster, namespace)
      const hands = { ...world.hands, clock }
      const failed = (_: string, thrown: unknown): void => void problems.push(thrown)
      running = control([ociRepositories, kustomizations], {
        hub: world.cluster,
        hands,
        clock,
        settings: fluxDefaults,
        concurrency: 4,
        signal: stop.signal,
        failed,
      })
    })
    after(async () => {
      stop.abort(new Error('done'))
      await running
      await world?.stop()
    })

    const source = (): KubeObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'shop', namespace },
      spec: { url: `oci://${world.registry}/shop`, interval: '10m' },
    })
    const app = (name: string, spec: Record<string, unknown> = {}): KubeObject => ({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace },
      spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'shop' }, ...spec } as never,
    })
    const apply = (object: KubeObject): Promise<KubeObject> => world.cluster.apply(object, { manager: 'test', force: true }, signal)
    const request = (object: KubeObject, token: string): Promise<KubeObject> =>
      world.cluster.patch(
        refOf(object),
        { type: 'merge', body: { metadata: { annotations: { [requestedAt]: token } } }, manager: 'test' },
        signal,
      )
    const push = (value: string): Promise<string> =>
      pushFiles(world.hands, `oci://${world.registry}/shop:latest`, {
        'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: ${namespace}}\ndata: {value: "${value}"}\n`,
      })
    /** The object as soon as it looks like that. */
    async function until(object: KubeObject, seen: (live: KubeObject | undefined) => boolean): Promise<KubeObject | undefined> {
      const query = { ...refOf(object), fieldSelector: `metadata.name=${object.metadata.name}` }
      for await (const event of world.cluster.watch(query, signal)) {
        const live = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
        if (seen(live)) return live
      }
      return undefined
    }
    const readyIs = (status: string, message: RegExp) => (live: KubeObject | undefined) => {
      const ready = conditionOf(live, 'Ready')
      return ready?.status === status && message.test(ready.message)
    }
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shop', namespace } }
    /** What it applied is there before a pass ends. */
    const rests = () => until(app('shop'), live => conditionOf(live, 'Ready')?.status === 'True' && !conditionOf(live, 'Reconciling'))
    const value = async (): Promise<unknown> =>
      (await world.cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'shop' }, signal))?.data

    test('what is created gets ready, the source before what reads it', async () => {
      await push('1')
      await apply(app('shop'))
      await until(app('shop'), readyIs('False', /^OCIRepository.*not found$/))
      await apply(source())
      await until(app('shop'), readyIs('True', /^Applied revision: latest@sha256:/))
      assert.deepEqual(await value(), { value: '1' })
    })

    test('a new revision of the source wakes what reads it', async () => {
      const digest = await push('2')
      await request(source(), 'one')
      await until(app('shop'), readyIs('True', new RegExp(digest)))
      assert.deepEqual(await value(), { value: '2' })
    })

    test('a request is answered', async () => {
      await request(app('shop'), 'two')
      await until(app('shop'), live => live?.status?.lastHandledReconcileAt === 'two')
    })

    test('a change of the spec is acted on, and the interval passes by itself', async () => {
      await apply(app('shop', { commonMetadata: { labels: { changed: 'yes' } } }))
      const live = await until(app('shop'), o => o?.metadata.generation === 2 && o.status?.observedGeneration === 2)
      assert.ok(live)
      await world.cluster.delete({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'shop' }, {}, signal)
      await clock.advance(630_000)
      await until(map, o => o?.metadata.labels?.changed === 'yes')
      await rests()
    })

    test('a clock that is set back or ahead by hours neither puts an interval off nor starts what is not due', async () => {
      for (const hours of [-24, 48]) {
        clock.jump(hours * 3_600_000)
        await world.cluster.delete(refOf(map), {}, signal)
        await clock.advance(500_000)
        assert.equal(await value(), undefined)
        await clock.advance(130_000)
        await until(map, live => live !== undefined)
        await rests()
      }
    })

    test('what waits for a dependency goes on once it is there', async () => {
      await apply(app('late', { dependsOn: [{ name: 'root' }], path: './', targetNamespace: 'default' }))
      await until(app('late'), readyIs('False', /^dependency 'continuous\/root' not found/))
      await apply(app('root', { targetNamespace: 'kube-public' }))
      await until(app('root'), readyIs('True', /^Applied/))
      await clock.advance(30_000)
      await until(app('late'), readyIs('True', /^Applied/))
    })

    test('what is deleted takes its objects along and loses its finalizer', async () => {
      await world.cluster.delete(refOf(app('shop')), {}, signal)
      await until(app('shop'), live => live === undefined)
      assert.equal(await value(), undefined)
      assert.deepEqual(
        problems.map(p => stringAt(p, 'message') ?? String(p)),
        [],
      )
    })
  })
}

test('a watch that breaks for good is begun anew, and why is told once', async () => {
  const world = await startWorld(() => startSandboxApi(kernel), kernel)
  const clock = manualClock(Date.now())
  const stop = new AbortController()
  const told: string[] = []
  const broken: string[] = []
  const hub = over(world.cluster, {
    async *watch(query, until) {
      if (query.kind === 'Kustomization' && broken.push(query.kind) <= 2) throw new Error('no rights')
      yield* world.cluster.watch(query, until)
    },
  })
  const options = { hub, hands: { ...world.hands, clock }, clock, settings: fluxDefaults, concurrency: 1, signal: stop.signal }
  const running = control([kustomizations], { ...options, failed: what => void told.push(what) })
  await ensureNamespace(world.cluster, namespace)
  const app = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'late', namespace },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'none' } },
  }
  await world.cluster.apply(app, { manager: 'test', force: true }, signal)
  for (let i = 0; i < 2; i++) {
    while (broken.length <= i || clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(5000)
  }
  for await (const event of world.cluster.watch({ ...refOf(app), fieldSelector: 'metadata.name=late' }, signal))
    if (conditionOf(event.type === 'gap' ? event.objects[0] : event.object, 'Ready')?.reason === 'ArtifactFailed') break
  assert.deepEqual(told, ['Kustomization'])
  stop.abort(new Error('done'))
  await running
  await world.stop()
})

controllerSuite('a controller in the sandbox', () => startSandboxApi(kernel), kernel)
withPrograms(['etcd', 'kube-apiserver'], { name: 'a controller on the real API server', tests: 7 }, () =>
  controllerSuite('a controller on the real API server', useApiServer(), kernel),
)
