import { conditionOf } from '../../kinds/manifest.ts'
import { quantityValue } from '../../kinds/typed/quantity.ts'
import { at, type Json, listAt, objectAt } from '../../lib/json.ts'
import { below, fieldEvidence, type Finding, type Found, healthOf, type Rule, warning } from '../facts.ts'
import { isNext, lacksPods } from '../leads/template-leads.ts'
import { violationOf } from './pod-security.ts'

/** A workload that makes no pods while nobody says why any more: what stands in its namespace and would refuse them. */
export const forbiddenRule: Rule = (found, facts) => {
  if (!found.object || !lacksPods(found) || conditionOf(found.object, 'ReplicaFailure')?.status === 'True') return []
  if (warning(found, /^FailedCreate$/)) return []
  return below(found, facts, 'policy').flatMap(policy => [
    ...usedUp(found, policy),
    ...outOfRange(found, policy),
    ...insecure(found, policy),
  ])
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
  const fields: Readonly<Record<string, string>> = { DaemonSet: 'status.currentNumberScheduled', Job: 'status.active' }
  const field = fields[workload.ref.kind] ?? 'status.replicas'
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

/** A container that asks for more, or less, than a LimitRange lets it. */
function outOfRange(workload: Found, range: Found): Finding[] {
  if (range.ref.kind !== 'LimitRange') return []
  const containers = listAt(template(workload), 'containers')
  const bounds = listAt(range.object, 'spec', 'limits').filter(l => at(l, 'type') === 'Container')
  const wrong = bounds.flatMap(bound => containers.flatMap(c => [...beyond(c, bound, 'max'), ...beyond(c, bound, 'min')]))[0]
  if (!wrong) return []
  return [
    {
      name: 'LimitRangeExceeded',
      what: `${workload.ref.kind} ${workload.ref.name} makes no pods: LimitRange ${range.ref.name} forbids what a container asks for`,
      fix: `change resources in the pod template to what LimitRange ${range.ref.name} allows, or the LimitRange`,
      evidence: [
        fieldEvidence(range, `spec.limits[].${wrong.bound}`, `${wrong.resource}: ${wrong.allowed}`),
        fieldEvidence(workload, 'spec.template.spec.containers[].resources', `${wrong.resource}: ${wrong.asked}`),
      ],
      strength: 0.85,
    },
  ]
}

/** What a container asks for beyond a bound: its limits above the most, its requests below the least. */
function beyond(
  container: Json,
  bounds: Json,
  bound: 'max' | 'min',
): { bound: string; resource: string; allowed: string; asked: string }[] {
  const asked = objectAt(container, 'resources', bound === 'max' ? 'limits' : 'requests')
  return Object.entries(objectAt(bounds, bound)).flatMap(([resource, allowed]) => {
    const over = numberOf(asked[resource]) - numberOf(allowed)
    const isWrong = asked[resource] !== undefined && (bound === 'max' ? over > 0 : over < 0)
    return isWrong ? [{ bound, resource, allowed: String(allowed), asked: String(asked[resource]) }] : []
  })
}

const silentMs = 10 * 60_000

/** A workload that makes no pods for long, while nobody says why any more: events last an hour. */
export const silentWorkloadRule: Rule = (found, facts) => {
  const { object, ref } = found
  const age = facts.now - Date.parse(object?.metadata.creationTimestamp ?? '')
  if (
    !object ||
    ref.kind === 'Deployment' ||
    healthOf(found, facts.now) === 'well' ||
    !lacksPods(found) ||
    !isNext(found) ||
    !(age > silentMs)
  )
    return []
  if (
    at(object, 'spec', 'suspend') === true ||
    at(object, 'spec', 'replicas') === 0 ||
    Object.keys(objectAt(object, 'status')).length === 0
  )
    return []
  return [
    {
      name: 'PodsNotCreated',
      what: `${ref.kind} ${ref.name} has fewer pods than it should, and no event says why any more`,
      fix: `look at what forbids pods in the namespace (quotas, LimitRanges, Pod Security, admission webhooks and policies); kubectl rollout restart, or the Job made again, tells it anew`,
      evidence: [madeOf(found)],
      strength: 0.42,
    },
  ]
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
