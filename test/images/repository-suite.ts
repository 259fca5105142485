import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf } from '../../src/kinds/manifest.ts'
import { objectAt, type JsonObject } from '../../src/lib/json.ts'
import { sqliteTags } from '../../src/world/tags/sqlite.ts'
import { StorageError } from '../../src/world/storage/error.ts'
import { unending } from '../support/unending.ts'
import { again, judged, namespace, type Scene } from './scene.ts'

const requestedAt = 'reconcile.fluxcd.io/requestedAt'
const succeeded = (count: number): string => `True Succeeded: successful scan: found ${count} tags`

/** ImageRepositories from the first scan to the last. */
export function repositoryTests(scene: () => Scene): void {
  test('a first scan keeps the tags, and says what it found', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1.0.0', '1.1.0', '1.1.0.sig'])
    const ref = await s.repository(name)
    const { object, written, ...pass } = await s.pass(ref)
    assert.deepEqual(judged(object), { Ready: succeeded(2) })
    const { conditions: _, lastScanResult, ...status } = object.status ?? {}
    const { scanTime, ...scan } = lastScanResult as JsonObject
    assert.match(String(scanTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual(scan, { tagCount: 2, latestTags: ['1.1.0', '1.0.0'] })
    assert.deepEqual(status, { observedGeneration: 1, canonicalImageName: s.image(name), observedExclusionList: [String.raw`^.*\.sig$`] })
    assert.deepEqual((await s.kept(ref)).toSorted(), ['1.0.0', '1.1.0'])
    assert.deepEqual(
      written.map(one => conditionOf({ ...object, status: one }, 'Reconciling')?.message),
      ['processing object: new generation -1 -> 1', 'scanning: first scan', undefined],
    )
    assert.deepEqual(await s.events(ref), [{ type: 'Normal', reason: 'Succeeded', message: 'successful scan: found 2 tags', count: 1 }])
    assert.deepEqual(again({ object, written, ...pass }), { requeueMs: 600_000, backoff: false })
  })
  test('between two scans nothing is read, and afterwards all is', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1.0.0'])
    const ref = await s.repository(name)
    await s.pass(ref)
    const silent = { open: () => Promise.reject(new Error('the registry was asked')) }
    s.clock.advance(60_000)
    const idle = await s.pass(ref, { hands: { registries: silent } })
    assert.equal(judged(idle.object).Ready, succeeded(1))
    const { requeueMs = 0 } = again(idle)
    assert.ok(requeueMs <= 540_000 && requeueMs > 538_000, String(requeueMs))
    await s.push(name, ['1.1.0'])
    s.clock.advance(requeueMs)
    assert.equal(judged((await s.pass(ref)).object).Ready, succeeded(2))
    const told = await s.events(ref)
    assert.deepEqual(told.map(e => `${e.type} ${e.message.replace(/next scan in .*/, 'next scan in')}`).toSorted(), [
      'Normal no change in repository configuration since last scan, next scan in',
      'Normal successful scan: found 1 tags',
      'Normal successful scan: found 2 tags',
    ])
  })
  test('a request, another image and another exclusion list are scanned for at once', async () => {
    const s = scene()
    const [name, other] = [s.name(), s.name()]
    await s.push(name, ['1', '2'])
    await s.push(other, ['3', '4', '5'])
    const ref = await s.repository(name)
    await s.pass(ref)
    await s.push(name, ['6'])
    await s.repository(name, {}, { annotations: { [requestedAt]: 'now' } })
    const asked = await s.pass(ref)
    assert.deepEqual([judged(asked.object).Ready, asked.object.status?.lastHandledReconcileAt], [succeeded(3), 'now'])
    await s.repository(name, { exclusionList: ['^1$'] })
    assert.equal(judged((await s.pass(ref)).object).Ready, succeeded(2))
    await s.repository(name, { image: s.image(other) })
    const { object } = await s.pass(ref)
    assert.deepEqual([judged(object).Ready, object.status?.canonicalImageName], [succeeded(3), s.image(other)])
    assert.deepEqual((await s.kept(ref)).toSorted(), ['3', '4', '5'])
  })
  test('tags that were lost are scanned for again, and whoever waits for them sees a transition', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    await s.pass(ref)
    const lost = sqliteTags({ file: `${s.world.folder}/.images/${name}.sqlite` })
    const { object, written } = await s.pass(ref, { hands: { tags: lost } })
    lost.close()
    assert.equal(judged(object).Ready, succeeded(1))
    assert.deepEqual(
      written.map(one => conditionOf({ ...object, status: one }, 'Ready')?.status),
      ['Unknown', 'True'],
    )
  })

  const invalid: [image: string, message: string][] = [
    ['https://ghcr.io/a/b', "image 'https://ghcr.io/a/b' should not include URL scheme; remove 'https://'"],
    ['ghcr.io/a/b:1', "image 'ghcr.io/a/b:1' should not include a tag; remove ':1'"],
  ]
  for (const [image, message] of invalid)
    test(`an image that is none stalls: ${image}`, async () => {
      const s = scene()
      const ref = await s.repository(s.name(), { image })
      const pass = await s.pass(ref)
      assert.deepEqual(judged(pass.object), { Stalled: `True ImageURLInvalid: ${message}`, Ready: `False ImageURLInvalid: ${message}` })
      assert.deepEqual([pass.object.status?.observedGeneration, again(pass)], [1, { requeueMs: undefined, backoff: false }])
      assert.deepEqual(await s.events(ref), [{ type: 'Warning', reason: 'ImageURLInvalid', message, count: 1 }])
    })
  test('a repository that is not there is told in the words of the registry, and tried again', async () => {
    const s = scene()
    const name = s.name()
    const ref = await s.repository(name)
    const pass = await s.pass(ref)
    const { Ready = '', Reconciling } = judged(pass.object)
    assert.match(
      Ready,
      new RegExp(`^False ReadOperationFailed: scan failed: GET http://${s.world.registry}/v2/${name}/tags/list.*: NAME_UNKNOWN`),
    )
    assert.equal(Reconciling, 'True ProgressingWithRetry: scanning: first scan')
    assert.deepEqual([pass.object.status?.observedGeneration, again(pass)], [-1, { requeueMs: undefined, backoff: true }])
    assert.deepEqual(
      (await s.events(ref)).map(e => [e.type, e.reason]),
      [['Warning', 'ReadOperationFailed']],
    )
    await s.push(name, ['1'])
    assert.deepEqual(judged((await s.pass(ref)).object), { Ready: succeeded(1) })
  })
  test('an expression that is none fails the scan, and the tags of before stay', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    await s.pass(ref)
    await s.repository(name, { exclusionList: ['[='] })
    const { object } = await s.pass(ref)
    assert.equal(
      judged(object).Ready,
      'False ReadOperationFailed: scan failed: failed to compile regex [=: error parsing regexp: missing closing ]: `[=`',
    )
    assert.deepEqual(await s.kept(ref), ['1'])
  })
  test('a request whose scan failed is answered, and the scan is still made', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    await s.pass(ref)
    await s.push(name, ['2'])
    await s.repository(name, {}, { annotations: { [requestedAt]: 'then' } })
    const down = { open: () => Promise.reject(new Error('the registry is down')) }
    const failing = await s.pass(ref, { hands: { registries: down } })
    assert.deepEqual(
      [judged(failing.object).Ready, failing.object.status?.lastHandledReconcileAt],
      ['False ReadOperationFailed: scan failed: the registry is down', 'then'],
    )
    assert.equal(judged((await s.pass(ref)).object).Ready, succeeded(2))
  })
  test('tags that cannot be kept or read are told', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    const full = new StorageError('DISK_FULL', 'tags.sqlite')
    const tags = { ...s.world.hands.tags, write: () => Promise.reject(full) }
    assert.equal(
      judged((await s.pass(ref, { hands: { tags } })).object).Ready,
      `False ReadOperationFailed: scan failed: failed to set tags for "${s.image(name)}": ${full.message}`,
    )
    await s.pass(ref)
    const unread = { ...s.world.hands.tags, read: () => Promise.reject(full) }
    assert.equal(
      judged((await s.pass(ref, { hands: { tags: unread } })).object).Ready,
      `False Failure: failed to determine if it's scan time: ${full.message}`,
    )
  })
  test('a scan takes no longer than it may', async () => {
    const s = scene()
    const name = s.name()
    const ref = await s.repository(name, { timeout: '2s' })
    const hanging = async function* (_: unknown, signal: AbortSignal): AsyncIterable<string> {
      s.clock.advance(2000)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      yield ''
    }
    const registry = await s.world.hands.registries.open({ credentials: { type: 'anonymous' } }, 'lookup')
    const hung = new Proxy(registry, { get: (target, key) => (key === 'listTags' ? hanging : Reflect.get(target, key)) })
    const { object } = await s.pass(ref, { hands: { registries: { open: async () => hung } } })
    assert.equal(
      judged(object).Ready,
      'False ReadOperationFailed: scan failed: context deadline exceeded: listing tags took longer than 2s',
    )
  })
  test('suspended, nothing is read and nothing said, but what was said holds', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    await s.pass(ref)
    await s.repository(name, { suspend: true })
    const { driven, object } = await s.pass(ref, { hands: { registries: { open: () => Promise.reject(new Error('asked')) } } })
    assert.equal(driven.is, 'suspended')
    assert.deepEqual([object.status?.observedGeneration, conditionOf(object, 'Ready')?.observedGeneration], [2, 1])
  })
  test('what is deleted leaves no tags', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, ['1'])
    const ref = await s.repository(name)
    await s.pass(ref)
    const owner = { cluster: s.world.cluster.server, namespace, name }
    assert.deepEqual(await s.world.hands.tags.read(owner, s.image(name)), ['1'])
    await s.world.cluster.delete(ref, {}, unending)
    assert.equal((await s.pass(ref)).driven.is, 'gone')
    assert.deepEqual(await s.world.hands.tags.read(owner, s.image(name)), [])
    assert.equal((await s.get(ref)).kind, 'Gone')
  })
  for (const version of ['v1beta1', 'v1'])
    test(`one of ${version} is scanned as well`, async () => {
      const s = scene()
      const name = s.name()
      await s.push(name, ['1', '2.sig'])
      const ref = await s.repository(name, {}, { version })
      const { object } = await s.pass(ref)
      assert.equal(judged(object).Ready, succeeded(1))
      assert.equal(objectAt(object, 'status', 'lastScanResult').tagCount, 1)
    })
}
