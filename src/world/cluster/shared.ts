import { unlessAborted } from '../../lib/aborted.ts'

interface Run<T> {
  readonly answer: Promise<T>
  readonly stop: AbortController
  waiting: number
}

/**
 * One piece of work for all who want it meanwhile: each waits under a signal of its own, and the work is stopped when nobody waits any more.
 * An abort rejects with the reason of the caller's own signal.
 */
export class Shared<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>
  #run: Run<T> | undefined

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work
  }

  async get(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const run = (this.#run ??= this.#begin())
    run.waiting++
    try {
      return await unlessAborted(run.answer, signal)
    } finally {
      if (--run.waiting === 0) this.#end(run)
    }
  }

  #begin(): Run<T> {
    const stop = new AbortController()
    const answer = this.#work(stop.signal)
    answer.catch(() => undefined)
    return { answer, stop, waiting: 0 }
  }

  /** Who comes later starts anew: an answer is shared by those who waited for it. */
  #end(run: Run<T>): void {
    if (this.#run === run) this.#run = undefined
    run.stop.abort(new Error('nobody waits any more'))
  }
}
