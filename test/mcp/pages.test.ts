import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { connectors, type Driver } from '../support/clients.ts'
import { pushFiles } from '../support/push.ts'
import { type HttpProduct, startHttpProduct, stdioCaller, tokens } from '../support/service.ts'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { unending } from '../support/unending.ts'

const signal = unending
const count = 130
let product: HttpProduct
before(async () => {
  product = await startHttpProduct()
  const cluster = product.composed.service.world.clusters.named()
  const put = (object: unknown): Promise<KubeObject> => cluster.apply(object as KubeObject, { manager: 'test', force: true }, signal)
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const object = {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: `app-${i}`, namespace: 'flux-system' },
        spec: { interval: '1h', prune: true, suspend: false, sourceRef: { kind: 'OCIRepository', name: 'none' } },
      }
      await put(object)
      const message =
        `health check failed after 30s: timeout waiting for: [Deployment/apps/app-${i} status: 'InProgress', sha256:${'0123456789abcdef'.repeat(4)}] `.repeat(
          4,
        )
      const status = {
        conditions: [{ type: 'Ready', status: 'False', reason: 'HealthCheckFailed', message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      }
      await cluster.apply({ ...object, status } as never, { manager: 'test', force: true, subresource: 'status' }, signal)
      await put({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `event-${i}`, namespace: 'flux-system' },
        involvedObject: { kind: 'Kustomization', name: `app-${i}`, namespace: 'flux-system' },
        type: 'Warning',
        reason: 'HealthCheckFailed',
        message,
        lastTimestamp: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
      })
    }),
  )
  const url = `oci://${product.registry}/many`
  for (let i = 0; i < 25; i++) await pushFiles(product.composed.service.world, `${url}:1.0.${i}`, { 'a.txt': `a${i}` })
  await pushFiles(product.composed.service.world, `${url}:long`, {
    'long.txt': Array.from({ length: 4000 }, (_, i) => `line number ${i} of a long file`).join('\n'),
    'z.txt': 'the end',
  })
})
after(() => product.stop())

const lists: [tool: string, args: () => Record<string, unknown>, all: number, column: number][] = [
  ['get_status', () => ({}), count, 1],
  ['get_events', () => ({ namespace: 'flux-system' }), count, 2],
  ['list_artifacts', () => ({ url: `oci://${product.registry}/many` }), 26, 0],
]
const rowsOf = ({ data }: Pick<Answer, 'data'>): string[][] => (data?.rows ?? []) as string[][]

for (const [name, args, all, column] of lists)
  for (const more of [{}, { limit: 7 }, { limit: 200, maxTokens: 1000 }])
    test(`pages of ${name} with ${JSON.stringify(more)} join to the full set, each within its budget`, async () => {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page: Answer = await product.call(name, { ...args(), ...more, ...(cursor ? { cursor } : {}) })
        assert.equal(page.isError, false, page.text)
        assert.equal(page.data?.total, all)
        const budget = 'maxTokens' in more ? 1000 : 'limit' in more ? 10_000 : 2000
        for (const form of [page.text, JSON.stringify(page.data)])
          assert.ok(countTokens(form) <= budget, `${countTokens(form)} of ${budget}`)
        seen.push(...rowsOf(page).map(r => r[column] ?? ''))
        cursor = page.data?.nextCursor as string | undefined
        assert.equal(page.data?.truncated, cursor !== undefined)
        if (cursor) assert.ok(page.text.includes(`cursor=${cursor}`), 'the text has the cursor too')
      } while (cursor !== undefined)
      assert.equal(seen.length, all)
      assert.equal(new Set(seen).size, all)
    })

