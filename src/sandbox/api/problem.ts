import { joinApiVersion } from '../../kinds/manifest.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Resource } from './schema/resource.ts'

/** One wrong field of an object: `message` as the API server words it, without the field. */
export interface Cause {
  readonly field: string
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueNotFound'
  readonly message: string
}

/** An answer that is a failure: a Kubernetes Status. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: JsonObject & { code: number }

  constructor([code, reason]: readonly [number, string], message: string, details?: JsonObject) {
    super(message)
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code,
    }
  }
}

/** `deployments.apps`, as the API names a resource. */
export function resourceName({ plural, group }: Pick<Resource, 'plural' | 'group'>): string {
  return group ? `${plural}.${group}` : plural
}

/** `Deployment.apps`. */
export function kindName({ kind, group }: Pick<Resource, 'kind' | 'group'>): string {
  return group ? `${kind}.${group}` : kind
}

function detailsOf(resource: Resource, name: string): JsonObject {
  return { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural }
}

/** Where a real server keeps an object, as some refusals say. */
function storedAt({ group, plural, custom }: Resource, { name, namespace }: { name: string; namespace: string | undefined }): string {
  const folder = custom ? `${group}/${plural}` : plural === 'services' ? 'services/specs' : plural
  return `/registry/${folder}/${namespace === undefined ? '' : `${namespace}/`}${name}`
}

export const problems = {
  notFound: (resource: Resource, name: string): ApiProblem =>
    new ApiProblem([404, 'NotFound'], `${resourceName(resource)} "${name}" not found`, detailsOf(resource, name)),
  noRoute: (): ApiProblem => new ApiProblem([404, 'NotFound'], 'the server could not find the requested resource', {}),
  exists: (resource: Resource, name: string): ApiProblem =>
    new ApiProblem([409, 'AlreadyExists'], `${resourceName(resource)} "${name}" already exists`, detailsOf(resource, name)),
  changed: (resource: Resource, name: string): ApiProblem =>
    new ApiProblem(
      [409, 'Conflict'],
      `Operation cannot be fulfilled on ${resourceName(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      detailsOf(resource, name),
    ),
  /** A condition of a deletion does not hold; unlike elsewhere the kind is named. */
  precondition: (resource: Resource, name: string, why: string): ApiProblem =>
    new ApiProblem([409, 'Conflict'], `Operation cannot be fulfilled on ${kindName(resource)} "${name}": ${why}`, {
      ...detailsOf(resource, name),
      kind: resource.kind,
    }),
  invalid: (resource: Resource, name: string, causes: readonly Cause[]): ApiProblem =>
    new ApiProblem([422, 'Invalid'], `${kindName(resource)} "${name}" is invalid: ${listed(causes)}`, {
      ...(name ? { name } : {}),
      ...(resource.group ? { group: resource.group } : {}),
      kind: resource.kind,
      causes: causes.map(c => ({ reason: c.reason, message: c.message, field: c.field })),
    }),
  unversioned: (resource: Resource, name: string): ApiProblem => {
    const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')
    return new ApiProblem([422, 'Invalid'], `${resourceName(resource)} "${name}" is invalid: ${listed([cause])}`, {
      ...detailsOf(resource, name),
      causes: [{ ...cause }],
    })
  },
  badRequest: (message: string): ApiProblem => new ApiProblem([400, 'BadRequest'], message),
  internal: (message: string): ApiProblem => new ApiProblem([500, 'InternalError'], message),
  /** What merging refuses: the real server gives no reason either. */
  untyped: (message: string): ApiProblem => new ApiProblem([500, ''], message),
  method: (): ApiProblem =>
    new ApiProblem([405, 'MethodNotAllowed'], 'the server does not allow this method on the requested resource', {}),
  mediaType: (accepted: readonly string[]): ApiProblem =>
    new ApiProblem(
      [415, 'UnsupportedMediaType'],
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    ),
  notAcceptable: (offered: readonly string[]): ApiProblem =>
    new ApiProblem([406, 'NotAcceptable'], `406: Not Acceptable\n\nAvailable representations: ${offered.join(', ')}`, {}),
  formNotAcceptable: (offered: readonly string[]): ApiProblem =>
    new ApiProblem([406, 'NotAcceptable'], `only the following media types are accepted: ${offered.join(', ')}`),
  tooLarge: (limit: number): ApiProblem => new ApiProblem([413, 'RequestEntityTooLarge'], `Request entity too large: limit is ${limit}`),
  expired: (message: string): ApiProblem => new ApiProblem([410, 'Expired'], message),
  /** A namespace on its way out takes nothing new in. */
  terminating: (resource: Resource, { name, namespace }: { name: string; namespace: string }): ApiProblem =>
    new ApiProblem(
      [403, 'Forbidden'],
      `${resourceName(resource)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      {
        ...detailsOf(resource, name),
        causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
      },
    ),
  otherUid: (
    resource: Resource,
    { name, namespace, uid, live }: { name: string; namespace: string | undefined; uid: string; live: string },
  ): ApiProblem =>
    new ApiProblem(
      [409, 'Conflict'],
      `Operation cannot be fulfilled on ${resourceName(resource)} "${name}": StorageError: invalid object, Code: 4, Key: ${storedAt(resource, { name, namespace })}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live}`,
      detailsOf(resource, name),
    ),
  forbidden: (resource: Resource, name: string, why: string): ApiProblem =>
    new ApiProblem([403, 'Forbidden'], `${resourceName(resource)} "${name}" is forbidden: ${why}`, detailsOf(resource, name)),
}

/** Causes as one message. */
export function listed(causes: readonly Cause[]): string {
  const lines = causes.map(c => `${c.field}: ${c.message}`)
  return lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`
}

/** A value as Go prints it in an `Invalid value`. */
export function shown(value: Json | undefined): string {
  return JSON.stringify(value ?? null)
}

export function invalidValue(field: string, value: Json | undefined, why: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${shown(value)}: ${why}` }
}
export function forbiddenValue(field: string, why: string): Cause {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` }
}
export function requiredValue(field: string, why = ''): Cause {
  return { field, reason: 'FieldValueRequired', message: why ? `Required value: ${why}` : 'Required value' }
}
export function notSupported(field: string, value: Json | undefined, supported: readonly string[]): Cause {
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(s => `"${s}"`).join(', ')}`,
  }
}

/** `apps/v1, Kind=Deployment`. */
export function printedKind(resource: Resource): string {
  return `${joinApiVersion(resource)}, Kind=${resource.kind}`
}
