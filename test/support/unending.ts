/** A signal that nobody aborts. No test fails by a clock: one that hangs is ended by the runner's own limit. */
export const unending: AbortSignal = new AbortController().signal
