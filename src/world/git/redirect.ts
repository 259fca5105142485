import type { Http } from '../http/http.ts'
import { authorizationOf } from './access.ts'
import { addressOf } from './address.ts'
import { GitError } from './error.ts'
import type { GitRemote } from './git.ts'
import { isSameOrigin } from './modules.ts'

const mostHops = 5
const suffix = '/info/refs?service=git-upload-pack'

/**
 * Works with a remote, and with where it leads when the server answers with another address: without credentials at another origin.
 * @throws {GitError} REDIRECTED when it does not come to an end, or leaves TLS
 */
export async function following<T>(
  remote: GitRemote,
  { http, signal }: { http: Http; signal: AbortSignal },
  work: (remote: GitRemote) => Promise<T>,
): Promise<T> {
  let now = remote
  for (let hop = 0; ; hop++) {
    try {
      return await work(now)
    } catch (thrown) {
      if (!(thrown instanceof GitError) || thrown.code !== 'REDIRECTED' || hop >= mostHops) throw thrown
      now = await next(now, { http, signal, thrown })
    }
  }
}

async function next(
  remote: GitRemote,
  { http, signal, thrown }: { http: Http; signal: AbortSignal; thrown: GitError },
): Promise<GitRemote> {
  const { url, credentials, tls, proxy } = remote
  const asked = url.replace(/\/$/, '') + suffix
  const authorization = authorizationOf(credentials)
  const client = http.with({ ...(tls ? { tls } : {}), ...(proxy === undefined ? {} : { proxy }) })
  const answer = await client.send({ method: 'GET', url: asked, headers: authorization === undefined ? {} : { authorization } }, signal)
  await answer.body.cancel()
  const { location } = answer.headers
  const target = location !== undefined && URL.canParse(location, asked) ? new URL(location, asked) : undefined
  if (!target?.href.endsWith(suffix)) throw thrown
  const to = target.href.slice(0, -suffix.length)
  const { url: found, secure } = addressOf(to)
  const from = new URL(url)
  if (from.protocol === 'https:' && !secure) throw thrown
  if (isSameOrigin(from, found)) return { ...remote, url: to }
  const ca = tls?.ca
  return {
    url: to,
    credentials: { type: 'anonymous' },
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(proxy === undefined ? {} : { proxy }),
  }
}
