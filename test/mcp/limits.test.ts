import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { httpBounds, Limits } from '../../src/tools/frame/limits.ts'
import { listenAdmin } from '../../src/transports/admin.ts'
import { connectors, type Driver } from '../support/clients.ts'
import { startHostile } from '../support/hostile.ts'
import { type HttpProduct, startHttpProduct, tokens, toolCount } from '../support/service.ts'

const [{ connect } = assert.fail()] = connectors

suite('an API server that never answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-hung-'))
  let hung: { url: string; close(): Promise<void> }
  let product: HttpProduct
  let admin: Awaited<ReturnType<typeof listenAdmin>>
  let [ann, ben]: Driver[] = []
  before(async () => {
    hung = await startHostile(() => {})
    const config = join(folder, 'config')
    writeFileSync(
      config,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'hung', cluster: { server: hung.url } }],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'hung', context: { cluster: 'hung', user: 'u' } }],
      }),
    )
    product = await startHttpProduct({
      options: { sandbox: false, kubeconfig: config },
      service: { limits: new Limits({ ...httpBounds, readsPerMinute: 100_000 }, () => 0) },
    })
    admin = await listenAdmin({ host: '127.0.0.1', port: 0 })
    ann = await connect({ url: product.url, token: tokens.reader })
    ben = await connect({ url: product.url, token: tokens.writer })
  })
  after(async () => {
    await ann?.close()
    await ben?.close()
    await admin.close()
    await product.stop()
    await hung.close()
    rmSync(folder, { recursive: true })
  })

  test('holds up its own calls alone: health, lists, other callers and completions answer meanwhile', async () => {
    assert.ok(ann && ben)
    const stop = new AbortController()
    let ended = 0
    const calls = Array.from({ length: 8 }, () =>
      ann?.call('get_status', {}, { signal: stop.signal }).then(
        () => ended++,
        () => ended++,
      ),
    )
    const probe = (): ReturnType<Driver['call']> => ann?.call('list_artifacts', { url: 'oci://127.0.0.1:1/xyz' }) ?? assert.fail()
    let ninth = await probe()
    while (!ninth.text.startsWith('RateLimited')) ninth = await probe()
    const health = await fetch(new URL('/healthz', admin.url))
    assert.equal(await health.text(), 'ok\n')
    assert.equal((await ann.tools()).length, toolCount)
    assert.match(ninth.text, /^RateLimited: too many calls at once\. Next: wait 1 s/)
    const other = await ben.call('get_image_digest', { image: '127.0.0.1:1/xyz:1' })
    assert.match(other.text, /^Unreachable/)
    assert.deepEqual(await ben.complete({ template: 'flux://{cluster}/{kind}/{namespace}/{name}' }, ['kind', 'k'], { cluster: 'hung' }), [])
    assert.equal(ended, 0, 'all of this came before any hung call ended')
    stop.abort(new Error('enough'))
    await Promise.all(calls)
    let free = await probe()
    while (free.text.startsWith('RateLimited')) free = await probe()
    assert.match(free.text, /^Unreachable/)
  })
})

suite('rates', () => {
  let product: HttpProduct
  let now = 0
  const drivers: Driver[] = []
  before(async () => {
    product = await startHttpProduct({ service: { limits: new Limits(httpBounds, () => now) } })
    for (const token of [tokens.reader, tokens.writer]) drivers.push(await connect({ url: product.url, token }))
  })
  after(async () => {
    for (const driver of drivers) await driver.close()
    await product.stop()
  })

  test('sixty reads and ten writes a minute for each caller, resources included', async () => {
    const [reader, writer] = drivers
    assert.ok(reader && writer)
    for (let i = 0; i < 30; i++) assert.equal((await reader.call('get_events')).isError, false)
    for (let i = 0; i < 30; i++) await reader.read('flux://clusters')
    now = 20_000
    assert.match((await reader.call('get_events')).text, /^RateLimited: more than 60 reading calls in a minute\. Next: wait 40 s/)
    await assert.rejects(reader.read('flux://clusters'), /RateLimited/)
    const manifests = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rate, namespace: default}\n'
    for (let i = 0; i < 10; i++) assert.equal((await writer.call('apply_manifests', { manifests })).isError, false)
    assert.match((await writer.call('apply_manifests', { manifests })).text, /^RateLimited: more than 10 writing calls in a minute/)
    assert.equal((await writer.call('get_events')).isError, false)
    now = 60_001
    assert.equal((await reader.call('get_events')).isError, false)
  })

  test('too many elements in one argument are an error, not a crash', async () => {
    const [, writer] = drivers
    const files = Array.from({ length: 6000 }, (_, i) => ({ path: `${i}`, content: '' }))
    const { isError } = (await writer?.call('push_artifact', { url: `oci://${product.registry}/big:1`, files })) ?? {}
    assert.equal(isError, true)
    assert.equal((await writer?.call('get_events'))?.isError, false)
  })
})
