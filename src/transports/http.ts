import { once } from 'node:events'
import { createServer as createPlain, type RequestListener } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { toNodeHandler } from '@modelcontextprotocol/node'
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  isJsonContentType,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  requireBearerAuth,
} from '@modelcontextprotocol/server'
import { type AdapterOptions, serverFactory } from './adapter.ts'
import type { Approvals } from './approvals.ts'
import { Sessions } from './sessions.ts'
import { parseTokens, scopes, staticVerifier } from './tokens.ts'

/** How far a server can be reached, and by whom. */
export interface Exposure {
  readonly host: string
  /** The token file's text; without it only loopback is served, and only to read. */
  readonly tokens: string | undefined
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly behindTlsProxy: boolean
  readonly writes: boolean
}

export interface HttpOptions extends AdapterOptions, Exposure {
  readonly port: number
  readonly approvals: Approvals
}

/** A running server. */
export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

const bodyLimit = 4 * 1024 * 1024
const maxSubscriptions = 256

/** What may not be served, said before anything listens. `undefined` when all is well. Spec: mcp 4.1, design 7. */
export function refusal({ host, tokens, writes, allowedHosts, allowedOrigins, tls, behindTlsProxy }: Exposure): string | undefined {
  const loopback = isLoopback(host)
  if (writes && tokens === undefined) return '--allow-writes needs --token-file, also on loopback: every page in a browser could call it'
  if (loopback) return undefined
  if (tokens === undefined) return `to listen on ${host} give --token-file`
  if (allowedHosts.length === 0 || allowedOrigins.length === 0)
    return `to listen on ${host} name the hosts and origins that may call: --allowed-host and --allowed-origin`
  return tls || behindTlsProxy ? undefined : `to listen on ${host} give --tls-cert and --tls-key, or say --behind-tls-proxy`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '::1'
}

/** Serves MCP over HTTP, both eras on one path: `/mcp`. @throws {TypeError} for what {@link refusal} names. */
export async function listenHttp(options: HttpOptions): Promise<HttpServer> {
  const wrong = refusal(options)
  if (wrong) throw new TypeError(wrong)
  const {
    service: { world },
    host,
    port,
    tls,
  } = options
  const factory = serverFactory(options)
  const onerror = (error: Error): void => world.log.warn('protocol error', { message: error.message })
  const modern = createMcpHandler(factory, { legacy: 'reject', maxSubscriptions, maxRequestBodySize: bodyLimit, onerror })
  const sessions = new Sessions(factory, world.clock)
  const fetch = endpoint(options, { modern: (request, auth) => modern.fetch(request, auth ? { authInfo: auth } : {}), sessions })
  const handler = toNodeHandler({ fetch }, { maxRequestBodySize: bodyLimit, onerror })
  const listener: RequestListener = (request, response) =>
    void handler(Object.assign(request, { method: request.method ?? 'GET', url: request.url ?? '/' }), response)
  const server = tls ? createSecure({ cert: tls.cert, key: tls.key }, listener) : createPlain(listener)
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  const bound = address !== null && typeof address === 'object' ? address.port : port
  const close = async (): Promise<void> => {
    await sessions.close()
    await modern.close()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}/mcp`, close }
}

interface Legs {
  readonly modern: (request: Request, auth: AuthInfo | undefined) => Promise<Response>
  readonly sessions: Sessions
}

/** The whole endpoint as one function: host and origin first, then the token, then the era. Spec: mcp 1.4. */
function endpoint(options: HttpOptions, { modern, sessions }: Legs): (request: Request) => Promise<Response> {
  const loopback = isLoopback(options.host)
  const hosts = [...options.allowedHosts, ...(loopback ? localhostAllowedHostnames() : [])]
  const origins = [...options.allowedOrigins, ...(loopback ? localhostAllowedOrigins() : [])]
  const verifier = options.tokens === undefined ? undefined : staticVerifier(parseTokens(options.tokens))
  return async request => {
    const bad = hostHeaderValidationResponse(request, hosts) ?? originValidationResponse(request, origins)
    if (bad) return bad
    const { pathname } = new URL(request.url)
    const auth = verifier
      ? await requireBearerAuth({ verifier, requiredScopes: pathname === '/approvals' ? [scopes.approves] : [scopes.reads] })(request)
      : undefined
    if (auth instanceof Response) return auth
    if (pathname === '/approvals' && request.method === 'POST') return options.approvals.serve(request, auth)
    if (pathname !== '/mcp') return new Response('not found\n', { status: 404 })
    if (request.method === 'POST' && !isJsonContentType(request.headers.get('content-type'))) return new Response(null, { status: 415 })
    return (await isLegacyRequest(request, undefined, { maxRequestBodySize: bodyLimit }))
      ? sessions.serve(request, auth)
      : modern(request, auth)
  }
}
