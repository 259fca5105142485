import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { EventDraft } from './events.ts'
import type { StatusChange } from './conditions.ts'

/** How one pass over an object ended, said once. The kind's convention turns it into conditions, events and a requeue. */
export type Outcome =
  /** Done: `message` is the Ready message. */
  | {
      readonly is: 'ready'
      readonly reason: string
      readonly message: string
      /** When to look again, for kinds whose pass decides that. */
      readonly requeueMs?: number | undefined
      readonly change?: StatusChange | undefined
      readonly events?: readonly EventDraft[] | undefined
    }
  /** Something else must happen first; looked at again after `retryMs`. */
  | {
      readonly is: 'waiting'
      readonly reason: string
      readonly message: string
      readonly retryMs: number
      readonly change?: StatusChange | undefined
      readonly events?: readonly EventDraft[] | undefined
    }
  /** No retry until the spec changes or a run is requested. */
  | {
      readonly is: 'stalled'
      readonly reason: string
      readonly message: string
      readonly change?: StatusChange | undefined
      readonly events?: readonly EventDraft[] | undefined
    }
  /** Tried and failed. `retry` says when next: at the retry interval, or with growing back-off. */
  | {
      readonly is: 'failed'
      readonly reason: string
      readonly message: string
      readonly retry: 'interval' | 'backoff'
      readonly change?: StatusChange | undefined
      readonly events?: readonly EventDraft[] | undefined
    }

type Extra = Pick<Outcome, 'change' | 'events'>

export function ready(message: string, extra: Extra & { reason?: string; requeueMs?: number | undefined } = {}): Outcome {
  return { is: 'ready', reason: 'Succeeded', message, ...extra }
}
export function waiting(reason: string, message: string, extra: Extra & { retryMs: number }): Outcome {
  return { is: 'waiting', reason, message, ...extra }
}
export function stalled(reason: string, message: string, extra: Extra = {}): Outcome {
  return { is: 'stalled', reason, message, ...extra }
}
export function failed(reason: string, message: string, extra: Extra & { retry?: 'interval' | 'backoff' } = {}): Outcome {
  return { is: 'failed', reason, message, retry: 'interval', ...extra }
}

/** A step of a reconciler failed: `code` is the Ready reason that Flux gives that step. */
export class StepError extends CodedError {
  override readonly name = 'StepError'
}

/** Awaits a hand; what it throws becomes a {@link StepError} with this reason. An outcome thrown earlier passes unchanged. */
export async function during<T>(reason: string, work: Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof StepError) throw thrown
    throw new StepError(reason, prefix + messageOf(thrown), { cause: thrown })
  }
}
