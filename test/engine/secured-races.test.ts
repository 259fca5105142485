import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { drive } from '../../src/engine/drive.ts'
import type { LateWrite } from '../../src/engine/later.ts'
import { ready } from '../../src/engine/outcome.ts'
import type { Hub } from '../../src/engine/pass.ts'
import { reconciler, type Run } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { isInventory } from '../../src/kustomize/inventory.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { at } from '../../src/lib/json.ts'
import { mergePatch } from '../../src/sandbox/api/patch.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { unending } from '../support/unending.ts'
import { inventory, shop } from './shop.ts'

interface Scene {
  readonly clock: ReturnType<typeof manualClock>
  readonly happened: string[]
  /** The object on the server; `undefined`: it was deleted. */
  live: KubeObject | undefined
  /** How long the n-th write of a status takes to get there, and any answer to come back. */
  readonly toServerMs?: (status: number) => number
  readonly backMs?: number
  readonly waiting: LateWrite[]
  /** What the first read answers instead of what is there. */
  stale?: KubeObject | undefined
  /** What every write is refused with. */
  readonly refusal?: 'NOT_FOUND' | 'CONFLICT'
  passes: number
}

/** Somebody changes the spec. */
function change(scene: Scene): void {
  const { live } = scene
  if (!live) return
  const [generation, resourceVersion] = [(live.metadata.generation ?? 0) + 1, String(Number(live.metadata.resourceVersion) + 1)]
  scene.live = { ...live, metadata: { ...live.metadata, generation, resourceVersion } }
}

function hubOf(scene: Scene): Hub {
  let statuses = 0
  const refused = (code: 'NOT_FOUND' | 'CONFLICT' | 'INVALID'): ClusterError =>
    new ClusterError(code, { cluster: 'test', what: 'patch', message: 'no' })
  const { clock, happened } = scene
  return {
    async get() {
      const { stale = scene.live } = scene
      scene.stale = undefined
      return stale
    },
    async patch(_ref, { body, subresource }) {
      if (subresource) await clock.sleep(scene.toServerMs?.(++statuses) ?? 0, unending)
      const { live, refusal } = scene
      if (refusal) happened.push('refused')
      if (!live || refusal) throw refused(refusal ?? 'NOT_FOUND')
      for (const key of ['uid', 'resourceVersion'] as const) {
        const wanted = at(body, 'metadata', key)
        if (wanted === undefined || wanted === live.metadata[key]) continue
        happened.push('conflict')
        throw refused(key === 'uid' ? 'INVALID' : 'CONFLICT')
      }
      happened.push(
        subresource ??
          Object.keys(body.metadata ?? {})
            .filter(key => key !== 'resourceVersion')
            .join(' + '),
      )
      const resourceVersion = String(Number(live.metadata.resourceVersion) + 1)
      const stored = mergePatch(mergePatch({ ...live }, body), { metadata: { resourceVersion } }) as KubeObject
      scene.live = stored
      await clock.sleep(scene.backMs ?? 0, unending)
      return stored
    },
    create: async object => object,
  }
}

/** A pass that shows at once what it does, and takes some time until it makes something. */
async function play(
  reconcile: (scene: Scene, run: Run) => Promise<void>,
  { forMs = 20_000, ...more }: Partial<Scene> & { forMs?: number } = {},
): Promise<Scene & { ended: unknown }> {
  const scene: Scene = { clock: manualClock(), happened: [], live: shop, waiting: [], passes: 0, ...more }
  const applying = reconciler(kustomizations.kind, {
    convention: kustomizations.convention,
    secures: { field: 'inventory', isSound: isInventory },
    async reconcile({ spec }, _hands, run: Run) {
      scene.happened.push(`pass ${++scene.passes} of ${spec.path}`)
      const message = `building ${scene.passes}`
      await run.show({ conditions: [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message }] })
      await reconcile(scene, run)
      return ready('applied')
    },
    finalize: async () => ready(''),
  })
  const pass: { ended?: unknown } = {}
  const { clock, waiting } = scene
  drive(applying, refOf(shop), {
    hub: hubOf(scene),
    hands: undefined as never,
    clock,
    settings: fluxDefaults,
    signal: unending,
    showAfterMs: 2000,
    later: { add: late => waiting.push(late) > 0 },
  }).then(
    driven => (pass.ended = driven.is),
    (thrown: unknown) => (pass.ended = thrown),
  )
  for (let ms = 0; ms < forMs && pass.ended === undefined; ms += 10) {
    for (let i = 0; i < 4; i++) await turn()
    await clock.advance(10)
  }
  return Object.assign(scene, { ended: pass.ended })
}

async function make({ happened }: Scene, run: Run): Promise<void> {
  await run.secure({ fields: { inventory } })
  happened.push(`apply ${String(run.current().spec?.path)}`)
}

test('a change amid a pass that shows itself costs one more pass', async () => {
  const { ended, passes, happened } = await play(async (scene, run) => {
    await scene.clock.sleep(500, run.signal)
    if (scene.passes === 1) change(scene)
    await scene.clock.sleep(1000, run.signal)
    await make(scene, run)
  })
  assert.deepEqual([ended, passes], ['done', 2], happened.join('\n'))
})

