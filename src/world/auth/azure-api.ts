import { AuthError } from './error.ts'
import { expiryOf } from '../../lib/jwt.ts'
import { ask, documentOf, form, hide, type Line, refusal, tokenIn } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken, Login } from './provider.ts'

/** A client that asks Entra for a token. `assertion` is a signed token that stands for it. */
export interface EntraClient {
  /** Origin, such as `https://login.microsoftonline.com`. */
  readonly authority: string
  readonly tenant: string
  readonly client: string
  readonly scope: string
  readonly proof: { readonly assertion: string } | { readonly secret: string }
}

const tenantPattern = /^[A-Za-z0-9.-]{1,255}$/

/** The client credentials grant. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export async function entraToken({ authority, tenant, client, scope, proof }: EntraClient, line: Line): Promise<BearerToken> {
  if (!tenantPattern.test(tenant))
    throw new AuthError(
      'WRONG_INPUT',
      'invalid tenantID. You can locate your tenantID by following the instructions listed here: https://learn.microsoft.com/partner-center/find-ids-and-domain-names',
    )
  const isSecret = 'secret' in proof
  hide(line, isSecret ? proof.secret : proof.assertion)
  const proven = isSecret
    ? { client_secret: proof.secret }
    : { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: proof.assertion }
  const request = form({ client_id: client, scope, grant_type: 'client_credentials', ...proven })
  const reply = await ask(line, { method: 'POST', url: `${authority}/${tenant}/oauth2/v2.0/token`, ...request })
  const name = isSecret ? 'ClientSecretCredential' : 'ClientAssertionCredential'
  if (reply.status !== 200) throw refusal(reply, `${name} authentication failed: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}

/** Swaps a token for a login of a container registry. `registry` is its origin. */
export async function azureLogin({ token }: BearerToken, registry: URL, line: Line): Promise<Login> {
  const request = form({ access_token: token, grant_type: 'access_token', service: registry.hostname })
  const reply = await ask(line, { method: 'POST', url: `${registry.origin}/oauth2/exchange`, ...request })
  if (reply.status !== 200) throw refusal(reply, `unexpected status from ACR exchange request: ${reply.status}`)
  const password = tokenIn(documentOf(reply), 'refresh_token', reply)
  hide(line, password)
  const expiresAt = expiryOf(password)
  if (expiresAt === undefined) throw new AuthError('BAD_ANSWER', `the refresh token of ${reply.host} does not say when it expires`)
  return { type: 'basic', username: '00000000-0000-0000-0000-000000000000', password, expiresAt }
}
