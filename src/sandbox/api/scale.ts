import { joinApiVersion, type KubeObject } from '../../kinds/manifest.ts'
import { at, type JsonObject, objectAt, stringAt } from '../../lib/json.ts'
import { checkIdentity } from './admit.ts'
import { decodeBody, readBody } from './body.ts'
import type { Answer, Api, Asked } from './handlers.ts'
import { applied } from './managed.ts'
import { patchedObject, patchType } from './patch.ts'
import { ApiProblem, type Cause, invalidValue, problems } from './problem.ts'
import { existing } from './schema/render.ts'
import { bodyOf, contextOf } from './requests.ts'
import type { Resource } from './schema/resource.ts'
import { type Draft, type Target, write, type WriteContext } from './write.ts'

/** The kind that the subresource answers with. */
const scaleResource: Resource = {
  group: 'autoscaling',
  version: 'v1',
  storageVersion: 'v1',
  kind: 'Scale',
  plural: 'scales',
  singular: 'scale',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
}

/** Where the replicas are; custom resources say it themselves. */
function pathsOf({ custom }: Resource): { spec: string[]; status: string[]; selector: string[] } {
  const given = custom?.scale
  const path = (text: string | undefined, otherwise: string): string[] => (text || otherwise).split('.').filter(Boolean)
  return {
    spec: path(given?.spec, 'spec.replicas'),
    status: path(given?.status, 'status.replicas'),
    selector: path(given?.selector, ''),
  }
}

/** The scale subresource of a workload, or of a custom resource that has one. @throws {ApiProblem} */
export async function scale(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path, request } = asked
  const target = { resource, namespace: path.namespace, name: path.name ?? '' }
  const live = existing(api, target)
  if (request.method === 'GET') return { status: 200, body: scaleOf(live, resource) }
  const draft = drafting(api, asked, target)
  const done = await write(target, { verb: 'patch', draft: (now = live) => draft.change(now) }, draft.context)
  return { status: 200, body: scaleOf(done.object, resource), warnings: done.warnings }
}

function drafting(api: Api, asked: Asked, target: Target): { context: WriteContext; change(now: KubeObject): Promise<Draft> } {
  const { request, body } = asked
  if (request.method === 'PUT') {
    const context = contextOf(api, asked, { kind: 'UpdateOptions' })
    const { object, warnings } = decodeBody(scaleResource, bodyOf(asked), context)
    const given = checkIdentity(scaleResource, object, target)
    return { context, change: async now => ({ object: scaled(now, given, target.resource), warnings }) }
  }
  if (request.method !== 'PATCH') throw problems.method()
  const { mediaType, apply } = patchType(target, request.headers['content-type'] ?? '')
  const context = contextOf(api, asked, { kind: 'PatchOptions', apply })
  if (apply) return { context, change: now => applying(now, { target, body }, context) }
  return {
    context,
    async change(now) {
      const before = scaleOf(now, target.resource)
      const { object, warnings } = await patchedObject({ resource: scaleResource }, { live: before, mediaType, body }, context)
      return { object: scaled(now, checkIdentity(scaleResource, object, target), target.resource), warnings }
    },
  }
}

/** Who applies a scale owns the replicas of the object. */
async function applying(now: KubeObject, { target, body }: { target: Target; body: string }, context: WriteContext): Promise<Draft> {
  const { value } = readBody(body, 'application/apply-patch+yaml')
  const { resource, name } = target
  const kind = stringAt(value, 'kind') ?? ''
  if (kind !== 'Scale') throw problems.badRequest(`invalid object type: ${stringAt(value, 'apiVersion') ?? ''}, Kind=${kind}`)
  const wanted = scaled({ apiVersion: joinApiVersion(resource), kind: resource.kind, metadata: { name } }, objectAt(value), resource)
  const object = await applied(now, wanted, { resource, context }).catch(thrown => Promise.reject(inScaleTerms(thrown, resource)))
  return { object, warnings: [], managed: true }
}

/** Conflicts name the version of the scale, not the one of its object. */
function inScaleTerms(thrown: unknown, resource: Resource): unknown {
  if (!(thrown instanceof ApiProblem)) return thrown
  const own = (text: string): string => text.replaceAll(`using ${joinApiVersion(resource)}`, 'using autoscaling/v1')
  const { code, reason, message, details } = thrown.status
  return new ApiProblem([code, String(reason ?? '')], own(String(message)), JSON.parse(own(JSON.stringify(details ?? {}))) as JsonObject)
}

/** The scale of an object. */
function scaleOf(object: KubeObject, resource: Resource): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const paths = pathsOf(resource)
  const selector = resource.custom ? stringAt(object, ...paths.selector) : selectorOf(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace: namespace ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: creationTimestamp ?? '',
    },
    spec: withoutZero(at(object, ...paths.spec)),
    status: { replicas: at(object, ...paths.status) ?? 0, ...(selector ? { selector } : {}) },
  }
}

function withoutZero(replicas: unknown): JsonObject {
  return typeof replicas === 'number' && replicas !== 0 ? { replicas } : {}
}

function selectorOf(object: KubeObject): string {
  return Object.entries(objectAt(object, 'spec', 'selector', 'matchLabels'))
    .map(([k, v]) => `${k}=${String(v)}`)
    .join(',')
}

function scaled(object: KubeObject, scale: JsonObject, resource: Resource): KubeObject {
  const replicas = at(scale, 'spec', 'replicas') ?? 0
  const causes: Cause[] =
    typeof replicas === 'number' && replicas < 0 ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')] : []
  if (causes.length > 0) throw problems.invalid(scaleResource, object.metadata.name, causes)
  const version = stringAt(scale, 'metadata', 'resourceVersion')
  const [first = 'spec', ...rest] = pathsOf(resource).spec
  const metadata = version ? { ...object.metadata, resourceVersion: version } : object.metadata
  return { ...object, metadata, [first]: withValue(objectAt(object, first), rest, replicas) }
}

function withValue(object: JsonObject, [key = '', ...rest]: readonly string[], value: JsonObject[string]): JsonObject {
  return { ...object, [key]: rest.length === 0 ? value : withValue(objectAt(object, key), rest, value) }
}
