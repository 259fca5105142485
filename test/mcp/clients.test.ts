import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Driver, connectors, type Person, type Target } from '../support/clients.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { emptyHome, program, root } from '../support/program.ts'
import { startHostile } from '../support/hostile.ts'
import { type HttpProduct, startHttpProduct, tokens, toolCount } from '../support/service.ts'

const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {a: "1"}\n`
const plain = (value: unknown): string => JSON.stringify(value)

/** Calls a tool, and again with the plan where that comes first. */
async function act(driver: Driver, name: string, args: Record<string, unknown>): ReturnType<Driver['call']> {
  const first = await driver.call(name, args)
  return first.data.planned === true ? driver.call(name, { ...args, plan: first.data.plan }) : first
}

/** A registry that never answers, and tells when somebody stops waiting. */
async function startSilent(): Promise<{ image: string; asked: Promise<void>; given: Promise<void>; close(): Promise<void> }> {
  const [asked, given] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = await startHostile((request, response) => {
    asked.resolve()
    request.once('close', () => given.resolve())
    response.once('close', () => given.resolve())
  })
  return { image: `${server.url.replace('http://', '')}/app:1`, asked: asked.promise, given: given.promise, close: server.close }
}

function features(transport: string, target: () => Target): void {
  for (const { name, revision, progress, connect } of connectors)
    suite(`${name} over ${transport}`, () => {
      const asked: string[] = []
      let says: ReturnType<Person> = { action: 'decline' }
      let driver: Driver
      const id = `${transport}-${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
      const app = `app-${id}`
      before(async () => {
        driver = await connect(target(), message => {
          asked.push(message)
          return says
        })
      })
      after(() => driver.close())

      test('lists the tools, in the revision that it speaks', async () => {
        assert.equal(driver.revision, transport === 'stdio' && name.startsWith('@ai-sdk') ? '2025-11-25' : revision)
        assert.equal((await driver.tools()).length, toolCount)
      })

      test('calls a tool: text and data say the same', async () => {
        const { text, data, isError } = await driver.call('get_status')
        assert.equal(isError, false, text)
        assert.equal(data.cluster, 'sandbox')
        assert.match(text, /^sandbox: /)
      })

      test('gets a typed error that its schema check lets pass', async () => {
        const { text, data, isError } = await driver.call('get_object', { kind: 'Kustomization', namespace: 'none', name: 'none' })
        assert.equal(isError, true)
        assert.match(text, /^NotFound: .* Next: /)
        assert.equal((data.error as { code: string }).code, 'NotFound')
      })

      test('changes something after its plan, with progress where it shows any', async () => {
        const url = `oci://${registry()}/${app}:latest`
        const files = [{ path: 'a.yaml', content: configMap(app), encoding: 'utf8' }]
        const pushed = await act(driver, 'push_artifact', {
          url,
          files,
          source: 'https://example.com/x.git',
          revision: 'main@sha1:6f1f0b1c',
        })
        assert.equal(pushed.isError, false, pushed.text)
        const created = await act(driver, 'apply_manifests', { create: { name: app, url, interval: '1h' } })
        assert.equal(created.isError, false, created.text)
        const notes: string[] = []
        const done = await driver.call(
          'reconcile',
          { kind: 'ks', namespace: 'flux-system', name: app, withSource: true },
          { progress: note => notes.push(note) },
        )
        assert.equal(done.data.verdict, 'Ready', done.text)
        if (progress) assert.ok(notes.length > 0)
        for (const note of notes) assert.ok(note.length > 0 && note.length <= 80, note)
      })

      test('reads resources, and a miss is a miss', async () => {
        assert.deepEqual(
          JSON.parse(await driver.read('flux://clusters')).clusters.map((c: { name: string }) => c.name),
          ['sandbox'],
        )
        const object = JSON.parse(await driver.read(`flux://sandbox/Kustomization/flux-system/${app}`))
        assert.equal(object.state, 'ready')
        assert.ok(JSON.parse(await driver.read(`flux://sandbox/Kustomization/flux-system/${app}/inventory`)).inventory.length > 0)
        await assert.rejects(driver.read('flux://sandbox/Kustomization/flux-system/nobody'), /not found/i)
      })

      test('completes names of templates and of prompts', async () => {
        const template = 'flux://{cluster}/{kind}/{namespace}/{name}'
        assert.deepEqual(await driver.complete({ template }, ['cluster', 's']), ['sandbox'])
        assert.deepEqual(await driver.complete({ template }, ['kind', 'kus']), ['Kustomization'])
        assert.deepEqual(
          await driver.complete({ template }, ['name', app], { cluster: 'sandbox', kind: 'Kustomization', namespace: 'flux-system' }),
          [app],
        )
        assert.ok((await driver.complete({ prompt: 'diagnose' }, ['name', 'app-'], { kind: 'Kustomization' })).includes(app))
      })

      test('cancels a call, and the call lets go of the registry that holds it', async () => {
        const silent = await startSilent()
        const stop = new AbortController()
        const call = driver.call('get_image_digest', { image: silent.image }, { signal: stop.signal })
        await silent.asked
        stop.abort(new Error('never mind'))
        await assert.rejects(call)
        // This client stops waiting over stdio without telling the server.
        if (!(transport === 'stdio' && name === '@ai-sdk/mcp')) await silent.given
        assert.equal((await driver.call('get_status')).isError, false)
        await silent.close()
      })

      test('asks the person before it destroys, and takes only a clear yes', async () => {
        const made = await act(driver, 'apply_manifests', { manifests: configMap(`doomed-${id}`) })
        assert.equal(made.isError, false, made.text)
        const target = { kind: 'ConfigMap', namespace: 'default', name: `doomed-${id}` }
        says = { action: 'decline' }
        const refused = await act(driver, 'delete_object', target)
        assert.match(refused.text, /^Declined: /, plain(refused))
        says = { action: 'accept', content: { decision: 'approve' } }
        const done = await act(driver, 'delete_object', target)
        assert.equal(done.data.deleted, true, plain(done))
        assert.equal(asked.length, 2)
        for (const message of asked)
          assert.match(message, new RegExp(`^Delete an object: delete ConfigMap/default/doomed-${id}.*Approve\\?$`))
      })

      test('hears of a change of what it watches, and of nothing else', async t => {
        if (!driver.watch) return t.skip(`${name} has no subscriptions`)
        const heard: string[] = []
        const first = Promise.withResolvers<void>()
        const uri = `flux://sandbox/Kustomization/flux-system/${app}`
        const stop = await driver.watch(uri, changed => {
          heard.push(changed)
          first.resolve()
        })
        await act(driver, 'apply_manifests', { manifests: configMap(`other-${id}`) })
        await act(driver, 'set_suspended', { kind: 'ks', namespace: 'flux-system', name: app, suspended: true })
        await first.promise
        await stop()
        assert.deepEqual([...new Set(heard)], [uri])
      })
    })
}

