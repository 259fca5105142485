import { applyPatch, type Operation } from 'rfc6902'
import { parse } from 'yaml'
import { isKubeObject, type KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { KernelError } from '../../world/kernel/error.ts'
import { ApiProblem, problems } from './problem.ts'
import { applied, type Change, type Target, tracked, type WriteContext } from './write.ts'
import { checkIdentity } from './admit.ts'

/** RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const out: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else out[key] = mergePatch(out[key], value ?? null)
  }
  return out
}

/** What a PATCH request changes. @throws {ApiProblem} for a body that is no patch of its type. */
export function patchChange(
  target: Target,
  { type, body, force }: { type: string; body: string; force: boolean },
  context: WriteContext,
): Change {
  const mediaType = (type.split(';')[0] ?? '').trim()
  if (mediaType === 'application/apply-patch+yaml') return applyChange(target, { body, force }, context)
  return async live => {
    if (!live) throw problems.notFound(target.resource, target.name)
    const next = checkIdentity(target.resource, await patched(live, { mediaType, body }, context), target)
    return tracked(live, next, { resource: target.resource, context })
  }
}

async function patched(
  live: KubeObject,
  { mediaType, body }: { mediaType: string; body: string },
  context: WriteContext,
): Promise<KubeObject> {
  const patch = parsed(body)
  switch (mediaType) {
    case 'application/json-patch+json':
      return jsonPatched(live, patch)
    case 'application/merge-patch+json':
      return asObject(mergePatch(live, patch))
    case 'application/strategic-merge-patch+json':
      return strategic(live, patch, context)
    default:
      throw problems.mediaType(mediaType)
  }
}

function jsonPatched(live: KubeObject, patch: Json): KubeObject {
  if (!Array.isArray(patch)) throw problems.badRequest('a JSON patch is a list of operations')
  const copy = structuredClone(live)
  const failure = applyPatch(copy, patch as unknown as Operation[]).find(error => error !== null)
  if (failure)
    throw new ApiProblem([422, 'Invalid'], `the server rejected our request due to an error in our request: ${failure.message}`, {})
  return copy
}

async function strategic(live: KubeObject, patch: Json, { kernel, signal }: WriteContext): Promise<KubeObject> {
  if (!isObject(patch)) throw problems.badRequest('a strategic merge patch is an object')
  try {
    return await kernel.strategicMerge(live, patch, signal)
  } catch (thrown) {
    if (thrown instanceof KernelError && thrown.code === 'NO_SCHEMA') throw problems.mediaType('application/strategic-merge-patch+json')
    if (thrown instanceof KernelError) throw problems.badRequest(thrown.message)
    throw thrown
  }
}

function applyChange(target: Target, { body, force }: { body: string; force: boolean }, context: WriteContext): Change {
  const document = parsed(body)
  const named = isObject(document)
    ? { ...document, metadata: { name: target.name, ...(isObject(document.metadata) ? document.metadata : {}) } }
    : document
  const object = checkIdentity(target.resource, asObject(named), target)
  if (Array.isArray(object.metadata.managedFields) && object.metadata.managedFields.length > 0)
    throw problems.badRequest('metadata.managedFields must be nil')
  return live => applied(live, object, { resource: target.resource, context, force })
}

/** JSON or YAML. @throws {ApiProblem} BadRequest */
export function parsed(body: string): Json {
  try {
    return /^\s*[[{]/.test(body) ? (JSON.parse(body) as Json) : (parse(body) as Json)
  } catch (thrown) {
    throw problems.badRequest(`error decoding the body: ${messageOf(thrown)}`)
  }
}

/** @throws {ApiProblem} BadRequest for anything but an object with apiVersion, kind and a name. */
export function asObject(value: Json): KubeObject {
  if (isKubeObject(value)) return value
  throw problems.badRequest("Object 'Kind', 'apiVersion' or 'metadata.name' is missing")
}
