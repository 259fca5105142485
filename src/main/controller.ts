import { hostname } from 'node:os'
import type { ControllerFlags } from '../cli/controller.ts'
import { followedBy } from '../engine/controller.ts'
import { isLive, leavesShard, shardKey } from '../engine/controllers.ts'
import { leadAll, type Leading } from '../engine/election.ts'
import { holdLease, type Holding, leaseName } from '../engine/lease.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { aborted } from '../lib/aborted.ts'
import { CodedError } from '../lib/coded-error.ts'
import { type Opened, opening } from '../lib/opened.ts'
import { stringAt } from '../lib/json.ts'
import { plain } from '../lib/safe.ts'
import { type Controllers, readControllers } from '../tools/run/engine.ts'
import { reconcilers } from '../tools/run/reconcilers.ts'
import { listenAdmin } from '../transports/admin.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import { type EventReceiver, eventReceiver } from '../world/events/receiver.ts'
import type { Hands } from '../world/world.ts'
import type { Composed } from './compose.ts'
import { type EngineRun, startEngine } from './engine.ts'
import type { Metrics } from './metrics/metrics.ts'

/** This process may not reconcile here, or may no longer. */
export class ControllerError extends CodedError<'LIVE_CONTROLLER' | 'UNREADABLE' | 'LEADERSHIP_LOST'> {
  override readonly name = 'ControllerError'
}

const holderPrefix = 'fluxpilot_'

interface About {
  readonly env: NodeJS.ProcessEnv
  readonly stopped: AbortSignal
  readonly metrics: Metrics
}

/** Reconciles until told to stop. @throws {ControllerError} where a controller of Flux is live, and when leadership is lost. */
export async function runController(composed: Composed, flags: ControllerFlags, { env, stopped, metrics }: About): Promise<void> {
  const { world, redactor } = composed.service
  const cluster = world.clusters.named(composed.cluster)
  const hands: Hands = { ...world, cluster }
  await refuseBeside(cluster, flags, { now: world.clock.now(), signal: stopped })
  const namespace = env.RUNTIME_NAMESPACE ?? 'flux-system'
  await opening(async opened => {
    if (flags.resourceMetrics) metrics.showResources(text => redactor.censor(text))
    await serveOperators(flags, metrics, opened)
    const leases = await leasesOf(hands, flags, { namespace, stopped, metrics }).catch((thrown: unknown) => {
      if (!stopped.aborted) throw thrown
    })
    if (!leases) return opened.close()
    opened.keep(leases, l => l.leave(true))
    refuseLost(leases)
    const receiver = receiverOf(flags, hands)
    if (receiver) opened.keep(receiver, r => r.close())
    const engine = startEngine(hands, {
      ...runOf(flags, { namespace, metrics }),
      forward: receiver?.send,
      settings: { ...composed.engine.settings, ...flags.settings },
    })
    process.stderr.write(
      `✔ reconciling ${flags.controllers.join(' and ')} in cluster '${cluster.name}', artifacts at ${world.artifacts.advertised}\n`,
    )
    await Promise.race([aborted(stopped), aborted(leases.lost), engine.ended])
    await engine.stop()
    refuseLost(leases)
    await opened.close()
  })
}

/** @throws {ControllerError} */
function refuseLost({ lost }: Leading): void {
  if (lost.aborted) throw new ControllerError('LEADERSHIP_LOST', String((lost.reason as Error).message))
}

function receiverOf({ eventsAddress: url }: ControllerFlags, { http, clock, log }: Hands): EventReceiver | undefined {
  return url === undefined ? undefined : eventReceiver({ url, http, clock, log, instance: hostname() })
}

/** The servers of operators: probes and metrics. */
async function serveOperators({ healthAddress, metricsAddress }: ControllerFlags, metrics: Metrics, opened: Opened): Promise<void> {
  if (healthAddress) opened.keep(await listenAdmin(healthAddress), s => s.close())
  if (!metricsAddress) return
  metrics.watchProcess()
  opened.keep(await listenAdmin(metricsAddress, { '/metrics': () => metrics.text() }), s => s.close())
}

