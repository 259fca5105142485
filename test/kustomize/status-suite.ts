import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, conditionsOf, type KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { verifies } from '../conformance/verifies.ts'
import { config, deployment, object, secret } from './objects.ts'
import type { Server } from './servers.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import type { ArtifactFetcher } from '../../src/world/storage/artifacts.ts'
import { StorageError } from '../../src/world/storage/error.ts'
import { idsOf, manager, over, readyOf, signal, type Stage } from './stage.ts'

const toolkit = 'kustomize.toolkit.fluxcd.io'
const requestedAt = 'reconcile.fluxcd.io/requestedAt'
const done = 'ReconciliationSucceeded'
const applied = (n: number): string => `True ${done}: Applied revision: v${n}`
const typesOf = (ks: KubeObject): string[] => conditionsOf(ks).map(c => c.type)
const reconciling = (ks: KubeObject): string => `${conditionOf(ks, 'Reconciling')?.reason}: ${conditionOf(ks, 'Reconciling')?.message}`

/** What a pass says of itself: conditions, events, sources, dependencies, requests. Spec: kustomization 2, 3, 10. */
export function statusCases({ stage, cluster }: Server): void {
  const source = (namespace: string): KubeObject => object('source.toolkit.fluxcd.io/v1 OCIRepository', { namespace, name: 'app' })
  const app = (namespace: string, spec: JsonObject = {}): KubeObject =>
    object(
      `${toolkit}/v1 Kustomization`,
      { namespace, name: 'app' },
      { spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...spec } },
    )
  /** Changes the source's artifact as its controller would; `null` takes it away. */
  const artifact = (s: Stage, change: JsonObject | null): Promise<KubeObject> =>
    cluster().patch(
      { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: s.namespace, name: 'app' },
      { type: 'merge', body: { status: { artifact: change } }, manager, subresource: 'status' },
      signal,
    )
  const eventsOf = async (s: Stage): Promise<KubeObject[]> =>
    (await cluster().list({ group: '', kind: 'Event', namespace: s.namespace }, signal)).items.filter(
      e => stringAt(e, 'involvedObject', 'kind') === 'Kustomization',
    )

  verifies('kustomization/C1', 'a missing source is waited for, without an event', async () => {
    const s = await stage('c1')
    await s.apply(app('c1'))
    const ks = await s.again()
    assert.equal(readyOf(ks), 'False ArtifactFailed: OCIRepository.source.toolkit.fluxcd.io "app" not found')
    assert.deepEqual(await s.events(), [])
    await s.offer([config('c1', 'c')])
    await artifact(s, null)
    assert.equal(readyOf(await s.again()), 'False ArtifactFailed: Source artifact not found, retrying in 30s')
    assert.deepEqual(await s.events(), [])
    await s.offer([config('c1', 'c')])
    const after = await s.again()
    assert.equal(readyOf(after), applied(2))
    assert.equal(after.metadata.generation, ks.metadata.generation)
  })

  verifies('kustomization/C2', 'a missing dependency is waited for, with an event', async () => {
    const s = await stage('c2')
    const ks = await s.ship([config('c2', 'c')], { dependsOn: [{ name: 'root' }] })
    assert.equal(
      readyOf(ks),
      `False DependencyNotReady: dependency 'c2/root' not found: kustomizations.kustomize.toolkit.fluxcd.io "root" not found`,
    )
    assert.deepEqual(typesOf(ks), ['Ready'])
    const [event] = await eventsOf(s)
    assert.deepEqual(
      [event?.type, event?.reason, event?.message, event?.metadata.annotations],
      ['Normal', 'DependencyNotReady', 'Dependencies do not meet ready condition, retrying in 30s', { [`${toolkit}/revision`]: 'v1' }],
    )
    const driven = await s.pass()
    assert.equal(driven.is === 'done' && driven.settled.requeueMs, 30_000)
  })

  test('a dependency that gets ready at the same revision lets its dependant go on', async () => {
    const s = await stage('order')
    const root = object(
      `${toolkit}/v1 Kustomization`,
      { namespace: 'order', name: 'root' },
      { spec: { interval: '10m', prune: true, path: 'root', sourceRef: { kind: 'OCIRepository', name: 'app' } } },
    )
    const files = { 'root/a.yaml': JSON.stringify(config('order', 'a')), 'app/b.yaml': JSON.stringify(config('order', 'b')) }
    await s.apply(root)
    const spec = { path: 'app', dependsOn: [{ name: 'root' }] }
    assert.equal(readyOf(await s.ship(files, spec)), "False DependencyNotReady: dependency 'order/root' is not ready")
    await s.of('root').pass()
    assert.equal(readyOf(await s.again()), applied(1))
    await s.offer(files)
    assert.equal(readyOf(await s.again()), "False DependencyNotReady: dependency 'order/root' revision is not up to date")
    await s.of('root').pass()
    assert.equal(readyOf(await s.again()), applied(2))
  })

  verifies('kustomization/C3', 'an artifact that is gone is waited for, and read once it is there', async () => {
    const s = await stage('c3')
    await s.ship([config('c3', 'c')])
    const url = stringAt(await s.get(source('c3')), 'status', 'artifact', 'url') ?? ''
    await artifact(s, { url: 'http://artifacts.invalid/gone', revision: 'v9' })
    const ks = await s.again()
    assert.equal(readyOf(ks), 'False ArtifactFailed: Source is not ready, artifact not found, retrying in 30s')
    assert.equal(reconciling(ks), 'ProgressingWithRetry: Fetching manifests for revision v9 with a timeout of 9m30s')
    assert.equal(ks.status?.lastAttemptedRevision, 'v1')
    assert.deepEqual(
      (await s.events()).filter(e => e.startsWith('Warning')),
      [],
    )
    await artifact(s, { url })
    assert.equal(readyOf(await s.again()), `True ${done}: Applied revision: v9`)
  })

  test('an artifact that cannot be reached is left for the next one that its source offers', async () => {
    const s = await stage('moved')
    await s.ship([config('moved', 'one')])
    await s.offer([config('moved', 'two')])
    const fetcher: ArtifactFetcher = {
      async fetch({ url }, _signal, superseded) {
        assert.equal(await superseded?.(), false)
        await s.offer([config('moved', 'three')])
        assert.equal(await superseded?.(), true)
        throw new StorageError('SUPERSEDED', url)
      },
    }
    const driven = await s.pass({ fetcher })
    assert.ok(driven.is === 'done' && driven.outcome.is === 'waiting')
    assert.equal(driven.outcome.retryMs, 0)
    assert.equal(readyOf(driven.object), 'False ArtifactFailed: Source has another artifact, retrying')
    assert.equal(readyOf(await s.again()), applied(3))
  })

  test('a path that is not there fails while fetching, nothing attempted', async () => {
    const s = await stage('path')
    const ks = await s.ship([config('path', 'c')], { path: './deploy/prod' })
    const message = 'kustomization path not found: stat /artifact/deploy/prod: no such file or directory'
    assert.equal(readyOf(ks), `False ArtifactFailed: ${message}`)
    assert.equal(reconciling(ks), 'ProgressingWithRetry: Fetching manifests for revision v1 with a timeout of 9m30s')
    assert.equal(ks.status?.lastAttemptedRevision, undefined)
    assert.deepEqual(await s.events(), [`Warning ArtifactFailed ${message}`])
  })

  test('a path to a folder that is empty builds to nothing', async () => {
    const s = await stage('empty')
    await s.ship({ 'deploy/a.yaml': JSON.stringify(config('empty', 'c')) }, { path: 'deploy' })
    const ks = await s.ship({ 'README.md': 'moved', 'deploy/': '' }, { path: 'deploy' })
    assert.deepEqual([readyOf(ks), idsOf(ks)], [applied(2), []])
    assert.equal(await s.get(config('empty', 'c')), undefined)
  })

  test('a source that cannot be read is tried again with back-off, without an event', async () => {
    const s = await stage('unread')
    await s.apply(app('unread', { sourceRef: { kind: 'Bucket', name: 'app' } }))
    const turn = {
      cluster: over(cluster(), {
        get: (ref, until) =>
          ref.kind === 'Bucket'
            ? Promise.reject(new ClusterError('NO_MATCH', { cluster: 'test', what: 'get', message: 'no matches for kind "Bucket"' }))
            : cluster().get(ref, until),
      }),
    }
    const driven = await s.pass(turn)
    assert.match(readyOf(await s.again(turn)), /^False ArtifactFailed: unable to get source 'unread\/app': .*no matches for kind "Bucket"/)
    assert.ok(driven.is === 'done' && driven.settled.backoff === true && driven.settled.requeueMs === undefined)
    assert.deepEqual(await s.events(), [])
  })

  verifies('kustomization/C4', 'a source elsewhere is used unless that is blocked', async () => {
    const [s, other] = [await stage('c4'), await stage('c4-sources')]
    await other.offer([config('c4', 'c')])
    await s.apply(app('c4', { sourceRef: { kind: 'OCIRepository', name: 'app', namespace: 'c4-sources' } }))
    assert.equal(readyOf(await s.again()), applied(1))
    await other.offer([config('c4', 'd')])
    const blocked = { settings: { noCrossNamespaceRefs: true } }
    const message = "can't access 'OCIRepository/c4-sources/app', cross-namespace references have been blocked"
    assert.equal(readyOf(await s.again(blocked)), `False AccessDenied: ${message}`)
    assert.equal((await s.events()).at(-1), `Warning AccessDenied ${message}`)
    assert.equal(await s.get(config('c4', 'd')), undefined)
    await s.ship([config('c4', 'd')], { sourceRef: { kind: 'OCIRepository', name: 'app', namespace: 'c4' } }, blocked)
    assert.equal(readyOf(await s.again(blocked)), applied(1))
  })

  verifies('kustomization/C5', 'the origin of an artifact is told in status and in every event', async () => {
    const s = await stage('c5')
    await s.apply(app('c5', { wait: true }))
    await s.offer([config('c5', 'c')])
    await artifact(s, { metadata: { 'org.opencontainers.image.revision': 'orev' } })
    const ks = await s.again()
    assert.equal(ks.status?.lastAppliedOriginRevision, 'orev')
    const events = await eventsOf(s)
    assert.equal(events.length, 3)
    for (const event of events) assert.equal(event.metadata.annotations?.[`${toolkit}/originRevision`], 'orev', String(event.message))
  })

  verifies('kustomization/C9', 'a field that cannot change fails the run, and force recreates the object', async () => {
    const s = await stage('c9')
    const sealed = (value: string): KubeObject => secret('c9', 'sealed', { stringData: { key: value }, immutable: true })
    await s.ship([sealed('a')])
    const failed = await s.ship([sealed('b')])
    assert.match(readyOf(failed), /^False ReconciliationFailed: Secret\/c9\/sealed dry-run failed \(Invalid\): .*field is immutable/)
    const event = (await eventsOf(s)).find(e => e.type === 'Warning')
    assert.match(String(event?.message), /field is immutable/)
    assert.deepEqual(event?.metadata.annotations, { [`${toolkit}/revision`]: 'v2' })
    assert.equal(readyOf(await s.ship([sealed('b')], { force: true })), applied(3))
  })

  verifies('kustomization/C10', 'a run that succeeds says so in an event for the commit status', async () => {
    const s = await stage('c10')
    await s.ship([config('c10', 'c')])
    const event = (await eventsOf(s)).find(e => e.reason === done)
    assert.deepEqual(event?.metadata.annotations, { [`${toolkit}/revision`]: 'v1', [`${toolkit}/commit_status`]: 'update' })
    assert.deepEqual(await s.events(), [
      'Normal Progressing ConfigMap/c10/c created',
      `Normal ${done} Reconciliation finished in T, next run in 10m0s`,
    ])
    assert.deepEqual(
      [event?.source, event?.reportingComponent, event?.action ?? ''],
      [{ component: 'kustomize-controller' }, 'kustomize-controller', ''],
    )
  })

  verifies('kustomization/C13', 'an object that gets suspended stays as it was', async () => {
    const s = await stage('c13')
    await s.ship([config('c13', 'c')])
    const before = (await s.events()).length
    await s.apply({ ...app('c13', { suspend: true }), metadata: { name: 'app', namespace: 'c13', annotations: { [requestedAt]: 'now' } } })
    await s.offer([config('c13', 'd')])
    const ks = await s.again()
    assert.equal(readyOf(ks), applied(1))
    assert.deepEqual(
      [
        ks.metadata.generation,
        ks.status?.observedGeneration,
        conditionOf(ks, 'Ready')?.observedGeneration,
        ks.status?.lastHandledReconcileAt,
      ],
      [2, 2, 1, 'now'],
    )
    assert.equal((await s.events()).length, before)
    assert.equal(await s.get(config('c13', 'd')), undefined)
    const dependant = object(
      `${toolkit}/v1 Kustomization`,
      { namespace: 'c13', name: 'dependant' },
      { spec: { interval: '10m', prune: true, dependsOn: [{ name: 'app' }], sourceRef: { kind: 'OCIRepository', name: 'app' } } },
    )
    await s.apply(dependant)
    await s.of('dependant').pass()
    assert.equal(conditionOf(await s.get(dependant), 'Ready')?.message, "dependency 'c13/app' revision is not up to date")
  })

  verifies('kustomization/C14.1', 'a first run that fails before it got anywhere has Ready alone', async () => {
    const s = await stage('c14-1')
    await s.apply(app('c14-1'))
    const ks = await s.again()
    assert.deepEqual([typesOf(ks), ks.status?.observedGeneration], [['Ready'], -1])
  })

  verifies('kustomization/C14.2', 'a first run that fails on its way is Reconciling with retry', async () => {
    const s = await stage('c14-2')
    const ks = await s.ship({ 'a.yaml': 'broken' }, {}, {})
    assert.deepEqual([typesOf(ks), ks.status?.observedGeneration], [['Reconciling', 'Ready'], -1])
    assert.equal(reconciling(ks), 'ProgressingWithRetry: Building manifests for revision v1 with a timeout of 9m30s')
    const driven = await s.pass()
    assert.equal(driven.is === 'done' && driven.settled.requeueMs, 600_000)
  })

  verifies('kustomization/C15', 'a missing source comes before a missing dependency', async () => {
    const s = await stage('c15')
    await s.apply(app('c15', { dependsOn: [{ name: 'root' }] }))
    assert.match(readyOf(await s.again()), /^False ArtifactFailed: OCIRepository/)
    await s.offer([config('c15', 'c')])
    assert.match(readyOf(await s.again()), /^False DependencyNotReady: dependency 'c15\/root' not found/)
    assert.deepEqual(await s.events(), ['Normal DependencyNotReady Dependencies do not meet ready condition, retrying in 30s'])
  })

  verifies('kustomization/C16', 'new content under the same revision is applied by the next run, and the old pruned', async () => {
    const s = await stage('c16')
    await s.ship([config('c16', 'old')])
    await s.offer([config('c16', 'new')])
    await artifact(s, { revision: 'v1' })
    const ks = await s.again()
    assert.deepEqual([readyOf(ks), idsOf(ks)], [applied(1), ['c16_new__ConfigMap']])
    assert.equal(await s.get(config('c16', 'old')), undefined)
  })

  verifies('kustomization/C17', 'the same text twice is one event, with the annotations of the first', async () => {
    const s = await stage('c17')
    const spec = { dependsOn: [{ name: 'root' }] }
    await s.ship([config('c17', 'c')], spec)
    await s.ship([config('c17', 'c')], spec)
    const events = await eventsOf(s)
    assert.deepEqual(
      events.map(e => [e.count, e.metadata.annotations]),
      [[2, { [`${toolkit}/revision`]: 'v1' }]],
    )
  })

  test('a request is answered by every run: failed, waiting or done', async () => {
    const s = await stage('requests')
    const request = (token: string): Promise<KubeObject> => s.edit(app('requests'), { metadata: { annotations: { [requestedAt]: token } } })
    await s.ship({ 'a.yaml': 'broken' })
    await request('1')
    assert.equal((await s.again()).status?.lastHandledReconcileAt, '1')
    await artifact(s, null)
    await request('2')
    assert.equal((await s.again()).status?.lastHandledReconcileAt, '2')
    await s.offer([config('requests', 'c')])
    await request('3')
    const ks = await s.again()
    assert.deepEqual([ks.status?.lastHandledReconcileAt, readyOf(ks)], ['3', applied(2)])
    assert.equal(conditionOf(ks, 'Reconciling'), undefined)
  })

  test('what changes during a run is for the next one', async () => {
    const s = await stage('during')
    const request = (token: string): JsonObject => ({ metadata: { annotations: { [requestedAt]: token } } })
    await s.ship([config('during', 'c')])
    await s.edit(app('during'), request('before'))
    await s.offer([config('during', 'd')])
    let edits = 0
    const meddling = over(cluster(), {
      apply: async (object, options, stop) => {
        if (edits++ === 0) await s.edit(app('during'), { ...request('meanwhile'), spec: { commonMetadata: { labels: { late: 'yes' } } } })
        return cluster().apply(object, options, stop)
      },
    })
    const ks = await s.again({ cluster: meddling })
    assert.deepEqual(
      [
        ks.metadata.generation,
        ks.status?.observedGeneration,
        conditionOf(ks, 'Ready')?.observedGeneration,
        ks.status?.lastHandledReconcileAt,
      ],
      [2, 1, 1, 'before'],
    )
    assert.equal((await s.get(config('during', 'd')))?.metadata.labels?.late, undefined)
    const next = await s.again()
    assert.deepEqual([next.status?.observedGeneration, next.status?.lastHandledReconcileAt], [2, 'meanwhile'])
    assert.equal((await s.get(config('during', 'd')))?.metadata.labels?.late, 'yes')
  })

  test('an object that changes while its finalizer is set or dropped is read again', async () => {
    const s = await stage('finalizer')
    await s.offer([config('finalizer', 'c')])
    await s.apply(app('finalizer'))
    const racing = (n: number): Cluster => {
      let left = n
      return over(cluster(), {
        patch: async (ref, patch, stop) => {
          if (patch.type === 'merge' && patch.body.metadata && left-- > 0)
            await s.edit(app('finalizer'), { metadata: { labels: { left: `${left}` } } })
          return cluster().patch(ref, patch, stop)
        },
      })
    }
    const ks = await s.again({ cluster: racing(2) })
    assert.deepEqual([readyOf(ks), ks.metadata.finalizers, ks.metadata.labels], [applied(1), ['finalizers.fluxcd.io'], { left: '0' }])
    await cluster().delete(s.ref, {}, signal)
    assert.equal((await s.pass({ cluster: racing(2) })).is, 'gone')
    assert.equal(await s.get(app('finalizer')), undefined)
  })

  test('a run says step by step what it does', async () => {
    const s = await stage('steps')
    const said: string[] = []
    const spec = { wait: true, timeout: '90s' }
    await s.ship([config('steps', 'c')], spec, { progress: message => void said.push(message) })
    const steps = ['Fetching manifests', 'Building manifests', 'Detecting drift', 'Running health checks']
    assert.deepEqual(
      said.filter(m => m.endsWith(' with a timeout of 1m30s')),
      steps.map(step => `${step} for revision v1 with a timeout of 1m30s`),
    )
  })

  test('an event carries what annotations of the object say, and a long one is not cut short', async () => {
    const s = await stage('copied')
    await s.apply({
      ...app('copied'),
      metadata: { name: 'app', namespace: 'copied', annotations: { 'event.toolkit.fluxcd.io/team': 'a' } },
    })
    const objects = Array.from({ length: 60 }, (_, i) => config('copied', `config-with-a-rather-long-name-${i}`))
    await s.offer(objects)
    assert.equal(readyOf(await s.again()), applied(1))
    const events = await eventsOf(s)
    assert.ok(events.every(e => e.metadata.annotations?.['event.toolkit.fluxcd.io/team'] === 'a'))
    const created = events.find(e => String(e.message).startsWith('ConfigMap'))
    assert.equal(String(created?.message).split('\n').length, 60)
  })

  test('a field that our engine has not stalls the object, and nothing is changed', async () => {
    const s = await stage('unsupported')
    await s.apply(config(s.namespace, 'c', { key: 'live' }))
    const ks = await s.ship(
      [config(s.namespace, 'c', { key: 'new' }), config(s.namespace, 'd')],
      { force: true },
      { unsupported: ['force'] },
    )
    const message = "spec.force is not supported by this engine: remove the field, or let Flux's controller handle this object"
    assert.equal(readyOf(ks), `False Unsupported: ${message}`)
    assert.deepEqual(typesOf(ks), ['Stalled', 'Ready'])
    assert.equal(conditionOf(ks, 'Stalled')?.message, message)
    assert.deepEqual([ks.metadata.finalizers ?? [], ks.status?.observedGeneration, ks.status?.inventory], [[], 1, undefined])
    assert.deepEqual((await s.get(config(s.namespace, 'c')))?.data, { key: 'live' })
    assert.equal(await s.get(config(s.namespace, 'd')), undefined)
    assert.deepEqual(await s.events(), [`Warning Unsupported ${message}`])
    const driven = await s.pass({ unsupported: ['force'] })
    assert.equal(driven.is === 'done' && driven.settled.requeueMs, undefined)
  })

  test('a Secret that is still encrypted fails the run, and nothing is applied', async () => {
    const s = await stage('encrypted')
    const sealed = secret('encrypted', 'sealed', {
      stringData: { key: 'ENC[AES256_GCM,data:x,type:str]' },
      sops: { mac: 'ENC[AES256_GCM]' },
    })
    const ks = await s.ship([config('encrypted', 'c'), sealed])
    const message = 'Secret/encrypted/sealed is SOPS encrypted, configuring decryption is required for this secret to be reconciled'
    assert.equal(readyOf(ks), `False ReconciliationFailed: ${message}`)
    assert.equal(reconciling(ks), 'ProgressingWithRetry: Detecting drift for revision v1 with a timeout of 9m30s')
    assert.equal(await s.get(config('encrypted', 'c')), undefined)
    assert.deepEqual(await s.events(), [`Warning ReconciliationFailed ${message}`])
  })

  test('a build without end is stopped with an error, and the next run works', async () => {
    const s = await stage('hostile')
    const bomb = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(',')}]`)
    const files = { 'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${bomb.join('\n')}\n` }
    assert.match(readyOf(await s.ship(files)), /^False BuildFailed: /)
    assert.equal(readyOf(await s.ship([deployment('hostile', 'd')])), applied(2))
    assert.equal(listAt(await s.get(deployment('hostile', 'd')), 'spec', 'template', 'spec', 'containers').length, 1)
  })
}
