import type { KubeObject } from '../../kinds/manifest.ts'
import { joinApiVersion } from '../../kinds/manifest.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import { admitNamespace, defaulted, prepared, validate } from './admit.ts'
import { eventAs } from './store/events.ts'
import { createsOnUpdate, wantsVersion } from './schema/builtin.ts'
import type { WriteOptions } from './options.ts'
import { ApiProblem, invalidValue, problems } from './problem.ts'
import type { Resource } from './schema/resource.ts'
import type { Schemas } from './schema/schemas.ts'
import type { Store } from './store/store.ts'
import { finished, fresh, replacing, sameButTimes, wiped, withGeneration } from './strategy.ts'
import { tracked } from './managed.ts'

/** What every write knows. */
export interface WriteContext extends WriteOptions {
  readonly store: Store
  readonly schemas: Schemas
  readonly kernel: Kernel
  readonly clock: Clock
  readonly subresource?: string | undefined
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

/** What an object should become, decoded. `managed`: its managedFields are right already. */
export interface Draft {
  readonly object: KubeObject
  readonly warnings: readonly string[]
  readonly managed?: boolean
}

/** `create` refuses what is there, `replace` what is not there (with few exceptions), `patch` decides for itself. */
export interface Change {
  readonly verb: 'create' | 'replace' | 'patch'
  /** From the live object to the draft; `undefined` live means that there is none. */
  draft(live: KubeObject | undefined): Promise<Draft>
}

/** Reads, changes and stores an object, again when somebody was faster. @throws {ApiProblem} */
export async function write(target: Target, change: Change, context: WriteContext): Promise<Written> {
  return context.store.inTurn(target.resource, target, () => attempt(target, change, context))
}

async function attempt(target: Target, change: Change, context: WriteContext): Promise<Written> {
  context.signal.throwIfAborted()
  for (;;) {
    const stored = context.store.get(target.resource, target.namespace, target.name)
    const live = stored && inVersion(stored, target.resource)
    const { object, warnings } = await next(target, { change, live }, context)
    if (change.verb === 'create' && live) throw problems.exists(target.resource, target.name)
    if (live && sameButTimes(object, live)) return { object: live, created: false, warnings }
    if (context.dryRun) return { object, created: !live, warnings }
    const toStore = asStored(object, target.resource)
    const done =
      finished(toStore) && stored
        ? (await context.store.remove(target.resource, stored)) && toStore
        : await context.store.put(target.resource, stored, toStore)
    if (done) return { object: inVersion(done, target.resource), created: !live, warnings }
  }
}

/** A stored object in the version that was asked for; no version of a kind differs but in name. */
export function inVersion(object: KubeObject, { group, version, plural, custom }: Resource): KubeObject {
  const apiVersion = joinApiVersion({ group, version })
  if (plural === 'events' && !custom) return eventAs(object, group === '' ? 'v1' : 'events.k8s.io/v1')
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}

function asStored(object: KubeObject, { group, storageVersion, stored }: Resource): KubeObject {
  if (stored) return eventAs(object, 'v1')
  const apiVersion = joinApiVersion({ group, version: storageVersion })
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}

async function next(
  target: Target,
  { change, live }: { change: Change; live: KubeObject | undefined },
  context: WriteContext,
): Promise<{ object: KubeObject; warnings: readonly string[] }> {
  const { resource } = target
  const before = change.verb === 'create' ? undefined : live
  if (change.verb === 'replace' && !before && !createsOnUpdate(resource)) throw problems.notFound(resource, target.name)
  const draft = await change.draft(before)
  if (!before) admitNamespace(resource, draft.object, context.store)
  const complete = defaulted(resource, before ? draft.object : wiped(draft.object), {
    schemas: context.schemas,
    nulls: draft.managed ? 'kept' : 'dropped',
  })
  const managed = draft.managed ? complete : await tracked(before, complete, { resource, context })
  if (before) checkVersion(target, { live: before, next: managed, replaced: change.verb === 'replace' })
  const merged = before
    ? replacing(before, managed, { resource, subresource: context.subresource })
    : fresh(managed, { resource, clock: context.clock })
  const ready = withGeneration(prepared(resource, { object: merged, live: before }, context), before, resource)
  checkFinalizers(resource, before, ready)
  const more = validate(resource, { object: ready, live: before, subresource: context.subresource }, context.schemas)
  return { object: ready, warnings: [...draft.warnings, ...more] }
}

function checkFinalizers(resource: Resource, live: KubeObject | undefined, { metadata }: KubeObject): void {
  if (live?.metadata.deletionTimestamp === undefined) return
  const added = (metadata.finalizers ?? []).filter(f => !live.metadata.finalizers?.includes(f))
  if (added.length === 0) return
  const shown = `[]string{${added.map(f => JSON.stringify(f)).join(', ')}}`
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`
  throw problems.invalid(resource, metadata.name, [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', message }])
}

/** Optimistic concurrency: a resourceVersion or uid in the object must be the live one. */
function checkVersion(
  { resource, name, namespace }: Target,
  { live, next: given, replaced }: { live: KubeObject; next: KubeObject; replaced: boolean },
): void {
  const { uid, resourceVersion } = given.metadata
  if (uid && uid !== live.metadata.uid && !replaced)
    throw problems.invalid(resource, name, [invalidValue('metadata.uid', uid, 'field is immutable')])
  if (uid && uid !== live.metadata.uid) throw problems.otherUid(resource, { name, namespace, uid, live: String(live.metadata.uid) })
  if (!resourceVersion && replaced && wantsVersion(resource)) throw problems.unversioned(resource, name)
  if (resourceVersion && !/^\d+$/.test(resourceVersion))
    throw new ApiProblem(
      [422, 'Invalid'],
      `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    )
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw problems.changed(resource, name)
}
