import { assertionType, type ClientCertificate, clientAssertion, tokenEndpoint } from './entra-client.ts'
import { AuthError } from './error.ts'
import { expiryOf } from '../../lib/jwt.ts'
import { ask, documentOf, form, hide, type Line, refusal, tokenIn } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken, Login } from './provider.ts'

/** A client that asks Entra for a token. `assertion` is a signed token that stands for it; with a certificate it signs one itself. */
export interface EntraClient {
  /** Origin, such as `https://login.microsoftonline.com`. */
  readonly authority: string
  readonly tenant: string
  readonly client: string
  readonly scope: string
  readonly proof:
    | { readonly assertion: string }
    | { readonly secret: string }
    | { readonly certificate: ClientCertificate; readonly sendChain: boolean }
    | { readonly username: string; readonly password: string }
}

const tenantPattern = /^[A-Za-z0-9.-]{1,255}$/

/** The client credentials grant; that of a user with a password. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export async function entraToken({ authority, tenant, client, scope, proof }: EntraClient, line: Line): Promise<BearerToken> {
  if (!tenantPattern.test(tenant))
    throw new AuthError(
      'WRONG_INPUT',
      'invalid tenantID. You can locate your tenantID by following the instructions listed here: https://learn.microsoft.com/partner-center/find-ids-and-domain-names',
    )
  const url = tokenEndpoint(authority, tenant)
  const { name, secret, fields } = proven(proof, { client, scope, url }, line)
  hide(line, secret)
  const reply = await ask(line, { method: 'POST', url, ...form({ client_id: client, ...fields }) })
  if (reply.status !== 200) throw refusal(reply, `${name} authentication failed: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}

interface Proven {
  readonly name: string
  readonly secret: string
  readonly fields: Readonly<Record<string, string>>
}

function proven(
  proof: EntraClient['proof'],
  { client, scope, url }: { readonly client: string; readonly scope: string; readonly url: string },
  line: Line,
): Proven {
  const grant = { scope, grant_type: 'client_credentials' }
  if ('secret' in proof) return { name: 'ClientSecretCredential', secret: proof.secret, fields: { ...grant, client_secret: proof.secret } }
  if ('username' in proof) {
    const { username, password } = proof
    const fields = { scope: `${scope} openid offline_access profile`, grant_type: 'password', username, password }
    return { name: 'UsernamePasswordCredential', secret: password, fields }
  }
  const isOwn = 'certificate' in proof
  const { clock } = line
  const assertion = isOwn
    ? clientAssertion(proof.certificate, { client, endpoint: url, sendChain: proof.sendChain, now: clock.now(), id: clock.id(16) })
    : proof.assertion
  const fields = { ...grant, client_assertion_type: assertionType, client_assertion: assertion }
  return { name: isOwn ? 'ClientCertificateCredential' : 'ClientAssertionCredential', secret: assertion, fields }
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
