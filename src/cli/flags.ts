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
const short: Readonly<Record<string, string>> = { selector: '-l' }

/** One flag for an argument of a tool. Lists repeat or have commas, objects are JSON or key=value pairs. */
export function flagFor(name: string, schema: JsonObject, also = short[name]): Option {
  const help = helpFor(schema)
  const flag = `${also === undefined ? '' : `${also}, `}--${kebab(name)}`
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
      return ofTexts(schema)
        ? new Option(`${flag} <key=value>`, `${help} (repeatable, or with commas, or JSON)`.trimStart()).argParser(
            (value, before: unknown) => [...(Array.isArray(before) ? before.map(String) : []), value],
          )
        : new Option(`${flag} <json>`, `${help} (JSON, or key=value,…)`.trimStart())
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
      return ofTexts(schema)
        ? Object.assign({}, ...[given].flat().map(one => objectFrom(flag, String(one), true)))
        : objectFrom(flag, String(given), false)
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

function ofTexts({ additionalProperties }: JsonObject): boolean {
  return isObject(additionalProperties) && additionalProperties.type === 'string'
}

/** A value that is text may have commas: only what looks like the next pair ends it. */
function objectFrom(flag: string, text: string, isOfTexts: boolean): Json {
  if (text.trimStart().startsWith('{')) return jsonFrom(flag, text)
  return Object.fromEntries(
    text.split(isOfTexts ? /,(?=[^,=]+=)/ : ',').map((pair): [string, Json] => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`${flag} '${pair}' is no key=value pair`)
      const value = pair.slice(at + 1)
      const isBoolean = !isOfTexts && (value === 'true' || value === 'false')
      return [pair.slice(0, at), isBoolean ? value === 'true' : value]
    }),
  )
}

/** Arguments that are said in another way, and other spellings of flags. */
interface Spelled {
  readonly taken: readonly string[]
  readonly also?: Readonly<Record<string, string>>
}

/** The flags of a tool's arguments, without those that are said in another way. */
export function addFlags(command: Command, properties: ReadonlyMap<string, JsonObject>, { taken, also = {} }: Spelled): void {
  for (const [name, schema] of properties)
    if (!taken.includes(name) && name !== 'namespace' && name !== 'maxTokens') command.addOption(flagFor(name, schema, also[name]))
  if (properties.has('namespace'))
    command.addOption(new Option('-n, --namespace <name>', "the context's namespace without it, else flux-system"))
  if (properties.has('namespace') && !taken.includes('name'))
    command.addOption(new Option('-A, --all-namespaces', 'all namespaces').conflicts('namespace'))
  command.addOption(new Option('-o, --out <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
}
