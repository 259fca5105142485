import { applyPatch, type Operation } from 'rfc6902'
import { joinApiVersion, type KubeObject, splitApiVersion } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { at, isObject, type Json, type JsonObject, listAt, parseJson, stringAt } from '../../lib/json.ts'
import { KernelError } from '../../world/kernel/error.ts'
import { DecodeError } from '../../kinds/typed/conform.ts'
import { checkIdentity } from './admit.ts'
import { type Decoded, decodeValue, readBody } from './body.ts'
import { applied } from './managed.ts'
import { ApiProblem, invalidValue, problems } from './problem.ts'
import type { Change, Target, WriteContext } from './write.ts'

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

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}
const customTypes = [types.json, types.merge, types.apply]

/** The media type of a PATCH request. @throws {ApiProblem} UnsupportedMediaType, as for a strategic merge of a custom resource. */
export function patchType({ resource }: Target, contentType: string): { mediaType: string; apply: boolean } {
  const mediaType = (contentType.split(';')[0] ?? '').trim()
  const accepted = resource.custom ? customTypes : [types.json, types.merge, types.strategic, types.apply]
  if (!Object.values(types).includes(mediaType)) throw new ApiProblem([415, 'UnsupportedMediaType'], '415: Unsupported Media Type', {})
  if (!accepted.includes(mediaType)) throw problems.mediaType(accepted)
  return { mediaType, apply: mediaType === types.apply }
}

/** What a PATCH request changes. @throws {ApiProblem} for a body that is no patch of its type. */
export function patchChange(target: Target, { mediaType, body }: { mediaType: string; body: string }, context: WriteContext): Change {
  if (mediaType === types.apply) return { verb: 'patch', draft: applying(target, body, context) }
  return {
    verb: 'patch',
    async draft(live) {
      if (!live) throw problems.notFound(target.resource, target.name)
      const { object, warnings } = await patchedObject(target, { live, mediaType, body }, context)
      return { object: checkIdentity(target.resource, object, target), warnings }
    },
  }
}

/** An object after a patch of one of the three kinds that are no apply. @throws {ApiProblem} */
export async function patchedObject(
  { resource }: Pick<Target, 'resource'>,
  { live, mediaType, body }: { live: KubeObject; mediaType: string; body: string },
  context: WriteContext,
): Promise<Decoded> {
  const { value: patch, minded } = readPatch(body)
  const value = await patched(live, { mediaType, patch }, context)
  try {
    return decodeValue(resource, { value: isObject(value) ? value : {}, minded }, context)
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw thrown
    throw mediaType === types.strategic
      ? unpatchable(printed(patch), thrown.restoring ?? thrown.message)
      : unpatchable(JSON.stringify(value), thrown.message)
  }
}

function unpatchable(what: string, why: string): ApiProblem {
  const cause = invalidValue('patch', what, why)
  return new ApiProblem([422, 'Invalid'], ` "" is invalid: ${cause.field}: ${cause.message}`, { causes: [{ ...cause }] })
}

/** A value as Go prints it. */
function printed(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`
  if (!isObject(value)) return value === null || value === undefined ? '<nil>' : String(value)
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `map[${pairs.map(([k, v]) => `${k}:${printed(v)}`).join(' ')}]`
}

function readPatch(body: string): { value: Json; minded: readonly string[] } {
  try {
    return readBody(body, 'application/json')
  } catch {
    throw problems.badRequest('invalid JSON patch')
  }
}

function wrongShape(patch: Json, goType: string): ApiProblem {
  const kind = Array.isArray(patch) ? 'array' : isObject(patch) ? 'object' : typeof patch === 'boolean' ? 'bool' : typeof patch
  return problems.badRequest(`error decoding patch: json: cannot unmarshal ${kind} into Go value of type ${goType}`)
}

async function patched(live: KubeObject, { mediaType, patch }: { mediaType: string; patch: Json }, context: WriteContext): Promise<Json> {
  if (mediaType === types.json) return jsonPatched(live, patch)
  if (!isObject(patch)) throw wrongShape(patch, 'map[string]interface {}')
  return mediaType === types.merge ? mergePatch(live, patch) : strategic(live, patch, context)
}

function jsonPatched(live: KubeObject, patch: Json): Json {
  if (!Array.isArray(patch)) throw wrongShape(patch, '[]handlers.jsonPatchOp')
  const copy = parseJson(JSON.stringify(live))
  for (const step of patch) {
    const [failure] = isObject(step) ? applyPatch(copy, [asServed(copy, step)]) : ['no operation']
    if (failure) throw new ApiProblem([422, 'Invalid'], 'the server rejected our request due to an error in our request', {})
  }
  return copy
}

/** The server's library lets a replace add a member that is not there. */
function asServed(document: Json, step: Json): Operation {
  const path = stringAt(step, 'path') ?? ''
  const parts = path
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const parent = at(document, ...parts.slice(0, -1))
  const adds = isObject(step) && step.op === 'replace' && isObject(parent) && parent[parts.at(-1) ?? ''] === undefined
  return (adds ? { ...step, op: 'add' } : step) as unknown as Operation
}

async function strategic(live: KubeObject, patch: JsonObject, { kernel, signal }: WriteContext): Promise<Json> {
  try {
    return await kernel.strategicMerge(live, patch, signal)
  } catch (thrown) {
    if (thrown instanceof KernelError) throw problems.untyped(thrown.message)
    throw thrown
  }
}

function applying(target: Target, body: string, context: WriteContext): Change['draft'] {
  const { value, minded, whole } = readApply(body)
  if (context.validation === 'Strict' && minded.length > 0)
    throw problems.badRequest(`error strict decoding patch: error converting YAML to JSON: ${whole ?? minded.join(', ')}`)
  const { resource } = target
  const { group, version } = splitApiVersion(stringAt(value, 'apiVersion') ?? '')
  const kind = stringAt(value, 'kind') ?? ''
  if (kind !== resource.kind || group !== resource.group || version !== resource.version)
    throw problems.badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`)
  const metadata = isObject(value.metadata) ? value.metadata : {}
  if (listAt(metadata, 'managedFields').length > 0) throw problems.badRequest('metadata.managedFields must be nil')
  const object: KubeObject = {
    ...value,
    apiVersion: joinApiVersion(resource),
    kind,
    metadata: { ...metadata, name: stringAt(metadata, 'name') ?? target.name },
  }
  checkIdentity(resource, object, target)
  return async live => {
    const merged = await applied(live, object, { resource, context })
    const decoded = decodeValue(resource, { value: merged, minded: [] }, context)
    const warnings = [...(context.validation === 'Warn' ? minded : []), ...decoded.warnings]
    return { object: checkIdentity(resource, decoded.object, target), warnings, managed: true }
  }
}

function readApply(body: string): { value: JsonObject; minded: readonly string[]; whole?: string } {
  const { value, ...read } = readYaml(body)
  if (value === null) return { ...read, value: {} }
  if (isObject(value)) return { ...read, value }
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  throw problems.badRequest(
    `error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
  )
}

function readYaml(body: string): ReturnType<typeof readBody> {
  try {
    return readBody(body, types.apply)
  } catch (thrown) {
    throw problems.badRequest(`error decoding YAML: ${messageOf(thrown)}`)
  }
}
