import { isObject, type Json, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { type Cause, notSupported, requiredValue } from '../api/problem.ts'
import { each, fill } from './rule.ts'

/** Defaults of a pod's spec. */
export function podSpecDefaults(given: Json | undefined): JsonObject {
  const spec = isObject(given) ? given : {}
  return {
    ...fill(spec, {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    }),
    ...(spec.serviceAccountName && !spec.serviceAccount ? { serviceAccount: spec.serviceAccountName } : {}),
    containers: each(spec.containers, container),
    ...(spec.initContainers ? { initContainers: each(spec.initContainers, container) } : {}),
    ...(spec.volumes ? { volumes: each(spec.volumes, volume) } : {}),
  }
}

function container(c: JsonObject): JsonObject {
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter(p => isObject(c[p])).map(p => [p, probe(c[p])])
  return {
    ...fill(c, {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: pullPolicy(stringAt(c, 'image') ?? ''),
    }),
    ...(c.ports ? { ports: each(c.ports, p => fill(p, { protocol: 'TCP' })) } : {}),
    ...(c.env ? { env: each(c.env, env) } : {}),
    ...Object.fromEntries(probes),
  }
}

function env(e: JsonObject): JsonObject {
  const from = e.valueFrom
  return isObject(from) && isObject(from.fieldRef)
    ? { ...e, valueFrom: { ...from, fieldRef: fill(from.fieldRef, { apiVersion: 'v1' }) } }
    : e
}

function probe(given: Json | undefined): JsonObject {
  const p = fill(given, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  return isObject(p.httpGet) ? { ...p, httpGet: fill(p.httpGet, { path: '/', scheme: 'HTTP' }) } : p
}

function pullPolicy(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return image.includes('@') || (last.includes(':') && !last.endsWith(':latest')) ? 'IfNotPresent' : 'Always'
}

function volume(v: JsonObject): JsonObject {
  const mode = { defaultMode: 420 }
  const filled = ['secret', 'configMap', 'downwardAPI', 'projected'].filter(k => isObject(v[k])).map(k => [k, fill(v[k], mode)])
  return { ...v, ...Object.fromEntries(filled) }
}

/** What is wrong with a pod's spec. */
export function podSpecProblems(spec: JsonObject, field: string, restartPolicies: readonly string[]): Cause[] {
  const containers = listAt(spec, 'containers')
  const policy = stringAt(spec, 'restartPolicy') ?? ''
  return [
    ...(containers.length === 0 ? [requiredValue(`${field}.containers`)] : []),
    ...containers.flatMap((c, i) => containerProblems(c, `${field}.containers[${i}]`)),
    ...duplicates(
      containers.map(c => stringAt(c, 'name')),
      i => `${field}.containers[${i}].name`,
    ),
    ...(restartPolicies.includes(policy) ? [] : [notSupported(`${field}.restartPolicy`, policy, restartPolicies)]),
  ]
}

function containerProblems(c: Json, field: string): Cause[] {
  const ports = listAt(c, 'ports')
  return [
    ...(stringAt(c, 'name') ? [] : [requiredValue(`${field}.name`)]),
    ...(stringAt(c, 'image') ? [] : [requiredValue(`${field}.image`)]),
    ...ports.flatMap((p, i) => (isObject(p) && p.containerPort ? [] : [requiredValue(`${field}.ports[${i}].containerPort`)])),
    ...duplicates(
      ports.map(p => stringAt(p, 'name')),
      i => `${field}.ports[${i}].name`,
    ),
  ]
}

/** Names that stand twice in a list. */
export function duplicates(names: readonly (string | undefined)[], field: (index: number) => string): Cause[] {
  return names.flatMap((name, i) =>
    name !== undefined && names.indexOf(name) < i
      ? [{ field: field(i), reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"` } as const]
      : [],
  )
}
