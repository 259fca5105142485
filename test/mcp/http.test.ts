import assert from 'node:assert/strict'
import { request as overTls } from 'node:https'
import { after, before, suite, test } from 'node:test'
import { approve } from '../../src/cli/approve.ts'
import { type Exposure, hostNameOf, refusal } from '../../src/transports/http.ts'
import { parseTokens } from '../../src/transports/tokens.ts'
import { connectors, type Driver } from '../support/clients.ts'
import { end, run } from '../support/program.ts'
import { type HttpProduct, startHttpProduct, tokens } from '../support/service.ts'
import { certificateAuthority } from '../support/certificates.ts'
import { unending } from '../support/unending.ts'

const authority = certificateAuthority()
const localhost = authority.issue('localhost', ['localhost', '127.0.0.1'])
const accept = 'application/json, text/event-stream'
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
}
const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
}
interface Sent {
  readonly token?: string | undefined
  readonly headers?: Record<string, string>
  readonly body?: unknown
  readonly method?: string
}
const post = (url: string, { token = tokens.writer, headers = {}, body = initialize, method = 'POST' }: Sent = {}): Promise<Response> =>
  fetch(url, {
    method,
    headers: { 'content-type': 'application/json', accept, ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  })
const modern = (url: string, [method, params]: [string, Record<string, unknown>], sent: Sent = {}): Promise<Response> =>
  post(url, {
    ...sent,
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof params.name === 'string' ? { 'mcp-name': params.name } : {}),
      ...sent.headers,
    },
    body: { jsonrpc: '2.0', id: 7, method, params: { ...params, _meta: meta } },
  })

const exposed: Exposure = {
  host: '127.0.0.1',
  tokens: undefined,
  allowedHosts: [],
  allowedOrigins: [],
  tls: undefined,
  behindTlsProxy: false,
  writes: false,
}
const wide: Exposure = { ...exposed, host: '0.0.0.0', tokens: 'x', allowedHosts: ['a'], allowedOrigins: ['a'], behindTlsProxy: true }
const refusals: [says: string, exposure: Exposure, wrong: RegExp | undefined][] = [
  ['loopback to read needs nothing', exposed, undefined],
  ['localhost is loopback', { ...exposed, host: 'localhost' }, undefined],
  ['::1 is loopback', { ...exposed, host: '::1' }, undefined],
  ['127.8.8.8 is loopback', { ...exposed, host: '127.8.8.8' }, undefined],
  ['a name that begins like loopback is none', { ...exposed, host: '127.example.com' }, /--token-file/],
  ['writes need a token, even on loopback', { ...exposed, writes: true }, /--allow-writes needs --token-file/],
  ['beyond loopback a token is needed', { ...exposed, host: '0.0.0.0' }, /give --token-file/],
  ['every address is beyond loopback', { ...exposed, host: '::' }, /give --token-file/],
  ['so are the hosts that may be named', { ...wide, allowedHosts: [] }, /--allowed-host/],
  ['and the origins', { ...wide, allowedOrigins: [] }, /--allowed-origin/],
  ['and TLS', { ...wide, behindTlsProxy: false }, /--tls-cert/],
  ['a proxy that ends TLS will do', wide, undefined],
  ['so will a certificate', { ...wide, behindTlsProxy: false, tls: localhost }, undefined],
]
for (const [says, exposure, wrong] of refusals)
  test(`where may be listened: ${says}`, () => {
    if (wrong) assert.match(refusal(exposure) ?? 'not refused', wrong)
    else assert.equal(refusal(exposure), undefined)
  })

for (const written of [
  'app.example.com',
  'App.Example.com',
  'app.example.com:8443',
  'https://app.example.com',
  'https://app.example.com:8443/',
])
  test(`a host or an origin may be written as ${written}`, () => assert.equal(hostNameOf(written), 'app.example.com'))

test('a host and an origin that are allowed come in, others do not', async () => {
  const product = await startHttpProduct({ exposure: { allowedHosts: ['app.example.com'], allowedOrigins: ['https://app.example.com'] } })
  for (const [origin, status] of [
    ['https://app.example.com', 200],
    ['https://app.example.com:8443', 200],
    ['https://other.example.com', 403],
    ['https://app.example.com.evil.com', 403],
  ] as const)
    assert.equal((await post(product.url, { headers: { origin } })).status, status, origin)
  await product.stop()
})

