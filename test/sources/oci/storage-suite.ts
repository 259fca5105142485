import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as promises from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { conditionOf, type KubeObject, type ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { StorageError } from '../../../src/world/storage/error.ts'
import { diskArtifacts } from '../../../src/world/storage/disk.ts'
import type { Artifacts } from '../../../src/world/storage/artifacts.ts'
import type { Files } from '../../../src/world/storage/durable.ts'
import { refusing, storingSteps } from '../../support/broken-disk.ts'
import type { Scratch } from '../../../src/world/storage/scratch.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { served } from './content-suite.ts'
import { artifactOf, judged, type Pass, type Scene } from './scene.ts'
import { unending } from '../../support/unending.ts'

/** What becomes of stored files: lost, damaged, old, not to be written. */
export function storageTests(scene: () => Scene): void {
  const stored = async (spec: JsonObject = {}): Promise<{ ref: ObjectRef; object: KubeObject; path: string }> => {
    const s = scene()
    const name = s.name()
    await s.push(name, 'latest', { 'a.yaml': 'a: 1' })
    const ref = await s.repository(name, spec)
    const { object } = await s.pass(ref)
    return { ref, object, path: join(s.world.folder, String(artifactOf(object).path)) }
  }
  const setStatus = (ref: ObjectRef, status: JsonObject): Promise<KubeObject> =>
    scene().world.cluster.patch(ref, { type: 'merge', body: { status }, manager: 'test', subresource: 'status' }, unending)
  /** Conditions as a write of the pass left them. */
  const shown = ({ object, written }: Pass, at: number): Record<string, string> => judged({ ...object, status: written[at] ?? {} })

  const damages: [
    id: BehaviourId,
    says: string,
    damage: (found: { ref: ObjectRef; path: string }) => Promise<unknown>,
    why: string | undefined,
  ][] = [
    ['sources/35.1', 'that is missing', async ({ path }) => rmSync(path), undefined],
    [
      'sources/35.2',
      'without a digest in the status',
      ({ ref }) => setStatus(ref, { artifact: { digest: null } }),
      'artifact has no digest',
    ],
    ['sources/35.3', 'that is torn', async ({ path }) => writeFileSync(path, 'torn'), "computed digest doesn't match '"],
  ]
  for (const [id, says, damage, why] of damages)
    verifies(id, `a file ${says} is gone, said to have disappeared, and stored again without news`, async () => {
      const s = scene()
      const found = await stored()
      await damage(found)
      const pass = await s.pass(found.ref)
      const message = 'Progressing: building artifact: disappeared from storage'
      assert.deepEqual(shown(pass, 0), { Reconciling: `True ${message}`, Ready: `Unknown ${message}` })
      assert.deepEqual([pass.written[0]?.artifact, pass.written[0]?.url], [undefined, undefined])
      assert.deepEqual(
        [artifactOf(pass.object).digest, Object.keys(judged(pass.object))],
        [artifactOf(found.object).digest, ['Ready', 'ArtifactInStorage']],
      )
      await served(s, pass)
      const events = await s.events(found.ref)
      const corrupt = events.filter(e => e.reason === 'ArtifactVerificationFailed')
      assert.equal(corrupt.length, why === undefined ? 0 : 1)
      for (const { type, message: text } of corrupt) {
        assert.equal(type, 'Warning')
        assert.ok(text.startsWith(`failed to verify integrity of artifact: ${why}`), text)
      }
      assert.equal(events.find(e => e.reason === 'NewArtifact')?.count, id === 'sources/35.2' ? 2 : 1)
    })
  verifies('sources/35.4', 'a file that cannot be fetched again stays disappeared, and the failure says why', async () => {
    const s = scene()
    const { ref, path } = await stored()
    rmSync(path)
    await s.repository(ref.name, { ref: { tag: 'absent' } })
    const { object } = await s.pass(ref)
    assert.equal(judged(object).Reconciling, 'True ProgressingWithRetry: building artifact: disappeared from storage')
    assert.match(judged(object).Ready ?? '', /^False OCIArtifactPullFailed/)
    assert.deepEqual(
      [object.status?.artifact, object.status?.url, conditionOf(object, 'ArtifactInStorage')],
      [undefined, undefined, undefined],
    )
  })
  test('a path in the status that leads out of the storage deletes nothing', async () => {
    const s = scene()
    const { ref } = await stored()
    writeFileSync(join(s.world.folder, 'treasure'), 'x')
    await setStatus(ref, { artifact: { path: 'ocirepository/../treasure', digest: `sha256:${'0'.repeat(64)}` } })
    assert.match(judged((await s.pass(ref)).object).Ready ?? '', /^True Succeeded/)
    assert.ok(existsSync(join(s.world.folder, 'treasure')))
  })

  verifies('sources/36', 'the addresses follow the host that serves, and nothing else changes', async () => {
    const s = scene()
    const { ref, object: first } = await stored()
    const artifacts = diskArtifacts({ folder: s.world.folder, advertised: 'other.test:9090', clock: s.world.hands.clock })
    const { object, written } = await s.pass(ref, { hands: { artifacts } })
    const { url, ...artifact } = artifactOf(object)
    const { url: _, ...before } = artifactOf(first)
    assert.deepEqual(artifact, before)
    assert.deepEqual(
      [url, object.status?.url],
      [`http://other.test:9090/${String(artifact.path)}`, `http://other.test:9090/ocirepository/sources/${ref.name}/latest.tar.gz`],
    )
    assert.deepEqual([judged(object), written.length], [judged(first), 1])
  })

  verifies('sources/37', 'of four files the current one and the newest other stay', async () => {
    const s = scene()
    const { ref, path } = await stored()
    const folder = s.folder(ref.name)
    for (const [i, name] of ['a', 'b', 'c'].entries()) {
      const at = new Date(s.world.hands.clock.now() - 10_000 + i * 1000)
      writeFileSync(join(folder, name), name)
      utimesSync(join(folder, name), at, at)
    }
    await s.pass(ref)
    assert.deepEqual(s.stored(ref), ['c', 'latest.tar.gz', path.split('/').at(-1) ?? ''].toSorted())
    assert.deepEqual(await s.event(ref, 'GarbageCollectionSucceeded'), {
      type: 'Normal',
      reason: 'GarbageCollectionSucceeded',
      message: 'garbage collected 2 artifacts',
      count: 1,
      annotations: {},
    })
  })
  test('old files go by their age, and garbage that cannot go stops nothing', async () => {
    const s = scene()
    const { ref } = await stored()
    const at = new Date(s.world.hands.clock.now() - 120_000)
    writeFileSync(join(s.folder(ref.name), 'old'), '')
    utimesSync(join(s.folder(ref.name), 'old'), at, at)
    const stubborn: Artifacts = { ...s.world.hands.artifacts, collect: () => Promise.reject(new Error('busy')) }
    assert.match(judged((await s.pass(ref, { hands: { artifacts: stubborn } })).object).Ready ?? '', /^True/)
    assert.ok(s.stored(ref).includes('old'))
    await s.pass(ref)
    assert.ok(!s.stored(ref).includes('old'))
  })

  test('what cannot be removed keeps its object until it can', async () => {
    const s = scene()
    const { ref } = await stored()
    await s.world.cluster.delete(ref, {}, unending)
    const stubborn: Artifacts = { ...s.world.hands.artifacts, remove: () => Promise.reject(new Error('busy')) }
    const { driven, object } = await s.pass(ref, { hands: { artifacts: stubborn } })
    assert.ok(driven.is === 'done' && driven.settled.backoff)
    assert.deepEqual(object.metadata.finalizers, ['finalizers.fluxcd.io'])
    const { type, message } = await s.event(ref, 'GarbageCollectionFailed')
    assert.deepEqual([type, message], ['Warning', 'garbage collection for deleted resource failed: busy'])
    assert.equal((await s.pass(ref)).driven.is, 'gone')
  })

  const refusals: [says: string, spec: JsonObject, code: 'DISK_FULL' | 'WRITE_FAILED' | 'NO_FOLDER', expected: RegExp][] = [
    ['a full disk', {}, 'DISK_FULL', /^ArchiveOperationFailed: unable to archive artifact to storage: no space left to write 'it': /],
    [
      'a full disk while copying',
      { layerSelector: { operation: 'copy' } },
      'DISK_FULL',
      /^ArchiveOperationFailed: unable to copy artifact to storage: no space/,
    ],
    [
      'a folder that cannot be made',
      {},
      'NO_FOLDER',
      /^DirectoryCreationFailed: failed to create artifact directory: folder 'it' cannot be made/,
    ],
    [
      'a file that cannot be written',
      {},
      'WRITE_FAILED',
      /^ArchiveOperationFailed: unable to archive artifact to storage: 'it' cannot be written/,
    ],
  ]
  for (const [says, spec, code, expected] of refusals)
    test(`${says} is a failure of storage; the artifact of before stays, and it ends by itself`, async () => {
      const s = scene()
      const { ref, object: first } = await stored(spec)
      await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
      const full: Artifacts = { ...s.world.hands.artifacts, store: () => Promise.reject(new StorageError(code, 'it')) }
      const { object, driven } = await s.pass(ref, { hands: { artifacts: full } })
      const { Ready = '', StorageOperationFailed = '', FetchFailed } = judged(object)
      assert.match(StorageOperationFailed.replace('True ', ''), expected)
      assert.deepEqual([Ready, FetchFailed], [StorageOperationFailed.replace('True', 'False'), undefined])
      assert.deepEqual(artifactOf(object), artifactOf(first))
      assert.ok(driven.is === 'done' && driven.settled.backoff)
      assert.deepEqual(Object.keys(judged((await s.pass(ref)).object)), ['Ready', 'ArtifactInStorage'])
    })
  test('a failure of storage does not stay beside a later one of fetching', async () => {
    const s = scene()
    const { ref } = await stored()
    await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
    const full: Artifacts = { ...s.world.hands.artifacts, store: () => Promise.reject(new StorageError('DISK_FULL', 'it')) }
    await s.pass(ref, { hands: { artifacts: full } })
    await s.repository(ref.name, { ref: { tag: 'absent' } })
    const { object } = await s.pass(ref)
    assert.deepEqual([conditionOf(object, 'StorageOperationFailed'), conditionOf(object, 'FetchFailed')?.status], [undefined, 'True'])
  })
  test('a link that cannot be moved is told, and stops nothing', async () => {
    const s = scene()
    const { ref, object: first } = await stored()
    await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
    rmSync(join(s.folder(ref.name), 'latest.tar.gz'))
    mkdirSync(join(s.folder(ref.name), 'latest.tar.gz'))
    const { object } = await s.pass(ref)
    assert.match(judged(object).Ready ?? '', /^True Succeeded/)
    assert.equal(object.status?.url, first.status?.url)
    const { type, message } = await s.event(ref, 'SymlinkUpdateFailed')
    assert.equal(type, 'Normal')
    assert.match(message, /^failed to update status URL symlink: /)
  })

  test('what is stored is served whole and in parts, under its own address and the newest one', async () => {
    const s = scene()
    const { object, path } = await stored()
    const { url, size } = artifactOf(object)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const whole = await served(s, { object })
    assert.equal(whole.length, size)
    const part = await fetch(String(object.status?.url), { headers: { range: 'bytes=2-5' } })
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, whole.subarray(2, 6)])
    const etag = (await fetch(String(url), { method: 'HEAD' })).headers.get('etag') ?? ''
    assert.equal((await fetch(String(url), { headers: { 'if-none-match': etag } })).status, 304)
  })

  const replacements: [says: string, replace: (path: string) => void][] = [
    ['a link to a copy of it', path => (renameSync(path, `${path}.moved`), symlinkSync(`${path}.moved`, path))],
    ['a link out of the storage', path => (rmSync(path), symlinkSync('/etc/hostname', path))],
    ['a folder', path => (rmSync(path), mkdirSync(join(path, 'x'), { recursive: true }))],
    ['other bytes of its size', path => writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'))],
    ['half of it', path => writeFileSync(path, readFileSync(path).subarray(0, Math.floor(statSync(path).size / 2)))],
    ['a file that nobody may read', path => (writeFileSync(path, 'x'), chmodSync(path, 0o000))],
  ]
  for (const [says, replace] of replacements)
    test(`a file in whose place is ${says} is detected, and stored again by the same pass`, async () => {
      const s = scene()
      const { ref, object: first, path } = await stored()
      replace(path)
      const pass = await s.pass(ref)
      assert.equal(shown(pass, 0).Reconciling, 'True Progressing: building artifact: disappeared from storage')
      assert.deepEqual([lstatSync(path).isFile(), artifactOf(pass.object).digest], [true, artifactOf(first).digest])
      await served(s, pass)
    })

  const onBroken = (files: Partial<Files>): { artifacts: Artifacts } => {
    const { folder, hands } = scene().world
    return {
      artifacts: diskArtifacts({ folder, advertised: hands.artifacts.advertised, clock: hands.clock, files: { ...promises, ...files } }),
    }
  }
  for (const [step, files] of storingSteps)
    test(`a disk that is full at ${step}: what was there is served, nothing else is left, and the next run with room succeeds`, async () => {
      const s = scene()
      const { ref, object: first } = await stored()
      const before = s.stored(ref)
      await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
      const pass = await s.pass(ref, { hands: onBroken(files('ENOSPC')) })
      assert.match(
        judged(pass.object).StorageOperationFailed ?? '',
        /^True ArchiveOperationFailed: unable to archive artifact to storage: no space left to write '/,
      )
      assert.deepEqual([artifactOf(pass.object), s.stored(ref)], [artifactOf(first), before])
      await served(s, pass)
      const next = await s.pass(ref)
      assert.deepEqual(Object.keys(judged(next.object)), ['Ready', 'ArtifactInStorage'])
      assert.notEqual(artifactOf(next.object).digest, artifactOf(first).digest)
      await served(s, next)
    })
  test('a link that could not be moved on a full disk, or was lost, is set by the next run', async () => {
    const s = scene()
    const { ref } = await stored()
    const link = join(s.folder(ref.name), 'latest.tar.gz')
    await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
    const { object } = await s.pass(ref, { hands: onBroken({ symlink: refusing('ENOSPC') }) })
    const newest = String(artifactOf(object).path).split('/').at(-1)
    assert.notEqual(readlinkSync(link), newest)
    assert.match((await s.event(ref, 'SymlinkUpdateFailed')).message, /no space left/)
    await s.pass(ref)
    assert.equal(readlinkSync(link), newest)
    rmSync(link)
    await served(s, await s.pass(ref))
    assert.equal(readlinkSync(link), newest)
  })
  test('a digest of another algorithm in the status verifies, and one of blake3 is told, and made anew', async () => {
    const s = scene()
    const { ref, path, object: first } = await stored()
    for (const algorithm of ['sha1', 'sha384', 'sha512']) {
      const digest = `${algorithm}:${createHash(algorithm).update(readFileSync(path)).digest('hex')}`
      await setStatus(ref, { artifact: { digest } })
      assert.equal(artifactOf((await s.pass(ref)).object).digest, digest)
    }
    await setStatus(ref, { artifact: { digest: `blake3:${'0'.repeat(64)}` } })
    assert.equal(artifactOf((await s.pass(ref)).object).digest, artifactOf(first).digest)
    assert.match((await s.event(ref, 'ArtifactVerificationFailed')).message, /blake3:0+': unsupported digest algorithm$/)
  })

  const scratches: [says: string, scratch: Scratch, failure: RegExp][] = [
    [
      'cannot be made',
      { during: () => Promise.reject(new StorageError('NO_FOLDER', '/tmp')) },
      /^True DirectoryCreationFailed: failed to create temporary working directory: folder '\/tmp' cannot be made/,
    ],
    [
      'has no space',
      { during: () => Promise.reject(new StorageError('DISK_FULL', 'a temporary file')) },
      /^True ArchiveOperationFailed: unable to use the disk: no space left to write 'a temporary file': .*TMPDIR/,
    ],
  ]
  for (const [says, scratch, failure] of scratches)
    test(`a folder for temporary files that ${says} is a failure of storage, which ends by itself`, async () => {
      const s = scene()
      const { ref, object: first } = await stored()
      await s.push(ref.name, 'latest', { 'a.yaml': 'a: 2' })
      const { object, driven } = await s.pass(ref, { hands: { scratch } })
      assert.match(judged(object).StorageOperationFailed ?? JSON.stringify(judged(object)), failure)
      assert.deepEqual([artifactOf(object), driven.is === 'done' && driven.settled.backoff], [artifactOf(first), true])
      assert.deepEqual(Object.keys(judged((await s.pass(ref)).object)), ['Ready', 'ArtifactInStorage'])
    })
}
