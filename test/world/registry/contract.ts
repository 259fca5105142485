import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Descriptor, mediaTypes, type Reference } from '../../../src/kinds/oci.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { RegistryError, type RegistryErrorCode } from '../../../src/world/registry/error.ts'
import type { BlobSource, Registry } from '../../../src/world/registry/registry.ts'
import { unending } from '../../support/unending.ts'

/** A running registry with the adapter under test. */
export interface Subject {
  readonly registry: Registry
  readonly address: string
  stop(): Promise<void>
}

/** Where adapters and servers may differ. */
export interface Abilities {
  readonly served: Registry['served']
  /** What becomes of a blob that another repository has. */
  readonly elsewhere: 'mounted' | 'uploaded' | 'existed'
  /** The server refuses a manifest whose blobs it does not have. */
  readonly checksBlobs: boolean
}

export const contractTests = 19
export const signal = unending
const octets = 'application/octet-stream'

/** Bytes as a blob to push. */
export function blobOf(bytes: Uint8Array, mediaType = octets): BlobSource {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, open: () => pieces(bytes) }
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

export async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

/** Matches a registry's failure by its code. */
export const coded =
  (...codes: RegistryErrorCode[]) =>
  (thrown: unknown): boolean => {
    assert.ok(thrown instanceof RegistryError, `no RegistryError: ${String(thrown)}`)
    assert.ok(codes.includes(thrown.code), `${thrown.code}: ${thrown.message}`)
    return true
  }

export function manifestOf(config: Descriptor, layers: readonly Descriptor[], more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers, ...more }))
}

/** Pushes a small artifact and answers its descriptor. */
export async function pushArtifact(registry: Registry, ref: Reference, { text = 'hello', more = {} } = {}): Promise<Descriptor> {
  const [config, layer] = [blobOf(Buffer.from('{}'), mediaTypes.fluxConfig), blobOf(Buffer.from(text), mediaTypes.fluxContent)]
  for (const blob of [config, layer]) await registry.pushBlob(ref, blob, { signal })
  const bytes = manifestOf(config.descriptor, [layer.descriptor], more)
  return registry.pushManifest(ref, { mediaType: mediaTypes.manifest, bytes }, signal)
}

/** What every adapter does with every registry. */
export function registryContract(name: string, open: () => Promise<Subject>, abilities: Abilities): void {
  describe(`registry: ${name}`, () => {
    let subject: Subject
    let count = 0
    const place = (): Reference => ({ registry: subject.address, repository: `contract/r${++count}` })
    before(async () => {
      subject = await open()
    })
    after(() => subject.stop())

    test('says who served', () => assert.equal(subject.registry.served, abilities.served))
    blobTests(() => subject.registry, place, abilities)
    manifestTests(() => subject.registry, place, abilities)
    listTests(() => subject.registry, place)
    failureTests(() => subject.registry, place)
  })
}

type Get = () => Registry
type Place = () => Reference

function blobTests(registry: Get, place: Place, { elsewhere }: Abilities): void {
  for (const [says, size] of [
    ['of one byte', 1],
    ['of nothing', 0],
    ['larger than one chunk', 9_000_001],
  ] as const)
    test(`a blob ${says} comes back byte for byte, and is not sent twice`, async () => {
      const [ref, bytes] = [place(), randomBytes(size)]
      assert.equal(await registry().pushBlob(ref, blobOf(bytes), { signal }), 'uploaded')
      assert.deepEqual(await whole(registry().blob(ref, blobOf(bytes).descriptor, signal)), bytes)
      assert.equal(await registry().pushBlob(ref, blobOf(bytes), { signal }), 'existed')
    })
  test('a blob of another repository is mounted, or sent where that cannot be', async () => {
    const [from, to, bytes] = [place(), place(), randomBytes(1000)]
    await registry().pushBlob(from, blobOf(bytes), { signal })
    const how = await registry().pushBlob(to, blobOf(bytes), { signal, mountFrom: from.repository })
    assert.equal(how, elsewhere)
    assert.deepEqual(await whole(registry().blob(to, blobOf(bytes).descriptor, signal)), bytes)
    const unknown = await registry().pushBlob(place(), blobOf(bytes), { signal, mountFrom: 'contract/nowhere' })
    assert.ok(['uploaded', 'mounted', 'existed'].includes(unknown), unknown)
  })
  test('a blob that is not what its descriptor says ends in an error', async () => {
    const [ref, bytes] = [place(), randomBytes(5000)]
    const { descriptor } = blobOf(bytes)
    await registry().pushBlob(ref, blobOf(bytes), { signal })
    for (const size of [4999, 5001])
      await assert.rejects(whole(registry().blob(ref, { ...descriptor, size }, signal)), coded('SIZE_MISMATCH'))
    assert.deepEqual(await whole(registry().blob(ref, descriptor, signal)), bytes)
  })
  test('half of a blob may be read, and the next call works', async () => {
    const [ref, bytes] = [place(), randomBytes(3_000_000)]
    await registry().pushBlob(ref, blobOf(bytes), { signal })
    for await (const chunk of registry().blob(ref, blobOf(bytes).descriptor, signal)) {
      assert.ok(chunk.length > 0)
      break
    }
    assert.deepEqual(await whole(registry().blob(ref, blobOf(bytes).descriptor, signal)), bytes)
  })
}

