import { overNow } from './aborted.ts'
import { CodedError } from './coded-error.ts'
import { formatDuration } from './duration.ts'

/** Work took longer than it may. The message begins as Go's does. */
export class DeadlineError extends CodedError<'TIMEOUT'> {
  override readonly name = 'DeadlineError'
  constructor(ms: number, what: string) {
    super('TIMEOUT', `context deadline exceeded: ${what} took longer than ${formatDuration(ms)}`)
  }
}

/** How long work may take. `what` is for the message; `signal` is the caller's own. */
export interface Deadline {
  readonly clock: { sleep(ms: number, signal: AbortSignal): Promise<void> }
  readonly ms: number
  readonly what: string
  readonly signal: AbortSignal
}

/** Runs work whose signal aborts with a {@link DeadlineError} when the time is up, and with the caller's reason when the caller aborts. */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, stop } = started(deadline)
  try {
    return await work(signal)
  } finally {
    stop()
  }
}

/** The same for a stream: the time runs from the first read to the end, and stops when the reader leaves. */
export async function* streamWithDeadline<T>(deadline: Deadline, open: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
  const { signal, stop } = started(deadline)
  try {
    yield* open(signal)
  } finally {
    stop()
  }
}

function started({ clock, ms, what, signal }: Deadline): { signal: AbortSignal; stop(): void } {
  const [late, done] = [new AbortController(), new AbortController()]
  clock.sleep(ms, done.signal).then(
    () => late.abort(new DeadlineError(ms, what)),
    () => undefined,
  )
  return { signal: AbortSignal.any([signal, late.signal]), stop: () => done.abort(overNow) }
}
