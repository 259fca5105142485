import { joinApiVersion, type KubeObject, splitApiVersion } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { isObject, type Json, type JsonObject, stringAt } from '../../lib/json.ts'
import { parseOne } from '../../lib/yaml.ts'
import { conform, DecodeError } from '../../kinds/typed/conform.ts'
import { readJson } from '../decode/json.ts'
import { builtinResources } from './schema/builtin.ts'
import { invalidValue, problems } from './problem.ts'
import { prune } from './schema/prune.ts'
import type { Resource } from './schema/resource.ts'
import type { Schemas } from './schema/schemas.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** A decoded object: `warnings` are about fields that were dropped or stood twice. */
export interface Decoded {
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

/** A body's value. `minded` is what strict decoding refuses, as it words it; `whole` the same as one text. */
interface Read {
  readonly value: Json
  readonly minded: readonly string[]
  readonly whole?: string
}

const yamlTypes = ['application/yaml', 'application/apply-patch+yaml']
const readable = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** A body's value, without a look at what it holds. @throws {SyntaxError} */
export function readBody(text: string, mediaType: string, { merging = false }: { merging?: boolean } = {}): Read {
  if (!yamlTypes.includes(mediaType) || /^\s*\{/.test(text)) {
    const { value, duplicates } = readJson(text, { merging })
    return { value, minded: duplicates.map(path => `duplicate field ${JSON.stringify(path)}`) }
  }
  const { value, duplicates } = parseOne(text)
  const lines = duplicates.map(({ line, key }) => `line ${line}: key ${JSON.stringify(key)} already set in map`)
  return { value, minded: lines, ...(lines.length > 0 ? { whole: `yaml: unmarshal errors:\n  ${lines.join('\n  ')}` } : {}) }
}

/** The body of a POST or PUT as an object of the resource. @throws {ApiProblem} */
export function decodeBody(
  resource: Resource,
  { text, mediaType }: { text: string; mediaType: string },
  { schemas, validation }: { schemas: Schemas; validation: FieldValidation },
): Decoded {
  const type = mediaType.split(';')[0]?.trim() || 'application/json'
  if (!readable.slice(0, 2).includes(type)) throw problems.mediaType(resource.custom ? readable.slice(0, 2) : readable)
  const { value, ...read } = readOf(resource, text, type)
  if (value !== null && !isObject(value)) throw problems.badRequest(unrecognized(resource, { text, why: noObject(value) }))
  return decodeObject(resource, { ...read, value: isObject(value) ? value : {} }, { schemas, validation })
}

function readOf(resource: Resource, text: string, type: string): Read {
  try {
    return readBody(text, type, { merging: !resource.custom })
  } catch (thrown) {
    throw problems.badRequest(unrecognized(resource, { text, why: `couldn't get version/kind; json parse error: ${messageOf(thrown)}` }))
  }
}

function noObject(value: Json): string {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const fields = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`
  return `couldn't get version/kind; json parse error: json: cannot unmarshal ${kind} into Go value of type ${fields}`
}

function unrecognized({ kind }: Resource, { text, why }: { text: string; why: string }): string {
  const bytes = Buffer.from(text)
  const shown = text.startsWith('{') ? bytes.subarray(0, 30).toString('utf8') : bytes.subarray(0, 30).toString('hex')
  return `the object provided is unrecognized (must be of type ${kind}): ${why} (${text === '' ? '<empty>' : shown + (bytes.length > 30 ? ' ...' : '')})`
}

/** A value as an object of the resource: its kind checked, its types too, unknown fields dropped. @throws {ApiProblem} */
function decodeObject(
  resource: Resource,
  given: Omit<Read, 'value'> & { readonly value: JsonObject },
  how: { schemas: Schemas; validation: FieldValidation },
): Decoded {
  try {
    return decodeValue(resource, given, how)
  } catch (thrown) {
    if (thrown instanceof DecodeError) throw problems.badRequest(handled(resource, given.value, thrown.message))
    throw thrown
  }
}

/** The same for a value that a server made itself, such as a patched object. @throws {ApiProblem} @throws {DecodeError} for values of the wrong type, and unknown fields under Strict. */
export function decodeValue(
  resource: Resource,
  { value, minded, whole }: Omit<Read, 'value'> & { readonly value: JsonObject },
  { schemas, validation }: { schemas: Schemas; validation: FieldValidation },
): Decoded {
  const apiVersion = value.apiVersion || (resource.custom ? '' : joinApiVersion(resource))
  const kind = value.kind || resource.kind
  if (resource.custom)
    checkCustom(resource, { apiVersion: String(apiVersion), kind: String(kind), name: stringAt(value, 'metadata', 'name') ?? '' })
  else checkKind(resource, { apiVersion: String(apiVersion), kind: String(kind) })
  const { object, unknown } = typed(resource, { ...value, apiVersion, kind }, schemas)
  const fields = unknown.map(path => `unknown field ${JSON.stringify(path)}`)
  if (validation === 'Strict' && minded.length + fields.length > 0)
    throw new DecodeError(`strict decoding error: ${[...(whole ? [whole] : minded), ...fields].join(', ')}`)
  return { object, warnings: validation === 'Warn' ? [...minded, ...fields] : [] }
}

function typed(resource: Resource, value: JsonObject, schemas: Schemas): { object: KubeObject; unknown: readonly string[] } {
  if (resource.custom) return custom(resource, value, schemas)
  const definition = schemas.nameOf(resource)
  if (definition === undefined) return { object: asKube(value), unknown: [] }
  const conformed = conform(value, definition, schemas.definitions)
  return { object: asKube(conformed.value), unknown: conformed.unknown }
}

const metaDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Custom resources have their own schema, and the metadata of every object. */
function custom(resource: Resource, value: JsonObject, schemas: Schemas): { object: KubeObject; unknown: readonly string[] } {
  const dropped: string[] = []
  const pruned = prune(value, schemas.of(resource) ?? {}, { resolve: schemas.resolve, dropped })
  const metadata = conform({ ...(isObject(value.metadata) ? value.metadata : {}) }, metaDefinition, schemas.definitions)
  const { apiVersion: _, kind: __, ...meta } = metadata.value
  return {
    object: asKube({ ...(isObject(pruned) ? pruned : {}), metadata: meta }),
    unknown: [...metadata.unknown.map(path => `metadata.${path}`), ...dropped.toSorted()],
  }
}

function asKube(value: JsonObject): KubeObject {
  const metadata = isObject(value.metadata) ? value.metadata : {}
  return {
    ...value,
    apiVersion: String(value.apiVersion),
    kind: String(value.kind),
    metadata: { ...metadata, name: stringAt(metadata, 'name') ?? '' },
  }
}

function checkCustom(resource: Resource, given: { apiVersion: string; kind: string; name: string }): void {
  const expected = joinApiVersion(resource)
  if (given.apiVersion !== expected)
    throw problems.badRequest(`the API version in the data (${given.apiVersion}) does not match the expected API version (${expected})`)
  if (given.kind !== resource.kind)
    throw problems.invalid({ ...resource, kind: given.kind }, given.name, [invalidValue('kind', given.kind, `must be ${resource.kind}`)])
}

/** A body must be of the kind that its path names. @throws {DecodeError} */
function checkKind(resource: Resource, given: { apiVersion: string; kind: string }): void {
  const { group, version } = splitApiVersion(given.apiVersion)
  if (given.kind === resource.kind && group === resource.group && version === resource.version) return
  const known = builtinResources.some(r => r.kind === given.kind && r.group === group && r.version === version)
  const internal = `${resource.group.split('.')[0] || 'core'}.${resource.kind}`
  throw new DecodeError(
    known && !resource.custom
      ? `converting (${version}.${given.kind}) to (${internal}): unknown conversion`
      : `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  )
}

function handled(resource: Resource, given: JsonObject, why: string): string {
  const { version } = splitApiVersion(stringAt(given, 'apiVersion') || joinApiVersion(resource))
  return `${stringAt(given, 'kind') || resource.kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}: ${why}`
}
