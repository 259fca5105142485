// What servers of others got wrong, each once. The numbers are those of docs/spec/mcp.md 5.2.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JsonObject, listAt, objectAt } from '../../src/lib/json.ts'
import { answer, type Answer } from '../../src/tools/frame/answer.ts'
import { object } from '../../src/resources/object.ts'
import { allTools } from '../../src/tools/index.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { tool } from '../../src/tools/tool.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { until } from '../../src/world/cluster/until.ts'
import { connectors } from '../support/clients.ts'
import { pushFiles } from '../support/push.ts'
import { type HttpProduct, type Product, startHttpProduct, startProduct, stdioCaller, tokens, toolCount } from '../support/service.ts'
import * as z from 'zod'
import { unending } from '../support/unending.ts'

const signal = unending
const codeOf = ({ data }: Answer): unknown => (data?.error as { code?: string } | undefined)?.code
const rowsOf = ({ data }: Answer): string[][] => data?.rows as string[][]

let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
  const url = `oci://${product.registry}/app:1.0.0`
  for (const tag of ['1.0.0', '1.1.0', '2.0.0'])
    await pushFiles(product.composed.service.world, url.replace('1.0.0', tag), { 'a.yaml': configMap('from-app', tag) })
  const made = await product.call('apply_manifests', { create: { name: 'app', url, interval: '1h' } })
  assert.equal(made.isError, false, made.text)
  assert.equal(
    (await product.call('reconcile', { kind: 'ks', namespace: 'flux-system', name: 'app', withSource: true })).data?.verdict,
    'Ready',
  )
  await apply('CronJob', {
    schedule: '0 0 * * *',
    suspend: false,
    jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } } },
  })
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'talks', namespace: 'default' },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  }
  const { metadata } = await cluster.create(pod, { manager: 'test' }, signal)
  const ref = { group: '', version: 'v1', kind: 'Pod', name: metadata.name, namespace: 'default' }
  await until(cluster, ref, { signal, settled: o => (o?.status?.phase === 'Running' ? o : undefined) })
})
after(() => product.stop())

function configMap(name: string, value = '1'): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {a: "${value}"}\n`
}
function apply(kind: string, spec: JsonObject): Promise<unknown> {
  return cluster.apply(
    { apiVersion: 'batch/v1', kind, metadata: { name: 'job', namespace: 'default' }, spec } as never,
    { manager: 'test', force: true },
    signal,
  )
}

/** Calls a tool on the cluster with some of its methods changed. */
async function callOn(changed: Partial<Cluster>, name: string, args: JsonObject): Promise<Answer> {
  const { service, engine } = product.composed
  const wrapped: Cluster = new Proxy(cluster, {
    get: (target, key) =>
      Reflect.get(changed, key) ??
      (Reflect.get(target, key) as { bind?(to: unknown): unknown } | undefined)?.bind?.(target) ??
      Reflect.get(target, key),
  })
  const world = { ...service.world, clusters: { names: service.world.clusters.names, named: () => wrapped } }
  const found = allTools({ gates: service.gates, readOnly: false }).find(t => t.name === name)
  assert.ok(found)
  return answer({ ...service, world }, found, { args, call: { signal, caller: stdioCaller, engine, progress: () => {} } })
}
const forbidden = (what: string): ClusterError =>
  new ClusterError('FORBIDDEN', { cluster: 'sandbox', what, message: `cannot ${what}`, status: 403 })
const ks = { kind: 'Kustomization', namespace: 'flux-system', name: 'app' }

test('1: every tool shows its arguments in every era', async () => {
  const http = await startHttpProduct()
  for (const { connect } of connectors.slice(0, 3)) {
    const driver = await connect({ url: http.url, token: tokens.writer })
    assert.equal((await driver.tools()).length, toolCount)
    await driver.close()
  }
  await http.stop()
})

test('2: a tool that says that it reads writes nothing', async () => {
  const written: string[] = []
  const record = (verb: string) => async (): Promise<never> => {
    written.push(verb)
    throw forbidden(verb)
  }
  const dry: Cluster['apply'] = (object, options, stop) => {
    if (!options.dryRun) written.push('apply')
    return cluster.apply(object, { ...options, dryRun: true }, stop)
  }
  const changed = { apply: dry, create: record('create'), replace: record('replace'), patch: record('patch'), delete: record('delete') }
  const args: Record<string, JsonObject> = {
    get_status: {},
    get_object: ks,
    get_events: {},
    get_logs: { kind: 'Pod', namespace: 'default', name: 'talks' },
    explain: ks,
    trace: ks,
    search_docs: { query: 'dependsOn' },
    build: ks,
    plan: { tool: 'reconcile', arguments: { ...ks, withSource: true } },
    get_image_digest: { image: `${product.registry}/app:1.0.0` },
    list_artifacts: { url: `oci://${product.registry}/app` },
    diff_artifact: { url: `oci://${product.registry}/app:1.0.0`, other: `oci://${product.registry}/app:1.0.0` },
    list_clusters: {},
    pull_artifact: { url: `oci://${product.registry}/app:1.0.0` },
  }
  const reading = allTools({ gates: product.composed.service.gates, readOnly: true })
  assert.deepEqual(reading.map(t => t.name).toSorted(), Object.keys(args).toSorted())
  for (const { name } of reading) {
    const done = await callOn(changed, name, args[name] ?? {})
    assert.equal(done.isError, false, `${name}: ${done.text}`)
  }
  assert.deepEqual(written, [])
})

