// Makes kernel/k8s/builtin.json: the schemas of Kubernetes' built-in kinds, stripped to what merging, pruning and defaulting need.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, type Json, type JsonObject } from '../../src/lib/json.ts'

const kept = new Set([
  'type',
  'format',
  'items',
  'properties',
  'additionalProperties',
  '$ref',
  'allOf',
  'oneOf',
  'anyOf',
  'default',
  'required',
  'enum',
])
const keptExtension = /^x-kubernetes-(list|map|patch|preserve|int|embedded|group-version-kind)/

function slim(schema: Json | undefined): Json {
  if (Array.isArray(schema)) return schema.map(slim)
  if (!isObject(schema)) return schema ?? null
  const out: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isObject(value)) out[key] = Object.fromEntries(Object.entries(value).map(([name, p]) => [name, slim(p)]))
    else if (key === 'default' || keptExtension.test(key)) out[key] = value
    else if (kept.has(key)) out[key] = slim(value)
  }
  return out
}

/** @param version Of k8s.io/kubernetes, as `v1.37.2`. @param target The file to write. */
export function writeBuiltinSchemas(version: string, target: string): void {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' }
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `k8s.io/kubernetes@${version}`], { env, encoding: 'utf8' }),
  ) as { Dir: string }
  const folder = join(Dir, 'api/openapi-spec/v3')
  const definitions: JsonObject = {}
  for (const file of readdirSync(folder).toSorted()) {
    const document = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { components?: { schemas?: JsonObject } }
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      const definition = slim(schema)
      if (!isObject(definition)) continue
      const kinds = definition['x-kubernetes-group-version-kind']
      if (Array.isArray(kinds) && kinds.length > 1) delete definition['x-kubernetes-group-version-kind']
      definitions[name] ??= definition
    }
  }
  const sorted = Object.fromEntries(Object.entries(definitions).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(target, JSON.stringify(sorted))
}

if (import.meta.main) writeBuiltinSchemas('v1.37.2', join(import.meta.dirname, '../../kernel/k8s/builtin.json'))
