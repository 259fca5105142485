import { joinApiVersion } from '../../../kinds/manifest.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { isObject } from '../../../lib/json.ts'
import type { Catalog } from './catalog.ts'
import type { Resource } from './resource.ts'
import type { Schemas } from './schemas.ts'

const refPrefix = '#/components/schemas/'

/** `/openapi/v3`: where each group version's document is. */
export function openapiIndex(catalog: Catalog): JsonObject {
  const paths = [...catalog.groups()].flatMap(([group, versions]) =>
    versions.map(version => (group ? `apis/${group}/${version}` : `api/${version}`)),
  )
  return { paths: Object.fromEntries(paths.map(path => [path, { serverRelativeURL: `/openapi/v3/${path}` }])) }
}

/** The OpenAPI v3 document of one group version, with the definitions that it needs. */
export function openapiDocument(catalog: Catalog, schemas: Schemas, at: { group: string; version: string }): JsonObject | undefined {
  const resources = catalog.resources().filter(r => r.group === at.group && r.version === at.version)
  if (resources.length === 0) return undefined
  const definitions: JsonObject = {}
  const own: [string, JsonObject][] = resources.flatMap(r => definitionOf(r, schemas))
  for (const [name, schema] of own) add(name, schema, { schemas, definitions })
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.37.2' },
    paths: Object.fromEntries(resources.flatMap(pathsOf)),
    components: { schemas: definitions },
  }
}

function definitionOf(resource: Resource, schemas: Schemas): [string, JsonObject][] {
  const schema = schemas.of(resource)
  if (!schema) return []
  const { group, version, kind } = resource
  const name =
    Object.keys(schemas.definitions).find(key => schemas.definitions[key] === schema) ??
    `${group.split('.').toReversed().join('.')}.${version}.${kind}`
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    ...(isObject(schema.properties) ? schema.properties : {}),
    metadata: { $ref: `${refPrefix}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` },
  }
  return [[name, { ...schema, properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] }]]
}

function add(name: string, schema: JsonObject, into: { schemas: Schemas; definitions: JsonObject }): void {
  if (into.definitions[name] !== undefined) return
  into.definitions[name] = schema
  for (const ref of refsOf(schema)) {
    const found = into.schemas.resolve(ref)
    if (found) add(ref.slice(refPrefix.length), found, into)
  }
}

function refsOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' && typeof item === 'string' ? [item] : refsOf(item)))
}

function pathsOf(resource: Resource): [string, JsonObject][] {
  const { group, version, kind, plural, namespaced } = resource
  const base = `/${group ? 'apis/' : 'api/'}${joinApiVersion({ group, version })}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`
  const gvk = { group, version, kind }
  const operation = (action: string): JsonObject => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    responses: {},
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
  })
  return [
    [base, { get: operation('list'), post: operation('post') }],
    [`${base}/{name}`, { get: operation('get'), put: operation('put'), patch: operation('patch'), delete: operation('delete') }],
  ]
}
