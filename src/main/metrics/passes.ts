import { Counter, Histogram, type Registry } from 'prom-client'
import type { Again } from '../../engine/queue.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { controllerOf } from './queues.ts'

const [shortest, longest, count] = [0.01, 1800, 10]
/** 10 ms to 30 min, as Flux's controllers have them. */
const buckets = Array.from({ length: count }, (_, i) => shortest * (longest / shortest) ** (i / (count - 1)))

const results = ['error', 'requeue', 'requeue_after', 'success'] as const

/** A pass that ended. */
export interface Passed {
  readonly object: KubeObject
  readonly ms: number
  readonly again: Again
}

/** How passes end, and how long those over an object take. */
export class PassMetrics {
  readonly #took: Histogram<'kind' | 'name' | 'namespace'>
  readonly #passes: Counter<'controller' | 'result'>
  readonly #errors: Counter<'controller'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.#took = new Histogram({
      name: 'gotk_reconcile_duration_seconds',
      help: 'The duration in seconds of a reconciliation.',
      labelNames: ['kind', 'name', 'namespace'],
      buckets,
      registers,
    })
    this.#passes = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Total number of reconciliations per controller.',
      labelNames: ['controller', 'result'],
      registers,
    })
    this.#errors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Total number of reconciliations per controller that are tried again with growing pauses.',
      labelNames: ['controller'],
      registers,
    })
  }

  /** What is reconciled: its counters are there before its first pass. */
  begin(kinds: readonly string[]): void {
    for (const controller of kinds.map(controllerOf)) {
      for (const result of results) this.#passes.inc({ controller, result }, 0)
      this.#errors.inc({ controller }, 0)
    }
  }

  passed({ object: { kind, metadata }, ms, again }: Passed): void {
    this.#took.observe({ kind, name: metadata.name, namespace: metadata.namespace ?? '' }, ms / 1000)
    const controller = controllerOf(kind)
    const result = again.backoff ? 'error' : again.requeueMs === undefined ? 'success' : 'requeue_after'
    this.#passes.inc({ controller, result })
    if (result === 'error') this.#errors.inc({ controller })
  }

  gone({ kind, metadata }: KubeObject): void {
    this.#took.remove({ kind, name: metadata.name, namespace: metadata.namespace ?? '' })
  }
}
