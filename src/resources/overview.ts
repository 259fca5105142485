import { stateOf } from '../engine/request.ts'
import { fluxKindsOf } from './flux-kinds.ts'
import { resource } from './resource.ts'

export const overview = resource({
  name: 'overview',
  uri: 'flux://{cluster}/overview',
  title: 'Overview of a cluster',
  description: 'Counts of Flux objects by kind and state.',
  async read({ cluster: name = '' }, world, signal) {
    if (!world.clusters.names.includes(name)) return undefined
    const cluster = world.clusters.named(name)
    const counts: Record<string, Record<string, number>> = {}
    for (const { group, version, kind } of await fluxKindsOf(cluster, signal)) {
      const states: Record<string, number> = {}
      for await (const object of cluster.listAll({ group, version, kind, resourceVersion: '0' }, signal))
        states[stateOf(object)] = (states[stateOf(object)] ?? 0) + 1
      if (Object.keys(states).length > 0) counts[kind] = states
    }
    return { cluster: name, counts }
  },
  complete: { cluster: async (typed, _others, world) => world.clusters.names.filter(n => n.startsWith(typed)).slice(0, 100) },
})