function manifestTests(registry: Get, place: Place, { checksBlobs }: Abilities): void {
  test('a manifest is found by tag and by digest, in its exact bytes', async () => {
    const ref = { ...place(), tag: 'v1' }
    const pushed = await pushArtifact(registry(), ref, { more: { annotations: { 'a.b/c': 'd <e>' } } })
    for (const at of [ref, { ...ref, tag: undefined, digest: pushed.digest }]) {
      assert.deepEqual(await registry().resolve(at, signal), pushed)
      assert.deepEqual(await registry().lookUp(at, signal), pushed)
      const found = await registry().manifest(at, signal)
      assert.deepEqual(found?.descriptor, pushed)
      assert.equal(sha256(found?.bytes ?? ''), pushed.digest)
    }
  })
  test('without tag or digest the tag is latest', async () => {
    const ref = place()
    const pushed = await pushArtifact(registry(), ref)
    assert.deepEqual(await registry().resolve({ ...ref, tag: 'latest' }, signal), pushed)
    assert.deepEqual(await registry().resolve(ref, signal), pushed)
  })
  test('a manifest is not stored under a digest that is not its own', async () => {
    const ref = place()
    await pushArtifact(registry(), ref)
    const [digest, bytes] = [sha256('something else'), manifestOf(blobOf(Buffer.from('{}')).descriptor, [])]
    const wrong = registry().pushManifest({ ...ref, digest }, { mediaType: mediaTypes.manifest, bytes }, signal)
    await assert.rejects(wrong, coded('DIGEST_MISMATCH'))
    assert.equal(await registry().resolve({ ...ref, digest }, signal), undefined)
  })
  test('a manifest without its blobs is refused where the registry looks', { skip: !checksBlobs }, async () => {
    const bytes = manifestOf(blobOf(Buffer.from('{"not":"there"}')).descriptor, [])
    await assert.rejects(registry().pushManifest(place(), { mediaType: mediaTypes.manifest, bytes }, signal), coded('REFUSED'))
  })
  test('an index is copied with all below it, within a registry', async () => {
    const [from, to] = [place(), place()]
    const amd = await pushArtifact(registry(), { ...from, tag: 'amd' }, { text: 'amd' })
    const arm = await pushArtifact(registry(), { ...from, tag: 'arm' }, { text: 'arm' })
    const manifests = [amd, arm, amd].map((m, i) => ({ ...m, platform: { os: 'linux', architecture: ['amd64', 'arm64', 'riscv64'][i] } }))
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }))
    const index = await registry().pushManifest({ ...from, tag: 'all' }, { mediaType: mediaTypes.index, bytes }, signal)
    assert.deepEqual(await registry().copy({ ...from, tag: 'all' }, { ...to, tag: 'copied' }, signal), index)
    assert.equal(sha256((await registry().manifest({ ...to, tag: 'copied' }, signal))?.bytes ?? ''), index.digest)
    for (const [child, text] of [
      [amd, 'amd'],
      [arm, 'arm'],
    ] as const) {
      assert.deepEqual(await registry().resolve({ ...to, digest: child.digest }, signal), child)
      assert.equal((await whole(registry().blob(to, blobOf(Buffer.from(text)).descriptor, signal))).toString(), text)
    }
  })
}

