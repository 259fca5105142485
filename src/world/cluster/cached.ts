import { type KubeObject, type ObjectRef, refOf } from '../../kinds/manifest.ts'
import type { Cluster, ListQuery } from './cluster.ts'
import { ClusterError } from './error.ts'
import { isNewer } from './resource-version.ts'

/** What a watch of a kind brought. */
class Cache {
  readonly #objects = new Map<string, KubeObject>()
  /** Those that a write showed to be old or gone: they are not read until something newer comes. */
  readonly #doubted = new Set<string>()

  get(name: string): KubeObject | undefined {
    return this.#doubted.has(name) ? undefined : this.#objects.get(name)
  }

  /** What the watch tells: never older than what is known. */
  keep(object: KubeObject): void {
    const name = nameOf(object.metadata)
    const before = this.#objects.get(name)
    if (before && isNewer(before, object)) return
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#doubted.delete(name)
    this.#objects.set(name, object)
  }

  /** What a write answered, of an object that the watch brings. */
  written(object: KubeObject): void {
    const before = this.#objects.get(nameOf(object.metadata))
    if (before && isNewer(object, before)) this.keep(object)
  }

  doubt(name: string): void {
    if (this.#objects.has(name)) this.#doubted.add(name)
  }

  delete(name: string): void {
    this.#objects.delete(name)
    this.#doubted.delete(name)
  }

  clear(): void {
    this.#objects.clear()
    this.#doubted.clear()
  }
}

/** What the watches of each kind brought. */
class Caches {
  readonly #kinds = new Map<string, Cache>()

  of({ group, kind }: Pick<ObjectRef, 'group' | 'kind'>): Cache | undefined {
    return this.#kinds.get(`${kind}.${group}`)
  }

  /** The first watch of a kind is read from. */
  begin(query: ListQuery): Cache {
    const begun = new Cache()
    if (!this.of(query)) this.#kinds.set(`${query.kind}.${query.group}`, begun)
    return begun
  }

  end(query: ListQuery, ended: Cache): void {
    if (this.of(query) === ended) this.#kinds.delete(`${query.kind}.${query.group}`)
  }

  /** Keeps what a write answered; what it shows to be old or gone is not read again. */
  async written(ref: ObjectRef, { dryRun }: { dryRun?: boolean | undefined }, write: Promise<KubeObject>): Promise<KubeObject> {
    const cache = this.of(ref)
    try {
      const object = await write
      if (!dryRun) cache?.written(object)
      return object
    } catch (thrown) {
      if (thrown instanceof ClusterError && (thrown.code === 'CONFLICT' || thrown.code === 'NOT_FOUND')) cache?.doubt(nameOf(ref))
      throw thrown
    }
  }
}

/**
 * A cluster that reads from its own watches: a get of an object that a running watch has brought asks nothing of the API server. What is
 * written through it is read back at once. An object that no watch has brought is asked for.
 */
export function cachedCluster(cluster: Cluster): Cluster {
  const caches = new Caches()
  return {
    name: cluster.name,
    server: cluster.server,
    discover: signal => cluster.discover(signal),
    resolve: (typed, signal) => cluster.resolve(typed, signal),
    resourceOf: (kind, signal) => cluster.resourceOf(kind, signal),
    version: signal => cluster.version(signal),
    allowed: (access, signal) => cluster.allowed(access, signal),
    tokenFor: (account, audience, signal) => cluster.tokenFor(account, audience, signal),
    as: user => cluster.as(user),
    podLog: (pod, options, signal) => cluster.podLog(pod, options, signal),
    serviceProxy: (target, signal) => cluster.serviceProxy(target, signal),
    list: (query, signal) => cluster.list(query, signal),
    listAll: (query, signal) => cluster.listAll(query, signal),
    async get(ref, signal) {
      const found = caches.of(ref)?.get(nameOf(ref))
      signal.throwIfAborted()
      return found && isServedAs(found, ref) ? found : cluster.get(ref, signal)
    },
    watch: (query, signal) => watched(cluster, { query, caches }, signal),
    apply: (object, options, signal) => caches.written(refOf(object), options, cluster.apply(object, options, signal)),
    create: (object, options, signal) => caches.written(refOf(object), options, cluster.create(object, options, signal)),
    replace: (object, options, signal) => caches.written(refOf(object), options, cluster.replace(object, options, signal)),
    patch: (ref, patch, signal) => caches.written(ref, patch, cluster.patch(ref, patch, signal)),
    delete: (ref, options, signal) => cluster.delete(ref, options, signal),
  }
}

/** Keeps what a watch brings for as long as it runs; what it told last is kept before anybody hears of it. */
async function* watched(
  cluster: Cluster,
  { query, caches }: { query: ListQuery; caches: Caches },
  signal: AbortSignal,
): ReturnType<Cluster['watch']> {
  const cache = caches.begin(query)
  try {
    for await (const event of cluster.watch(query, signal)) {
      if (event.type === 'gap') {
        cache.clear()
        for (const object of event.objects) cache.keep(object)
      } else if (event.type === 'deleted') cache.delete(nameOf(event.object.metadata))
      else cache.keep(event.object)
      yield event
    }
  } finally {
    caches.end(query, cache)
  }
}

function isServedAs({ apiVersion }: KubeObject, { group, version }: ObjectRef): boolean {
  return version === undefined || apiVersion === (group ? `${group}/${version}` : version)
}

function nameOf({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }): string {
  return `${namespace}/${name}`
}
