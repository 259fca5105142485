import { unlessAborted } from './aborted.ts'

/** Work that all who ask for it meanwhile share. An abort ends the wait of the one who aborts; the others go on. */
export class Joint<T> {
  readonly #running = new Map<string, { readonly result: Promise<T>; readonly owner: AbortSignal }>()

  /** The result of the work of this key, begun unless it runs. Rejects with what the work throws, or with `signal.reason`. */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted()
      const running = this.#running.get(key)
      if (!running) {
        const result = work(signal).finally(() => this.#running.delete(key))
        this.#running.set(key, { result, owner: signal })
        return result
      }
      const outcome = await settled(running.result, signal)
      if ('value' in outcome) return outcome.value
      if (!running.owner.aborted) throw outcome.thrown
    }
  }
}

function settled<T>(result: Promise<T>, signal: AbortSignal): Promise<{ value: T } | { thrown: unknown }> {
  const told = result.then(
    value => ({ value }),
    (thrown: unknown) => ({ thrown }),
  )
  return unlessAborted(told, signal)
}
