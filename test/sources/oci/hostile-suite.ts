import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../../src/kinds/oci.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { unpack } from '../../../src/lib/untar.ts'
import { openRegistries } from '../../../src/world/registry/open.ts'
import type { Hands } from '../../../src/world/world.ts'
import { archive, entry } from '../../support/archives.ts'
import { startHostile } from '../../support/hostile.ts'
import { instantClock } from '../../support/registries.ts'
import { pushLayers } from '../../support/push.ts'
import { served } from './content-suite.ts'
import { artifactOf, judged, type Scene } from './scene.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** What must not be unpacked, and who must not be believed: a coded reason, nothing half stored, the artifact of before kept. */
export function hostileTests(scene: () => Scene): void {
  const archives: [what: string, bytes: () => Buffer, expected: RegExp][] = [
    [
      'a path that climbs',
      () => archive(entry('../../etc/cron.d/x', { content: 'x' })),
      /: tar contained invalid name error "\.\.\/\.\.\/etc\/cron\.d\/x"$/,
    ],
    ['an absolute path', () => archive(entry('/etc/passwd', { content: 'x' })), /: tar contained invalid name error "\/etc\/passwd"$/],
    ['a backslash', () => archive(entry('a\\..\\b')), /: tar contained invalid name error /],
    [
      'a hard link out of it',
      () => archive(entry('h', { flag: '1', link: '../../etc/shadow' })),
      /: tar file entry h is a hard link to '\.\.\/\.\.\/etc\/shadow'/,
    ],
    ['a device', () => archive(entry('d', { flag: '3' })), /: tar file entry d contained unsupported file type /],
    ['a pipe', () => archive(entry('p', { flag: '6' })), /: tar file entry p contained unsupported file type /],
    [
      'a file that is a folder too',
      () => archive(entry('a', { content: 'x' }), entry('a/b', { content: 'y' })),
      /'a' is both a file and a folder$/,
    ],
    [
      'a size beyond all',
      () => archive(entry('huge', { size: 2 ** 32 })),
      /: tar "huge" is bigger than max archive size of 1073741824 bytes$/,
    ],
    ['half of it', () => archive(entry('a', { content: 'x'.repeat(5000) })).subarray(0, 60), /unexpected EOF$/],
    ['no gzip', () => Buffer.from('PK\u0003\u0004'), /: requires gzip-compressed body: /],
    ['no tar', () => gzipSync('x'.repeat(2000)), /: tar error: archive\/tar: invalid tar header$/],
    ['nothing', () => Buffer.alloc(0), /: requires gzip-compressed body: EOF$/],
  ]
  for (const [what, bytes, expected] of archives)
    test(`an archive with ${what} is refused`, async () => {
      const s = scene()
      const name = s.name()
      await s.push(name, 'latest', { 'a.yaml': '1' })
      const ref = await s.repository(name)
      const first = artifactOf((await s.pass(ref)).object)
      const before = s.stored(ref)
      await pushLayers(s.world.hands, `${s.url(name)}:latest`, [{ mediaType: mediaTypes.fluxContent, bytes: bytes() }])
      const { object, driven } = await s.pass(ref)
      const ready = judged(object).Ready ?? ''
      assert.match(ready, /^False OCIArtifactLayerOperationFailed: failed to extract layer contents from artifact: /)
      assert.match(ready, expected)
      assert.deepEqual([artifactOf(object), s.stored(ref)], [first, before])
      assert.ok(driven.is === 'done' && driven.settled.backoff)
    })
  test('symbolic links are dropped, of a path that comes twice the last content stays', async () => {
    const s = scene()
    const name = s.name()
    const bytes = archive(entry('a', { content: '1' }), entry('l', { flag: '2', link: '/etc/passwd' }), entry('./a', { content: '2' }))
    await pushLayers(s.world.hands, `${s.url(name)}:latest`, [{ mediaType: mediaTypes.fluxContent, bytes }])
    const pass = await s.pass(await s.repository(name))
    assert.match(judged(pass.object).Ready ?? '', /^True/)
    const content = await served(s, pass)
    const { files } = await unpack(
      (async function* () {
        yield content
      })(),
      { maxBytes: 1e6, maxEntries: 100, maxEntryBytes: 1e6 },
    )
    assert.deepEqual(
      [...files].map(([path, file]) => [path, String(file.content)]),
      [['a', '2']],
    )
  })

  const layer = archive(entry('a', { content: '1' }))
  const config = Buffer.from('{}')
  const pointer = (bytes: Buffer, more: JsonObject = {}): JsonObject => ({
    mediaType: 'application/x',
    digest: sha256(bytes),
    size: bytes.length,
    ...more,
  })
  const manifestOf = (more: JsonObject = {}, annotations: JsonObject = {}): Buffer =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, config: pointer(config), layers: [pointer(layer, more)], annotations }))
  const sends = (response: ServerResponse, bytes: Buffer, headers: Record<string, string> = {}): void =>
    void response.writeHead(200, { 'content-length': String(bytes.length), ...headers }).end(bytes)
  const serving =
    (manifest: Buffer, blob: (response: ServerResponse) => void): Handle =>
    ({ url = '' }, response) => {
      if (url === '/v2/') return void response.writeHead(200).end()
      if (url.includes('/manifests/'))
        return sends(response, manifest, { 'content-type': mediaTypes.manifest, 'docker-content-digest': sha256(manifest) })
      return blob(response)
    }
  const forever = (response: ServerResponse): void => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', more)
    more()
  }

  const copy = { layerSelector: { operation: 'copy' } }
  const pulled = /^False OCIArtifactPullFailed: failed to pull artifact from 'oci:/
  const looked = /^False OCIArtifactPullFailed: failed to determine artifact digest: /
  const layered =
    /^False OCIArtifactLayerOperationFailed: failed to (extract layer contents|copy layer|extract the first layer) from artifact: /
  const registries: [what: string, handle: Handle, spec: JsonObject, expected: RegExp[]][] = [
    [
      'a layer with another digest',
      serving(manifestOf(), r => sends(r, Buffer.alloc(layer.length))),
      copy,
      [layered, /has the digest sha256:/],
    ],
    ['a layer with another digest, unpacked', serving(manifestOf(), r => sends(r, archive(entry('a', { content: '2' })))), {}, [layered]],
    ['a layer without end', serving(manifestOf(), forever), copy, [layered, /is larger than its \d+ bytes$/]],
    [
      'a layer that ends early',
      serving(manifestOf(), r => sends(r, layer.subarray(0, 20))),
      copy,
      [layered, /ended after 20 of \d+ bytes$/],
    ],
    ['a layer that it does not have', serving(manifestOf(), r => void r.writeHead(404).end()), {}, [layered, /the first layer/]],
    [
      'a layer that is cut off',
      serving(manifestOf(), r => (r.writeHead(200, { 'content-length': '999' }), r.write('x', () => r.destroy()))),
      copy,
      [layered],
    ],
    [
      'a redirect loop',
      serving(manifestOf(), r => void r.writeHead(307, { location: '/v2/it/blobs/again' }).end()),
      {},
      [layered, /more than 10 redirects$/],
    ],
    [
      'a manifest with another digest',
      ({ url = '', method }, r) => {
        const body = method === 'HEAD' ? manifestOf() : manifestOf({ size: 1 })
        if (url === '/v2/') return void r.writeHead(200).end()
        sends(r, body, { 'content-type': mediaTypes.manifest, 'docker-content-digest': sha256(manifestOf()) })
      },
      {},
      [pulled, /has the digest sha256:/],
    ],
    [
      'a manifest that is no JSON',
      serving(Buffer.from('<html>'), r => sends(r, layer)),
      {},
      [/^False OCIArtifactLayerOperationFailed: failed to parse artifact manifest: /],
    ],
    [
      'a manifest whose layer has a path for a digest',
      serving(manifestOf({ digest: '../../../etc/passwd' }), r => sends(r, layer)),
      {},
      [/^False OCIArtifactLayerOperationFailed: failed to parse artifact manifest: its layers\[0\] has no media type and digest$/],
    ],
    ['a manifest with a negative size', serving(manifestOf({ size: -1 }), r => sends(r, layer)), {}, [/its layers\[0\] has no size$/]],
    [
      'a manifest without end',
      ({ url = '', method }, r) => {
        if (url === '/v2/') return void r.writeHead(200).end()
        if (method === 'HEAD') return void r.writeHead(404).end()
        forever(r)
      },
      {},
      [looked, /is larger than 4194304 bytes$/],
    ],
    [
      'a digest that is a path',
      ({ url = '', method }, r) => {
        if (url === '/v2/') return void r.writeHead(200).end()
        const headers = { 'docker-content-digest': 'sha256:../../x', 'content-type': mediaTypes.manifest, 'content-length': '2' }
        r.writeHead(200, headers).end(method === 'HEAD' ? undefined : '{}')
      },
      {},
      [/^False /],
    ],
  ]
  for (const [what, handle, spec, expected] of registries)
    test(`a registry with ${what} is not believed`, async () => {
      const s = scene()
      const server = await startHostile(handle)
      try {
        const { http } = s.world.hands
        const hands: Partial<Hands> = { registries: openRegistries({ http, clock: instantClock([]), env: {}, home: s.world.folder }) }
        const ref = await s.repository(s.name(), { url: server.url.replace('http:', 'oci:') + '/it', ...spec })
        const { object, driven } = await s.pass(ref, { hands })
        const { Ready = '' } = judged(object)
        for (const pattern of expected) assert.match(Ready, pattern)
        assert.deepEqual([object.status?.artifact, s.stored(ref)], [undefined, []])
        assert.ok(driven.is === 'done' && driven.settled.backoff)
        assert.equal((await s.events(ref)).filter(e => e.type === 'Warning').length, 1)
      } finally {
        await server.close()
      }
    })

  for (const [what, handle, expected] of [
    ['a look-up', () => undefined, looked],
    ['a layer', serving(manifestOf(), () => undefined), layered],
  ] as [string, Handle, RegExp][])
    test(`${what} that is never answered ends with spec.timeout`, async () => {
      const s = scene()
      let asked = (): void => {}
      const waiting = new Promise<void>(resolve => {
        asked = resolve
      })
      const server = await startHostile((request, response) => {
        if (request.url === '/v2/') return void response.writeHead(200).end()
        if (what === 'a look-up' || request.url?.includes('/blobs/')) asked()
        handle(request, response)
      })
      const { clock } = s.world.hands
      const deadlines: number[] = []
      const late: Hands['clock'] = {
        ...clock,
        async sleep(ms, signal) {
          deadlines.push(ms)
          await Promise.race([waiting, new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))])
        },
      }
      try {
        const ref = await s.repository(s.name(), { url: server.url.replace('http:', 'oci:') + '/it', timeout: '90s' })
        const { object } = await s.pass(ref, { hands: { clock: late } })
        assert.match(judged(object).Ready ?? '', expected)
        assert.match(judged(object).Ready ?? '', /context deadline exceeded: .* took longer than 1m30s$/)
        assert.ok(deadlines.every(ms => ms === 90_000))
        assert.deepEqual(s.stored(ref), [])
      } finally {
        await server.close()
      }
    })
}
