import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { ClusterError, type ClusterErrorCode } from '../../src/world/cluster/error.ts'

/** One call to a cluster, as a rule sees it. */
export interface Called {
  readonly verb: string
  readonly kind?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/** What fails, and how; `undefined` lets the call through. */
export type Fault = (called: Called) => ClusterErrorCode | undefined

interface About {
  readonly kind?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly metadata?: { readonly name: string; readonly namespace?: string | undefined }
}

/** A cluster that fails as a rule says, as its API server would. */
export function faulty(cluster: Cluster, fault: () => Fault): Cluster {
  const check = (verb: string, about: About): void => {
    const { kind, namespace = about.metadata?.namespace, name = about.metadata?.name } = about
    const code = fault()({ verb, kind, namespace, name })
    if (code)
      throw new ClusterError(code, { cluster: cluster.name, what: `${verb} ${kind ?? ''}`, message: messageOf(code, verb, kind ?? 'api') })
  }
  const refused = async (verb: string, about: About): Promise<void> => check(verb, about)
  return {
    name: cluster.name,
    server: cluster.server,
    as: user => faulty(cluster.as(user), fault),
    discover: async signal => (await refused('discover', {}), cluster.discover(signal)),
    resolve: async (typed, signal) => (await refused('discover', {}), cluster.resolve(typed, signal)),
    resourceOf: async (kind, signal) => (await refused('discover', {}), cluster.resourceOf(kind, signal)),
    version: async signal => (await refused('version', {}), cluster.version(signal)),
    allowed: async (access, signal) => (await refused('review', {}), cluster.allowed(access, signal)),
    tokenFor: async (account, audience, signal) => (
      await refused('create', { kind: 'TokenRequest', ...account }),
      cluster.tokenFor(account, audience, signal)
    ),
    serviceProxy: (target, signal) => cluster.serviceProxy(target, signal),
    podLog: async (pod, query, signal) => (await refused('get', { kind: 'PodLog', ...pod }), cluster.podLog(pod, query, signal)),
    get: async (ref, signal) => (await refused('get', ref), cluster.get(ref, signal)),
    list: async (query, signal) => (await refused('list', query), cluster.list(query, signal)),
    async *listAll(query, signal) {
      check('list', query)
      yield* cluster.listAll(query, signal)
    },
    async *watch(query, signal) {
      check('watch', query)
      yield* cluster.watch(query, signal)
    },
    apply: async (object, options, signal) => (await refused('apply', object), cluster.apply(object, options, signal)),
    create: async (object, options, signal) => (await refused('create', object), cluster.create(object, options, signal)),
    replace: async (object, options, signal) => (await refused('update', object), cluster.replace(object, options, signal)),
    patch: async (ref, patch, signal) => (await refused('patch', ref), cluster.patch(ref, patch, signal)),
    delete: async (ref, options, signal) => (await refused('delete', ref), cluster.delete(ref, options, signal)),
  }
}

function messageOf(code: ClusterErrorCode, verb: string, kind: string): string {
  if (code !== 'FORBIDDEN') return `${code.toLowerCase()} at ${verb} ${kind}`
  return `${kind.toLowerCase()}s is forbidden: User "jane" cannot ${verb} resource "${kind.toLowerCase()}s"`
}
