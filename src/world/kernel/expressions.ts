import type { Evaluated, Judged } from '../../kinds/expression.ts'
import type { Kernel } from './kernel.ts'

type Expressions = Pick<Kernel, 'judge' | 'evaluate'>

/** The kernel's calls about CEL. `call` sends JSON to the module and gives its answer. */
export function expressionCalls(call: (operation: string, input: unknown, signal: AbortSignal) => Promise<unknown>): Expressions {
  return {
    async judge(check, objects, signal) {
      const answers = (await call('health', { check, objects }, signal)) as { status: Judged['status']; error?: string }[]
      return answers.map(({ status, error = '' }) => ({ status, message: error }))
    },
    async evaluate(expression, data, signal) {
      const answers = await call('evaluate', [{ expression, data }], signal)
      const [{ value, error, invalid }] = answers as [{ value: boolean | string; error?: string; invalid?: boolean }]
      return (error === undefined ? { is: 'value', value } : { is: invalid ? 'invalid' : 'failed', why: error }) satisfies Evaluated
    },
  }
}
