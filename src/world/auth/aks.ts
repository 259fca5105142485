import { isObject, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { strangersContext } from '../../lib/kubeconfig.ts'
import { clusterAddress, clusterName, clusterToken, decodedCa, type TokenFor } from './cluster-place.ts'
import { AuthError, during } from './error.ts'
import { ask, documentOf, type Line, refusal, wordsOf } from './line.ts'
import { jsonObjectIn } from './oauth.ts'
import type { BearerToken, ClusterAccess, ClusterPlace } from './provider.ts'

const pattern = String.raw`^/subscriptions/([^/]{36})/resourceGroups/([^/]{1,200})/providers/Microsoft\.ContainerService/managedClusters/([^/]{1,200})$`
/** The server that all clusters with Entra stand for. */
const aksScope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default'
const version = '2024-09-01'

/** A cluster of AKS with Entra. https://learn.microsoft.com/rest/api/aks/managed-clusters */
export async function aksAccess(place: ClusterPlace, tokenFor: TokenFor<BearerToken>, line: Line): Promise<ClusterAccess> {
  const { token, expiresAt } = await clusterToken(() => tokenFor({ scopes: [aksScope] }), line)
  const { address, ca } = place
  if (address && ca) return { server: clusterAddress(address), ca, token, expiresAt }
  const arm = managerOf(line)
  const manager = await clusterToken(() => tokenFor({ scopes: [`${arm}/.default`] }), line)
  const found = await looked(place, { arm, token: manager.token }, line)
  const server = address ? clusterAddress(address) : found.server
  return { server, ca: ca || decodedCa(found.ca, 'AKS'), token, expiresAt }
}

/** The resource manager of the cloud that this process is in. */
function managerOf({ env }: Line): string {
  const host = env.AZURE_AUTHORITY_HOST ?? ''
  if (host.includes('chinacloudapi.cn')) return 'https://management.chinacloudapi.cn'
  return host.includes('microsoftonline.us') ? 'https://management.usgovcloudapi.net' : 'https://management.azure.com'
}

interface Manager {
  readonly arm: string
  readonly token: string
}

/** The address and the authority of the kubeconfig that fits the address, or of the first. */
async function looked(
  { cluster = '', address }: ClusterPlace,
  manager: Manager,
  line: Line,
): Promise<{ server: string; ca: string | undefined }> {
  clusterName(cluster, { pattern, what: 'AKS cluster ID', flags: 'i' })
  const described = await asked({ method: 'GET', path: cluster }, { ...manager, failed: 'failed to describe AKS cluster' }, line)
  if (!isObject(objectAt(described, 'properties').aadProfile))
    throw new AuthError(
      'WRONG_INPUT',
      `AKS cluster ${cluster} does not have Microsoft Entra ID integration enabled. See docs for enabling: https://learn.microsoft.com/en-us/azure/aks/enable-authentication-microsoft-entra-id`,
    )
  const wanted = address && clusterAddress(address)
  const listed = await asked(
    { method: 'POST', path: `${cluster}/listClusterUserCredential` },
    { ...manager, failed: 'failed to list credentials of AKS cluster' },
    line,
  )
  const known = await during({ what: 'failed to parse kubeconfig', signal: line.signal, code: 'BAD_ANSWER' }, () =>
    listAt(listed, 'kubeconfigs').map(addressOf),
  )
  const fitting = known.find(({ server }) => !wanted || clusterAddress(server) === wanted)
  if (fitting) return fitting
  const all = known.map(({ server }) => `'${server}'`).join(', ')
  const why = wanted ? ` matching the specified address '${address}'. cluster addresses: [${all}]` : ''
  throw new AuthError('WRONG_INPUT', `no kubeconfig found for AKS cluster ${cluster}${why}`)
}

function addressOf(given: unknown): { server: string; ca: string | undefined } {
  const text = Buffer.from(stringAt(given, 'value') ?? '', 'base64').toString('utf8')
  const { cluster } = strangersContext(text, { exec: false, insecureTls: false })
  return { server: stringAt(cluster, 'server') ?? '', ca: stringAt(cluster, 'certificate-authority-data') }
}

async function asked(
  { method, path }: { method: 'GET' | 'POST'; path: string },
  { arm, token, failed }: Manager & { failed: string },
  line: Line,
): Promise<JsonObject> {
  const url = `${arm}${path.split('/').map(encodeURIComponent).join('/')}?api-version=${version}`
  const reply = await ask(line, { method, url, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })
  if (reply.status === 200) return documentOf(reply)
  const { code, message } = objectAt(jsonObjectIn(reply.text), 'error')
  const said = wordsOf([code, message].filter(part => typeof part === 'string').join(': '), line)
  throw refusal(reply, `${failed}: status ${reply.status}${said ? `: ${said}` : ''}`)
}
