import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { shapeOf } from '../../kinds/typed/shapes.ts'

/** Bytes that are no protobuf of the kind they name. */
export class ProtobufError extends TypeError {
  override readonly name = 'ProtobufError'
}

const magic = Buffer.from('k8s\0')
const refPrefix = '#/components/schemas/'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/**
 * The JSON of an object in Kubernetes' protobuf form, as typed clients send it. `definitionOf` names the definition of a kind.
 * @throws {ProtobufError}
 */
export function readProtobuf(
  bytes: Uint8Array,
  {
    definitions,
    definitionOf,
  }: { definitions: JsonObject; definitionOf: (kind: { apiVersion: string; kind: string }) => string | undefined },
): JsonObject {
  if (!Buffer.from(bytes.subarray(0, 4)).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix k8s')
  const unknown = fieldsOf(bytes.subarray(4))
  const type = fieldsOf(bytesOf(unknown.get(1)?.[0]))
  const [apiVersion, kind] = [1, 2].map(n => textOf(type.get(n)?.[0])) as [string, string]
  const definition = definitionOf({ apiVersion, kind })
  if (definition === undefined) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return { apiVersion, kind, ...new Decoder(definitions).message(bytesOf(unknown.get(2)?.[0]), definition) }
}

type Wire = bigint | Uint8Array

/** The fields of a message by number, each with all its values. */
function fieldsOf(bytes: Uint8Array): Map<number, Wire[]> {
  const fields = new Map<number, Wire[]>()
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = Number(reader.varint())
    const value = reader.value(tag & 7)
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new ProtobufError('unexpected EOF')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
    throw new ProtobufError('proto: integer overflow')
  }

  value(wire: number): Wire {
    if (wire === 0) return this.varint()
    if (wire === 1) return this.#take(8)
    if (wire === 2) return this.#take(Number(this.varint()))
    if (wire === 5) return this.#take(4)
    throw new ProtobufError(`proto: illegal wireType ${wire}`)
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new ProtobufError('unexpected EOF')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

function bytesOf(wire: Wire | undefined): Uint8Array {
  return typeof wire === 'object' ? wire : new Uint8Array()
}
function textOf(wire: Wire | undefined): string {
  return Buffer.from(bytesOf(wire)).toString('utf8')
}
function integerOf(wire: Wire | undefined): number {
  return Number(BigInt.asIntN(64, typeof wire === 'bigint' ? wire : 0n))
}

class Decoder {
  readonly #definitions: JsonObject

  constructor(definitions: JsonObject) {
    this.#definitions = definitions
  }

  /** `outer`: whose schema describes the fields, when they are inlined there. */
  message(bytes: Uint8Array, definition: string, outer = definition): JsonObject {
    const { proto = {} } = shapeOf(definition)
    const schema = this.#definitions[outer]
    const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {}
    const out: JsonObject = {}
    for (const [number, values] of fieldsOf(bytes)) {
      const name = proto[number]
      if (name === undefined) continue
      if (name.startsWith('+')) Object.assign(out, this.message(bytesOf(values[0]), name.slice(1), outer))
      else out[name] = this.#field(values, properties[name])
    }
    return out
  }

  #field(values: readonly Wire[], given: Json | undefined): Json {
    const { name, schema } = this.#followed(given)
    if (schema.type === 'array') return values.map(v => this.#one(v, this.#followed(schema.items)))
    if (isObject(schema.additionalProperties)) return Object.fromEntries(values.map(v => this.#entry(v, schema.additionalProperties)))
    return this.#one(values.at(-1) ?? 0n, { name, schema })
  }

  #entry(wire: Wire, items: Json | undefined): [string, Json] {
    const fields = fieldsOf(bytesOf(wire))
    return [textOf(fields.get(1)?.[0]), this.#one(fields.get(2)?.[0] ?? new Uint8Array(), this.#followed(items))]
  }

  #followed(given: Json | undefined): { name?: string | undefined; schema: JsonObject } {
    if (!isObject(given)) return { schema: {} }
    const [only] = Array.isArray(given.allOf) ? given.allOf : []
    const ref = typeof given.$ref === 'string' ? given.$ref : isObject(only) && typeof only.$ref === 'string' ? only.$ref : undefined
    if (ref === undefined) return { schema: given }
    const name = ref.slice(refPrefix.length)
    const found = this.#definitions[name]
    return { name, schema: isObject(found) ? found : {} }
  }

  #one(wire: Wire, { name, schema }: { name?: string | undefined; schema: JsonObject }): Json {
    const own = name === undefined ? undefined : forms[name]
    if (own) return own(fieldsOf(bytesOf(wire)))
    if (name !== undefined && isObject(schema.properties)) return this.message(bytesOf(wire), name)
    switch (schema.type) {
      case 'boolean':
        return wire !== 0n
      case 'integer':
        return integerOf(wire)
      case 'number':
        return Buffer.from(bytesOf(wire)).readDoubleLE()
      default:
        return schema.format === 'byte' ? Buffer.from(bytesOf(wire)).toString('base64') : textOf(wire)
    }
  }
}

type Fields = ReadonlyMap<number, readonly Wire[]>

/** Types with a form of their own. */
const forms: Readonly<Record<string, (fields: Fields) => Json>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': f => textOf(f.get(1)?.[0]),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': f =>
    integerOf(f.get(1)?.[0]) === 1 ? textOf(f.get(3)?.[0]) : integerOf(f.get(2)?.[0]),
  [`${meta}Time`]: f => timeOf(f).replace(/\.\d+Z$/, 'Z'),
  [`${meta}MicroTime`]: f => timeOf(f),
  [`${meta}FieldsV1`]: f => JSON.parse(textOf(f.get(1)?.[0]) || '{}') as Json,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': f => JSON.parse(textOf(f.get(1)?.[0]) || 'null') as Json,
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': f => JSON.parse(textOf(f.get(1)?.[0]) || 'null') as Json,
}

function timeOf(fields: Fields): string {
  const [seconds, nanos] = [1, 2].map(n => integerOf(fields.get(n)?.[0])) as [number, number]
  if (seconds === 0 && nanos === 0) return ''
  const whole = new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, '')
  return `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}
