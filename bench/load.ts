import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kustomization } from '../src/kinds/kustomization.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../src/kinds/manifest.ts'
import { stringAt } from '../src/lib/json.ts'
import { inParallel } from '../src/lib/parallel.ts'
import { realClock } from '../src/world/clock/real.ts'
import type { Cluster } from '../src/world/cluster/cluster.ts'
import { listenRegistry } from '../src/sandbox/registry.ts'
import { createHttp } from '../src/world/http/client.ts'
import { readText } from '../src/world/http/read.ts'
import { openRegistries } from '../src/world/registry/open.ts'
import { installFluxDefinitions } from '../test/flux/side.ts'
import { startFluxControllers } from '../test/refs/flux-controllers.ts'
import { type ApiServer, startKubeApiServer } from '../test/refs/kube-apiserver.ts'
import { freePort, ready, start } from '../test/refs/processes.ts'
import { testKernel } from '../test/support/kernel.ts'
import { pushFiles } from '../test/support/push.ts'
import { ensureNamespace } from '../test/support/world.ts'
import { root } from '../test/support/program.ts'

/** What is published, as `npm run build` leaves it. */
const bundle = join(root, 'dist/cli.js')
const signal = new AbortController().signal
const namespace = 'load'
const atOnce = 8

/** What a round took. Seconds; requests to the API server without those of the bench. */
export interface Round {
  readonly seconds: number
  readonly cpu: number
  readonly apiCpu: number
  /** What the bench itself took: its registry, what it writes and its watch. */
  readonly benchCpu: number
  readonly requests: number
}
export interface Side {
  readonly rounds: Readonly<Record<'created' | 'new revision' | 'nothing new', Round>>
  readonly peakMiB: number
}

/** Processes that reconcile. */
interface Running {
  readonly pids: readonly number[]
  stop(): Promise<void>
}

export async function ourSide(count: number): Promise<Side> {
  return side(count, async server => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-load-'))
    const [storage, health] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const args = ['controller', '--storage-path', folder, '--storage-addr', storage, '--health-addr', health]
    const main = process.env.LOAD_MAIN ?? bundle
    const child = start(process.execPath, [...(process.env.LOAD_NODE ?? '').split(' ').filter(Boolean), main, ...args], {
      KUBECONFIG: server.kubeconfigPath,
    })
    await ready(child, async () => (await fetch(`http://${health}/readyz`)).ok)
    return {
      pids: [child.process.pid ?? 0],
      async stop() {
        await child.stop()
        if (process.env.LOAD_OUTPUT) process.stderr.write(child.output())
        rmSync(folder, { recursive: true, force: true })
      },
    }
  })
}

export async function fluxSide(count: number): Promise<Side> {
  return side(count, async server => {
    const flux = await startFluxControllers(server.kubeconfigPath)
    return { pids: flux.pids, stop: () => flux.stop() }
  })
}

async function side(count: number, begin: (server: ApiServer) => Promise<Running>): Promise<Side> {
  const server = await startKubeApiServer()
  const registry = await listenRegistry({ port: 0 })
  const cluster = await server.cluster()
  await installFluxDefinitions(cluster, signal)
  await ensureNamespace(cluster, namespace)
  await push(registry.address, count, '1')
  const running = await begin(server)
  try {
    await calm(running)
    const measure = (own: number, work: () => Promise<unknown>): Promise<Round> => measured({ server, running, own }, work)
    const created = await measure(count * 2, () => create(cluster, registry.address, count))
    const revisions = new Map((await all(cluster)).map(ks => [ks.metadata.name, revisionOf(ks)]))
    await push(registry.address, count, '2')
    const isNew = (ks: KubeObject): boolean => revisionOf(ks) !== revisions.get(ks.metadata.name)
    const renewed = await measure(count, () => again(cluster, 'OCIRepository', { count, isDone: isNew }))
    const unchanged = await measure(count, () => again(cluster, 'Kustomization', { count, isDone: isHandled }))
    const peakMiB = running.pids.reduce((sum, pid) => sum + peakOf(pid), 0)
    return { rounds: { created, 'new revision': renewed, 'nothing new': unchanged }, peakMiB }
  } finally {
    await running.stop()
    await registry.close()
    await server.stop()
  }
}

/** Both sides have started when they do nothing any more: connections are there, and caches filled. */
async function calm({ pids }: Running): Promise<void> {
  const cpuNow = (): number => pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  for (let [idle, before] = [0, cpuNow()]; idle < 4;) {
    await realClock.sleep(250, signal)
    const now = cpuNow()
    idle = now - before < 0.03 ? idle + 1 : 0
    before = now
  }
}

/** Four objects each, of which one changes with the version. */
async function push(registry: string, count: number, version: string): Promise<void> {
  const http = createHttp({})
  const hands = { kernel: testKernel(), registries: openRegistries({ http, clock: realClock, env: {}, home: tmpdir(), oras: 'off' }) }
  await inParallel(
    Array.from({ length: count }, (_, i) => i),
    atOnce,
    i =>
      pushFiles(hands, `oci://${registry}/app-${i}:latest`, {
        'all.yaml': objectsOf(i, version)
          .map(o => JSON.stringify(o))
          .join('\n---\n'),
      }),
  )
  await http.close()
}

