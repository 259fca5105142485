import type { KubeObject } from '../kinds/manifest.ts'
import { splitApiVersion } from '../kinds/manifest.ts'
import { type Definitions, followed } from '../kinds/openapi.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'

/** The kinds that Flux's libraries know as Go types. */
const typedPackage = 'io.k8s.api.'

/**
 * A built-in object as it comes back from its typed form: without the fields that the type does not have, and with the structs that Go
 * always writes. `undefined` for other kinds, and for an object that does not convert, such as one with a text where the type has a number.
 * Spec: kustomization 7.1.
 */
export function typedForm(object: KubeObject, definitions: Definitions): KubeObject | undefined {
  const definition = definitions.of({ ...splitApiVersion(object.apiVersion), kind: object.kind })
  if (!definition?.name.startsWith(typedPackage)) return undefined
  try {
    const { apiVersion, kind } = object
    const typed = new Conversion(definitions).struct(object, definition.schema)
    return { ...typed, apiVersion, kind, metadata: { ...(isObject(typed.metadata) ? typed.metadata : {}), name: object.metadata.name } }
  } catch (thrown) {
    if (thrown instanceof Mismatch) return undefined
    throw thrown
  }
}

class Mismatch extends Error {}

/** Go's zero value of the scalar types. */
const zeros: Readonly<Record<string, Json>> = { string: '', integer: 0, number: 0, boolean: false }

/** Fields of a type that encodes itself and is no pointer: Go writes them too, and the schemas do not say so. */
const opaque: readonly [type: string, field: string, zero: Json][] = [
  ['io.k8s.api.core.v1.ServicePort', 'targetPort', 0],
  ['io.k8s.api.core.v1.ResourceFieldSelector', 'divisor', '0'],
]

class Conversion {
  readonly #definitions: Definitions
  readonly #opaque: ReadonlyMap<Json | undefined, JsonObject>

  constructor(definitions: Definitions) {
    this.#definitions = definitions
    this.#opaque = new Map(opaque.map(([type, field, zero]) => [definitions.all[type], { [field]: zero }]))
  }

  /** The known fields, then the structs that are there without being given: a pointer would have no `default: {}`. */
  struct(value: Json, schema: JsonObject): JsonObject {
    if (!isObject(value)) throw new Mismatch()
    const out: JsonObject = { ...this.#opaque.get(schema) }
    for (const [key, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
      if (!isObject(property)) continue
      const given = value[key]
      const type = this.#followed(property)
      if (given !== undefined && given !== null) {
        const typed = this.#value(given, type)
        if (isRequired(schema, key) || !isLeftOut(typed, type)) out[key] = typed
      } else if (isStruct(type) && isEmpty(property.default)) out[key] = this.struct({}, type)
    }
    return out
  }

  #followed(schema: JsonObject): JsonObject {
    return followed(schema, this.#definitions.resolve)
  }

  #value(value: Json, schema: JsonObject): Json {
    if (isStruct(schema)) return this.struct(value, schema)
    if (isObject(schema.additionalProperties)) return this.#map(value, this.#followed(schema.additionalProperties))
    if (schema.type === 'array') return this.#list(value, isObject(schema.items) ? this.#followed(schema.items) : {})
    if (!fits(value, schema)) throw new Mismatch()
    return value
  }

  #map(value: Json, schema: JsonObject): JsonObject {
    if (!isObject(value)) throw new Mismatch()
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#item(item, schema)]))
  }

  #list(value: Json, schema: JsonObject): Json[] {
    if (!Array.isArray(value)) throw new Mismatch()
    return value.map(item => this.#item(item, schema))
  }

  #item(item: Json | undefined, schema: JsonObject): Json {
    if (item !== null && item !== undefined) return this.#value(item, schema)
    return isStruct(schema) ? this.struct({}, schema) : (zeros[String(schema.type)] ?? null)
  }
}

function isStruct(schema: JsonObject): boolean {
  return isObject(schema.properties)
}

function isRequired({ required }: JsonObject, key: string): boolean {
  return Array.isArray(required) && required.includes(key)
}

/** Go leaves out an empty list and an empty map, though not a struct. */
function isLeftOut(value: Json, schema: JsonObject): boolean {
  return Array.isArray(value) ? value.length === 0 : isEmpty(value) && !isStruct(schema) && isObject(schema.additionalProperties)
}

function isEmpty(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Whether Go's converter takes a scalar. A type that decodes itself, such as Quantity, takes texts and numbers. */
function fits(value: Json, { type, format }: JsonObject): boolean {
  switch (type) {
    case 'string':
      if (format === 'int-or-string') return typeof value === 'string' || Number.isInteger(value)
      return typeof value === 'string' && (format !== 'byte' || base64.test(value.replace(/[\r\n]/g, '')))
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    default:
      return true
  }
}
