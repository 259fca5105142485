import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import { selectorText } from '../../kinds/selector.ts'
import { listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { ToolError } from '../frame/error.ts'

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod']
const mostListed = 500

/** The pods of a workload, the newest first. @throws {ToolError} InvalidArgument for kinds that run no pods, NotFound when there are none. */
export async function podsOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<KubeObject[]> {
  const ref = refOf(object)
  if (!workloads.includes(ref.kind) || !['', 'apps', 'batch'].includes(ref.group))
    throw new ToolError('InvalidArgument', `${printRef(ref)} has no logs: ${ref.kind} runs no pods`, {
      next: `name a ${workloads.join(', ')}; get_object with view inventory lists what an object applied`,
      valid: workloads,
    })
  if (ref.kind === 'Pod') return [object]
  const owner = ref.kind === 'CronJob' ? await lastJob(cluster, object, signal) : object
  const pods = owner ? await selected(cluster, owner, signal) : []
  if (pods.length > 0) return newestFirst(pods)
  throw new ToolError('NotFound', `${printRef(ref)} has no pods${owner ? '' : ': it has made no Job yet'}`, {
    next: 'use explain to learn why, or get_events',
    object: printRef(ref),
  })
}

async function lastJob(cluster: Cluster, cron: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
  const { namespace } = cron.metadata
  const { items } = await cluster.list({ group: 'batch', kind: 'Job', namespace, limit: mostListed }, signal)
  return newestFirst(items.filter(job => isOwned(job, cron)))[0]
}

async function selected(cluster: Cluster, owner: KubeObject, signal: AbortSignal): Promise<KubeObject[]> {
  const labelSelector = selectorText(objectAt(owner, 'spec', 'selector'))
  const query = { group: '', version: 'v1', kind: 'Pod', namespace: owner.metadata.namespace, limit: mostListed }
  const { items } = await cluster.list({ ...query, ...(labelSelector ? { labelSelector } : {}) }, signal)
  return items.filter(pod => (owner.kind === 'Deployment' ? labelSelector !== '' : isOwned(pod, owner)))
}

function isOwned(object: KubeObject, { kind, metadata: { uid, name } }: KubeObject): boolean {
  return listAt(object, 'metadata', 'ownerReferences').some(
    owner => stringAt(owner, 'uid') === uid || (stringAt(owner, 'kind') === kind && stringAt(owner, 'name') === name && uid === undefined),
  )
}

function newestFirst(objects: readonly KubeObject[]): KubeObject[] {
  const age = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0
  return objects.toSorted((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))
}
