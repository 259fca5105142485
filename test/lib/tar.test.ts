import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from '../../src/lib/digest.ts'
import { tar, type TarEntry } from '../../src/lib/tar.ts'
import { annotationKeys, fluxManifest } from '../../src/sources/oci-manifest.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'
import { unending } from '../support/unending.ts'

const kernel = testKernel()
const signal = unending
const body = Buffer.from('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n')

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
async function* of(...entries: TarEntry[]): AsyncIterable<TarEntry> {
  yield* entries
}
async function* bytes(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content
}
const hex = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const file = (path: string, mode: number, content: Uint8Array): TarEntry => ({
  path,
  type: 'file',
  mode,
  size: content.length,
  content: bytes(content),
})
const folder = (path: string, mode: number): TarEntry => ({ path, type: 'folder', mode, size: 0 })
const ns = (mode: number): TarEntry => file('ns.yaml', mode, body)

const golden: [id: BehaviourId, name: string, entries: () => AsyncIterable<TarEntry>, size: number, tar: string, tgz?: string][] = [
  [
    'sources/99.1',
    'A, a folder',
    () => of(folder('.', 0o755), ns(0o644)),
    2560,
    '8670050df10bcaaa5d9208bb7607f0f9b3c389b7cf2b2ac86230e66f304d6316',
    '755f83c15468d69a0c6905b2a78e86fc1c2aedffa3d1b8c3e334a745d9a220d6',
  ],
  [
    'sources/99.2',
    'B, one file',
    () => of(ns(0o644)),
    2048,
    '8dc13b6dc926bdb0e8ca623dc287eeaf579b9d2060d07796f0d58cc7fc4c87a9',
    '40b8f93e272a5c10e72c5bb8dfb0f1569bcf20cfa466cb37a7a2aabb4a2a8fbc',
  ],
  [
    'sources/99.3',
    'C, a private folder',
    () => of(folder('.', 0o700), ns(0o600)),
    2560,
    'a1dd94ee88e997de7f70e5215c1b2aad1f90be8d2677328e79447c5c18dbf7f2',
  ],
  [
    'sources/99.4',
    "D, a source's modes",
    () => of(folder('.', 0o750), ns(0o600)),
    2560,
    'f7c61a1653f4891036c62f9aafd7e640d46e9fddf28e56e990a6933734f326b3',
    'eb1134232011343e802e2f9c01c03a204b58bee917af80534ff25f7b258ce716',
  ],
  [
    'sources/99.5',
    'E, nothing',
    () => of(),
    1024,
    '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
    '4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1',
  ],
  [
    'sources/99.6',
    'G, a file below a root',
    () => of(folder('.', 0o700), ns(0o644)),
    2560,
    'b886b7cb8dde01241975e651d9bba848a078a2c10cf47413cfa854ebc9b0d611',
  ],
]
for (const [id, name, entries, size, tarHex, tgzHex] of golden) {
  verifies(id, `golden archive ${name}`, async () => {
    const plain = await whole(tar(entries()))
    assert.equal(plain.length, size)
    assert.equal(hex(plain), tarHex)
    if (tgzHex) assert.equal(hex(await whole(kernel.gzip(tar(entries()), signal))), tgzHex)
  })
}

const images: [id: BehaviourId, entries: () => AsyncIterable<TarEntry>, config: string | undefined, manifest: string][] = [
  [
    'sources/99.7',
    () => of(folder('.', 0o755), ns(0o644)),
    '9e2e6920eab08a0a9638bfe6e10b2a2a8a4dc36928a315f57f91c35db4cd9395',
    '05da52767175170c6f3741f0bddaa75e4b98a7438660d31b7c1f8739ac7248a3',
  ],
  [
    'sources/99.8',
    () => of(ns(0o644)),
    '758bdbf154a40107a7c198fab7235ddd56f8f9dd8e7bfe447c99fa3aa3d89d1f',
    '34dd42c5255e824907d398bf059b362d9bd3a6470b13ceb8ce97ef1afd69d3de',
  ],
  ['sources/99.9', () => of(folder('.', 0o700), ns(0o600)), undefined, 'eb0458d7e0ebd3c3a544d48806e4c4ed42500171522b57100070be4709c602aa'],
]
for (const [id, entries, config, manifest] of images) {
  verifies(id, 'golden config and manifest', async () => {
    const annotations = {
      [annotationKeys.created]: '1970-01-01T00:00:00Z',
      [annotationKeys.source]: 'https://example.com/org/repo.git',
      [annotationKeys.revision]: 'main@sha1:0123456789abcdef0123456789abcdef01234567',
    }
    const plain = await whole(tar(entries()))
    const packed = await whole(kernel.gzip(bytes(plain), signal))
    const made = fluxManifest({ tarDigest: sha256(plain), layer: { digest: sha256(packed), size: packed.length }, annotations })
    if (config) assert.equal(hex(made.config), config)
    assert.equal(hex(made.manifest), manifest)
  })
}

