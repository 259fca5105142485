import { Counter, Gauge, type Registry } from 'prom-client'
import type { Sent } from '../../world/http/told.ts'

/** Calls of Kubernetes APIs, by client-go's name. */
export class CallMetrics {
  readonly #calls: Counter<'code' | 'method' | 'host'>

  constructor(registry: Registry) {
    this.#calls = new Counter({
      name: 'rest_client_requests_total',
      help: 'Number of HTTP requests, partitioned by status code, method, and host.',
      labelNames: ['code', 'method', 'host'],
      registers: [registry],
    })
  }

  sent({ status, method, host }: Sent): void {
    this.#calls.inc({ code: status === undefined ? '<error>' : String(status), method, host })
  }
}

/** Which Leases this process holds, by client-go's name. */
export class LeaseMetrics {
  readonly #leads: Gauge<'name'>

  constructor(registry: Registry) {
    this.#leads = new Gauge({
      name: 'leader_election_master_status',
      help: 'Whether this process holds the Lease: 1 when it does, 0 when another one does or nobody.',
      labelNames: ['name'],
      registers: [registry],
    })
  }

  holds(name: string, held: boolean): void {
    this.#leads.set({ name }, held ? 1 : 0)
  }
}
