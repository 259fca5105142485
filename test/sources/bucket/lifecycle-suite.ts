import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { conditionOf } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { unending } from '../../support/unending.ts'
import { artifactOf, type BucketScene, judged, namespace, revisionOf } from './scene.ts'

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const revisionFor = (files: Record<string, string>): string => {
  const lines = Object.keys(files)
    .toSorted()
    .map(key => `${key} ${md5(files[key] ?? '')}\n`)
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`
}

/** From the first pass to the last, and what the artifact is made of. */
export function lifecycleTests(scene: () => BucketScene): void {
  test('the objects of a bucket become an artifact, with its conditions, its status and its news', async () => {
    const s = scene()
    const files = { 'a.yaml': 'a: 1\n', 'app/b.yaml': 'b: 2\n' }
    const ref = await s.filled(files)
    const { object, written, driven } = await s.run(ref)
    const revision = revisionFor(files)
    const message = `stored artifact: revision '${revision}'`
    assert.deepEqual(judged(object), { Ready: `True Succeeded: ${message}`, ArtifactInStorage: `True Succeeded: ${message}` })
    const { lastUpdateTime, digest, size, ...artifact } = artifactOf(object)
    const hex = revision.slice('sha256:'.length)
    const base = s.world.hands.artifacts.urlOf(`bucket/${namespace}/${ref.name}`)
    assert.deepEqual(artifact, { path: `bucket/${namespace}/${ref.name}/${hex}.tar.gz`, url: `${base}/${hex}.tar.gz`, revision })
    assert.match(
      `${String(lastUpdateTime)} ${String(digest)} ${String(size)}`,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ sha256:[0-9a-f]{64} [1-9]\d*$/,
    )
    assert.deepEqual([object.status?.url, object.status?.observedGeneration], [`${base}/latest.tar.gz`, 1])
    assert.deepEqual(s.stored(ref), [`${hex}.tar.gz`, 'latest.tar.gz'].toSorted())
    assert.deepEqual(await s.files(object), files)
    assert.deepEqual(await s.event(ref, 'NewArtifact'), {
      type: 'Normal',
      reason: 'NewArtifact',
      message: `stored artifact with 2 fetched files from '${ref.name}' bucket`,
      count: 1,
      annotations: { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': digest },
    })
    assert.deepEqual(
      written.map(status => conditionOf({ ...object, status }, 'Reconciling')?.message),
      [
        'processing object: new generation -1 -> 1',
        'building artifact',
        `building artifact: new upstream revision '${revision}'`,
        undefined,
      ],
    )
    assert.ok(driven.is === 'done' && driven.settled.requeueMs !== undefined)
    assert.ok(Math.abs(driven.settled.requeueMs - 600_000) <= 30_000)
  })

  test('a bucket that did not change is listed, and nothing of it is fetched but its ignore file', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1', b: '2' })
    const first = (await s.run(ref)).object
    s.asked()
    const { object } = await s.run(ref)
    assert.deepEqual(s.asked(), [`HEAD /${ref.name}/`, `GET /${ref.name}/.sourceignore`, `GET /${ref.name}/?list`])
    assert.deepEqual(artifactOf(object), artifactOf(first))
    assert.equal((await s.event(ref, 'ArtifactUpToDate')).message, `artifact up-to-date with remote revision: '${revisionOf(object)}'`)
  })

  test('a change makes a new artifact, and says before that the old one is outdated', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    const before = (await s.run(ref)).object
    await s.store.put(ref.name, 'a', '2')
    const { object, written } = await s.run(ref)
    assert.deepEqual([revisionOf(object), await s.files(object)], [revisionFor({ a: '2' }), { a: '2' }])
    assert.notEqual(revisionOf(object), revisionOf(before))
    const outdated = written.map(status => conditionOf({ ...object, status }, 'ArtifactOutdated')).find(Boolean)
    assert.deepEqual(
      [outdated?.status, outdated?.reason, outdated?.message],
      ['True', 'NewRevision', `new upstream revision '${revisionOf(object)}'`],
    )
  })

  verifies('sources/150', 'the ignore file decides what is in the index, and is itself in the artifact', async () => {
    const s = scene()
    const ref = await s.filled({ '.sourceignore': '*.txt', 'foo.yaml': 'foo', 'foo.txt': 'no' })
    const { object } = await s.run(ref)
    assert.equal(revisionOf(object), revisionFor({ 'foo.yaml': 'foo' }))
    assert.deepEqual(await s.files(object), { '.sourceignore': '*.txt', 'foo.yaml': 'foo' })
    assert.match((await s.event(ref, 'NewArtifact')).message, /with 1 fetched files/)
  })
  verifies('sources/151', 'the ignore of the spec comes after that of the file', async () => {
    const s = scene()
    const ref = await s.filled({ '.sourceignore': '*.txt', 'foo.yaml': 'foo', 'foo.txt': 'yes' }, { ignore: '!*.txt' })
    const { object } = await s.run(ref)
    assert.equal(revisionOf(object), revisionFor({ 'foo.yaml': 'foo', 'foo.txt': 'yes' }))
    assert.deepEqual(object.status?.observedIgnore, '!*.txt')
  })

  const midway: [id: BehaviourId, says: string, change: (s: BucketScene, name: string) => Promise<void>, after: Record<string, string>][] =
    [
      ['sources/152.1', 'an object that vanished after the listing leaves the index', (s, name) => s.store.remove(name, 'b'), { a: '1' }],
      [
        'sources/152.2',
        'an object that changed after the listing is in the index as it was read',
        (s, name) => s.store.put(name, 'b', '3'),
        { a: '1', b: '3' },
      ],
    ]
  for (const [id, says, change, after] of midway)
    verifies(id, says, async () => {
      const s = scene()
      const ref = await s.filled({ a: '1', b: '2' })
      s.store.answer = ({ url = '' }) => {
        if (url.endsWith('/b')) {
          s.store.answer = undefined
          void change(s, ref.name)
        }
        return false
      }
      const { object } = await s.run(ref)
      assert.deepEqual([revisionOf(object), await s.files(object)], [revisionFor(after), after])
      s.asked()
      assert.deepEqual(artifactOf((await s.run(ref)).object), artifactOf(object), 'the next listing agrees')
      assert.ok(!s.asked().includes(`GET /${ref.name}/a`))
    })

  const ignores: [says: string, ignore: string | undefined, kept: string[]][] = [
    ['nothing is left out by itself', undefined, ['.git/config', '.github/ci.yml', 'a.zip', 'b/c.png', 'd.yaml']],
    ['an empty list leaves nothing out', '', ['.git/config', '.github/ci.yml', 'a.zip', 'b/c.png', 'd.yaml']],
    ['a folder is left out with what is in it', 'b/', ['.git/config', '.github/ci.yml', 'a.zip', 'd.yaml']],
    ['all but what is named', '/*\n!/d.yaml', ['d.yaml']],
  ]
  for (const [says, ignore, kept] of ignores)
    test(`the ignore of the spec: ${says}`, async () => {
      const s = scene()
      const files = { '.git/config': '1', '.github/ci.yml': '1', 'a.zip': '1', 'b/c.png': '1', 'd.yaml': '1' }
      const { object } = await s.run(await s.filled(files, ignore === undefined ? {} : { ignore }))
      assert.deepEqual(Object.keys(await s.files(object)).toSorted(), kept)
    })

  test('an ignore that changes what is taken makes a new artifact, another does not', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1', b: '2' })
    const first = (await s.run(ref)).object
    await s.bucket(ref.name, { ignore: 'other' })
    const same = (await s.run(ref)).object
    assert.deepEqual([artifactOf(same), same.status?.observedIgnore], [artifactOf(first), undefined])
    await s.bucket(ref.name, { ignore: 'b' })
    const { object } = await s.run(ref)
    assert.deepEqual([revisionOf(object), object.status?.observedIgnore], [revisionFor({ a: '1' }), 'b'])
    assert.deepEqual(await s.files(object), { a: '1' })
  })

  test('a prefix chooses, and the ignore file is still that of the root', async () => {
    const s = scene()
    const ref = await s.filled({ '.sourceignore': 'x.yaml', 'app/x.yaml': '1', 'app/y.yaml': '2', 'other/z.yaml': '3' }, { prefix: 'app/' })
    assert.deepEqual(await s.files((await s.run(ref)).object), { '.sourceignore': 'x.yaml', 'app/y.yaml': '2' })
  })

  test('placeholders of folders are no files, and a bucket may be empty', async () => {
    const s = scene()
    const { object } = await s.run(await s.filled({ 'app/': '' }))
    assert.equal(revisionOf(object), revisionFor({}))
    assert.deepEqual(await s.files(object), {})
  })

  test('many objects are fetched a hundred at a time, and as one artifact', async () => {
    const s = scene()
    const files = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f/${i}.yaml`, `n: ${i}\n`]))
    const ref = await s.filled(files)
    let [waiting, most] = [0, 0]
    const full = Promise.withResolvers<void>()
    s.store.answer = async ({ url = '' }) => {
      if (!url.includes('/f/')) return false
      most = Math.max(most, ++waiting)
      if (waiting === 100) full.resolve()
      await full.promise
      waiting--
      return false
    }
    const { object } = await s.run(ref)
    s.store.answer = undefined
    assert.deepEqual([revisionOf(object), await s.files(object)], [revisionFor(files), files])
    assert.equal(most, 100)
  })

  test('a finalizer is there before anything is stored, and goes with all that was stored', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    assert.deepEqual((await s.run(ref)).object.metadata.finalizers, ['finalizers.fluxcd.io'])
    await s.world.cluster.delete(ref, {}, unending)
    assert.equal((await s.run(ref)).driven.is, 'gone')
    assert.deepEqual([(await s.get(ref)).kind, s.stored(ref)], ['Gone', []])
  })

  test('a suspended bucket is left alone', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' }, { suspend: true })
    s.asked()
    assert.equal((await s.run(ref)).driven.is, 'suspended')
    assert.deepEqual(s.asked(), [])
  })

  test('an artifact that is gone from storage is fetched again, under the same revision', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    const first = (await s.run(ref)).object
    const cleared: JsonObject = { artifact: { ...artifactOf(first), digest: `sha256:${'0'.repeat(64)}` } }
    await s.world.cluster.patch(ref, { type: 'merge', body: { status: cleared }, manager: 'test', subresource: 'status' }, unending)
    const { object } = await s.run(ref)
    assert.deepEqual([revisionOf(object), artifactOf(object).digest], [revisionOf(first), artifactOf(first).digest])
    assert.equal((await s.event(ref, 'ArtifactVerificationFailed')).type, 'Warning')
  })

  test('older versions of the API are the same object', async () => {
    const s = scene()
    const ref = await s.filled({ a: '1' })
    await s.bucket(ref.name, {}, { version: 'v1beta2' })
    assert.equal(revisionOf((await s.run(ref)).object), revisionFor({ a: '1' }))
  })
}
