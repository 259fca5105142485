import { Counter, Gauge, type Registry } from 'prom-client'
import type { KubeObject } from '../../kinds/manifest.ts'
import type { CacheTold } from '../../world/auth/cache.ts'
import type { Operation } from '../../world/auth/provider.ts'

const operations: Readonly<Record<Operation, true>> = {
  reconcile: true,
  fetch_kubeconfig: true,
  decrypt_with_aws: true,
  decrypt_with_azure: true,
  decrypt_with_gcp: true,
}
const events = ['cache_miss', 'cache_hit'] as const

/** Credentials of clouds and of GitHub Apps that are kept, by Flux's names. Spec: sources 9.5. */
export class TokenMetrics implements CacheTold {
  readonly #events: Counter<'event_type' | 'kind' | 'name' | 'namespace' | 'operation'>
  readonly #requests: Counter<'status'>
  readonly #evictions: Counter
  readonly #items: Gauge

  constructor(registry: Registry) {
    const of = (name: string, help: string) => ({ name: `gotk_token_${name}`, help, registers: [registry] })
    this.#events = new Counter({
      ...of('cache_events_total', 'Total number of cache retrieval events of the reconciliations of an object.'),
      labelNames: ['event_type', 'kind', 'name', 'namespace', 'operation'],
    })
    this.#requests = new Counter({
      ...of('cache_requests_total', 'Total number of cache requests by their ending.'),
      labelNames: ['status'],
    })
    this.#evictions = new Counter(of('cache_evictions_total', 'Total number of cache evictions.'))
    this.#items = new Gauge(of('cached_items', 'Total number of items in the cache.'))
  }

  asked({ hit, failed, asker }: Parameters<CacheTold['asked']>[0]): void {
    this.#requests.inc({ status: failed ? 'failure' : 'success' })
    if (asker) this.#events.inc({ event_type: hit ? 'cache_hit' : 'cache_miss', ...labelsOf(asker.object), operation: asker.operation })
  }

  evicted(): void {
    this.#evictions.inc()
  }

  keeps(count: number): void {
    this.#items.set(count)
  }

  gone(object: KubeObject): void {
    for (const operation of Object.keys(operations))
      for (const event_type of events) this.#events.remove({ event_type, ...labelsOf(object), operation })
  }
}

function labelsOf({ kind, metadata: { name, namespace = '' } }: KubeObject): { kind: string; name: string; namespace: string } {
  return { kind, name, namespace }
}
