import { type KubeObject, joinApiVersion } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import { conform } from '../../kinds/typed/conform.ts'
import { accessRules } from '../rules/access.ts'
import { coreRules } from '../rules/core.ts'
import { definitionRule } from '../rules/definitions.ts'
import { finalizerWarnings, metadataProblems } from '../rules/names.ts'
import { policyRules } from '../rules/policies.ts'
import type { Rule } from '../rules/rule.ts'
import { workloadRules } from '../rules/workloads.ts'
import { builtinResources } from './schema/builtin.ts'
import { type Cause, problems } from './problem.ts'
import { withDefaults } from './schema/prune.ts'
import type { Resource } from './schema/resource.ts'
import type { Schemas } from './schema/schemas.ts'
import type { Store } from './store/store.ts'
import { ruleProblems, schemaProblems } from './schema/validate.ts'

const rules: Readonly<Record<string, Rule>> = { ...coreRules, ...accessRules, ...policyRules, ...workloadRules, ...definitionRule }
const namespaces = { group: '', plural: 'namespaces' }
const ruleOf = ({ group, kind, custom }: Resource): Rule | undefined => (custom ? undefined : rules[`${group}/${kind}`])

/** Defaults as they are filled in while decoding, before anybody is recorded as their owner. A request's nulls are dropped, those of a merge are not. */
export function defaulted(
  resource: Resource,
  object: KubeObject,
  { schemas, nulls }: { schemas: Schemas; nulls: 'dropped' | 'kept' },
): KubeObject {
  if (resource.custom) return asObject(withDefaults(object, schemas.of(resource) ?? {}, nulls), object)
  return ruleOf(resource)?.defaults?.(object) ?? object
}

/** What the server itself sets, such as a Service's address; the object as Go's types write it. Custom objects get defaults as they are stored, a status they lost included. */
export function prepared(
  resource: Resource,
  { object, live }: { object: KubeObject; live: KubeObject | undefined },
  { schemas, clock }: { schemas: Schemas; clock: Clock },
): KubeObject {
  if (resource.custom) return defaulted(resource, object, { schemas, nulls: 'kept' })
  const made = ruleOf(resource)?.prepare?.(object, { live, clock }) ?? object
  const definition = schemas.nameOf(resource)
  return definition === undefined ? made : asObject(conform(made, definition, schemas.definitions).value, made)
}

/** @returns Warnings. @throws {ApiProblem} Invalid */
export function validate(
  resource: Resource,
  { object, live, subresource }: { object: KubeObject; live: KubeObject | undefined; subresource: string | undefined },
  schemas: Schemas,
): string[] {
  const schema = schemas.of(resource) ?? {}
  const rule = subresource === 'status' ? undefined : ruleOf(resource)
  const causes = [
    ...metadataProblems(object, resource.custom === undefined),
    ...(resource.custom ? customProblems(object, schema) : []),
    ...(rule?.check?.(object, live) ?? []),
  ]
  if (causes.length > 0) throw problems.invalid(resource, object.metadata.name, causes)
  return [...(rule?.warn?.(object) ?? []), ...(resource.custom ? finalizerWarnings(object) : [])]
}

function customProblems(object: KubeObject, schema: JsonObject): Cause[] {
  const wrong = schemaProblems(object, schema, '')
  return wrong.length > 0 ? wrong : ruleProblems(object, schema, '')
}

function asObject(value: Json, like: KubeObject): KubeObject {
  const given = isObject(value) ? value : {}
  const metadata = isObject(given.metadata) ? given.metadata : {}
  return { ...given, apiVersion: like.apiVersion, kind: like.kind, metadata: { ...metadata, name: like.metadata.name } }
}

/** A new object needs its namespace to be there, and not on its way out. */
export function admitNamespace(resource: Resource, object: KubeObject, store: Store): void {
  const { namespace, name } = object.metadata
  if (!resource.namespaced || namespace === undefined) return
  const home = store.get(namespaces, undefined, namespace)
  const kind = builtinResources.find(r => r.plural === 'namespaces')
  if (!home && kind) throw problems.notFound(kind, namespace)
  if (home?.metadata.deletionTimestamp) throw problems.terminating(resource, { name, namespace })
}

/** The body must be the object that the path names. @throws {ApiProblem} BadRequest */
export function checkIdentity(
  resource: Resource,
  object: KubeObject,
  at: { namespace: string | undefined; name?: string | undefined },
): KubeObject {
  if (at.name !== undefined && object.metadata.name !== '' && object.metadata.name !== at.name)
    throw problems.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${at.name})`)
  if (object.metadata.namespace !== undefined && at.namespace !== undefined && object.metadata.namespace !== at.namespace)
    throw problems.badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  const { namespace: _, ...metadata } = object.metadata
  return {
    ...object,
    apiVersion: joinApiVersion(resource),
    metadata: {
      ...metadata,
      name: object.metadata.name || (at.name ?? ''),
      ...(resource.namespaced && at.namespace !== undefined ? { namespace: at.namespace } : {}),
    },
  }
}