const filters: [tool: string, args: JsonObject, narrower: JsonObject][] = [
  ['get_status', {}, { kind: 'OCIRepository' }],
  ['get_status', {}, { namespace: 'default' }],
  ['get_status', {}, { selector: 'nobody=has' }],
  ['get_status', {}, { state: 'failing' }],
  ['get_events', {}, { kind: 'OCIRepository' }],
  ['get_events', {}, { name: 'nobody' }],
  ['get_events', {}, { namespace: 'kube-system' }],
  ['get_events', {}, { since: '2099-01-01T00:00:00Z' }],
]
for (const [name, args, narrower] of filters)
  test(`4: ${name} is narrowed by ${JSON.stringify(narrower)}`, async () => {
    const [all, some] = [await product.call(name, args), await product.call(name, narrower)]
    assert.ok(rowsOf(some).length < rowsOf(all).length, `${rowsOf(some).length} of ${rowsOf(all).length}`)
  })
for (const narrower of [{ semver: '1.x' }, { regex: '^2' }])
  test(`4: list_artifacts is narrowed by ${JSON.stringify(narrower)}`, async () => {
    const url = `oci://${product.registry}/app`
    assert.equal(rowsOf(await product.call('list_artifacts', { url })).length, 3)
    assert.ok(rowsOf(await product.call('list_artifacts', { url, ...narrower })).length < 3)
  })

for (const [how, fault] of [
  ['is forbidden', forbidden('get')],
  ['times out', new ClusterError('TIMEOUT', { cluster: 'sandbox', what: 'get', message: 'no answer' })],
] as const)
  test(`5: where reading the owner ${how}, nothing is written`, async () => {
    const written: string[] = []
    const changed: Partial<Cluster> = {
      get: async () => {
        throw fault
      },
      apply: async (object, options, stop) => {
        if (!options.dryRun) written.push(object.kind)
        return cluster.apply(object, { ...options, dryRun: true }, stop)
      },
      delete: async () => void written.push('delete'),
      patch: async () => {
        written.push('patch')
        throw fault
      },
    }
    for (const [name, args] of [
      ['apply_manifests', { manifests: configMap('guarded') }],
      ['delete_object', { kind: 'ConfigMap', namespace: 'default', name: 'from-app' }],
      ['set_suspended', { ...ks, suspended: true }],
      ['reconcile', ks],
    ] as const) {
      const refused = await callOn(changed, name, args)
      assert.equal(refused.isError, true, refused.text)
      assert.match(String(codeOf(refused)), /Forbidden|Timeout/)
    }
    assert.deepEqual(written, [])
  })

test('6: what was so already is said to be', async () => {
  const suspended = await product.call('set_suspended', { ...ks, suspended: true })
  assert.match(suspended.text, /^Suspended/)
  const again = await product.call('set_suspended', { ...ks, suspended: true })
  assert.match(again.text, /already|unchanged|was suspended/i)
  assert.equal((await product.call('apply_manifests', { manifests: configMap('same') })).text.includes('created'), true)
  assert.match((await product.call('apply_manifests', { manifests: configMap('same') })).text, /unchanged/)
})

test('22: a suspended object is not touched by reconcile', async () => {
  await product.call('set_suspended', { ...ks, suspended: true })
  const before = await cluster.get({ group: 'kustomize.toolkit.fluxcd.io', version: 'v1', ...ks }, signal)
  assert.equal(codeOf(await product.call('reconcile', { ...ks, withSource: true })), 'Suspended')
  const after = await cluster.get({ group: 'kustomize.toolkit.fluxcd.io', version: 'v1', ...ks }, signal)
  assert.equal(after?.metadata.resourceVersion, before?.metadata.resourceVersion)
  assert.equal((await product.call('set_suspended', { ...ks, suspended: false })).data?.verdict, 'Ready')
})

