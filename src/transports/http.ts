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
  type McpHttpHandler,
  originValidationResponse,
  requireBearerAuth,
  type ServerEventBus,
} from '@modelcontextprotocol/server'
import { listen } from '../lib/listen.ts'
import { isLoopback } from '../lib/loopback.ts'
import { type Opened, opening } from '../lib/opened.ts'
import { type AdapterOptions, serverFactory } from './adapter.ts'
import type { Approvals } from './approvals.ts'
import type { Clock } from '../world/clock/clock.ts'
import { untilRead } from './body.ts'
import { Sessions } from './sessions.ts'
import { Announcer, listenedUris, narrowed } from './subscriptions.ts'
import { callerOf, parseTokens, scopes, staticVerifier } from './tokens.ts'

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
  /** Where changes of lists and resources are published; one of this process when absent. */
  readonly bus?: ServerEventBus | undefined
}

/** A running server. */
export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

const bodyLimit = 4 * 1024 * 1024
const maxSubscriptions = 256
const methods = ['POST', 'GET', 'DELETE']

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

/** Serves MCP over HTTP, both eras on one path: `/mcp`. @throws {TypeError} for what {@link refusal} names, {ListenError} for an address that is taken. */
export async function listenHttp(options: HttpOptions): Promise<HttpServer> {
  const wrong = refusal(options)
  if (wrong) throw new TypeError(wrong)
  const { host, port, tls } = options
  return opening(async opened => {
    const { fetch, onerror } = openEras(options, opened)
    const handler = toNodeHandler({ fetch }, { maxRequestBodySize: bodyLimit, onerror })
    const listener: RequestListener = (request, response) =>
      void handler(Object.assign(request, { method: request.method ?? 'GET', url: request.url ?? '/' }), response)
    const server = tls ? createSecure({ cert: tls.cert, key: tls.key }, listener) : createPlain(listener)
    const listening = await listen(server, { host, port, flag: '--http' })
    const close = async (): Promise<void> => {
      await opened.close()
      await listening.close()
    }
    return { url: `${tls ? 'https' : 'http'}://${listening.address}/mcp`, close }
  })
}

function openEras(options: HttpOptions, opened: Opened) {
  const { clock, log } = options.service.world
  const factory = serverFactory(options)
  const onerror = (error: Error): void => log.warn('protocol error', { message: error.message })
  const settings = { legacy: 'reject', maxSubscriptions, maxRequestBodySize: bodyLimit, onerror } as const
  const modern = opened.keep(createMcpHandler(factory, { ...settings, ...(options.bus ? { bus: options.bus } : {}) }), m => m.close())
  const sessions = opened.keep(new Sessions(factory, clock), s => s.close())
  const announcer = new Announcer(options.watches, uri => modern.notify.resourceUpdated(uri))
  return { onerror, fetch: endpoint(options, { modern: modernLeg(modern, announcer, options), sessions }) }
}

type Leg = (request: Request, auth: AuthInfo | undefined) => Promise<Response>

/** The modern era. A listen request loses the addresses that its caller may not watch; its stream ends with the token. Spec: mcp 3.3. */
function modernLeg(modern: McpHttpHandler, announcer: Announcer, { watches, service: { world } }: HttpOptions): Leg {
  return async (request, auth) => {
    const authInfo = auth ? { authInfo: auth } : {}
    const message = await listenRequest(request)
    if (message === undefined) return modern.fetch(request, authInfo)
    const { key } = callerOf(auth)
    const admitted = await watches.admitAll(key, listenedUris(message) ?? [])
    const ended = new AbortController()
    const signal = AbortSignal.any([request.signal, ended.signal])
    const release = announcer.hold(key, admitted)
    signal.addEventListener('abort', release, { once: true })
    if (signal.aborted) release()
    if (auth?.expiresAt !== undefined) endAt(ended, { at: auth.expiresAt * 1000, clock: world.clock, signal })
    const parsedBody = narrowed(
      message,
      admitted.map(a => a.uri),
    )
    const response = await modern.fetch(new Request(request, { signal }), { ...authInfo, parsedBody })
    return untilRead(response, () => ended.abort(new Error('the stream ended')))
  }
}

const longestSleepMs = 24 * 3_600_000

/** Ends a stream when its token does. A sleep has an upper bound: timers overflow. */
async function endAt(ended: AbortController, { at, clock, signal }: { at: number; clock: Clock; signal: AbortSignal }): Promise<void> {
  try {
    while (clock.now() < at) await clock.sleep(Math.min(at - clock.now(), longestSleepMs), signal)
    ended.abort(new Error('the token expired'))
  } catch {
    // The client left first.
  }
}

/** The message of a listen request; `undefined` for every other request. */
async function listenRequest(request: Request): Promise<unknown> {
  if (request.method !== 'POST' || request.headers.get('mcp-method')?.startsWith('subscriptions/') === false) return undefined
  const text = await request.clone().text()
  if (!text.includes('subscriptions/listen')) return undefined
  try {
    const message: unknown = JSON.parse(text)
    return listenedUris(message) && message
  } catch {
    return undefined
  }
}

interface Legs {
  readonly modern: Leg
  readonly sessions: Sessions
}

/** The host name of what a person may write for one: a name, with a port, or a whole origin. */
export function hostNameOf(written: string): string {
  const url = written.includes('://') ? written : `http://${written}`
  return URL.canParse(url) ? new URL(url).hostname : written
}

/** The whole endpoint as one function: host and origin first, then the token, then the era. Spec: mcp 1.4. */
function endpoint(options: HttpOptions, { modern, sessions }: Legs): (request: Request) => Promise<Response> {
  const loopback = isLoopback(options.host)
  const hosts = [...options.allowedHosts.map(hostNameOf), ...(loopback ? localhostAllowedHostnames() : [])]
  const origins = [...options.allowedOrigins.map(hostNameOf), ...(loopback ? localhostAllowedOrigins() : [])]
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
    if (!methods.includes(request.method)) return new Response(null, { status: 405, headers: { allow: methods.join(', ') } })
    if (request.method === 'POST' && !isJsonContentType(request.headers.get('content-type'))) return new Response(null, { status: 415 })
    return (await isLegacyRequest(request, undefined, { maxRequestBodySize: bodyLimit }))
      ? sessions.serve(request, auth)
      : modern(request, auth)
  }
}