function listTests(registry: Get, place: Place): void {
  test('tags are all listed, and an unknown repository has none', async () => {
    const ref = place()
    const pushed = await pushArtifact(registry(), { ...ref, tag: 'v1.0.0' })
    for (const tag of ['V1', 'a_b.c-d', 'latest'])
      assert.deepEqual(await registry().tag({ ...ref, digest: pushed.digest }, tag, signal), pushed)
    assert.deepEqual((await all(registry().tags(ref, signal))).toSorted(), ['V1', 'a_b.c-d', 'latest', 'v1.0.0'])
    assert.deepEqual(await all(registry().tags(place(), signal)), [])
    assert.deepEqual((await all(registry().listTags(ref, signal))).toSorted(), ['V1', 'a_b.c-d', 'latest', 'v1.0.0'])
    await assert.rejects(all(registry().listTags(place(), signal)), { code: 'NOT_FOUND' })
  })
  test('a tag moves', async () => {
    const ref = place()
    const first = await pushArtifact(registry(), { ...ref, tag: 'one' }, { text: 'one' })
    const second = await pushArtifact(registry(), { ...ref, tag: 'two' }, { text: 'two' })
    await registry().tag({ ...ref, tag: 'two' }, 'one', signal)
    assert.deepEqual(await registry().resolve({ ...ref, tag: 'one' }, signal), second)
    assert.deepEqual(await registry().resolve({ ...ref, digest: first.digest }, signal), first)
  })
  test('what refers to a manifest is listed, by type when asked', async () => {
    const ref = place()
    const subject = await pushArtifact(registry(), { ...ref, tag: 'v1' })
    const referring = async (artifactType: string): Promise<Descriptor> => {
      const { descriptor: config } = blobOf(Buffer.from('{}'), artifactType)
      const bytes = manifestOf(config, [], { subject })
      await registry().pushManifest({ ...ref, digest: sha256(bytes) }, { mediaType: mediaTypes.manifest, bytes }, signal)
      return { mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length, artifactType }
    }
    assert.deepEqual(await all(registry().referrers(ref, subject.digest, { signal })), [])
    const [sbom, signature] = [await referring('test/sbom'), await referring('test/signature')]
    const found = await all(registry().referrers(ref, subject.digest, { signal }))
    assert.deepEqual(found.toSorted(byType), [sbom, signature])
    assert.deepEqual(await all(registry().referrers(ref, subject.digest, { signal, artifactType: 'test/sbom' })), [sbom])
  })
}

function byType(a: Descriptor, b: Descriptor): number {
  return (a.artifactType ?? '') < (b.artifactType ?? '') ? -1 : 1
}

function failureTests(registry: Get, place: Place): void {
  test('what is not there is undefined, or NOT_FOUND where it must be there', async () => {
    const [nowhere, ref] = [place(), place()]
    await pushArtifact(registry(), { ...ref, tag: 'v1' })
    const digest = sha256('nothing')
    for (const at of [
      { ...nowhere, tag: 'v1' },
      { ...ref, tag: 'v2' },
      { ...ref, digest },
    ]) {
      assert.equal(await registry().resolve(at, signal), undefined)
      assert.equal(await registry().manifest(at, signal), undefined)
      await assert.rejects(registry().lookUp(at, signal), coded('NOT_FOUND'))
      await assert.rejects(registry().tag(at, 'v3', signal), coded('NOT_FOUND'))
      await assert.rejects(registry().copy(at, { ...place(), tag: 'v3' }, signal), coded('NOT_FOUND'))
    }
    await assert.rejects(whole(registry().blob(ref, { mediaType: octets, digest, size: 7 }, signal)), coded('NOT_FOUND'))
  })
  test('an abort rejects with its reason, at once and in the middle', async () => {
    const [ref, reason, bytes] = [place(), new Error('enough'), randomBytes(9_000_000)]
    const off = AbortSignal.abort(reason)
    const { descriptor } = blobOf(bytes)
    const is = (thrown: unknown): boolean => thrown === reason
    await assert.rejects(registry().resolve(ref, off), is)
    await assert.rejects(registry().manifest(ref, off), is)
    await assert.rejects(all(registry().tags(ref, off)), is)
    await assert.rejects(registry().pushBlob(ref, blobOf(bytes), { signal: off }), is)
    const pushing = new AbortController()
    const source: BlobSource = {
      descriptor,
      async *open() {
        yield bytes.subarray(0, 100_000)
        pushing.abort(reason)
        yield bytes.subarray(100_000)
      },
    }
    await assert.rejects(registry().pushBlob(ref, source, { signal: pushing.signal }), is)
    await registry().pushBlob(ref, blobOf(bytes), { signal })
    const pulling = new AbortController()
    const pull = async (): Promise<void> => {
      for await (const _ of registry().blob(ref, descriptor, pulling.signal)) pulling.abort(reason)
    }
    await assert.rejects(pull(), is)
  })
  test('a source that fails, or has too few bytes, fails the push alone', async () => {
    const [ref, bytes, failure] = [place(), randomBytes(200_000), new Error('the disk is gone')]
    const { descriptor } = blobOf(bytes)
    const failing: BlobSource = {
      descriptor,
      async *open() {
        yield bytes.subarray(0, 100_000)
        throw failure
      },
    }
    await assert.rejects(registry().pushBlob(ref, failing, { signal }), thrown => thrown === failure)
    const short: BlobSource = { descriptor, open: () => pieces(bytes.subarray(0, 100_000)) }
    await assert.rejects(registry().pushBlob(ref, short, { signal }), coded('SIZE_MISMATCH'))
    assert.equal(await registry().pushBlob(ref, blobOf(bytes), { signal }), 'uploaded')
  })
  test('many calls at once do not disturb each other', async () => {
    const refs = Array.from({ length: 6 }, () => ({ ...place(), tag: 'v1' }))
    const pushed = await Promise.all(refs.map((ref, i) => pushArtifact(registry(), ref, { text: `number ${i}` })))
    assert.deepEqual(await Promise.all(refs.map(ref => registry().resolve(ref, signal))), pushed)
  })
}
