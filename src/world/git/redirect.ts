import type { Http, HttpAnswer } from '../http/http.ts'
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

/** The head of the answer that begins a conversation, its body left. */
export async function advertisement(
  { url, credentials, tls, proxy }: GitRemote,
  { http, signal }: { http: Http; signal: AbortSignal },
): Promise<Pick<HttpAnswer, 'headers'>> {
  const authorization = authorizationOf(credentials)
  const client = http.with({ ...(tls ? { tls } : {}), ...(proxy === undefined ? {} : { proxy }) })
  const headers = authorization === undefined ? {} : { authorization }
  const answer = await client.send({ method: 'GET', url: asked(url), headers }, signal)
  await answer.body.cancel()
  return answer
}

const asked = (url: string): string => url.replace(/\/$/, '') + suffix

async function next(
  remote: GitRemote,
  { http, signal, thrown }: { http: Http; signal: AbortSignal; thrown: GitError },
): Promise<GitRemote> {
  const { url, tls, proxy } = remote
  const { location } = (await advertisement(remote, { http, signal })).headers
  const target = location !== undefined && URL.canParse(location, asked(url)) ? new URL(location, asked(url)) : undefined
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
