import { text } from 'node:stream/consumers'
import type { Ended, Plan, StartProgram } from '../../src/world/programs/program.ts'

/** What a program said, and how it ended. */
export interface Said extends Ended {
  readonly out: string
  readonly err: string
}

/** Runs a program to its end, with what it reads from its standard input. */
export async function toTheEnd(start: StartProgram, plan: Plan, input: string | Uint8Array = ''): Promise<Said> {
  const { stdin, stdout, stderr, ended } = await start(plan)
  stdin.end(input)
  const [out, err, how] = await Promise.all([text(stdout), text(stderr), ended])
  return { out, err, ...how }
}
