import { ruleOf } from '../../../kinds/rules.ts'
import { digitsOf, isObject, type Json, type JsonObject, listAt, stringAt } from '../../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../problem.ts'

/** What a structural schema finds wrong with a value, worded as the API server does. `field` is the value's path. */
export function schemaProblems(value: Json | undefined, schema: JsonObject, field: string): Cause[] {
  if (value === undefined) return []
  if (value === null) return schema.nullable === true || field === '' ? [] : [typeProblem(field, 'null', schema)]
  const wrong = wrongType(value, schema)
  if (wrong) return [typeProblem(field, wrong, schema)]
  return [
    ...(Array.isArray(schema.enum) && !schema.enum.some(e => e === value) ? [notSupported(field, value, schema.enum.map(String))] : []),
    ...(typeof value === 'string' ? textProblems(value, schema, field) : []),
    ...(typeof value === 'number' ? numberProblems(value, schema, field) : []),
    ...(Array.isArray(value) ? listProblems(value, schema, field) : []),
    ...(isObject(value) ? objectProblems(value, schema, field) : []),
  ]
}

function wrongType(value: Json, schema: JsonObject): string | undefined {
  const exact = digitsOf(value) !== undefined
  const whole = exact || Number.isInteger(value)
  const actual = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : exact ? 'number' : typeof value
  if (schema['x-kubernetes-int-or-string'] === true) return actual === 'string' || whole ? undefined : actual
  if (typeof schema.type !== 'string') return undefined
  if (schema.type === 'integer') return whole ? undefined : actual
  return schema.type === actual ? undefined : actual === 'number' && whole ? 'integer' : actual
}

function typeProblem(field: string, actual: string, schema: JsonObject): Cause {
  return {
    field: field || '<nil>',
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: "${actual}": ${field} in body must be of type ${String(schema.type ?? 'integer,string')}: "${actual}"`,
  }
}

function textProblems(value: string, schema: JsonObject, field: string): Cause[] {
  const { pattern, minLength, maxLength, format } = schema
  return [
    ...(typeof maxLength === 'number' && [...value].length > maxLength
      ? [{ field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxLength} bytes` } as const]
      : []),
    ...(typeof minLength === 'number' && [...value].length < minLength
      ? [invalidValue(field, value, `${field} in body should be at least ${minLength} chars long`)]
      : []),
    ...(typeof pattern === 'string' && !new RegExp(pattern).test(value)
      ? [invalidValue(field, value, `${field} in body should match '${pattern}'`)]
      : []),
    ...(format === 'date-time' && Number.isNaN(Date.parse(value))
      ? [
          {
            ...invalidValue(field, value, `${field} in body must be of type date-time: ${JSON.stringify(value)}`),
            reason: 'FieldValueTypeInvalid',
          } as const,
        ]
      : []),
  ]
}

function numberProblems(value: number, { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject, field: string): Cause[] {
  return [
    ...(typeof minimum === 'number' && exclusiveMinimum === true && value === minimum
      ? [invalidValue(field, value, `${field} in body should be greater than ${minimum}`)]
      : []),
    ...(typeof maximum === 'number' && exclusiveMaximum === true && value === maximum
      ? [invalidValue(field, value, `${field} in body should be less than ${maximum}`)]
      : []),
    ...(typeof minimum === 'number' && value < minimum
      ? [invalidValue(field, value, `${field} in body should be greater than or equal to ${minimum}`)]
      : []),
    ...(typeof maximum === 'number' && value > maximum
      ? [invalidValue(field, value, `${field} in body should be less than or equal to ${maximum}`)]
      : []),
  ]
}

function listProblems(value: Json[], schema: JsonObject, field: string): Cause[] {
  const { items, minItems, maxItems } = schema
  return [
    ...repeated(value, schema, field),
    ...(typeof maxItems === 'number' && value.length > maxItems
      ? [{ field, reason: 'FieldValueTooMany', message: `Too many: ${value.length}: must have at most ${maxItems} items` } as const]
      : []),
    ...(typeof minItems === 'number' && value.length < minItems
      ? [invalidValue(field, value.length, `${field} in body should have at least ${minItems} items`)]
      : []),
    ...(isObject(items) ? value.flatMap((item, i) => schemaProblems(item, items, `${field}[${i}]`)) : []),
  ]
}

/** Entries of a set, or of a list with keys, that stand twice. */
function repeated(value: Json[], schema: JsonObject, field: string): Cause[] {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return []
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'].map(String) : []
  const keyOf = (item: Json): Json =>
    type === 'set' ? item : Object.fromEntries(keys.map(k => [k, isObject(item) ? (item[k] ?? null) : null]))
  const found = value.map(item => JSON.stringify(keyOf(item)))
  return found.flatMap((key, i) =>
    found.indexOf(key) < i ? [{ field: `${field}[${i}]`, reason: 'FieldValueDuplicate', message: `Duplicate value: ${key}` } as const] : [],
  )
}

function objectProblems(value: JsonObject, schema: JsonObject, field: string): Cause[] {
  const below = (key: string): string => (field === '' ? key : `${field}.${key}`)
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const more = schema.additionalProperties
  return [
    ...required.filter(key => value[key] === undefined).map(key => requiredValue(below(key))),
    ...Object.entries(value).flatMap(([key, item]) => {
      const property = properties[key]
      const child = isObject(property) ? property : isObject(more) ? more : undefined
      return child ? schemaProblems(item, child, below(key)) : []
    }),
  ]
}

/** The rules of our own kinds that a value breaks. Other CEL is stored, not judged; the API server too judges only what its schema let through. */
export function ruleProblems(value: Json | undefined, schema: JsonObject, field: string): Cause[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return isObject(items) ? value.flatMap((item, i) => ruleProblems(item, items, `${field}[${i}]`)) : []
  }
  if (!isObject(value)) return []
  const properties = isObject(schema.properties) ? schema.properties : {}
  const broken = listAt(schema, 'x-kubernetes-validations').flatMap(each => {
    const rule = ruleOf(stringAt(each, 'rule') ?? '')
    return rule && !rule.holds(value) ? [{ field, reason: 'FieldValueInvalid', message: `Invalid value: ${rule.message}` } as const] : []
  })
  const below = Object.entries(properties).flatMap(([key, property]) =>
    isObject(property) ? ruleProblems(value[key], property, field === '' ? key : `${field}.${key}`) : [],
  )
  return [...broken, ...below]
}
