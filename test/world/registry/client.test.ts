import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { mediaTypes } from '../../../src/kinds/oci.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { listenRegistry, type SandboxRegistry } from '../../../src/sandbox/registry.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { RegistryError } from '../../../src/world/registry/error.ts'
import type { Access, Registry } from '../../../src/world/registry/registry.ts'
import { verifies } from '../../conformance/verifies.ts'
import { startDockerRegistry } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { startHostile } from '../../support/hostile.ts'
import { type Adapter, instantClock, openAdapter } from '../../support/registries.ts'
import { all, blobOf, coded, manifestOf, pushArtifact, signal, whole } from './contract.ts'

let sandbox: SandboxRegistry
before(async () => {
  sandbox = await listenRegistry({ port: 0 })
})
after(() => sandbox.close())

const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [])
const headers = { 'content-type': mediaTypes.manifest, 'content-length': String(bytes.length), 'docker-content-digest': sha256(bytes) }
const basic: Access['credentials'] = { type: 'basic', username: 'username', password: 'password' }
type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** Asks a server that answers as told; `/v2/` answers 200. Gives what each request was. */
async function asking(
  handle: Handle,
  call: (registry: Registry, address: string) => Promise<unknown>,
  {
    access,
    clock = instantClock([]),
    adapter = 'builtin',
  }: {
    access?: Access
    clock?: Parameters<typeof openAdapter>[1] extends { clock?: infer C } | undefined ? C : never
    adapter?: Adapter
  } = {},
): Promise<{ asked: string[]; authorizations: (string | undefined)[] }> {
  const [asked, authorizations]: [string[], (string | undefined)[]] = [[], []]
  const server = await startHostile((request, response) => {
    request.resume()
    if (request.url === '/v2/') return void response.end()
    asked.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers.authorization)
    handle(request, response)
  })
  const { registry, close } = await openAdapter(adapter, { clock, ...(access ? { access } : {}) })
  try {
    await call(registry, server.url.slice('http://'.length))
  } finally {
    await server.close()
    await close()
  }
  return { asked, authorizations }
}

const withChallenge =
  (scheme: string, then: Handle): Handle =>
  (request, response) =>
    request.headers.authorization === undefined
      ? void response.writeHead(401, { 'www-authenticate': `${scheme} realm="http://${request.headers.host}/token"` }).end()
      : then(request, response)
const found: Handle = (_, response) => void response.writeHead(200, headers).end(bytes)

verifies('sources/107', 'a user name with a password is basic authentication', async () => {
  for (const credentials of [
    basic,
    { type: 'dockerConfigs', documents: [`{"auths":{"127.0.0.1:*":{}, "PLACE":{"auth":"${btoa('username:password')}"}}}`] },
  ] as Access['credentials'][]) {
    const { authorizations } = await asking(
      withChallenge('Basic', found),
      async (registry, address) => {
        if (credentials.type !== 'dockerConfigs') return registry.lookUp({ registry: address, repository: 'a/b', tag: 'v1' }, signal)
        const documents = credentials.documents.map(text => text.replace('PLACE', address))
        const { registry: own, close } = await openAdapter('builtin', { access: { credentials: { type: 'dockerConfigs', documents } } })
        await own.lookUp({ registry: address, repository: 'a/b', tag: 'v1' }, signal)
        return close()
      },
      { access: { credentials } },
    )
    assert.deepEqual(authorizations, [undefined, 'Basic dXNlcm5hbWU6cGFzc3dvcmQ='])
  }
})

verifies('sources/108', 'a token alone is sent as it is', async () => {
  for (const scheme of ['Basic', 'Bearer']) {
    const { asked, authorizations } = await asking(
      withChallenge(scheme, found),
      (registry, address) => registry.lookUp({ registry: address, repository: 'a/b', tag: 'v1' }, signal),
      { access: { credentials: { type: 'bearer', token: 'pat-token' } } },
    )
    assert.deepEqual(authorizations, [undefined, 'Bearer pat-token'])
    assert.ok(asked.every(what => what.startsWith('HEAD')))
  }
})

test('a manifest is asked for by HEAD, and fetched only when that says too little', async () => {
  const ask = (handle: Handle): Promise<{ asked: string[] }> =>
    asking(handle, async (registry, address) => {
      const { digest } = await registry.lookUp({ registry: address, repository: 'x', tag: 'v1' }, signal)
      assert.equal(digest, sha256(bytes))
    })
  assert.deepEqual((await ask(found)).asked, ['HEAD /v2/x/manifests/v1'])
  const withoutDigest: Handle = (_, response) => void response.writeHead(200, { 'content-type': mediaTypes.manifest }).end(bytes)
  assert.deepEqual((await ask(withoutDigest)).asked, ['HEAD /v2/x/manifests/v1', 'GET /v2/x/manifests/v1'])
  const noHead: Handle = (request, response) => (request.method === 'HEAD' ? void response.writeHead(405).end() : found(request, response))
  assert.deepEqual((await ask(noHead)).asked, ['HEAD /v2/x/manifests/v1', 'GET /v2/x/manifests/v1'])
})

