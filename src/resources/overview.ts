import { CodedError } from '../lib/coded-error.ts'
import type { JsonObject } from '../lib/json.ts'
import { stateOf } from '../engine/request.ts'
import { completions, kindName } from '../tools/objects/completions.ts'
import { fluxKinds } from '../tools/objects/locate.ts'
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
    const found = await fluxKinds(cluster, signal)
    const { kinds } = found
    const incomplete: JsonObject[] = [...found.incomplete]
    for (const resource of kinds) {
      const { group, version, kind } = resource
      const states: Record<string, number> = {}
      try {
        for await (const object of cluster.listAll({ group, version, kind, resourceVersion: '0' }, signal))
          states[stateOf(object)] = (states[stateOf(object)] ?? 0) + 1
      } catch (thrown) {
        if (!(thrown instanceof CodedError) || thrown.code !== 'FORBIDDEN') throw thrown
        incomplete.push({ part: kind, code: 'Forbidden', message: thrown.message })
      }
      if (Object.keys(states).length > 0) counts[kindName(resource, kinds)] = states
    }
    return { cluster: name, counts, ...(incomplete.length > 0 ? { incomplete } : {}) }
  },
  complete: { cluster: completions.cluster },
})
