import { Counter, Histogram, Registry } from 'prom-client'
import type { KubeObject } from '../kinds/manifest.ts'

/** 10 ns to 10 s, as Flux's controllers have them. */
const buckets = Array.from({ length: 10 }, (_, i) => 1e-8 * 10 ** i)

/** What Prometheus may read of a continuous engine, by the names that Flux's controllers have. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #took = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'The duration in seconds of a reconciliation.',
    labelNames: ['kind', 'name', 'namespace'],
    buckets,
    registers: [this.#registry],
  })
  readonly #passes = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller.',
    labelNames: ['controller', 'result'],
    registers: [this.#registry],
  })

  passed({
    object,
    ms,
    again,
  }: {
    object: KubeObject
    ms: number
    again: { backoff?: boolean | undefined; requeueMs?: number | undefined }
  }): void {
    const { kind, metadata } = object
    this.#took.observe({ kind, name: metadata.name, namespace: metadata.namespace ?? '' }, ms / 1000)
    const result = again.backoff ? 'error' : again.requeueMs === undefined ? 'success' : 'requeue_after'
    this.#passes.inc({ controller: kind.toLowerCase(), result })
  }

  /** An object is gone, and with it what was measured of it. */
  gone({ kind, metadata }: KubeObject): void {
    this.#took.remove({ kind, name: metadata.name, namespace: metadata.namespace ?? '' })
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
