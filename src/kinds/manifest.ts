import { isObject, type Json, type JsonObject, stringAt } from '../lib/json.ts'

/** `group` is empty for the core group; `version` has no group in it. */
export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Names one object. `namespace` is absent for cluster-scoped kinds; `version` may be absent where any served one will do. */
export interface ObjectRef {
  readonly group: string
  readonly version?: string | undefined
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
}

/** A Kubernetes condition. `observedGeneration` is the generation at the time it was last set; times are RFC 3339, UTC. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number | undefined
}

export interface ObjectMeta extends JsonObject {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: { [key: string]: string }
  annotations?: { [key: string]: string }
  finalizers?: string[]
}

/** Any Kubernetes object, as JSON. Unknown fields are kept. */
export interface KubeObject extends JsonObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: JsonObject
  status?: JsonObject
}

/** True when the value has apiVersion, kind and metadata.name. */
export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isObject(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    stringAt(value, 'metadata', 'name') !== undefined
  )
}

/** `apps/v1` → group `apps`, version `v1`; `v1` → group empty. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** The inverse of {@link splitApiVersion}. */
export function joinApiVersion({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version
}

/** The reference of an object as it stands. */
export function refOf(object: KubeObject): ObjectRef {
  const { group, version } = splitApiVersion(object.apiVersion)
  const namespace = object.metadata.namespace
  return { group, version, kind: object.kind, name: object.metadata.name, ...(namespace ? { namespace } : {}) }
}

/** `Kind/ns/name`, or `Kind/name` for cluster-scoped: how Flux prints an object. Spec: kustomization 7.6. */
export function printRef(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return ref.namespace ? `${ref.kind}/${ref.namespace}/${ref.name}` : `${ref.kind}/${ref.name}`
}

/** The conditions of an object; malformed entries are left out. */
export function conditionsOf(object: { status?: Json | undefined } | undefined): Condition[] {
  const list = isObject(object?.status) ? object.status.conditions : undefined
  return Array.isArray(list) ? list.filter(isCondition).map(c => c as unknown as Condition) : []
}

/** The condition of a type. `undefined` when the object has none. */
export function conditionOf(object: { status?: Json | undefined } | undefined, type: string): Condition | undefined {
  return conditionsOf(object).find(c => c.type === type)
}

function isCondition(value: Json): value is JsonObject {
  return isObject(value) && typeof value.type === 'string' && typeof value.status === 'string'
}
