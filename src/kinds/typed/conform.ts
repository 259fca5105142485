import { digitsOf, isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { canonicalQuantity } from './quantity.ts'
import { shapeOf } from './shapes.ts'

/** A value that a Go type cannot hold, in the words of Go's decoder. */
export class DecodeError extends TypeError {
  override readonly name = 'DecodeError'
  /** How the conversion from a map, which follows a strategic merge, words it. */
  readonly restoring: string | undefined
  constructor(message: string, restoring?: string) {
    super(message)
    this.restoring = restoring
  }
}

/** An object as Go's types give it back: without unknown fields (`unknown` has their paths) and empty ones, numbers and times as they write them. */
export interface Conformed {
  readonly value: JsonObject
  readonly unknown: readonly string[]
}

const prefix = '#/components/schemas/'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** Takes JSON through the Go type of a definition and back. @throws {DecodeError} */
export function conform(value: JsonObject, definition: string, definitions: JsonObject): Conformed {
  const walk = new Walk(definitions)
  const out = walk.struct(value, definition, { path: '', field: '' })
  if (walk.failure !== undefined) throw new DecodeError(walk.failure, walk.restoring)
  return { value: { ...out, apiVersion: value.apiVersion, kind: value.kind }, unknown: walk.unknown }
}

/** Where the walk is: `path` has indexes and map keys, `field` is how Go names the struct's field. */
interface At {
  readonly path: string
  readonly field: string
}
interface Held {
  /** The definition that a reference names. */
  readonly name?: string | undefined
  readonly schema: JsonObject
}

class Walk {
  readonly unknown: string[] = []
  failure: string | undefined
  restoring: string | undefined
  readonly #definitions: JsonObject

  constructor(definitions: JsonObject) {
    this.#definitions = definitions
  }

  struct(value: JsonObject, name: string, at: At): JsonObject {
    const schema = this.#schema(name)
    const properties = isObject(schema.properties) ? schema.properties : {}
    const { dropped = [], always = [], types = {} } = shapeOf(name)
    const out: JsonObject = {}
    const struct = name.slice(name.lastIndexOf('.') + 1)
    for (const [key, item] of Object.entries(value)) {
      const property = properties[key]
      const path = at.path === '' ? key : `${at.path}.${key}`
      if (!isObject(property)) {
        if (at.path !== '' || (key !== 'apiVersion' && key !== 'kind')) this.unknown.push(path)
        continue
      }
      const field = { path, field: at.field === '' ? key : `${at.field}.${key}` }
      const held = this.#value(item ?? null, this.#held(property), { ...field, struct, goType: types[key] })
      if (held === undefined || (isEmpty(held, property) && !always.includes(key)) || (dropped.includes(key) && isZero(held))) continue
      out[key] = held
    }
    for (const key of always)
      if (out[key] === undefined) out[key] = this.#zero(this.#held(properties[key]), { ...at, path: `${at.path}.${key}` })
    return out
  }

  #schema(name: string): JsonObject {
    const found = this.#definitions[name]
    return isObject(found) ? found : {}
  }

  #held(schema: Json | undefined): Held {
    if (!isObject(schema)) return { schema: {} }
    const [only] = Array.isArray(schema.allOf) ? schema.allOf : []
    const ref = typeof schema.$ref === 'string' ? schema.$ref : isObject(only) && typeof only.$ref === 'string' ? only.$ref : undefined
    if (ref === undefined) return { schema }
    const name = ref.slice(prefix.length)
    return { name, schema: this.#schema(name) }
  }

  #zero({ name, schema }: Held, at: At): Json {
    if (name !== undefined && isObject(schema.properties)) return this.struct({}, name, at)
    if (schema.type === 'string') return ''
    if (schema.type === 'integer' || schema.type === 'number') return 0
    return schema.type === 'boolean' ? false : null
  }

  #value(value: Json, held: Held, at: At & { struct: string; goType?: string | undefined }): Json | undefined {
    const { name, schema } = held
    if (value === null) return undefined
    const own = name === undefined ? undefined : marshalers[name]
    if (own) return own(value, () => this.#fail(value, goName(name ?? ''), at))
    if (name?.includes('JSON')) return value
    if (name !== undefined && isObject(schema.properties))
      return isObject(value) ? this.struct(value, name, at) : this.#fail(value, goName(name), at)
    const goType = at.goType ?? typeName(held, inner => this.#held(inner))
    if (schema.type === 'array')
      return Array.isArray(value) ? this.#list(value, schema, at) : this.#fail(value, withPrefix('[]', goType), at)
    if (isObject(schema.additionalProperties))
      return isObject(value) ? this.#map(value, schema.additionalProperties, at) : this.#fail(value, goType, at)
    return this.#scalar(value, schema, { ...at, goType })
  }

  #list(value: Json[], schema: JsonObject, at: At & { struct: string; goType?: string | undefined }): Json[] {
    const items = this.#held(schema.items)
    return value.map((item, i) => this.#value(item, items, { ...at, path: `${at.path}[${i}]` }) ?? this.#zero(items, at))
  }

  #map(value: JsonObject, items: JsonObject, at: At & { struct: string }): JsonObject {
    const held = this.#held(items)
    const below = (key: string): typeof at => ({ path: `${at.path}.${key}`, field: at.field, struct: at.struct })
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#value(item ?? null, held, below(key)) ?? this.#zero(held, at)]),
    )
  }

  #scalar(value: Json, schema: JsonObject, at: At & { struct: string; goType: string }): Json | undefined {
    switch (schema.type) {
      case 'string':
        if (typeof value !== 'string') return this.#fail(value, schema.format === 'byte' ? '[]uint8' : at.goType, at)
        return schema.format === 'byte' ? this.#bytes(value) : value
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#fail(value, at.goType, at)
      case 'integer':
        return this.#integer(value, at)
      case 'number':
        return typeof value === 'number' ? value : this.#fail(value, at.goType, at)
      default:
        return value
    }
  }

  #integer(value: Json, at: At & { struct: string; goType: string }): Json | undefined {
    if (digitsOf(value) !== undefined && at.goType !== 'int32') return value
    if (typeof value !== 'number') return this.#fail(value, at.goType, at)
    const fits = Number.isInteger(value) && (at.goType !== 'int32' || Math.abs(value) <= 0x7fff_ffff)
    return fits ? value : this.#fail(value, at.goType, { ...at, detail: ` ${value}` })
  }

  #bytes(value: string): Json | undefined {
    const text = value.replaceAll(/[\r\n]/g, '')
    const bad = /[^A-Za-z0-9+/=]/.exec(text)?.index ?? (text.length % 4 === 0 ? -1 : text.length - (text.length % 4))
    if (bad < 0) return text
    this.failure ??= `illegal base64 data at input byte ${bad}`
    return undefined
  }

  #fail(value: Json, goType: string, { struct, field, detail = '' }: At & { struct: string; detail?: string }): undefined {
    const kind = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value
    this.restoring ??= restoring(value, goType)
    this.failure ??= `json: cannot unmarshal ${kind}${detail} into Go struct field ${struct}.${field} of type ${goType}`
    return undefined
  }
}

