import type { Clock } from './clock.ts'

interface Sleeper {
  readonly at: number
  wake(): void
}

/** A clock that moves only when told to. `advance` wakes sleepers in order of their time. */
export interface ManualClock extends Clock {
  advance(ms: number): Promise<void>
  /** How many calls of `sleep` are waiting. */
  readonly sleeping: number
}

/** @param start Milliseconds since the epoch. @param seed Any integer; equal seeds give equal randomness. */
export function manualClock(start = Date.UTC(2026, 0, 1), seed = 1): ManualClock {
  return new Held(start, seed)
}

class Held implements ManualClock {
  readonly #start: number
  readonly #sleepers = new Set<Sleeper>()
  #now: number
  #state: number

  constructor(start: number, seed: number) {
    this.#start = this.#now = start
    this.#state = seed >>> 0
  }

  get sleeping(): number {
    return this.#sleepers.size
  }

  now = (): number => this.#now

  elapsed = (): number => this.#now - this.#start

  random = (): number => {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return this.#state / 2 ** 32
  }

  id = (bytes: number): string => {
    const byte = (): string =>
      Math.floor(this.random() * 256)
        .toString(16)
        .padStart(2, '0')
    return Array.from({ length: bytes }, byte).join('')
  }

  sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal.aborted) {
      reject(signal.reason)
      return promise
    }
    const wake = (): void => {
      this.#sleepers.delete(sleeper)
      resolve()
    }
    const sleeper: Sleeper = { at: this.#now + ms, wake }
    const stop = (): void => {
      if (this.#sleepers.delete(sleeper)) reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    this.#sleepers.add(sleeper)
    return promise
  }

  advance = async (ms: number): Promise<void> => {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#sleepers].filter(s => s.at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      next.wake()
      await new Promise(resolve => setImmediate(resolve))
    }
    this.#now = until
  }
}
