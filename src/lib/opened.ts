type Close = () => Promise<void> | void

/** What a start opens, one after the other. */
export class Opened {
  readonly #closers: Close[] = []
  readonly #signal: AbortSignal | undefined
  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** Takes over what has opened, to close it with the rest. @throws `signal.reason` when the start was told to stop. */
  keep<T>(thing: T, close: (thing: T) => Promise<void> | void): T {
    this.#closers.push(() => close(thing))
    this.#signal?.throwIfAborted()
    return thing
  }

  /** Closes everything, the last opened first, also after one that cannot be closed. Throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close()
      } catch (thrown) {
        failures.push(thrown)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** A start in steps. When one fails, or `signal` aborts between two, what was opened is closed before that is thrown. */
export async function opening<T>(start: (opened: Opened) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const opened = new Opened(signal)
  try {
    signal?.throwIfAborted()
    return await start(opened)
  } catch (thrown) {
    await opened.close().catch(() => undefined)
    throw thrown
  }
}
