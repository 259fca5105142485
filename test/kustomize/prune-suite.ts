import assert from 'node:assert/strict'
import { type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { stringAt } from '../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { config, deployment, object, secret, service } from './objects.ts'
import type { Server } from './servers.ts'
import { idsOf, leaping, readyOf, signal, type Stage } from './stage.ts'

const toolkit = 'kustomize.toolkit.fluxcd.io'
const finished = /^Normal ReconciliationSucceeded Reconciliation finished/

/** Deletes the Kustomization and lets its finalizer run. */
async function remove(s: Stage, { cluster }: Pick<Server, 'cluster'>, turn = {}): Promise<void> {
  await cluster().delete(s.ref, {}, signal)
  assert.equal((await s.pass(turn)).is, 'gone')
  assert.equal(await cluster().get(s.ref, signal), undefined)
}
const there = async (s: Stage, ...objects: KubeObject[]): Promise<string[]> => {
  const found = await Promise.all(objects.map(o => s.get(o)))
  return objects.filter((_, i) => found[i] && !found[i].metadata.deletionTimestamp).map(o => `${o.kind}/${o.metadata.name}`)
}

/** Inventory, prune and deletion against any Kubernetes API. Spec: kustomization 8. */
export function pruneCases({ stage, cluster }: Server): void {
  verifies('kustomization/I13', 'a Secret that is renamed in the source takes the old one away', async () => {
    const s = await stage('i13')
    await s.ship([secret('i13', 'old')])
    const ks = await s.ship([secret('i13', 'new')])
    assert.deepEqual(await there(s, secret('i13', 'old'), secret('i13', 'new')), ['Secret/new'])
    assert.deepEqual(idsOf(ks), ['i13_new__Secret'])
    assert.ok((await s.events()).includes('Normal Progressing Secret/i13/old deleted'))
  })

  verifies('kustomization/I14', 'deletion leaves what says prune: disabled', async () => {
    const s = await stage('i14')
    const kept = config('i14', 'kept', {}, { labels: { [`${toolkit}/prune`]: 'disabled' } })
    await s.ship([kept, secret('i14', 'gone')])
    await remove(s, { cluster })
    assert.deepEqual(await there(s, kept, secret('i14', 'gone')), ['ConfigMap/kept'])
  })

  verifies('kustomization/I15', 'a source that becomes empty empties the inventory, and the run succeeds', async () => {
    const s = await stage('i15')
    const objects = [config('i15', 'one'), secret('i15', 'two')]
    await s.ship(objects)
    for (const empty of [
      { 'app/readme.txt': 'nothing here' },
      { 'app/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' },
    ]) {
      const ks = await s.ship(empty, { path: './app' })
      assert.match(readyOf(ks), /^True /)
      assert.deepEqual(ks.status?.inventory, { entries: [] })
      assert.deepEqual(await there(s, ...objects), [])
    }
  })

  verifies('kustomization/I16', 'objects that come back are in the inventory again', async () => {
    const s = await stage('i16')
    const objects = [config('i16', 'one'), secret('i16', 'two')]
    await s.ship(objects)
    await s.ship({ 'readme.txt': 'nothing here' })
    assert.deepEqual(idsOf(await s.ship(objects)), ['i16_one__ConfigMap', 'i16_two__Secret'])
    assert.equal((await there(s, ...objects)).length, 2)
  })

  verifies('kustomization/I17', 'one that is suspended and then deleted leaves its objects', async () => {
    const s = await stage('i17')
    await s.ship([config('i17', 'one')])
    await s.ship([config('i17', 'one')], { suspend: true }, {})
    await remove(s, { cluster })
    assert.deepEqual(await there(s, config('i17', 'one')), ['ConfigMap/one'])
  })

  verifies('kustomization/I18', 'deletion leaves an object whose owner label names another', async () => {
    const s = await stage('i18')
    await s.ship([config('i18', 'one'), config('i18', 'two')])
    await s.edit(config('i18', 'one'), { metadata: { labels: { [`${toolkit}/name`]: 'new-owner' } } })
    await remove(s, { cluster })
    assert.deepEqual(await there(s, config('i18', 'one'), config('i18', 'two')), ['ConfigMap/one'])
  })

  const policies: [id: BehaviourId, policy: string, prune: boolean, kept: boolean][] = [
    ['kustomization/I19.1', 'Delete', false, false],
    ['kustomization/I19.2', 'WaitForTermination', false, false],
    ['kustomization/I19.3', 'MirrorPrune', true, false],
    ['kustomization/I19.4', 'Orphan', true, true],
    ['kustomization/I19.5', 'MirrorPrune', false, true],
  ]
  for (const [id, deletionPolicy, prune, kept] of policies)
    verifies(id, `deletionPolicy ${deletionPolicy} with prune ${prune} ${kept ? 'leaves' : 'deletes'} the objects`, async () => {
      const namespace = id.replace('kustomization/', '').replace('.', '-').toLowerCase()
      const s = await stage(namespace)
      await s.ship([config(namespace, 'one')], { deletionPolicy, prune })
      await remove(s, { cluster })
      assert.deepEqual(await there(s, config(namespace, 'one')), kept ? ['ConfigMap/one'] : [])
    })

  verifies('kustomization/I20', 'an object that is disabled where it lives keeps its edit, its entry, and outlives a rename', async () => {
    const s = await stage('i20')
    const off = (value: string | null): Record<string, unknown> => ({ metadata: { annotations: { [`${toolkit}/reconcile`]: value } } })
    const one = config('i20', 'one')
    await s.ship([one, secret('i20', 'two')])
    await s.edit(one, { ...off('disabled'), data: { key: 'edited' } })
    const disabled = await s.ship([config('i20', 'one', { key: '2' }), secret('i20', 'two')])
    assert.deepEqual((await s.get(one))?.data, { key: 'edited' })
    assert.deepEqual(idsOf(disabled), ['i20_one__ConfigMap', 'i20_two__Secret'])
    await s.edit(one, off('enabled'))
    await s.again()
    assert.deepEqual((await s.get(one))?.data, { key: '2' })
    await s.edit(one, off('disabled'))
    const renamed = await s.ship([config('i20', 'one-new'), secret('i20', 'two-new')])
    assert.deepEqual(await there(s, one, secret('i20', 'two'), config('i20', 'one-new'), secret('i20', 'two-new')), [
      'ConfigMap/one',
      'ConfigMap/one-new',
      'Secret/two-new',
    ])
    assert.deepEqual(idsOf(renamed), ['i20_one-new__ConfigMap', 'i20_two-new__Secret'])
  })

  verifies('kustomization/I22', 'an artifact without manifests is a success with an empty inventory and one event', async () => {
    const s = await stage('i22')
    const ks = await s.ship({ 'readme.txt': 'nothing here' })
    assert.match(readyOf(ks), /^True ReconciliationSucceeded: Applied revision: v1$/)
    assert.deepEqual(ks.status?.inventory, { entries: [] })
    const events = await s.events()
    assert.equal(events.length, 1)
    assert.match(events[0] ?? '', finished)
  })

  verifies('kustomization/I23', 'an ignored object that does not exist is never created, and its entry has no name', async () => {
    const s = await stage('i23')
    const ignored = (kind: string, name: string): KubeObject =>
      object(kind, { namespace: 'i23', name }, {}, { annotations: { [`${toolkit}/ssa`]: 'Ignore' } })
    const ks = await s.ship(
      [ignored('v1 ConfigMap', 'one'), secret('i23', 'two'), ignored('networking.k8s.io/v1 NetworkPolicy', 'three')],
      { wait: true },
    )
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(idsOf(ks), ['___ConfigMap', 'i23_two__Secret', '__networking.k8s.io_NetworkPolicy'])
    assert.deepEqual(await there(s, ignored('v1 ConfigMap', 'one')), [])
    assert.match(readyOf(await s.ship([secret('i23', 'two')])), /^True /)
    assert.ok(!(await s.events()).some(e => /skipped|deleted/.test(e)))
    await s.ship([ignored('v1 ConfigMap', 'one'), secret('i23', 'two')])
    await remove(s, { cluster })
    assert.deepEqual(await there(s, secret('i23', 'two')), [])
  })

  verifies('kustomization/I24', 'a prune that skips some says so in one event, in reverse order, and forgets them', async () => {
    const s = await stage('i24')
    const kept = config('i24', 'kept', {}, { annotations: { [`${toolkit}/prune`]: 'Disabled' } })
    await s.ship([kept, config('i24', 'gone'), secret('i24', 'taken'), service('i24', 'svc'), deployment('i24', 'd', { replicas: 0 })])
    await s.edit(secret('i24', 'taken'), { metadata: { labels: { [`${toolkit}/namespace`]: 'elsewhere' } } })
    const ks = await s.ship([object('v1 ServiceAccount', { namespace: 'i24', name: 'only' })])
    assert.deepEqual(idsOf(ks), ['i24_only__ServiceAccount'])
    const events = (await s.events()).map(e => e.replace('Normal Progressing ', ''))
    assert.deepEqual(
      events.filter(e => /skipped|deleted|only/.test(e)),
      [
        'ServiceAccount/i24/only created',
        [
          'Deployment/i24/d deleted',
          'Service/i24/svc deleted',
          'Secret/i24/taken skipped',
          'ConfigMap/i24/kept skipped',
          'ConfigMap/i24/gone deleted',
        ].join('\n'),
      ],
    )
    assert.equal((await s.get(kept))?.metadata.labels?.[`${toolkit}/name`], 'app')
  })

  verifies('kustomization/I19.6', 'WaitForTermination gives up after the timeout, says so, and lets go', async () => {
    const s = await stage('i19-6')
    const held = config('i19-6', 'held')
    await s.ship([{ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } }], {
      deletionPolicy: 'WaitForTermination',
      timeout: '40s',
    })
    const clock = leaping()
    const from = clock.now()
    await remove(s, { cluster }, { clock })
    assert.ok(clock.now() - from >= 40_000)
    const live = await s.get(held)
    assert.ok(live?.metadata.deletionTimestamp)
    assert.deepEqual((await s.events()).slice(-3), [
      'Normal ReconciliationSucceeded ConfigMap/i19-6/held deleted',
      'Warning ReconciliationSucceeded failed to wait for resources termination',
      'Normal ReconciliationSucceeded Reconciliation finished in T, next run in 10m0s',
    ])
    await s.edit(held, { metadata: { finalizers: null } })
  })

  verifies('kustomization/I19.7', 'WaitForTermination waits until a finalizer lets an object go', async () => {
    const s = await stage('i19-7')
    const held = config('i19-7', 'held')
    await s.ship([{ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } }], { deletionPolicy: 'WaitForTermination' })
    const waits: string[] = []
    const progress = (message: string): void => {
      if (waits.push(message) === 1) void s.edit(held, { metadata: { finalizers: null } })
    }
    await remove(s, { cluster }, { progress })
    assert.equal(waits[0], 'waiting for 1 objects to terminate')
    assert.equal(await s.get(held), undefined)
    assert.ok(!(await s.events()).some(e => e.startsWith('Warning')))
    assert.equal(stringAt(refOf(held), 'name'), 'held')
  })
}