test('the program says what is missing and does not listen', async () => {
  const child = run(['mcp', '--http', '0.0.0.0:0'])
  const code = await new Promise(done => child.once('exit', done))
  assert.equal(code, 2)
  assert.match(child.said(), /to listen on 0\.0\.0\.0 give --token-file/)
  await end(child)
})

const badLines: [line: string, says: RegExp][] = [
  ['short flux:read', /line 1: write a token of at least 16/],
  ['a-token-without-scopes', /line 1/],
  ['\n\na-token-with-a-wrong-scope flux:all', /line 3/],
]
for (const [line, says] of badLines)
  test(`a token file says which line is wrong, and not what stands there: ${JSON.stringify(line)}`, () => {
    assert.throws(
      () => parseTokens(line),
      (error: Error) => says.test(error.message) && !error.message.includes('a-token'),
    )
  })

test('a token file may have comments and empty lines; a write scope brings the read scope along', () => {
  assert.deepEqual(
    parseTokens('# mine\n\n0123456789abcdef flux:write\r\n').map(t => t.scopes),
    [['flux:read', 'flux:write']],
  )
})

suite('an endpoint on loopback with tokens', () => {
  let product: HttpProduct
  before(async () => {
    product = await startHttpProduct()
  })
  after(() => product.stop())

  const doors: [says: string, sent: Sent, status: number][] = [
    ['a good token comes in', {}, 200],
    ['no token', { token: '' }, 401],
    ['a wrong token', { token: 'wrong-token-0123456789' }, 401],
    ['a token in a header that is not for it', { token: '', headers: { authorization: `Basic ${tokens.writer}` } }, 401],
    ['a token that may only approve', { token: tokens.person }, 403],
    ['an origin of somebody else', { headers: { origin: 'https://evil.example.com' } }, 403],
    ['an origin that is null', { headers: { origin: 'null' } }, 403],
    ['an origin on loopback', { headers: { origin: 'http://localhost:3000' } }, 200],
    ['text', { headers: { 'content-type': 'text/plain' } }, 415],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['JSON with a character set', { headers: { 'content-type': 'application/json; charset=utf-8' } }, 200],
    ['more than 4 MiB', { body: `{"a":"${'x'.repeat(4 * 1024 * 1024)}"}` }, 413],
    ['no JSON', { body: '{' }, 400],
    ['a call without a session', { body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }, 400],
    [
      'a word of initialize elsewhere',
      { body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { x: '"method":"initialize"' } } },
      400,
    ],
    ['a session that nobody has', { headers: { 'mcp-session-id': 'made-up' } }, 404],
    ['another method', { method: 'PUT' }, 405],
  ]
  for (const [says, sent, status] of doors)
    test(`${status} for ${says}`, async () => {
      const answer = await post(product.url, sent)
      assert.equal(answer.status, status, await answer.text())
      if (status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
    })

  test('a host that is not ours gets 403, whatever its token', async () => {
    const { port } = new URL(product.url)
    const { request } = await import('node:http')
    for (const [host, status] of [
      ['evil.example.com', 403],
      [`evil.example.com:${port}`, 403],
      ['localhost', 200],
      [`127.0.0.1:${port}`, 200],
    ] as const) {
      const got = await new Promise(done => {
        const sent = request(
          {
            port,
            host: '127.0.0.1',
            path: '/mcp',
            method: 'POST',
            headers: { host, 'content-type': 'application/json', accept, authorization: `Bearer ${tokens.writer}` },
          },
          answer => {
            answer.resume()
            done(answer.statusCode)
          },
        )
        sent.end(JSON.stringify(initialize))
      })
      assert.equal(got, status, host)
    }
  })

  test('a token is never taken from the address', async () => {
    assert.equal((await post(`${product.url}?access_token=${tokens.writer}`, { token: '' })).status, 401)
  })

  test('nothing else is served', async () => {
    for (const path of ['/', '/sse', '/mcp/', '/healthz', '/.env'])
      assert.equal((await post(new URL(path, product.url).href)).status, 404, path)
  })

  test('a batch of a modern client, a broken envelope and an unknown revision are refused in words', async () => {
    const unknown = await modern(product.url, ['server/discover', {}], { headers: { 'mcp-protocol-version': '2099-01-01' } })
    assert.equal(unknown.status, 400)
  })

  test('a missing scope is challenged with 403 in both eras, and changes nothing', async () => {
    const call = {
      name: 'apply_manifests',
      arguments: { manifests: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: no, namespace: default}\n' },
    }
    const now = await modern(product.url, ['tools/call', call], { token: tokens.reader })
    const opened = await post(product.url, { token: tokens.reader })
    await opened.text()
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-11-25' }
    const before2026 = await post(product.url, {
      token: tokens.reader,
      headers: session,
      body: { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call },
    })
    for (const refused of [now, before2026]) {
      assert.equal(refused.status, 403)
      assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope.*flux:write/)
      await refused.text()
    }
    const found = await product.call('get_object', { kind: 'ConfigMap', namespace: 'default', name: 'no' })
    assert.match(found.text, /^NotFound/)
  })

  test('both eras are served at once, also to a client that probes with server/discover and then initializes', async () => {
    const probe = await modern(product.url, ['server/discover', {}])
    const body = (await probe.json()) as { result: { supportedVersions: string[] } }
    assert.ok(body.result.supportedVersions.includes('2026-07-28'))
    const drivers = await Promise.all(connectors.map(c => c.connect({ url: product.url, token: tokens.reader })))
    const lists = await Promise.all(drivers.map((d: Driver) => d.tools()))
    for (const list of lists) assert.deepEqual(list, lists[0])
    await Promise.all(drivers.map(d => d.close()))
  })

  test('a person approves out of band with a token that the model does not hold', async () => {
    const call = async (
      args: Record<string, unknown>,
      name = 'delete_object',
    ): Promise<{ data: Record<string, unknown>; text: string }> => {
      const answer = await modern(product.url, ['tools/call', { name, arguments: args }])
      const { result } = (await answer.json()) as { result: { structuredContent: Record<string, unknown>; content: { text: string }[] } }
      return { data: result.structuredContent, text: result.content[0]?.text ?? '' }
    }
    const manifests = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: judged, namespace: default}\n'
    const made = await call({ manifests }, 'apply_manifests')
    await call({ manifests, plan: made.data.plan }, 'apply_manifests')
    const target = { kind: 'ConfigMap', namespace: 'default', name: 'judged' }
    const plan = String((await call(target)).data.plan)
    assert.match((await call({ ...target, plan })).text, /^ApprovalRequired: .*fluxpilot approve p1-/)
    const signal = unending
    const server = product.url
    for (const token of [tokens.writer, tokens.reader, 'nobody'])
      await assert.rejects(approve({ handle: plan, server, token }, signal), /refused with 40[13]/)
    await assert.rejects(approve({ handle: 'yes', server, token: tokens.person }, signal), /'yes' is no handle/)
    const odd = await post(new URL('/approvals', server).href, { token: tokens.person, body: { handle: 'yes' } })
    assert.equal(odd.status, 400)
    await odd.text()
    await approve({ handle: plan.replace(/.$/, c => (c === '0' ? '1' : '0')), server, token: tokens.person }, signal)
    assert.match((await call({ ...target, plan })).text, /^ApprovalRequired/)
    assert.match(await approve({ handle: plan, server, token: tokens.person }, signal), /is approved/)
    assert.equal((await call({ ...target, plan })).data.deleted, true)
  })

  test('what closes takes its sessions and streams along', async () => {
    const short = await startHttpProduct()
    const { connect } = connectors[1] ?? assert.fail()
    const driver = await connect({ url: short.url, token: tokens.reader })
    await driver.tools()
    await short.stop()
    await assert.rejects(driver.tools())
    await driver.close()
  })
})

