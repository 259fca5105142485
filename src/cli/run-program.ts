import { CommanderError } from 'commander'
import { toolErrorOf } from '../tools/frame/error.ts'
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
    const program = await makeProgram({ ...context, exit }, argv[0])
    await program.parseAsync([...argv], { from: 'user' })
    return context.signal.aborted && code !== exitCodes.done ? exitCodes.interrupted : code
  } catch (thrown) {
    if (context.signal.aborted) return exitCodes.interrupted
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    if (thrown instanceof UsageError) {
      context.err(`✗ ${thrown.message}\n`)
      return exitCodes.usage
    }
    return beforeCall(thrown, context)
  }
}

/** A failure to open the world, in the words of a tool's failure. */
function beforeCall(thrown: unknown, { err }: Pick<ProgramContext, 'err'>): number {
  const { code, message, told } = toolErrorOf(thrown, '')
  err(code === 'Internal' ? `✗ ${messageOf(thrown)}\n` : `✗ ${code}: ${message}. Next: ${told.next}\n`)
  return code === 'InvalidArgument' ? exitCodes.usage : exitCodes.failed
}