for (const adapter of ['builtin', 'oras'] as const)
  withPrograms(adapter === 'oras' ? ['oras'] : [], { name: `${adapter}: fishing for credentials`, tests: 1 }, () =>
    test(`${adapter}: a redirect to another origin takes no credentials along`, async () => {
      const fished: (string | undefined)[] = []
      const fisher = await startHostile((request, response) => {
        fished.push(request.headers.authorization)
        response.writeHead(200, { 'content-length': '6' }).end(request.method === 'HEAD' ? '' : 'a blob')
      })
      const target = blobOf(Buffer.from('a blob')).descriptor
      const { authorizations } = await asking(
        withChallenge('Basic', (request, response) => void response.writeHead(307, { location: `${fisher.url}${request.url}` }).end()),
        async (registry, address) =>
          assert.equal((await whole(registry.blob({ registry: address, repository: 'x' }, target, signal))).toString(), 'a blob'),
        { access: { credentials: basic }, adapter },
      )
      assert.ok(authorizations.includes('Basic dXNlcm5hbWU6cGFzc3dvcmQ='))
      assert.deepEqual([...new Set(fished)], [undefined])
      await fisher.close()
    }),
  )

test('a place to upload at another origin gets the bytes, and no credentials, whatever it asks', async () => {
  const fished: (string | undefined)[] = []
  const fisher = await startHostile((request, response) => {
    fished.push(request.headers.authorization)
    request.resume()
    response.writeHead(401, { 'www-authenticate': 'Basic realm="give"' }).end()
  })
  const upload: Handle = (request, response) =>
    void response.writeHead(request.method === 'POST' ? 202 : 404, { location: `${fisher.url}/upload` }).end()
  await asking(
    withChallenge('Basic', upload),
    (registry, address) =>
      assert.rejects(registry.pushBlob({ registry: address, repository: 'x' }, blobOf(Buffer.from('x')), { signal }), coded('DENIED')),
    { access: { credentials: basic } },
  )
  assert.deepEqual([...new Set(fished)], [undefined])
  await fisher.close()
})

for (const [says, told, expected] of [
  ['seconds', () => '7', [7000]],
  ['a date', (now: number) => new Date(now + 9000).toUTCString(), [9000]],
] as [string, (now: number) => string, number[]][])
  test(`a registry that is asked too often says when to come again, in ${says}`, async () => {
    const waits: number[] = []
    const start = Math.floor(Date.now() / 1000) * 1000
    let refused = 0
    const handle: Handle = (request, response) =>
      refused++ === 0 ? void response.writeHead(429, { 'retry-after': told(start) }).end() : found(request, response)
    const clock = { ...instantClock(waits), now: () => start }
    await asking(handle, (registry, address) => registry.lookUp({ registry: address, repository: 'x', tag: 'v1' }, signal), { clock })
    assert.deepEqual(waits, expected)
  })

