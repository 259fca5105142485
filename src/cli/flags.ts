import { Option } from 'commander'
import type * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { shownSchema } from '../tools/schema.ts'

/** `timeoutSeconds` → `timeout-seconds`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, c => `-${c.toLowerCase()}`)
}

/** One flag for an argument of a tool. Lists repeat, objects are JSON or key=value. */
export function flagFor(name: string, schema: JsonObject): Option {
  const help = typeof schema.description === 'string' ? schema.description : ''
  const type = schema.type
  if (type === 'boolean') return new Option(`--${kebab(name)}`, help)
  const option = new Option(
    `--${kebab(name)} <${type === 'integer' || type === 'number' ? 'n' : type === 'array' ? 'value...' : type === 'object' ? 'json' : 'text'}>`,
    help,
  )
  if (Array.isArray(schema.enum)) option.choices(schema.enum.map(String))
  return option
}

/** The properties of a tool's arguments. */
export function propertiesOf(input: z.ZodObject): Map<string, JsonObject> {
  const { properties } = shownSchema(input)
  return new Map(
    Object.entries(isObject(properties) ? properties : {}).flatMap(([name, schema]) => (isObject(schema) ? [[name, schema] as const] : [])),
  )
}

/** What was typed for a flag, as the tool takes it. */
export function valueOf(text: unknown, schema: JsonObject): Json {
  if (schema.type === 'integer' || schema.type === 'number') return Number(text)
  if (schema.type === 'array' && isObject(schema.items) && schema.items.type === 'object')
    return JSON.parse(String(Array.isArray(text) ? text[0] : text)) as Json
  if (schema.type === 'object') return objectFrom(String(text))
  return text as Json
}

function objectFrom(text: string): Json {
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as Json
  return Object.fromEntries(
    text.split(',').map(pair => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
