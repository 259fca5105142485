import type { KubeObject } from '../../src/kinds/manifest.ts'
import { isObject, type JsonObject } from '../../src/lib/json.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'

/** A cluster for one pass. `written` is the status as each write left it, in order. */
export function recorded(cluster: Cluster): {
  readonly hub: Pick<Cluster, 'get' | 'create' | 'patch'>
  readonly written: readonly JsonObject[]
} {
  const written: JsonObject[] = []
  const hub = {
    get: cluster.get.bind(cluster),
    create: cluster.create.bind(cluster),
    async patch(...[at, change, aborted]: Parameters<typeof cluster.patch>): Promise<KubeObject> {
      const stored = await cluster.patch(at, change, aborted)
      if (change.subresource === 'status' && isObject(stored.status)) written.push(stored.status)
      return stored
    },
  }
  return { hub, written }
}
