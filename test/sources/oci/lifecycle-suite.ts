import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, conditionsOf } from '../../../src/kinds/manifest.ts'
import { verifies } from '../../conformance/verifies.ts'
import { artifactOf, judged, namespace, revisionOf, type Scene } from './scene.ts'
import { unending } from '../../support/unending.ts'

const origin = { 'org.opencontainers.image.source': 'https://example.com/app.git', 'org.opencontainers.image.revision': 'main@sha1:abc' }

/** From the first pass to the last. */
export function lifecycleTests(scene: () => Scene): void {
  verifies('sources/38', 'what is pushed becomes an artifact, with its conditions, its status and its news', async () => {
    const s = scene()
    const name = s.name()
    const digest = await s.push(name, 'latest', { 'a.yaml': 'a: 1\n' }, origin)
    const ref = await s.repository(name)
    const { object, written, driven } = await s.pass(ref)
    const revision = `latest@${digest}`
    const message = `stored artifact for digest '${revision}'`
    assert.deepEqual(judged(object), { Ready: `True Succeeded: ${message}`, ArtifactInStorage: `True Succeeded: ${message}` })
    const { lastUpdateTime, digest: stored, size, ...artifact } = artifactOf(object)
    const base = s.world.hands.artifacts.urlOf(`ocirepository/${namespace}/${name}`)
    assert.deepEqual(artifact, {
      path: `ocirepository/${namespace}/${name}/${digest}.tar.gz`,
      url: `${base}/${digest}.tar.gz`,
      revision,
      metadata: { 'org.opencontainers.image.created': '1970-01-01T00:00:00Z', ...origin },
    })
    assert.match(
      `${String(lastUpdateTime)} ${String(stored)} ${String(size)}`,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ sha256:[0-9a-f]{64} [1-9]\d*$/,
    )
    assert.deepEqual([object.status?.url, object.status?.observedGeneration], [`${base}/latest.tar.gz`, 1])
    assert.deepEqual(s.stored(ref), ['latest.tar.gz', `${digest}.tar.gz`])
    assert.deepEqual(await s.event(ref, 'NewArtifact'), {
      type: 'Normal',
      reason: 'NewArtifact',
      message: `stored artifact with revision '${revision}' from '${s.url(name)}', origin source 'https://example.com/app.git', origin revision 'main@sha1:abc'`,
      count: 1,
      annotations: { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': stored },
    })
    assert.deepEqual(
      written.map(status => conditionOf({ ...object, status }, 'Reconciling')?.message),
      [
        'processing object: new generation -1 -> 1',
        'building artifact',
        `building artifact: new revision '${revision}' for '${s.world.registry}/${name}:latest'`,
        undefined,
      ],
    )
    assert.ok(driven.is === 'done' && driven.settled.requeueMs !== undefined)
    assert.ok(Math.abs(driven.settled.requeueMs - 600_000) <= 30_000)
  })

  verifies('sources/155', 'a first attempt that fails says so with the reason, observes nothing and is tried again', async () => {
    const s = scene()
    const ref = await s.repository(s.name(), { ref: { tag: 'absent' } })
    for (const attempt of [1, 2]) {
      const { object, driven } = await s.pass(ref)
      const message = `failed to determine artifact digest: GET http://${s.world.registry}/v2/${ref.name}/manifests/absent: NAME_UNKNOWN: `
      const conditions = judged(object)
      assert.deepEqual(Object.keys(conditions), ['Reconciling', 'Ready', 'FetchFailed'])
      assert.equal(conditions.Reconciling, 'True ProgressingWithRetry: building artifact')
      const { Ready = '', FetchFailed } = conditions
      assert.ok(Ready.startsWith(`False OCIArtifactPullFailed: ${message}`), Ready)
      assert.equal(FetchFailed, Ready.replace('False', 'True'))
      assert.deepEqual([object.status?.observedGeneration, object.status?.artifact, object.status?.url], [-1, undefined, undefined])
      const event = await s.event(ref, 'OCIArtifactPullFailed')
      assert.deepEqual([event.type, event.count, event.annotations], ['Warning', attempt, {}])
      assert.ok(event.message.startsWith(message))
      assert.ok(driven.is === 'done' && driven.settled.backoff === true)
    }
  })

  test('a finalizer is there before anything is stored, and goes with all that was stored', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const { object } = await s.pass(ref)
    assert.deepEqual(object.metadata.finalizers, ['finalizers.fluxcd.io'])
    await s.world.cluster.delete(ref, {}, unending)
    assert.equal((await s.get(ref)).kind, 'OCIRepository', 'it waits for the finalizer')
    assert.equal((await s.pass(ref)).driven.is, 'gone')
    assert.equal((await s.get(ref)).kind, 'Gone')
    assert.deepEqual(s.stored(ref), [])
    assert.equal((await s.event(ref, 'GarbageCollectionSucceeded')).message, 'garbage collected artifacts for deleted resource')
  })
  test('what never was stored is deleted without a word', async () => {
    const s = scene()
    const ref = await s.repository(s.name())
    await s.pass(ref)
    await s.world.cluster.delete(ref, {}, unending)
    assert.equal((await s.pass(ref)).driven.is, 'gone')
    assert.ok(!(await s.events(ref)).some(e => e.reason === 'GarbageCollectionSucceeded'))
  })

  test('a suspended object is left alone, its request is noted, and it goes on when resumed', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const first = (await s.pass(ref)).object
    await s.push(name, 'latest', { a: '2' })
    await s.repository(name, { suspend: true }, { annotations: { 'reconcile.fluxcd.io/requestedAt': 'one' } })
    const { driven, object, calls } = await s.pass(ref)
    assert.deepEqual([driven.is, calls], ['suspended', []])
    assert.deepEqual(artifactOf(object), artifactOf(first))
    assert.deepEqual([object.status?.lastHandledReconcileAt, object.status?.observedGeneration], ['one', 2])
    await s.repository(name, { suspend: false })
    assert.notEqual(revisionOf((await s.pass(ref)).object), revisionOf(first))
  })

  test('a request is seen at once and noted at the end, whatever became of it', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    await s.pass(ref)
    const request = async (at: string, spec = {}): Promise<Awaited<ReturnType<Scene['pass']>>> => {
      await s.repository(name, spec, { annotations: { 'reconcile.fluxcd.io/requestedAt': at } })
      return s.pass(ref)
    }
    const good = await request('one')
    assert.deepEqual(
      good.written.map(status => [
        conditionOf({ ...good.object, status }, 'Reconciling')?.message,
        conditionOf({ ...good.object, status }, 'Ready')?.status,
        status.lastHandledReconcileAt,
      ]),
      [
        ['reconciliation in progress', 'True', undefined],
        [undefined, 'True', 'one'],
      ],
    )
    assert.equal((await request('two', { ref: { tag: 'absent' } })).object.status?.lastHandledReconcileAt, 'two')
    assert.equal((await request('three', { url: `${s.url(name)}:v1` })).object.status?.lastHandledReconcileAt, 'three')
  })

  test('a pass that finds nothing new writes its status never, or once', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const first = (await s.pass(ref)).object
    const { written, object } = await s.pass(ref)
    assert.deepEqual(written, [])
    assert.equal(object.metadata.resourceVersion, first.metadata.resourceVersion)
  })

  test('v1beta2 is the same object', async () => {
    const s = scene()
    const name = s.name()
    const digest = await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name, { ignore: '# none' }, { version: 'v1beta2' })
    const { object } = await s.pass(ref)
    assert.equal(object.apiVersion, 'source.toolkit.fluxcd.io/v1')
    const old = await s.get({ ...ref, version: 'v1beta2' })
    assert.equal(old.apiVersion, 'source.toolkit.fluxcd.io/v1beta2')
    assert.deepEqual([revisionOf(old), old.spec, old.status], [`latest@${digest}`, object.spec, object.status])
  })

  test('a failure keeps the artifact; its end is told with the artifact that stayed', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const first = (await s.pass(ref)).object
    await s.repository(name, { ref: { tag: 'absent' } })
    const failing = (await s.pass(ref)).object
    assert.deepEqual([artifactOf(failing), failing.status?.observedGeneration], [artifactOf(first), 1])
    assert.equal(conditionOf(failing, 'Reconciling')?.message, 'processing object: new generation 1 -> 2')
    assert.equal(conditionOf(failing, 'ArtifactInStorage')?.observedGeneration, 1, 'nothing was stored in this generation')
    assert.deepEqual(
      conditionsOf(failing).map(c => c.type),
      ['Reconciling', 'Ready', 'FetchFailed', 'ArtifactInStorage'],
    )
    await s.repository(name, { ref: { tag: 'latest' } })
    const { object } = await s.pass(ref)
    assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
    const revision = revisionOf(object)
    assert.deepEqual(await s.event(ref, 'Succeeded'), {
      type: 'Normal',
      reason: 'Succeeded',
      message: `stored artifact with revision '${revision}' from '${s.url(name)}'`,
      count: 1,
      annotations: { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': artifactOf(object).digest },
    })
  })
}
