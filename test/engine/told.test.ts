import assert from 'node:assert/strict'
import { test } from 'node:test'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { aborted } from '../../src/lib/aborted.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

test('an object that goes during its pass is told of once more when the pass ends, so that nothing of it stays', async () => {
  const app: KubeObject = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'apps', name: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' },
  }
  const stop = new AbortController()
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<KubeObject>()]
  const never = (): Promise<never> => Promise.reject(new Error('nothing is written'))
  const hub: WatchedHub = {
    async *watch() {
      yield { type: 'gap', objects: [app] }
      await asked.promise
      yield { type: 'deleted', object: app }
      answered.resolve(app)
      await aborted(stop.signal)
    },
    get: () => {
      asked.resolve()
      return answered.promise
    },
    patch: never,
    create: never,
  }
  const told: string[] = []
  await control([kustomizations], {
    hub,
    hands: {} as never,
    clock: manualClock(),
    settings: fluxDefaults,
    concurrency: 1,
    signal: stop.signal,
    failed: (what, thrown) => assert.fail(`${what}: ${String(thrown)}`),
    seen: () => told.push('seen'),
    passed: () => told.push('passed'),
    gone: () => {
      told.push('gone')
      if (told.includes('passed')) stop.abort(new Error('done'))
    },
  })
  assert.deepEqual(told, ['seen', 'gone', 'passed', 'gone'])
})
