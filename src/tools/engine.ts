import { controllerOf, excludesShard, isLive, shardKey } from '../engine/controllers.ts'
import { CodedError } from '../lib/coded-error.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import type { Cluster, ListQuery } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import type { Call } from './tool.ts'

/** Who acts on an object, and why. */
export interface Acting {
  readonly engine: 'flux' | 'own'
  readonly why: string
}

/** Controllers as they stand: what cannot be read is said. */
export interface Controllers {
  readonly deployments: readonly KubeObject[]
  readonly leases: readonly KubeObject[]
  readonly unread?: string | undefined
}

/** Reads Flux's Deployments and Leases. */
export async function readControllers(cluster: Cluster, signal: AbortSignal): Promise<Controllers> {
  const [deployments, leases] = await Promise.all([
    listOr(cluster, { group: 'apps', version: 'v1', kind: 'Deployment', labelSelector: 'app.kubernetes.io/part-of=flux' }, signal),
    listOr(cluster, { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' }, signal),
  ])
  const unread = deployments.unread ?? leases.unread
  return { deployments: deployments.items, leases: leases.items, ...(unread ? { unread } : {}) }
}

async function listOr(cluster: Cluster, query: ListQuery, signal: AbortSignal): Promise<{ items: KubeObject[]; unread?: string }> {
  try {
    return { items: (await cluster.list({ ...query, limit: 500 }, signal)).items }
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'FORBIDDEN') return { items: [], unread: thrown.message }
    throw thrown
  }
}

/**
 * Decides who acts: Flux wherever its controller is live, or cannot be seen; else our engine. Two controllers never fight.
 * @throws {ToolError} Unsupported when `own` was asked for beside a live controller.
 */
export async function actingOn(world: World, { cluster, ref }: { cluster: Cluster; ref: ObjectRef }, call: Call): Promise<Acting> {
  const controller = controllerOf(ref.group, ref.kind)
  if (!controller)
    throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind`, { next: 'name a Flux object, such as a Kustomization' })
  if (call.engine.mode === 'flux') return { engine: 'flux', why: 'as --engine flux says' }
  const seen = await readControllers(cluster, call.signal)
  const live = seen.unread !== undefined || isLive(controller, { ...seen, now: world.clock.now() })
  if (call.engine.mode === 'own' && live)
    return ownBeside(await cluster.get(ref, call.signal), { controller, seen, cluster, shard: call.engine.shard })
  if (!live) return { engine: 'own', why: `no ${controller} runs here` }
  return { engine: 'flux', why: seen.unread ? `controllers cannot be read (${seen.unread})` : `${controller} is live` }
}

/** Our engine beside a live controller: only for a shard that the controller surely leaves alone. */
function ownBeside(
  object: KubeObject | undefined,
  { controller, seen, cluster, shard }: { controller: string; seen: Controllers; cluster: Cluster; shard: string | undefined },
): Acting {
  const deployments = seen.deployments.filter(
    d => d.metadata.name === controller || d.metadata.labels?.['app.kubernetes.io/component'] === controller,
  )
  const mine = shard !== undefined && object?.metadata.labels?.[shardKey] === shard
  if (mine && !seen.unread && deployments.length > 0 && deployments.every(d => excludesShard(d, shard)))
    return { engine: 'own', why: `shard ${shard}, which ${controller} leaves alone` }
  const why =
    seen.unread ?? (mine ? `${controller} does not exclude ${shardKey}=${shard}` : `${controller} is live in cluster '${cluster.name}'`)
  throw new ToolError('Unsupported', `--engine own may not act here: ${why}`, {
    next: `use --engine auto, or label the object ${shardKey} and exclude that key by the controller's --watch-label-selector`,
  })
}
