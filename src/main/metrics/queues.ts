import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Item, QueueTold } from '../../engine/queue.ts'

/** 10 ns to 1000 s, as client-go's work queues have them. */
const waits = Array.from({ length: 12 }, (_, i) => 1e-8 * 10 ** i)

/** Of controller-runtime, in seconds. */
const passes = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5,
  5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]

/** Monotonic milliseconds. */
export interface Stopwatch {
  elapsed(): number
}

/** How controller-runtime names the controller of a kind. */
export const controllerOf = (kind: string): string => kind.toLowerCase()

/** What waits and what runs, by the names of client-go's work queues and of controller-runtime: one queue and one controller a kind. */
export class QueueMetrics implements QueueTold {
  readonly #clock: Stopwatch
  readonly #waiting = new Map<string, number>()
  readonly #running = new Map<string, Map<string, number>>()
  readonly #series: ReturnType<typeof seriesIn>

  constructor(registry: Registry, clock: Stopwatch) {
    this.#clock = clock
    this.#series = seriesIn(registry, (gauge, of) => this.#runningShown(gauge, of))
  }

  /** What is reconciled: its series are there before its first pass. */
  begin(kinds: readonly string[], concurrency: number): void {
    const { depth, adds, retries, workers, active } = this.#series
    for (const kind of kinds) {
      const [queue, controller] = [queueOf({ kind }), { controller: controllerOf(kind) }]
      depth.set(queue, 0)
      adds.inc(queue, 0)
      retries.inc(queue, 0)
      workers.set(controller, concurrency)
      active.set(controller, 0)
      this.#running.set(kind, new Map())
    }
  }

  added(item: Item): void {
    this.#waiting.set(item.key, this.#clock.elapsed())
    this.#series.adds.inc(queueOf(item))
    this.#series.depth.inc(queueOf(item))
  }

  dropped(item: Item): void {
    this.#waiting.delete(item.key)
    this.#series.depth.dec(queueOf(item))
  }

  taken(item: Item): void {
    const [now, { depth, waited, active }] = [this.#clock.elapsed(), this.#series]
    waited.observe(queueOf(item), (now - (this.#waiting.get(item.key) ?? now)) / 1000)
    depth.dec(queueOf(item))
    active.inc({ controller: controllerOf(item.kind) })
    this.#waiting.delete(item.key)
    const running = this.#running.get(item.kind) ?? new Map<string, number>()
    this.#running.set(item.kind, running.set(item.key, now))
  }

  ended(item: Item): void {
    const running = this.#running.get(item.kind)
    const began = running?.get(item.key)
    if (began === undefined) return
    running?.delete(item.key)
    const seconds = (this.#clock.elapsed() - began) / 1000
    this.#series.worked.observe(queueOf(item), seconds)
    this.#series.passes.observe({ controller: controllerOf(item.kind) }, seconds)
    this.#series.active.dec({ controller: controllerOf(item.kind) })
  }

  delayed(item: Item): void {
    this.#series.retries.inc(queueOf(item))
  }

  /** What the passes that run now come to, when somebody looks. */
  #runningShown(gauge: Gauge, of: (seconds: readonly number[]) => number): void {
    const now = this.#clock.elapsed()
    for (const [kind, running] of this.#running) gauge.set(queueOf({ kind }), of([...running.values()].map(began => (now - began) / 1000)))
  }
}

function queueOf({ kind }: Pick<Item, 'kind'>): { name: string; controller: string } {
  return { name: controllerOf(kind), controller: controllerOf(kind) }
}

type RunningShown = (gauge: Gauge, of: (seconds: readonly number[]) => number) => void

function seriesIn(registry: Registry, runningShown: RunningShown) {
  const of = (name: string, help: string) => ({ name, help, registers: [registry] })
  const queue = { labelNames: ['name', 'controller'] }
  const controller = { labelNames: ['controller'] }
  const shown = (name: string, help: string, reckoned: (seconds: readonly number[]) => number): Gauge =>
    new Gauge({
      ...of(name, help),
      ...queue,
      collect() {
        runningShown(this, reckoned)
      },
    })
  shown('workqueue_unfinished_work_seconds', 'How long the passes that run now have run, in all.', s =>
    s.reduce((sum, one) => sum + one, 0),
  )
  shown('workqueue_longest_running_processor_seconds', 'How long the longest of the passes that run now has run.', s => Math.max(0, ...s))
  return {
    depth: new Gauge({ ...of('workqueue_depth', 'How many objects wait for their turn.'), ...queue }),
    adds: new Counter({ ...of('workqueue_adds_total', 'How many passes were asked for.'), ...queue }),
    retries: new Counter({ ...of('workqueue_retries_total', 'How many passes asked for one later.'), ...queue }),
    waited: new Histogram({ ...of('workqueue_queue_duration_seconds', 'How long objects wait for their turn.'), ...queue, buckets: waits }),
    worked: new Histogram({ ...of('workqueue_work_duration_seconds', 'How long passes take.'), ...queue, buckets: waits }),
    workers: new Gauge({
      ...of('controller_runtime_max_concurrent_reconciles', 'How many objects of a kind run at a time at most.'),
      ...controller,
    }),
    active: new Gauge({ ...of('controller_runtime_active_workers', 'How many objects of a kind run now.'), ...controller }),
    passes: new Histogram({
      ...of('controller_runtime_reconcile_time_seconds', 'How long a pass takes.'),
      ...controller,
      buckets: passes,
    }),
  }
}
