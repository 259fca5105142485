import * as z from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { Effect, Tool } from '../tool.ts'
import { errorEnvelope, planEnvelope } from './answer.ts'
import { ToolError } from './error.ts'
import { shownSchema } from './schema.ts'

/** What a client sees of a tool, and what hints and scopes follow from: plain JSON, so that a list of them can be made before a server starts. */
export interface Shown {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly effect: Effect
  readonly foreignText: boolean
  readonly repeatable: boolean
  /** JSON Schema of the arguments. */
  readonly input: JsonObject
  /** JSON Schema of every answer there can be; absent: text alone. */
  readonly output?: JsonObject | undefined
}

/** A tool that a server lists; itself it is loaded when it is called. */
export interface Listed extends Shown {
  load(): Promise<Tool>
}

/** What a client sees of a tool. */
export function shown(tool: Tool): Shown {
  const { name, title, description, effect, foreignText, repeatable, raw, input, output, preview } = tool
  const outcomes = output && [output, ...(preview ? [planEnvelope] : []), errorEnvelope]
  return {
    name,
    title,
    description,
    effect,
    foreignText,
    repeatable,
    input: raw ?? shownSchema(input),
    ...(outcomes ? { output: { type: 'object', ...shownSchema(z.union(outcomes)) } } : {}),
  }
}

/** What stands in for a tool that cannot be loaded: every call of it fails. */
export function unloadable({ name, title, description, effect, foreignText, repeatable }: Shown, cause: unknown): Tool {
  const run = (): never => {
    throw new ToolError('Internal', 'the program of this server is not whole any more, as after an update', {
      next: 'end this server and start it again',
      cause,
    })
  }
  return { name, title, description, effect, foreignText, repeatable, gate: 'never', input: z.looseObject({}), output: undefined, run }
}

/** A tool that is loaded, as a server lists it. */
export function listed(tool: Tool): Listed {
  return { ...shown(tool), load: async () => tool }
}
