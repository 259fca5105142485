/** Time, waiting and randomness, so that tests can hold all three. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number
  /** Monotonic milliseconds, for durations. */
  elapsed(): number
  /** Resolves after `ms`; rejects with `signal.reason` on abort. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Uniform in [0, 1). */
  random(): number
  /** A random identifier of `bytes` bytes, in hex. */
  id(bytes: number): string
}