test('a long wait is left to whoever asked', async () => {
  const waits: number[] = []
  const handle: Handle = (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end()
  await asking(
    handle,
    (registry, address) =>
      assert.rejects(registry.lookUp({ registry: address, repository: 'x', tag: 'v1' }, signal), thrown => {
        assert.ok(thrown instanceof RegistryError)
        assert.match(thrown.advice, /wait 3600 s/)
        return coded('RATE_LIMITED')(thrown)
      }),
    { clock: instantClock(waits) },
  )
  assert.deepEqual(waits, [])
})

test('a failing registry is asked again, a little later each time, and writes with more patience', async () => {
  const failing: Handle = (_, response) => void response.writeHead(503).end()
  for (const [call, bounds] of [
    [(registry: Registry, place: { registry: string; repository: string }) => registry.lookUp(place, signal), [100, 300]],
    [
      (registry: Registry, place: { registry: string; repository: string }) =>
        registry.pushManifest(place, { mediaType: mediaTypes.manifest, bytes }, signal),
      [600, 1800, 5400],
    ],
  ] as const) {
    const waits: number[] = []
    await asking(
      failing,
      (registry, address) => assert.rejects(call(registry, { registry: address, repository: 'x' }), coded('UNAVAILABLE')),
      {
        clock: instantClock(waits),
      },
    )
    assert.equal(waits.length, bounds.length)
    for (const [i, ms] of bounds.entries()) assert.ok(Math.abs((waits[i] ?? 0) - ms) <= ms * 0.1, `${waits[i]}`)
  }
})

test('a body that crawls ends in TIMEOUT', async () => {
  let elapsed = 0
  const crawling: Handle = (_, response) => {
    response.writeHead(200, { 'content-length': '1000000' })
    const drip = setInterval(() => response.write('.'), 1)
    response.on('close', () => clearInterval(drip))
  }
  const clock = { ...realClock, elapsed: () => (elapsed += 10_000) }
  const target = { mediaType: 'x/y', digest: sha256('x'), size: 1_000_000 }
  await asking(
    crawling,
    (registry, address) => assert.rejects(whole(registry.blob({ registry: address, repository: 'x' }, target, signal)), coded('TIMEOUT')),
    { clock },
  )
})

withPrograms(['oras'], { name: 'oras and silence', tests: 1 }, () =>
  test('a CLI that waits for a silent registry is ended after two minutes', async () => {
    const silent: Handle = (request, response) =>
      void (request.method === 'HEAD' ? found(request, response) : response.writeHead(200, headers).write('{'))
    const sleep = async (ms: number, stop: AbortSignal): Promise<void> => {
      await realClock.sleep(ms > 60_000 ? 300 : 0, stop)
    }
    const clock = { ...realClock, sleep }
    await asking(
      silent,
      (registry, address) => assert.rejects(registry.manifest({ registry: address, repository: 'x', tag: 'v1' }, signal), coded('TIMEOUT')),
      { clock, adapter: 'oras' },
    )
  }),
)

test('two connections at most serve many calls, challenges and failures included', async () => {
  let connections = 0
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/v2/') return void response.end()
    if (request.url?.includes('missing')) return void response.writeHead(404).end('{"errors":[]}')
    withChallenge('Basic', found)(request, response)
  })
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { registry, close } = await openAdapter('builtin', { access: { credentials: basic } })
  const place = { registry: `127.0.0.1:${port}`, repository: 'x' }
  for (let i = 0; i < 20; i++) {
    await registry.lookUp({ ...place, tag: 'v1' }, signal)
    await registry.manifest({ ...place, tag: 'v1' }, signal)
    assert.equal(await registry.resolve({ ...place, tag: 'missing' }, signal), undefined)
  }
  await close()
  server.close()
  assert.ok(connections <= 2, `${connections} connections`)
})

test('a token that is refused later is asked for anew, once', async () => {
  let issued = 0
  let refused = 0
  const handle: Handle = (request, response) => {
    if (request.url?.startsWith('/token')) return void response.end(`{"access_token":"t${++issued}"}`)
    if (request.headers.authorization === `Bearer t${issued}` && !(issued === 1 && ++refused > 2)) return found(request, response)
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end()
  }
  await asking(handle, async (registry, address) => {
    const ref = { registry: address, repository: 'x', tag: 'v1' }
    for (let i = 0; i < 4; i++) assert.equal((await registry.lookUp(ref, signal)).digest, sha256(bytes))
    await Promise.all([1, 2, 3].map(() => registry.lookUp(ref, signal)))
  })
  assert.equal(issued, 2)
})

test('who waits with another one is not aborted with it', async () => {
  let answers: (() => void)[] = []
  const slow: Handle = (request, response) =>
    request.url?.startsWith('/token')
      ? void answers.push(() => response.end('{"token":"t"}'))
      : withChallenge('Bearer', found)(request, response)
  await asking(slow, async (registry, address) => {
    const ref = { registry: address, repository: 'x', tag: 'v1' }
    const first = new AbortController()
    const [one, two] = [registry.lookUp(ref, first.signal), registry.lookUp(ref, signal)]
    while (answers.length === 0) await realClock.sleep(1, signal)
    first.abort(new Error('mine alone'))
    await assert.rejects(one, /mine alone/)
    answers = []
    while (answers.length === 0) await realClock.sleep(1, signal)
    answers.forEach(go => go())
    assert.equal((await two).digest, sha256(bytes))
  })
})

