import { CodedError } from '../../lib/coded-error.ts'
import type { Json } from '../../lib/json.ts'

/**
 * BUILD_FAILED, REMOTE_BASE, INPUT_TOO_LARGE, OUTPUT_TOO_LARGE: the build's own fault. STATUS (with an API Status as detail), INVALID, NO_SCHEMA: merging.
 * DEADLINE, OUT_OF_MEMORY, CRASHED: the input asked for too much; the worker was replaced. FAILED: anything else a library said.
 * EXPRESSION_INVALID: CEL that does not compile.
 * TEMPLATE_INVALID: the template of a commit message, or what it does with its data.
 * CHART_INVALID: a chart, or an index of charts; the detail is the step: index, read, validate, load, values, dependency, package.
 */
export type KernelErrorCode =
  | 'BUILD_FAILED'
  | 'REMOTE_BASE'
  | 'INPUT_TOO_LARGE'
  | 'OUTPUT_TOO_LARGE'
  | 'STATUS'
  | 'INVALID'
  | 'NO_SCHEMA'
  | 'DEADLINE'
  | 'OUT_OF_MEMORY'
  | 'CRASHED'
  | 'CHART_INVALID'
  | 'EXPRESSION_INVALID'
  | 'TEMPLATE_INVALID'
  | 'FAILED'

const codes = new Set<string>([
  'BUILD_FAILED',
  'REMOTE_BASE',
  'INPUT_TOO_LARGE',
  'OUTPUT_TOO_LARGE',
  'STATUS',
  'INVALID',
  'NO_SCHEMA',
  'DEADLINE',
  'OUT_OF_MEMORY',
  'CRASHED',
  'CHART_INVALID',
  'EXPRESSION_INVALID',
  'TEMPLATE_INVALID',
  'FAILED',
])

/** A failed kernel call. `message` is the library's own text. */
export class KernelError extends CodedError<KernelErrorCode> {
  override readonly name = 'KernelError'
  readonly detail: Json | undefined
  constructor(code: string, message: string, detail?: Json) {
    super(codes.has(code) ? (code as KernelErrorCode) : 'FAILED', message)
    this.detail = detail
  }
}
