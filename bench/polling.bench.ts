import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findProgram } from '../scripts/refs/cache.ts'
import { drive } from '../src/engine/drive.ts'
import { fluxDefaults } from '../src/engine/settings.ts'
import { type KubeObject, refOf } from '../src/kinds/manifest.ts'
import { ociRepositories } from '../src/sources/oci/reconciler.ts'
import { createHttp } from '../src/world/http/client.ts'
import type { Http } from '../src/world/http/http.ts'
import { openKernel } from '../src/world/kernel/pool.ts'
import { openRegistries } from '../src/world/registry/open.ts'
import { startKubeApiServer } from '../test/refs/kube-apiserver.ts'
import { pushFiles } from '../test/support/push.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../test/support/world.ts'

const root = join(import.meta.dirname, '..')
const signal = new AbortController().signal
const [namespace, count] = ['bench', 200]

/** 200 OCIRepositories polled with nothing new: what a poll asks of the registry and of this process. On the real API server. */
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
  await pushFiles(world.hands, `oci://${world.registry}/app:latest`, { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' })
  const seen = { requests: 0, bytes: 0 }
  const http = counted(createHttp({}), seen)
  const { clock } = world.hands
  const hands = { ...world.hands, registries: openRegistries({ http, clock, env: {}, home: world.folder, oras: 'off' }) }
  const objects = await filled(world)
  await polled(objects, { world, hands })
  Object.assign(seen, { requests: 0, bytes: 0 })
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  await polled(objects, { world, hands })
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - began
  const rows: [string, string][] = [
    [`${count} polls with nothing new`, `${(ms / 1000).toFixed(2)} s`],
    ['requests to the registry, a poll', (seen.requests / count).toFixed(2)],
    ['bytes of its answers, a poll', String(Math.round(seen.bytes / count))],
    ['CPU of this process, a poll', `${((user + system) / 1000 / count).toFixed(1)} ms`],
  ]
  await http.close()
  await world.stop()
  await kernel.close()
  return rows
}

async function filled({ cluster, registry }: TestWorld): Promise<KubeObject[]> {
  const objects: KubeObject[] = []
  for (let i = 0; i < count; i++)
    objects.push(
      await cluster.apply(
        {
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'OCIRepository',
          metadata: { name: `app-${i}`, namespace },
          spec: { url: `oci://${registry}/app`, interval: '10m' },
        },
        { manager: 'bench', force: true },
        signal,
      ),
    )
  return objects
}

/** As many at a time as Flux's source-controller has. */
async function polled(objects: readonly KubeObject[], { world, hands }: { world: TestWorld; hands: TestWorld['hands'] }): Promise<void> {
  const left = [...objects]
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop())
      await drive(ociRepositories, refOf(next), { hub: world.cluster, hands, clock: hands.clock, settings: fluxDefaults, signal })
  }
  await Promise.all([work(), work()])
}

/** Counts requests, and the bytes of bodies and headers that come back. */
function counted(http: Http, seen: { requests: number; bytes: number }): Http {
  return {
    async send(request, until) {
      const answer = await http.send(request, until)
      seen.requests++
      seen.bytes += Object.entries(answer.headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
      const { body } = answer
      return {
        ...answer,
        body: {
          async *[Symbol.asyncIterator]() {
            for await (const chunk of body) {
              seen.bytes += chunk.length
              yield chunk
            }
          },
          cancel: () => body.cancel(),
        },
      }
    },
    with: options => counted(http.with(options), seen),
    close: () => http.close(),
  }
}