test('17: who may only get, gets', async () => {
  const list = async (): Promise<never> => {
    throw forbidden('list')
  }
  const changed: Partial<Cluster> = {
    list,
    async *listAll() {
      yield await list()
    },
  }
  for (const target of [ks, { kind: 'ConfigMap', namespace: 'default', name: 'from-app' }]) {
    const got = await callOn(changed, 'get_object', target)
    assert.equal(got.isError, false, got.text)
  }
})

test('16: a list that is forbidden is no empty list', async () => {
  const changed: Partial<Cluster> = {
    async *listAll(query, stop) {
      if (['Event', 'Kustomization'].includes(query.kind)) throw forbidden(`list ${query.kind}`)
      yield* cluster.listAll(query, stop)
    },
  }
  const events = await callOn(changed, 'get_events', {})
  assert.equal(codeOf(events), 'Forbidden')
  const status = await callOn(changed, 'get_status', {})
  assert.match(status.text, /incomplete: Kustomization/)
  assert.equal(listAt(status.data, 'incomplete').length, 1)
  assert.ok(rowsOf(status).length > 0)
})

test('21: only Flux objects are suspended', async () => {
  const refused = await product.call('set_suspended', { kind: 'CronJob', namespace: 'default', name: 'job', suspended: true })
  assert.equal(codeOf(refused), 'InvalidArgument')
  const job = await cluster.get({ group: 'batch', version: 'v1', kind: 'CronJob', namespace: 'default', name: 'job' }, signal)
  assert.equal(job?.spec?.suspend, false)
})

test('24: an API group that cannot be discovered hides no other', async () => {
  const changed: Partial<Cluster> = {
    discover: async stop => ({
      ...(await cluster.discover(stop)),
      incomplete: [{ group: 'image.toolkit.fluxcd.io/v1beta2', message: 'the server that answers for this group does not respond' }],
    }),
  }
  const status = await callOn(changed, 'get_status', {})
  assert.equal(status.isError, false)
  assert.ok(rowsOf(status).length > 0)
  assert.match(status.text, /incomplete: image\.toolkit\.fluxcd\.io/)
})

test('25: nothing is fetched from a metadata service, whoever names it', async () => {
  for (const [name, args] of [
    ['get_image_digest', { image: '169.254.169.254/latest:1', insecure: true }],
    ['list_artifacts', { url: 'oci://169.254.169.254/latest', insecure: true }],
  ] as const) {
    const refused = await product.call(name, args)
    assert.equal(refused.isError, true)
    assert.match(refused.text, /link-local and metadata addresses are refused/)
  }
})

test('27: an empty list is not everything', async () => {
  assert.equal(codeOf(await product.call('tag_artifact', { url: `oci://${product.registry}/app:1.0.0`, tags: [] })), 'InvalidArgument')
  assert.equal(codeOf(await product.call('apply_manifests', { manifests: '' })), 'InvalidArgument')
})

test('28: every list is answered, in both eras', async () => {
  const http = await startHttpProduct()
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
  for (const mode of ['auto', 'legacy'] as const) {
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers: { authorization: `Bearer ${tokens.reader}` } } }),
    )
    assert.ok((await client.listTools()).tools.length > 0)
    assert.ok((await client.listPrompts()).prompts.length === 2)
    assert.ok((await client.listResources()).resources.length > 0)
    assert.ok((await client.listResourceTemplates()).resourceTemplates.length === 5)
    await client.close()
  }
  await http.stop()
})

test('29: a server without any cluster serves what needs none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bare-'))
  const { connect } = connectors[0] ?? assert.fail()
  const driver = await connect({ args: ['--workspace', folder, 'mcp'] })
  assert.equal((await driver.tools()).length, toolCount)
  assert.match((await driver.call('list_clusters')).text, /no cluster is configured/)
  assert.equal((await driver.call('get_image_digest', { image: `${product.registry}/app:1.0.0` })).isError, false)
  const { text } = await driver.call('get_status')
  assert.match(text, /^InvalidArgument: .*Next: /)
  await driver.close()
  rmSync(folder, { recursive: true })
})

test('30: a second call asks the API for no discovery', async () => {
  await product.call('get_status')
  let asked = 0
  const changed: Partial<Cluster> = {
    discover: stop => {
      asked++
      return cluster.discover(stop)
    },
  }
  await callOn(changed, 'get_status', {})
  assert.ok(asked <= 2, `${asked} looks at what is served`)
})

test('33: what a tool throws stays inside, under a report id', async () => {
  const { service, engine } = product.composed
  const broken = tool({
    name: 'broken',
    title: 'Broken',
    description: 'throws what nobody foresaw',
    effect: 'reads',
    input: z.object({}),
    output: z.looseObject({}),
    run: () => Promise.reject(new Error('inner workings at /home/me with key hunter22222')),
    say: () => '',
  })
  const { text, data, isError } = await answer(service, broken, {
    args: {},
    call: { signal, caller: stdioCaller, engine, progress: () => {} },
  })
  assert.equal(isError, true)
  assert.match(
    text,
    /^Internal: something went wrong that should not; report id [0-9a-f]{8}\. Next: look for [0-9a-f]{8} in the server's log$/,
  )
  assert.ok(!JSON.stringify(data).includes('inner workings'))
})

