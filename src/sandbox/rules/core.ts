import type { KubeObject } from '../../kinds/manifest.ts'
import { at, equal, isObject, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type Cause, forbiddenValue, invalidValue, requiredValue } from '../api/problem.ts'
import { readJson } from '../decode/json.ts'
import { serviceRule } from './services.ts'
import { each, fill, immutable, type Rule, withSpec } from './rule.ts'

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

/** Keys that a type of secret must have. */
const needed: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}
const accountName = 'kubernetes.io/service-account.name'

function typeProblems(o: KubeObject): Cause[] {
  const data = objectAt(o, 'data')
  const type = String(o.type)
  if (type === 'kubernetes.io/basic-auth')
    return data.username === undefined && data.password === undefined
      ? [requiredValue('data[username]'), requiredValue('data[password]')]
      : []
  if (type === 'kubernetes.io/service-account-token' && !o.metadata.annotations?.[accountName])
    return [requiredValue(`metadata.annotations[${accountName}]`)]
  const missing = (needed[type] ?? []).filter(key => data[key] === undefined).map(key => requiredValue(`data[${key}]`))
  return missing.length > 0 || !type.startsWith('kubernetes.io/dockerc') ? missing : dockerProblems(data)
}

function dockerProblems(data: JsonObject): Cause[] {
  return Object.entries(data).flatMap(([key, value]) => {
    try {
      readJson(Buffer.from(String(value), 'base64').toString('utf8'))
      return []
    } catch (thrown) {
      return [invalidValue(`data[${key}]`, '<secret contents redacted>', messageOf(thrown))]
    }
  })
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
    ...typeProblems(o),
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
const protection = 'kubernetes.io/pvc-protection'
const claim: Rule = {
  defaults: o => withSpec(o, fill(o.spec, { volumeMode: 'Filesystem' })),
  prepare: (o, { live }) => ({
    ...o,
    metadata: live ? o.metadata : { ...o.metadata, finalizers: [...(o.metadata.finalizers ?? []), protection] },
    status: fill(o.status, { phase: 'Pending' }),
  }),
  check: (o, live) => [
    ...(listAt(o, 'spec', 'accessModes').length > 0 ? [] : [requiredValue('spec.accessModes', 'at least 1 access mode is required')]),
    ...(at(o, 'spec', 'resources', 'requests', 'storage') === undefined ? [requiredValue('spec.resources[storage]')] : []),
    ...(live ? frozenClaim(o, live) : []),
  ],
}

function frozenClaim(o: KubeObject, live: KubeObject): Cause[] {
  const before = objectAt(live, 'spec')
  const named = before.storageClassName === undefined ? { storageClassName: null } : {}
  const fixed = (spec: JsonObject): JsonObject => ({
    ...spec,
    resources: null,
    volumeAttributesClassName: null,
    volumeName: null,
    ...named,
  })
  if (equal(fixed(objectAt(o, 'spec')), fixed(before))) return []
  const why = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
  return [forbiddenValue('spec', why)]
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
const priorityClass: Rule = {
  defaults: o => ({ ...o, preemptionPolicy: o.preemptionPolicy ?? 'PreemptLowerPriority' }),
  check: (o, live) =>
    live
      ? ['value', 'preemptionPolicy']
          .filter(f => !equal(o[f], live[f]))
          .map(f => forbiddenValue(f, f === 'value' ? 'may not be changed in an update.' : 'field is immutable'))
      : [],
}
const lease: Rule = {
  check: o => (at(o, 'spec', 'leaseDurationSeconds') === 0 ? [invalidValue('spec.leaseDurationSeconds', 0, 'must be greater than 0')] : []),
}
const limitRange: Rule = {
  defaults: o =>
    withSpec(o, {
      ...objectAt(o, 'spec'),
      limits: each(at(o, 'spec', 'limits'), l =>
        l.type === 'Container' && isObject(l.default) ? { ...l, defaultRequest: fill(l.defaultRequest, l.default) } : l,
      ),
    }),
}
const endpoints: Rule = {
  defaults: o => ({
    ...o,
    ...(o.subsets
      ? { subsets: each(o.subsets, s => ({ ...s, ...(s.ports ? { ports: each(s.ports, p => fill(p, { protocol: 'TCP' })) } : {}) })) }
      : {}),
  }),
  warn: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
}
const event: Rule = {
  check: o => {
    const namespace = stringAt(o, 'involvedObject', 'namespace') ?? stringAt(o, 'regarding', 'namespace') ?? ''
    const expected = namespace === '' && clusterKinds.has(stringAt(o, 'involvedObject', 'kind') ?? '') ? 'default' : o.metadata.namespace
    return (namespace || 'default') === expected || namespace === expected
      ? []
      : [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')]
  },
}
const clusterKinds = new Set(['Node', 'Namespace', 'PersistentVolume', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding'])

/** Rules of the core, networking, RBAC and storage kinds, by `group/Kind`. */
export const coreRules: Readonly<Record<string, Rule>> = {
  '/Service': serviceRule,
  '/ConfigMap': configMap,
  '/Secret': secret,
  '/Namespace': namespace,
  '/PersistentVolumeClaim': claim,
  '/LimitRange': limitRange,
  '/Endpoints': endpoints,
  '/Event': event,
  'events.k8s.io/Event': event,
  'storage.k8s.io/StorageClass': storageClass,
  'scheduling.k8s.io/PriorityClass': priorityClass,
  'coordination.k8s.io/Lease': lease,
}
