import { CommanderError } from 'commander'
import { messageOf } from '../lib/coded-error.ts'
import { makeProgram, type ProgramContext } from './program.ts'
import { exitCodes, UsageError } from './usage.ts'

/** Runs a command line, says why it failed where nobody has yet, and answers its exit code. */
export async function runProgram(argv: readonly string[], context: Omit<ProgramContext, 'exit'>): Promise<number> {
  let code: number = exitCodes.done
  const exit = (wanted: number): void => {
    code = wanted
  }
  try {
    await makeProgram({ ...context, exit }).parseAsync([...argv], { from: 'user' })
    return context.signal.aborted && code !== exitCodes.done ? exitCodes.interrupted : code
  } catch (thrown) {
    if (context.signal.aborted) return exitCodes.interrupted
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    context.err(`✗ ${messageOf(thrown)}\n`)
    return thrown instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}
