import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  // Most sleeps are ended: that of Node makes an error with its stack for each.
  sleep: (ms, signal) =>
    new Promise((done, failed) => {
      if (signal.aborted) return failed(signal.reason)
      const ended = (): void => {
        clearTimeout(timer)
        failed(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', ended)
        done()
      }, ms)
      signal.addEventListener('abort', ended, { once: true })
    }),
  random: () => Math.random(),
  id: bytes => randomBytes(bytes).toString('hex'),
}
