import { failed, type Outcome, stalled, StepError } from '../engine/outcome.ts'

/** What a failed step of a source does beside Ready: `condition` becomes True with the step's reason; `stalls` means that no retry can help. */
export interface Consequence {
  readonly condition?: 'FetchFailed' | 'StorageOperationFailed' | undefined
  readonly stalls?: boolean | undefined
}

/** A step of a source failed. `code` is its reason, `message` Flux's words. */
export class SourceProblem extends StepError {
  readonly consequence: Consequence
  constructor(code: string, message: string, { condition, stalls, ...options }: ErrorOptions & Consequence = {}) {
    super(code, message, options)
    this.consequence = { condition, stalls }
  }
}

/** The outcome of a failed step; other step errors are failures to fetch. Spec: sources 1.5. */
export function outcomeOf(problem: StepError): Outcome {
  const { code: reason, message } = problem
  const { condition, stalls }: Consequence = problem instanceof SourceProblem ? problem.consequence : { condition: 'FetchFailed' }
  const change = condition ? { conditions: [{ type: condition, status: 'True', reason, message } as const] } : undefined
  const events = [{ severity: 'error', reason, message } as const]
  return stalls ? stalled(reason, message, { change, events }) : failed(reason, message, { retry: 'backoff', change, events })
}
