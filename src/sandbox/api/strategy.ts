import { timestamp } from '../../engine/conditions.ts'
import type { KubeObject, ObjectMeta } from '../../kinds/manifest.ts'
import { equal, isObject, type JsonObject } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Resource } from './schema/resource.ts'

/** An object without what a request may not say of a new one; nobody is recorded as having set it. */
export function wiped(object: KubeObject): KubeObject {
  const {
    creationTimestamp: _,
    deletionTimestamp: __,
    deletionGracePeriodSeconds: ___,
    selfLink: ____,
    uid: _____,
    ...metadata
  } = object.metadata
  return { ...object, metadata: { ...metadata, name: object.metadata.name } }
}

/** A new object with what the server gives it, without what it may not bring. */
export function fresh(next: KubeObject, { resource, clock }: { resource: Resource; clock: Clock }): KubeObject {
  const { resourceVersion: _, ...metadata } = wiped(next).metadata
  const object: KubeObject = {
    ...next,
    metadata: { ...metadata, name: next.metadata.name, uid: uuid(clock), creationTimestamp: timestamp(clock.now()) },
  }
  if (resource.subresources.includes('status')) delete object.status
  return object
}

/** What an update may change: the object endpoint not the status, the status endpoint nothing else. */
export function replacing(
  live: KubeObject,
  next: KubeObject,
  { resource, subresource }: { resource: Resource; subresource: string | undefined },
): KubeObject {
  const metadata = keptMetadata(live.metadata, next.metadata)
  if (subresource === 'status') return statusOnly(live, next, { metadata, custom: resource.custom !== undefined })
  const object: KubeObject = { ...next, metadata }
  if (!resource.subresources.includes('status')) return object
  delete object.status
  return live.status === undefined ? object : { ...object, status: live.status }
}

/** Identity, birth and death are the server's. */
function keptMetadata(live: ObjectMeta, next: ObjectMeta): ObjectMeta {
  const { resourceVersion: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, generation: ____, selfLink: _____, ...given } = next
  const kept = ['uid', 'creationTimestamp', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'namespace']
  return { ...given, name: live.name, ...Object.fromEntries(kept.filter(key => live[key] !== undefined).map(key => [key, live[key]])) }
}

/** Built-in kinds let the status endpoint change labels and annotations too; custom ones only the status. */
function statusOnly(live: KubeObject, next: KubeObject, { metadata, custom }: { metadata: ObjectMeta; custom: boolean }): KubeObject {
  const { status: _, ...rest } = live
  const managed = metadata.managedFields
  return {
    ...rest,
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: custom
      ? { ...live.metadata, ...(managed ? { managedFields: managed } : {}) }
      : { ...metadata, ...(live.kind === 'Deployment' ? labelsOf(live) : {}) },
    ...(next.status ? { status: next.status } : {}),
  }
}

function labelsOf({ metadata }: KubeObject): { labels: NonNullable<ObjectMeta['labels']> } {
  return { labels: metadata.labels ?? {} }
}

/** The object with its generation: one more than before when anything but metadata and status changed. */
export function withGeneration(object: KubeObject, live: KubeObject | undefined, resource: Resource): KubeObject {
  if (!hasGeneration(resource)) return object
  const hasStatus = resource.subresources.includes('status')
  const content = (o: KubeObject): JsonObject => ({
    ...o,
    metadata: null,
    status: hasStatus ? null : (o.status ?? null),
    ...(resource.kind === 'Deployment' ? { metadata: o.metadata.annotations ?? null } : {}),
  })
  const before = live?.metadata.generation ?? 0
  const generation = live && equal(content(object), content(live)) ? before || 1 : before + 1
  return { ...object, metadata: { ...object.metadata, generation } }
}

/** Kinds with a generation, as in a real server. */
function hasGeneration({ group, kind, custom }: Resource): boolean {
  if (custom) return true
  return group === ''
    ? ['Pod', 'ReplicationController'].includes(kind)
    : !['rbac.authorization.k8s.io', 'coordination.k8s.io', 'storage.k8s.io', 'discovery.k8s.io', 'node.k8s.io', 'events.k8s.io'].includes(
        group,
      )
}

/** Equal but for the times in managedFields: then the write changes nothing. */
export function sameButTimes(a: KubeObject, b: KubeObject): boolean {
  const timeless = (o: KubeObject): JsonObject => {
    const { managedFields, resourceVersion: _, ...metadata } = o.metadata
    const entries = Array.isArray(managedFields) ? managedFields.map(f => (isObject(f) ? { ...f, time: '' } : f)) : []
    return { ...o, metadata: { ...metadata, managedFields: entries } }
  }
  return equal(timeless(a), timeless(b))
}

/** True when nothing holds a deletion any more. */
export function finished(object: KubeObject): boolean {
  const held =
    (object.metadata.finalizers ?? []).length > 0 ||
    (object.kind === 'Namespace' && Array.isArray(object.spec?.finalizers) && object.spec.finalizers.length > 0)
  return object.metadata.deletionTimestamp !== undefined && !held
}

function uuid(clock: Clock): string {
  const hex = clock.id(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
