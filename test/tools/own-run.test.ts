import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openDefinition } from '../support/played-flux.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
/** Patience of 77 s ends when a test says so. */
let patience = Promise.withResolvers<void>()
const clock = {
  ...realClock,
  sleep: (ms: number, given: AbortSignal): Promise<void> =>
    ms > 70_000 && ms <= 77_000 ? Promise.race([patience.promise, realClock.sleep(3_600_000, given)]) : realClock.sleep(ms, given),
}
let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct({ clock })
  cluster = product.composed.service.world.clusters.named()
})
after(() => product.stop())

const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}

/** A Deployment that no kubelet will ever start; without a progress deadline it is waited for as long as the Kustomization allows. */
const waiting = (name: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      progressDeadlineSeconds: 3600,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'a', image: 'registry.invalid/a:1' }] } },
    },
  })

async function deliver(name: string, files: Record<string, string>): Promise<void> {
  await pushFiles(product.composed.service.world, `oci://${product.registry}/${name}:1`, files)
  await product.call('apply_manifests', { create: { name, url: `oci://${product.registry}/${name}:1` } })
}

test('a run of our engine that outlasts the time says that nothing goes on, with what it waits for', async () => {
  await deliver('slow', { 'a.yaml': waiting('slow') })
  patience = Promise.withResolvers()
  const answer = await product.call(
    'reconcile',
    { kind: 'ks', name: 'slow', withSource: true, timeoutSeconds: 77 },
    { notes: { push: onNote } as never },
  )
  assert.equal(answer.data?.verdict, 'TimedOut', answer.text)
  assert.match(String(answer.data?.untrusted), /^not finished after \d+(\.\d+)? s: Running health checks/)
  assert.equal(at(listAt(answer.data, 'failing')[0], 'object'), 'Deployment/default/slow')
  assert.match(String(answer.data?.next), /nothing goes on: call reconcile again with a larger timeoutSeconds/)
  assert.deepEqual(answer.data?.added, ['Deployment/default/slow'])
})

/** The time is up as soon as the wait has begun. */
function onNote(note: string): number {
  if (note.startsWith('Running health checks')) patience.resolve()
  return 0
}

test('a call that waits for its turn is cancelled at once, and the one before goes on', async () => {
  await deliver('busy', { 'a.yaml': waiting('busy') })
  patience = Promise.withResolvers()
  const atIt = Promise.withResolvers<void>()
  const notes = { push: (note: string) => (note.startsWith('Running health checks') && atIt.resolve(), 0) } as never
  const first = product.call('reconcile', { kind: 'ks', name: 'busy', withSource: true, timeoutSeconds: 77 }, { notes })
  await atIt.promise
  const stop = new AbortController()
  const second = product.call('reconcile', { kind: 'ks', name: 'busy', timeoutSeconds: 600 }, { signal: stop.signal })
  stop.abort(new Error('enough'))
  assert.equal(errorOf(await second).code, 'Cancelled')
  patience.resolve()
  assert.equal((await first).data?.verdict, 'TimedOut')
})

test('a failed fetch is the verdict of our engine too, not the revision of before', async () => {
  await deliver('stale', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stale, namespace: default}\n' })
  assert.equal((await product.call('reconcile', { kind: 'ks', name: 'stale', withSource: true })).data?.verdict, 'Ready')
  const source = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: 'flux-system', name: 'stale' }
  await cluster.patch(source, { type: 'merge', body: { spec: { ref: { tag: 'absent' } } }, manager: 'test' }, signal)
  const answer = await product.call('reconcile', { kind: 'ks', name: 'stale', withSource: true })
  assert.equal(answer.data?.verdict, 'Failed', answer.text)
  assert.equal(at(answer.data, 'blockedBy', 'object'), 'OCIRepository/flux-system/stale')
  assert.match(String(answer.data?.engine), /^fluxpilot: /)
})

test('a kind that our engine does not reconcile is Unsupported where nobody does', async () => {
  const group = 'helm.toolkit.fluxcd.io'
  await cluster.apply(openDefinition(group, { kind: 'HelmRelease', plural: 'helmreleases', version: 'v2' }), { manager: 'test' }, signal)
  await cluster.apply(
    { apiVersion: `${group}/v2`, kind: 'HelmRelease', metadata: { name: 'web', namespace: 'flux-system' }, spec: {} },
    { manager: 'test' },
    signal,
  )
  const error = errorOf(await product.call('reconcile', { kind: 'HelmRelease', name: 'web' }))
  assert.equal(error.code, 'Unsupported')
  assert.match(String(error.next), /install Flux; this engine reconciles (\w+, )*Kustomization/)
})
