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
  /** By lane and key, in the order in which they were asked for. */
  readonly #asked = new Map<string, Map<string, Item>>()
  readonly #timers = new Map<string, { readonly item: Item; readonly at: number }>()
  /** No timer fires before this. */
  #soonest = Infinity
  readonly #running = new Set<string>()
  readonly #inLane = new Map<string, number>()
  readonly #failures = new Map<string, number>()

  /** @param concurrency How many items of one lane run at a time. */
  constructor({ concurrency, settings }: { concurrency: number; settings: Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs'> }) {
    this.#concurrency = concurrency
    this.#settings = settings
  }

  /** Wants a run now. */
  ask(item: Item): void {
    const lane = this.#asked.get(item.lane) ?? new Map<string, Item>()
    this.#asked.set(item.lane, lane)
    if (!lane.has(item.key)) lane.set(item.key, item)
  }

  /** Wants a run at a time. */
  askAt(item: Item, at: number): void {
    const set = this.#timers.get(item.key)
    if (set && at >= set.at) return
    this.#timers.set(item.key, { item, at })
    this.#soonest = Math.min(this.#soonest, at)
  }

  /** The object is gone: nothing more is due for it. */
  forget(key: string): void {
    for (const lane of this.#asked.values()) lane.delete(key)
    this.#timers.delete(key)
    this.#failures.delete(key)
  }

  /** The next item that may run, which runs until {@link ended}. `undefined` when there is none now. */
  take(now: number): Item | undefined {
    this.#fire(now)
    for (const [name, lane] of this.#asked) {
      const running = this.#inLane.get(name) ?? 0
      const item = running < this.#concurrency ? firstOf(lane, this.#running) : undefined
      if (!item) continue
      lane.delete(item.key)
      if (lane.size === 0) this.#asked.delete(name)
      this.#running.add(item.key)
      this.#inLane.set(name, running + 1)
      return item
    }
    return undefined
  }

  /** A run ended. Failures in a row wait ever longer; any other ending forgets them. */
  ended(item: Item, { requeueMs, backoff }: Again, now: number): void {
    this.#running.delete(item.key)
    const left = (this.#inLane.get(item.lane) ?? 1) - 1
    if (left > 0) this.#inLane.set(item.lane, left)
    else this.#inLane.delete(item.lane)
    const failures = this.#failures.get(item.key) ?? 0
    if (backoff) this.#failures.set(item.key, failures + 1)
    else this.#failures.delete(item.key)
    if (backoff) this.askAt(item, now + backoffMs(failures, this.#settings))
    else if (requeueMs) this.askAt(item, now + requeueMs)
  }

  /** When the next timer fires, or a little before. `undefined` without timers. */
  nextAt(): number | undefined {
    return this.#timers.size === 0 ? undefined : this.#soonest
  }

  #fire(now: number): void {
    if (now < this.#soonest) return
    const timers = [...this.#timers.values()].toSorted((a, b) => a.at - b.at)
    for (const { item, at } of timers) {
      if (at > now) break
      this.#timers.delete(item.key)
      this.ask(item)
    }
    this.#soonest = timers.find(t => t.at > now)?.at ?? Infinity
  }
}

function firstOf(lane: ReadonlyMap<string, Item>, running: ReadonlySet<string>): Item | undefined {
  for (const item of lane.values()) if (!running.has(item.key)) return item
  return undefined
}
