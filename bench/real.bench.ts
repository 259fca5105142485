import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { findProgram } from '../scripts/refs/cache.ts'
import { ensureNamespace, startWorld } from '../test/support/world.ts'
import { pushFiles } from '../test/support/push.ts'
import { startKubeApiServer } from '../test/refs/kube-apiserver.ts'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { fluxDefaults } from '../src/engine/settings.ts'
import { Redactor } from '../src/lib/safe.ts'
import type { KubeObject } from '../src/kinds/manifest.ts'
import { answer } from '../src/tools/frame/answer.ts'
import { allTools } from '../src/tools/index.ts'
import type { Cluster } from '../src/world/cluster/cluster.ts'
import { openKernel } from '../src/world/kernel/pool.ts'
import { figure, timed } from './figures.ts'

const root = join(import.meta.dirname, '..')
const signal = new AbortController().signal
const namespace = 'bench'

/** On the real API server: status over 1,000 Kustomizations, what is broken among 100, and a reconcile that changes nothing. */
export async function bench(): Promise<readonly [string, string][]> {
  if (!findProgram('kube-apiserver') || !findProgram('etcd')) return [['the real API server', 'not built: npm run build:refs']]
  const kernel = openKernel({
    modules: join(root, 'kernel/modules'),
    definitions: join(root, 'kernel/k8s/builtin.json'),
    worker: pathToFileURL(join(root, 'src/world/kernel/worker.ts')),
  })
  const server = await startKubeApiServer()
  const world = await startWorld(async () => ({ cluster: await server.cluster(), stop: () => server.stop() }), kernel)
  await ensureNamespace(world.cluster, namespace)
  const unchanged = await noChange(world)
  await fill(world.cluster, 1000)
  const { cluster: _cluster, ...hands } = world.hands
  const service = {
    world: { ...hands, docs: { page: async () => undefined }, clusters: { names: ['real'], named: () => world.cluster } },
    redactor: new Redactor(),
    gates: { key: new Uint8Array(32), planChanges: false, personDestroys: false, isApproved: () => false },
  }
  const [status] = allTools({ gates: service.gates, readOnly: true })
  if (!status) throw new TypeError('no get_status')
  const ask = (args: Record<string, string>) =>
    answer(service, status, {
      args,
      call: {
        signal,
        caller: { key: 'bench', user: 'bench', scopes: [], via: 'stdio' },
        engine: { mode: 'auto', settings: fluxDefaults },
        progress: () => {},
      },
    })
  const page = await ask({})
  const broken = await ask({ state: 'failing' })
  const rows: [string, string][] = [
    ['get_status over 1,000, first page (bound 300 ms warm)', figure(await timed(10, () => ask({})))],
    ['tokens of that page, text (bound 2,000)', String(countTokens(page.text))],
    ['tokens of that page, structured', String(countTokens(JSON.stringify(page.data)))],
    ['tokens of what is broken (bound 1,000)', String(countTokens(broken.text))],
    ...unchanged,
  ]
  await world.stop()
  await kernel.close()
  return rows
}

async function fill(cluster: Cluster, count: number): Promise<void> {
  const object = (i: number): KubeObject => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: `app-${i}`, namespace },
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'apps' } },
  })
  for (let i = 0; i < count; i += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, k) => {
        const created = await cluster.create(object(i + k), { manager: 'bench' }, signal)
        const failing = (i + k) % 10 === 0 && i + k < 100
        const condition = {
          type: 'Ready',
          status: failing ? 'False' : 'True',
          reason: failing ? 'BuildFailed' : 'ReconciliationSucceeded',
          message: failing
            ? 'kustomize build failed: accumulating resources'
            : 'Applied revision: main@sha1:6f1f0b1c3a5d4e7f8a9b0c1d2e3f4a5b6c7d8e9f',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          observedGeneration: 1,
        }
        await cluster.patch(
          { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace, name: created.metadata.name },
          {
            type: 'merge',
            body: {
              status: {
                observedGeneration: 1,
                lastAppliedRevision: 'main@sha1:6f1f0b1c3a5d4e7f8a9b0c1d2e3f4a5b6c7d8e9f',
                conditions: [condition],
              },
            },
            manager: 'bench',
            subresource: 'status',
          },
          signal,
        )
      }),
    )
  }
}

async function noChange(world: Awaited<ReturnType<typeof startWorld>>): Promise<[string, string][]> {
  const { cluster, registry } = world
  const config = (i: number): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${i}\n  namespace: ${namespace}\ndata:\n  a: "${i}"\n`
  await pushFiles(world.hands, `oci://${registry}/bench:latest`, Object.fromEntries([1, 2, 3].map(i => [`c${i}.yaml`, config(i)])))
  const [source, ks] = [
    { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace, name: 'one' },
    { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace, name: 'one' },
  ]
  await cluster.apply(
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'one', namespace },
      spec: { url: `oci://${registry}/bench`, interval: '1h' },
    },
    { manager: 'bench' },
    signal,
  )
  await cluster.apply(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'one', namespace },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'one' } },
    },
    { manager: 'bench' },
    signal,
  )
  await world.pass(source)
  await world.pass(ks)
  await world.pass(ks)
  const get = await timed(20, () => cluster.get(ks, signal))
  return [
    ['a reconcile of three objects that changes nothing', figure(await timed(20, () => world.pass(ks)))],
    ['one GET of the API server, for scale', figure(get)],
    ['a look for a new artifact that finds none', figure(await timed(10, () => world.pass(source)))],
  ]
}
