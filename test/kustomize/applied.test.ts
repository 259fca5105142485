import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { Applied } from '../../src/kustomize/applied-reconciler.ts'
import { ownerLabels } from '../../src/kustomize/owned.ts'
import { objectAt } from '../../src/lib/json.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { liveVersions } from '../../src/world/cluster/versions.ts'
import { testKernel } from '../support/kernel.ts'
import { faulty } from '../support/faulty.ts'
import { config, secret } from './objects.ts'
import { onBothServers } from './servers.ts'
import { type Stage, type Turn } from './stage.ts'

const kernel = testKernel()
const ended = new AbortController()

/** What runs of a continuous engine share, and what they asked the API server about objects since last asked. */
function continuous(cluster: Cluster): { turn: Turn; asked(): string[] } {
  const calls: string[] = []
  const seen = faulty(cluster, () => ({ verb, kind, name }) => {
    if (kind === 'ConfigMap' || kind === 'Secret') calls.push(`${verb} ${name ?? kind}`)
    return undefined
  })
  const versions = liveVersions(cluster, { labelSelector: ownerLabels.name, clock: realClock, signal: ended.signal })
  return { turn: { cluster: seen, applied: new Applied(versions) }, asked: () => calls.splice(0).toSorted() }
}

const valueOf = async (s: Stage, like: KubeObject): Promise<unknown> => objectAt((await s.get(like)) ?? {}, 'data').key

onBothServers('what earlier runs left', { kernel, tests: 6 }, ({ cluster, stage }) => {
  async function shipped(namespace: string, spec: Record<string, unknown> = {}) {
    const s = await stage(namespace)
    const { turn, asked } = continuous(cluster())
    const objects = [config(namespace, 'a'), config(namespace, 'b'), secret(namespace, 'c')]
    await s.ship(objects, spec, turn)
    asked()
    return { s, turn, asked, objects }
  }

  test('a run that finds all as it was left asks nothing about objects, and ends as any other', async () => {
    const { s, turn, asked } = await shipped('left')
    await s.edit({ ...(await s.again(turn)) }, { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'x' } } })
    asked()
    const ks = await s.again(turn)
    assert.deepEqual(asked(), [])
    assert.deepEqual([conditionOf(ks, 'Ready')?.status, ks.status?.lastHandledReconcileAt], ['True', 'x'])
    assert.equal((await s.events()).filter(e => e.startsWith('Normal ReconciliationSucceeded')).length, 3)
  })

  test('what was written by hand or by another manager meanwhile is undone in the same run', async () => {
    const { s, turn, asked, objects } = await shipped('edited')
    const [a, b] = objects as [KubeObject, KubeObject]
    await s.edit(a, { data: { key: 'by hand' } }, 'kubectl-edit')
    await cluster().apply({ ...b, data: { key: 'by another' } }, { manager: 'another', force: true }, new AbortController().signal)
    await s.again(turn)
    assert.deepEqual([await valueOf(s, a), await valueOf(s, b)], ['1', '1'])
    assert.ok(!asked().some(call => call.endsWith(' c')))
  })

  test('what was deleted, or lost its owner, meanwhile is there again after the run', async () => {
    const { s, turn, objects } = await shipped('removed')
    const [a, b] = objects as [KubeObject, KubeObject]
    await cluster().delete(refOf(a), {}, new AbortController().signal)
    await s.edit(b, { metadata: { labels: { [ownerLabels.name]: null } } })
    await s.again(turn)
    assert.equal(await valueOf(s, a), '1')
    assert.equal((await s.get(b))?.metadata.labels?.[ownerLabels.name], 'app')
  })

  test('a new revision touches what it changes', async () => {
    const { s, turn, asked, objects } = await shipped('renewed')
    await s.ship([config('renewed', 'a', { key: '2' }), ...objects.slice(1)], {}, turn)
    assert.deepEqual(asked(), ['apply a', 'apply a', 'get a'])
    assert.equal(await valueOf(s, config('renewed', 'a')), '2')
  })

  test('values from outside the artifact are read every time', async () => {
    const { s, turn } = await shipped('outside', {
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars', optional: true }] },
    })
    await s.offer([config('outside', 'a', { key: '${x:=one}' })])
    await s.again(turn)
    await s.apply(config('outside', 'vars', { x: 'two' }))
    await s.again(turn)
    assert.equal(await valueOf(s, config('outside', 'a')), 'two')
  })

  test('where kinds cannot be watched every object is asked about', async () => {
    const s = await stage('blind')
    const { turn, asked } = continuous(cluster())
    const refused = faulty(
      cluster(),
      () =>
        ({ verb }) =>
          verb === 'list' || verb === 'watch' ? 'FORBIDDEN' : undefined,
    )
    const applied = new Applied(liveVersions(refused, { labelSelector: ownerLabels.name, clock: realClock, signal: ended.signal }))
    await s.ship([config('blind', 'a')], {}, { ...turn, applied })
    asked()
    await s.again({ ...turn, applied })
    assert.deepEqual(asked(), ['apply a', 'get a'])
  })
})

test.after(() => ended.abort())
