import { Readable } from 'node:stream'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, errors, ProxyAgent, request } from 'undici'
import { unlessAborted } from '../../lib/aborted.ts'
import { guardedLookup, isMetadataAddress, refusedAddress } from './egress.ts'
import { HttpError, httpErrorOf } from './error.ts'
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from './http.ts'
import { type ProxyEnv, proxyFor, userOf } from './proxy.ts'
import { isSocks, socksConnect } from './socks.ts'

const connectTimeoutMs = 10_000
const defaultTimeoutMs = 30_000
const mostPools = 100
const bodyIdleMs = 120_000
const restBytes = 64 * 1024
const restMs = 2000

/** Where names lead, instead of what the DNS says, and who signed their certificates: curl's `--resolve` and `--cacert`. Only tests have any. */
export interface Routes {
  /** `undefined` for what goes its own way. The name stays that of the certificate. */
  at(hostname: string, port: string): { readonly hostname: string; readonly port: string } | undefined
  readonly ca: string
}

/** HTTP over undici: pooled connections per set of options, custom roots, client certificates, proxies. */
export function createHttp(env: ProxyEnv, routes?: Routes): Http {
  const pools = new Pools()
  const bound = (options: HttpOptions): Http => {
    const key = JSON.stringify(options)
    const poolFor = (url: string): Dispatcher => {
      const proxy = options.proxy ?? proxyFor(new URL(url), env)
      return pools.get(`${proxy ?? ''} ${key}`, closed => makePool(options, { proxy, routes, closed }))
    }
    return {
      send: (what, signal) => send(what, { poolFor, signal, timeoutMs: options.timeoutMs ?? defaultTimeoutMs }),
      with: more => bound({ ...options, ...more }),
      close: () => pools.close(),
    }
  }
  return bound({})
}

/** Pools of connections; the one that was not used for the longest is closed when there are too many. */
class Pools {
  readonly #all = new Map<string, Dispatcher>()
  #closed = new AbortController()

