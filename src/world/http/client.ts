import { rootCertificates } from 'node:tls'
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, request } from 'undici'
import { Readable } from 'node:stream'
import { HttpError, httpErrorOf } from './error.ts'
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from './http.ts'

/** The environment as far as HTTP reads it: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in upper or lower case. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

const connectTimeoutMs = 10_000
const bodyIdleMs = 120_000

/** HTTP over undici: pooled connections per set of options, custom roots, client certificates, proxies. */
export function createHttp(env: ProxyEnv): Http {
  const dispatchers = new Map<string, Dispatcher>()
  const dispatcherFor = (options: HttpOptions): Dispatcher => {
    const key = JSON.stringify(options)
    const known = dispatchers.get(key)
    if (known) return known
    const made = makeDispatcher(options, env)
    dispatchers.set(key, made)
    return made
  }
  const close = async (): Promise<void> => {
    await Promise.all([...dispatchers.values()].map(d => d.destroy()))
    dispatchers.clear()
  }
  const bound = (options: HttpOptions): Http => ({
    send: (what, signal) => send(what, { dispatcher: dispatcherFor(options), signal, timeoutMs: options.timeoutMs ?? 30_000 }),
    with: more => bound({ ...options, ...more }),
    close,
  })
  return bound({})
}

function makeDispatcher({ tls, proxy, timeoutMs }: HttpOptions, env: ProxyEnv): Dispatcher {
  const connect = {
    timeout: connectTimeoutMs,
    ...(tls?.ca ? { ca: [...rootCertificates, tls.ca] } : {}),
    ...(tls?.cert ? { cert: tls.cert } : {}),
    ...(tls?.key ? { key: tls.key } : {}),
    ...(tls?.verify === false ? { rejectUnauthorized: false } : {}),
    ...(tls?.serverName ? { servername: tls.serverName } : {}),
  }
  const common = { headersTimeout: timeoutMs ?? 30_000, bodyTimeout: bodyIdleMs, pipelining: 1 }
  if (proxy) return new ProxyAgent({ ...common, ...proxyTarget(proxy), requestTls: connect })
  const named = (name: string): string | undefined => env[name] ?? env[name.toLowerCase()]
  const [httpProxy, httpsProxy, noProxy] = [named('HTTP_PROXY'), named('HTTPS_PROXY'), named('NO_PROXY')]
  if (!httpProxy && !httpsProxy) return new Agent({ ...common, connect })
  return new EnvHttpProxyAgent({
    ...common,
    connect,
    requestTls: connect,
    ...(httpProxy ? { httpProxy } : {}),
    ...(httpsProxy ? { httpsProxy } : {}),
    noProxy: noProxy ?? '',
  })
}

function proxyTarget(proxy: string): { uri: string; token?: string } {
  const url = new URL(proxy)
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = url.password = ''
  return { uri: url.href, ...(user === ':' ? {} : { token: `Basic ${Buffer.from(user).toString('base64')}` }) }
}

async function send(
  what: HttpRequest,
  { dispatcher, signal, timeoutMs }: { dispatcher: Dispatcher; signal: AbortSignal; timeoutMs: number },
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  try {
    const body =
      what.body === undefined || typeof what.body === 'string' || what.body instanceof Uint8Array ? what.body : Readable.from(what.body)
    const answer = await request(what.url, {
      dispatcher,
      signal,
      method: what.method as Dispatcher.HttpMethod,
      headersTimeout: timeoutMs,
      ...(what.headers ? { headers: what.headers } : {}),
      ...(body === undefined ? {} : { body }),
    })
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
    return { status: answer.statusCode, headers, body: readable(answer.body, { url: what.url, signal }) }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    throw httpErrorOf(thrown, what.url)
  }
}

function readable(body: Readable, { url, signal }: { url: string; signal: AbortSignal }): HttpAnswer['body'] {
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
    async cancel() {
      body.destroy()
    },
  }
}
