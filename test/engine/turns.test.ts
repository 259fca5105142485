import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { aborted } from '../../src/lib/aborted.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { ociRepositories } from '../../src/sources/oci/reconciler.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

const source: KubeObject = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { namespace: 'apps', name: 'shop' },
}
const app: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'apps', name: 'shop' },
  spec: { sourceRef: { kind: 'OCIRepository', name: 'shop' } },
}

/** Of an object and its source, what is begun while the source's pass goes on and no time passes. */
async function begun(object: KubeObject): Promise<string[]> {
  const stop = new AbortController()
  const [asked, seen] = [[] as string[], Promise.withResolvers<void>()]
  const never = (): Promise<never> => Promise.reject(new Error('nothing is written'))
  const hub: WatchedHub = {
    async *watch({ kind }) {
      if (kind === 'Kustomization') await seen.promise
      yield { type: 'gap', objects: [kind === 'Kustomization' ? object : source] }
      await aborted(stop.signal)
    },
    async get({ kind }, signal) {
      asked.push(kind)
      seen.resolve()
      await aborted(signal)
      throw signal.reason
    },
    patch: never,
    create: never,
  }
  const ended = control([ociRepositories, kustomizations], {
    hub,
    hands: {} as never,
    clock: manualClock(),
    settings: fluxDefaults,
    concurrency: 1,
    signal: stop.signal,
    failed: (what, thrown) => assert.fail(`${what}: ${String(thrown)}`),
  })
  for (let i = 0; i < 20; i++) await turn()
  stop.abort(new Error('done'))
  await ended
  return asked
}

test('an object that was never reconciled waits for the pass of its source', async () => {
  assert.deepEqual(await begun(app), ['OCIRepository'])
})

test('the deletion of an object does not wait for its source, though the object was never reconciled', async () => {
  const going = { ...app, metadata: { ...app.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['finalizers.fluxcd.io'] } }
  assert.deepEqual(await begun(going), ['OCIRepository', 'Kustomization'])
})
