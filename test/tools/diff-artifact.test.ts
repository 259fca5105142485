import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../src/kinds/oci.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { verifies } from '../conformance/verifies.ts'
import { end, entry } from '../support/archives.ts'
import { pushLayers } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'

const root = mkdtempSync(join(tmpdir(), 'fluxpilot-diff-'))
let product: Product
before(async () => {
  product = await startProduct({ options: { workspace: [root], oras: 'off' } })
})
after(async () => {
  await product.stop()
  rmSync(root, { recursive: true, force: true })
})

let count = 0
const place = (): string => `oci://${product.registry}/diff/r${++count}:v1`
const from = { source: 'https://example.com/org/repo.git', revision: 'main@sha1:0123456789abcdef0123456789abcdef01234567' }
const configMap = (color: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\ndata:\n  color: ${color}\n`
const secret = (password: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\nstringData:\n  password: ${password}\n`

function tree(files: Record<string, string>): string {
  const folder = join(root, `t${++count}`)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content, { mode: 0o644 })
  }
  return folder
}
async function pushed(path: string): Promise<string> {
  const url = place()
  const { isError, text } = await product.call('push_artifact', { url, path, ...from })
  assert.equal(isError, false, text)
  return url
}
const rowsOf = ({ data }: Answer): Json[][] => (data?.rows ?? []) as Json[][]
const diff = (url: string, more: JsonObject): Promise<Answer> => product.call('diff_artifact', { url, ...more })

verifies('sources/109', 'the folder that was pushed does not differ', async () => {
  const folder = tree({ 'a.yaml': configMap('red'), 'deep/b.yaml': '1' })
  const answer = await diff(await pushed(folder), { path: folder })
  assert.deepEqual([answer.data?.differs, answer.data?.what, rowsOf(answer)], [false, 'nothing', []])
  assert.match(answer.text, /^no changes detected\nremote: sha256:[0-9a-f]{64} main@sha1:.* from https:\/\/example\.com\/org\/repo\.git\n/m)
})

verifies('sources/110', 'another content differs, and how is told', async () => {
  const url = await pushed(tree({ 'a.yaml': configMap('red'), 'gone.yaml': '1', 'same.yaml': '2', 'notes.txt': 'one\n' }))
  const answer = await diff(url, {
    path: tree({ 'a.yaml': configMap('blue'), 'new.yaml': '1', 'same.yaml': '2', 'notes.txt': 'one\ntwo\n' }),
  })
  assert.match(answer.text, /the remote artifact contents differs from the local one\n/)
  assert.deepEqual([answer.isError, answer.data?.differs, answer.data?.what], [false, true, 'content'])
  assert.deepEqual(rowsOf(answer), [
    ['changed', 'a.yaml', '~ ConfigMap/shop/web: data.color: red → blue'],
    ['removed', 'gone.yaml', '1 bytes'],
    ['added', 'new.yaml', '1 bytes'],
    ['changed', 'notes.txt', '1 → 2 lines'],
  ])
})

test('what a Secret holds is not in the diff, whether it is an object, in a list, or text that is no YAML', async () => {
  const list = (password: string): string =>
    `apiVersion: v1\nkind: List\nitems:\n- ${secret(password).trimEnd().replaceAll('\n', '\n  ')}\n`
  const files = (password: string): Record<string, string> => ({
    'secret.yaml': secret(password),
    'list.yaml': list(password),
    '.env': `PASSWORD=${password}\n`,
    'kustomization.yaml': `secretGenerator:\n- name: x\n  literals:\n  - password=${password}\n`,
    'broken.yaml': `a: [${password}\n`,
  })
  const answer = await diff(await pushed(tree(files('hunter2-old'))), { path: tree(files('correct-horse')) })
  assert.equal(answer.data?.differs, true, answer.text)
  assert.doesNotMatch(answer.text + JSON.stringify(answer.data), /hunter2|correct-horse/)
  assert.equal(rowsOf(answer).length, 5)
  assert.match(answer.text, /~ Secret\/shop\/db: stringData\.password: /)
})

