import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Artifact } from '../../../src/kinds/artifact.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Artifacts } from '../../../src/world/storage/artifacts.ts'
import type { ManualClock } from '../../../src/world/clock/manual.ts'
import { unending } from '../../support/unending.ts'

/** A storage to hold against the contract. Paths are as in artifacts. */
export interface Opened {
  readonly artifacts: Artifacts
  readonly clock: ManualClock
  /** What a path holds; `undefined` when there is nothing. */
  read(path: string): Promise<Buffer | undefined>
  /** Puts something in the place of a file. */
  damage(path: string, content: string): Promise<void>
  /** Names in the folder of an owner, sorted. */
  names(): Promise<string[]>
  /** Sets how long ago a file was written, by the storage's clock. */
  age(path: string, ms: number): Promise<void>
  stop(): Promise<void>
}

export const owner = { kind: 'OCIRepository', namespace: 'apps', name: 'app' }
export const signal = unending
export async function* pieces(...parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}
export const file = (filename: string, more: object = {}) => ({ owner, filename, revision: `v1@${filename}`, ...more })

/** What every storage of artifacts does. Spec: sources 1.1–1.3. */
export function storageContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let s: Opened
    before(async () => {
      s = await open()
    })
    beforeEach(async () => {
      await s.artifacts.remove(owner)
    })
    after(() => s.stop())
    const store = (filename: string, ...parts: string[]): Promise<Artifact> => s.artifacts.store(file(filename), pieces(...parts), signal)

    test('what is stored is described, and can be read', async () => {
      const metadata = { a: 'b' }
      const artifact = await s.artifacts.store(file('sha256:1.tar.gz', { metadata }), pieces('some ', 'bytes'), signal)
      assert.deepEqual(artifact, {
        path: 'ocirepository/apps/app/sha256:1.tar.gz',
        url: `http://${s.artifacts.advertised}/ocirepository/apps/app/sha256:1.tar.gz`,
        revision: 'v1@sha256:1.tar.gz',
        digest: sha256('some bytes'),
        size: 10,
        lastUpdateTime: new Date(s.clock.now()).toISOString().replace('.000Z', 'Z'),
        metadata,
      })
      assert.equal(String(await s.read(artifact.path)), 'some bytes')
      assert.deepEqual(await s.artifacts.verify(artifact, signal), { is: 'ok' })
      assert.equal((await store('empty')).size, 0)
    })
    test('a link is moved to the newest', async () => {
      for (const name of ['one', 'two']) {
        const artifact = await store(name, name)
        assert.equal(await s.artifacts.link(artifact, 'latest.tar.gz'), s.artifacts.urlOf('ocirepository/apps/app/latest.tar.gz'))
        assert.equal(String(await s.read('ocirepository/apps/app/latest.tar.gz')), name)
      }
      assert.deepEqual(await s.names(), ['latest.tar.gz', 'one', 'two'])
    })
    test('content that fails leaves nothing, and what was there before stays', async () => {
      const broken = new Error('the registry went away')
      async function* breaking(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half')
        throw broken
      }
      await assert.rejects(s.artifacts.store(file('new'), breaking(), signal), thrown => thrown === broken)
      assert.deepEqual(await s.names(), [])
      const artifact = await store('old', 'whole')
      await assert.rejects(s.artifacts.store(file('old'), breaking(), signal), thrown => thrown === broken)
      assert.deepEqual([await s.artifacts.verify(artifact, signal), await s.names()], [{ is: 'ok' }, ['old']])
    })
    test('an abort while storing leaves nothing', async () => {
      const stop = new AbortController()
      async function* stopping(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half')
        stop.abort(new Error('enough'))
        yield Buffer.from('other half')
      }
      await assert.rejects(s.artifacts.store(file('new'), stopping(), stop.signal), { message: 'enough' })
      assert.deepEqual(await s.names(), [])
    })
    test('two who store the same file at once leave one whole file', async () => {
      const parts = (letter: string): string[] => Array.from({ length: 50 }, () => letter.repeat(1000))
      const both = await Promise.all(['a', 'b'].map(letter => store('same', ...parts(letter))))
      const content = await s.read('ocirepository/apps/app/same')
      assert.ok(both.some(artifact => artifact.digest === sha256(content ?? '')))
      assert.deepEqual(await s.names(), ['same'])
    })
    test('what is missing, torn, replaced or without a digest is told apart, and what is corrupt is removed', async () => {
      const stored = await store('it', 'content')
      const wrong: [is: string, why: string | undefined, digest: string | undefined, damage: string | undefined][] = [
        ['corrupt', `computed digest doesn't match '${String(stored.digest)}'`, stored.digest, 'conten'],
        ['corrupt', `computed digest doesn't match '${String(stored.digest)}'`, stored.digest, ''],
        ['corrupt', 'artifact has no digest', undefined, 'content'],
        ['corrupt', "failed to parse artifact digest 'sha256:x': invalid checksum digest format", 'sha256:x', 'content'],
        ['corrupt', "failed to parse artifact digest 'nonsense': invalid checksum digest format", 'nonsense', 'content'],
        ['missing', undefined, stored.digest, undefined],
      ]
      for (const [is, why, digest, damage] of wrong) {
        if (damage !== undefined) await s.damage(stored.path, damage)
        const seen = await s.artifacts.verify({ ...stored, digest: digest as Artifact['digest'] }, signal)
        assert.deepEqual(seen, why === undefined ? { is } : { is, why })
        assert.deepEqual(await s.names(), [])
      }
    })
    for (const path of ['', '../outside', 'ocirepository/../../outside', '..'])
      test(`the path '${path}' leads nowhere`, async () => {
        const artifact = { ...(await store('it', 'content')), path }
        assert.deepEqual(await s.artifacts.verify(artifact, signal), { is: 'missing' })
      })
    test('old files are collected: by their age, then by number; links and locks do not count', async () => {
      let current: Artifact | undefined
      for (const [i, name] of ['one', 'two', 'three', 'four'].entries()) {
        current = await store(name, name)
        await s.age(current.path, 4000 - i * 1000)
      }
      assert.ok(current)
      await s.artifacts.link(current, 'latest.tar.gz')
      await s.damage('ocirepository/apps/app/one.lock', '')
      await s.damage('ocirepository/apps/app/four.lock', '')
      assert.equal(await s.artifacts.collect(owner, current, { ttlMs: 60_000, records: 4 }), 0)
      assert.equal(await s.artifacts.collect(owner, current, { ttlMs: 3500, records: 3 }), 1)
      assert.deepEqual(await s.names(), ['four', 'four.lock', 'latest.tar.gz', 'three', 'two'])
      assert.equal(await s.artifacts.collect(owner, current, { ttlMs: 60_000, records: 2 }), 1)
      assert.deepEqual(await s.names(), ['four', 'four.lock', 'latest.tar.gz', 'three'])
    })
    test('collecting and removing what is not there do nothing', async () => {
      const artifact = await store('it', 'content')
      assert.deepEqual([await s.artifacts.remove(owner), await s.artifacts.remove(owner)], [true, false])
      assert.equal(await s.artifacts.collect(owner, artifact, { ttlMs: 1, records: 1 }), 0)
    })
    test('removing one owner leaves the others', async () => {
      await s.artifacts.store({ ...file('x'), owner: { ...owner, name: 'app-two' } }, pieces('other'), signal)
      await store('x', 'own')
      await s.artifacts.remove(owner)
      assert.equal(String(await s.read('ocirepository/apps/app-two/x')), 'other')
    })
  })
}
