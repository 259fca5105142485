import type { KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import { checkIdentity } from './admit.ts'
import { decodeBody } from './body.ts'
import { removeAllOf, removeOne } from './delete.ts'
import type { Answer, Api, Asked } from './handlers.ts'
import { writeOptions, type OptionsKind } from './options.ts'
import { patchChange, patchType } from './patch.ts'
import { problems } from './problem.ts'
import { existing, rendered } from './schema/render.ts'
import { type Draft, type Target, write, type WriteContext, type Written } from './write.ts'

/** A request for one object that changes it. @throws {ApiProblem} */
export async function changeOne(api: Api, asked: Asked, target: Target): Promise<Answer> {
  const { request, body } = asked
  switch (request.method) {
    case 'PUT': {
      const context = contextOf(api, asked, { kind: 'UpdateOptions' })
      const { object, warnings } = decodeBody(target.resource, bodyOf(asked), context)
      const draft = { object: checkIdentity(target.resource, object, target), warnings }
      return written(api, asked, await write(target, { verb: 'replace', draft: async () => draft }, context))
    }
    case 'PATCH': {
      const { mediaType, apply } = patchType(target, request.headers['content-type'] ?? '')
      const context = contextOf(api, asked, { kind: 'PatchOptions', apply })
      return written(api, asked, await write(target, patchChange(target, { mediaType, body }, context), context))
    }
    case 'DELETE':
      return removeOne(target, { body: bodyOf(asked), query: asked.query }, api)
    default:
      throw problems.method()
  }
}

/** POST of a new object. @throws {ApiProblem} */
export async function create(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path } = asked
  if (resource.namespaced && path.namespace === undefined) throw problems.method()
  const context = contextOf(api, asked, { kind: 'CreateOptions' })
  const { object: decoded, warnings } = decodeBody(resource, bodyOf(asked), context)
  const object = withName(checkIdentity(resource, decoded, { namespace: path.namespace }), api.clock)
  const target = { resource, namespace: path.namespace, name: object.metadata.name }
  return written(api, asked, await write(target, { verb: 'create', draft: async () => ({ object, warnings }) }, context))
}

/** DELETE of a collection. @throws {ApiProblem} */
export async function removeAll(api: Api, asked: Asked, matches: (object: KubeObject) => boolean): Promise<Answer> {
  return { status: 200, body: await removeAllOf(asked.resource, { matches, body: bodyOf(asked), query: asked.query }, api) }
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

function withName(object: KubeObject, clock: Clock): KubeObject {
  const { name, generateName } = object.metadata
  if (name !== '' || typeof generateName !== 'string' || generateName === '') return object
  const ending = Array.from({ length: 5 }, () => alphabet[Math.floor(clock.random() * alphabet.length)]).join('')
  return { ...object, metadata: { ...object.metadata, name: generateName.slice(0, 58) + ending } }
}

/** Sets a namespace's own finalizers; without any a terminating namespace goes. */
export async function finalize(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path, request } = asked
  if (request.method !== 'PUT') throw problems.method()
  const target = { resource, namespace: undefined, name: path.name ?? '' }
  const context = contextOf(api, asked, { kind: 'UpdateOptions' })
  const { object: given, warnings } = decodeBody(resource, bodyOf(asked), context)
  const draft = async (live: KubeObject | undefined): Promise<Draft> => ({
    object: { ...(live ?? existing(api, target)), spec: { finalizers: given.spec?.finalizers ?? [] } },
    warnings,
    managed: true,
  })
  return written(api, asked, await write(target, { verb: 'replace', draft }, context))
}

/** The text of a request's body. */
export function bodyOf({ body, mediaType }: Asked): { text: string; mediaType: string } {
  return { text: body, mediaType }
}

/** What a write knows, from its request. @throws {ApiProblem} Invalid options */
export function contextOf(
  api: Api,
  { request, query, path, signal }: Asked,
  { kind, apply = false }: { kind: OptionsKind; apply?: boolean },
): WriteContext {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  return {
    store: api.store,
    schemas: api.schemas,
    kernel: api.kernel,
    clock: api.clock,
    signal,
    ...writeOptions(query, { kind, agent, apply }),
    ...(path.subresource ? { subresource: path.subresource } : {}),
  }
}

function written(api: Api, asked: Asked, { object, created, warnings }: Written): Answer {
  return { status: created ? 201 : 200, body: rendered(api, asked, object), warnings }
}

/** Answers a question about own rights: the sandbox has no RBAC. */
export function allowed(api: Api, asked: Asked): Answer {
  const { object } = decodeBody(asked.resource, bodyOf(asked), contextOf(api, asked, { kind: 'CreateOptions' }))
  const { name: _, ...metadata } = object.metadata
  return {
    status: 201,
    body: {
      ...object,
      metadata: stringAt(metadata, 'name') ? object.metadata : metadata,
      status: { allowed: true, reason: 'the sandbox has no RBAC' },
    },
  }
}
