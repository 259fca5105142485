/** Resolves when a signal aborts, at once when it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}

/** The reason of what is ended because nobody waits for it: to make an error each time costs its stack. */
export const overNow = new Error('over')
