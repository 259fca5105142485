import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Digest, sha256 } from '../../../src/lib/digest.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'
import type { Cluster } from '../../../src/world/cluster/cluster.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { artifactFetcher } from '../../../src/world/storage/fetch.ts'
import { startHostile } from '../../support/hostile.ts'
import { instantClock } from '../../support/registries.ts'
import { unending } from '../../support/unending.ts'

const http = createHttp({})
after(() => http.close())
const signal = unending
const content = 'the artifact'

async function fetched(handle: (request: IncomingMessage, response: ServerResponse) => void, digest?: string): Promise<string | undefined> {
  const server = await startHostile(handle)
  try {
    const fetcher = artifactFetcher({ http, clock: instantClock([]) })
    const body = await fetcher.fetch({ url: `${server.url}/a.tar.gz`, digest: digest as Digest | undefined }, signal)
    if (!body) return undefined
    const parts: Uint8Array[] = []
    for await (const part of body) parts.push(part)
    return Buffer.concat(parts).toString()
  } finally {
    await server.close()
  }
}
const serve = (_: IncomingMessage, response: ServerResponse): void => void response.end(content)

test('an artifact is read, and its digest is that of the status', async () => {
  assert.equal(await fetched(serve, sha256(content)), content)
  for (const algorithm of ['sha1', 'sha384', 'sha512'] as const)
    assert.equal(await fetched(serve, `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`), content)
  assert.equal(await fetched(serve), content, 'very old artifacts have no digest')
})
for (const [what, digest, code] of [
  ['another digest', sha256('other'), 'DIGEST_MISMATCH'],
  ['a digest that is none', 'sha256:0', 'DIGEST_MISMATCH'],
  ['a digest of an algorithm that nobody knows', 'md5:0', 'DIGEST_UNSUPPORTED'],
  ['a digest of blake3', `blake3:${'0'.repeat(64)}`, 'DIGEST_UNSUPPORTED'],
] as const)
  test(`${what} is ${code}`, () => assert.rejects(fetched(serve, digest), { name: 'StorageError', code }))
test('what is not there is absent', async () => assert.equal(await fetched((_, response) => void response.writeHead(404).end()), undefined))
test('a server that fails is asked again, four times at most', async () => {
  let asked = 0
  const failing =
    (times: number) =>
    (_: IncomingMessage, response: ServerResponse): void =>
      void (++asked <= times ? response.writeHead(503).end() : response.end(content))
  assert.equal(await fetched(failing(3), sha256(content)), content)
  asked = 0
  await assert.rejects(fetched(failing(99)), { code: 'UNREACHABLE' })
  assert.equal(asked, 4)
})
const refused: [what: string, handle: (request: IncomingMessage, response: ServerResponse) => void][] = [
  ['who may not read', (_, response) => void response.writeHead(403).end()],
  ['a redirect', (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
  [
    'a body that breaks off',
    (_, response) => (response.writeHead(200, { 'content-length': '99' }), void response.write('x', () => response.destroy())),
  ],
]
for (const [what, handle] of refused)
  test(`${what} does not reach it`, () => assert.rejects(fetched(handle, sha256(content)), { name: 'StorageError', code: 'UNREACHABLE' }))
test('an address that is none does not reach it', () =>
  assert.rejects(artifactFetcher({ http, clock: instantClock([]) }).fetch({ url: 'nonsense' }, signal), {
    name: 'StorageError',
    code: 'UNREACHABLE',
  }))
for (const [retries, asked, waits] of [
  [undefined, 4, [600, 1800, 5400]],
  [0, 1, []],
  [5, 6, [5000, 10_000, 20_000, 30_000, 30_000]],
] as const)
  test(`a server that fails is asked ${asked} times with ${retries} retries`, async () => {
    let count = 0
    const server = await startHostile((_, response) => void (count++, response.writeHead(503).end()))
    const pauses: number[] = []
    await assert.rejects(artifactFetcher({ http, clock: instantClock(pauses), retries }).fetch({ url: server.url }, signal), {
      code: 'UNREACHABLE',
    })
    await server.close()
    assert.equal(count, asked)
    assert.deepEqual(pauses, waits)
  })
test('an artifact that its source does not offer any more is not asked for again', async () => {
  let [asked, looked] = [0, 0]
  const server = await startHostile((_, response) => void (asked++, response.writeHead(503).end()))
  const clock = manualClock()
  const refused = assert.rejects(
    artifactFetcher({ http, clock, retries: 9 }).fetch({ url: server.url }, signal, async () => ++looked > 7),
    { name: 'StorageError', code: 'SUPERSEDED' },
  )
  for (const [seen, ms] of [
    [1, 5000],
    [6, 2000],
  ] as const) {
    for (const waits = (): boolean => looked < seen; waits();) await setImmediate()
    await clock.advance(ms)
  }
  await refused
  await server.close()
  assert.deepEqual([asked, looked, clock.elapsed()], [2, 8, 7000])
})
test('who accepts and says nothing is left as soon as the source offers another artifact', async () => {
  const heard = Promise.withResolvers<void>()
  const server = await startHostile(() => heard.resolve())
  const clock = manualClock()
  let looked = 0
  const refused = assert.rejects(
    artifactFetcher({ http, clock, retries: 0 }).fetch({ url: server.url }, signal, async () => ++looked > 2),
    { name: 'StorageError', code: 'SUPERSEDED' },
  )
  await heard.promise
  await clock.advance(3000)
  await refused
  await server.close()
  assert.deepEqual([looked, clock.elapsed(), clock.sleeping], [3, 3000, 0])
})
test('an abort is an abort', async () => {
  const stop = new AbortController()
  const server = await startHostile(() => stop.abort(new Error('enough')))
  await assert.rejects(artifactFetcher({ http, clock: instantClock([]) }).fetch({ url: server.url }, stop.signal), { message: 'enough' })
  await server.close()
})
test('a service of the cluster is reached through its API server', async () => {
  const asked: unknown[] = []
  const cluster = {
    async serviceProxy(target: unknown) {
      asked.push(target)
      return (async function* () {
        yield Buffer.from(content)
      })()
    },
  } as unknown as Cluster
  const fetcher = artifactFetcher({ http, clock: instantClock([]), cluster: () => cluster })
  for (const [host, port] of [
    ['source-controller.flux-system.svc.cluster.local.', '80'],
    ['source-controller.flux-system.svc:9090', '9090'],
  ] as const) {
    const body = await fetcher.fetch({ url: `http://${host}/ocirepository/apps/app/x.tar.gz`, digest: sha256(content) }, signal)
    assert.ok(body)
    for await (const part of body) assert.equal(String(part), content)
    assert.deepEqual(asked.pop(), {
      namespace: 'flux-system',
      service: 'source-controller',
      port,
      path: '/ocirepository/apps/app/x.tar.gz',
    })
  }
})
