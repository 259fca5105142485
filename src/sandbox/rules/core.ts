import type { KubeObject } from '../../kinds/manifest.ts'
import { at, equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { duplicates } from './pods.ts'
import { each, fill, immutable, type Rule, withSpec } from './rule.ts'

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

const service: Rule = {
  defaults: o => {
    const spec = fill(o.spec, { sessionAffinity: 'None', type: 'ClusterIP' })
    const ports = each(spec.ports, p => fill(p, { protocol: 'TCP', targetPort: p.port ?? 0 }))
    const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
    return withSpec(o, {
      ...spec,
      ports,
      ...(spec.type === 'ExternalName' ? {} : { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' }),
      ...(external ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster' } : {}),
      ...(spec.type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
      ...(spec.sessionAffinity === 'ClientIP'
        ? { sessionAffinityConfig: fill(spec.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10_800 } }) }
        : {}),
    })
  },
  prepare: (o, { live }) => {
    const spec = objectAt(o, 'spec')
    if (spec.type === 'ExternalName') return o
    const ip = stringAt(spec, 'clusterIP') || stringAt(live, 'spec', 'clusterIP') || addressOf(o)
    return withSpec(o, {
      ...spec,
      ports: each(spec.ports, p => ({ ...p, ...nodePort(p, { type: spec.type, live, o }) })),
      clusterIP: ip,
      clusterIPs: spec.clusterIPs ?? [ip],
      ipFamilies: spec.ipFamilies ?? ['IPv4'],
      ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
    })
  },
  check: (o, live) => {
    const spec = objectAt(o, 'spec')
    const ports = listAt(spec, 'ports')
    return [
      ...(serviceTypes.includes(String(spec.type)) ? [] : [notSupported('spec.type', spec.type, serviceTypes)]),
      ...(ports.length === 0 && spec.clusterIP !== 'None' && spec.type !== 'ExternalName' ? [requiredValue('spec.ports')] : []),
      ...ports.flatMap((p, i) =>
        isObject(p) && typeof p.port === 'number' && p.port > 0 && p.port < 65536
          ? []
          : [invalidValue(`spec.ports[${i}].port`, at(p, 'port'), 'must be between 1 and 65535, inclusive')],
      ),
      ...(ports.length > 1 ? ports.flatMap((p, i) => (stringAt(p, 'name') ? [] : [requiredValue(`spec.ports[${i}].name`)])) : []),
      ...duplicates(
        ports.map(p => stringAt(p, 'name')),
        i => `spec.ports[${i}].name`,
      ),
      ...(live && stringAt(live, 'spec', 'type') !== 'ExternalName' && spec.type !== 'ExternalName' ? immutableAddress(o, live) : []),
    ]
  },
}

function immutableAddress(o: KubeObject, live: KubeObject): Cause[] {
  const value = at(o, 'spec', 'clusterIPs')
  return equal(value, at(live, 'spec', 'clusterIPs'))
    ? []
    : [invalidValue('spec.clusterIPs[0]', at(o, 'spec', 'clusterIP'), 'may not change once set')]
}

function number(o: KubeObject, span: number): number {
  return [...`${o.metadata.namespace}/${o.metadata.name}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % span, 7)
}

function addressOf(o: KubeObject): string {
  const n = number(o, 65_000)
  return `10.96.${Math.floor(n / 254)}.${(n % 254) + 1}`
}

function nodePort(
  port: JsonObject,
  { type, live, o }: { type: Json | undefined; live: KubeObject | undefined; o: KubeObject },
): JsonObject {
  if (type === 'ClusterIP') return {}
  const before = listAt(live, 'spec', 'ports').find(p => isObject(p) && p.port === port.port)
  const known = port.nodePort ?? at(before, 'nodePort')
  return { nodePort: typeof known === 'number' && known > 0 ? known : 30_000 + ((number(o, 2767) + Number(port.port)) % 2767) }
}

function frozen(o: KubeObject, live: KubeObject | undefined): Cause[] {
  if (live?.immutable !== true) return []
  const forbidden = (field: string): Cause => ({
    field,
    reason: 'FieldValueForbidden',
    message: 'Forbidden: field is immutable when `immutable` is set',
  })
  return [
    ...(o.immutable === true ? [] : [forbidden('immutable')]),
    ...['data', 'binaryData'].filter(f => !equal(o[f], live[f])).map(forbidden),
  ]
}

const configKey = /^[-._a-zA-Z0-9]+$/

/** Keys of ConfigMaps and Secrets. */
function keyProblems(key: string, field: string): Cause[] {
  const wrong = (why: string): Cause[] => [invalidValue(`${field}[${key}]`, key, why)]
  if (key.length > 253) return wrong('must be no more than 253 bytes')
  if (!configKey.test(key))
    return wrong(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    )
  if (key === '.') return wrong("must not be '.'")
  return key === '..' ? wrong("must not be '..'") : key.startsWith('..') ? wrong("must not start with '..'") : []
}

const mostBytes = 1024 * 1024

/** The sizes of values, not of keys. */
function sizeProblems(bytes: number, field: string): Cause[] {
  return bytes > mostBytes ? [{ field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${mostBytes} bytes` }] : []
}

function bytesOf(o: KubeObject, field: string, encoding: 'utf8' | 'base64'): number {
  return Object.values(objectAt(o, field)).reduce<number>((sum, value) => sum + Buffer.byteLength(String(value), encoding), 0)
}

const configMap: Rule = {
  check: (o, live) => [
    ...Object.keys(objectAt(o, 'data')).flatMap(key => [
      ...keyProblems(key, 'data'),
      ...(objectAt(o, 'binaryData')[key] === undefined
        ? []
        : [invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')]),
    ]),
    ...Object.keys(objectAt(o, 'binaryData')).flatMap(key => keyProblems(key, 'binaryData')),
    ...sizeProblems(bytesOf(o, 'data', 'utf8') + bytesOf(o, 'binaryData', 'base64'), '[]'),
    ...frozen(o, live),
  ],
}
const secret: Rule = {
  defaults: o => {
    const { stringData, ...rest } = o
    const encoded = Object.entries(isObject(stringData) ? stringData : {}).map(([k, v]) => [k, Buffer.from(String(v)).toString('base64')])
    return {
      ...rest,
      apiVersion: o.apiVersion,
      kind: o.kind,
      metadata: o.metadata,
      type: o.type || 'Opaque',
      ...(encoded.length > 0 ? { data: { ...objectAt(o, 'data'), ...Object.fromEntries(encoded) } } : {}),
    }
  },
  check: (o, live) => [
    ...immutable(o, live, 'type'),
    ...frozen(o, live),
    ...Object.keys(objectAt(o, 'data')).flatMap(key => keyProblems(key, 'data')),
    ...sizeProblems(bytesOf(o, 'data', 'base64'), 'data'),
  ],
}
const namespace: Rule = {
  defaults: o => ({
    ...o,
    metadata: { ...o.metadata, labels: { ...o.metadata.labels, 'kubernetes.io/metadata.name': o.metadata.name } },
  }),
  prepare: o => ({
    ...o,
    spec: o.metadata.deletionTimestamp ? (o.spec ?? {}) : fill(o.spec, { finalizers: ['kubernetes'] }),
    status: fill(o.status, { phase: o.metadata.deletionTimestamp ? 'Terminating' : 'Active' }),
  }),
}
const claim: Rule = {
  defaults: o => withSpec(o, fill(o.spec, { volumeMode: 'Filesystem' })),
  prepare: o => ({ ...o, status: fill(o.status, { phase: 'Pending' }) }),
  check: (o, live) =>
    live
      ? immutable(o, live, 'spec.accessModes', 'spec.storageClassName', 'spec.selector')
      : listAt(o, 'spec', 'accessModes').length > 0
        ? []
        : [requiredValue('spec.accessModes', 'at least 1 access mode is required')],
}
const roleRef = (o: KubeObject, live: KubeObject | undefined): Cause[] => {
  if (!live || equal(o.roleRef, live.roleRef)) return []
  const { apiGroup = '', kind = '', name = '' } = objectAt(o, 'roleRef')
  return [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'field is immutable')]
}
const storageClass: Rule = {
  defaults: o => ({ ...o, reclaimPolicy: o.reclaimPolicy ?? 'Delete', volumeBindingMode: o.volumeBindingMode ?? 'Immediate' }),
  check: (o, live) =>
    live
      ? ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']
          .filter(f => !equal(o[f], live[f]))
          .map(f => invalidValue(f, null, 'field is immutable'))
      : [],
}
const autoscaler: Rule = {
  defaults: o => withSpec(o, fill(o.spec, { minReplicas: 1 })),
  check: o => {
    const { maxReplicas, minReplicas } = objectAt(o, 'spec')
    return Number(maxReplicas) < Number(minReplicas)
      ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []
  },
}

/** Rules of the core, networking, RBAC and storage kinds, by `group/Kind`. */
export const coreRules: Readonly<Record<string, Rule>> = {
  '/Service': service,
  '/ConfigMap': configMap,
  '/Secret': secret,
  '/Namespace': namespace,
  '/PersistentVolumeClaim': claim,
  'rbac.authorization.k8s.io/RoleBinding': { check: roleRef },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { check: roleRef },
  'storage.k8s.io/StorageClass': storageClass,
  'autoscaling/HorizontalPodAutoscaler': autoscaler,
}
