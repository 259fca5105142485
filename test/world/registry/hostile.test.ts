import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { mediaTypes, type Reference } from '../../../src/kinds/oci.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { listenRegistry, type SandboxRegistry } from '../../../src/sandbox/registry.ts'
import type { RegistryErrorCode } from '../../../src/world/registry/error.ts'
import type { Registry } from '../../../src/world/registry/registry.ts'
import { withPrograms } from '../../refs/when.ts'
import { startHostile } from '../../support/hostile.ts'
import { type Adapter, instantClock, openAdapter } from '../../support/registries.ts'
import { all, blobOf, coded, manifestOf, pushArtifact, signal, whole } from './contract.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void
type Codes = readonly RegistryErrorCode[]
interface Case {
  readonly says: string
  readonly handle: Handle
  readonly call: (registry: Registry, ref: Reference) => Promise<unknown>
  readonly builtin: Codes
  /** Absent where the CLI may do as it likes. */
  readonly oras?: Codes
}

const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [])
const other = sha256('something else')
const megabyte = Buffer.alloc(1024 * 1024, 0x20)
const mostSent = 96

const send = (response: ServerResponse, status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): void =>
  void response.writeHead(status, headers).end(body)
const sendManifest = (response: ServerResponse, body: Buffer, more: Record<string, string> = {}): void =>
  send(response, 200, { 'content-type': mediaTypes.manifest, 'content-length': String(body.length), ...more }, body)

/** Sends and sends, until nobody listens or far more than anybody should take is sent. */
let sent = 0
async function endless(response: ServerResponse, type: string): Promise<void> {
  response.writeHead(200, { 'content-type': type })
  const gone = once(response, 'close')
  for (sent = 0; sent < mostSent && !response.destroyed; sent++)
    if (!response.write(megabyte)) await Promise.race([once(response, 'drain'), gone])
  response.destroy()
}

const lookUp: Case['call'] = (registry, ref) => registry.lookUp(ref, signal)
const manifest: Case['call'] = (registry, ref) => registry.manifest(ref, signal)
const byDigest: Case['call'] = (registry, ref) => registry.manifest({ ...ref, tag: undefined, digest: sha256(bytes) }, signal)
const target = blobOf(Buffer.from('a blob')).descriptor
const blob: Case['call'] = (registry, ref) => whole(registry.blob(ref, target, signal))
const tags: Case['call'] = (registry, ref) => all(registry.tags(ref, signal))
const referrers: Case['call'] = (registry, ref) => all(registry.referrers(ref, sha256(bytes), { signal }))
const push: Case['call'] = (registry, ref) => registry.pushBlob(ref, blobOf(Buffer.from('to push')), { signal })
const copy: Case['call'] = (registry, ref) => registry.copy(ref, { ...ref, tag: 'copy' }, signal)

