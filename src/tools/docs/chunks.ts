import * as z from 'zod'
import type { Kind } from '../../kinds/kind.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'

/** A piece of documentation that answers by itself. Its address is `flux-docs://TOPIC/SECTION`. */
export interface Chunk {
  readonly topic: string
  readonly section: string
  readonly title: string
  readonly text: string
}

/** A page of Markdown by its second headings. */
export function chunksOfPage(topic: string, markdown: string): Chunk[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map(part => {
      const [title = '', ...lines] = part.split('\n')
      return { topic, section: slug(title), title: title.trim(), text: lines.join('\n').trim() }
    })
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

const mostDepth = 4

/** The fields of a kind: one chunk for each field of its spec and status, with those below it. */
export function chunksOfKind({ kind, group, version, description, spec, status }: Kind): Chunk[] {
  const topic = kind.toLowerCase()
  const about = { topic, section: 'about', title: kind, text: `${kind} (${group}/${version}): ${description}` }
  const of = (part: 'spec' | 'status', schema: z.ZodObject): Chunk[] => {
    const { properties } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
    const required = requiredOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject)
    return Object.entries(isObject(properties) ? properties : {}).map(([name, field]) => ({
      topic,
      section: `${part}.${name}`,
      title: `${kind} ${part}.${name}`,
      text: linesOf(`${part}.${name}`, field ?? null, { required: required.includes(name), depth: 0 }).join('\n'),
    }))
  }
  return [about, ...of('spec', spec), ...of('status', status)]
}

function linesOf(path: string, schema: Json, { required, depth }: { required: boolean; depth: number }): string[] {
  if (!isObject(schema) || depth > mostDepth) return []
  const { description, default: preset, enum: values, pattern, properties, items } = schema
  const facts = [
    typeOf(schema),
    ...(required ? ['required'] : []),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
    ...(Array.isArray(values) ? [`one of ${values.map(String).join(', ')}`] : []),
    ...(typeof pattern === 'string' && pattern.length < 80 ? [`pattern ${pattern}`] : []),
  ]
  const line = `${path} (${facts.join('; ')})${typeof description === 'string' ? `: ${description}` : ''}`
  const below = isObject(items) ? items : schema
  const inner = isObject(below.properties) ? below.properties : isObject(properties) ? properties : {}
  const needed = requiredOf(below)
  const prefix = isObject(items) ? `${path}[]` : path
  return [
    line,
    ...Object.entries(inner).flatMap(([name, field]) =>
      linesOf(`${prefix}.${name}`, field ?? null, { required: needed.includes(name), depth: depth + 1 }),
    ),
  ]
}

function typeOf({ type, anyOf, items }: JsonObject): string {
  if (typeof type === 'string') return type === 'array' && isObject(items) ? `list of ${typeOf(items)}` : type
  return Array.isArray(anyOf) ? anyOf.map(one => (isObject(one) ? typeOf(one) : 'any')).join(' or ') : 'any'
}

function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? required.map(String) : []
}
