import { controllerOf, isFluxGroup, isLive, leavesShard, operatorGroup, shardKey } from '../../engine/controllers.ts'
import { CodedError } from '../../lib/coded-error.ts'
import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { Cluster, ListQuery } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'
import type { Call } from '../tool.ts'
import { reconcilerOf } from './reconcilers.ts'

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

/** Reads Flux's Deployments and Leases; the Leases of nodes are left out. */
export async function readControllers(cluster: Cluster, signal: AbortSignal): Promise<Controllers> {
  const [deployments, leases] = await Promise.all([
    listOr(cluster, { group: 'apps', version: 'v1', kind: 'Deployment', labelSelector: 'app.kubernetes.io/part-of=flux' }, signal),
    listOr(
      cluster,
      { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', fieldSelector: 'metadata.namespace!=kube-node-lease' },
      signal,
    ),
  ])
  const unread = deployments.unread ?? leases.unread
  return { deployments: deployments.items, leases: leases.items, ...(unread ? { unread } : {}) }
}

async function listOr(cluster: Cluster, query: ListQuery, signal: AbortSignal): Promise<{ items: KubeObject[]; unread?: string }> {
  const items: KubeObject[] = []
  try {
    for await (const item of cluster.listAll(query, signal)) items.push(item)
    return { items }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return { items, unread: thrown.message }
    throw thrown
  }
}

/**
 * Decides who acts: Flux wherever its controller is live, or cannot be seen; else our engine. Two controllers never fight.
 * @throws {ToolError} Unsupported when `own` was asked for beside a live controller, or outside its shard.
 */
export async function actingOn(world: World, { cluster, ref }: { cluster: Cluster; ref: ObjectRef }, call: Call): Promise<Acting> {
  const { mode, shard } = call.engine
  const controller = controllerOf(ref.group, ref.kind)
  if (!isFluxGroup(ref.group))
    throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind`, { next: 'name a Flux object, such as a Kustomization' })
  if (mode === 'flux') return { engine: 'flux', why: 'as --engine flux says' }
  const seen = await readControllers(cluster, call.signal)
  const now = world.clock.now()
  const live = seen.unread !== undefined || controller === undefined || isLive(controller, { ...seen, now })
  if (mode === 'own') {
    const labelled = (await cluster.get(ref, call.signal))?.metadata.labels?.[shardKey]
    const left = controller !== undefined && shard !== undefined && leavesShard(controller, shard, { ...seen, now })
    return ownActing({ live, controller, cluster, unread: seen.unread, shard, labelled, left })
  }
  if (live)
    return {
      engine: 'flux',
      why: seen.unread ? `controllers cannot be read (${seen.unread})` : `${controller ?? 'its controller'} is live`,
    }
  if (ref.group === operatorGroup) return { engine: 'flux', why: `${controller} was not seen, and may run elsewhere` }
  return { engine: 'own', why: `no ${controller} runs here` }
}

/** Whether our engine would act on an object, were it asked to. */
export function wouldAct(
  { ref, object }: { ref: ObjectRef; object: KubeObject | undefined },
  { mode, shard }: Call['engine'],
  seen: Controllers & { readonly now: number },
): boolean {
  const controller = controllerOf(ref.group, ref.kind)
  if (mode === 'flux' || controller === undefined || seen.unread !== undefined || !reconcilerOf(ref)) return false
  if (!isLive(controller, seen)) return mode === 'auto' || shard === undefined || object?.metadata.labels?.[shardKey] === shard
  return mode === 'own' && shard !== undefined && object?.metadata.labels?.[shardKey] === shard && leavesShard(controller, shard, seen)
}

interface OwnCase {
  readonly live: boolean
  readonly controller: string | undefined
  readonly cluster: Cluster
  readonly unread: string | undefined
  /** Ours, and the object's. */
  readonly shard: string | undefined
  readonly labelled: string | undefined
  /** Whether all live controllers leave our shard alone. */
  readonly left: boolean
}

/** Our engine by order: only on its shard when it has one, and beside a live controller only where that one surely looks away. */
function ownActing({ live, controller = 'its controller', cluster, unread, shard, labelled, left }: OwnCase): Acting {
  const refuse = (why: string, next: string): never => {
    throw new ToolError('Unsupported', `--engine own may not act here: ${why}`, { next })
  }
  if (shard !== undefined && labelled !== shard)
    return refuse(`the object is not of shard ${shard}`, `label it ${shardKey}=${shard}, or use --engine auto`)
  if (!live)
    return { engine: 'own', why: shard === undefined ? `no ${controller} runs here` : `shard ${shard}; no ${controller} runs here` }
  if (unread !== undefined) return refuse(unread, 'grant that right, so that live controllers can be seen, or use --engine auto')
  if (left) return { engine: 'own', why: `shard ${shard}, which ${controller} leaves alone` }
  return refuse(
    shard === undefined ? `${controller} is live in cluster '${cluster.name}'` : `${controller} does not exclude ${shardKey}=${shard}`,
    `use --engine auto, or exclude ${shardKey}=${shard ?? 'KEY'} by the controller's --watch-label-selector and pass --shard ${shard ?? 'KEY'}`,
  )
}
