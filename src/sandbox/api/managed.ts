import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { KernelError } from '../../world/kernel/error.ts'
import { ApiProblem, problems } from './problem.ts'
import type { Resource } from './schema/resource.ts'
import type { WriteContext } from './write.ts'

interface Managing {
  readonly resource: Resource
  readonly context: WriteContext
}

/** Records who set which fields in an update, patch or creation. What does not fit its schema is nobody's: validation tells. */
export async function tracked(live: KubeObject | undefined, object: KubeObject, managing: Managing): Promise<KubeObject> {
  const { kernel, signal } = managing.context
  try {
    return await kernel.update({ live: live ?? nothing(object, managing), object, ...common(managing) }, signal)
  } catch (thrown) {
    if (!(thrown instanceof KernelError) || thrown.code !== 'INVALID') throw thrown
    const { managedFields: _, ...metadata } = object.metadata
    return { ...object, metadata: { ...metadata, name: object.metadata.name } }
  }
}

/** Server-side apply. @throws {ApiProblem} Conflict, or what the merging says of values that do not fit their schema. */
export async function applied(live: KubeObject | undefined, object: KubeObject, managing: Managing): Promise<KubeObject> {
  const { kernel, signal, force } = managing.context
  const known = live && !Array.isArray(live.metadata.managedFields) ? await asFound(live, managing) : live
  return upstream(kernel.apply({ live: known, object, force, ...common(managing) }, signal))
}

/** An object that nobody is recorded for was made by somebody before the first apply. */
async function asFound(live: KubeObject, managing: Managing): Promise<KubeObject> {
  const { kernel, signal } = managing.context
  const { creationTimestamp: _, ...metadata } = live.metadata
  const object = { ...live, metadata: { ...metadata, name: live.metadata.name } }
  const made = await kernel.update({ live: nothing(live, managing), object, ...common(managing), manager: 'before-first-apply' }, signal)
  return { ...live, metadata: { ...live.metadata, ...(made.metadata.managedFields ? { managedFields: made.metadata.managedFields } : {}) } }
}

/** What is there before a built-in object is: fields that a Go struct always has are nobody's doing. */
function nothing({ apiVersion, kind, metadata }: KubeObject, { resource, context: { schemas } }: Managing): KubeObject | undefined {
  if (resource.custom) return undefined
  const { name, namespace } = metadata
  return { ...schemas.empty(resource), apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } }
}

function common({ resource, context: { manager, subresource, schemas } }: Managing) {
  return {
    manager,
    schema: schemas.forMerging(resource),
    reset: resetOf(resource, subresource),
    ...(subresource ? { subresource } : {}),
  }
}

/** What an endpoint may not set, so that nobody owns it through there. */
function resetOf(resource: Resource, subresource: string | undefined): string[][] {
  if (subresource === 'status')
    return resource.custom ? [['spec'], ...metadataFields] : [['spec'], ...(resource.kind === 'Deployment' ? [['metadata', 'labels']] : [])]
  return resource.subresources.includes('status') ? [['status']] : []
}
const metadataFields = ['labels', 'annotations', 'finalizers', 'ownerReferences'].map(name => ['metadata', name])

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
