import type { KubeObject, ObjectMeta } from '../../kinds/manifest.ts'
import { equal, isObject, type JsonObject } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import { KernelError } from '../../world/kernel/error.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import { timestamp } from '../../engine/conditions.ts'
import { admit, admitNamespace, type FieldValidation } from './admit.ts'
import { ApiProblem, problems } from './problem.ts'
import type { Resource } from './resource.ts'
import type { Schemas } from './schemas.ts'
import type { Store } from './store.ts'

/** What every write knows. `manager` is the field manager; `dryRun` stores nothing. */
export interface WriteContext {
  readonly store: Store
  readonly schemas: Schemas
  readonly kernel: Kernel
  readonly clock: Clock
  readonly manager: string
  readonly dryRun: boolean
  readonly validation: FieldValidation
  readonly subresource?: 'status' | undefined
  readonly signal: AbortSignal
}
/** Where the object is. */
export interface Target {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string
}
export interface Written {
  readonly object: KubeObject
  readonly created: boolean
  readonly warnings: readonly string[]
}

/** From the live object to what it should become; `undefined` live means that there is none. */
export type Change = (live: KubeObject | undefined) => Promise<KubeObject>

/**
 * Reads, changes and stores an object, again when somebody was faster, as the API server does for patches and applies.
 * `precise` refuses instead when the change names another resourceVersion than the live one.
 */
export async function write(target: Target, change: Change, context: WriteContext): Promise<Written> {
  for (;;) {
    const stored = context.store.get(target.resource, target.namespace, target.name)
    const live = stored && inVersion(stored, target.resource)
    const { object, warnings } = await prepare(target, { live, next: await change(live) }, context)
    if (live && sameButTimes(object, live)) return { object: live, created: false, warnings }
    if (context.dryRun) return { object, created: !live, warnings }
    const toStore = {
      ...object,
      apiVersion: target.resource.group ? `${target.resource.group}/${target.resource.storageVersion}` : target.resource.storageVersion,
    }
    const done =
      finished(toStore) && stored
        ? (await context.store.remove(target.resource, stored)) && toStore
        : await context.store.put(target.resource, stored, toStore)
    if (done) return { object: inVersion(done, target.resource), created: !live, warnings }
  }
}

/** True when nothing holds a deletion any more. */
export function finished(object: KubeObject): boolean {
  const held =
    (object.metadata.finalizers ?? []).length > 0 ||
    (object.kind === 'Namespace' && Array.isArray(object.spec?.finalizers) && object.spec.finalizers.length > 0)
  return object.metadata.deletionTimestamp !== undefined && !held
}

/** A stored object in the version that was asked for; no version of a kind differs but in name. */
export function inVersion(object: KubeObject, { group, version }: Resource): KubeObject {
  const apiVersion = group ? `${group}/${version}` : version
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}

async function prepare(
  target: Target,
  { live, next }: { live: KubeObject | undefined; next: KubeObject },
  context: WriteContext,
): Promise<{ object: KubeObject; warnings: readonly string[] }> {
  if (!live) admitNamespace(target.resource, next, context.store)
  const wanted = next.metadata.resourceVersion
  if (live && wanted && wanted !== live.metadata.resourceVersion) throw problems.changed(target.resource, target.name)
  if (live && next.metadata.uid && next.metadata.uid !== live.metadata.uid)
    throw problems.precondition(
      target.resource,
      target.name,
      `UID in precondition: ${next.metadata.uid}, UID in object meta: ${String(live.metadata.uid)}`,
    )
  const hasStatus = target.resource.subresources.includes('status')
  const merged = live ? replacing(live, next, { hasStatus, subresource: context.subresource }) : fresh(next, { hasStatus, context })
  const { object, warnings } = admit(target.resource, { object: merged, live }, context)
  const settled = context.subresource === 'status' && live && !target.resource.custom ? { ...object, spec: live.spec ?? {} } : object
  return { object: withGeneration(settled, live, hasStatus), warnings }
}

function fresh(next: KubeObject, { hasStatus, context }: { hasStatus: boolean; context: WriteContext }): KubeObject {
  const { resourceVersion: _, deletionTimestamp: __, selfLink: ___, ...metadata } = next.metadata
  const object: KubeObject = {
    ...next,
    metadata: { ...metadata, name: next.metadata.name, uid: uuid(context.clock), creationTimestamp: timestamp(context.clock.now()) },
  }
  if (hasStatus) delete object.status
  return object
}

