import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import type { FieldValidation } from './admit.ts'
import type { Catalog } from './catalog.ts'
import { deleteRequest, remove } from './delete.ts'
import type { Pages } from './pages.ts'
import { asObject, mergePatch, parsed, patchChange } from './patch.ts'
import type { ResourcePath } from './path.ts'
import { problems } from './problem.ts'
import type { Resource } from './resource.ts'
import { scaledTo, scaleOf } from './scale.ts'
import type { Schemas } from './schemas.ts'
import { fieldSelector, labelSelector } from './selectors.ts'
import type { Store } from './store.ts'
import { tableOf } from './tables.ts'
import { watch } from './watch.ts'
import { inVersion, type Target, tracked, write, type WriteContext, type Written } from './write.ts'
import { checkIdentity } from './admit.ts'

/** What the handlers of one server share. */
export interface Api {
  readonly store: Store
  readonly catalog: Catalog
  readonly schemas: Schemas
  readonly pages: Pages
  readonly kernel: Kernel
  readonly clock: Clock
}

/** One request for a resource that is served. `body` is read to its end. */
export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: ResourcePath
  readonly resource: Resource
  readonly query: URLSearchParams
  readonly body: string
  readonly signal: AbortSignal
}

/** An answer to send as JSON. */
export interface Answer {
  readonly status: number
  readonly body: JsonObject
  readonly warnings?: readonly string[] | undefined
}

/** Answers one request; `undefined` when the response was streamed. @throws {ApiProblem} */
export async function handle(api: Api, asked: Asked): Promise<Answer | undefined> {
  const { path, request, resource } = asked
  if (resource.plural === 'selfsubjectaccessreviews') return allowed(asked)
  if (path.name === undefined) {
    if (request.method === 'GET')
      return asked.query.get('watch') === 'true' || asked.query.get('watch') === '1'
        ? stream(api, asked)
        : { status: 200, body: list(api, asked) }
    if (request.method === 'POST') return create(api, asked)
    if (request.method === 'DELETE') return removeAll(api, asked)
    throw problems.method(String(request.method))
  }
  if (resource.namespaced !== (path.namespace !== undefined)) throw problems.noRoute()
  if (path.subresource === 'finalize') return finalize(api, asked)
  if (path.subresource === 'scale') return scale(api, asked)
  if (path.subresource !== undefined && !resource.subresources.includes(path.subresource)) throw problems.noRoute()
  return one(api, asked, { resource, namespace: path.namespace, name: path.name })
}

function allowed({ body }: Asked): Answer {
  const review = parsed(body)
  return { status: 201, body: { ...(isObject(review) ? review : {}), status: { allowed: true, reason: 'the sandbox has no RBAC' } } }
}

async function one(api: Api, asked: Asked, target: Target): Promise<Answer> {
  const { request, body, query } = asked
  const context = contextOf(api, asked)
  switch (request.method) {
    case 'GET':
      return { status: 200, body: rendered(api, asked, existing(api, target)) }
    case 'PUT':
      return written(api, asked, await write(target, replaceChange(target, asObject(parsed(body)), context), context))
    case 'PATCH':
      return written(
        api,
        asked,
        await write(
          target,
          patchChange(target, { type: request.headers['content-type'] ?? '', body, force: query.get('force') === 'true' }, context),
          context,
        ),
      )
    case 'DELETE':
      return { status: 200, body: await remove(target, deleteRequest(body ? parsed(body) : undefined, query), api) }
    default:
      throw problems.method(String(request.method))
  }
}

function replaceChange(target: Target, given: KubeObject, context: WriteContext): (live: KubeObject | undefined) => Promise<KubeObject> {
  const object = checkIdentity(target.resource, given, target)
  return async live => {
    if (!live) throw problems.notFound(target.resource, target.name)
    return tracked(live, object, { resource: target.resource, context })
  }
}

async function create(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path } = asked
  const document = parsed(asked.body)
  const given = asObject(withGeneratedName(document, api.clock))
  const namespace = path.namespace ?? (resource.namespaced ? given.metadata.namespace : undefined)
  if (resource.namespaced && namespace === undefined) throw problems.badRequest('an empty namespace may not be set during creation')
  const object = checkIdentity(resource, given, { namespace })
  const target = { resource, namespace, name: object.metadata.name }
  const context = contextOf(api, asked)
  const done = await write(
    target,
    async live => {
      if (live) throw problems.exists(resource, target.name)
      return tracked(undefined, object, { resource, context })
    },
    context,
  )
  return written(api, asked, done)
}

function withGeneratedName(document: Json, clock: Clock): Json {
  const metadata = isObject(document) && isObject(document.metadata) ? document.metadata : undefined
  if (!isObject(document) || !metadata || metadata.name || typeof metadata.generateName !== 'string') return document
  return { ...document, metadata: { ...metadata, name: `${metadata.generateName}${clock.id(3).slice(0, 5)}` } }
}

