import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from '../../src/lib/digest.ts'
import { tar, type TarEntry } from '../../src/lib/tar.ts'
import { ArchiveError, readTree, untar } from '../../src/lib/untar.ts'
import { archiveEntries, memoryTree, sourcePatterns } from '../../src/sources/archive.ts'
import { annotationKeys, fluxManifest } from '../../src/sources/oci-manifest.ts'
import { verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'

const kernel = testKernel()
const signal = AbortSignal.timeout(60_000)
const body = Buffer.from('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n')
const limits = { maxBytes: 1e8, maxEntries: 1000, maxEntryBytes: 1e8 }

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
async function* of(...entries: TarEntry[]): AsyncIterable<TarEntry> { yield* entries }
async function* bytes(content: Uint8Array): AsyncIterable<Uint8Array> { yield content }
const hex = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const ns = (mode: number): TarEntry => ({ path: 'ns.yaml', type: 'file', mode, size: body.length, content: bytes(body) })
const root = (mode: number): TarEntry => ({ path: '.', type: 'folder', mode, size: 0 })

const golden: [name: string, entries: () => AsyncIterable<TarEntry>, tar: string, tgz?: string][] = [
  ['A, a folder', () => of(root(0o755), ns(0o644)), '8670050df10bcaaa5d9208bb7607f0f9b3c389b7cf2b2ac86230e66f304d6316', '755f83c15468d69a0c6905b2a78e86fc1c2aedffa3d1b8c3e334a745d9a220d6'],
  ['B, one file', () => of(ns(0o644)), '8dc13b6dc926bdb0e8ca623dc287eeaf579b9d2060d07796f0d58cc7fc4c87a9', '40b8f93e272a5c10e72c5bb8dfb0f1569bcf20cfa466cb37a7a2aabb4a2a8fbc'],
  ['C, a private folder', () => of(root(0o700), ns(0o600)), 'a1dd94ee88e997de7f70e5215c1b2aad1f90be8d2677328e79447c5c18dbf7f2'],
  ['D, a source\'s modes', () => of(root(0o750), ns(0o600)), 'f7c61a1653f4891036c62f9aafd7e640d46e9fddf28e56e990a6933734f326b3', 'eb1134232011343e802e2f9c01c03a204b58bee917af80534ff25f7b258ce716'],
  ['E, nothing', () => of(), '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef', '4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1'],
]
for (const [name, entries, tarHex, tgzHex] of golden) {
  test(`golden archive ${name}`, async () => {
    assert.equal(hex(await whole(tar(entries()))), tarHex)
    if (tgzHex) assert.equal(hex(await whole(kernel.gzip(tar(entries()), signal))), tgzHex)
  })
}

test('golden manifests and configs', async () => {
  const annotations = { [annotationKeys.created]: '1970-01-01T00:00:00Z', [annotationKeys.source]: 'https://example.com/org/repo.git', [annotationKeys.revision]: 'main@sha1:0123456789abcdef0123456789abcdef01234567' }
  for (const [entries, config, manifest] of [
    [golden[0]?.[1], '9e2e6920eab08a0a9638bfe6e10b2a2a8a4dc36928a315f57f91c35db4cd9395', '05da52767175170c6f3741f0bddaa75e4b98a7438660d31b7c1f8739ac7248a3'],
    [golden[1]?.[1], '758bdbf154a40107a7c198fab7235ddd56f8f9dd8e7bfe447c99fa3aa3d89d1f', '34dd42c5255e824907d398bf059b362d9bd3a6470b13ceb8ce97ef1afd69d3de'],
  ] as const) {
    const plain = await whole(tar((entries ?? (() => of()))()))
    const packed = await whole(kernel.gzip(bytes(plain), signal))
    const made = fluxManifest({ tarDigest: sha256(plain), layer: { digest: sha256(packed), size: packed.length }, annotations })
    assert.equal(hex(made.config), config)
    assert.equal(hex(made.manifest), manifest)
  }
})

const packed = async (files: Record<string, string>, ignore?: string): Promise<Buffer> => {
  const tree = memoryTree(new Map(Object.entries(files).map(([path, content]) => [path, { content: Buffer.from(content), mode: 0o644 }])))
  return whole(kernel.gzip(tar(archiveEntries(tree, { patterns: sourcePatterns([], ignore), modes: 'normalised' })), signal))
}
const namesIn = async (archive: Buffer): Promise<string[]> => {
  const names: string[] = []
  for await (const { path } of untar(bytes(archive), limits)) names.push(path)
  return names
}

verifies('sources/85', 'version control is dropped by default', async () => assert.deepEqual(await namesIn(await packed({ '.git/config': 'x', 'a.yaml': 'y' })), ['.', 'a.yaml']))
verifies('sources/86', 'an own pattern replaces the defaults', async () => assert.deepEqual(await namesIn(await packed({ 'horse.jpg': 'x', custom: 'y' }, 'custom')), ['.', 'horse.jpg']))
verifies('sources/87', 'a source normalises modes', async () => {
  const tree = memoryTree(new Map([['a', { content: body, mode: 0o666 }], ['d/b', { content: body, mode: 0o777 }]]))
  const modes: [string, number][] = []
  for await (const { path, mode } of archiveEntries(tree, { patterns: [], modes: 'normalised' })) modes.push([path, mode])
  assert.deepEqual(modes, [['.', 0o750], ['a', 0o600], ['d', 0o750], ['d/b', 0o700]])
})

test('what was packed is unpacked, names of any length and script', async () => {
  const files = Object.fromEntries(['a.yaml', `${'d'.repeat(90)}/${'e'.repeat(90)}.yaml`, 'ünïcödé/日本.yaml', `${'x'.repeat(120)}.yaml`].map((path, i) => [path, `content ${i}`]))
  const tree = await readTree(bytes(await packed(files)), limits)
  assert.deepEqual(Object.fromEntries([...tree].map(([path, content]) => [path, Buffer.from(content).toString()])), files)
})

const hostile: [name: string, entry: Partial<TarEntry> & { path: string }, code: string][] = [
  ['a path out of the root', { path: '../x' }, 'ESCAPES'], ['an absolute path', { path: '/etc/x' }, 'ESCAPES'], ['a backslash', { path: 'a\\b' }, 'ESCAPES'], ['a bare parent', { path: 'a/..' }, 'ESCAPES'],
]
for (const [name, entry, code] of hostile) {
  test(`${name} is refused`, async () => {
    const archive = await whole(kernel.gzip(tar(of({ type: 'file', mode: 0o644, size: body.length, content: bytes(body), ...entry })), signal))
    await assert.rejects(readTree(bytes(archive), limits), { name: 'ArchiveError', code })
  })
}

test('bombs, crowds, cut and foreign archives are refused', async () => {
  const archive = await packed(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'.repeat(1000)])))
  await assert.rejects(readTree(bytes(archive), { ...limits, maxBytes: 10_000 }), { code: 'TOO_LARGE' })
  await assert.rejects(readTree(bytes(archive), { ...limits, maxEntries: 10 }), { code: 'TOO_MANY' })
  await assert.rejects(readTree(bytes(archive.subarray(0, archive.length - 40)), limits), ArchiveError)
  await assert.rejects(readTree(bytes(Buffer.from('PK no gzip')), limits), { code: 'NOT_GZIP' })
})