/** A way to a registry that breaks the first connections that carry more than `bytes`. */
async function breakingFront(
  target: string,
  { limit, times }: { limit: number; times: number },
): Promise<{ address: string; broken(): number; close(): Promise<void> }> {
  let broken = 0
  const sockets = new Set<Socket>()
  const server = createTcpServer(from => {
    const [host = '', port = ''] = target.split(':')
    const to = connect(Number(port), host)
    let passed = 0
    for (const socket of [from, to]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => [from, to].forEach(s => s.destroy()))
    }
    from.on('data', chunk => {
      passed += chunk.length
      if (passed > limit && broken < times) {
        broken++
        return void to.end(() => from.destroy())
      }
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    to.pipe(from)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    address: `127.0.0.1:${port}`,
    broken: () => broken,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

for (const [name, programs, start] of [
  ['the sandbox', [], () => listenRegistry({ port: 0 }).then(({ address, close }) => ({ address, stop: close }))],
  ['docker-registry', ['docker-registry'], () => startDockerRegistry()],
] as const)
  withPrograms(programs, { name: `broken uploads to ${name}`, tests: 1 }, () =>
    test(`an upload to ${name} that breaks four times goes on, and all bytes arrive`, async () => {
      const server = await start()
      const front = await breakingFront(server.address, { limit: 3_000_000, times: 4 })
      const { registry, close } = await openAdapter('builtin', { clock: instantClock([]) })
      const content = randomBytes(20_000_000)
      const source = blobOf(content)
      const place = { registry: front.address, repository: 'broken/up' }
      assert.equal(await registry.pushBlob(place, source, { signal }), 'uploaded')
      assert.equal(front.broken(), 4)
      assert.equal(
        sha256(await whole(registry.blob({ ...place, registry: server.address }, source.descriptor, signal))),
        source.descriptor.digest,
      )
      await close()
      await front.close()
      await server.stop()
    }),
  )

for (const link of [
  '</v2/x/tags/list?last=a>; rel="next"',
  '<?last=a>;rel=next',
  '</elsewhere>; rel="prev", </v2/x/tags/list?last=a>; title="more"; REL="next"',
])
  test(`the next page of tags is at ${link}`, async () => {
    const { asked } = await asking(
      (request, response) => {
        const last = request.url?.includes('last=a') === true
        response.writeHead(200, last ? {} : { link }).end(JSON.stringify({ tags: [last ? 'b' : 'a', '../no/tag', 7] }))
      },
      async (registry, address) => assert.deepEqual(await all(registry.tags({ registry: address, repository: 'x' }, signal)), ['a', 'b']),
    )
    assert.deepEqual(asked, ['GET /v2/x/tags/list?n=1000', 'GET /v2/x/tags/list?last=a'])
  })

test('referrers come page by page, from the API alone where there is one', async () => {
  const entry = (name: string): object => ({ mediaType: mediaTypes.manifest, digest: sha256(name), size: 1, artifactType: 'test/a' })
  const { asked } = await asking(
    (request, response) => {
      const second = request.url?.includes('page=2') === true
      response.writeHead(200, {
        'content-type': mediaTypes.index,
        ...(second ? {} : { link: `<${request.url}?page=2>; rel="next"` }),
      })
      response.end(JSON.stringify({ manifests: [entry(second ? 'two' : 'one'), { digest: 'no descriptor' }, null] }))
    },
    async (registry, address) =>
      assert.deepEqual(
        (await all(registry.referrers({ registry: address, repository: 'x' }, sha256(bytes), { signal }))).map(d => d.digest),
        [sha256('one'), sha256('two')],
      ),
  )
  assert.equal(asked.length, 2)
})

test('a blob that breaks off goes on where it did, where the registry can', async () => {
  const content = randomBytes(300_000)
  const { descriptor } = blobOf(content)
  const breaking =
    (goesOn: boolean): Handle =>
    (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const partial = goesOn && start > 0
      response.writeHead(partial ? 206 : 200, {
        'content-length': String(partial ? content.length - start : content.length),
        ...(partial ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
      })
      response.write(content.subarray(partial ? start : 0, (partial ? start : 0) + 100_000), () => {
        if (start + 100_000 >= content.length) response.end()
        else response.destroy()
      })
    }
  await asking(breaking(true), async (registry, address) => {
    assert.deepEqual(await whole(registry.blob({ registry: address, repository: 'x' }, descriptor, signal)), content)
  })
  await asking(breaking(false), (registry, address) =>
    assert.rejects(whole(registry.blob({ registry: address, repository: 'x' }, descriptor, signal)), coded('UNREACHABLE')),
  )
})

test('tags come page by page', async () => {
  const { registry, close } = await openAdapter('builtin')
  const place = { registry: sandbox.address, repository: 'pages/many' }
  const { digest } = await pushArtifact(registry, { ...place, tag: 'first' })
  const names = Array.from({ length: 2050 }, (_, i) => `t${i}`)
  const found = await registry.manifest({ ...place, digest }, signal)
  for (const tag of names)
    await registry.pushManifest({ ...place, tag }, { mediaType: mediaTypes.manifest, bytes: found?.bytes ?? bytes }, signal)
  assert.deepEqual((await all(registry.tags(place, signal))).toSorted(), ['first', ...names].toSorted())
  await close()
})
