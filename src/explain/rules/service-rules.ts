import { conditionOf, type KubeObject } from '../../kinds/manifest.ts'
import { at, listAt, objectAt, stringAt } from '../../lib/json.ts'
import {
  below,
  conditionEvidence,
  eventEvidence,
  fieldEvidence,
  type Finding,
  type Found,
  isOver,
  lacksAddress,
  podLabelsOf,
  type Rule,
  selectorOf,
  selects,
  textAt,
  warning,
} from '../facts.ts'
import { operators } from '../wordings/operators.ts'
import { refusals } from '../wordings/refusals.ts'
import { heard } from '../wordings/wording.ts'

/** A Service that leads nowhere: no pod has its labels, or none has its port. */
export const serviceRule: Rule = (service, facts) => {
  const selector = selectorOf(service.object)
  if (service.ref.kind !== 'Service' || !service.object || selector.length === 0 || textAt(service, 'spec', 'type') === 'ExternalName')
    return []
  if (below(service, facts, 'policy').some(hasAddress)) return []
  const reached = below(service, facts, 'selected')
  const pods = reached.filter(f => f.ref.kind === 'Pod' && !f.object?.metadata.deletionTimestamp)
  const written = selector.map(([k, v]) => `${k}=${String(v)}`).join(',')
  if (!below(service, facts, 'template').some(f => f.object) && pods.length === 0 && !isRead(service)) return []
  if (pods.length > 0) return portFault(service, pods)
  const templates = below(service, facts, 'template')
  const scaled = templates.find(f => f.object && selects(selector, podLabelsOf(f.object)))
  if (scaled && at(scaled.object, 'spec', 'replicas') !== 0) return []
  const near = templates.find(f => f.object)
  return [
    {
      name: scaled ? 'ScaledToZero' : 'ServiceSelectsNothing',
      what: scaled
        ? `Service ${service.ref.name} has no endpoints: ${scaled.ref.kind} ${scaled.ref.name} behind it is scaled to zero`
        : `Service ${service.ref.name} has no endpoints: no pod has the labels of its selector`,
      fix: scaled
        ? `set spec.replicas of ${scaled.ref.kind} ${scaled.ref.name} to 1 or more`
        : `make spec.selector of the Service equal to labels of the pods${near ? ` (compare spec.template.metadata.labels of ${near.ref.kind} ${near.ref.name})` : ''}`,
      evidence: [
        fieldEvidence(service, 'spec.selector', written),
        ...(scaled
          ? [fieldEvidence(scaled, 'spec.replicas', '0')]
          : near
            ? [fieldEvidence(near, 'spec.template.metadata.labels', labelsOf(near.object))]
            : [fieldEvidence(service, '(lookup)', 'no pod in the namespace matches')]),
      ],
      strength: 0.95,
    },
  ]
}

/** Whether an Endpoints object or a slice has an address that is ready. */
function hasAddress({ object }: Found): boolean {
  const ready = listAt(object, 'endpoints').some(e => at(e, 'conditions', 'ready') !== false && listAt(e, 'addresses').length > 0)
  return ready || listAt(object, 'subsets').some(s => listAt(s, 'addresses').length > 0)
}

/** Whether the pods of a Service were looked for at all. */
function isRead(service: Found): boolean {
  return service.role === undefined || service.role === 'backend' || service.role === 'named'
}

function labelsOf(object: KubeObject | undefined): string {
  return Object.entries(podLabelsOf(object))
    .map(([k, v]) => `${k}=${String(v)}`)
    .join(',')
}

/** A target port by a name that no container of the pods gives to a port. */
function portFault(service: Found, pods: readonly Found[]): Finding[] {
  const names = pods.flatMap(pod => listAt(pod.object, 'spec', 'containers').flatMap(c => listAt(c, 'ports').map(p => stringAt(p, 'name'))))
  const wrong = listAt(service.object, 'spec', 'ports')
    .map(p => at(p, 'targetPort'))
    .find(target => typeof target === 'string' && !/^\d+$/.test(target) && !names.includes(target))
  if (wrong === undefined) return service.role === undefined || service.role === 'backend' ? unlistened(service, pods) : []
  return [
    {
      name: 'TargetPortMissing',
      what: `Service ${service.ref.name} has no endpoints: no container of its pods has a port of the name in targetPort`,
      fix: 'correct spec.ports[].targetPort, or name the port of the container',
      evidence: [
        fieldEvidence(service, 'spec.ports[].targetPort', String(wrong)),
        fieldEvidence(pods[0] ?? service, 'spec.containers[].ports[].name', names.filter(Boolean).join(', ') || '(none)'),
      ],
      strength: 0.95,
    },
  ]
}

