import { isObject, type Json, type JsonObject, stringAt } from '../../lib/json.ts'
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
  const lifecycle = isObject(c.lifecycle) ? { lifecycle: mapped(c.lifecycle, hook => withHttp(hook)) } : {}
  return {
    ...fill(c, {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: pullPolicy(stringAt(c, 'image') ?? ''),
    }),
    ...(c.ports ? { ports: each(c.ports, p => fill(p, { protocol: 'TCP' })) } : {}),
    ...(c.env ? { env: each(c.env, env) } : {}),
    ...lifecycle,
    ...Object.fromEntries(probes),
  }
}

function mapped(object: JsonObject, map: (value: JsonObject) => JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, isObject(value) ? map(value) : value]))
}

/** What a pod's containers may use at most they also ask for, where they say nothing else. */
export function withRequests(spec: JsonObject): JsonObject {
  const asking = (c: JsonObject): JsonObject => (isObject(c.resources) ? { ...c, resources: requested(c.resources) } : c)
  return {
    ...spec,
    containers: each(spec.containers, asking),
    ...(spec.initContainers ? { initContainers: each(spec.initContainers, asking) } : {}),
  }
}

function requested(resources: JsonObject): JsonObject {
  return isObject(resources.limits) ? { ...resources, requests: fill(resources.requests, resources.limits) } : resources
}

function env(e: JsonObject): JsonObject {
  const from = e.valueFrom
  return isObject(from) && isObject(from.fieldRef)
    ? { ...e, valueFrom: { ...from, fieldRef: fill(from.fieldRef, { apiVersion: 'v1' }) } }
    : e
}

function probe(given: Json | undefined): JsonObject {
  return withHttp(fill(given, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }))
}

function withHttp(handler: JsonObject): JsonObject {
  return isObject(handler.httpGet) ? { ...handler, httpGet: fill(handler.httpGet, { path: '/', scheme: 'HTTP' }) } : handler
}

function pullPolicy(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return image.includes('@') || (last.includes(':') && !last.endsWith(':latest')) ? 'IfNotPresent' : 'Always'
}

const fieldRef = (item: JsonObject): JsonObject =>
  isObject(item.fieldRef) ? { ...item, fieldRef: fill(item.fieldRef, { apiVersion: 'v1' }) } : item

function volume(v: JsonObject): JsonObject {
  const mode = { defaultMode: 420 }
  const filled = ['secret', 'configMap', 'downwardAPI', 'projected'].filter(k => isObject(v[k])).map(k => [k, fill(v[k], mode)])
  const all: JsonObject = { ...v, ...Object.fromEntries(filled) }
  if (isObject(all.downwardAPI) && all.downwardAPI.items)
    all.downwardAPI = { ...all.downwardAPI, items: each(all.downwardAPI.items, fieldRef) }
  if (isObject(all.projected) && all.projected.sources) all.projected = { ...all.projected, sources: each(all.projected.sources, source) }
  if (isObject(v.hostPath)) all.hostPath = fill(v.hostPath, { type: '' })
  const sources = Object.keys(v).filter(k => k !== 'name')
  return sources.length === 0 ? { ...all, emptyDir: {} } : all
}

function source(s: JsonObject): JsonObject {
  return isObject(s.serviceAccountToken) ? { ...s, serviceAccountToken: fill(s.serviceAccountToken, { expirationSeconds: 3600 }) } : s
}
