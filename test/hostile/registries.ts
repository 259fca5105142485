import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { mediaTypes, type Reference } from '../../src/kinds/oci.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { RegistryErrorCode } from '../../src/world/registry/error.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import type { Registry } from '../../src/world/registry/registry.ts'
import { instantClock } from '../support/registries.ts'
import { all, blobOf, manifestOf, whole } from '../world/registry/contract.ts'
import type { Handle, HostileCase, HostileClass, Room } from './table.ts'

type Call = (registry: Registry, ref: Reference, signal: AbortSignal) => Promise<unknown>

/** A registry that answers `/v2/` well and everything else as the case has it, asked with credentials. */
function believed(
  says: string,
  code: RegistryErrorCode | 'held' | readonly RegistryErrorCode[],
  does: { handle: Answers; call: Call },
): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const url = await room.serve((request, response) =>
        request.url === '/v2/' ? void response.writeHead(200).end() : does.handle(room)(request, response),
      )
      const http = createHttp({})
      const registries = openRegistries({ http, clock: instantClock([]), env: {}, home: room.root })
      try {
        const registry = await registries.open({ credentials: { type: 'basic', username: 'flux', password: room.secret } }, 'transfer')
        await does.call(registry, { registry: new URL(url).host, repository: 'x', tag: 'v1' }, room.signal)
        return 'held'
      } finally {
        await http.close()
      }
    },
  }
}

type Answers = (room: Room) => Handle
const says = (handle: Handle): Answers => {
  return () => handle
}

const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [])
const target = blobOf(Buffer.from('a blob')).descriptor
const other = sha256('something else')
const mebibyte = Buffer.alloc(1024 * 1024, 0x20)

