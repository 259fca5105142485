import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { fill, type Rule } from './rule.ts'

function withNames(o: KubeObject): KubeObject {
  const names = objectAt(o, 'spec', 'names')
  const kind = stringAt(names, 'kind') ?? ''
  const complete = fill(names, { listKind: `${kind}List`, singular: kind.toLowerCase() })
  return { ...o, spec: fill({ ...o.spec, names: complete }, { conversion: { strategy: 'None' } }) }
}

/** A definition is served as soon as it is stored. */
function established(o: KubeObject): KubeObject {
  const storage = listAt(o, 'spec', 'versions').find(v => isObject(v) && v.storage === true)
  const stored = new Set([...listAt(o, 'status', 'storedVersions').map(String), stringAt(storage, 'name') ?? ''])
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: o.metadata.creationTimestamp ?? null,
  })
  if (o.metadata.deletionTimestamp !== undefined) return o
  return {
    ...o,
    status: {
      acceptedNames: objectAt(o, 'spec', 'names'),
      storedVersions: [...stored].filter(Boolean),
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    },
  }
}

const scopes = ['Cluster', 'Namespaced']

function problemsOf(o: KubeObject): Cause[] {
  const plural = stringAt(o, 'spec', 'names', 'plural') ?? ''
  const { group = '', scope } = objectAt(o, 'spec')
  const versions = listAt(o, 'spec', 'versions').filter(isObject)
  const stored = versions.filter(v => v.storage === true).length
  return [
    ...(o.metadata.name === `${plural}.${String(group)}`
      ? []
      : [invalidValue('metadata.name', o.metadata.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(group === '' ? [requiredValue('spec.group')] : []),
    ...(scopes.includes(String(scope)) ? [] : [notSupported('spec.scope', scope, scopes)]),
    ...(stored === 1
      ? []
      : [invalidValue('spec.versions', versions.map(internal), 'must have exactly one version marked as storage version')]),
    ...schemasOf(versions),
    ...(stored === 0 ? [invalidValue('status.storedVersions', null, 'must have at least one stored version')] : []),
  ]
}

/** A version as the server's own types print it: where there is one schema, it stands elsewhere. */
function internal({ name, served, storage, deprecated }: JsonObject): JsonObject {
  return {
    Name: name ?? '',
    Served: served === true,
    Storage: storage === true,
    Deprecated: deprecated === true,
    DeprecationWarning: null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }
}

function schemasOf(versions: readonly JsonObject[]): Cause[] {
  const missing = versions.flatMap((v, i) =>
    Object.keys(objectAt(v, 'schema', 'openAPIV3Schema')).length > 0 ? [] : [requiredValue(`spec.versions[${i}].schema.openAPIV3Schema`)],
  )
  if (missing.length > 0) return missing
  const [first, ...others] = versions.map(v => objectAt(v, 'schema', 'openAPIV3Schema'))
  if (first && others.every(o => equal(o, first))) return structureProblems(first, 'spec.validation.openAPIV3Schema')
  return versions.flatMap((v, i) =>
    structureProblems(objectAt(v, 'schema', 'openAPIV3Schema'), `spec.versions[${i}].schema.openAPIV3Schema`),
  )
}

function patternProblems(pattern: Json | undefined, field: string): Cause[] {
  if (typeof pattern !== 'string') return []
  try {
    void new RegExp(pattern)
    return []
  } catch (thrown) {
    return [invalidValue(field, pattern, `must be a valid regular expression, but isn't: ${messageOf(thrown)}`)]
  }
}

/** A structural schema names the type of every part. */
function structureProblems(schema: JsonObject, field: string, what = 'specified object fields'): Cause[] {
  const open = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  const { items, properties, additionalProperties } = schema
  return [
    ...(typeof schema.type === 'string' || open ? [] : [requiredValue(`${field}.type`, `must not be empty for ${what}`)]),
    ...Object.entries(isObject(properties) ? properties : {}).flatMap(([name, p]) =>
      isObject(p) ? structureProblems(p, `${field}.properties[${name}]`) : [],
    ),
    ...(isObject(items) ? structureProblems(items, `${field}.items`, 'specified array items') : []),
    ...(schema.type === 'array' && !isObject(items) ? [requiredValue(`${field}.items`, 'must be specified')] : []),
    ...patternProblems(schema.pattern, `${field}.pattern`),
    ...(isObject(additionalProperties)
      ? structureProblems(additionalProperties, `${field}.additionalProperties`, 'specified object fields')
      : []),
  ]
}

/** The rule of CustomResourceDefinition, by `group/Kind`. */
export const definitionRule: Readonly<Record<string, Rule>> = {
  'apiextensions.k8s.io/CustomResourceDefinition': { defaults: withNames, prepare: established, check: problemsOf },
}
