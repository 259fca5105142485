import type { KubeObject } from '../../kinds/manifest.ts'
import type { Cluster, Clusters } from './cluster.ts'

/** A cluster that shows every object it reads or writes, before anybody else sees it. */
export function observed(cluster: Cluster, onObject: (object: KubeObject) => void): Cluster {
  const seen = <T extends KubeObject | undefined>(object: T): T => {
    if (object) onObject(object)
    return object
  }
  return {
    name: cluster.name,
    server: cluster.server,
    as: user => observed(cluster.as(user), onObject),
    discover: signal => cluster.discover(signal),
    resolve: (typed, signal) => cluster.resolve(typed, signal),
    resourceOf: (kind, signal) => cluster.resourceOf(kind, signal),
    version: signal => cluster.version(signal),
    allowed: (access, signal) => cluster.allowed(access, signal),
    tokenFor: (account, audience, signal) => cluster.tokenFor(account, audience, signal),
    serviceProxy: (target, signal) => cluster.serviceProxy(target, signal),
    podLog: (pod, query, signal) => cluster.podLog(pod, query, signal),
    get: async (ref, signal) => seen(await cluster.get(ref, signal)),
    async list(query, signal) {
      const page = await cluster.list(query, signal)
      page.items.forEach(seen)
      return page
    },
    async *listAll(query, signal) {
      for await (const object of cluster.listAll(query, signal)) yield seen(object)
    },
    async *watch(query, signal) {
      for await (const event of cluster.watch(query, signal)) {
        if (event.type === 'gap') event.objects.forEach(seen)
        else seen(event.object)
        yield event
      }
    },
    apply: async (object, options, signal) => seen(await cluster.apply(seen(object), options, signal)),
    create: async (object, options, signal) => seen(await cluster.create(seen(object), options, signal)),
    replace: async (object, options, signal) => seen(await cluster.replace(seen(object), options, signal)),
    patch: async (ref, patch, signal) => seen(await cluster.patch(ref, patch, signal)),
    delete: (ref, options, signal) => cluster.delete(ref, options, signal),
  }
}

/** The same for all clusters of a configuration. */
export function observedClusters(clusters: Clusters, onObject: (object: KubeObject) => void): Clusters {
  const known = new Map<Cluster, Cluster>()
  return {
    names: clusters.names,
    named(name) {
      const cluster = clusters.named(name)
      const wrapped = known.get(cluster) ?? observed(cluster, onObject)
      known.set(cluster, wrapped)
      return wrapped
    },
  }
}
