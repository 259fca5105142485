import { failed, type Outcome, stalled, StepError, waiting } from '../engine/outcome.ts'

/**
 * What a failed step of a source does beside Ready: `condition` becomes True with the step's reason, or False where it is one that speaks of success.
 * `stalls`: no retry can help. `waitMs`: something else must come first, and it is looked for again after that time; its event is a trace.
 */
export interface Consequence {
  readonly condition?: 'FetchFailed' | 'StorageOperationFailed' | 'IncludeUnavailable' | 'BuildFailed' | 'SourceVerified' | undefined
  readonly stalls?: boolean | undefined
  readonly waitMs?: number | undefined
}

/** A step of a source failed. `code` is its reason, `message` Flux's words. */
export class SourceProblem extends StepError {
  readonly consequence: Consequence
  constructor(code: string, message: string, { condition, stalls, waitMs, ...options }: ErrorOptions & Consequence = {}) {
    super(code, message, options)
    this.consequence = { condition, stalls, waitMs }
  }
}

/** The outcome of a failed step; other step errors are failures to fetch. Spec: sources 1.5. */
export function outcomeOf(problem: StepError): Outcome {
  const { code: reason, message } = problem
  const { condition, stalls, waitMs }: Consequence = problem instanceof SourceProblem ? problem.consequence : { condition: 'FetchFailed' }
  const status = condition === 'SourceVerified' ? 'False' : 'True'
  const change = condition ? { conditions: [{ type: condition, status, reason, message } as const] } : undefined
  if (waitMs !== undefined) return waiting(reason, message, { retryMs: waitMs, change, events: [{ severity: 'trace', reason, message }] })
  const events = [{ severity: 'error', reason, message } as const]
  return stalls ? stalled(reason, message, { change, events }) : failed(reason, message, { retry: 'backoff', change, events })
}
