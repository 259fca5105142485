import { overNow } from '../../lib/aborted.ts'
import type { Clock } from '../../world/clock/clock.ts'

/** What {@link inTime} answers for work that was still going on. */
export const tooLate = Symbol('too late')

/**
 * Lets work run for a while: its signal ends with the time or with the call's. Work that is cut off by the time answers {@link tooLate};
 * an abort of the call rejects with its reason, and whatever else work throws is thrown.
 *
 * @param ms Milliseconds.
 */
export async function inTime<T>(
  { clock, ms, signal }: { clock: Pick<Clock, 'sleep'>; ms: number; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof tooLate> {
  const [late, ended] = [new AbortController(), new AbortController()]
  const ticking = clock.sleep(ms, ended.signal).then(
    () => late.abort(new Error('the time is up')),
    () => {},
  )
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } catch (thrown) {
    signal.throwIfAborted()
    if (late.signal.aborted) return tooLate
    throw thrown
  } finally {
    ended.abort(overNow)
    await ticking
  }
}
