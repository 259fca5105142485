import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { mediaTypes } from '../../src/kinds/oci.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { listenRegistry, type SandboxRegistry } from '../../src/sandbox/registry.ts'
import { openAdapter } from '../support/registries.ts'
import { all, blobOf, manifestOf, pushArtifact, signal, whole } from '../world/registry/contract.ts'

let server: SandboxRegistry
before(async () => {
  server = await listenRegistry({ port: 0 })
})
after(() => server.close())

const blob = new TextEncoder().encode('0123456789')
const digest = sha256(blob)
async function ask(
  method: string,
  path: string,
  more: { body?: Uint8Array<ArrayBuffer> | string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`http://${server.address}${path}`, { method, ...more, redirect: 'manual' })
}
async function begin(repository: string): Promise<string> {
  return (await ask('POST', `/v2/${repository}/blobs/uploads/`)).headers.get('location') ?? ''
}
async function upload(repository: string): Promise<void> {
  assert.equal((await ask('PUT', `${await begin(repository)}?digest=${digest}`, { body: blob })).status, 201)
}
const codesOf = async (answer: Response): Promise<string[]> =>
  ((await answer.json()) as { errors: { code: string }[] }).errors.map(e => e.code)

const ranges: [range: string, status: number, body: string][] = [
  ['bytes=2-4', 206, '234'],
  ['bytes=7-', 206, '789'],
  ['bytes=7-100', 206, '789'],
  ['lines=1-2', 200, '0123456789'],
]
for (const [range, status, body] of ranges)
  test(`a blob is served with Range ${range}`, async () => {
    await upload('ranges/a')
    const answer = await ask('GET', `/v2/ranges/a/blobs/${digest}`, { headers: { range } })
    assert.deepEqual([answer.status, await answer.text()], [status, body])
  })
test('a range behind the end is refused', async () => {
  await upload('ranges/b')
  assert.equal((await ask('GET', `/v2/ranges/b/blobs/${digest}`, { headers: { range: 'bytes=10-' } })).status, 416)
})

test('chunks come in order, a wrong one is refused and the upload goes on', async () => {
  const location = await begin('chunks/a')
  const send = (start: number, end: number): Promise<Response> =>
    ask('PATCH', location, { body: blob.subarray(start, end), headers: { 'content-range': `${start}-${end - 1}` } })
  assert.equal((await send(0, 4)).status, 202)
  assert.equal((await send(6, 8)).status, 416)
  const status = await ask('GET', location)
  assert.deepEqual([status.status, status.headers.get('range')], [204, '0-3'])
  assert.equal((await send(4, 10)).headers.get('range'), '0-9')
  assert.equal((await ask('PUT', `${location}?digest=${digest}`)).status, 201)
  assert.equal((await ask('GET', location)).status, 404)
})
test('an upload under another digest is refused, and is gone', async () => {
  const location = await begin('chunks/b')
  const answer = await ask('PUT', `${location}?digest=${sha256('other')}`, { body: blob })
  assert.equal(answer.status, 400)
  assert.deepEqual(await codesOf(answer), ['DIGEST_INVALID'])
  assert.equal((await ask('GET', location)).status, 404)
})
test('an upload belongs to its repository, and can be cancelled', async () => {
  const location = await begin('chunks/c')
  assert.equal((await ask('PATCH', location.replace('chunks/c', 'chunks/d'), { body: blob })).status, 404)
  assert.equal((await ask('DELETE', location)).status, 204)
  assert.equal((await ask('PATCH', location, { body: blob })).status, 404)
})