/** What an update may change: the object endpoint not the status, the status endpoint nothing else. */
function replacing(
  live: KubeObject,
  next: KubeObject,
  { hasStatus, subresource }: { hasStatus: boolean; subresource: 'status' | undefined },
): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds, uid, creationTimestamp, generation } = live.metadata
  const fixed: JsonObject = {
    ...(uid ? { uid } : {}),
    ...(creationTimestamp ? { creationTimestamp } : {}),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp ? { deletionTimestamp, deletionGracePeriodSeconds: deletionGracePeriodSeconds ?? 0 } : {}),
  }
  const { resourceVersion: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, generation: ____, ...given } = next.metadata
  const metadata = { ...given, name: live.metadata.name, ...fixed } as ObjectMeta
  if (subresource === 'status') {
    const { status: _status, ...rest } = live
    const managed = metadata.managedFields
    return {
      ...rest,
      apiVersion: live.apiVersion,
      kind: live.kind,
      metadata: { ...live.metadata, ...(managed ? { managedFields: managed } : {}) },
      ...(next.status ? { status: next.status } : {}),
    }
  }
  const object: KubeObject = { ...next, metadata }
  if (!hasStatus) return object
  delete object.status
  return live.status === undefined ? object : { ...object, status: live.status }
}

function withGeneration(object: KubeObject, live: KubeObject | undefined, hasStatus: boolean): KubeObject {
  if (!hasGeneration(object))
    return { ...object, metadata: live ? { ...object.metadata, resourceVersion: live.metadata.resourceVersion ?? '' } : object.metadata }
  const before = live?.metadata.generation
  const content = (o: KubeObject): JsonObject => ({ ...o, metadata: null, status: hasStatus ? null : (o.status ?? null) })
  const generation = live && equal(content(object), content(live)) ? (before ?? 1) : (before ?? 0) + 1
  return {
    ...object,
    metadata: {
      ...object.metadata,
      generation,
      ...(live?.metadata.resourceVersion ? { resourceVersion: live.metadata.resourceVersion } : {}),
    },
  }
}

/** Kinds without a generation, as in a real server. */
function hasGeneration({ kind, apiVersion }: KubeObject): boolean {
  return (
    !(apiVersion === 'v1' && !['Pod', 'ReplicationController'].includes(kind)) &&
    !apiVersion.startsWith('rbac.') &&
    !apiVersion.startsWith('coordination.')
  )
}

/** Equal but for the times in managedFields: then the write changes nothing. */
function sameButTimes(a: KubeObject, b: KubeObject): boolean {
  const timeless = (o: KubeObject): JsonObject => {
    const { managedFields, resourceVersion: _, ...metadata } = o.metadata
    return {
      ...o,
      metadata: {
        ...metadata,
        managedFields: Array.isArray(managedFields) ? managedFields.map(f => (isObject(f) ? { ...f, time: '' } : f)) : [],
      },
    }
  }
  return equal(timeless(a), timeless(b))
}

/** Records who set which fields in an update, patch or creation. */
export async function tracked(
  live: KubeObject | undefined,
  next: KubeObject,
  target: { resource: Resource; context: WriteContext },
): Promise<KubeObject> {
  const {
    context: { kernel, manager, subresource, schemas, signal },
    resource,
  } = target
  return upstream(
    kernel.update(
      {
        live,
        object: next,
        manager,
        schema: schemas.forMerging(resource),
        reset: resetOf(resource, subresource),
        ...(subresource ? { subresource } : {}),
      },
      signal,
    ),
  )
}

/** Server-side apply. */
export async function applied(
  live: KubeObject | undefined,
  object: KubeObject,
  { resource, context, force }: { resource: Resource; context: WriteContext; force: boolean },
): Promise<KubeObject> {
  const { kernel, manager, subresource, schemas, signal } = context
  return upstream(
    kernel.apply(
      {
        live,
        object,
        manager,
        force,
        schema: schemas.forMerging(resource),
        reset: resetOf(resource, subresource),
        ...(subresource ? { subresource } : {}),
      },
      signal,
    ),
  )
}

function resetOf(resource: Resource, subresource: string | undefined): string[][] {
  if (subresource === 'status')
    return [['spec'], ['metadata', 'labels'], ['metadata', 'annotations'], ['metadata', 'finalizers'], ['metadata', 'ownerReferences']]
  return resource.subresources.includes('status') ? [['status']] : []
}

/** A library's refusal as the API server passes it on. */
async function upstream(work: Promise<KubeObject>): Promise<KubeObject> {
  try {
    return await work
  } catch (thrown) {
    if (!(thrown instanceof KernelError)) throw thrown
    if (thrown.code === 'STATUS' && isObject(thrown.detail)) throw statusProblem(thrown.detail, thrown.message)
    throw problems.untyped(thrown.message)
  }
}

function statusProblem(detail: JsonObject, message: string): ApiProblem {
  const code = typeof detail.code === 'number' ? detail.code : 409
  return new ApiProblem([code, String(detail.reason ?? 'Conflict')], message, isObject(detail.details) ? detail.details : undefined)
}

function uuid(clock: Clock): string {
  const hex = clock.id(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
