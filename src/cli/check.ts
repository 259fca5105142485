import { controllerOf, fluxControllers, isLive } from '../engine/controllers.ts'
import type { Kind } from '../kinds/kind.ts'
import { splitApiVersion } from '../kinds/manifest.ts'
import { messageOf } from '../lib/coded-error.ts'
import { listAt, stringAt } from '../lib/json.ts'
import { type Controllers, readControllers } from '../tools/run/engine.ts'
import type { EngineOptions } from '../tools/tool.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'

interface CheckOptions {
  readonly version: string
  readonly kinds: readonly Kind[]
  readonly engine: EngineOptions
  readonly signal: AbortSignal
}
interface Report {
  readonly lines: readonly string[]
  readonly ok: boolean
}

const patienceMs = 15_000
const verbs = ['get', 'list', 'watch', 'patch'] as const

/** Lines that say how each cluster stands for us, and whether all is well. A cluster that gives no answer holds no other up. */
export async function checkClusters(world: World, options: CheckOptions): Promise<Report> {
  const head = `fluxpilot ${options.version}, node ${process.versions.node}`
  const { names } = world.clusters
  if (names.length === 0)
    return {
      lines: [head, '► no cluster is configured: set KUBECONFIG, pass --kubeconfig or --sandbox; artifact commands work without one'],
      ok: true,
    }
  const reports = await Promise.all(names.map(name => checkInTime(world, name, options)))
  return { lines: [head, ...reports.flatMap(r => r.lines)], ok: reports.every(r => r.ok) }
}

async function checkInTime(world: World, name: string, options: CheckOptions): Promise<Report> {
  const late = AbortSignal.timeout(patienceMs)
  try {
    return await checkCluster(world, name, { ...options, signal: AbortSignal.any([options.signal, late]) })
  } catch (thrown) {
    options.signal.throwIfAborted()
    return { lines: [`✗ ${name}: ${late.aborted ? `no answer within ${patienceMs / 1000} s` : messageOf(thrown)}`], ok: false }
  }
}

async function checkCluster(world: World, name: string, options: CheckOptions): Promise<Report> {
  const cluster = world.clusters.named(name)
  const [version, controllers] = await Promise.all([cluster.version(options.signal), readControllers(cluster, options.signal)])
  const now = world.clock.now()
  const kinds = await Promise.all(options.kinds.map(kind => checkKind(cluster, kind, { ...options, controllers, now })))
  return {
    lines: [
      `✔ ${name}: Kubernetes ${version} at ${cluster.server}`,
      controllers.unread ? `✗ ${name}: controllers cannot be read: ${controllers.unread}` : `✔ ${name}: ${fluxLine(controllers, now)}`,
      ...kinds.flatMap(k => k.lines),
    ],
    ok: !controllers.unread && kinds.every(k => k.ok),
  }
}

/** The controllers that run, with the versions that their images say. */
function fluxLine({ deployments, leases }: Controllers, now: number): string {
  const live = fluxControllers.filter(c => isLive(c, { deployments, leases, now }))
  const versionOf = (controller: string): string => {
    const deployment = deployments.find(d => d.metadata.name === controller)
    const image = listAt(deployment, 'spec', 'template', 'spec', 'containers').map(c => stringAt(c, 'image') ?? '')[0] ?? ''
    return /:([^:@/]+)(@|$)/.exec(image)?.[1] ?? ''
  }
  return live.length === 0 ? 'no Flux controllers run here' : `Flux runs ${live.map(c => `${c} ${versionOf(c)}`.trim()).join(', ')}`
}

async function checkKind(
  cluster: Cluster,
  kind: Kind,
  { engine, controllers, now, signal }: CheckOptions & { controllers: Controllers; now: number },
): Promise<Report> {
  const served = await cluster.resourceOf({ group: kind.group, kind: kind.kind }, signal)
  if (!served) return { lines: [`✗ ${cluster.name}: ${kind.kind} is not served: fluxpilot crds --install`], ok: false }
  const allowed = await Promise.all(verbs.map(verb => cluster.allowed({ verb, group: kind.group, resource: served.plural }, signal)))
  const missing = verbs.filter((_, i) => !allowed[i])
  const rights = missing.length === 0 ? 'you may read and change it' : `you may not ${missing.join(', ')} ${served.plural}.${kind.group}`
  return {
    lines: [
      `${missing.length === 0 ? '✔' : '✗'} ${cluster.name}: ${kind.kind} ${served.version}: ${whoActs(kind, { engine, controllers, now })}; ${rights}`,
    ],
    ok: missing.length === 0,
  }
}

function whoActs(
  { group, kind }: Kind,
  { engine, controllers, now }: Pick<CheckOptions, 'engine'> & { controllers: Controllers; now: number },
): string {
  const controller = controllerOf(splitApiVersion(`${group}/v1`).group, kind) ?? 'its controller'
  const live = controllers.unread !== undefined || isLive(controller, { ...controllers, now })
  if (engine.mode === 'flux') return 'Flux reconciles it, as --engine flux says'
  if (engine.mode === 'auto') return live ? `${controller} reconciles it` : `no ${controller} runs, our engine reconciles it on request`
  if (!live) return 'our engine reconciles it on request'
  return engine.shard === undefined
    ? `${controller} is live: our engine may not act without --shard`
    : `our engine reconciles what is of shard ${engine.shard}, where ${controller} excludes that`
}
