import type { Settled } from './reconciler.ts'
import { backoffMs, type Settings } from './settings.ts'

/** One object in a queue. Items of a lane share its concurrency. */
export interface Item {
  readonly kind: string
  /** A kind, or those of a kind that wait for the same other cluster. */
  readonly lane: string
  readonly key: string
  /** Whose run comes first, where that one is due or runs too, until a time. */
  readonly after?: { readonly key: string; readonly until: number } | undefined
}

/** When an item that ran is looked at again; with neither field, or after no time at all, only when asked. */
export type Again = Pick<Settled, 'requeueMs' | 'backoff'>

/** Told what becomes of items, as it happens. */
export interface QueueTold {
  /** It is due, and waits for its turn. */
  added(item: Item): void
  /** It waits no more and does not run. */
  dropped(item: Item): void
  taken(item: Item): void
  ended(item: Item): void
  /** It is to be looked at again later. */
  delayed(item: Item): void
}

export interface QueueOptions {
  /** How many items of one lane run at a time. */
  readonly concurrency: number
  readonly settings: Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs'>
  readonly queue?: QueueTold | undefined
}

/**
 * What runs next, for one process. An object runs once at a time; whatever asks for it during its run starts one more right after.
 * An object has one timer, which only ever moves forward, and a run for another reason does not stop it. Pure: times are given, in monotonic milliseconds.
 * Spec: kustomization 2.1, 12.
 */
export class Queue {
  readonly #options: QueueOptions
  /** By lane and key, in the order in which they were asked for. */
  readonly #asked = new Map<string, Map<string, Item>>()
  readonly #timers = new Map<string, { readonly item: Item; readonly at: number }>()
  /** No timer fires before this. */
  #soonest = Infinity
  /** When the first of the items that wait for another one's run waits no more. */
  #heldUntil = Infinity
  readonly #running = new Set<string>()
  readonly #inLane = new Map<string, number>()
  readonly #failures = new Map<string, number>()

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Wants a run now. One that is asked for without waiting for another one waits no more. */
  ask(item: Item): void {
    const lane = this.#asked.get(item.lane) ?? new Map<string, Item>()
    this.#asked.set(item.lane, lane)
    const known = lane.get(item.key)
    if (known && (!known.after || item.after)) return
    lane.set(item.key, item)
    if (!known) this.#options.queue?.added(item)
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
    for (const lane of this.#asked.values()) {
      const item = lane.get(key)
      if (item) this.#options.queue?.dropped(item)
      lane.delete(key)
    }
    this.#timers.delete(key)
    this.#failures.delete(key)
  }

  /** The next item that may run, which runs until {@link ended}. `undefined` when there is none now. */
  take(now: number): Item | undefined {
    this.#fire(now)
    this.#heldUntil = Infinity
    for (const [name, lane] of this.#asked) {
      const running = this.#inLane.get(name) ?? 0
      const item = running < this.#options.concurrency ? this.#firstOf(lane, now) : undefined
      if (!item) continue
      lane.delete(item.key)
      if (lane.size === 0) this.#asked.delete(name)
      this.#running.add(item.key)
      this.#inLane.set(name, running + 1)
      this.#options.queue?.taken(item)
      return item
    }
    return undefined
  }

  /** A run ended. Failures in a row wait ever longer; any other ending forgets them. */
  ended(item: Item, { requeueMs, backoff }: Again, now: number): void {
    const { settings, queue } = this.#options
    this.#running.delete(item.key)
    const left = (this.#inLane.get(item.lane) ?? 1) - 1
    if (left > 0) this.#inLane.set(item.lane, left)
    else this.#inLane.delete(item.lane)
    const failures = this.#failures.get(item.key) ?? 0
    if (backoff) this.#failures.set(item.key, failures + 1)
    else this.#failures.delete(item.key)
    queue?.ended(item)
    if (!backoff && !requeueMs) return
    this.askAt(item, now + (backoff ? backoffMs(failures, settings) : (requeueMs ?? 0)))
    queue?.delayed(item)
  }

  /** When there is something to take without being asked, or a little before. `undefined`: never. */
  nextAt(): number | undefined {
    const at = Math.min(this.#timers.size === 0 ? Infinity : this.#soonest, this.#heldUntil)
    return at === Infinity ? undefined : at
  }

  /** Whether something runs, or is due. */
  isBusy(): boolean {
    return this.#running.size > 0 || [...this.#asked.values()].some(lane => lane.size > 0)
  }

  isRunning(key: string): boolean {
    return this.#running.has(key)
  }

  #firstOf(lane: ReadonlyMap<string, Item>, now: number): Item | undefined {
    for (const item of lane.values()) if (!this.isRunning(item.key) && !this.#isHeld(item, now)) return item
    return undefined
  }

  #isHeld({ after }: Item, now: number): boolean {
    if (!after || now >= after.until || !this.#isDue(after.key)) return false
    this.#heldUntil = Math.min(this.#heldUntil, after.until)
    return true
  }

  #isDue(key: string): boolean {
    return this.isRunning(key) || [...this.#asked.values()].some(lane => lane.has(key))
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
