import { completable, type GetPromptResult, type InputRequiredResult, type ServerContext } from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { Prompt } from '../prompts/prompt.ts'
import type { Bound } from './adapter.ts'
import { completed } from './resources.ts'
import { callOf, questionsOf } from './tools.ts'

/** Registers a prompt with the completion of its arguments. */
export function registerPrompt(prompt: Prompt, bound: Bound): void {
  const { name, title, description } = prompt
  bound.server.registerPrompt(
    name,
    { title, description, argsSchema: withCompletion(prompt, bound) },
    async (args: unknown, context: ServerContext): Promise<GetPromptResult | InputRequiredResult> => {
      const given = args as Record<string, string>
      const made = prompt.raw?.(given, callOf(context, bound))
      if (made && 'ask' in made) return questionsOf(made, { context, bound })
      if (made) return made.raw as unknown as GetPromptResult
      return { messages: [{ role: 'user', content: { type: 'text', text: bound.service.redactor.censor(prompt.body(given)) } }] }
    },
  )
}

function withCompletion({ args, complete }: Prompt, bound: Bound): z.ZodObject {
  const { world } = bound.service
  const fields = Object.entries(args.shape).map(([name, field]) => {
    const values = complete?.[name]
    if (!values) return [name, field]
    const text = completable(z.string(), (typed, context) => completed(bound, () => values(typed ?? '', context?.arguments ?? {}, world)))
    return [name, field.safeParse(undefined).success ? text.optional() : text]
  })
  return z.object(Object.fromEntries(fields))
}
