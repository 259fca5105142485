import { azureLogin, entraToken } from './azure-api.ts'
import { authorityOf, ownToken } from './azure-identity.ts'
import { managedToken } from './azure-managed.ts'
import { type Account, annotation, type CloudProvider, type Wanted } from './cloud.ts'
import { AuthError } from './error.ts'
import type { BearerToken } from './provider.ts'
import { cloudRegistry } from './registry-host.ts'

const [tenantKey, clientKey] = ['azure.workload.identity/tenant-id', 'azure.workload.identity/client-id'] as const
const registryPattern = String.raw`^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$`

/** Scopes by what they are for. Spec: sources 4.4, 9.4. */
export const azureScopes = { devOps: '499b84ac-1321-427f-aa17-267ca6975798/.default', blob: 'https://storage.azure.com/.default' } as const

/** Azure: Entra, Container Registry. Spec: sources 9.4. */
export const azure: CloudProvider<BearerToken> = {
  name: 'azure',
  audience: async () => 'api://AzureADTokenExchange',
  identity: account => {
    const { tenant, client } = identityOf(account)
    return `${tenant}/${client}`
  },
  own: (wanted, line) => {
    const [scope, { managedClientId, authorityHost }] = [scopeOf(wanted), wanted]
    return managedClientId ? managedToken(scope, managedClientId, line) : ownToken({ scope, authorityHost }, line)
  },
  async exchanged(token, account, { wanted, line }) {
    const { tenant, client } = identityOf(account)
    return entraToken({ authority: authorityOf(line), tenant, client, scope: scopeOf(wanted), proof: { assertion: token } }, line)
  },
  registryKey: repository =>
    `https://${cloudRegistry(repository, { name: 'Azure', shown: registryPattern, whole: new RegExp(registryPattern) })[0]}`,
  login: (token, { key }, line) => azureLogin(token, new URL(key), line),
}

function identityOf(account: Account): { tenant: string; client: string } {
  const [tenant, client] = [annotation(account, tenantKey), annotation(account, clientKey)]
  if (!tenant) throw new AuthError('WRONG_INPUT', `azure tenant ID is not set in the service account annotation ${tenantKey}`)
  if (!client) throw new AuthError('WRONG_INPUT', `azure client ID is not set in the service account annotation ${clientKey}`)
  return { tenant, client }
}

/** The management scope of the cloud that a registry is in. */
function scopeOf({ scopes, registry }: Wanted): string {
  if (scopes && scopes.length > 0) return scopes.join(' ')
  const host = registry?.host ?? ''
  if (host.endsWith('.azurecr.cn')) return 'https://management.chinacloudapi.cn/.default'
  return host.endsWith('.azurecr.us') ? 'https://management.usgovcloudapi.net/.default' : 'https://management.azure.com/.default'
}
