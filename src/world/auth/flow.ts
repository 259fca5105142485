import { cacheKey, hashed, type TokenCache } from './cache.ts'
import { type Account, accountFrom, type CloudProvider, type TokenProvider, type Wanted } from './cloud.ts'
import { AuthError, during } from './error.ts'
import { hide, type Line } from './line.ts'
import type { Expiring, Login, Who } from './provider.ts'
import { registryHost } from './registry-host.ts'

/** What one way of signing in works with. */
export interface Flow {
  readonly cache: TokenCache
  /** A line whose signal is that of the work. */
  line(signal: AbortSignal): Line
}

/** Who signs in, found out anew each time: an account that lost its annotations loses its access at once. */
interface Identity {
  readonly account: Account
  readonly audiences: readonly string[]
  readonly identity: string
  readonly cluster: string
}

/** An access token of a cloud. Spec: sources 9.2. */
export async function accessToken<T extends Expiring>(
  provider: CloudProvider<T>,
  wanted: Wanted,
  { who, flow }: { readonly who: Who; readonly flow: Flow },
): Promise<T> {
  const identity = await identityOf(provider, who, flow)
  const key = keyOf(provider, wanted, { identity, who })
  return flow.cache.get(key, signal => fetched(provider, wanted, { identity, who, line: flow.line(signal) }), who)
}

/** The login of a registry; the token before it is not kept. Spec: sources 9.2 steps 5 and 6. */
export async function registryLogin<T extends Expiring>(
  provider: CloudProvider<T>,
  repository: string,
  { who, flow }: { readonly who: Who; readonly flow: Flow },
): Promise<Login> {
  const identity = await identityOf(provider, who, flow)
  const key = await during({ what: `failed to parse artifact repository '${repository}'`, signal: who.signal, code: 'WRONG_INPUT' }, () =>
    provider.registryKey(repository),
  )
  const registry = { key, host: registryHost(repository) }
  const fetch = async (signal: AbortSignal): Promise<Login> => {
    const line = flow.line(signal)
    const token = await fetched(provider, { registry }, { identity, who, line })
    return during({ what: 'failed to create artifact registry credentials', signal, code: 'BAD_ANSWER' }, () =>
      provider.login(token, registry, line),
    )
  }
  return flow.cache.get(keyOf(provider, { registry }, { identity, who }), fetch, who)
}

/** What is made of access tokens, kept in their place. `name` tells it from what else is made of them. */
export async function madeOfTokens<T extends Expiring, R extends Expiring>(
  provider: TokenProvider<T>,
  { name, make }: { readonly name: string; make(tokenFor: (wanted: Wanted) => Promise<T>, line: Line): Promise<R> },
  { who, flow }: { readonly who: Who; readonly flow: Flow },
): Promise<R> {
  const identity = await identityOf(provider, who, flow)
  const fetch = (signal: AbortSignal): Promise<R> => {
    const line = flow.line(signal)
    return make(wanted => fetched(provider, wanted, { identity, who, line }), line)
  }
  return flow.cache.get(`${keyOf(provider, {}, { identity, who })} ${hashed(name)}`, fetch, who)
}

function keyOf({ name }: TokenProvider<Expiring>, wanted: Wanted, { identity, who }: { identity: Identity | undefined; who: Who }): string {
  const account = identity && {
    audience: identity.audiences.join(','),
    identity: identity.identity,
    name: identity.account.name,
    namespace: identity.account.namespace,
  }
  const { registry, scopes, stsRegion, stsEndpoint, managedClientId, authorityHost } = wanted
  const special = [managedClientId && `managed identity ${managedClientId}`, authorityHost && `authority ${authorityHost}`].filter(Boolean)
  const key = cacheKey({
    provider: name,
    account,
    scopes,
    artifactRepositoryKey: special.join(' ') || registry?.key,
    stsRegion,
    stsEndpoint,
    proxyUrl: who.proxy,
  })
  return identity ? `${identity.cluster} ${key}` : key
}

async function identityOf<T extends Expiring>(
  provider: TokenProvider<T>,
  { serviceAccount, signal }: Who,
  flow: Flow,
): Promise<Identity | undefined> {
  if (!serviceAccount) return undefined
  const { cluster, namespace, name, allowed, audiences: given = [] } = serviceAccount
  if (!allowed) throw new AuthError('GATE_DISABLED', 'ObjectLevelWorkloadIdentity feature gate is not enabled')
  const at = `service account '${namespace}/${name}'`
  const ref = { group: '', version: 'v1', kind: 'ServiceAccount', namespace, name }
  const account = await during({ what: `failed to get ${at}`, signal }, async () => {
    const found = await cluster.get(ref, signal)
    if (found) return accountFrom(found)
    throw new AuthError('NO_ACCOUNT', `ServiceAccount "${name}" not found`)
  })
  const audiences =
    given.length > 0
      ? given
      : [await during({ what: 'failed to get provider audience', signal }, () => provider.audience(account, flow.line(signal)))]
  const identity = await during({ what: `failed to get provider identity from ${at} annotations`, signal }, () =>
    provider.identity(account),
  )
  return { account, audiences, identity, cluster: cluster.server }
}

interface Fetching {
  readonly identity: Identity | undefined
  readonly who: Who
  readonly line: Line
}

async function fetched<T extends Expiring>(provider: TokenProvider<T>, wanted: Wanted, { identity, who, line }: Fetching): Promise<T> {
  const { signal } = line
  if (!identity || !who.serviceAccount)
    return during({ what: 'failed to create provider access token for the controller', signal, code: 'BAD_ANSWER' }, () =>
      provider.own(wanted, line),
    )
  const { account, audiences } = identity
  const { cluster } = who.serviceAccount
  const at = `for service account '${account.namespace}/${account.name}'`
  const token = await during({ what: `failed to create kubernetes token ${at}`, signal }, () =>
    cluster.tokenFor(account, audiences, signal),
  )
  hide(line, token)
  return during({ what: `failed to create provider access token ${at}`, signal, code: 'BAD_ANSWER' }, () =>
    provider.exchanged(token, account, { wanted, line }),
  )
}
