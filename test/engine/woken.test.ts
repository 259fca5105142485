import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { failed, ready } from '../../src/engine/outcome.ts'
import { reconciler } from '../../src/engine/reconciler.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { aborted } from '../../src/lib/aborted.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

const app: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'apps', name: 'shop', generation: 1, finalizers: ['finalizers.fluxcd.io'] },
  spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'shop' } },
}
const sourceAt = (revision: string): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { namespace: 'apps', name: 'shop', generation: 1 },
  status: { artifact: { revision, digest: `sha256:${revision}`, url: `http://files/${revision}`, path: revision, lastUpdateTime: '' } },
})

/** How many passes there are, where a source tells of revisions during the first one, which reads one of them and ends as told. */
async function passes({ told, read, fails = false }: { told: readonly string[]; read: string; fails?: boolean }): Promise<number> {
  const stop = new AbortController()
  const [begun, toldAll, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let [live, count] = [app, 0]
  const hub: WatchedHub = {
    async *watch({ kind }) {
      yield { type: 'gap', objects: kind === app.kind ? [app] : [] }
      if (kind === OCIRepository.kind) {
        await begun.promise
        for (const revision of told) yield { type: 'modified', object: sourceAt(revision) }
        toldAll.resolve()
      }
      await aborted(stop.signal)
    },
    get: async () => live,
    patch: async (_, { body }) => (live = { ...live, ...(body as Partial<KubeObject>), metadata: app.metadata }),
    create: async object => object,
  }
  const { kind, convention, wokenBy } = kustomizations
  const counted = reconciler(kind, {
    convention,
    follows: [OCIRepository],
    ...(wokenBy ? { wokenBy } : {}),
    async reconcile() {
      begun.resolve()
      if (++count > 1) return over.promise.then(() => ready('again'))
      await toldAll.promise
      for (let i = 0; i < 20; i++) await turn()
      const change = { fields: { lastAttemptedRevision: read } }
      return fails ? failed('BuildFailed', 'broken', { change }) : ready('applied', { change })
    },
    finalize: async () => ready(''),
  })
  const options = { hub, hands: {}, clock: manualClock(), settings: fluxDefaults, concurrency: 1, signal: stop.signal }
  const ended = control([counted], { ...options, follows: [OCIRepository], failed: (_, thrown) => assert.fail(String(thrown)) })
  for (let i = 0; i < 200; i++) await turn()
  over.resolve()
  stop.abort(new Error('done'))
  await ended
  return count
}

test('a revision that the pass had read when the source told of it asks for no other pass', async () => {
  assert.equal(await passes({ told: ['one'], read: 'one' }), 1)
})

test('a revision that came after the pass had read its source asks for one more', async () => {
  assert.equal(await passes({ told: ['one', 'two'], read: 'one' }), 2)
})

test('so does one that the pass had read and could not apply', async () => {
  assert.equal(await passes({ told: ['one'], read: 'one', fails: true }), 2)
})