function objectsOf(i: number, version: string): KubeObject[] {
  const metadata = (part: string) => ({ name: `app-${i}-${part}`, namespace })
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('a'), data: { version } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('b'), data: { key: 'value' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('c'), data: { key: 'dmFsdWU=' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('d') },
  ]
}

async function create(cluster: Cluster, registry: string, count: number): Promise<void> {
  const objects = Array.from({ length: count }, (_, i) => [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: `app-${i}`, namespace },
      spec: { url: `oci://${registry}/app-${i}`, ref: { tag: 'latest' }, interval: '1h', insecure: true },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: `app-${i}`, namespace },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: `app-${i}` } },
    },
  ])
  const until = untilAll(cluster, count, isReady)
  await inParallel(objects.flat(), atOnce, object => cluster.create(object, { manager: 'bench' }, signal))
  await until
}

/** Asks for a run of every object of a kind and waits for the Kustomizations. */
async function again(
  cluster: Cluster,
  kind: string,
  { count, isDone }: { count: number; isDone: (ks: KubeObject) => boolean },
): Promise<void> {
  const group = kind === 'Kustomization' ? 'kustomize.toolkit.fluxcd.io' : 'source.toolkit.fluxcd.io'
  const until = untilAll(cluster, count, ks => isReady(ks) && isDone(ks))
  await inParallel(
    Array.from({ length: count }, (_, i) => i),
    atOnce,
    i => {
      const ref: ObjectRef = { group, version: 'v1', kind, namespace, name: `app-${i}` }
      const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } }
      return cluster.patch(ref, { type: 'merge', body, manager: 'bench' }, signal)
    },
  )
  await until
}

const token = 'now'

async function untilAll(cluster: Cluster, count: number, isDone: (ks: KubeObject) => boolean): Promise<void> {
  const done = new Set<string>()
  const ended = new AbortController()
  for await (const event of cluster.watch({ ...kustomizations, namespace }, ended.signal)) {
    for (const ks of event.type === 'gap' ? event.objects : [event.object]) if (isDone(ks)) done.add(ks.metadata.name)
    if (done.size === count) break
  }
  ended.abort()
}

const kustomizations = { group: Kustomization.group, version: Kustomization.version, kind: Kustomization.kind }

async function all(cluster: Cluster): Promise<KubeObject[]> {
  return (await cluster.list({ ...kustomizations, namespace }, signal)).items
}

function isReady(ks: KubeObject): boolean {
  return conditionOf(ks, 'Ready')?.status === 'True' && ks.metadata.generation === ks.status?.observedGeneration
}

function isHandled(ks: KubeObject): boolean {
  return stringAt(ks, 'status', 'lastHandledReconcileAt') === token
}

function revisionOf(ks: KubeObject): string | undefined {
  return stringAt(ks, 'status', 'lastAppliedRevision')
}

interface Measured {
  readonly server: ApiServer
  readonly running: Running
  /** Requests of the bench itself. */
  readonly own: number
}

async function measured({ server, running, own }: Measured, work: () => Promise<unknown>): Promise<Round> {
  const cpuNow = (): number => running.pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  const requests = await requestsOf(server)
  const [cpu, apiCpu, benchCpu, began] = [cpuNow(), cpuOf(server.pid), cpuOf(process.pid), performance.now()]
  await work()
  const seconds = (performance.now() - began) / 1000
  const took = { seconds, cpu: cpuNow() - cpu, apiCpu: cpuOf(server.pid) - apiCpu, benchCpu: cpuOf(process.pid) - benchCpu }
  return { ...took, requests: (await requestsOf(server)) - requests - own }
}

/** CPU seconds of a process so far. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The most memory that a process ever had. */
function peakOf(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}

/** Requests that the API server answered, those of its own loopback left out by what they read. */
async function requestsOf(server: ApiServer): Promise<number> {
  const http = createHttp({}).with({ tls: { verify: false } })
  try {
    const answer = await http.send(
      { method: 'GET', url: `${server.url}/metrics`, headers: { authorization: `Bearer ${server.token}` } },
      signal,
    )
    const text = await readText(answer, { limit: 64 * 1024 * 1024, host: server.url })
    const groups =
      /^apiserver_request_total\{.*(resource="(kustomizations|ocirepositories|configmaps|secrets|serviceaccounts|events)").*\} (\d+)$/gm
    let sum = 0
    for (const [line, , , value] of text.matchAll(groups)) if (!/verb="(WATCH|CONNECT)"/.test(line)) sum += Number(value)
    if (process.env.LOAD_REQUESTS) process.stderr.write(`${[...text.matchAll(groups)].map(m => m[0]).join('\n')}\n\n`)
    return sum
  } finally {
    await http.close()
  }
}
