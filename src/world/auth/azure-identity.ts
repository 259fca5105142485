import { messageOf } from '../../lib/coded-error.ts'
import { entraToken } from './azure-api.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { ask, hide, type Line, refusal, tokenIn } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken } from './provider.ts'
import { toldBy } from './vendor-tools.ts'

const machine = 'http://169.254.169.254'

/** Where Entra is: AZURE_AUTHORITY_HOST, as AKS sets it, else that of the public cloud. @throws {AuthError} WRONG_INPUT unless it is https. */
export function authorityOf({ env }: Pick<Line, 'env'>): string {
  const text = env.AZURE_AUTHORITY_HOST || 'https://login.microsoftonline.com'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && !url.username && !url.password) return url.origin
  throw new AuthError('WRONG_INPUT', 'AZURE_AUTHORITY_HOST must use https')
}

/** A token for the identity of this process: client secret of the environment, workload identity, the person's az, managed identity of the machine. */
export async function ownToken(scope: string, line: Line): Promise<BearerToken> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: file } = line.env
  if (tenant && client && secret) return entraToken({ authority: authorityOf(line), tenant, client, scope, proof: { secret } }, line)
  if (tenant && client && file) {
    const assertion = (await textOf(file, 'the federated token')).trim()
    return entraToken({ authority: authorityOf(line), tenant, client, scope, proof: { assertion } }, line)
  }
  const token = line.vendorTools ? await fromTool(scope, line) : undefined
  return token ?? managedToken(scope, client, line)
}

/** The person's own token, where `az login` was done: asked before the machine, which takes its time to be no machine of Azure's. */
async function fromTool(scope: string, line: Line): Promise<BearerToken | undefined> {
  const args = ['account', 'get-access-token', '--output', 'json', '--scope', scope]
  const told = await toldBy('az', args, { line, instead: 'sign in with az login' })
  if (!told) return undefined
  const at = { host: 'az' }
  const token = tokenIn(told, 'accessToken', at)
  hide(line, token)
  const { expires_on: end } = told
  if (typeof end !== 'number' || !Number.isFinite(end))
    throw new AuthError('BAD_ANSWER', 'az does not say when its token expires: update it')
  return { type: 'bearer', token, expiresAt: end * 1000 }
}

/** A token for a managed identity of the machine: the one of this client, or its only one. https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
export async function managedToken(scope: string, client: string | undefined, line: Line): Promise<BearerToken> {
  const url = new URL(`${machine}/metadata/identity/oauth2/token`)
  url.searchParams.set('api-version', '2018-02-01')
  url.searchParams.set('resource', scope.replace(/\/\.default$/, ''))
  if (client) url.searchParams.set('client_id', client)
  const reply = await ask(line, { method: 'GET', url: url.href, headers: { metadata: 'true' } }, 'door').catch((thrown: unknown) => {
    line.signal.throwIfAborted()
    throw new AuthError(
      'NO_IDENTITY',
      `DefaultAzureCredential: failed to acquire a token. ManagedIdentityCredential: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    )
  })
  if (reply.status >= 400 && reply.status < 405)
    throw new AuthError('NO_IDENTITY', `ManagedIdentityCredential authentication failed: ${saidBy(reply, line)}`)
  if (reply.status !== 200) throw refusal(reply, `ManagedIdentityCredential authentication failed: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}
