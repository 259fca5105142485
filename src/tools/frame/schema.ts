import * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'

/** What a model does not need to see: bounds that it hardly ever meets are told when it does. */
const dropped = new Set(['$schema', 'additionalProperties', 'propertyNames', 'pattern', 'minItems', 'maxItems', 'minLength', 'maxLength'])
const cache = new WeakMap<z.ZodType, JsonObject>()

/** The JSON Schema of arguments as clients see it: nothing that a model does not need. Validation stays with zod. */
export function shownSchema(input: z.ZodType): JsonObject {
  const known = cache.get(input)
  if (known) return known
  const shown = slim(z.toJSONSchema(input, { io: 'input' }) as Json) as JsonObject
  cache.set(input, shown)
  return shown
}

function slim(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(slim)
  if (!isObject(schema)) return schema
  const out: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (dropped.has(key) && !(key === 'additionalProperties' && isObject(value) && Object.keys(value).length > 0)) continue
    if (key === 'properties' && isObject(value))
      out[key] = Object.fromEntries(Object.entries(value).map(([name, property]) => [name, slim(property ?? null)]))
    else out[key] = slim(value ?? null)
  }
  return out
}
