import type { Clock } from '../../src/world/clock/clock.ts'

/** A clock whose time of day jumps when told to, as where an administrator or NTP sets it; durations go on. */
export function skewed<C extends Clock>(clock: C): C & { jump(ms: number): void } {
  let skew = 0
  return Object.assign(Object.create(clock) as C, {
    now: () => clock.now() + skew,
    jump(ms: number) {
      skew += ms
    },
  })
}
