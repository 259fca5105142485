import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject } from '../../lib/json.ts'
import { coreRules } from '../rules/core.ts'
import { metadataProblems } from '../rules/names.ts'
import type { Rule } from '../rules/rule.ts'
import { workloadRules } from '../rules/workloads.ts'
import { definitionRule } from '../rules/definitions.ts'
import { printedKind, problems } from './problem.ts'
import { prune, withDefaults } from './prune.ts'
import { builtinResources } from './builtin.ts'
import type { Resource } from './resource.ts'
import type { Schemas } from './schemas.ts'
import type { Store } from './store.ts'
import { schemaProblems } from './validate.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'
/** The object as it may be stored, with warnings about fields that were dropped. */
export interface Admitted {
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

const rules: Readonly<Record<string, Rule>> = { ...coreRules, ...workloadRules, ...definitionRule }
const namespaces = { group: '', plural: 'namespaces' }

/** Prunes, fills in defaults and validates. @throws {ApiProblem} Invalid, or BadRequest for unknown fields under Strict. */
export function admit(
  resource: Resource,
  { object, live }: { object: KubeObject; live: KubeObject | undefined },
  { schemas, validation }: { schemas: Schemas; validation: FieldValidation },
): Admitted {
  const schema = schemas.of(resource) ?? {}
  const dropped: string[] = []
  const pruned = asObject(prune(object, schema, { resolve: schemas.resolve, open: !resource.custom, dropped }), object)
  const unknown = dropped.map(path => `unknown field "${path}"`)
  if (unknown.length > 0 && validation === 'Strict')
    throw problems.badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${unknown.join(', ')}`,
    )
  const rule = rules[`${resource.group}/${resource.kind}`]
  const filled = resource.custom ? asObject(withDefaults(pruned, schema), pruned) : (rule?.defaults?.(pruned, live) ?? pruned)
  const causes = [
    ...metadataProblems(filled),
    ...(resource.custom ? schemaProblems(filled, { ...schema, required: [...requiredOf(schema)] }, '') : []),
    ...(rule?.check?.(filled, live) ?? []),
  ]
  if (causes.length > 0) throw problems.invalid(resource, filled.metadata.name, causes)
  return { object: filled, warnings: validation === 'Warn' ? unknown : [] }
}

function requiredOf(schema: { required?: unknown }): string[] {
  return Array.isArray(schema.required) ? schema.required.map(String) : []
}

function asObject(value: unknown, like: KubeObject): KubeObject {
  return { ...(isObject(value) ? value : {}), apiVersion: like.apiVersion, kind: like.kind, metadata: like.metadata }
}

/** A new object needs its namespace to be there, and not on its way out. */
export function admitNamespace(resource: Resource, object: KubeObject, store: Store): void {
  const { namespace, name } = object.metadata
  if (!resource.namespaced || namespace === undefined) return
  const home = store.get(namespaces, undefined, namespace)
  const kind = builtinResources.find(r => r.plural === 'namespaces')
  if (!home && kind) throw problems.notFound(kind, namespace)
  if (home?.metadata.deletionTimestamp)
    throw problems.forbidden(resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`)
}

/** The body must be an object of the resource that the path names. @throws {ApiProblem} BadRequest */
export function checkIdentity(
  resource: Resource,
  object: KubeObject,
  at: { namespace: string | undefined; name?: string | undefined },
): KubeObject {
  const expected = resource.group ? `${resource.group}/${resource.version}` : resource.version
  if (object.kind !== resource.kind || object.apiVersion !== expected)
    throw problems.badRequest(
      `${object.apiVersion}, Kind=${object.kind} in the body does not match ${printedKind(resource)} of the request`,
    )
  if (at.name !== undefined && object.metadata.name !== at.name)
    throw problems.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${at.name})`)
  if (object.metadata.namespace !== undefined && at.namespace !== undefined && object.metadata.namespace !== at.namespace)
    throw problems.badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  const { namespace: _, ...metadata } = object.metadata
  return {
    ...object,
    metadata: {
      ...metadata,
      name: object.metadata.name,
      ...(resource.namespaced && at.namespace !== undefined ? { namespace: at.namespace } : {}),
    },
  }
}
