import * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import type { Redactor, Safe } from '../lib/safe.ts'
import type { World } from '../world/world.ts'
import { ToolError, toolErrorOf } from './error.ts'
import { gated, type Gates } from './gate.ts'
import type { Limits } from './limits.ts'
import type { Call, Tool } from './tool.ts'

/** What every call shares. `gates` come from the mode the server runs in. */
export interface Service {
  readonly world: World
  readonly redactor: Redactor
  readonly gates: Gates
  readonly limits?: Limits | undefined
}

/** A finished call as it may leave the process. */
export interface Answer {
  readonly isError: boolean
  readonly text: Safe
  readonly data: JsonObject | undefined
}

/** How a failure looks in structured form. */
export const errorEnvelope = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string(), next: z.string(), retryable: z.boolean() }),
})

/** How a plan looks in structured form: what a gated call answers first. */
export const planEnvelope = z.looseObject({
  planned: z.boolean(),
  summary: z.string(),
  changes: z.array(z.looseObject({})),
  plan: z.string(),
  next: z.string(),
})

const defaultTokens = 10_000
const charactersAToken = 3

/**
 * Runs a tool: arguments are checked, the gate is asked, and whatever is thrown becomes a typed error. Nothing leaves that did not pass the redactor.
 */
export async function answer(service: Service, tool: Tool, { args, call }: { args: Json; call: Call }): Promise<Answer> {
  const { world, redactor } = service
  let leave: (() => void) | undefined
  try {
    leave = service.limits?.enter(call.caller, tool.effect)
    const checked = checkedArguments(tool, args)
    const held = await gated(service, tool, { args: checked, call })
    const { data, text } = held ?? (await tool.run(checked, world, call))
    const limit = (typeof checked.maxTokens === 'number' ? checked.maxTokens : defaultTokens) * charactersAToken
    const cut = data && withinLimit(data, limit)
    return { isError: false, text: redactor.censor(cutText(text, limit)), data: cut && (censored(cut, redactor) as JsonObject) }
  } catch (thrown) {
    const error =
      call.signal.aborted && !(thrown instanceof ToolError)
        ? new ToolError('Cancelled', 'the call was cancelled', { next: 'what was already written stays; a new reconcile repairs the rest' })
        : toolErrorOf(thrown, world.clock.id(4))
    if (error.code === 'Internal')
      world.log.error('a tool failed unforeseen', {
        tool: tool.name,
        message: error.message,
        cause: String(error.cause instanceof Error ? error.cause.stack : error.cause),
      })
    return failure(error, redactor)
  } finally {
    leave?.()
  }
}

function failure({ code, message, told }: ToolError, redactor: Redactor): Answer {
  const error = { code, message: message.trimEnd(), retryable: false, ...told }
  const text = `${code}: ${error.message}${/[.!?]$/.test(error.message) ? '' : '.'} Next: ${told.next}`
  return { isError: true, text: redactor.censor(text), data: censored({ error } as unknown as Json, redactor) as JsonObject }
}

function checkedArguments(tool: Tool, args: Json): JsonObject {
  const parsed = tool.input.safeParse(args ?? {})
  if (parsed.success) return parsed.data as JsonObject
  const [issue] = parsed.error.issues
  const valid = Object.keys(tool.input.shape)
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : []
  if (unknown.length > 0)
    throw new ToolError('InvalidArgument', `'${unknown.join("', '")}' is no argument of ${tool.name}`, {
      next: `use ${valid.join(', ')}`,
      valid,
    })
  throw new ToolError('InvalidArgument', `argument '${issue?.path.join('.') || '(all)'}' of ${tool.name}: ${issue?.message ?? 'invalid'}`, {
    next: `correct it; arguments are ${valid.join(', ')}`,
    valid,
  })
}

function censored(value: Json, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.censor(value)
  if (Array.isArray(value)) return value.map(item => censored(item, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [redactor.censor(key), censored(item ?? null, redactor)]),
  )
}

/** Cuts the rows of a list until it fits; nothing else is ever cut. */
function withinLimit(data: JsonObject, limit: number): JsonObject {
  let cut = data
  while (Array.isArray(cut.rows) && cut.rows.length > 1 && JSON.stringify(cut).length > limit)
    cut = { ...cut, rows: cut.rows.slice(0, Math.ceil(cut.rows.length / 2)), truncated: true }
  return cut
}

function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text
  const end = text.lastIndexOf('\n', limit)
  const kept = text.slice(0, end > 0 ? end : limit)
  const [lines, all] = [kept.split('\n').length, text.split('\n').length]
  return `${kept}\n… lines 1 to ${lines} of ${all}: raise maxTokens or narrow the question for the rest`
}
