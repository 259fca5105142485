import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import type { Definitions } from '../kinds/openapi.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { typedForm } from './typed.ts'

/** Whose objects these are, by label. */
export const ownerLabels = { name: 'kustomize.toolkit.fluxcd.io/name', namespace: 'kustomize.toolkit.fluxcd.io/namespace' } as const

/** Objects as they are applied: owner labels, normalised, then `spec.commonMetadata`. Spec: kustomization 4.2, 7.1. */
export function owned(objects: readonly KubeObject[], ks: KustomizationObject, definitions: Definitions): KubeObject[] {
  return marked(objects, ks, object => normalised(object, definitions))
}

/** Objects as they are shown by a build: the same, written as they were. Spec: kustomization 13. */
export function labelled(objects: readonly KubeObject[], ks: KustomizationObject): KubeObject[] {
  return marked(objects, ks, object => object)
}

function marked(
  objects: readonly KubeObject[],
  { metadata, spec }: KustomizationObject,
  form: (object: KubeObject) => KubeObject,
): KubeObject[] {
  const labels = { [ownerLabels.name]: metadata.name, [ownerLabels.namespace]: metadata.namespace ?? '' }
  return objects.map(object => withMetadata(form(withMetadata(object, { labels })), spec.commonMetadata ?? {}))
}

function withMetadata(
  object: KubeObject,
  { labels, annotations }: { labels?: Record<string, string> | undefined; annotations?: Record<string, string> | undefined },
): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(labels ? { labels: { ...object.metadata.labels, ...labels } } : {}),
      ...(annotations ? { annotations: { ...object.metadata.annotations, ...annotations } } : {}),
    },
  }
}

/** Whether a Secret still is as SOPS left it: it must not be applied. Spec: kustomization 6.2. */
export function isEncrypted({ apiVersion, kind, sops }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Secret' && sops !== undefined
}

const rbac = 'rbac.authorization.k8s.io/v1'

/**
 * An object in its typed form, where it has one, with Secret text encoded and port protocols filled in; without creation time and, unless
 * it is a definition, without status. Roles and encrypted Secrets stay as they are.
 */
export function normalised(object: KubeObject, definitions: Definitions): KubeObject {
  if (object.apiVersion === rbac && (object.kind === 'Role' || object.kind === 'ClusterRole')) return object
  if (isEncrypted(object)) return object
  const typed = typedForm(object, definitions)
  const { creationTimestamp: _, ...metadata } = (typed ?? object).metadata
  const bare: KubeObject = { ...(typed ? completed(typed) : object), metadata: { ...metadata, name: object.metadata.name } }
  if (object.kind !== 'CustomResourceDefinition') delete bare.status
  return bare
}

/** Where a kind keeps its pod's spec. */
const podSpecs: Readonly<Record<string, readonly string[]>> = {
  'v1 Pod': ['spec'],
  'apps/v1 Deployment': ['spec', 'template', 'spec'],
  'apps/v1 StatefulSet': ['spec', 'template', 'spec'],
  'apps/v1 DaemonSet': ['spec', 'template', 'spec'],
  'apps/v1 ReplicaSet': ['spec', 'template', 'spec'],
  'batch/v1 Job': ['spec', 'template', 'spec'],
  'batch/v1 CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

function completed(object: KubeObject): KubeObject {
  const kind = `${object.apiVersion} ${object.kind}`
  if (kind === 'v1 Secret') return encoded(object)
  if (kind === 'v1 Service') return changed(object, ['spec', 'ports'], ports => each(withProtocols(ports), withTarget))
  const at = podSpecs[kind]
  return at ? changed(object, [...at, 'containers'], containers => each(containers, c => changed(c, ['ports'], withProtocols))) : object
}

/** The object with the value at a path changed, where there is one. */
function changed<T extends JsonObject>(object: T, [key, ...rest]: readonly string[], change: (value: Json) => Json): T {
  const value = key === undefined ? undefined : object[key]
  if (key === undefined || value === undefined) return object
  const next = rest.length === 0 ? change(value) : isObject(value) ? changed(value, rest, change) : value
  return { ...object, [key]: next }
}

function each(list: Json, change: (item: JsonObject) => Json): Json {
  return Array.isArray(list) ? list.map(item => (isObject(item) ? change(item) : item)) : list
}

function withProtocols(ports: Json): Json {
  return each(ports, port => ({ ...port, protocol: port.protocol || 'TCP' }))
}

/** A port's target is no pointer in Go: it is always written, and the server reads 0 as the port itself. */
function withTarget(port: JsonObject): JsonObject {
  return { ...port, targetPort: port.targetPort ?? 0 }
}

function encoded(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  if (!isObject(stringData)) return secret
  const text = Object.entries(stringData).map(([key, value]): [string, Json] => [key, Buffer.from(String(value)).toString('base64')])
  const { apiVersion, kind, metadata } = secret
  return { ...rest, apiVersion, kind, metadata, data: { ...(isObject(secret.data) ? secret.data : {}), ...Object.fromEntries(text) } }
}
