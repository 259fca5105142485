import { isFluxGroup } from '../engine/controllers.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'

/** The Flux kinds that a cluster serves, one version each. */
export async function fluxKindsOf(cluster: Cluster, signal: AbortSignal): Promise<ApiResource[]> {
  const { resources } = await cluster.discover(signal)
  const all = resources.filter(r => isFluxGroup(r.group) && r.verbs.includes('list'))
  return all.filter((r, i) => all.findIndex(other => other.group === r.group && other.kind === r.kind) === i)
}
