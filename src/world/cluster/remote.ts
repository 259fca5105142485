import { createHash } from 'node:crypto'
import { stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import type { Cluster } from './cluster.ts'
import { contextAccess } from './credentials.ts'
import { observed } from './observe.ts'
import { restCluster } from './rest.ts'
import { type Allowed, strangersContext } from '../../lib/kubeconfig.ts'

/** Clusters that objects name, beside the configured ones. Equal input gives the same cluster, so that connections and discovery are shared. */
export interface Remotes {
  /**
   * The cluster of a kubeconfig's current context. Files of this machine, auth providers and impersonation in it are dropped; programs and
   * unverified certificates are, unless allowed. @throws {KubeconfigError} Spec: kustomization 11.
   */
  ofKubeconfig(text: string, at: Allowed & { readonly name: string }): Cluster
  /** A cluster that takes bearer tokens, asked for at each call. `identity` tells callers with other tokens apart. */
  withTokens(at: TokenPlace, tokenOf: (signal: AbortSignal) => Promise<string>): Cluster
}

export interface TokenPlace {
  /** For errors. */
  readonly name: string
  readonly server: string
  /** PEM; absent: what the system trusts. */
  readonly ca?: string | undefined
  readonly identity: string
}

export interface RemoteOptions {
  readonly http: Http
  readonly clock: Clock
  /** Is shown each credential, before anybody else. */
  readonly learn: (secret: string) => void
  /** Is shown each object that is read or written; absent: nobody is. */
  readonly seen?: Parameters<typeof observed>[1] | undefined
}

const mostKept = 100
/** As with Flux: for each call, retries and the answer's body included. */
const requestTimeoutMs = 30_000

export function openRemotes(options: RemoteOptions): Remotes {
  const { http, clock, learn, seen } = options
  const kept = new Map<string, Cluster>()
  const keep = (from: readonly unknown[], open: () => Cluster): Cluster => {
    const key = createHash('sha256').update(JSON.stringify(from)).digest('base64')
    const found = kept.get(key) ?? (seen ? observed(open(), seen) : open())
    kept.delete(key)
    kept.set(key, found)
    const [oldest] = kept.keys()
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
    return found
  }
  return {
    ofKubeconfig: (text, { name, exec, insecureTls }) =>
      keep(['kubeconfig', text, name, exec, insecureTls], () => {
        const context = strangersContext(text, { exec, insecureTls })
        for (const secret of context.secrets) learn(secret)
        const server = stringAt(context.cluster, 'server') ?? ''
        return restCluster({ name, server, clock, requestTimeoutMs, ...contextAccess({ name, ...context }, { http, clock }) })
      }),
    withTokens: ({ name, server, ca, identity }, tokenOf) =>
      keep(['tokens', name, server, ca ?? '', identity], () =>
        restCluster({
          name,
          server,
          clock,
          requestTimeoutMs,
          http: ca === undefined ? http : http.with({ tls: { ca } }),
          authorize: async (_, signal) => ({ authorization: `Bearer ${await tokenOf(signal)}` }),
        }),
      ),
  }
}
