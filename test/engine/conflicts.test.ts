import assert from 'node:assert/strict'
import { test } from 'node:test'
import { control } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { at } from '../../src/lib/json.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { cachedCluster } from '../../src/world/cluster/cached.ts'
import type { Patch } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { over } from '../kustomize/stage.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, startWorld } from '../support/world.ts'

const kernel = testKernel()
const signal = unending
const app: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'contested', namespace: 'conflicts' },
  spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'none' } },
}

/** What a patch of the engine writes. */
function written({ subresource, body }: Patch): 'status' | 'finalizer' | 'no finalizer' | undefined {
  if (subresource === 'status') return 'status'
  const finalizers = at(body, 'metadata', 'finalizers')
  return Array.isArray(finalizers) ? (finalizers.length > 0 ? 'finalizer' : 'no finalizer') : undefined
}

test('a running controller that is beaten to the finalizer, to the status and to the finalizer’s end gets each written', async () => {
  const world = await startWorld(() => startSandboxApi(kernel), kernel)
  const clock = manualClock(Date.now())
  const stop = new AbortController()
  const beaten = new Set<string>()
  const problems: unknown[] = []
  const raced = over(world.cluster, {
    async patch(ref, patch, until) {
      const what = ref.kind === 'Kustomization' ? written(patch) : undefined
      if (what === undefined || beaten.has(what)) return world.cluster.patch(ref, patch, until)
      beaten.add(what)
      await world.cluster.patch(ref, { type: 'merge', body: { metadata: { labels: { by: 'somebody' } } }, manager: 'other' }, until)
      if (what !== 'status') return world.cluster.patch(ref, patch, until)
      throw new ClusterError('CONFLICT', { cluster: 'sandbox', what: 'patch status', message: 'the object has been modified' })
    },
  })
  const hub = cachedCluster(raced)
  const running = control([kustomizations], {
    hub,
    hands: { ...world.hands, cluster: hub, clock },
    clock,
    settings: fluxDefaults,
    concurrency: 1,
    signal: stop.signal,
    failed: (_, thrown) => void problems.push(thrown),
  })
  const moving = (async () => {
    while (!stop.signal.aborted) {
      await clock.advance(1000)
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  await ensureNamespace(world.cluster, 'conflicts')
  await world.cluster.apply(app, { manager: 'test', force: true }, signal)
  const watch = world.cluster.watch({ ...refOf(app), fieldSelector: `metadata.name=${app.metadata.name}` }, signal)
  let deleted = false
  for await (const event of watch) {
    const live = event.type === 'gap' ? event.objects[0] : event.object
    if (event.type === 'deleted') break
    if (deleted || conditionOf(live, 'Ready')?.reason !== 'ArtifactFailed') continue
    assert.deepEqual(live?.metadata.finalizers, ['finalizers.fluxcd.io'])
    deleted = true
    await world.cluster.delete(refOf(app), {}, signal)
  }
  assert.deepEqual([...beaten], ['finalizer', 'status', 'no finalizer'])
  stop.abort(new Error('done'))
  await Promise.all([running, moving])
  await world.stop()
})
