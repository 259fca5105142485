import { lstat } from 'node:fs/promises'
import { posix } from 'node:path'
import { isLoopback } from '../../lib/loopback.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { stringAt } from '../../lib/json.ts'
import { isMetadataAddress } from '../http/egress.ts'
import type { HttpRequest } from '../http/http.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { ask, documentOf, type Env, form, hide, type Line, refusal, type Reply } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken } from './provider.ts'

const machine = 'http://169.254.169.254'
const name = 'ManagedIdentityCredential'

/** Which service hands out the managed identity, found as Azure's own SDK finds it. */
type Source = 'AppService' | 'ServiceFabric' | 'AzureML' | 'CloudShell' | 'AzureArc' | 'machine'

/** Origins of link-local addresses that the environment names for managed identities: App Service has such. */
export function managedOrigins({ IDENTITY_ENDPOINT, MSI_ENDPOINT }: Env): string[] {
  const urls = [IDENTITY_ENDPOINT, MSI_ENDPOINT].flatMap(text => (text && URL.canParse(text) ? [new URL(text)] : []))
  return urls.filter(url => url.protocol === 'http:' && isMetadataAddress(url.hostname)).map(url => url.origin)
}

/** Whether the environment says which service to ask. */
export function namesManagedIdentity({ IDENTITY_ENDPOINT, IDENTITY_HEADER, IMDS_ENDPOINT, MSI_ENDPOINT }: Env): boolean {
  return Boolean((IDENTITY_ENDPOINT && (IDENTITY_HEADER || IMDS_ENDPOINT)) || MSI_ENDPOINT)
}

async function sourceOf({ env, root }: Line): Promise<Source> {
  if (env.IDENTITY_ENDPOINT && env.IDENTITY_HEADER) return env.IDENTITY_SERVER_THUMBPRINT ? 'ServiceFabric' : 'AppService'
  if (env.MSI_ENDPOINT) return env.MSI_SECRET ? 'AzureML' : 'CloudShell'
  if (env.IDENTITY_ENDPOINT && env.IMDS_ENDPOINT) return 'AzureArc'
  const agent = await lstat(posix.join(root, arcAgent)).catch(() => undefined)
  return agent ? 'AzureArc' : 'machine'
}

/**
 * A token for a managed identity: the one of this client, or the only one there is.
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
 */
export async function managedToken(scope: string, client: string | undefined, line: Line): Promise<BearerToken> {
  const source = await sourceOf(line)
  const resource = scope.replace(/\/\.default$/, '')
  const lacking = client ? withoutClients[source] : undefined
  if (lacking) throw new AuthError('NO_IDENTITY', `${name}: ${lacking}`)
  const request = requestTo[source]({ resource, client, env: line.env })
  const first = await asked(request, line)
  const reply = source === 'AzureArc' ? await answered(first, request, line) : first
  if (reply.status >= 400 && reply.status < 405) throw new AuthError('NO_IDENTITY', `${name} authentication failed: ${saidBy(reply, line)}`)
  if (reply.status !== 200) throw refusal(reply, `${name} authentication failed: ${saidBy(reply, line)}`)
  return bearerIn(withLife(reply, line), line)
}

const withoutClients: Readonly<Partial<Record<Source, string>>> = {
  AzureArc: "Azure Arc doesn't support user-assigned managed identities",
  CloudShell: "Cloud Shell doesn't support user-assigned managed identities",
  ServiceFabric:
    "Service Fabric API doesn't support specifying a user-assigned identity. The identity is determined by cluster resource configuration",
}

interface Wanted {
  readonly resource: string
  readonly client: string | undefined
  readonly env: Env
}

const requestTo: Readonly<Record<Source, (wanted: Wanted) => HttpRequest>> = {
  machine: ({ resource, client }) =>
    get(`${machine}/metadata/identity/oauth2/token`, { 'api-version': '2018-02-01', resource, client_id: client }, { metadata: 'true' }),
  AppService: ({ resource, client, env }) =>
    get(
      endpoint('IDENTITY_ENDPOINT', env),
      { 'api-version': '2019-08-01', resource, client_id: client },
      { 'x-identity-header': env.IDENTITY_HEADER ?? '' },
    ),
  ServiceFabric: ({ resource, env }) =>
    get(
      endpoint('IDENTITY_ENDPOINT', env),
      { 'api-version': '2019-07-01-preview', resource },
      { accept: 'application/json', secret: env.IDENTITY_HEADER ?? '' },
    ),
  AzureML: ({ resource, client, env }) =>
    get(
      endpoint('MSI_ENDPOINT', env),
      { 'api-version': '2017-09-01', resource, clientid: client ?? env.DEFAULT_IDENTITY_CLIENT_ID },
      { secret: env.MSI_SECRET ?? '' },
    ),
  CloudShell: ({ resource, env }) => {
    const { headers, body } = form({ resource })
    return { method: 'POST', url: endpoint('MSI_ENDPOINT', env).href, headers: { ...headers, metadata: 'true' }, body }
  },
  AzureArc: ({ resource, env }) =>
    get(
      env.IDENTITY_ENDPOINT ? endpoint('IDENTITY_ENDPOINT', env) : new URL(arcEndpoint),
      { 'api-version': '2020-06-01', resource },
      { metadata: 'true' },
    ),
}