let page = 0
const cases: readonly Case[] = [
  {
    says: 'a manifest under a digest that is not its own',
    handle: (request, response) =>
      request.method === 'HEAD' ? send(response, 404) : sendManifest(response, Buffer.from(`${bytes.toString()} `)),
    call: byDigest,
    builtin: ['DIGEST_MISMATCH'],
    oras: ['DIGEST_MISMATCH', 'ORAS_FAILED', 'NOT_FOUND'],
  },
  {
    says: 'a manifest that is said to have another digest',
    handle: (_, response) => sendManifest(response, bytes, { 'docker-content-digest': other }),
    call: manifest,
    builtin: ['DIGEST_MISMATCH'],
    oras: ['DIGEST_MISMATCH'],
  },
  {
    says: 'a look-up by digest that answers with another one',
    handle: (_, response) => sendManifest(response, bytes, { 'docker-content-digest': other }),
    call: (registry, ref) => registry.lookUp({ ...ref, tag: undefined, digest: sha256(bytes) }, signal),
    builtin: ['DIGEST_MISMATCH'],
  },
  {
    says: 'a manifest without end',
    handle: (request, response) => (request.method === 'HEAD' ? send(response, 405) : void endless(response, mediaTypes.manifest)),
    call: manifest,
    builtin: ['TOO_LARGE'],
  },
  {
    says: 'a manifest that is said to have 100 GB',
    handle: (request, response) => {
      response.writeHead(200, { 'content-type': mediaTypes.manifest, 'content-length': '100000000000' })
      if (request.method === 'HEAD') return void response.end()
      response.write(megabyte)
      for (let i = 0; i < 8; i++) response.write(megabyte)
    },
    call: manifest,
    builtin: ['TOO_LARGE'],
  },
  {
    says: 'a blob with another content',
    handle: (_, response) => send(response, 200, {}, 'a glob'),
    call: blob,
    builtin: ['DIGEST_MISMATCH'],
    oras: ['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'ORAS_FAILED'],
  },
  {
    says: 'a blob that is too short',
    handle: (_, response) => send(response, 200, {}, 'a bl'),
    call: blob,
    builtin: ['SIZE_MISMATCH'],
    oras: ['SIZE_MISMATCH', 'DIGEST_MISMATCH', 'ORAS_FAILED'],
  },
  {
    says: 'a blob without end',
    handle: (_, response) => void endless(response, 'application/octet-stream'),
    call: blob,
    builtin: ['SIZE_MISMATCH'],
  },
  {
    says: 'a blob that breaks off',
    handle: (_, response) => {
      response.writeHead(200, { 'content-length': '6' })
      response.write('a b', () => response.destroy())
    },
    call: blob,
    builtin: ['UNREACHABLE'],
    oras: ['UNREACHABLE', 'SIZE_MISMATCH', 'ORAS_FAILED'],
  },
  {
    says: 'a redirect that goes round',
    handle: (request, response) => send(response, 307, { location: request.url ?? '' }),
    call: blob,
    builtin: ['BAD_ANSWER'],
    oras: ['UNREACHABLE', 'ORAS_FAILED', 'BAD_ANSWER'],
  },
  {
    says: 'a redirect to where a cloud keeps its credentials',
    handle: (_, response) => send(response, 307, { location: 'http://169.254.169.254/latest/meta-data' }),
    call: manifest,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'a redirect to a file',
    handle: (_, response) => send(response, 307, { location: 'file:///etc/passwd' }),
    call: manifest,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'tags that are no JSON',
    handle: (_, response) => send(response, 200, { 'content-type': 'application/json' }, '{"tags": [oh'),
    call: tags,
    builtin: ['BAD_ANSWER'],
    oras: ['ORAS_FAILED'],
  },
  { says: 'tags without end', handle: (_, response) => void endless(response, 'application/json'), call: tags, builtin: ['TOO_LARGE'] },
  {
    says: 'a page of tags that leads to itself',
    handle: (request, response) => send(response, 200, { link: `<${request.url}>; rel="next"` }, '{"tags":["a"]}'),
    call: tags,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'pages of tags without end',
    handle: (_, response) => send(response, 200, { link: `</v2/x/tags/list?page=${page++}>; rel="next"` }, '{"tags":[]}'),
    call: tags,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'a page of tags at another host',
    handle: (_, response) => send(response, 200, { link: '<http://elsewhere.example/v2/>; rel="next"' }, '{"tags":["a"]}'),
    call: tags,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'referrers that are no JSON',
    handle: (_, response) => send(response, 200, { 'content-type': mediaTypes.index }, '<html>'),
    call: referrers,
    builtin: ['BAD_ANSWER'],
    oras: ['ORAS_FAILED', 'NOT_FOUND', 'BAD_ANSWER'],
  },
  {
    says: 'a challenge again and again',
    handle: (_, response) => send(response, 401, { 'www-authenticate': 'Basic realm="again"' }),
    call: lookUp,
    builtin: ['DENIED'],
    oras: ['DENIED'],
  },
  {
    says: 'a challenge whose realm is no address',
    handle: (_, response) => send(response, 401, { 'www-authenticate': 'Bearer realm="nowhere",service="x"' }),
    call: lookUp,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'a challenge whose realm is where a cloud keeps its credentials',
    handle: (_, response) => send(response, 401, { 'www-authenticate': 'Bearer realm="http://[::ffff:169.254.169.254]/token"' }),
    call: lookUp,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'a token service that gives no token',
    handle: (request, response) =>
      request.url?.startsWith('/token')
        ? send(response, 200, {}, '{"token":"a\\nb"}')
        : send(response, 401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }),
    call: lookUp,
    builtin: ['BAD_ANSWER'],
  },
  {
    says: 'a token service that does not end',
    handle: (request, response) =>
      request.url?.startsWith('/token')
        ? void endless(response, 'application/json')
        : send(response, 401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }),
    call: lookUp,
    builtin: ['TOO_LARGE'],
  },
  { says: 'nothing but failures', handle: (_, response) => send(response, 503, {}, 'x'), call: lookUp, builtin: ['UNAVAILABLE'] },
  { says: 'a closed connection', handle: (_, response) => void response.destroy(), call: lookUp, builtin: ['UNREACHABLE'] },
  {
    says: 'an upload without a place',
    handle: (request, response) => send(response, request.method === 'POST' ? 202 : 404),
    call: push,
    builtin: ['BAD_ANSWER'],
    oras: ['ORAS_FAILED', 'REFUSED', 'BAD_ANSWER'],
  },
  {
    says: 'an upload that is forgotten each time',
    handle: (request, response) =>
      request.method === 'POST' ? send(response, 202, { location: '/v2/x/blobs/uploads/1' }) : send(response, 404),
    call: push,
    builtin: ['NOT_FOUND'],
    oras: ['ORAS_FAILED', 'NOT_FOUND', 'REFUSED'],
  },
  {
    says: 'a manifest to copy that is a list',
    handle: (_, response) => sendManifest(response, Buffer.from('[1,2]')),
    call: copy,
    builtin: ['BAD_ANSWER'],
    oras: ['ORAS_FAILED', 'BAD_ANSWER', 'NOT_FOUND', 'DIGEST_MISMATCH'],
  },
  {
    says: 'an error of a megabyte',
    handle: (_, response) => send(response, 400, {}, megabyte),
    call: manifest,
    builtin: ['REFUSED'],
    oras: ['REFUSED'],
  },
]

