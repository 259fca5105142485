import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive, type Driven } from '../../src/engine/drive.ts'
import type { LateWrite } from '../../src/engine/later.ts'
import { failed, ready } from '../../src/engine/outcome.ts'
import { reconciler, type Run } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { Hub } from '../../src/engine/pass.ts'
import { type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { isInventory } from '../../src/kustomize/inventory.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { at, isObject, type JsonObject } from '../../src/lib/json.ts'
import { mergePatch } from '../../src/sandbox/api/patch.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { unending } from '../support/unending.ts'
import { inventory, shop } from './shop.ts'

const annotation = 'fluxpilot.dev/unfinished'
const finalizers = ['finalizers.fluxcd.io']
const kept = (uid: string, fields: JsonObject): KubeObject => ({
  ...shop,
  metadata: { ...shop.metadata, annotations: { [annotation]: JSON.stringify({ uid, fields }) }, finalizers },
})

/** One object on an API server that looks at resource versions, and passes over it that apply one object. */
function stage(begin: KubeObject = shop) {
  const [happened, waiting] = [[] as string[], [] as LateWrite[]]
  const state = {
    live: begin,
    /** What somebody else makes of the object while the first pass runs. */
    meanwhile: undefined as ((live: KubeObject) => KubeObject) | undefined,
    fails: false,
    hasLater: true,
  }
  const hub: Hub = {
    get: async () => state.live,
    async patch(_ref, { body, subresource }) {
      const wanted = at(body, 'metadata', 'resourceVersion')
      if (wanted !== undefined && wanted !== state.live.metadata.resourceVersion) {
        happened.push('conflict')
        throw new ClusterError('CONFLICT', { cluster: 'test', what: 'patch', message: 'it changed' })
      }
      const kinds = ['finalizers', 'annotations'].filter(key => isObject(body.metadata) && key in body.metadata)
      happened.push(
        subresource
          ? `status ${Object.keys(isObject(body.status) ? body.status : {})
              .toSorted()
              .join(' ')}`
          : kinds.join(' + '),
      )
      const resourceVersion = String(Number(state.live.metadata.resourceVersion) + 1)
      state.live = mergePatch(mergePatch({ ...state.live }, body), { metadata: { resourceVersion } }) as KubeObject
      return state.live
    },
    create: async object => object,
  }
  const applying = reconciler(kustomizations.kind, {
    convention: kustomizations.convention,
    secures: { field: 'inventory', isSound: isInventory },
    async reconcile({ spec, status }, _hands, run: Run) {
      happened.push(`pass ${spec.path}${status?.inventory ? ' of what is there' : ''}`)
      state.live = state.meanwhile?.(state.live) ?? state.live
      if (state.fails) return failed('BuildFailed', 'no')
      await run.secure({ fields: { inventory } })
      happened.push('apply')
      return ready('applied')
    },
    async finalize({ status }) {
      happened.push(`undo ${JSON.stringify(status?.inventory ?? null)}`)
      return ready('')
    },
  })
  const pass = (): Promise<Driven> =>
    drive(applying, refOf(shop), {
      hub,
      hands: undefined as never,
      clock: manualClock(),
      settings: fluxDefaults,
      signal: unending,
      later: state.hasLater ? { add: late => waiting.push(late) > 0 } : undefined,
    })
  return {
    happened,
    state,
    pass,
    async idle(): Promise<void> {
      for (const late of waiting.splice(0)) await late.write(unending)
    },
    annotations: (): JsonObject => ({ ...state.live.metadata.annotations }),
  }
}

test('a first pass keeps what it is about to make in the write of the finalizer; once the status says it, that goes when there is time', async () => {
  const { happened, state, pass, idle, annotations } = stage()
  await pass()
  assert.deepEqual(happened.slice(0, 3), ['pass one', 'finalizers + annotations', 'apply'])
  assert.match(happened[3] ?? '', /^status .*inventory/)
  assert.deepEqual(JSON.parse(String(annotations()[annotation])), { uid: 'a-uid', fields: { inventory } })
  await idle()
  assert.equal(happened.at(-1), 'annotations')
  assert.deepEqual([annotations(), state.live.metadata.finalizers, state.live.status?.inventory], [{}, finalizers, inventory])
})

test('a pass that makes nothing writes the finalizer at its end, before the status', async () => {
  const { happened, state, pass } = stage()
  state.fails = true
  await pass()
  assert.deepEqual(
    happened.map(h => h.split(' ')[0]),
    ['pass', 'finalizers', 'status'],
  )
})

test('where nothing can wait, or for an object that is suspended, the finalizer comes first', async () => {
  const now = stage()
  now.state.hasLater = false
  await now.pass()
  assert.deepEqual(
    now.happened.map(h => h.split(' ')[0]),
    ['finalizers', 'pass', 'status', 'apply', 'status'],
  )
  const suspended = stage({ ...shop, spec: { ...shop.spec, suspend: true } })
  await suspended.pass()
  assert.equal(suspended.happened[0], 'finalizers')
})

test('a later pass saves in the status', async () => {
  const { happened, pass } = stage({ ...shop, metadata: { ...shop.metadata, finalizers }, status: { inventory: { entries: [] } } })
  await pass()
  assert.deepEqual(
    happened.map(h => h.split(' ')[0]),
    ['pass', 'status', 'apply', 'status'],
  )
})

test('an object that changed before anything was made is read anew, with the finalizer first, and only what it says then is made', async () => {
  const { happened, state, pass } = stage()
  state.meanwhile = live => {
    state.meanwhile = undefined
    return { ...live, metadata: { ...live.metadata, resourceVersion: '7', generation: 2 }, spec: { ...live.spec, path: 'two' } }
  }
  await pass()
  assert.deepEqual(happened.slice(0, 6), ['pass one', 'conflict', 'finalizers', 'pass two', 'status inventory', 'apply'])
})

test('one that changed before a pass ended that made nothing is read anew as well', async () => {
  const { happened, state, pass } = stage()
  state.fails = true
  state.meanwhile = live => {
    state.meanwhile = undefined
    state.fails = false
    return { ...live, metadata: { ...live.metadata, resourceVersion: '7', generation: 2 } }
  }
  await pass()
  assert.deepEqual(happened.slice(0, 6), ['pass one', 'conflict', 'finalizers', 'pass one', 'status inventory', 'apply'])
})

test('what others write beside the spec meanwhile does not keep it from going on', async () => {
  const { happened, state, pass } = stage()
  state.meanwhile = live => ({
    ...live,
    metadata: { ...live.metadata, resourceVersion: '7', finalizers: ['example.com/other'], labels: { tier: 'gold' } },
  })
  await pass()
  assert.deepEqual(happened.slice(0, 4), ['pass one', 'conflict', 'finalizers + annotations', 'apply'])
  assert.deepEqual(state.live.metadata.finalizers, ['example.com/other', ...finalizers])
})

test('what an interrupted first pass was about to make counts as made, for the next pass and for a deletion', async () => {
  const next = stage(kept('a-uid', { inventory }))
  await next.pass()
  assert.equal(next.happened[0], 'pass one of what is there')
  await next.idle()
  assert.deepEqual([next.annotations(), next.state.live.status?.inventory], [{}, inventory])
  const going = kept('a-uid', { inventory })
  const deleted = stage({ ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  await deleted.pass()
  assert.equal(deleted.happened[0], `undo ${JSON.stringify(inventory)}`)
})

for (const [what, object] of [
  ['of an object that this one was restored from', kept('another-uid', { inventory })],
  ['that is no inventory', kept('a-uid', { inventory: { entries: [{ id: 7 }] } })],
  ['of another field', kept('a-uid', { lastAppliedRevision: 'v1' })],
  ['that is no JSON', { ...shop, metadata: { ...shop.metadata, finalizers, annotations: { [annotation]: '{' } } }],
] as const)
  test(`an annotation ${what} counts for nothing, and goes`, async () => {
    const { happened, state, pass, idle, annotations } = stage(object)
    await pass()
    await idle()
    assert.equal(happened[0], 'pass one')
    assert.deepEqual([annotations(), state.live.status?.lastAppliedRevision], [{}, undefined])
  })

test('an annotation beside a status that has the field counts for nothing', async () => {
  const { happened, pass, idle, annotations } = stage({ ...kept('a-uid', { inventory }), status: { inventory: { entries: [] } } })
  await pass()
  await idle()
  assert.match(happened[0] ?? '', /pass one of what is there/)
  assert.deepEqual(annotations(), {})
})

test('what is too long for annotations is saved in the status, after the finalizer', async () => {
  const note = 'x'.repeat(128 * 1024)
  const { happened, pass } = stage({ ...shop, metadata: { ...shop.metadata, annotations: { note } } })
  await pass()
  assert.deepEqual(
    happened.map(h => h.split(' ')[0]),
    ['pass', 'finalizers', 'status', 'apply', 'status'],
  )
})
