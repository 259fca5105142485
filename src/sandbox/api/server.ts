import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { JsonObject } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { Catalog } from './schema/catalog.ts'
import { startCleanup } from './cleanup.ts'
import { aggregated, coreVersions, groupList, oneGroup, resourceList } from './schema/discovery.ts'
import { type Answer, type Api, handle } from './handlers.ts'
import { openapiDocument, openapiIndex } from './schema/openapi.ts'
import { ProtobufError, readProtobuf } from '../decode/protobuf.ts'
import { resourcePath } from './path.ts'
import { ApiProblem, problems } from './problem.ts'
import { Schemas } from './schema/schemas.ts'
import { Store } from './store/store.ts'
import type { Clock } from '../../world/clock/clock.ts'
import { listen } from '../../lib/listen.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'

export interface ApiServerOptions {
  readonly kernel: Kernel
  readonly clock: Clock
  /** OpenAPI v3 definitions of the built-in kinds. */
  readonly definitions: JsonObject
  /** 0 takes a free port. */
  readonly port: number
  /** Absent: an empty store in memory. */
  readonly store?: Store | undefined
}

/** A running API server on loopback. */
export interface ApiServer {
  readonly url: string
  readonly store: Store
  close(): Promise<void>
}

const groupedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const bodyLimit = 3 * 1024 * 1024
const version = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.2-fluxpilot-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'sandbox',
}

/** Answers as a Kubernetes API server for what fluxpilot, kubectl and the flux CLI use. No RBAC. */
export async function listenApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const store = options.store ?? new Store()
  const api: Api = {
    store,
    catalog: new Catalog(store),
    schemas: new Schemas(options.definitions),
    kernel: options.kernel,
    clock: options.clock,
  }
  const closing = new AbortController()
  closing.signal.addEventListener('abort', startCleanup(store, options.clock), { once: true })
  const server = createServer((request, response) => void serve(api, { request, response, closing: closing.signal }))
  server.keepAliveTimeout = 60_000
  const listening = await listen(server, { host: '127.0.0.1', port: options.port, flag: '--port' })
  const close = (): Promise<void> => {
    closing.abort(new Error('the server is closing'))
    return listening.close()
  }
  return { url: `http://127.0.0.1:${listening.port}`, store, close }
}

async function serve(
  api: Api,
  { request, response, closing }: { request: IncomingMessage; response: ServerResponse; closing: AbortSignal },
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort(new Error('the client is gone')))
  const signal = AbortSignal.any([gone.signal, closing])
  try {
    const answer = await answerTo(api, { request, response, signal })
    if (answer) reply(response, answer)
  } catch (thrown) {
    if (signal.aborted || response.headersSent) return void response.destroy()
    const problem = thrown instanceof ApiProblem ? thrown : problems.internal(`Internal error occurred: ${messageOf(thrown)}`)
    reply(response, { status: problem.status.code, body: problem.status })
  }
}

async function answerTo(
  api: Api,
  { request, response, signal }: { request: IncomingMessage; response: ServerResponse; signal: AbortSignal },
): Promise<Answer | undefined> {
  const url = urlOf(request)
  if (!url) return { status: 400, body: '400 Bad Request' }
  const fixed = documentAt(api, url.pathname, request.headers.accept ?? '')
  if (fixed !== undefined) return { status: 200, body: fixed }
  const path = resourcePath(url.pathname)
  if (!path && isVersionOf(api, url.pathname)) throw problems.noRoute()
  if (!path || !api.catalog.serves(path.group, path.version)) return { status: 404, body: '404 page not found\n' }
  const resource = api.catalog.find(path.group, path.version, path.plural)
  if (!resource && api.catalog.isCustom(path.group)) return { status: 404, body: '404 page not found\n' }
  if (!resource) throw problems.noRoute()
  const { body, mediaType } = jsonOf(api.schemas, await bytesOf(request), request.headers['content-type'] ?? '')
  return handle(api, { request, response, path, resource, query: url.searchParams, body, mediaType, signal })
}

/** `undefined` for what is no URL. */
function urlOf(request: IncomingMessage): URL | undefined {
  const url = URL.parse(`http://sandbox${request.url ?? '/'}`)
  try {
    decodeURIComponent(url?.pathname ?? '')
  } catch {
    return undefined
  }
  return url ?? undefined
}

/** True for the path of a version, served or not, of a group that is served and built in. */
function isVersionOf(api: Api, pathname: string): boolean {
  const [root, group = '', version] = pathname.split('/').filter(Boolean)
  if (root === 'api') return group !== ''
  return root === 'apis' && version !== undefined && api.catalog.groups().has(group) && !api.catalog.isCustom(group)
}

function documentAt(api: Api, pathname: string, accept: string): JsonObject | string | undefined {
  const path = pathname.replace(/\/$/, '')
  const grouped = accept.includes('as=APIGroupDiscoveryList') && accept.includes('v=v2;')
  const parts = path.split('/').slice(1)
  if (path === '/version') return version
  if (['/healthz', '/readyz', '/livez'].includes(path)) return 'ok'
  if (path === '/api') return grouped ? aggregated(api.catalog, true) : coreVersions()
  if (path === '/apis') return grouped ? aggregated(api.catalog, false) : groupList(api.catalog)
  if (path === '/openapi/v3') return openapiIndex(api.catalog)
  if (path.startsWith('/openapi/v3/'))
    return openapiDocument(
      api.catalog,
      api.schemas,
      parts[2] === 'api' ? { group: '', version: parts[3] ?? '' } : { group: parts[3] ?? '', version: parts[4] ?? '' },
    )
  if (parts[0] === 'api' && parts.length === 2) return resourceList(api.catalog, '', parts[1] ?? '')
  if (parts[0] === 'apis' && parts.length === 2) return oneGroup(api.catalog, parts[1] ?? '')
  if (parts[0] === 'apis' && parts.length === 3) return resourceList(api.catalog, parts[1] ?? '', parts[2] ?? '')
  return undefined
}

/** Typed clients send built-in kinds as protobuf: from here on it is JSON. */
function jsonOf(schemas: Schemas, bytes: Buffer, mediaType: string): { body: string; mediaType: string } {
  if (!mediaType.startsWith('application/vnd.kubernetes.protobuf')) return { body: bytes.toString('utf8'), mediaType }
  if (bytes.length === 0) return { body: '', mediaType: 'application/json' }
  try {
    const definitionOf = (kind: { apiVersion: string; kind: string }): string | undefined => schemas.definitionOf(kind)
    return { body: JSON.stringify(readProtobuf(bytes, { definitions: schemas.definitions, definitionOf })), mediaType: 'application/json' }
  } catch (thrown) {
    if (thrown instanceof ProtobufError) throw problems.badRequest(thrown.message)
    throw thrown
  }
}

/** A body that is too large is read to its end and not kept: the connection can go on. One that goes on past all bounds loses it. */
async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > 16 * bodyLimit) break
    if (size <= bodyLimit) chunks.push(chunk)
  }
  if (size > bodyLimit) throw problems.tooLarge(bodyLimit)
  return Buffer.concat(chunks)
}

function reply(response: ServerResponse, { status, body, warnings = [] }: Answer): void {
  const grouped = typeof body !== 'string' && body.kind === 'APIGroupDiscoveryList'
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : grouped ? groupedType : 'application/json'
  response.writeHead(status, {
    'content-type': type,
    ...(warnings.length > 0 ? { warning: warnings.map(w => `299 - ${JSON.stringify(w)}`).join(', ') } : {}),
  })
  response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`)
}
