import type { IncomingMessage, ServerResponse } from 'node:http'
import { joinApiVersion, type KubeObject } from '../../kinds/manifest.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import { accountToken } from './account-token.ts'
import type { Catalog } from './schema/catalog.ts'
import { listOptions } from './list-options.ts'
import { podLog } from './pod-log.ts'
import { pageOf } from './store/pages.ts'
import type { ResourcePath } from './path.ts'
import { problems } from './problem.ts'
import { existing, formOf, metadataOnly, rendered } from './schema/render.ts'
import { allowed, changeOne, create, finalize, removeAll } from './requests.ts'
import type { Resource } from './schema/resource.ts'
import { scale } from './scale.ts'
import type { Schemas } from './schema/schemas.ts'
import { fieldSelector, labelSelector } from './selectors.ts'
import type { Store } from './store/store.ts'
import { tableOf } from './schema/tables.ts'
import { watch } from './store/watch.ts'
import { inVersion } from './write.ts'

/** What the handlers of one server share. */
export interface Api {
  readonly store: Store
  readonly catalog: Catalog
  readonly schemas: Schemas
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
  /** Of the body. */
  readonly mediaType: string
  readonly signal: AbortSignal
}

/** An answer to send as JSON, or a text. */
export interface Answer {
  readonly status: number
  readonly body: JsonObject | string
  readonly warnings?: readonly string[] | undefined
}

/** Answers one request; `undefined` when the response was streamed. @throws {ApiProblem} */
export async function handle(api: Api, asked: Asked): Promise<Answer | undefined> {
  const answer = await answerTo(api, asked)
  const deprecation = asked.resource.custom?.deprecation
  return answer && deprecation ? { ...answer, warnings: [deprecation, ...(answer.warnings ?? [])] } : answer
}

/** What a pod answers itself, where it runs. */
const inside = new Set(['exec', 'attach', 'portforward', 'proxy'])

async function answerTo(api: Api, asked: Asked): Promise<Answer | undefined> {
  const { path, request, resource } = asked
  if (!resource.namespaced && path.namespace !== undefined) throw problems.noRoute()
  if (path.name === undefined) return collection(api, asked)
  if (resource.namespaced && path.namespace === undefined) throw problems.noRoute()
  if (resource.plural === 'pods' && path.subresource === 'log') return podLog(api, asked)
  if (resource.plural === 'pods' && inside.has(path.subresource ?? ''))
    throw problems.badRequest('the sandbox runs no containers: there is nothing to reach')
  if (path.subresource !== undefined && !resource.subresources.includes(path.subresource))
    throw resource.custom ? problems.notFound(resource, path.name) : problems.noRoute()
  formOf(asked)
  if (path.subresource === 'finalize') return finalize(api, asked)
  if (path.subresource === 'token') return accountToken(api, asked)
  if (path.subresource === 'scale') return scale(api, asked)
  const target = { resource, namespace: path.namespace, name: path.name }
  if (request.method === 'GET') return { status: 200, body: rendered(api, asked, existing(api, target)) }
  if (path.subresource !== undefined && request.method === 'DELETE') throw problems.method()
  return changeOne(api, asked, target)
}

async function collection(api: Api, asked: Asked): Promise<Answer | undefined> {
  const { request, query, resource } = asked
  formOf(asked)
  const verbs: Readonly<Record<string, string>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' }
  if (!resource.verbs.includes(verbs[request.method ?? ''] ?? '')) throw problems.method()
  if (resource.plural === 'selfsubjectaccessreviews') return allowed(api, asked)
  switch (request.method) {
    case 'GET':
      return asked.path.watched || ['true', '1'].includes(query.get('watch') ?? '')
        ? stream(api, asked)
        : { status: 200, body: list(api, asked) }
    case 'POST':
      return create(api, asked)
    default:
      return removeAll(api, asked, selected(asked))
  }
}

function selected({ query, path, resource }: Asked): (object: KubeObject) => boolean {
  const labels = labelSelector(query.get('labelSelector') ?? '')
  const fields = fieldSelector(query.get('fieldSelector') ?? '', resource)
  return o => (path.namespace === undefined || o.metadata.namespace === path.namespace) && labels(o) && fields(inVersion(o, resource))
}

function list(api: Api, asked: Asked): JsonObject {
  const { resource, query } = asked
  const matches = selected(asked)
  const { limit, token, match, from } = listOptions(query, false)
  const page = pageOf(api.store, { resource, matches }, { limit, token, ...(match === 'Exact' ? { exact: from } : {}) })
  const estimated = !query.get('labelSelector') && !query.get('fieldSelector')
  const metadata = {
    resourceVersion: String(page.revision),
    ...(resource.custom && formOf(asked) === 'Object' ? { continue: '' } : {}),
    ...(page.token ? { continue: page.token, ...(estimated ? { remainingItemCount: page.remaining ?? 0 } : {}) } : {}),
  }
  const objects = page.objects.map(o => inVersion(o, resource))
  const form = formOf(asked)
  if (form === 'Table')
    return tableOf(resource, objects, { now: api.clock.now(), metadata, include: query.get('includeObject') ?? 'Metadata' })
  if (form === 'Metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(metadataOnly) }
  return {
    kind: `${resource.kind}List`,
    apiVersion: joinApiVersion(resource),
    metadata,
    items: objects.map(({ apiVersion: _, kind: __, ...rest }) => (resource.custom ? { apiVersion: _, kind: __, ...rest } : rest)),
  }
}

async function stream(api: Api, asked: Asked): Promise<undefined> {
  const { query, resource, response, signal } = asked
  await watch(response, api, {
    ...listOptions(query, true),
    resource,
    empty: api.schemas.empty(resource),
    matches: selected(asked),
    render: object => rendered(api, asked, object),
    signal,
  })
}
