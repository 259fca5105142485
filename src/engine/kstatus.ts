import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { at, listAt, objectAt, stringAt } from '../lib/json.ts'
import { kindRules } from './kstatus-rules.ts'
import { current, failed, inProgress, type Status } from './kstatus-status.ts'

/** How an object is, judged from its own fields. Spec: kustomization 9.4. */
export function kstatus(object: KubeObject, now?: number): Status {
  return generic(object) ?? kindRules[`${groupOf(object)}/${object.kind}`]?.(object, now) ?? byReady(object)
}

function groupOf({ apiVersion }: KubeObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/** What holds for every kind. */
function generic(object: KubeObject): Status | undefined {
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'Resource scheduled for deletion' }
  const observed = at(object, 'status', 'observedGeneration')
  const { generation } = object.metadata
  if (typeof observed === 'number' && generation !== undefined && observed !== generation) return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`)
  for (const condition of listAt(object, 'status', 'conditions')) {
    const [type, status, message] = [stringAt(condition, 'type'), stringAt(condition, 'status'), stringAt(condition, 'message') ?? '']
    if (type === 'Reconciling' && status === 'True') return inProgress(message)
    if (type === 'Stalled' && status === 'True') return failed(message)
  }
  return undefined
}

function byReady(object: KubeObject): Status {
  if (Object.keys(objectAt(object, 'status')).length === 0) return current('Resource is current')
  const ready = conditionOf(object, 'Ready')
  return ready && ready.status !== 'True' ? inProgress(ready.message) : current('Resource is current')
}
