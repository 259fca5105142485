import { objectAt, stringAt } from '../../lib/json.ts'
import { ask, documentOf, form, hide, type Line, refusal, type Reply, timeOf, tokenIn, wordsOf } from './line.ts'
import { bearerIn, jsonObjectIn, saidBy } from './oauth.ts'
import type { BearerToken } from './provider.ts'

export const gcpScopes = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/userinfo.email']

/** A token from elsewhere that stands for somebody. */
export interface Subject {
  readonly token: string
  readonly type: string
  readonly audience: string
  readonly scopes: readonly string[]
  /** Absent: Google's. */
  readonly endpoint?: string | undefined
  /** A client of Google's that asks. */
  readonly client?: { readonly id: string; readonly secret: string } | undefined
  /** Whose project a member of a workforce pool works for. */
  readonly userProject?: string | undefined
}

/** Swaps a token from elsewhere. https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
export async function exchangeSubject(
  { token, type, audience, scopes, endpoint, client, userProject }: Subject,
  line: Line,
): Promise<BearerToken> {
  hide(line, token, client?.secret)
  const { headers, body } = form({
    audience,
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: scopes.join(' '),
    subject_token: token,
    subject_token_type: type,
    options: userProject && JSON.stringify({ userProject }),
  })
  const request = { headers: { ...headers, ...basicOf(client, line) }, body }
  const reply = await ask(line, { method: 'POST', url: endpoint ?? 'https://sts.googleapis.com/v1/token', ...request })
  if (reply.status !== 200) throw refusal(reply, `oauth2/google: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}

/** The authorization of a client, as a header. */
export function basicOf(client: Subject['client'], line: Line): { authorization?: string } {
  if (!client) return {}
  const encoded = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  hide(line, encoded)
  return { authorization: `Basic ${encoded}` }
}

/** Whom a token may speak for. `url` is the whole address of generateAccessToken, `delegates` who speaks for whom on the way. */
export interface Impersonation {
  readonly url: string
  /** Absent: an hour. */
  readonly lifetimeSeconds?: number | undefined
  readonly delegates?: readonly string[] | undefined
}

/** The token of a Google service account, for whom `first` may speak. */
export async function impersonated(
  first: BearerToken,
  { url, lifetimeSeconds = 3600, delegates }: Impersonation,
  line: Line,
): Promise<BearerToken> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${first.token}` }
  const body = JSON.stringify({ ...(delegates?.length ? { delegates } : {}), lifetime: `${lifetimeSeconds}s`, scope: gcpScopes })
  const reply = await ask(line, { method: 'POST', url, headers, body })
  if (reply.status !== 200) throw refusal(reply, `oauth2/google: status code ${reply.status}: ${apiError(reply, line)}`)
  const document = documentOf(reply)
  const token = tokenIn(document, 'accessToken', reply)
  hide(line, token)
  return { type: 'bearer', token, expiresAt: timeOf(stringAt(document, 'expireTime'), reply) }
}

/** What an API of Google says of a failure. */
export function apiError(reply: Reply, line: Line): string {
  const { status, message } = objectAt(jsonObjectIn(reply.text), 'error')
  const words = [status, message].filter(part => typeof part === 'string').join(': ')
  return words ? wordsOf(words, line) : saidBy(reply, line)
}
