import { conditionOf } from '../../kinds/manifest.ts'
import { quantityValue } from '../../kinds/typed/quantity.ts'
import { at, type Json, listAt, objectAt } from '../../lib/json.ts'
import { below, fieldEvidence, type Finding, type Found, type Rule, warning } from '../facts.ts'
import { lacksPods } from '../leads/template-leads.ts'
import { violationOf } from './pod-security.ts'

/** A workload that makes no pods while nobody says why any more: what stands in its namespace and would refuse them. */
export const forbiddenRule: Rule = (found, facts) => {
  if (!found.object || !lacksPods(found) || conditionOf(found.object, 'ReplicaFailure')?.status === 'True') return []
  if (warning(found, /^FailedCreate$/)) return []
  return below(found, facts, 'policy').flatMap(policy => [...usedUp(found, policy), ...insecure(found, policy)])
}

const template = ({ object }: Found): Json => objectAt(object, 'spec', 'template', 'spec')

/** A quota that has no room for one more pod of the template. */
function usedUp(workload: Found, quota: Found): Finding[] {
  const { object, ref } = quota
  if (ref.kind !== 'ResourceQuota' || at(object, 'spec', 'scopes') !== undefined || at(object, 'spec', 'scopeSelector') !== undefined)
    return []
  const used = objectAt(object, 'status', 'used')
  const full = Object.entries(objectAt(object, 'status', 'hard')).find(
    ([resource, hard]) => numberOf(used[resource]) + askedOf(template(workload), resource) > numberOf(hard),
  )
  if (!full) return []
  const [resource, hard] = full
  return [
    {
      name: 'QuotaExceeded',
      what: `${workload.ref.kind} ${workload.ref.name} makes no pods: ResourceQuota ${ref.name} has no room for one more`,
      fix: `raise the hard limits of ResourceQuota ${ref.name}, ask for less, or remove what is not needed in the namespace`,
      subject: ref,
      evidence: [fieldEvidence(quota, 'status', `${resource}: used ${String(used[resource])} of ${String(hard)}`), madeOf(workload)],
      strength: 0.85,
    },
  ]
}

/** How many pods there are, of how many. */
function madeOf(workload: Found): ReturnType<typeof fieldEvidence> {
  const field = workload.ref.kind === 'DaemonSet' ? 'status.currentNumberScheduled' : 'status.replicas'
  return fieldEvidence(workload, field, String(at(workload.object, ...field.split('.')) ?? 0))
}

function numberOf(quantity: Json | undefined): number {
  return (typeof quantity === 'string' || typeof quantity === 'number' ? quantityValue(String(quantity)) : undefined) ?? 0
}

/** How much of a quota's resource a pod takes; what it does not take, or what is not known, is nothing. */
function askedOf(spec: Json, resource: string): number {
  if (resource === 'pods' || resource === 'count/pods') return 1
  const [, list = 'requests', name = resource] = /^(requests|limits)\.(.+)$/.exec(resource) ?? []
  const sum = (from: string): number =>
    listAt(spec, 'containers').reduce<number>((all, c) => all + numberOf(at(c, 'resources', from, name)), 0)
  return sum(list) || (list === 'requests' ? sum('limits') : 0)
}

/** A level of Pod Security that the template does not keep to. */
function insecure(workload: Found, namespace: Found): Finding[] {
  const level = namespace.object?.metadata.labels?.['pod-security.kubernetes.io/enforce']
  const violation = namespace.ref.kind === 'Namespace' && level ? violationOf(template(workload), level) : undefined
  if (!violation || !level) return []
  return [
    {
      name: 'PodSecurityDenied',
      what: `${workload.ref.kind} ${workload.ref.name} makes no pods: Pod Security (${level}) of namespace ${namespace.ref.name} refuses the template`,
      fix: `change ${violation.field} in the pod template, or the label pod-security.kubernetes.io/enforce of the namespace`,
      evidence: [
        fieldEvidence(namespace, 'metadata.labels[pod-security.kubernetes.io/enforce]', level),
        fieldEvidence(workload, `spec.template.${violation.field}`, violation.value),
      ],
      strength: 0.85,
    },
  ]
}
