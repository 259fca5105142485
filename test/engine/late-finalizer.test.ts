import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { failed, ready } from '../../src/engine/outcome.ts'
import { reconciler } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at } from '../../src/lib/json.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'

const shop: KubeObject = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { namespace: 'apps', name: 'shop', generation: 1 },
  spec: {},
}
type Event = { readonly type: 'modified' | 'deleted'; readonly object: KubeObject }

/** A controller of sources over a cluster of one object; a pass ends when it is let, and what happens is told in order. */
function stage() {
  const [happened, changes] = [[] as string[], [] as Event[]]
  const [stop, clock] = [new AbortController(), manualClock()]
  let [live, changed, passOver] = [shop as KubeObject | undefined, Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const state = { refuses: false, isHidden: false, conflicts: 0, failures: 0 }
  const tell = (event: Event): void => {
    live = event.type === 'deleted' && !state.isHidden ? undefined : event.object
    changes.push(event)
    changed.resolve()
  }
  const hub: WatchedHub = {
    async *watch() {
      yield { type: 'gap', objects: [shop] }
      for (;;) {
        for (const event of changes.splice(0)) yield event
        changed = Promise.withResolvers<void>()
        await Promise.race([changed.promise, new Promise(resolve => stop.signal.addEventListener('abort', resolve, { once: true }))])
        if (stop.signal.aborted) return
      }
    },
    get: async () => live,
    async patch(_ref, { body, subresource }) {
      const what = subresource ?? `finalizer ${JSON.stringify(at(body, 'metadata', 'finalizers'))}`
      happened.push(state.refuses && !subresource ? `no ${what}` : what)
      if (state.refuses && !subresource) throw new Error('refused')
      if (!subresource && state.conflicts-- > 0)
        throw new ClusterError('CONFLICT', { cluster: 'test', what: 'patch', message: 'it changed' })
      const { metadata, status } = body as Partial<KubeObject>
      const object = { ...shop, ...live, metadata: { ...shop.metadata, ...live?.metadata, ...metadata }, ...(status && { status }) }
      if (live && !state.isHidden) tell({ type: 'modified', object })
      return object
    },
    create: async object => object,
  }
  const sources = reconciler(ociRepositories.kind, {
    convention: ociRepositories.convention,
    holdsLater: true,
    isStatic: ({ spec }) => spec.url === 'static',
    async reconcile() {
      happened.push('pass')
      await passOver.promise
      return ready('stored')
    },
    async finalize({ metadata }) {
      happened.push(`${metadata.name} undone`)
      return state.failures-- > 0 ? failed('GarbageCollectionFailed', 'the disk is away') : ready('')
    },
  })
  const options = { hub, hands: {}, clock, settings: fluxDefaults, concurrency: 2, signal: stop.signal }
  const running = control([sources], { ...options, failed: (_, thrown) => void happened.push(String(thrown)) })
  return {
    happened,
    state,
    clock,
    tell,
    letPassEnd: () => passOver.resolve(),
    async settled(): Promise<void> {
      for (let i = 0; i < 50; i++) await turn()
    },
    async end(): Promise<void> {
      passOver.resolve()
      stop.abort(new Error('done'))
      await running
    },
  }
}

test('the finalizer of an object whose files are only here is written when its pass is over', async () => {
  const { happened, letPassEnd, settled, end } = stage()
  await settled()
  assert.deepEqual(happened, ['pass'])
  letPassEnd()
  await settled()
  assert.deepEqual(happened, ['pass', 'status', 'finalizer ["finalizers.fluxcd.io"]'])
  await end()
})

test('one that is deleted before that loses its files, as soon as no pass over it is on', async () => {
  const { happened, tell, letPassEnd, settled, end } = stage()
  await settled()
  tell({ type: 'deleted', object: shop })
  await settled()
  assert.deepEqual(happened, ['pass'])
  letPassEnd()
  await settled()
  assert.equal(happened.filter(what => what === 'shop undone').length, 1)
  assert.equal(happened.at(-1), 'shop undone')
  await end()
})

test('one that is there again by then keeps them', async () => {
  const { happened, tell, letPassEnd, settled, end } = stage()
  await settled()
  tell({ type: 'deleted', object: shop })
  tell({ type: 'modified', object: shop })
  await settled()
  letPassEnd()
  await settled()
  assert.equal(happened.includes('shop undone'), false)
  await end()
})

test('one that is only watched no more keeps them', async () => {
  const { happened, state, tell, letPassEnd, settled, end } = stage()
  await settled()
  state.isHidden = true
  tell({ type: 'deleted', object: shop })
  await settled()
  letPassEnd()
  await settled()
  assert.equal(happened.includes('shop undone'), false)
  await end()
})

test('files that could not be removed are tried again, later each time, and it is told', async () => {
  const { happened, state, clock, tell, letPassEnd, settled, end } = stage()
  await settled()
  state.failures = 2
  tell({ type: 'deleted', object: shop })
  await settled()
  letPassEnd()
  await settled()
  for (let i = 0; i < 10; i++) {
    await clock.advance(1000)
    await settled()
  }
  const told = happened.filter(what => what === 'shop undone' || what.startsWith('Error'))
  assert.deepEqual(told, ['shop undone', 'Error: the disk is away', 'shop undone', 'Error: the disk is away', 'shop undone'])
  await end()
})

test('one that had its finalizer is undone by it alone', async () => {
  const { happened, tell, letPassEnd, settled, end } = stage()
  letPassEnd()
  await settled()
  tell({ type: 'deleted', object: { ...shop, metadata: { ...shop.metadata, finalizers: ['finalizers.fluxcd.io'] } } })
  await settled()
  assert.equal(happened.includes('shop undone'), false)
  await end()
})

test('one that became static meanwhile gets none, and loses its files', async () => {
  const { happened, tell, letPassEnd, settled, end } = stage()
  await settled()
  tell({ type: 'modified', object: { ...shop, metadata: { ...shop.metadata, generation: 2 }, spec: { url: 'static' } } })
  letPassEnd()
  await settled()
  assert.equal(happened.at(-1), 'shop undone')
  assert.equal(
    happened.some(what => what.startsWith('finalizer')),
    false,
  )
  await end()
})

test('the finalizer is written anew when the object changed', async () => {
  const { happened, state, letPassEnd, settled, end } = stage()
  state.conflicts = 3
  letPassEnd()
  await settled()
  const finalizer = 'finalizer ["finalizers.fluxcd.io"]'
  assert.deepEqual(happened, ['pass', 'status', finalizer, finalizer, finalizer, finalizer])
  await end()
})

test('one that is being deleted, held by others, loses its files without the finalizer', async () => {
  const { happened, tell, letPassEnd, settled, end } = stage()
  await settled()
  const going = { ...shop, metadata: { ...shop.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/other'] } }
  tell({ type: 'modified', object: going })
  letPassEnd()
  await settled()
  assert.deepEqual(happened, ['pass', 'status', 'shop undone'])
  await end()
})

test('a finalizer that is refused is written before the next pass, which says why not and is tried ever later', async () => {
  const { happened, state, clock, letPassEnd, settled, end } = stage()
  state.refuses = true
  letPassEnd()
  await settled()
  const finalizer = 'finalizer ["finalizers.fluxcd.io"]'
  assert.deepEqual(happened, ['pass', 'status', `no ${finalizer}`, `no ${finalizer}`, 'Error: refused'])
  for (let seconds = 0; seconds < 600; seconds++) {
    await clock.advance(1000)
    await settled()
  }
  assert.equal(happened.filter(what => what === 'pass').length, 1)
  assert.ok(happened.filter(what => what === `no ${finalizer}`).length < 15)
  state.refuses = false
  await end()
})

test('sources are so, and what applies objects is not', () => {
  const kinds = reconcilers.filter(r => r.holdsLater).map(r => r.kind.kind)
  assert.deepEqual(kinds, ['GitRepository', 'OCIRepository', 'Bucket', 'HelmRepository', 'HelmChart'])
})