test('with a certificate the same is served over TLS', async () => {
  const product = await startHttpProduct({ exposure: { tls: localhost } })
  assert.match(product.url, /^https:/)
  const status = await new Promise(done => {
    const sent = overTls(
      product.url,
      {
        method: 'POST',
        ca: authority.cert,
        headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${tokens.reader}` },
      },
      answer => {
        answer.resume()
        done(answer.statusCode)
      },
    )
    sent.end(JSON.stringify(initialize))
  })
  assert.equal(status, 200)
  await product.stop()
})

test('read-only hides the tools that write, and refuses them', async () => {
  const product = await startHttpProduct({ exposure: { writes: false } })
  const list = (await (await modern(product.url, ['tools/list', {}])).json()) as {
    result: { tools: { name: string; annotations: { readOnlyHint: boolean } }[] }
  }
  assert.ok(list.result.tools.length > 5)
  for (const { name, annotations } of list.result.tools) assert.equal(annotations.readOnlyHint, true, name)
  for (const name of ['apply_manifests', 'delete_object', 'reconcile', 'push_artifact']) {
    const answer = (await (await modern(product.url, ['tools/call', { name, arguments: {} }])).json()) as { error?: { code: number } }
    assert.equal(answer.error?.code, -32602, name)
  }
  await product.stop()
})
