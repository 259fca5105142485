import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted()
    try {
      await wait(ms, undefined, { signal })
    } catch {
      throw signal.reason
    }
  },
  random: () => Math.random(),
  id: bytes => randomBytes(bytes).toString('hex'),
}