test('a cursor is of its caller and its question', async () => {
  const { data } = await product.call('get_status', { limit: 5 })
  const cursor = data?.nextCursor
  for (const [args, more] of [
    [{ limit: 5, cursor }, { caller: { ...stdioCaller, key: 'somebody else' } }],
    [{ limit: 5, cursor, state: 'failing' }, {}],
    [{ limit: 5, cursor: 'made.up.cursor.0' }, {}],
  ] as const) {
    const refused = await product.call('get_status', args, more)
    assert.match(refused.text, /^CursorExpired: .*Next: start again without cursor/)
  }
  assert.equal((await product.call('get_status', { limit: 9, cursor })).isError, false)
  assert.match((await product.call('get_events', { limit: 5, cursor })).text, /^CursorExpired/)
})

test('content comes in pages of lines that join to all of it, each fenced and within its budget', async () => {
  const lines: string[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    const { text } = await product.call('pull_artifact', { url: `oci://${product.registry}/many:long`, ...(cursor ? { cursor } : {}) })
    assert.ok(countTokens(text) <= 10_000, String(countTokens(text)))
    const [, head = '', open = '', body = '', close = ''] = /^(.*)\n(--- untrusted .*)\n([\s\S]*)\n(--- end .*)$/.exec(text) ?? []
    assert.match(open, /^--- untrusted .+, id [0-9a-f]{4,} ---$/)
    assert.equal(/end (\w+) ---$/.exec(close)?.[1], /id (\w+) ---$/.exec(open)?.[1])
    lines.push(...body.split('\n'))
    cursor = /cursor=(\S+)/.exec(head)?.[1]
    pages++
  } while (cursor)
  assert.ok(pages > 2)
  assert.equal(lines.filter(l => /^line number \d+ of a long file$/.test(l)).length, 4000)
  assert.equal(lines.at(-1), 'the end')
})

test('the list of resources comes in pages that join to the full set; a made up cursor is -32602', async () => {
  const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(product.url), { requestInit: { headers: { authorization: `Bearer ${tokens.reader}` } } }),
  )
  const first = await client.listResources({})
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await client.request({ method: 'resources/list', params: cursor ? { cursor } : {} })
    seen.push(...page.resources.map(r => r.uri))
    assert.ok(page.resources.length <= 100)
    cursor = page.nextCursor
  } while (cursor)
  assert.equal(seen[0], 'flux://clusters')
  assert.equal(seen.length, new Set(seen).size)
  for (let i = 0; i < count; i++) assert.ok(seen.includes(`flux://sandbox/Kustomization/flux-system/app-${i}`))
  assert.ok(first.resources.length >= 100)
  await assert.rejects(client.request({ method: 'resources/list', params: { cursor: 'made.up.cursor.0' } }), { code: -32602 })
  await client.close()
})

test('completion offers at most a hundred names, filtered by what is typed and by the other arguments', async () => {
  const [{ connect } = assert.fail()] = connectors
  const driver: Driver = await connect({ url: product.url, token: tokens.reader })
  const template = 'flux://{cluster}/{kind}/{namespace}/{name}'
  const others = { cluster: 'sandbox', kind: 'Kustomization', namespace: 'flux-system' }
  assert.equal((await driver.complete({ template }, ['name', 'app'], others)).length, 100)
  assert.deepEqual(
    await driver.complete({ template }, ['name', 'APP-12'], others),
    [12, ...Array.from({ length: 10 }, (_, i) => 120 + i)].map(n => `app-${n}`),
  )
  assert.deepEqual(await driver.complete({ template }, ['name', 'app'], { ...others, namespace: 'default' }), [])
  assert.deepEqual(await driver.complete({ template }, ['namespace', ''], others), ['flux-system'])
  const kinds = [
    'Bucket',
    'GitRepository',
    'HelmChart',
    'HelmRepository',
    'ImagePolicy',
    'ImageRepository',
    'ImageUpdateAutomation',
    'Kustomization',
    'OCIRepository',
  ]
  assert.deepEqual((await driver.complete({ template }, ['kind', ''], others)).toSorted(), kinds)
  for (const broken of [{ cluster: 'nowhere' }, { ...others, kind: 'Nonsense' }, { ...others, kind: '%E0%A4%A' }])
    assert.deepEqual(await driver.complete({ template }, ['name', ''], broken), [])
  await driver.close()
})
