import { type Command, Option } from 'commander'
import type * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { shownSchema } from '../tools/frame/schema.ts'
import { UsageError } from './usage.ts'

/** `timeoutSeconds` → `timeout-seconds`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, c => `-${c.toLowerCase()}`)
}

/** Short forms, as kubectl and flux have them. */
const short: Readonly<Record<string, string>> = { selector: '-l, ' }

/** One flag for an argument of a tool. Lists repeat or have commas, objects are JSON or key=value pairs. */
export function flagFor(name: string, schema: JsonObject): Option {
  const help = helpFor(schema)
  const flag = `${short[name] ?? ''}--${kebab(name)}`
  switch (schema.type) {
    case 'boolean':
      return schema.default === true ? new Option(`--no-${kebab(name)}`, help) : new Option(flag, help)
    case 'integer':
    case 'number':
      return new Option(`${flag} <n>`, help)
    case 'array':
      return isObject(schema.items) && schema.items.type === 'object'
        ? new Option(`${flag} <json>`, help)
        : new Option(`${flag} <value>`, `${help} (repeatable, or with commas)`.trimStart()).argParser((value, before: unknown) => [
            ...(Array.isArray(before) ? before.map(String) : []),
            ...value.split(','),
          ])
    case 'object':
      return new Option(`${flag} <json>`, `${help} (JSON, or key=value,…)`.trimStart())
    default: {
      const option = new Option(`${flag} <text>`, help)
      return Array.isArray(schema.enum) ? option.choices(schema.enum.map(String)) : option
    }
  }
}

function helpFor({ description, default: value, minimum, maximum }: JsonObject): string {
  const range = typeof minimum === 'number' && typeof maximum === 'number' ? `${minimum} to ${maximum}` : ''
  const preset = value === undefined || typeof value === 'boolean' || typeof value === 'object' ? '' : `default ${String(value)}`
  return [description, range, preset].filter(Boolean).join('; ')
}

/** The properties of a tool's arguments. */
export function propertiesOf(input: z.ZodObject): Map<string, JsonObject> {
  const { properties } = shownSchema(input)
  return new Map(
    Object.entries(isObject(properties) ? properties : {}).flatMap(([name, schema]) => (isObject(schema) ? [[name, schema] as const] : [])),
  )
}

/** What was typed for a flag, as the tool takes it. @throws {UsageError} naming the flag. */
export function valueOf(name: string, given: Json, schema: JsonObject): Json {
  const flag = `--${kebab(name)}`
  switch (schema.type) {
    case 'integer':
    case 'number':
      return numberFrom(flag, String(given))
    case 'array':
      return isObject(schema.items) && schema.items.type === 'object' ? jsonFrom(flag, String(given)) : given
    case 'object':
      return objectFrom(flag, String(given), isObject(schema.additionalProperties) && schema.additionalProperties.type === 'string')
    default:
      return given
  }
}

function numberFrom(flag: string, text: string): number {
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw new UsageError(`${flag} '${text}' is no number`)
  return number
}

function jsonFrom(flag: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (thrown) {
    throw new UsageError(`${flag} is no JSON: ${thrown instanceof Error ? thrown.message : ''}`, { cause: thrown })
  }
}

function objectFrom(flag: string, text: string, ofTexts: boolean): Json {
  if (text.trimStart().startsWith('{')) return jsonFrom(flag, text)
  return Object.fromEntries(
    text.split(',').map((pair): [string, Json] => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`${flag} '${pair}' is no key=value pair`)
      const value = pair.slice(at + 1)
      const isBoolean = !ofTexts && (value === 'true' || value === 'false')
      return [pair.slice(0, at), isBoolean ? value === 'true' : value]
    }),
  )
}

/** The flags of a tool's arguments, without those that are said in another way. */
export function addFlags(command: Command, properties: ReadonlyMap<string, JsonObject>, taken: readonly string[]): void {
  for (const [name, schema] of properties)
    if (!taken.includes(name) && name !== 'namespace' && name !== 'maxTokens') command.addOption(flagFor(name, schema))
  if (properties.has('namespace'))
    command.addOption(new Option('-n, --namespace <name>', "the context's namespace without it, else flux-system"))
  if (properties.has('namespace') && !taken.includes('name'))
    command.addOption(new Option('-A, --all-namespaces', 'all namespaces').conflicts('namespace'))
  command.addOption(new Option('-o, --out <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
}
