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
  let now = start
  let state = seed >>> 0
  const sleepers = new Set<Sleeper>()
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    now: () => now,
    elapsed: () => now - start,
    random,
    id: bytes =>
      Array.from({ length: bytes }, () =>
        Math.floor(random() * 256)
          .toString(16)
          .padStart(2, '0'),
      ).join(''),
    get sleeping() {
      return sleepers.size
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const sleeper: Sleeper = {
          at: now + ms,
          wake: () => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        signal.addEventListener(
          'abort',
          () => {
            if (sleepers.delete(sleeper)) reject(signal.reason)
          },
          { once: true },
        )
        sleepers.add(sleeper)
      }),
    async advance(ms) {
      const until = now + ms
      for (;;) {
        const next = [...sleepers].filter(s => s.at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        now = Math.max(now, next.at)
        next.wake()
        await new Promise(resolve => setImmediate(resolve))
      }
      now = until
    },
  }
}