/** A target port by a number, where the containers of all pods declare ports and none this one. */
function unlistened(service: Found, pods: readonly Found[]): Finding[] {
  const declared = pods.map(pod =>
    listAt(pod.object, 'spec', 'containers').flatMap(c => listAt(c, 'ports').map(p => at(p, 'containerPort'))),
  )
  const wanted = listAt(service.object, 'spec', 'ports').map(p => at(p, 'targetPort') ?? at(p, 'port'))
  const wrong = wanted.find(port => typeof port === 'number' && declared.every(ports => ports.length > 0 && !ports.includes(port)))
  if (wrong === undefined) return []
  return [
    {
      name: 'TargetPortMissing',
      what: `Service ${service.ref.name} leads to port ${String(wrong)}, which no container of its pods declares`,
      fix: 'correct spec.ports[].targetPort to the port that the container listens on, or let it listen there',
      evidence: [
        fieldEvidence(service, 'spec.ports[].targetPort', String(wrong)),
        fieldEvidence(pods[0] ?? service, 'spec.containers[].ports[].containerPort', [...new Set(declared.flat())].join(', ')),
      ],
      strength: 0.5,
    },
  ]
}

/** A port of an Ingress' backend that its Service does not have. */
export const backendPortRule: Rule = (ingress, facts) => {
  if (ingress.ref.kind !== 'Ingress') return []
  const wanted = listAt(ingress.object, 'spec', 'rules')
    .flatMap(r => listAt(r, 'http', 'paths'))
    .map(p => objectAt(p, 'backend', 'service'))
  return below(ingress, facts, 'backend').flatMap(service => {
    const ports = listAt(service.object, 'spec', 'ports')
    const wrong = wanted
      .filter(w => w.name === service.ref.name)
      .map(w => at(w, 'port', 'number') ?? at(w, 'port', 'name'))
      .find(port => port !== undefined && !ports.some(p => at(p, 'port') === port || at(p, 'name') === port))
    if (wrong === undefined || !service.object) return []
    return [
      {
        name: 'BackendPortMissing',
        what: `the Ingress leads to a port that Service ${service.ref.name} does not have`,
        fix: 'correct the port of the backend, or add it to spec.ports of the Service',
        evidence: [
          fieldEvidence(ingress, 'backend.service.port', String(wrong)),
          fieldEvidence(service, 'spec.ports', ports.map(p => String(at(p, 'port'))).join(', ')),
        ],
        strength: 0.95,
      },
    ]
  })
}

/** An Ingress that its controller cannot serve. */
export const ingressRule: Rule = ingress => {
  if (ingress.ref.kind !== 'Ingress' || listAt(ingress.object, 'status', 'loadBalancer', 'ingress').length > 0) return []
  const event = warning(ingress, /Fail|Error|Reject/i)
  if (!event || isOver(ingress, event, /Success/)) return []
  const words = heard([...operators, ...refusals], event.message, ingress.ref.namespace)
  return [
    {
      name: words?.name ?? 'IngressNotServed',
      what: `Ingress ${ingress.ref.name} is not served: ${words?.what ?? 'its controller cannot do what it asks'}`,
      fix: words?.fix ?? 'correct what the event names (class, annotations, certificates, subnets), or the rights of the controller',
      subject: words?.subject,
      evidence: [eventEvidence(ingress, event)],
      strength: 0.6,
    },
  ]
}

const patienceMs = 120_000

/** A Service that gets no load balancer: its controller says why, or there is none. */
export const balancerRule: Rule = (service, facts) => {
  const { object, ref } = service
  if (ref.kind !== 'Service' || !object || !lacksAddress(object)) return []
  const event = warning(service, /LoadBalancer|Allocation|Address|Failed/)
  const age = facts.now - Date.parse(object.metadata.creationTimestamp ?? '')
  if (!event && !(age > patienceMs)) return []
  return [
    {
      name: event ? 'LoadBalancerFailed' : 'LoadBalancerPending',
      what: event
        ? `Service ${ref.name} gets no load balancer`
        : `Service ${ref.name} waits for a load balancer; no event says why (any more)`,
      fix: event
        ? 'correct what the event names (subnets, addresses, quota, rights at the cloud, annotations of the Service), or choose another type'
        : 'look at the controller that makes load balancers (of the cloud, MetalLB): whether it runs, and its log; or use type NodePort or ClusterIP with an Ingress',
      evidence: [...(event ? [eventEvidence(service, event)] : []), fieldEvidence(service, 'status.loadBalancer', '(empty)')],
      strength: event ? 0.95 : 0.7,
    },
  ]
}

/** An API that an aggregated server should answer. */
export const apiServiceRule: Rule = found => {
  const available = conditionOf(found.object, 'Available')
  if (found.ref.kind !== 'APIService' || available?.status !== 'False') return []
  return [
    {
      name: 'ApiServiceDown',
      what: `the aggregated API ${found.ref.name} gives no answer`,
      fix: 'make the Service and the pods behind this APIService ready, or delete the APIService when nobody needs it',
      evidence: conditionEvidence(found, 'Available'),
      strength: 0.95,
    },
  ]
}