suite('two clusters', () => {
  let other: Product
  let both: Product
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-two-'))
  before(async () => {
    other = await startProduct()
    const [a, b] = [product.composed.sandbox?.apiUrl, other.composed.sandbox?.apiUrl]
    const file = join(folder, 'config')
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          { name: 'a', cluster: { server: a } },
          { name: 'b', cluster: { server: b } },
        ],
        users: [{ name: 'u', user: {} }],
        contexts: [
          { name: 'a', context: { cluster: 'a', user: 'u' } },
          { name: 'b', context: { cluster: 'b', user: 'u' } },
        ],
        'current-context': 'a',
      }),
    )
    both = await startProduct({ options: { sandbox: false, kubeconfig: file } })
  })
  after(async () => {
    await both.stop()
    await other.stop()
    rmSync(folder, { recursive: true })
  })

  test('10, 16: calls of two callers never mix, and each says where it was', async () => {
    const callers = ['ann', 'ben'].map(key => ({ ...stdioCaller, key }))
    const work = Array.from({ length: 40 }, async (_, i) => {
      const cluster = i % 2 === 0 ? 'a' : 'b'
      const made = await both.call(
        'apply_manifests',
        { cluster, manifests: configMap(`mixed-${i}`, cluster) },
        { caller: callers[i % 2] ?? stdioCaller },
      )
      assert.equal(made.data?.cluster, cluster, made.text)
      const seen = await both.call('get_object', {
        cluster,
        kind: 'ConfigMap',
        namespace: 'default',
        name: `mixed-${i}`,
        fields: ['data.a'],
      })
      assert.equal(objectAt(seen.data, 'untrusted')['data.a'], cluster)
      const absent = await both.call('get_object', {
        cluster: cluster === 'a' ? 'b' : 'a',
        kind: 'ConfigMap',
        namespace: 'default',
        name: `mixed-${i}`,
      })
      assert.equal(codeOf(absent), 'NotFound')
    })
    await Promise.all(work)
  })

  test('a cluster that is away hides no other from the list of resources', async () => {
    const away = new Proxy(cluster, {
      get: (target, key) =>
        key === 'discover'
          ? async () => Promise.reject(new ClusterError('UNREACHABLE', { cluster: 'away', what: 'discover', message: 'no' }))
          : Reflect.get(target, key),
    })
    const { world } = both.composed.service
    const clusters = { names: ['a', 'away'], named: (name?: string) => (name === 'a' ? world.clusters.named('a') : away) }
    const list = await object.list?.({ ...world, clusters }, signal)
    assert.ok(list?.some(r => r.uri === 'flux://a/Kustomization/flux-system/app'))
    const hung = {
      ...clusters,
      named: (name?: string) =>
        name === 'a'
          ? world.clusters.named('a')
          : (new Proxy(away, { get: (_target, key) => (key === 'discover' ? () => new Promise(() => {}) : 'away') }) as Cluster),
    }
    const clock = manualClock()
    const waiting = object.list?.({ ...world, clusters: hung, clock }, signal)
    while (clock.sleeping < 1) await new Promise(setImmediate)
    await world.clusters.named('a').version(signal)
    await clock.advance(5_000)
    assert.ok(Array.isArray(await waiting))
  })

  test('a call that names none is told which there are', async () => {
    const asked = await both.call('get_status')
    assert.equal(codeOf(asked), 'AmbiguousCluster')
    assert.match(asked.text, /a, b/)
  })
})

suite('34: updates reach those who asked, and only for what they may watch', () => {
  let http: HttpProduct
  before(async () => {
    http = await startHttpProduct()
  })
  after(() => http.stop())
  test('a listen request loses the addresses that cannot be watched', async () => {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers: { authorization: `Bearer ${tokens.reader}` } } }),
    )
    const good = 'flux://sandbox/Kustomization/flux-system/app'
    const stream = await client.listen({
      resourceSubscriptions: [good, 'flux://sandbox/Nonsense/a/b', 'flux://sandbox/overview', 'https://example.com'],
    })
    assert.deepEqual(stream.honoredFilter.resourceSubscriptions, [good])
    assert.equal(http.watches.open, 1)
    await stream.close()
    const nothing = await client.listen({ resourceSubscriptions: ['https://example.com'] })
    assert.equal(nothing.honoredFilter.resourceSubscriptions, undefined)
    await client.close()
  })
})
