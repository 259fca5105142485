import { ToolError } from './error.ts'
import type { Caller, Effect } from '../tool.ts'

/** Bounds of calls. Rates count over a minute. Spec: mcp 4.7. */
export interface Bounds {
  readonly inFlightPerCaller: number
  readonly inFlight: number
  readonly readsPerMinute: number
  readonly writesPerMinute: number
}
export const httpBounds: Bounds = { inFlightPerCaller: 8, inFlight: 64, readsPerMinute: 60, writesPerMinute: 10 }

const minuteMs = 60_000

/** Counts the calls of each caller. `now` is monotonic, in milliseconds. */
export class Limits {
  readonly #bounds: Bounds
  readonly #now: () => number
  readonly #running = new Map<string, number>()
  readonly #recent = new Map<string, number[]>()
  #all = 0

  constructor(bounds: Bounds, now: () => number) {
    this.#bounds = bounds
    this.#now = now
  }

  /**
   * Lets a call begin; the answer ends it. Without an effect, as for a completion, it counts among those at once but not by the minute.
   * @throws {ToolError} RateLimited with the seconds to wait.
   */
  enter({ key }: Caller, effect?: Effect): () => void {
    const mine = this.#running.get(key) ?? 0
    if (mine >= this.#bounds.inFlightPerCaller || this.#all >= this.#bounds.inFlight) throw limited('too many calls at once', 1)
    if (effect === 'reads') this.#count(`${key} reads`, this.#bounds.readsPerMinute)
    else if (effect) this.#count(`${key} writes`, this.#bounds.writesPerMinute)
    this.#running.set(key, mine + 1)
    this.#all++
    return () => {
      this.#all--
      const left = (this.#running.get(key) ?? 1) - 1
      if (left > 0) this.#running.set(key, left)
      else this.#running.delete(key)
    }
  }

  #count(key: string, most: number): void {
    const now = this.#now()
    const recent = (this.#recent.get(key) ?? []).filter(at => at > now - minuteMs)
    const [first] = recent
    if (recent.length >= most && first !== undefined)
      throw limited(
        `more than ${most} ${key.endsWith('reads') ? 'reading' : 'writing'} calls in a minute`,
        Math.ceil((first + minuteMs - now) / 1000),
      )
    this.#recent.set(key, [...recent, now])
    if (this.#recent.size > 10_000)
      for (const [old, times] of this.#recent) if ((times.at(-1) ?? 0) <= now - minuteMs) this.#recent.delete(old)
  }
}

function limited(what: string, seconds: number): ToolError {
  return new ToolError('RateLimited', what, { next: `wait ${seconds} s and call again` })
}
