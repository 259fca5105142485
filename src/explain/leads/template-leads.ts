import { at, objectAt, stringAt } from '../../lib/json.ts'
import type { Found } from '../facts.ts'
import type { Lead } from './lead.ts'

const patienceMs = 60_000

/** Whether a workload has fewer pods than it should. */
export function lacksPods({ object, ref }: Found): boolean {
  const number = (...path: string[]): number => Number(at(object, ...path) ?? 0)
  switch (ref.kind) {
    case 'DaemonSet':
      return number('status', 'currentNumberScheduled') < number('status', 'desiredNumberScheduled')
    case 'Job':
      return number('status', 'active') + number('status', 'succeeded') + number('status', 'failed') === 0
    case 'StatefulSet':
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
      return number('status', 'replicas') < Number(at(object, 'spec', 'replicas') ?? 1)
    default:
      return false
  }
}

/** One that makes its pods in order waits for each to be ready. */
export function isNext({ object, ref }: Found): boolean {
  const count = (field: string): number => Number(at(object, 'status', field) ?? 0)
  return ref.kind !== 'StatefulSet' || count('readyReplicas') >= count('replicas')
}

/** What a workload that makes no pods names and needs, and what may forbid them in its namespace: the events that say so last an hour. */
export function templateLeads(found: Found, now: number): Lead[] {
  const { object, ref } = found
  const age = now - Date.parse(object?.metadata.creationTimestamp ?? '')
  if (!(age > patienceMs) || !lacksPods(found) || !isNext(found) || at(object, 'spec', 'suspend') === true) return []
  const template = objectAt(object, 'spec', 'template', 'spec')
  const [account, priority, runtime] = ['serviceAccountName', 'priorityClassName', 'runtimeClassName'].map(f => stringAt(template, f))
  const core = { group: '', namespace: ref.namespace }
  return [
    ...(account && account !== 'default'
      ? [{ role: 'account', weight: 1, one: { ...core, kind: 'ServiceAccount', name: account } } as const]
      : []),
    ...(priority
      ? [{ role: 'priority', weight: 1, one: { group: 'scheduling.k8s.io', kind: 'PriorityClass', name: priority } } as const]
      : []),
    ...(runtime ? [{ role: 'runtime', weight: 1, one: { group: 'node.k8s.io', kind: 'RuntimeClass', name: runtime } } as const] : []),
    ...['ResourceQuota', 'LimitRange'].map(
      kind => ({ role: 'policy', weight: 1, list: { ...core, kind }, keep: () => true, most: 5 }) as const,
    ),
    ...(ref.namespace ? [{ role: 'policy', weight: 1, one: { group: '', kind: 'Namespace', name: ref.namespace } } as const] : []),
  ]
}
