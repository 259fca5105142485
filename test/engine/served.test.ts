import assert from 'node:assert/strict'
import { test } from 'node:test'
import { control, type WatchedHub } from '../../src/engine/controller.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { imageRepositories } from '../../src/images/repository-reconciler.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import type { Reconciler } from '../../src/engine/reconciler.ts'
import type { Kind } from '../../src/kinds/kind.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

/** What a controller watches in a cluster that serves some versions. */
async function watched(served: readonly string[]): Promise<string[]> {
  const stop = new AbortController()
  const clock = manualClock()
  const versions: string[] = []
  const reconcilers = [imageRepositories, kustomizations] as readonly Reconciler<Kind>[]
  const hub: WatchedHub = {
    get: async () => undefined,
    patch: () => Promise.reject(new Error('nothing is written')),
    create: () => Promise.reject(new Error('nothing is written')),
    resourceOf: async ({ version }) => (served.includes(version) ? {} : undefined),
    async *watch({ kind, version }) {
      if (versions.push(`${kind} ${version}`) === reconcilers.length) stop.abort(new Error('all is watched'))
      yield { type: 'gap', objects: [] }
    },
  }
  const running = control(reconcilers, {
    hub,
    hands: undefined as never,
    clock,
    settings: fluxDefaults,
    concurrency: 1,
    signal: stop.signal,
    failed: (_, thrown) => assert.fail(String(thrown)),
  })
  await running
  return versions.toSorted()
}

test('a kind is watched in its own version, or in one that means the same where that is not served', async () => {
  assert.deepEqual(await watched(['v1beta1', 'v1beta2', 'v1']), ['ImageRepository v1beta2', 'Kustomization v1'])
  assert.deepEqual(await watched(['v1']), ['ImageRepository v1', 'Kustomization v1'])
  assert.deepEqual(await watched([]), ['ImageRepository v1beta2', 'Kustomization v1'])
})