const sends = (status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Answers =>
  says((_, response) => void response.writeHead(status, headers).end(body))
const manifests = (body: Buffer, more: Record<string, string> = {}): Answers =>
  sends(200, { 'content-type': mediaTypes.manifest, 'content-length': String(body.length), ...more }, body)

/** Sends until nobody listens, or 256 MiB are sent. */
const endless = (headers: Record<string, string>, status = 200): Answers =>
  says((request, response) => {
    response.writeHead(status, headers)
    if (request.method === 'HEAD') return void response.end()
    const gone = once(response, 'close')
    void (async () => {
      for (let sent = 0; sent < 256 && !response.destroyed; sent++)
        if (!response.write(mebibyte)) await Promise.race([once(response, 'drain'), gone])
      response.destroy()
    })()
  })

const lookUp: Call = (registry, ref, signal) => registry.lookUp(ref, signal)
const manifest: Call = (registry, ref, signal) => registry.manifest(ref, signal)
const byDigest: Call = (registry, ref, signal) => registry.manifest({ ...ref, tag: undefined, digest: sha256(bytes) }, signal)
const blob: Call = (registry, ref, signal) => whole(registry.blob(ref, target, signal))
const tags: Call = (registry, ref, signal) => all(registry.tags(ref, signal))
const referrers: Call = (registry, ref, signal) => all(registry.referrers(ref, sha256(bytes), { signal }))
const push: Call = (registry, ref, signal) => registry.pushBlob(ref, blobOf(Buffer.from('to push')), { signal })
const json = { 'content-type': 'application/json' }

const contents: HostileClass = {
  name: 'registries: other content',
  cases: [
    believed('a manifest under a digest that is not its own', 'DIGEST_MISMATCH', {
      handle: manifests(Buffer.from(`${bytes.toString()} `)),
      call: byDigest,
    }),
    believed('a manifest that is said to have another digest', 'DIGEST_MISMATCH', {
      handle: manifests(bytes, { 'docker-content-digest': other }),
      call: manifest,
    }),
    believed('a digest that is a path: its content decides', 'held', {
      handle: manifests(bytes, { 'docker-content-digest': 'sha256:../../../etc/passwd' }),
      call: async (registry, ref, signal) => assert.equal((await registry.lookUp(ref, signal)).digest, sha256(bytes)),
    }),
    believed('a blob with another content', 'DIGEST_MISMATCH', { handle: sends(200, {}, 'a glob'), call: blob }),
    believed('a blob that is too short', 'SIZE_MISMATCH', { handle: sends(200, {}, 'a bl'), call: blob }),
    believed('a blob that breaks off', 'UNREACHABLE', {
      handle: says((_, response) => {
        response.writeHead(200, { 'content-length': '6' })
        response.write('a b', () => response.destroy())
      }),
      call: blob,
    }),
    believed('tags that are no JSON', 'BAD_ANSWER', { handle: sends(200, json, '{"tags": [oh'), call: tags }),
    believed('tags that are numbers and objects: none', 'held', {
      handle: sends(200, json, '{"tags": [1, {"a": 2}]}'),
      call: async (registry, ref, signal) => assert.deepEqual(await all(registry.tags(ref, signal)), []),
    }),
    believed('referrers that are a page of HTML', 'BAD_ANSWER', {
      handle: sends(200, { 'content-type': mediaTypes.index }, '<html>'),
      call: referrers,
    }),
    believed('an upload without a place', 'BAD_ANSWER', {
      handle: says((request, response) => void response.writeHead(request.method === 'POST' ? 202 : 404).end()),
      call: push,
    }),
  ],
}

let page = 0
const unending: HostileClass = {
  name: 'registries: without end',
  cases: [
    believed('a manifest without end', 'TOO_LARGE', { handle: endless({ 'content-type': mediaTypes.manifest }), call: manifest }),
    believed('a manifest that is said to have 100 GB', 'TOO_LARGE', {
      handle: endless({ 'content-type': mediaTypes.manifest, 'content-length': '100000000000' }),
      call: manifest,
    }),
    believed('a blob without end', 'SIZE_MISMATCH', { handle: endless({}), call: blob }),
    believed('tags without end', 'TOO_LARGE', { handle: endless(json), call: tags }),
    believed('a page of tags that leads to itself', 'BAD_ANSWER', {
      handle: says((request, response) => void response.writeHead(200, { link: `<${request.url}>; rel="next"` }).end('{"tags":["a"]}')),
      call: tags,
    }),
    believed('pages of tags without end', 'BAD_ANSWER', {
      handle: says(
        (_, response) => void response.writeHead(200, { link: `</v2/x/tags/list?page=${page++}>; rel="next"` }).end('{"tags":[]}'),
      ),
      call: tags,
    }),
    believed('referrers without end', 'TOO_LARGE', { handle: endless({ 'content-type': mediaTypes.index }), call: referrers }),
    believed('an error without end', 'REFUSED', { handle: endless(json, 400), call: manifest }),
    believed('a redirect that goes round', 'BAD_ANSWER', {
      handle: says((request, response) => void response.writeHead(307, { location: request.url ?? '' }).end()),
      call: blob,
    }),
    believed('failures without end', 'UNAVAILABLE', { handle: sends(503), call: lookUp }),
    believed('a challenge again and again', 'DENIED', { handle: sends(401, { 'www-authenticate': 'Basic realm="again"' }), call: lookUp }),
  ],
}

/** Asks for credentials first, as registries do, then sends what came away. */
const after = (answer: (room: Room) => Handle): Answers => {
  return room => (request, response) =>
    request.headers.authorization === undefined
      ? void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      : answer(room)(request, response)
}
const away = (status: number, path = '/elsewhere'): Answers =>
  after(room => (_, response) => void response.writeHead(status, { location: `${room.stranger}${path}` }).end())
const to = (location: string): Answers => after(() => (_, response) => void response.writeHead(307, { location }).end())
const stolen = createHash('sha256').update('{}').digest('hex')

const elsewhere: HostileClass = {
  name: 'registries: credentials elsewhere',
  cases: [
    believed('a manifest at another origin', ['BAD_ANSWER', 'DIGEST_MISMATCH'], { handle: away(307), call: byDigest }),
    believed('a blob at another origin', ['DIGEST_MISMATCH', 'SIZE_MISMATCH'], { handle: away(307), call: blob }),
    believed('a blob at another origin, moved for good', ['DIGEST_MISMATCH', 'SIZE_MISMATCH'], { handle: away(308), call: blob }),
    believed('tags at another origin', ['BAD_ANSWER'], {
      handle: after(
        room => (_, response) => void response.writeHead(200, { link: `<${room.stranger}/v2/>; rel="next"` }).end('{"tags":["a"]}'),
      ),
      call: tags,
    }),
    believed('an upload to another origin', 'held', {
      handle: after(
        room => (request, response) =>
          void response.writeHead(request.method === 'POST' ? 202 : 404, { location: `${room.stranger}/v2/x/blobs/uploads/1` }).end(),
      ),
      call: push,
    }),
    believed('where a cloud keeps its credentials', 'BAD_ANSWER', {
      handle: to('http://169.254.169.254/latest/meta-data'),
      call: manifest,
    }),
    believed('the same, as IPv6', 'BAD_ANSWER', { handle: to('http://[::ffff:a9fe:a9fe]/latest'), call: manifest }),
    believed('a file', 'BAD_ANSWER', { handle: to('file:///etc/passwd'), call: manifest }),
    believed('an address with a name in it', ['BAD_ANSWER', 'UNREACHABLE', 'DIGEST_MISMATCH'], {
      handle: after(room => (_, response) => {
        const location = room.stranger.replace('http://', `http://flux:${room.secret === '' ? '' : 'guess'}@`)
        response.writeHead(307, { location }).end()
      }),
      call: byDigest,
    }),
    believed('a realm that is no address', 'BAD_ANSWER', {
      handle: sends(401, { 'www-authenticate': 'Bearer realm="nowhere",service="x"' }),
      call: lookUp,
    }),
    believed('a realm where a cloud keeps its credentials', 'BAD_ANSWER', {
      handle: sends(401, { 'www-authenticate': 'Bearer realm="http://[::ffff:169.254.169.254]/token"' }),
      call: lookUp,
    }),
    believed('a manifest elsewhere that has its digest', 'held', {
      handle: away(307),
      call: (registry, ref, signal) => whole(registry.blob(ref, { mediaType: 'x', digest: `sha256:${stolen}`, size: 2 }, signal)),
    }),
  ],
}

export const classes: readonly HostileClass[] = [contents, unending, elsewhere]
