import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { ready } from '../../src/engine/outcome.ts'
import { reconciler } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at } from '../../src/lib/json.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

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
  const state = { refuses: false, isHidden: false }
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
      const { metadata, status } = body as Partial<KubeObject>
      const object = { ...shop, ...live, metadata: { ...shop.metadata, ...live?.metadata, ...metadata }, ...(status && { status }) }
      if (live) tell({ type: 'modified', object })
      return object
    },
    create: async object => object,
  }
  const sources = reconciler(ociRepositories.kind, {
    convention: ociRepositories.convention,
    holdsLater: true,
    async reconcile() {
      happened.push('pass')
      await passOver.promise
      return ready('stored')
    },
    async finalize({ metadata }) {
      happened.push(`${metadata.name} undone`)
      return ready('')
    },
  })
  const failed = (_: string, thrown: unknown): void => void happened.push(String(thrown))
  const options = { hub, hands: {}, clock, settings: fluxDefaults, concurrency: 2, signal: stop.signal, failed }
  const running = control([sources], options)
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
  letPassEnd()
  await settled()
  assert.equal(happened.includes('shop undone'), false)
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

test('a finalizer that is refused is written within the next pass, which says why not', async () => {
  const { happened, state, letPassEnd, settled, end } = stage()
  state.refuses = true
  letPassEnd()
  await settled()
  const finalizer = 'finalizer ["finalizers.fluxcd.io"]'
  assert.deepEqual(happened, ['pass', 'status', `no ${finalizer}`, `no ${finalizer}`, 'Error: refused'])
  state.refuses = false
  await end()
})