const refused: [method: string, path: string, body: string | undefined, status: number, code: string][] = [
  ['GET', '/v2/Upper/case/manifests/x', undefined, 400, 'NAME_INVALID'],
  ['GET', '/v2/a/../b/manifests/x', undefined, 404, 'NAME_UNKNOWN'],
  ['GET', '/v2/%zz/manifests/x', undefined, 400, 'NAME_INVALID'],
  ['GET', '/v2/nothing/here/tags/list', undefined, 404, 'NAME_UNKNOWN'],
  ['GET', '/v2/refused/a/blobs/sha256:abc', undefined, 404, 'BLOB_UNKNOWN'],
  ['PUT', '/v2/refused/a/manifests/v1', 'no JSON', 400, 'MANIFEST_INVALID'],
  ['PUT', '/v2/refused/a/manifests/-bad', '{}', 400, 'TAG_INVALID'],
  ['PUT', '/v2/refused/a/manifests/v1', ' '.repeat(5_000_000), 413, 'MANIFEST_INVALID'],
  ['PUT', `/v2/refused/a/manifests/${digest}`, '{"layers":[]}', 400, 'DIGEST_INVALID'],
  ['POST', '/v2/refused/a/manifests/v1', '{}', 405, 'UNSUPPORTED'],
  ['GET', '/elsewhere', undefined, 404, 'UNSUPPORTED'],
]
for (const [method, path, body, status, code] of refused)
  test(`${method} ${path} is answered with ${status} ${code}`, async () => {
    const answer = await ask(method, path, body === undefined ? {} : { body, headers: { 'content-type': mediaTypes.manifest } })
    assert.deepEqual([answer.status, await codesOf(answer)], [status, [code]])
  })

test('deleting a manifest takes its tags along, deleting a tag leaves the manifest', async () => {
  const { registry, close } = await openAdapter('builtin')
  const ref = { registry: server.address, repository: 'deleted/a' }
  const pushed = await pushArtifact(registry, { ...ref, tag: 'one' })
  await registry.tag({ ...ref, tag: 'one' }, 'two', signal)
  assert.equal((await ask('DELETE', '/v2/deleted/a/manifests/one')).status, 202)
  assert.deepEqual(await all(registry.tags(ref, signal)), ['two'])
  assert.equal((await ask('DELETE', `/v2/deleted/a/manifests/${pushed.digest}`)).status, 202)
  assert.deepEqual(await all(registry.tags(ref, signal)), [])
  assert.equal(await registry.resolve({ ...ref, digest: pushed.digest }, signal), undefined)
  await close()
})

test('repositories are listed page by page', async () => {
  const names = (await (await ask('GET', '/v2/_catalog')).json()) as { repositories: string[] }
  const paged: string[] = []
  for (let path: string | undefined = '/v2/_catalog?n=2'; path !== undefined;) {
    const answer: Response = await ask('GET', path)
    paged.push(...((await answer.json()) as { repositories: string[] }).repositories)
    path = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  assert.ok(paged.length > 3)
  assert.deepEqual(paged, names.repositories)
})

test('what was acknowledged is there after a restart, however many came at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-data-'))
  const { registry, close } = await openAdapter('builtin')
  const first = await listenRegistry({ port: 0, data: folder })
  const ref = { registry: first.address, repository: `${'long/'.repeat(20)}name` }
  const blobs = Array.from({ length: 20 }, (_, i) => blobOf(Buffer.from(`blob ${i}`)))
  await Promise.all(blobs.map(one => registry.pushBlob(ref, one, { signal })))
  const bytes = manifestOf(
    blobs[0]?.descriptor ?? blobOf(blob).descriptor,
    blobs.slice(1).map(b => b.descriptor),
  )
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      registry.pushManifest({ ...ref, tag: `t${i}` }, { mediaType: mediaTypes.manifest, bytes }, signal),
    ),
  )
  const half =
    (await fetch(`http://${first.address}/v2/${ref.repository}/blobs/uploads/`, { method: 'POST' })).headers.get('location') ?? ''
  await fetch(`http://${first.address}${half}`, { method: 'PATCH', body: blob })
  await first.close()
  const second = await listenRegistry({ port: 0, data: folder })
  const again = { ...ref, registry: second.address }
  assert.equal((await all(registry.tags(again, signal))).length, 20)
  for (const [i, { descriptor }] of blobs.entries())
    assert.equal((await whole(registry.blob(again, descriptor, signal))).toString(), `blob ${i}`)
  assert.equal((await registry.resolve({ ...again, tag: 't7' }, signal))?.digest, sha256(bytes))
  await second.close()
  await close()
  rmSync(folder, { recursive: true, force: true })
})
