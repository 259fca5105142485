import { Registry } from 'prom-client'
import type { KubeObject } from '../../kinds/manifest.ts'
import { CallMetrics, LeaseMetrics } from './calls.ts'
import { type Passed, PassMetrics } from './passes.ts'
import { watchProcess } from './process.ts'
import { QueueMetrics, type Stopwatch } from './queues.ts'
import { ResourceMetrics } from './resources.ts'
import { TokenMetrics } from './tokens.ts'

/** What Prometheus may read of a continuous engine, by the names that Flux's controllers have. Spec: kustomization 12. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #passes = new PassMetrics(this.#registry)
  readonly queue: QueueMetrics
  readonly tokens = new TokenMetrics(this.#registry)
  readonly calls = new CallMetrics(this.#registry)
  readonly leases = new LeaseMetrics(this.#registry)

  #resources: ResourceMetrics | undefined

  constructor(clock: Stopwatch) {
    this.queue = new QueueMetrics(this.#registry, clock)
  }

  /** What is reconciled, and how many of each kind at a time. */
  begin(kinds: readonly string[], concurrency: number): void {
    this.#passes.begin(kinds)
    this.queue.begin(kinds, concurrency)
  }

  /** From now on, the process too: what reads it is not free. */
  watchProcess(): void {
    watchProcess(this.#registry)
  }

  /** From now on, a row an object with its state. `censor` hides secrets. */
  showResources(censor: (text: string) => string): void {
    this.#resources = new ResourceMetrics(this.#registry, censor)
  }

  seen(object: KubeObject): void {
    this.#resources?.seen(object)
  }

  passed(pass: Passed): void {
    this.#passes.passed(pass)
  }

  /** An object is gone, and with it what was measured of it. */
  gone(object: KubeObject): void {
    this.#passes.gone(object)
    this.tokens.gone(object)
    this.#resources?.gone(object)
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
