import { followed, type Resolve } from '../../../kinds/openapi.ts'
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts'

/** Fields of every object, whatever its schema says of them. */
const rootFields = new Set(['apiVersion', 'kind', 'metadata'])

/** `dropped` collects the paths of what is pruned. */
export interface Pruning {
  readonly resolve: Resolve
  readonly dropped: string[]
  readonly path?: string
}

/** A value without the fields that its schema does not know; their paths are added to `dropped`. apiVersion, kind and metadata of the object itself stay. */
export function prune(value: Json, given: JsonObject, at: Pruning): Json {
  const { resolve, dropped, path = '' } = at
  const schema = followed(given, resolve)
  if (Array.isArray(value)) {
    const items = schema.items
    return isObject(items) ? value.map((item, i) => prune(item, items, { ...at, path: `${path}[${i}]` })) : value
  }
  if (!isObject(value)) return value
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined) return value
  const more = schema.additionalProperties
  if (schema.properties === undefined && more === undefined)
    return schema.type !== 'object' || path === '' || isOpen(schema) ? value : emptied(value, { path, dropped })
  const out: JsonObject = {}
  for (const [key, item] of Object.entries(value)) {
    const known = isObject(schema.properties) ? schema.properties[key] : undefined
    const below = path === '' ? key : `${path}.${key}`
    if (path === '' && rootFields.has(key)) out[key] = item
    else if (isObject(known)) out[key] = prune(item ?? null, known, { ...at, path: below })
    else if (isObject(more)) out[key] = prune(item ?? null, more, { ...at, path: below })
    else if (more === true || schema['x-kubernetes-preserve-unknown-fields'] === true) out[key] = item
    else dropped.push(below)
  }
  return out
}

function isOpen(schema: JsonObject): boolean {
  return schema['x-kubernetes-embedded-resource'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
}

function emptied(value: JsonObject, { path, dropped }: { path: string; dropped: string[] }): JsonObject {
  dropped.push(...Object.keys(value).map(key => `${path}.${key}`))
  return {}
}

/** A value with the defaults that its schema orders, as a CRD's are filled in: only where the parent is there. `nulls`: whether those that may not be are dropped. */
export function withDefaults(value: Json, schema: JsonObject, nulls: 'dropped' | 'kept'): Json {
  if (Array.isArray(value)) {
    const items = schema.items
    return isObject(items) ? value.map(item => withDefaults(item, items, nulls)) : value
  }
  if (!isObject(value)) return value
  const out: JsonObject = { ...value }
  for (const [key, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (!isObject(property)) continue
    if ((out[key] === undefined || (out[key] === null && property.nullable !== true)) && property.default !== undefined)
      out[key] = structuredClone(property.default)
    if (out[key] === null && property.nullable !== true && nulls === 'dropped') delete out[key]
    if (out[key] !== undefined && out[key] !== null) out[key] = withDefaults(out[key], property, nulls)
  }
  const more = schema.additionalProperties
  if (isObject(more))
    for (const [key, item] of Object.entries(out))
      if (!(isObject(schema.properties) && key in schema.properties)) out[key] = withDefaults(item ?? null, more, nulls)
  return out
}