test('other modes, and another packing, are no other content, and are told', async () => {
  const folder = tree({ 'run.sh': '#!/bin/sh\n' })
  const url = await pushed(folder)
  chmodSync(join(folder, 'run.sh'), 0o755)
  const modes = await diff(url, { path: folder })
  assert.deepEqual([modes.data?.differs, modes.data?.what], [false, 'modes'])
  assert.deepEqual(rowsOf(modes), [['mode', 'run.sh', '0644 → 0755']])

  const packed = place()
  const bytes = gzipSync(
    Buffer.concat([entry('./', { flag: '5', mode: '0000755\0' }), entry('./run.sh', { content: '#!/bin/sh\n', mode: '0000755\0' }), end]),
  )
  await pushLayers(product.composed.service.world, packed, [{ mediaType: mediaTypes.fluxContent, bytes }])
  const packing = await diff(packed, { path: folder })
  assert.deepEqual([packing.data?.differs, packing.data?.what], [false, 'packing'], packing.text)
  assert.match(packing.text, /no changes detected: the same files, packed in another way/)
})

test('two artifacts are compared, and files that came in the call', async () => {
  const [one, two] = [await pushed(tree({ 'a.yaml': configMap('red') })), await pushed(tree({ 'a.yaml': configMap('green') }))]
  const answer = await diff(one, { other: two })
  assert.deepEqual(rowsOf(answer), [['changed', 'a.yaml', '~ ConfigMap/shop/web: data.color: red → green']])
  assert.match(JSON.stringify(answer.data?.local), /"digest":"sha256:/)
  assert.equal((await diff(one, { other: one })).data?.what, 'nothing')
  const files = [{ path: 'a.yaml', content: configMap('red') }]
  assert.equal((await diff(one, { files })).data?.differs, false)
})

test('what is ignored does not count, and many differences come in pages', async () => {
  const names = Array.from({ length: 45 }, (_, i) => `f${String(i).padStart(2, '0')}.yaml`)
  const url = await pushed(tree(Object.fromEntries(names.map(name => [name, '1']))))
  const local = tree({ ...Object.fromEntries(names.map(name => [name, '2'])), 'x.tmp': '' })
  const seen: Json[] = []
  for (let cursor: Json | undefined; ;) {
    const { data = {}, text } = await diff(url, { path: local, ignorePaths: ['*.tmp'], ...(cursor === undefined ? {} : { cursor }) })
    assert.equal(data.total, 45, text)
    seen.push(...((data.rows ?? []) as Json[][]).map(([, path = null]) => path))
    cursor = data.nextCursor
    if (cursor === undefined) break
  }
  assert.deepEqual(seen, names)
})

const codeOf = ({ data }: Answer): unknown => (data?.error as JsonObject | undefined)?.code
for (const [says, more, code] of [
  ['nothing to compare with', {}, 'InvalidArgument'],
  ['two things to compare with', { path: '.', other: 'oci://h.x/y:1' }, 'InvalidArgument'],
  ['a path that is not there', { path: join(root, 'nowhere') }, 'NotFound'],
  [
    'a file below a file',
    {
      files: [
        { path: 'a', content: '' },
        { path: 'a/b', content: '' },
      ],
    },
    'InvalidArgument',
  ],
] as [string, JsonObject, string][])
  test(`${says} is refused as ${code}`, async () => assert.equal(codeOf(await diff(await pushed(tree({ 'a.yaml': '1' })), more)), code))

test('an artifact that is not there, and one that must not be unpacked, are told', async () => {
  const path = tree({ 'a.yaml': '1' })
  assert.equal(codeOf(await diff(place(), { path })), 'NotFound')
  const url = place()
  const bytes = gzipSync(Buffer.concat([entry('../x', { content: 'x' }), end]))
  await pushLayers(product.composed.service.world, url, [{ mediaType: mediaTypes.fluxContent, bytes }])
  const answer = await diff(url, { path })
  assert.equal(answer.isError, true)
  assert.match(answer.text, /tar contained invalid name error/)
})