/** Sets a namespace's own finalizers; without any a terminating namespace goes. */
async function finalize(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path, body } = asked
  const target = { resource, namespace: undefined, name: path.name ?? '' }
  const given = asObject(parsed(body))
  const context = contextOf(api, asked)
  const done = await write(
    target,
    async live => ({ ...(live ?? existing(api, target)), spec: { finalizers: given.spec?.finalizers ?? [] } }),
    context,
  )
  return written(api, asked, done)
}

async function scale(api: Api, asked: Asked): Promise<Answer> {
  const { resource, path, request, body } = asked
  const target = { resource, namespace: path.namespace, name: path.name ?? '' }
  if (!resource.subresources.includes('scale')) throw problems.noRoute()
  const live = existing(api, target)
  if (request.method === 'GET') return { status: 200, body: scaleOf(live) }
  const given = parsed(body)
  const wanted = request.method === 'PUT' ? given : mergePatch(scaleOf(live), given)
  const context = contextOf(api, asked)
  const done = await write(
    target,
    async now => tracked(now, scaledTo(now ?? live, isObject(wanted) ? wanted : {}), { resource, context }),
    context,
  )
  return { status: 200, body: scaleOf(done.object) }
}

function existing({ store }: Api, { resource, namespace, name }: Target): KubeObject {
  const live = store.get(resource, namespace, name)
  if (!live) throw problems.notFound(resource, name)
  return inVersion(live, resource)
}

function contextOf(api: Api, { request, query, path, signal }: Asked): WriteContext {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  const validation = query.get('fieldValidation') ?? 'Warn'
  return {
    store: api.store,
    schemas: api.schemas,
    kernel: api.kernel,
    clock: api.clock,
    signal,
    manager: query.get('fieldManager') || agent,
    dryRun: query.get('dryRun') === 'All',
    validation: validation === 'Strict' || validation === 'Ignore' ? validation : ('Warn' satisfies FieldValidation),
    ...(path.subresource === 'status' ? { subresource: 'status' } : {}),
  }
}

function written(api: Api, asked: Asked, { object, created, warnings }: Written): Answer {
  return { status: created ? 201 : 200, body: rendered(api, asked, object), warnings }
}

function selected({ query, path }: Asked): (object: KubeObject) => boolean {
  const labels = labelSelector(query.get('labelSelector') ?? '')
  const fields = fieldSelector(query.get('fieldSelector') ?? '')
  return o => (path.namespace === undefined || o.metadata.namespace === path.namespace) && labels(o) && fields(o)
}

function list(api: Api, asked: Asked): JsonObject {
  const { resource, query } = asked
  const matches = selected(asked)
  const page = api.pages.page(
    () => ({ objects: api.store.list(resource).filter(matches), revision: api.store.revision }),
    Number(query.get('limit') ?? 0),
    query.get('continue'),
  )
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.token ? { continue: page.token, remainingItemCount: page.remaining ?? 0 } : {}),
  }
  const objects = page.objects.map(o => inVersion(o, resource))
  const form = formOf(asked)
  if (form === 'Table') return tableOf(resource, objects, { now: api.clock.now(), metadata })
  if (form === 'Metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(metadataOnly) }
  return {
    kind: `${resource.kind}List`,
    apiVersion: resource.group ? `${resource.group}/${resource.version}` : resource.version,
    metadata,
    items: objects.map(({ apiVersion: _, kind: __, ...rest }) => (resource.custom ? { apiVersion: _, kind: __, ...rest } : rest)),
  }
}

async function stream(api: Api, asked: Asked): Promise<undefined> {
  const { query, resource, response, signal } = asked
  await watch(response, api, {
    resource,
    matches: selected(asked),
    from: query.get('resourceVersion'),
    initialEvents: query.get('sendInitialEvents') === 'true',
    bookmarks: query.get('allowWatchBookmarks') === 'true',
    timeoutSeconds: Number(query.get('timeoutSeconds') ?? 0) || 1800,
    render: object => rendered(api, asked, object),
    signal,
  })
}

async function removeAll(api: Api, asked: Asked): Promise<Answer> {
  const { resource, query, body } = asked
  const request = deleteRequest(body ? parsed(body) : undefined, query)
  for (const object of api.store.list(resource).filter(selected(asked)))
    await remove({ resource, namespace: object.metadata.namespace, name: object.metadata.name }, request, api)
  return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } }
}

function formOf({ request }: Asked): 'Table' | 'Metadata' | 'Object' {
  const first = (request.headers.accept ?? '').split(',')[0] ?? ''
  return /as=Table\b/.test(first) ? 'Table' : /as=PartialObjectMetadata/.test(first) ? 'Metadata' : 'Object'
}

function rendered(api: Api, asked: Asked, object: KubeObject): JsonObject {
  const form = formOf(asked)
  if (form === 'Table')
    return tableOf(asked.resource, [object], { now: api.clock.now(), metadata: { resourceVersion: object.metadata.resourceVersion ?? '' } })
  return form === 'Metadata' ? metadataOnly(object) : object
}

function metadataOnly(object: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}
