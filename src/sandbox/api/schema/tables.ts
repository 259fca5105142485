import type { KubeObject } from '../../../kinds/manifest.ts'
import { at, isObject, type Json, type JsonObject } from '../../../lib/json.ts'
import { columnsOf, type Printed, since } from './columns.ts'
import type { Column, Resource } from './resource.ts'

const identity = 'Name must be unique within a namespace.'
const nameColumn: Printed = { name: 'Name', type: 'string', format: 'name', cell: o => o.metadata.name }

/** Objects as the Table that kubectl prints. `include`: how much of each object goes along. */
export function tableOf(
  resource: Resource,
  objects: readonly KubeObject[],
  { now, metadata, include }: { now: number; metadata: JsonObject; include: string },
): JsonObject {
  const own = printed(resource)
  const all = own.some(c => c.format === 'name') ? own : [nameColumn, ...own]
  const part = (o: KubeObject): Json =>
    include === 'Object' ? o : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: o.metadata }
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: all.map(c => ({
      name: c.name,
      type: c.type,
      format: c.format ?? '',
      description: c === nameColumn ? identity : c.name,
      priority: c.wide ? 1 : 0,
    })),
    rows: objects.map(o => ({ cells: all.map(c => c.cell(o, now)), object: include === 'None' ? null : part(o) })),
  }
}

function printed(resource: Resource): readonly Printed[] {
  const custom = resource.custom?.columns
  if (!custom) return columnsOf(resource)
  if (custom.length === 0) return [{ name: 'Age', type: 'date', cell: (o, now) => since(o.metadata.creationTimestamp, now) }]
  return custom.map(c => ({ name: c.name, type: c.type, wide: c.wide, cell: (o, now) => cellAt(o, c, now) }))
}

function cellAt(object: KubeObject, { path, type }: Column, now: number): Json {
  const found = jsonPath(object, path)
  if (type === 'date' && typeof found === 'string') return since(found, now)
  return found === undefined || isObject(found) || Array.isArray(found) ? (found === undefined ? null : JSON.stringify(found)) : found
}

/** The paths that printer columns use: fields, and one filter on a list as `[?(@.type=="Ready")]`. */
export function jsonPath(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value
  for (const part of path.match(/\[\?\(@\.(\w+)\s*==\s*["'][^"']*["']\)\]|\[\d+\]|[^.[\]]+/g) ?? []) {
    const filter = /^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]$/.exec(part)
    if (filter) current = Array.isArray(current) ? current.find(item => at(item, filter[1] ?? '') === filter[2]) : undefined
    else if (part.startsWith('[')) current = Array.isArray(current) ? current[Number(part.slice(1, -1))] : undefined
    else current = isObject(current) ? current[part] : undefined
  }
  return current
}
