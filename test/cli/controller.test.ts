import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { at, type JsonObject, listAt, stringAt } from '../../src/lib/json.ts'
import { kinds } from '../../src/tools/run/reconcilers.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { freePort } from '../refs/processes.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { end, run } from '../support/program.ts'
import { startHostile } from '../support/hostile.ts'
import { pushFiles } from '../support/push.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { type as typed } from '../support/terminal.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

/** `fluxpilot controller` as a process. */
const kernel = testKernel()
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-controller-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const namespace = 'flux-system'

const rows: [argv: string[], says: RegExp][] = [
  [[], /controller needs --storage-path/],
  [['--engine', 'auto'], /--engine is not for controller/],
  [['--sandbox'], /--sandbox is not for controller/],
  [
    ['--storage-path', '/x', '--controllers', 'helm-controller'],
    /--controllers 'helm-controller' is none of source-controller, kustomize-controller/,
  ],
  [['--storage-path', '/x', '--concurrent', '0'], /--concurrent '0' is no number from 1 to 1000/],
  [['--storage-path', '/x', '--requeue-dependency', 'soon'], /--requeue-dependency 'soon' is no duration/],
  [['--storage-path', '/x', '--watch-all-namespaces', 'yes'], /--watch-all-namespaces 'yes' is neither true nor false/],
  [['--storage-path', '/x', '--artifact-digest-algo', 'blake3'], /--artifact-digest-algo 'blake3' is none of sha256, sha384, sha512, sha1/],
  [
    ['--storage-path', '/x', '--events-addr', 'notification-controller'],
    /--events-addr 'notification-controller' is no address: use a URL/,
  ],
  [['--storage-path', '/x', '--resource-metrics'], /--resource-metrics needs --metrics-addr/],
  [['--storage-path', '/x', '--log-encoding', 'xml'], /--log-encoding 'xml' is neither json nor console/],
  [['--storage-path', '/x', '--http-retry', '-1'], /--http-retry '-1' is no number from 0 to 100/],
  [['--storage-path', '/x', '--kube-api-qps', '0'], /--kube-api-qps '0' is no number above 0/],
  [['--storage-path', '/x', '--kube-api-burst', '0'], /--kube-api-burst '0' is no number from 1/],
  [
    ['--storage-path', '/x', '--helm-cache-max-size', '10'],
    /--helm-cache-max-size is no flag of this verb: leave it away: no index is kept/,
  ],
  [['--storage-path', '/x', '--helm-chart-max-size', '1'], /--helm-chart-max-size is no flag of this verb: .*10 MiB/],
  [['--storage-path', '/x', '--concurrent-ssa', '0'], /--concurrent-ssa '0' is no number from 1 to 1000/],
  [['--storage-path', '/x', '--health-addr', 'here'], /--health-addr 'here' is no address/],
  [
    ['--storage-path', '/x', '--enable-leader-election', '--leader-election-lease-duration', '10s'],
    /--leader-election-lease-duration must be longer/,
  ],
]
for (const [argv, says] of rows)
  test(`controller ${argv.join(' ')} is refused`, async () => {
    const { code, err } = await typed(undefined, ['controller', ...argv])
    assert.equal(code, 2)
    assert.match(err, says)
  })

test('the flags of Flux are settings of the engine', async () => {
  const argv = ['--concurrent-ssa', '7', '--override-manager', 'a', '--override-manager', 'b', '--no-remote-bases', '--http-retry', '2']
  const { code, opened } = await typed(undefined, ['controller', '--storage-path', '/x', '--events-addr', 'http://n/', ...argv])
  assert.equal(code, 0)
  assert.deepEqual(
    [at(opened, 'flags', 'settings', 'concurrentSsa'), listAt(opened, 'flags', 'settings', 'overrideManagers')],
    [7, ['a', 'b']],
  )
  assert.deepEqual([stringAt(opened, 'flags', 'eventsAddress'), opened?.httpRetry, opened?.logEncoding], ['http://n/', 2, 'json'])
})

test('the controller calls its cluster at Flux’s rate, and logs what Flux’s do', async () => {
  const usual = await typed(undefined, ['controller', '--storage-path', '/x'])
  assert.deepEqual([usual.opened?.kubeApiQps, usual.opened?.kubeApiBurst, usual.opened?.logLevel], [50, 300, 'info'])
  const said = await typed(undefined, ['--log-level', 'warn', 'controller', '--storage-path', '/x', '--kube-api-qps', '2.5'])
  assert.deepEqual([said.opened?.kubeApiQps, said.opened?.logLevel], [2.5, 'warn'])
})

interface Opened {
  readonly cluster: Cluster
  readonly kubeconfig: string
  stop(): Promise<void>
}

