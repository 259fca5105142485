import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mediaTypes } from '../../../src/kinds/oci.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { parseOciUrl } from '../../../src/lib/reference.ts'
import { unpack } from '../../../src/lib/untar.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { pushLayers } from '../../support/push.ts'
import { artifactOf, judged, type Pass, revisionOf, type Scene } from './scene.ts'
import { unending } from '../../support/unending.ts'

const limits = { maxBytes: 1e7, maxEntries: 1e4, maxEntryBytes: 1e7 }
const signal = unending

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

/** The bytes that an artifact's URL serves. */
export async function served(s: Scene, pass: Pick<Pass, 'object'>): Promise<Buffer> {
  const { url, digest } = artifactOf(pass.object)
  const stream = await s.world.hands.fetcher.fetch({ url: String(url), digest: String(digest) as `${string}:${string}` }, signal)
  assert.ok(stream, 'the artifact is served')
  return whole(stream)
}
async function filesIn(s: Scene, pass: Pick<Pass, 'object'>): Promise<Record<string, string>> {
  const { files } = await unpack(one(await served(s, pass)), limits)
  return Object.fromEntries([...files].map(([path, { content }]) => [path, String(content)]))
}

/** What is pulled, and when: layers, ignore rules, nothing twice. */
export function contentTests(scene: () => Scene): void {
  const skips = (calls: readonly string[]): boolean => !calls.includes('blob') && !calls.includes('manifest')

  verifies('sources/15', 'the same revision is not pulled again', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const first = (await s.pass(ref)).object
    const { object, calls } = await s.pass(ref)
    assert.deepEqual([calls, artifactOf(object)], [['lookUp'], artifactOf(first)])
    assert.deepEqual(await s.event(ref, 'ArtifactUpToDate'), {
      type: 'Normal',
      reason: 'ArtifactUpToDate',
      message: `artifact up-to-date with remote revision: '${revisionOf(object)}'`,
      count: 1,
      annotations: {},
    })
  })

  const changes: [id: BehaviourId, says: string, before: JsonObject, after: JsonObject, pulls: boolean][] = [
    ['sources/16', 'an ignore that is gone', { ignore: 'aaa' }, {}, true],
    ['sources/17', 'the same ignore', { ignore: 'aaa' }, { ignore: 'aaa', interval: '20m', timeout: '30s', insecure: true }, false],
    ['sources/18.1', 'a selector where there was none', {}, { layerSelector: { operation: 'extract' } }, true],
    ['sources/18.2', 'an empty selector where there was none', {}, { layerSelector: {} }, true],
    ['sources/19', 'another operation', { layerSelector: { operation: 'copy' } }, { layerSelector: { operation: 'extract' } }, true],
  ]
  for (const [id, says, before, after, pulls] of changes)
    verifies(id, `${says}: the same revision is ${pulls ? '' : 'not '}pulled again`, async () => {
      const s = scene()
      const name = s.name()
      await s.push(name, 'latest', { a: '1' })
      const ref = await s.repository(name, before)
      await s.pass(ref)
      await s.repository(name, after)
      const { object, calls } = await s.pass(ref)
      assert.equal(!skips(calls), pulls, calls.join())
      assert.deepEqual(
        [object.status?.observedIgnore, object.status?.observedLayerSelector, object.status?.observedGeneration],
        [after.ignore, after.layerSelector, 2],
      )
      assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
      assert.ok(skips((await s.pass(ref)).calls), 'what was pulled is not pulled a third time')
    })

  verifies(
    'sources/156',
    'other content under the same revision replaces the file, and its news is the old one counted twice',
    async () => {
      const s = scene()
      const name = s.name()
      await s.push(name, 'latest', { 'a.yaml': '1', 'b.txt': '2' })
      const ref = await s.repository(name)
      const first = artifactOf((await s.pass(ref)).object)
      await s.repository(name, { ignore: '# no texts\n*.txt\n' })
      const pass = await s.pass(ref)
      const second = artifactOf(pass.object)
      assert.notDeepEqual([second.digest, second.size], [first.digest, first.size])
      assert.deepEqual([second.path, second.url, second.revision], [first.path, first.url, first.revision])
      assert.equal(pass.object.status?.observedIgnore, '# no texts\n*.txt\n')
      assert.deepEqual(await filesIn(s, pass), { 'a.yaml': '1' })
      const { count, annotations } = await s.event(ref, 'NewArtifact')
      assert.deepEqual([count, annotations['source.toolkit.fluxcd.io/digest']], [2, first.digest])
      assert.ok(!pass.written.some(status => JSON.stringify(status).includes('ArtifactOutdated')), 'the revision is the same')
    },
  )
  test('another ignore that changes no bytes is no news', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { 'a.yaml': '1' })
    const ref = await s.repository(name, { ignore: '*.txt' })
    const first = artifactOf((await s.pass(ref)).object)
    await s.repository(name, { ignore: '*.md' })
    const { object } = await s.pass(ref)
    assert.deepEqual([artifactOf(object).digest, object.status?.observedIgnore], [first.digest, '*.md'])
    assert.equal((await s.event(ref, 'NewArtifact')).count, 1)
  })
  test('new content is announced as outdated, then stored, and the old file stays for those who read it', async () => {
    const s = scene()
    const name = s.name()
    const old = await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    await s.pass(ref)
    const digest = await s.push(name, 'latest', { a: '2' })
    const { object, written } = await s.pass(ref)
    const text = JSON.stringify(written)
    assert.ok(
      text.includes(`"ArtifactOutdated"`) && text.includes(`new revision 'latest@${digest}' for '${s.world.registry}/${name}:latest'`),
    )
    assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
    assert.deepEqual(s.stored(ref), ['latest.tar.gz', `${digest}.tar.gz`, `${old}.tar.gz`].toSorted())
  })

  const jpeg = { 'a.yaml': '1', 'b.jpg': '2', '.github/x.yml': '3', '.sourceignore': '# none\n*.md\n', 'c.md': '4', 'd/.gitignore': '5' }
  const ignores: [id: BehaviourId, ignore: string | undefined, files: Record<string, string>, kept: string[]][] = [
    ['sources/86.2', undefined, jpeg, ['.github/x.yml', '.sourceignore', 'a.yaml', 'b.jpg']],
    ['sources/94.2', undefined, { 'a.yaml': '1', 'b.jpg': '2', '.github/x.yml': '3', 's/.sops.yaml': '4' }, ['a.yaml']],
    ['sources/94.3', '', { 'a.yaml': '1', 'b.jpg': '2' }, ['a.yaml']],
    [
      'sources/157.2',
      '!/keep/\n',
      { 'keep/.sourceignore': 'x.yaml\n', 'keep/x.yaml': '1', 'y.yaml': '2' },
      ['keep/.sourceignore', 'keep/x.yaml', 'y.yaml'],
    ],
  ]
  for (const [id, ignore, files, kept] of ignores)
    verifies(id, `of ${Object.keys(files).join(' ')} with ${JSON.stringify(ignore ?? null)} stay ${kept.join(' ')}`, async () => {
      const s = scene()
      const name = s.name()
      await s.push(name, 'latest', files)
      const pass = await s.pass(await s.repository(name, ignore === undefined ? {} : { ignore }))
      assert.deepEqual(Object.keys(await filesIn(s, pass)).toSorted(), kept)
    })

  test('a layer is copied as it is, the second one too, of whatever type', async () => {
    const s = scene()
    const name = s.name()
    const bytes = Buffer.from('no archive at all')
    await pushLayers(s.world.hands, `${s.url(name)}:latest`, [
      { mediaType: 'application/first', bytes: Buffer.from('first') },
      { mediaType: 'application/second', bytes },
    ])
    const pass = await s.pass(await s.repository(name, { layerSelector: { mediaType: 'application/second', operation: 'copy' } }))
    assert.deepEqual([artifactOf(pass.object).digest, artifactOf(pass.object).size], [sha256(bytes), bytes.length])
    assert.deepEqual(await served(s, pass), bytes)
  })
  verifies('sources/21', 'a media type that no layer has', async () => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { a: '1' })
    const { object } = await s.pass(await s.repository(name, { layerSelector: { mediaType: 'application/other' } }))
    const message = "OCIArtifactLayerOperationFailed: failed to find layer with media type 'application/other' in artifact"
    assert.deepEqual([judged(object).Ready, judged(object).FetchFailed], [`False ${message}`, `True ${message}`])
  })
  test('an artifact without layers', async () => {
    const s = scene()
    const name = s.name()
    await pushLayers(s.world.hands, `${s.url(name)}:latest`, [])
    const { object } = await s.pass(await s.repository(name))
    assert.equal(judged(object).Ready, 'False OCIArtifactLayerOperationFailed: no layers found in artifact')
  })

  test('of an index the child for linux/amd64 is pulled, the revision is the index’s', async () => {
    const s = scene()
    const name = s.name()
    const ref = parseOciUrl(`${s.url(name)}:latest`)
    const registry = await s.world.hands.registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
    const child = async (tag: string, files: Record<string, string>, platform: JsonObject): Promise<JsonObject> => {
      await s.push(name, tag, files, { which: tag })
      const { mediaType, digest, size } = await registry.lookUp({ ...ref, tag }, signal)
      return { mediaType, digest, size, platform }
    }
    const manifests = [
      await child('arm', { a: 'arm' }, { os: 'linux', architecture: 'arm64' }),
      await child('amd', { a: 'amd' }, { os: 'linux', architecture: 'amd64' }),
    ]
    const put = async (list: JsonObject[]): Promise<string> => {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: list, annotations: { which: 'index' } }),
      )
      return (await registry.pushManifest(ref, { mediaType: mediaTypes.index, bytes }, signal)).digest
    }
    const digest = await put(manifests)
    const at = await s.repository(name)
    const pass = await s.pass(at)
    assert.deepEqual([revisionOf(pass.object), (artifactOf(pass.object).metadata as JsonObject).which], [`latest@${digest}`, 'amd'])
    assert.deepEqual(await filesIn(s, pass), { a: 'amd' })
    await put(manifests.slice(0, 1))
    assert.match(
      judged((await s.pass(at)).object).Ready ?? '',
      /^False OCIArtifactPullFailed: failed to pull artifact from 'oci:.*': no child with platform linux\/amd64 in index .*\/.*:latest$/,
    )
  })
}
