import * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import type { Kind, KindVersion } from './kind.ts'
import type { KubeObject } from './manifest.ts'

/** The CustomResourceDefinition of a kind, with a structural schema per version. */
export function crdOf(kind: Kind): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}`, labels: { 'app.kubernetes.io/part-of': 'flux' } },
    spec: {
      group: kind.group,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        ...(kind.shortNames.length > 0 ? { shortNames: [...kind.shortNames] } : {}),
      },
      versions: kind.versions.map(version => versionOf(kind, version)),
    },
  }
}

function versionOf(kind: Kind, { name, storage, deprecated, spec, status, columns }: KindVersion): JsonObject {
  return {
    name,
    served: true,
    storage,
    ...(deprecated ? { deprecated: true, deprecationWarning: deprecated } : {}),
    subresources: { status: {} },
    additionalPrinterColumns: columns.map(c => ({
      name: c.name,
      type: c.type,
      jsonPath: c.path,
      ...(c.priority === undefined ? {} : { priority: c.priority }),
    })),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: kind.description,
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: structural(z.toJSONSchema(spec, { io: 'input' }) as Json),
          status: { ...structural(z.toJSONSchema(status, { io: 'input' }) as Json), default: { observedGeneration: -1 } },
        },
      },
    },
  }
}

const dropped = new Set(['$schema', 'propertyNames', 'id'])

/** JSON Schema as far as structural schemas have it: unknown fields are pruned, so nothing says that they may be there. */
function structural(schema: Json): JsonObject {
  if (!isObject(schema)) return {}
  const out: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (dropped.has(key) || isSafeBound(key, value)) continue
    if (key === 'properties' && isObject(value))
      out[key] = Object.fromEntries(Object.entries(value).map(([name, property]) => [name, structural(property ?? null)]))
    else if (key === 'items') out[key] = structural(value ?? null)
    else if (key === 'additionalProperties') {
      if (isObject(value) && Object.keys(value).length > 0) out[key] = structural(value)
    } else out[key] = key === 'pattern' && typeof value === 'string' ? value.replaceAll(String.raw`\/`, '/') : value
  }
  return out
}

/** zod bounds integers by what a double holds; the API does not. */
function isSafeBound(key: string, value: Json | undefined): boolean {
  return (key === 'minimum' || key === 'maximum') && typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER
}
