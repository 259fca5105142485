import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fc } from '../../support/laws.ts'
import { portionOf } from '../../../src/world/storage/conditional.ts'
import { serveArtifacts, type StorageServer } from '../../../src/world/storage/serve.ts'

const outside = mkdtempSync(join(tmpdir(), 'fluxpilot-serve-'))
const folder = join(outside, 'storage')
const path = 'ocirepository/apps/app/sha256:1.tar.gz'
const content = '0123456789'
let server: StorageServer
before(async () => {
  mkdirSync(join(folder, 'ocirepository/apps/app'), { recursive: true })
  writeFileSync(join(folder, path), content)
  writeFileSync(join(folder, 'empty'), '')
  writeFileSync(join(outside, 'secret'), 'not yours')
  symlinkSync('sha256:1.tar.gz', join(folder, 'ocirepository/apps/app/latest.tar.gz'))
  symlinkSync(join(outside, 'secret'), join(folder, 'leak'))
  server = await serveArtifacts({ folder, host: '127.0.0.1', port: 0 })
})
after(async () => {
  await server.close()
  rmSync(outside, { recursive: true, force: true })
})
const get = (at: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(`http://${server.address}/${at}`, { headers, method })

test('a file, its link, its head', async () => {
  for (const at of [path, path.replace(':', '%3A'), 'ocirepository/apps/app/latest.tar.gz']) {
    const answer = await get(at)
    assert.deepEqual([answer.status, answer.headers.get('content-length'), answer.headers.get('accept-ranges')], [200, '10', 'bytes'])
    assert.equal(await answer.text(), content)
  }
  const head = await get(path, {}, 'HEAD')
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', ''])
  const empty = await get('empty')
  assert.deepEqual([empty.status, await empty.text()], [200, ''])
})
test('who has the file is told so', async () => {
  const first = await get(path)
  await first.text()
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[0-9a-z-]+"$/)
  for (const headers of [
    { 'if-none-match': etag },
    { 'if-none-match': `"x", W/${etag}` },
    { 'if-modified-since': first.headers.get('last-modified') ?? '' },
  ]) {
    const again = await get(path, headers)
    assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, etag, ''])
  }
  assert.equal((await get(path, { 'if-none-match': '"other"' })).status, 200)
})
const ranges: [range: string, status: number, body: string, contentRange: string | null][] = [
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=7-', 206, '789', 'bytes 7-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=-99', 206, content, 'bytes 0-9/10'],
  ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
  ['bytes=10-', 416, '', 'bytes */10'],
  ['bytes=-0', 416, '', 'bytes */10'],
  ['bytes=3-1', 200, content, null],
  ['bytes=0-1,3-4', 200, content, null],
  ['lines=1-2', 200, content, null],
  ['bytes=-', 200, content, null],
]
for (const [range, status, body, contentRange] of ranges)
  test(`range ${range}`, async () => {
    const answer = await get(path, { range })
    assert.deepEqual([answer.status, await answer.text(), answer.headers.get('content-range')], [status, body, contentRange])
  })
test('a range of a file that changed is the whole file', async () => {
  const etag = (await get(path, {}, 'HEAD')).headers.get('etag') ?? ''
  assert.equal((await get(path, { range: 'bytes=0-3', 'if-range': etag })).status, 206)
  assert.equal((await get(path, { range: 'bytes=0-3', 'if-range': '"other"' })).status, 200)
})
for (const [what, at] of [
  ['nothing', 'absent'],
  ['a folder', 'ocirepository/apps'],
  ['the root', ''],
  ['a link out of the folder', 'leak'],
  ['a name that is no UTF-8', '%ff'],
  ['a name with NUL', 'a%00b'],
  ['encoded dots', '%2e%2e%2fsecret'],
  ['dots and an encoded slash', '..%2fsecret'],
] as const)
  test(`${what} is not found`, async () => assert.equal((await get(at)).status, 404))
test('a path that climbs is not found', async () => {
  const socket = connect(Number(server.address.split(':')[1]), '127.0.0.1')
  socket.write('GET /../secret HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let text = ''
  socket.on('data', chunk => (text += String(chunk)))
  await once(socket, 'close')
  assert.match(text, /^HTTP\/1\.1 404 /)
})
test('nothing is written through it', async () => {
  for (const method of ['PUT', 'POST', 'DELETE']) {
    const answer = await get(path, {}, method)
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'])
  }
})
test('who reads a file that is replaced meanwhile gets the whole old one', async () => {
  const big = 'a'.repeat(8 * 1024 * 1024)
  writeFileSync(join(folder, 'big'), big)
  const answer = await get('big')
  writeFileSync(join(folder, 'new'), 'b'.repeat(100))
  renameSync(join(folder, 'new'), join(folder, 'big'))
  assert.equal(await answer.text(), big)
  assert.equal(await (await get('big')).text(), 'b'.repeat(100))
})
test('law: a portion lies within the file', () =>
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.oneof(
        fc.string(),
        fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))).map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
      ),
      (size, range) => {
        const portion = portionOf({ size, etag: '"x"', modified: 0 }, { range })
        if (portion.status === 206) assert.ok(0 <= portion.start && portion.start <= portion.end && portion.end < size)
        else assert.ok(portion.status === 200 || portion.status === 416)
      },
    ),
  ))