  get(key: string, make: (closed: AbortSignal) => Dispatcher): Dispatcher {
    const pool = this.#all.get(key) ?? make(this.#closed.signal)
    this.#all.delete(key)
    this.#all.set(key, pool)
    const [oldest] = this.#all
    if (this.#all.size > mostPools && oldest) {
      this.#all.delete(oldest[0])
      oldest[1].close().catch(() => undefined)
    }
    return pool
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the client is closed'))
    this.#closed = new AbortController()
    await Promise.all([...this.#all.values()].map(pool => pool.destroy()))
    this.#all.clear()
  }
}

function makePool(
  { tls, timeoutMs }: HttpOptions,
  { proxy, routes, closed }: { proxy: string | undefined; routes: Routes | undefined; closed: AbortSignal },
): Dispatcher {
  const connect = {
    timeout: connectTimeoutMs,
    lookup: guardedLookup,
    ...(tls?.ca || tls?.cert || routes
      ? { secureContext: contextOf({ ...tls, ca: [tls?.ca, routes?.ca].filter(Boolean).join('\n') || undefined }) }
      : {}),
    ...(tls?.verify === false ? { rejectUnauthorized: false } : {}),
    ...(tls?.serverName ? { servername: tls.serverName } : {}),
  }
  // undici ends an idle HTTP/2 session with an error that nobody may be listening for, and a watch holds its stream for minutes.
  const common = { allowH2: false, headersTimeout: timeoutMs ?? defaultTimeoutMs, bodyTimeout: bodyIdleMs, pipelining: 1 }
  if (proxy === undefined) return new Agent({ ...common, connect: routes ? routed(connect, routes) : connect })
  const via = new URL(proxy)
  if (isSocks(via)) return new Agent({ ...common, connect: throughSocks(connect, via, closed) })
  return new ProxyAgent({ ...common, ...proxyTarget(via), requestTls: connect, connectTimeout: connectTimeoutMs })
}

/** undici's own agent for SOCKS5 warns on stderr, and signs nobody in who has no password. */
function throughSocks(connect: buildConnector.BuildOptions, proxy: URL, closed: AbortSignal): buildConnector.connector {
  const secured = buildConnector({ ...connect, allowH2: false })
  const open = async (options: buildConnector.Options, done: buildConnector.Callback): Promise<void> => {
    const secure = options.protocol === 'https:'
    const host = options.hostname.replace(/^\[|\]$/g, '')
    const late = AbortSignal.timeout(connectTimeoutMs)
    try {
      const socket = await socksConnect({ proxy, host, port: Number(options.port || (secure ? 443 : 80)) }, AbortSignal.any([late, closed]))
      if (secure) secured({ ...options, httpSocket: socket }, done)
      else done(null, socket)
    } catch (thrown) {
      done(late.aborted ? new errors.ConnectTimeoutError('the proxy does not connect') : (thrown as Error), null)
    }
  }
  return (options, done) => void open(options, done)
}

function routed(connect: buildConnector.BuildOptions, routes: Routes): buildConnector.connector {
  const open = buildConnector(connect)
  return (options, done) => {
    const to = routes.at(options.hostname, options.port || (options.protocol === 'https:' ? '443' : '80'))
    open(to ? { ...options, ...to, servername: options.servername ?? options.hostname } : options, done)
  }
}

/** Made once a pool: reading all roots takes longer than a handshake. */
function contextOf({ ca, cert, key }: NonNullable<HttpOptions['tls']>): SecureContext {
  return createSecureContext({
    ...(ca ? { ca: [...getCACertificates('default'), ca] } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  })
}

function proxyTarget(proxy: URL): { uri: string; token?: string } {
  const user = userOf(proxy)
  const uri = new URL(proxy)
  uri.username = uri.password = ''
  return { uri: uri.href, ...(user ? { token: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}` } : {}) }
}

async function send(
  what: HttpRequest,
  { poolFor, signal, timeoutMs }: { poolFor: (url: string) => Dispatcher; signal: AbortSignal; timeoutMs: number },
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  try {
    if (isMetadataAddress(new URL(what.url).hostname)) throw refusedAddress()
    const body =
      what.body === undefined || typeof what.body === 'string' || what.body instanceof Uint8Array ? what.body : Readable.from(what.body)
    const asked = request(what.url, {
      dispatcher: poolFor(what.url),
      signal,
      method: what.method as Dispatcher.HttpMethod,
      headersTimeout: timeoutMs,
      // undici closes the connection after a HEAD, unless told not to: a handshake for each digest looked up.
      reset: false,
      ...(what.headers ? { headers: what.headers } : {}),
      ...(body === undefined ? {} : { body }),
    })
    // undici tells an abort while it connects only when it has connected, or has given up.
    const answer = await unlessAborted(asked, signal)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
    return { status: answer.statusCode, headers, body: readable(answer.body, { url: what.url, signal }) }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    throw httpErrorOf(thrown, what.url)
  }
}

/** A short rest is read, so that the connection can be used again; a long or slow one ends the connection. */
async function discarded(body: Dispatcher.ResponseData['body']): Promise<void> {
  if (body.readableFlowing !== null || body.readableDidRead) return void body.destroy()
  await body.dump({ limit: restBytes, signal: AbortSignal.timeout(restMs) }).catch(() => undefined)
}

function readable(body: Dispatcher.ResponseData['body'], { url, signal }: { url: string; signal: AbortSignal }): HttpAnswer['body'] {
  body.on('error', () => undefined)
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const chunk of body) yield chunk as Uint8Array
      } catch (thrown) {
        if (signal.aborted) throw signal.reason
        const failure = httpErrorOf(thrown, url)
        throw failure.code === 'UNREACHABLE'
          ? new HttpError(
              'CUT_OFF',
              { host: failure.host, why: (thrown as { code?: string }).code ?? 'closed early', sent: true },
              { cause: thrown },
            )
          : failure
      }
    },
    cancel: () => discarded(body),
  }
}