const long = 'd'.repeat(90)
/** Digests that Go's archive/tar made from the same names: one file of 3 bytes `xxx`, mode 0644. */
const asGo: [what: string, path: string, digest: string][] = [
  ['100 bytes', 'n'.repeat(100), '328440fa290d9186321efa0c3ee2635d198a5709b043161ebf50fae009c9aee1'],
  ['split into prefix and name', `${long}/${'e'.repeat(90)}`, '66c8ae0612ed09951e22b3db256583e30e80fdd18782532cfaaea2aaa47b16fe'],
  ['155 and 100 bytes', `${'p'.repeat(155)}/${'n'.repeat(100)}`, 'a22e4f177694b02e278d3e599737fc8772d186ea65ec1ef91307ec1dfba6fb97'],
  ['101 bytes without a slash', 'n'.repeat(101), '715501495c745ed05eef2502475a49879ff0ab51bd2b2c02477321902a0621cc'],
  ['a name of 101 bytes in a folder', `a/b/${'n'.repeat(101)}`, '80216ace7f79d76324fa59a07499ad53e104ccc41471d76e90c2524b12fd06d6'],
  ['too long for both', `${long}/${long}/${long}`, 'd73ad56631ad7ce4154aa1bca4223375f42ad578e4c2ec9936647ee812fffe99'],
  ['not ASCII', 'a/ü/日本.yaml', 'e6db14deef8e917499a9394d12b94b159549551d0a15d1f94527f9a50b10d42f'],
  ['all of it not ASCII', '日本', '1ae50dc300915e4272bf4b086e1c8d087c7f58636251756e27629cf8f79ad94b'],
  ['cut at a slash', `${'n'.repeat(99)}/${'ü'.repeat(10)}`, 'ab5194945cca27c5a225a1e4fea123e9b1461d2ed8916509a3bd716beca01847'],
  ['a record of 100 bytes', 'é'.repeat(45), '27832dbae909320dc45ce2c2c8a7a1ab10d0e78bb64c6ce282c35bf4fc80c9b5'],
]
for (const [what, path, digest] of asGo)
  test(`a name is written as Go does: ${what}`, async () =>
    assert.equal(hex(await whole(tar(of(file(path, 0o644, Buffer.from('xxx')))))), digest))

test('a size of more than 8 GiB gets a record', async () => {
  const parts: Uint8Array[] = []
  const entry: TarEntry = { path: 'big', type: 'file', mode: 0o644, size: 2 ** 33, content: bytes(new Uint8Array(1)) }
  await assert.rejects(async () => {
    for await (const part of tar(of(entry))) parts.push(part)
  }, RangeError)
  const text = Buffer.concat(parts).toString('latin1')
  assert.match(text, /^PaxHeaders\.0\/big\0/)
  assert.ok(text.includes('19 size=8589934592\n'))
})

const refused: [what: string, entry: TarEntry, message: RegExp][] = [
  ['content that is longer', { ...file('a', 0o644, body), size: 3 }, /'a' has 54 bytes, not 3: it changed/],
  ['content that is shorter', { ...file('a', 0o644, body), size: 99 }, /'a' has 54 bytes, not 99/],
  ['a name with NUL', file('a\0b', 0o644, body), /cannot be the name/],
  ['no name', file('', 0o644, body), /cannot be the name/],
]
for (const [what, entry, message] of refused) test(`${what} is refused`, () => assert.rejects(whole(tar(of(entry))), message))
