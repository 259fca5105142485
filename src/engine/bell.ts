import { overNow } from '../lib/aborted.ts'
import type { Pass } from './pass.ts'

const longestMs = 3_600_000

type Clock = Pick<Pass<unknown>['clock'], 'elapsed' | 'sleep'>

/** Wakes one who waits for it: when it is rung, at a time, or at the end. */
export class Bell {
  readonly #clock: Clock
  #rung = Promise.withResolvers<void>()
  #alarm: { readonly at: number; readonly off: AbortController } | undefined

  /** `signal` is the end: the bell rings then, and for ever. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    const ends = (): void => {
      this.#set(undefined)
      this.ring()
    }
    signal.addEventListener('abort', ends, { once: true })
    if (signal.aborted) ends()
  }

  ring(): void {
    this.#rung.resolve()
  }

  /** Until it rings, which it does at a time of the clock, in milliseconds that elapsed; `undefined`: only when it is rung. It may ring sooner. */
  async wait(at: number | undefined): Promise<void> {
    this.#set(at)
    await this.#rung.promise
    this.#rung = Promise.withResolvers()
  }

  /** A time that is set already stays. */
  #set(at: number | undefined): void {
    if (this.#alarm?.at === at) return
    this.#alarm?.off.abort(overNow)
    if (at === undefined) {
      this.#alarm = undefined
      return
    }
    const alarm = { at, off: new AbortController() }
    this.#alarm = alarm
    const ms = Math.min(longestMs, Math.ceil(Math.max(0, at - this.#clock.elapsed())))
    this.#clock.sleep(ms, alarm.off.signal).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = undefined
        this.ring()
      },
      () => undefined,
    )
  }
}
