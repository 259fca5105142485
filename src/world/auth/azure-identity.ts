import { messageOf } from '../../lib/coded-error.ts'
import { entraToken } from './azure-api.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { ask, type Line, refusal } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken } from './provider.ts'

const machine = 'http://169.254.169.254'

/** Where Entra is: AZURE_AUTHORITY_HOST, as AKS sets it, else that of the public cloud. @throws {AuthError} WRONG_INPUT unless it is https. */
export function authorityOf({ env }: Pick<Line, 'env'>): string {
  const text = env.AZURE_AUTHORITY_HOST || 'https://login.microsoftonline.com'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && !url.username && !url.password) return url.origin
  throw new AuthError('WRONG_INPUT', 'AZURE_AUTHORITY_HOST must use https')
}

/** A token for the identity of this process: client secret of the environment, workload identity, managed identity of the machine. */
export async function ownToken(scope: string, line: Line): Promise<BearerToken> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: file } = line.env
  if (tenant && client && secret) return entraToken({ authority: authorityOf(line), tenant, client, scope, proof: { secret } }, line)
  if (tenant && client && file) {
    const assertion = (await textOf(file, 'the federated token')).trim()
    return entraToken({ authority: authorityOf(line), tenant, client, scope, proof: { assertion } }, line)
  }
  return managed(scope, client, line)
}

/** https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
async function managed(scope: string, client: string | undefined, line: Line): Promise<BearerToken> {
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
  if (reply.status !== 200) throw refusal(reply, `ManagedIdentityCredential authentication failed: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}