test('an object that changes all the time is reconciled, in the second pass', async () => {
  const { ended, passes, happened } = await play(
    async (scene, run) => {
      for (let i = 0; i < 4; i++) {
        await scene.clock.sleep(1000, run.signal)
        change(scene)
      }
      await make(scene, run)
    },
    { forMs: 60_000 },
  )
  assert.deepEqual([ended, passes], ['done', 2], happened.join('\n'))
})

test('a status that is on its way while something is to be made is waited for', async () => {
  const { ended, passes, happened } = await play(
    async (scene, run) => {
      await scene.clock.sleep(2010, run.signal)
      await make(scene, run)
    },
    { backMs: 50 },
  )
  assert.deepEqual([ended, passes], ['done', 1], happened.join('\n'))
  assert.deepEqual(happened, ['pass 1 of one', 'finalizers', 'status', 'status', 'apply one', 'status'])
})

test('the status that a pass wrote which was in vain does not come after that of the next one', async () => {
  const { ended, live, happened } = await play(
    async (scene, run) => {
      await scene.clock.sleep(2100, run.signal)
      if (scene.passes === 1) change(scene)
      await make(scene, run)
    },
    { toServerMs: n => (n === 1 ? 500 : 0) },
  )
  assert.equal(ended, 'done', happened.join('\n'))
  assert.equal(live && conditionOf(live, 'Ready')?.status, 'True', happened.join('\n'))
  assert.equal(live && conditionOf(live, 'Reconciling'), undefined)
})

test('no status is written without the finalizer: what finds all as wanted is held while it waits for health', async () => {
  const { live } = await play(
    async (scene, run) => {
      run.note({ fields: { inventory } })
      await scene.clock.sleep(300_000, run.signal)
    },
    { forMs: 5000 },
  )
  assert.deepEqual([live?.metadata.finalizers, live?.status?.inventory], [['finalizers.fluxcd.io'], inventory])
})

test('an object that is deleted in its first pass is gone, and no failure', async () => {
  const { ended, happened } = await play(async (scene, run) => {
    scene.live = undefined
    await make(scene, run)
  })
  assert.deepEqual([ended, happened], ['gone', ['pass 1 of one']])
})

test('of an object that is made anew in its first pass, only what the new one wants is made', async () => {
  const { ended, happened } = await play(async (scene, run) => {
    await scene.clock.sleep(1000, run.signal)
    const metadata = { ...shop.metadata, uid: 'b-uid', resourceVersion: '70' }
    if (scene.passes === 1) scene.live = { ...shop, metadata, spec: { ...shop.spec, path: 'two' } }
    await scene.clock.sleep(1500, run.signal)
    await make(scene, run)
  })
  assert.equal(ended, 'done')
  assert.deepEqual(
    happened.filter(h => h.startsWith('apply')),
    ['apply two'],
  )
})

test('a request that comes amid a first pass is for the next one', async () => {
  const { live, happened } = await play(async (scene, run) => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
    scene.live = { ...shop, metadata: { ...shop.metadata, resourceVersion: '9', annotations } }
    await make(scene, run)
  })
  assert.deepEqual(happened.slice(0, 4), ['pass 1 of one', 'conflict', 'finalizers + annotations', 'apply one'])
  assert.equal(live?.status?.lastHandledReconcileAt, undefined)
})

test('an object that was read as it was before an earlier pass is read anew, with what that made', async () => {
  const made = { entries: [{ id: 'apps_old__ConfigMap', v: 'v1' }] }
  const metadata = { ...shop.metadata, resourceVersion: '4', finalizers: ['finalizers.fluxcd.io'] }
  const seen: unknown[] = []
  const { happened } = await play(
    async (scene, run) => {
      seen.push(run.current().status?.inventory)
      await make(scene, run)
    },
    { stale: shop, live: { ...shop, metadata, status: { inventory: made } } },
  )
  assert.deepEqual(
    [seen, happened.slice(0, 3)],
    [
      [undefined, made],
      ['pass 1 of one', 'conflict', 'pass 2 of one'],
    ],
  )
})

for (const refusal of ['CONFLICT', 'NOT_FOUND'] as const)
  test(`a server that answers ${refusal} to every write, and has the object, is told of and left alone for a while`, async () => {
    const { ended, happened } = await play(make, { refusal })
    assert.match(String(ended), /Kustomization\/apps\/shop changes all the time/)
    assert.ok(happened.length < 30, `${happened.length} writes`)
  })

test('the annotation of a later object of that name stays', async () => {
  const scene = await play(make)
  const annotations = { 'fluxpilot.dev/unfinished': JSON.stringify({ uid: 'b-uid', fields: { inventory } }) }
  scene.live = { ...shop, metadata: { ...shop.metadata, uid: 'b-uid', annotations, finalizers: ['finalizers.fluxcd.io'] } }
  assert.equal(scene.waiting.length > 0, true)
  for (const late of scene.waiting) await late.write(unending)
  assert.deepEqual(scene.live.metadata.annotations, annotations)
})
