import { isObject, jsonIn, stringAt } from '../../lib/json.ts'
import { expiryOf } from '../../lib/jwt.ts'
import type { TokenProvider } from './cloud.ts'
import { clusterAddress, clusterToken, type TokenFor } from './cluster-place.ts'
import { AuthError, during } from './error.ts'
import { textOf } from './files.ts'
import { hide, type Line } from './line.ts'
import type { BearerToken, ClusterAccess, ClusterPlace, TokenIssuer } from './provider.ts'

const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Clusters that trust the issuer of this cluster's tokens. */
export function genericProvider(issuer: TokenIssuer, audiences: readonly string[]): TokenProvider<BearerToken> {
  return {
    name: 'generic',
    audience: async () => '',
    identity: ({ namespace, name }) => `system:serviceaccount:${namespace}:${name}`,
    async own(_, line) {
      const account = ownAccount(await textOf(tokenFile, 'the service account token'))
      const what = `failed to create kubernetes token for controller service account '${account.namespace}/${account.name}'`
      const token = await during({ what, signal: line.signal }, () => issuer.tokenFor(account, audiences, line.signal))
      hide(line, token)
      return bearer(token)
    },
    exchanged: async token => bearer(token),
  }
}

/** Who this process is, by the token that its pod was given. */
function ownAccount(token: string): { namespace: string; name: string } {
  const claims = jsonIn(Buffer.from(token.trim().split('.')[1] ?? '', 'base64url'))
  const [system, kind, namespace, name] = (isObject(claims) ? (stringAt(claims, 'sub') ?? '') : '').split(':')
  if (system === 'system' && kind === 'serviceaccount' && namespace && name) return { namespace, name }
  throw new AuthError('NO_IDENTITY', `the token in ${tokenFile} is none of a service account`)
}

function bearer(token: string): BearerToken {
  const expiresAt = expiryOf(token)
  if (expiresAt === undefined) throw new AuthError('BAD_ANSWER', 'failed to get expiration time from service account token: it has none')
  return { type: 'bearer', token, expiresAt }
}

export async function genericAccess({ address, ca }: ClusterPlace, tokenFor: TokenFor<BearerToken>, line: Line): Promise<ClusterAccess> {
  const { token, expiresAt } = await clusterToken(() => tokenFor({}), line)
  if (!address) throw new AuthError('WRONG_INPUT', 'cluster address is required to create a REST config')
  return { server: clusterAddress(address), ca, token, expiresAt }
}
