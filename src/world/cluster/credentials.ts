import type { KubeConfig } from '@kubernetes/client-node'
import { unlessAborted } from '../../lib/aborted.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { isObject, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http, HttpOptions } from '../http/http.ts'
import { ClusterError } from './error.ts'
import type { Authorize } from './transport.ts'

/** One context with the `cluster` and `user` that it names; file paths are absolute. */
export interface Context {
  readonly name: string
  readonly cluster: JsonObject
  readonly user: JsonObject
}

interface Signed {
  readonly http: Http
  readonly headers: Readonly<Record<string, string>>
  readonly until: number
}

/** How long credentials are used before the library is asked again: it re-reads token files and runs expired plugins. */
const freshMs = 30_000

/**
 * Connection and credentials of a context, through `@kubernetes/client-node`: certificates, tokens, token files, basic auth, exec plugins
 * and auth providers. Nothing is read before the first call; refused credentials are asked for anew once.
 */
export function contextAccess(context: Context, { http, clock }: { http: Http; clock: Clock }): { http: Http; authorize: Authorize } {
  let config: Promise<KubeConfig> | undefined
  let signed: Promise<Signed> | undefined
  let known: Signed | undefined
  const sign = async (): Promise<Signed> => {
    const { options, headers } = await readAccess(await (config ??= openConfig(context)), context)
    return { http: http.with(options), headers, until: clock.elapsed() + freshMs }
  }
  const begin = (): Promise<Signed> => {
    known = undefined
    const began = sign()
    signed = began
    began.then(
      one => {
        if (signed === began) known = one
      },
      () => {
        if (signed === began) signed = config = undefined
      },
    )
    return began
  }
  /** What is known is there at once: it is asked for with every call. */
  const current = (renew: boolean): Signed | Promise<Signed> => {
    if (renew) config = undefined
    else if (known && clock.elapsed() < known.until) return known
    return signed && !renew && !known ? signed : begin()
  }
  return {
    http: deferred(() => {
      const now = current(false)
      return now instanceof Promise ? now.then(signed => signed.http) : now.http
    }),
    authorize: async (renew, signal) => (await ready(current(renew), signal)).headers,
  }
}

/** An Http whose connection options are known at the first call. */
function deferred(open: () => Http | Promise<Http>): Http {
  return {
    send: async (request, signal) => (await ready(open(), signal)).send(request, signal),
    with: more => deferred(async () => (await open()).with(more)),
    close: async () => {},
  }
}

/** What is there is not waited for. */
function ready<T>(found: T | Promise<T>, signal: AbortSignal): T | Promise<T> {
  return found instanceof Promise ? unlessAborted(found, signal) : found
}

/** The library is loaded on first use: it costs a quarter of a second. */
async function openConfig({ name, cluster, user }: Context): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('./kube-config.ts')
  const config = new Config()
  config.loadFromString(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { ...cluster, server: asSecure(stringAt(cluster, 'server') ?? '') } }],
      users: [{ name, user: withTokenFile(withExecInfo(user, cluster)) }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  )
  return config
}

/** The library refuses plain HTTP, which a loopback server may well speak; it only reads credentials here. */
function asSecure(server: string): string {
  return server.replace(/^http:/, 'https:')
}

/** Plugins of `client.authentication.k8s.io/v1` refuse to run without KUBERNETES_EXEC_INFO. */
function withExecInfo(user: JsonObject, cluster: JsonObject): JsonObject {
  const { exec } = user
  if (!isObject(exec)) return user
  const { server, 'tls-server-name': serverName, 'certificate-authority-data': ca } = cluster
  const about =
    exec.provideClusterInfo === true
      ? {
          cluster: {
            server,
            ...(serverName ? { 'tls-server-name': serverName } : {}),
            ...(ca ? { 'certificate-authority-data': ca } : {}),
          },
        }
      : {}
  const info = JSON.stringify({
    apiVersion: stringAt(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...about },
  })
  return {
    ...user,
    exec: { ...exec, args: listAt(exec, 'args'), env: [...listAt(exec, 'env'), { name: 'KUBERNETES_EXEC_INFO', value: info }] },
  }
}

/** The library knows token files only as an auth provider. */
function withTokenFile(user: JsonObject): JsonObject {
  const { tokenFile, ...rest } = user
  return typeof tokenFile === 'string' ? { ...rest, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } : user
}

async function readAccess(
  config: KubeConfig,
  { name, cluster }: Context,
): Promise<{ options: HttpOptions; headers: Record<string, string> }> {
  const found: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {}
  try {
    await config.applyToHTTPSOptions(found)
  } catch (thrown) {
    throw new ClusterError(
      'UNAUTHENTICATED',
      {
        cluster: name,
        what: 'read credentials',
        message: `the credentials of context '${name}' cannot be had: ${messageOf(thrown).trim()}`,
      },
      { cause: thrown },
    )
  }
  const [ca, cert, key] = [text(found.ca), text(found.cert), text(found.key)]
  const proxy = stringAt(cluster, 'proxy-url')
  const verify = found.rejectUnauthorized === false ? { verify: false } : {}
  const tls = {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(found.servername ? { serverName: found.servername } : {}),
    ...verify,
  }
  const basic = found.auth ? { authorization: `Basic ${Buffer.from(found.auth).toString('base64')}` } : {}
  const given = Object.entries(found.headers ?? {}).map(([header, value]) => [header.toLowerCase(), String(value).trim()])
  return { options: { ...(proxy ? { proxy } : {}), tls }, headers: { ...basic, ...Object.fromEntries(given) } }
}

function text(material: unknown): string | undefined {
  return Buffer.isBuffer(material) ? material.toString('utf8') : typeof material === 'string' ? material : undefined
}