function restoring(value: Json, goType: string): string {
  const kind = Array.isArray(value)
    ? 'slice'
    : isObject(value)
      ? 'map'
      : typeof value === 'number'
        ? 'int64'
        : typeof value === 'boolean'
          ? 'bool'
          : 'string'
  if (goType.startsWith('map[')) return `cannot restore map from ${kind}`
  if (goType.startsWith('[]')) return `cannot restore slice from ${kind}`
  return /^v\d/.test(goType) ? `cannot restore struct from: ${kind}` : `unrecognized type: ${goType}`
}

function withPrefix(prefixed: string, goType: string): string {
  return goType.startsWith(prefixed) ? goType : prefixed + goType
}

/** Types with a JSON form of their own. */
const marshalers: Readonly<Record<string, (value: Json, fail: () => undefined) => Json | undefined>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': value => {
    const text = typeof value === 'number' ? String(value) : value
    const canonical = typeof text === 'string' ? canonicalQuantity(text) : undefined
    if (canonical !== undefined) return canonical
    throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': (value, fail) =>
    typeof value === 'string' || Number.isInteger(value) ? value : fail(),
  [`${meta}Time`]: value => time(value, /\.\d+Z$/),
  [`${meta}MicroTime`]: value => time(value, /$^/),
  [`${meta}FieldsV1`]: value => value,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': value => value,
}

function time(value: Json, dropped: RegExp): Json | undefined {
  if (value === '') return undefined
  if (typeof value !== 'string') throw new DecodeError('json: cannot unmarshal number into Go value of type string')
  const at = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(at))
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    )
  return value.endsWith('Z') ? value.replace(dropped, 'Z') : new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** `v1.PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
function goName(definition: string): string {
  return definition.split('.').slice(-2).join('.')
}

function typeName({ name, schema }: Held, follow: (schema: Json | undefined) => Held): string {
  if (name !== undefined && (isObject(schema.properties) || marshalers[name])) return goName(name)
  switch (schema.type) {
    case 'array':
      return `[]${typeName(follow(schema.items), follow)}`
    case 'object':
      return `map[string]${typeName(follow(schema.additionalProperties), follow)}`
    case 'integer':
      return schema.format === 'int64' ? 'int64' : 'int32'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    default:
      return 'string'
  }
}

/** An empty list or map: Go leaves it out as it does an absent one. */
function isEmpty(value: Json, property: JsonObject): boolean {
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && isObject(property.additionalProperties) && Object.keys(value).length === 0
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0)
}