function get(
  to: URL | string,
  query: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>>,
): HttpRequest {
  const url = new URL(to)
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value)
  return { method: 'GET', url: url.href, headers }
}

/** Secrets go to this machine, or over TLS. */
function endpoint(variable: 'IDENTITY_ENDPOINT' | 'MSI_ENDPOINT', env: Env): URL {
  const text = env[variable] ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isNear = url?.protocol === 'http:' && (isLoopback(url.hostname) || isMetadataAddress(url.hostname))
  if (url && (isNear || url.protocol === 'https:') && !url.username && !url.password) return url
  throw new AuthError('NO_IDENTITY', `${name}: ${variable} must be an address of this machine, or use https`)
}

async function asked(request: HttpRequest, line: Line): Promise<Reply> {
  hide(line, request.headers?.['x-identity-header'], request.headers?.secret)
  const over = isMetadataAddress(new URL(request.url).hostname) ? 'door' : 'http'
  return ask(line, request, over).catch((thrown: unknown) => {
    line.signal.throwIfAborted()
    throw new AuthError('NO_IDENTITY', `DefaultAzureCredential: failed to acquire a token. ${name}: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  })
}

const arcAgent = '/opt/azcmagent/bin/himds'
const arcFolder = '/var/opt/azcmagent/tokens'
const arcEndpoint = 'http://127.0.0.1:40342/metadata/identity/oauth2/token'
const mostKeyBytes = 4096

/**
 * Azure Arc asks back for the content of a file that only those may read who may have tokens. The answer names it, so it must be where the
 * agent puts such files. https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
 */
async function answered(challenge: Reply, request: HttpRequest, line: Line): Promise<Reply> {
  const wrong = (why: string, cause?: unknown): AuthError => new AuthError('BAD_ANSWER', `${name}: Azure Arc: ${why}`, { cause })
  if (challenge.status !== 401) throw wrong(`expected a 401 response, received ${challenge.status}`)
  const header = challenge.headers['www-authenticate'] ?? ''
  const file = /^Basic realm="?([^"]+?)"?$/i.exec(header.trim())?.[1]
  if (!file) throw wrong('response has no www-authenticate header with a basic realm')
  if (posix.extname(file) !== '.key') throw wrong(`invalid file extension, expected .key, got ${posix.extname(file)}`)
  if (posix.dirname(file) !== arcFolder) throw wrong(`invalid file path, expected ${arcFolder}, got ${posix.dirname(file)}`)
  const place = posix.join(line.root, file)
  const stats = await lstat(place).catch((cause: unknown) => {
    throw wrong(`failed to get metadata for ${file}: ${messageOf(cause)}`, cause)
  })
  if (!stats.isFile()) throw wrong(`${file} is no file`)
  if (stats.size > mostKeyBytes) throw wrong(`invalid secret file size, expected ${mostKeyBytes}, file size was ${stats.size}`)
  const key = (await textOf(place, 'the key of Azure Arc')).trim()
  if (!/^[ -~]+$/.test(key)) throw wrong(`${file} has no key`)
  hide(line, key)
  return asked({ ...request, headers: { ...request.headers, authorization: `Basic ${key}` } }, line)
}

/** Some services say when a token ends, and not how long it lives. */
function withLife(reply: Reply, line: Line): Reply {
  const document = documentOf(reply)
  const on = document.expires_on
  if (on === undefined || on === '') return reply
  const end = typeof on === 'number' || /^\d{1,12}$/.test(String(on)) ? Number(on) * 1000 : dateOf(stringAt(document, 'expires_on') ?? '')
  if (!Number.isFinite(end)) throw new AuthError('BAD_ANSWER', `the answer of ${reply.host} does not say how long its token lives`)
  const life = Math.max(0, Math.floor((end - line.clock.now()) / 1000))
  return { ...reply, text: JSON.stringify({ ...document, expires_in: life }) }
}

/** A time in one of the forms that these services have, UTC. */
function dateOf(text: string): number {
  const [, month, day, year, at] = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text) ?? []
  if (year) return Date.parse(`${year}-${month}-${day}T${at}Z`)
  return Date.parse(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text.replace(' ', 'T')}Z` : text)
}
