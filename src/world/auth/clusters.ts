import { aksAccess } from './aks.ts'
import { aws } from './aws.ts'
import { azure } from './azure.ts'
import type { CloudProvider } from './cloud.ts'
import { eksAccess } from './eks.ts'
import { type Flow, madeOfTokens } from './flow.ts'
import { genericAccess, genericProvider } from './generic.ts'
import { gkeAccess } from './gke-cluster.ts'
import type { BearerToken, ClusterAccess, ClusterPlace, Who } from './provider.ts'

interface At {
  readonly who: Who
  readonly flow: Flow
  readonly gcp: CloudProvider<BearerToken>
}

/** How to reach and enter a cluster of a cloud, or one that trusts this cluster's issuer. Kept for as long as its token is. */
export async function clusterAccess(place: ClusterPlace, { who, flow, gcp }: At): Promise<ClusterAccess> {
  const { provider, cluster, address, ca, audiences = [], issuer } = place
  const account = who.serviceAccount
  const wanted = provider === 'generic' && audiences.length === 0 && address ? [address] : audiences
  const at = { who: account ? { ...who, serviceAccount: { ...account, audiences: wanted } } : who, flow }
  const name = JSON.stringify([issuer.server, provider, cluster, address, ca, wanted])
  switch (provider) {
    case 'aws':
      return madeOfTokens(aws, { name, make: (tokenFor, line) => eksAccess(place, tokenFor, line) }, at)
    case 'azure':
      return madeOfTokens(azure, { name, make: (tokenFor, line) => aksAccess(place, tokenFor, line) }, at)
    case 'gcp':
      return madeOfTokens(gcp, { name, make: (tokenFor, line) => gkeAccess(place, tokenFor, line) }, at)
    case 'generic':
      return madeOfTokens(genericProvider(issuer, wanted), { name, make: (tokenFor, line) => genericAccess(place, tokenFor, line) }, at)
  }
}
