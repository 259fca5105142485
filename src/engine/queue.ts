import type { Settled } from './reconciler.ts'
import { backoffMs, type Settings } from './settings.ts'

/** One object in a queue. Items of a lane share its concurrency. */
export interface Item {
  readonly kind: string
  /** A kind, or those of a kind that wait for the same other cluster. */
  readonly lane: string
  readonly key: string
}

/** When an item that ran is looked at again; with neither field, or after no time at all, only when asked. */
export type Again = Pick<Settled, 'requeueMs' | 'backoff'>

/**
 * What runs next, for one process. An object runs once at a time; whatever asks for it during its run starts one more right after.
 * An object has one timer, which only ever moves forward, and a run for another reason does not stop it. Pure: times are given, in monotonic milliseconds.
 * Spec: kustomization 2.1, 12.
 */
export class Queue {
  readonly #settings: Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs'>
  readonly #concurrency: number
  readonly #asked = new Map<string, Item>()
  readonly #timers = new Map<string, { readonly item: Item; readonly at: number }>()
  readonly #running = new Map<string, Item>()
  readonly #failures = new Map<string, number>()

  /** @param concurrency How many items of one lane run at a time. */
  constructor({ concurrency, settings }: { concurrency: number; settings: Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs'> }) {
    this.#concurrency = concurrency
    this.#settings = settings
  }

  /** Wants a run now. */
  ask(item: Item): void {
    if (!this.#asked.has(item.key)) this.#asked.set(item.key, item)
  }

  /** Wants a run at a time. */
  askAt(item: Item, at: number): void {
    const set = this.#timers.get(item.key)
    if (!set || at < set.at) this.#timers.set(item.key, { item, at })
  }

  /** The object is gone: nothing more is due for it. */
  forget(key: string): void {
    this.#asked.delete(key)
    this.#timers.delete(key)
    this.#failures.delete(key)
  }

  /** The next item that may run, which runs until {@link ended}. `undefined` when there is none now. */
  take(now: number): Item | undefined {
    this.#fire(now)
    for (const item of this.#asked.values()) {
      if (this.#running.has(item.key) || this.#inLane(item.lane) >= this.#concurrency) continue
      this.#asked.delete(item.key)
      this.#running.set(item.key, item)
      return item
    }
    return undefined
  }

  /** A run ended. Failures in a row wait ever longer; any other ending forgets them. */
  ended(item: Item, { requeueMs, backoff }: Again, now: number): void {
    this.#running.delete(item.key)
    const failures = this.#failures.get(item.key) ?? 0
    if (backoff) this.#failures.set(item.key, failures + 1)
    else this.#failures.delete(item.key)
    if (backoff) this.askAt(item, now + backoffMs(failures, this.#settings))
    else if (requeueMs) this.askAt(item, now + requeueMs)
  }

  /** When the next timer fires. `undefined` without timers. */
  nextAt(): number | undefined {
    const times = [...this.#timers.values()].map(t => t.at)
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
  }

  #fire(now: number): void {
    const due = [...this.#timers.values()].filter(t => t.at <= now).toSorted((a, b) => a.at - b.at)
    for (const { item } of due) {
      this.#timers.delete(item.key)
      this.ask(item)
    }
  }

  #inLane(lane: string): number {
    return [...this.#running.values()].filter(item => item.lane === lane).length
  }
}