function processSuite(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened
    let registry: Awaited<ReturnType<typeof listenRegistry>>
    const http = createHttp({})
    const registries = openRegistries({ http, clock: realClock, env: {}, home: folder })
    before(async () => {
      opened = await open()
      registry = await listenRegistry({ port: 0 })
      storageAddress = `127.0.0.1:${await freePort()}`
      await ensureNamespace(opened.cluster, namespace)
      await installKinds(opened.cluster, kinds, { clock: realClock, signal: unending })
    })
    const children: ReturnType<typeof run>[] = []
    after(async () => {
      await Promise.all(children.map(end))
      await registry.close()
      await http.close()
      await opened.stop()
    })

    const push = (app: string, value: string): Promise<string> =>
      pushFiles({ kernel, registries } as never, `oci://${registry.address}/${app}:latest`, {
        'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${app}, namespace: ${namespace}}\ndata: {value: "${value}"}\n`,
      })
    const source = (app: string, more: object = {}, labels?: Record<string, string>): KubeObject =>
      ({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name: app, namespace, ...(labels ? { labels } : {}) },
        spec: { url: `oci://${registry.address}/${app}`, interval: '10m', ...more },
      }) as KubeObject
    const delivery = (app: string): KubeObject =>
      ({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: app, namespace },
        spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: app } },
      }) as KubeObject
    const put = (object: KubeObject): Promise<KubeObject> => opened.cluster.apply(object, { manager: 'test', force: true }, unending)
    /** Waits for what the controller that was started last makes of an object; fails when that one ends. */
    async function until(object: KubeObject, seen: (live: KubeObject | undefined) => boolean): Promise<KubeObject | undefined> {
      const query = { ...refOf(object), fieldSelector: `metadata.name=${object.metadata.name}` }
      const child = children.at(-1)
      const ended = new AbortController()
      const gone = (): void => ended.abort(new Error(`the controller ended: ${child?.said()}`))
      child?.once('exit', gone)
      if (child?.exitCode !== null) gone()
      for await (const event of opened.cluster.watch(query, ended.signal)) {
        const live = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
        if (seen(live)) return live
      }
      return undefined
    }
    const isReady = (live: KubeObject | undefined): boolean =>
      live !== undefined &&
      conditionOf(live, 'Ready')?.status === 'True' &&
      live.metadata.generation === (live.status as { observedGeneration?: number }).observedGeneration
    let storageAddress = ''
    const controller = (args: readonly string[], storage = 'storage'): ReturnType<typeof run> => {
      const child = run([
        '--storage-addr',
        storageAddress,
        '--kubeconfig',
        opened.kubeconfig,
        'controller',
        '--storage-path',
        join(folder, name.replaceAll(' ', '-'), storage),
        ...args,
      ])
      children.push(child)
      return child
    }

    async function reconciling(child: ReturnType<typeof run>): Promise<void> {
      while (!child.said().includes('✔ reconciling')) {
        assert.equal(child.exitCode, null, child.said())
        await Promise.race([once(child, 'said'), once(child, 'exit')])
      }
    }

    test('it delivers what is there and what comes, says how it is, and lets the next one in when it stops', async () => {
      await push('shop', '1')
      await put(source('shop'))
      const [health, metrics] = [await freePort(), await freePort()]
      const posted: JsonObject[] = []
      const receiver = await startHostile(async (request, response) => {
        posted.push((await json(request)) as JsonObject)
        response.writeHead(202).end()
      })
      const addresses = ['--health-addr', `127.0.0.1:${health}`, '--metrics-addr', `127.0.0.1:${metrics}`, '--events-addr', receiver.url]
      const child = controller([...addresses, '--resource-metrics'])
      await reconciling(child)
      assert.ok(await until(source('shop'), isReady))
      await put(delivery('shop'))
      assert.ok(await until(delivery('shop'), isReady))
      assert.equal(await (await fetch(`http://127.0.0.1:${health}/readyz`)).text(), 'ok\n')
      // What a pass took is told when it has ended, after its status was written.
      const told = [
        /gotk_reconcile_duration_seconds_count\{kind="OCIRepository",name="shop",namespace="flux-system"\} [1-9]/,
        /controller_runtime_reconcile_total\{controller="kustomization",result="requeue_after"\} [1-9]/,
        /workqueue_adds_total\{name="gitrepository",controller="gitrepository"\} 0/,
        /controller_runtime_max_concurrent_reconciles\{controller="kustomization"\} 4/,
        /rest_client_requests_total\{code="200",method="GET",host="127.0.0.1:\d+"\} [1-9]/,
        /process_resident_memory_bytes [1-9]/,
        /gotk_token_cached_items 0/,
        /gotk_resource_info\{[^}]*customresource_kind="Kustomization",exported_namespace="flux-system",name="shop",ready="True",revision="latest@/,
      ]
      let shown = ''
      while (!told.every(row => row.test(shown))) shown = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
      await end(child)
      assert.equal(child.exitCode, 0, child.said())
      await receiver.close()
      const delivered = posted.find(event => event.reason === 'ReconciliationSucceeded')
      assert.equal(stringAt(delivered, 'involvedObject', 'kind'), 'Kustomization')
      assert.match(stringAt(delivered, 'metadata', 'kustomize.toolkit.fluxcd.io/revision') ?? '', /^latest@sha256:/)
      assert.deepEqual([delivered?.severity, delivered?.reportingController], ['info', 'kustomize-controller'])
    })

    test('a killed one leaves nothing that the next does not take up', async () => {
      await push('kept', '1')
      const first = controller(['--enable-leader-election', ...quick], 'kept')
      await reconciling(first)
      await put(source('kept'))
      await put(delivery('kept'))
      assert.ok(await until(delivery('kept'), isReady))
      first.kill('SIGKILL')
      await once(first, 'exit')
      const second = controller(['--enable-leader-election', ...quick], 'kept')
      await reconciling(second)
      const digest = await push('kept', '2')
      await opened.cluster.patch(
        refOf(source('kept')),
        { type: 'merge', body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': digest } } }, manager: 'test' },
        unending,
      )
      const live = await until(delivery('kept'), seen => stringAt(seen, 'status', 'lastAppliedRevision')?.endsWith(digest) === true)
      assert.ok(live)
      const map = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'kept' }
      assert.equal(stringAt(await opened.cluster.get(map, unending), 'data', 'value'), '2')
      await end(second)
    })

    test('beside a live controller of Flux it refuses; a shard that it leaves alone is ours, and nothing else', async () => {
      const shard = 'sharding.fluxcd.io/key'
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'source-controller', namespace, labels: { 'app.kubernetes.io/part-of': 'flux', app: 'source-controller' } },
        spec: {
          selector: { matchLabels: { app: 'source-controller' } },
          template: {
            metadata: { labels: { app: 'source-controller' } },
            spec: { containers: [{ name: 'manager', image: 'x', args: [`--watch-label-selector=!${shard}`] }] },
          },
        },
      }
      await put(deployment as never)
      await opened.cluster.patch(
        refOf(deployment as never),
        { type: 'merge', body: { status: { replicas: 1, readyReplicas: 1 } }, manager: 'test', subresource: 'status' },
        unending,
      )
      const refused = controller([])
      await once(refused, 'exit')
      assert.equal(refused.exitCode, 1)
      assert.match(refused.said(), /source-controller is live in cluster '\w+': scale it down, or share the work/)
      const ours = controller(['--controllers', 'source-controller', '--watch-label-selector', `${shard}=ours`], 'shard')
      await reconciling(ours)
      await push('theirs', '1')
      await push('mine', '1')
      await put(source('theirs'))
      await put(source('mine', {}, { [shard]: 'ours' }))
      assert.ok(await until(source('mine'), isReady))
      const theirs = await opened.cluster.get(refOf(source('theirs')), unending)
      assert.equal(stringAt(theirs, 'status', 'artifact', 'revision'), undefined)
      assert.equal(theirs?.metadata.finalizers, undefined)
      await end(ours)
      await opened.cluster.delete(refOf(deployment as never), {}, unending)
    })

    test('of two replicas one acts, and the other as soon as it stops', async () => {
      const election = ['--enable-leader-election', ...quick]
      const first = controller(election, 'replicas')
      await reconciling(first)
      const second = controller(election, 'replicas')
      await end(first)
      await reconciling(second)
      assert.equal(first.exitCode, 0)
      await end(second)
      assert.equal(second.exitCode, 0)
    })
  })
}

/** As short as a busy machine renews in time. */
const quick = '--leader-election-lease-duration 8s --leader-election-renew-deadline 6s --leader-election-retry-period 500ms'.split(' ')

processSuite('controller on the sandbox', async () => {
  const { cluster, url, stop } = await startSandboxApi(kernel)
  const kubeconfig = join(folder, 'sandbox.json')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sandbox',
    clusters: [{ name: 'sandbox', cluster: { server: url } }],
    users: [{ name: 'sandbox', user: {} }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  return { cluster, kubeconfig, stop }
})
withPrograms(['etcd', 'kube-apiserver'], { name: 'controller on a real API server', tests: 4 }, () =>
  processSuite('real controller', async () => {
    const api = await startKubeApiServer()
    return { cluster: await api.cluster(), kubeconfig: api.kubeconfigPath, stop: () => api.stop() }
  }),
)
