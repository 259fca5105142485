import { withDeadline } from '../../lib/deadline.ts'
import { bounded } from '../../lib/gathered.ts'
import type { Http, HttpAnswer } from '../../world/http/http.ts'
import type { Kept } from '../../world/storage/scratch.ts'
import type { Hands } from '../../world/world.ts'
import type { RepositoryAccess } from './access-reconciler.ts'
import { withoutUser } from './url.ts'

/** What is downloaded, and how. Credentials go to the origin of `repository` alone, unless they are to be passed on; a redirect elsewhere has none. */
export interface Download {
  readonly url: string
  readonly repository: string
  readonly access: RepositoryAccess
  readonly limit: number
  /** What is said of more bytes than `limit`. */
  readonly tooLarge: string
}

export type DownloadHands = Pick<Hands, 'clock' | 'http' | 'scratch'>

const mostRedirects = 10
const words: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  407: 'Proxy Authentication Required',
  410: 'Gone',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** A file of a Helm repository. Throws text: what the server said, or that it said too much. Spec: sources 6. */
export function downloaded(
  what: Download,
  { hands: { http, clock, scratch }, signal }: { hands: DownloadHands; signal: AbortSignal },
): Promise<Uint8Array> {
  const { url, access, limit, tooLarge } = what
  const { tls, timeoutMs } = access
  const client = http.with({ timeoutMs, ...(tls ? { tls } : {}) })
  return withDeadline({ clock, ms: timeoutMs, what: `downloading ${withoutUser(url)}`, signal }, async bound => {
    const answer = await followed(what, client, bound)
    const refused = (): Error => new Error(tooLarge)
    if (Number(answer.headers['content-length'] ?? 0) > limit) {
      await answer.body.cancel()
      throw refused()
    }
    return scratch.during(room => whole(room.keep(bounded(answer.body, { limit, tooLarge: refused }), bound)))
  })
}

/** What was put aside, in memory: only then is it known how much it is. */
async function whole(keeping: Promise<Kept>): Promise<Uint8Array> {
  const kept = await keeping
  const bytes = new Uint8Array(kept.size)
  let at = 0
  for await (const part of kept.read()) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

async function followed({ url, repository, access }: Download, http: Http, signal: AbortSignal): Promise<HttpAnswer> {
  const own = access.passCredentials ? originOf(url) : originOf(repository)
  let at = url
  for (let redirects = 0; ; redirects++) {
    const target = targetOf(at)
    const user = target.origin === own ? (userIn(at) ?? access.user) : redirects === 0 ? userIn(at) : undefined
    const answer = await http.send({ method: 'GET', url: target.href, headers: headersFor(user) }, signal)
    if (answer.status === 200) return answer
    await answer.body.cancel()
    const { location } = answer.headers
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined)
      throw new Error(`failed to fetch ${withoutUser(url)} : ${`${answer.status} ${words[answer.status] ?? ''}`.trim()}`)
    if (redirects >= mostRedirects) throw new Error(`Get "${withoutUser(url)}": stopped after ${mostRedirects} redirects`)
    if (!URL.canParse(location, target)) throw new Error(`Get "${withoutUser(url)}": it redirects to no address`)
    at = new URL(location, target).href
  }
}

/** Without user and password: those go as a header, never in a message. Throws for another scheme. */
function targetOf(url: string): URL {
  if (!URL.canParse(url)) throw new Error(`parse "${withoutUser(url)}": invalid URL`)
  const target = new URL(url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw new Error(`unsupported protocol scheme "${target.protocol.replace(/:$/, '')}"`)
  target.username = target.password = target.hash = ''
  return target
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

function userIn(url: string): RepositoryAccess['user'] {
  const { username, password } = new URL(url)
  return username || password ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : undefined
}

function headersFor(user: RepositoryAccess['user']): Record<string, string> {
  const agent = { 'user-agent': 'Helm/3 fluxpilot' }
  return user ? { ...agent, authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}` } : agent
}