let sandbox: SandboxRegistry
before(async () => {
  sandbox = await listenRegistry({ port: 0 })
})
after(() => sandbox.close())

for (const adapter of ['builtin', 'oras'] as const) {
  const mine = cases.filter(c => c[adapter] !== undefined)
  withPrograms(adapter === 'oras' ? ['oras'] : [], { name: `${adapter}: hostile registries`, tests: mine.length }, () =>
    describe(`${adapter}: hostile registries`, () => {
      for (const one of mine) hostileTest(adapter, one)
    }),
  )
}

/** The case ends in one of its codes, little was read, and the same adapter still works with another registry. */
function hostileTest(adapter: Adapter, { says, handle, call, ...codes }: Case): void {
  test(says, async () => {
    const hostile = await startHostile((request, response) => {
      request.resume()
      if (request.url === '/v2/') return send(response, 200)
      response.on('error', () => {})
      handle(request, response)
    })
    const { registry, close } = await openAdapter(adapter, { clock: instantClock([]) })
    try {
      sent = 0
      await assert.rejects(
        call(registry, { registry: hostile.url.slice('http://'.length), repository: 'x', tag: 'v1' }),
        coded(...(codes[adapter] ?? [])),
      )
      assert.ok(sent < mostSent, `${sent} MB were sent`)
      const good = { registry: sandbox.address, repository: `after/${adapter}`, tag: 'v1' }
      assert.deepEqual(await pushArtifact(registry, good), await registry.resolve(good, signal))
    } finally {
      await hostile.close()
      await close()
    }
  })
}
