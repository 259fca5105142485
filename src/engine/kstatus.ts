import { conditionsOf, type KubeObject, splitApiVersion } from '../kinds/manifest.ts'
import { at } from '../lib/json.ts'
import { byReady, kindRules } from './kstatus-rules.ts'
import { failed, inProgress, type Status } from './kstatus-status.ts'

/**
 * How an object is, judged from its own fields, in kstatus' words. Spec: kustomization 9.4.
 *
 * @param now Milliseconds since 1970. Without it a pod that cannot be scheduled stays InProgress, however old.
 */
export function kstatus(object: KubeObject, now?: number): Status {
  return generic(object) ?? kindRules[`${splitApiVersion(object.apiVersion).group}/${object.kind}`]?.(object, now) ?? byReady(object)
}

/** What holds for every kind. */
function generic(object: KubeObject): Status | undefined {
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'Resource scheduled for deletion' }
  const observed = at(object, 'status', 'observedGeneration')
  const { generation } = object.metadata
  if (typeof observed === 'number' && generation !== undefined && observed !== generation)
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`)
  for (const { type, status, message = '' } of conditionsOf(object)) {
    if (type === 'Reconciling' && status === 'True') return inProgress(message)
    if (type === 'Stalled' && status === 'True') return failed(message)
  }
  return undefined
}