function runOf(flags: ControllerFlags, { namespace, metrics }: { namespace: string; metrics: Metrics }): Omit<EngineRun, 'settings'> {
  const { concurrency, controllers, allNamespaces, labelSelector } = flags
  const ours = reconcilers.filter(r => controllers.includes(r.convention.controller))
  const scope = { ...(allNamespaces ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }) }
  metrics.begin(
    ours.map(r => r.kind.kind),
    concurrency,
  )
  return {
    reconcilers: ours,
    concurrency,
    scope,
    follows: followedBy(ours, scope),
    queue: metrics.queue,
    passed: pass => metrics.passed(pass),
    seen: object => metrics.seen(object),
    gone: object => metrics.gone(object),
  }
}

/** The shard that a selector names; `undefined` for another selector. */
function shardOf(selector: string | undefined): string | undefined {
  const [, shard] = new RegExp(`(?:^|,)\\s*${shardKey.replaceAll('.', '\\.')}\\s*==?\\s*([^,\\s]+)`).exec(selector ?? '') ?? []
  return shard
}

/** Two controllers never act on one object. @throws {ControllerError} */
async function refuseBeside(
  cluster: Cluster,
  { controllers, labelSelector, election }: ControllerFlags,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<void> {
  const seen = await readControllers(cluster, signal)
  if (seen.unread !== undefined)
    throw new ControllerError('UNREADABLE', `which controllers are live in cluster '${cluster.name}' cannot be seen: ${seen.unread}`)
  const shard = shardOf(labelSelector)
  for (const controller of controllers) {
    const beside = { ...seen, leases: election ? seen.leases.filter(lease => !isOurs(lease)) : seen.leases, now }
    if (!isLive(controller, beside) || (shard !== undefined && leavesShard(controller, shard, beside))) continue
    throw new ControllerError('LIVE_CONTROLLER', refusalOf({ controller, shard, cluster, seen }))
  }
}

function isOurs(lease: KubeObject): boolean {
  return (stringAt(lease, 'spec', 'holderIdentity') ?? '').startsWith(holderPrefix)
}

function refusalOf(of: { controller: string; shard: string | undefined; cluster: Cluster; seen: Controllers }): string {
  const { controller, shard, cluster, seen } = of
  const where = `${controller} is live in cluster '${cluster.name}'`
  if (seen.leases.some(lease => lease.metadata.name.startsWith(controller) && isOurs(lease)))
    return `${where} as another fluxpilot: stop it, or give both --enable-leader-election`
  return shard === undefined
    ? `${where}: scale it down, or share the work by --watch-label-selector ${shardKey}=KEY and let it exclude that shard`
    : `${where} and does not exclude ${shardKey}=${shard} by its --watch-label-selector`
}

interface LeasesAbout {
  readonly namespace: string
  readonly stopped: AbortSignal
  readonly metrics: Metrics
}

/** Leads by one Lease a controller, or, without election, tells by it that this process is live. */
async function leasesOf(hands: Hands, flags: ControllerFlags, { namespace, stopped, metrics }: LeasesAbout): Promise<Leading> {
  const { cluster, clock, log } = hands
  const { controllers, labelSelector, election } = flags
  const holder = `${holderPrefix}${hostname()}_${clock.id(6)}`
  const leases = controllers.map(controller => ({ controller, namespace, name: leaseName(controller, labelSelector), holder, clock }))
  if (!election) return told(cluster, leases)
  const refused = (thrown: CodedError): void => log.warn('the Lease of the leader cannot be had', { error: thrown.message })
  for (const { name } of leases) metrics.leases.holds(name, false)
  const said = new Set<string>()
  const waits = (by: string): void => {
    if (!said.has(by)) process.stderr.write(`◎ waiting for the Leases that ${plain(by)} holds\n`)
    said.add(by)
  }
  const led = await leadAll(
    cluster,
    leases.map(lease => ({ ...election, ...lease, refused, waits })),
    { signal: stopped, frees: election.releases, holds: (name, held) => metrics.leases.holds(name, held) },
  )
  return { lost: led.lost, leave: () => led.leave(election.releases) }
}

function told(cluster: Cluster, leases: readonly (Omit<Holding, 'signal'> & { readonly controller: string })[]): Leading {
  const ended = new AbortController()
  const held = leases.map(lease => holdLease(cluster, lease.controller, { ...lease, signal: ended.signal }))
  return {
    lost: new AbortController().signal,
    async leave() {
      ended.abort(new Error('the controller stops'))
      await Promise.all(held)
    },
  }
}