let images: Awaited<ReturnType<typeof listenRegistry>>
const registry = (): string => images.address
before(async () => {
  images = await listenRegistry({ port: 0 })
})
after(() => images.close())

let product: HttpProduct
suite('over HTTP', () => {
  before(async () => {
    product = await startHttpProduct()
  })
  after(() => product.stop())
  features('http', () => ({ url: product.url, token: tokens.writer }))
})

suite('over stdio', () => features('stdio', () => ({ args: ['--sandbox', 'mcp', '--approve'] })))

suite('Inspector CLI', () => {
  const inspector = join(root, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
  const inspect = (args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise(done => {
      const env = { PATH: process.env.PATH, HOME: emptyHome, MCP_INSPECTOR_SECRET_STORE: 'memory' }
      execFile(process.execPath, [inspector, '--cli', ...args], { env, cwd: root }, (error, out, err) =>
        done({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
      )
    })
  const stdio = [process.execPath, program, '--sandbox', 'mcp']
  let http: HttpProduct
  before(async () => {
    http = await startHttpProduct({ exposure: { tokens: undefined, writes: false } })
  })
  after(() => http.stop())

  test('lists the tools over stdio', async () => {
    const { code, out, err } = await inspect([...stdio, '--method', 'tools/list'])
    assert.equal(code, 0, err)
    assert.equal((JSON.parse(out) as { tools: unknown[] }).tools.length, toolCount)
  })

  test('calls a tool over HTTP, and ends with 5 for a tool error', async () => {
    const call = (name: string, ...args: string[]): ReturnType<typeof inspect> =>
      inspect([http.url, '--transport', 'http', '--method', 'tools/call', '--tool-name', name, ...args.flatMap(a => ['--tool-arg', a])])
    const good = await call('get_status', 'detail=brief')
    assert.equal(good.code, 0, good.err)
    assert.match(good.out, /sandbox/)
    const bad = await call('get_object', 'kind=Nope', 'name=x')
    assert.equal(bad.code, 5, bad.out)
    assert.match(bad.out, /NoMatch/)
  })

  test('reads a resource and gets a prompt over HTTP', async () => {
    const read = await inspect([http.url, '--transport', 'http', '--method', 'resources/read', '--uri', 'flux://clusters'])
    assert.equal(read.code, 0, read.err)
    assert.match(read.out, /sandbox/)
    const prompts = await inspect([http.url, '--transport', 'http', '--method', 'prompts/list'])
    assert.equal(prompts.code, 0, prompts.err)
    assert.match(prompts.out, /diagnose/)
  })
})
