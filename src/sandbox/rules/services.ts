import type { KubeObject } from '../../kinds/manifest.ts'
import { at, equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { labelProblems } from './names.ts'
import { duplicates } from './pod-problems.ts'
import { each, fill, type Rule, withSpec } from './rule.ts'

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const protocols = ['SCTP', 'TCP', 'UDP']

function withDefaults(o: KubeObject): KubeObject {
  const spec = fill(o.spec, { sessionAffinity: 'None', type: 'ClusterIP' })
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  return withSpec(o, {
    ...spec,
    ...(spec.ports
      ? { ports: each(spec.ports, p => ({ ...fill(p, { protocol: 'TCP' }), targetPort: p.targetPort || (p.port ?? 0) })) }
      : {}),
    ...(spec.type === 'ExternalName' ? {} : { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' }),
    ...(external ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster' } : {}),
    ...(spec.type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
    ...(spec.sessionAffinity === 'ClientIP'
      ? { sessionAffinityConfig: fill(spec.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10_800 } }) }
      : {}),
  })
}

/** Addresses and node ports are given once, and kept. */
function allocated(o: KubeObject, live: KubeObject | undefined): KubeObject {
  const spec = objectAt(o, 'spec')
  if (spec.type === 'ExternalName') return o
  const ip = stringAt(spec, 'clusterIP') || stringAt(live, 'spec', 'clusterIP') || addressOf(o)
  const kept = stringAt(spec, 'clusterIPs', 0) === ip ? spec.clusterIPs : [ip]
  const families = familiesOf(spec, live)
  const { externalTrafficPolicy, allocateLoadBalancerNodePorts, ...always } = spec
  const inner = spec.type === 'ClusterIP'
  return withSpec(o, {
    ...always,
    ...(inner || externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
    ...(spec.type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== undefined ? { allocateLoadBalancerNodePorts } : {}),
    ...(spec.ports ? { ports: each(spec.ports, p => ported(p, { type: spec.type, live, o })) } : {}),
    clusterIP: ip,
    clusterIPs: kept ?? [ip],
    ...families,
  })
}

function familiesOf(spec: JsonObject, live: KubeObject | undefined): JsonObject {
  const before = objectAt(live, 'spec')
  const open = spec.clusterIP === 'None' && spec.selector === undefined
  return {
    ipFamilies: spec.ipFamilies ?? before.ipFamilies ?? (open ? ['IPv4', 'IPv6'] : ['IPv4']),
    ipFamilyPolicy: spec.ipFamilyPolicy ?? before.ipFamilyPolicy ?? (open ? 'RequireDualStack' : 'SingleStack'),
  }
}

function problemsOf(o: KubeObject, live: KubeObject | undefined): Cause[] {
  const spec = objectAt(o, 'spec')
  const ports = listAt(spec, 'ports')
  return [
    ...(live && stringAt(live, 'spec', 'type') !== 'ExternalName' && spec.type !== 'ExternalName' ? immutableAddress(o, live) : []),
    ...(ports.length === 0 && spec.clusterIP !== 'None' && spec.type !== 'ExternalName' ? [requiredValue('spec.ports')] : []),
    ...(spec.type === 'ExternalName' && !spec.externalName ? [requiredValue('spec.externalName')] : []),
    ...ports.flatMap((p, i) => portProblems(p, { field: `spec.ports[${i}]`, named: ports.length > 1 })),
    ...duplicates(
      ports.map(p => stringAt(p, 'name')),
      i => `spec.ports[${i}].name`,
    ),
    ...labelProblems(objectAt(spec, 'selector'), 'spec.selector'),
    ...(serviceTypes.includes(String(spec.type)) ? [] : [notSupported('spec.type', spec.type, serviceTypes)]),
  ]
}

function portProblems(given: Json, { field, named }: { field: string; named: boolean }): Cause[] {
  const { name, port, targetPort, protocol } = isObject(given) ? given : {}
  const bad = (value: Json | undefined): boolean => typeof value !== 'number' || value < 1 || value > 65535
  const range = 'must be between 1 and 65535, inclusive'
  return [
    ...(named && !name ? [requiredValue(`${field}.name`)] : []),
    ...(bad(port) ? [invalidValue(`${field}.port`, port, range)] : []),
    ...(protocols.includes(String(protocol)) ? [] : [notSupported(`${field}.protocol`, protocol, protocols)]),
    ...(typeof targetPort === 'number' && bad(targetPort) ? [invalidValue(`${field}.targetPort`, targetPort, range)] : []),
  ]
}

function immutableAddress(o: KubeObject, live: KubeObject): Cause[] {
  const value = at(o, 'spec', 'clusterIPs')
  return equal(value, at(live, 'spec', 'clusterIPs')) ? [] : [invalidValue('spec.clusterIPs[0]', value, 'may not change once set')]
}

function number(o: KubeObject, span: number): number {
  return [...`${o.metadata.namespace}/${o.metadata.name}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % span, 7)
}

function addressOf(o: KubeObject): string {
  const n = number(o, 65_000)
  return `10.96.${Math.floor(n / 254)}.${(n % 254) + 1}`
}

function ported(port: JsonObject, { type, live, o }: { type: Json | undefined; live: KubeObject | undefined; o: KubeObject }): JsonObject {
  const { nodePort, ...inner } = port
  if (type === 'ClusterIP') return inner
  const before = listAt(live, 'spec', 'ports').find(p => isObject(p) && p.port === port.port)
  const known = nodePort ?? at(before, 'nodePort')
  return { ...inner, nodePort: typeof known === 'number' && known > 0 ? known : 30_000 + ((number(o, 2767) + Number(port.port)) % 2767) }
}

/** Services: addresses, ports and what may not change. */
export const serviceRule: Rule = { defaults: withDefaults, prepare: (o, { live }) => allocated(o, live), check: problemsOf }
