import * as z from 'zod'
import { isObject, type Json, type JsonObject } from '../../lib/json.ts'
import { fence, plain, type Redactor, type Safe, unfenced } from '../../lib/safe.ts'
import type { World } from '../../world/world.ts'
import { Pager } from './cursor.ts'
import { ToolError, toolErrorOf } from './error.ts'
import { fit } from './fit.ts'
import { gated, type Gates } from './gate.ts'
import type { Limits } from './limits.ts'
import type { Asked, Call, Running, Tool } from '../tool.ts'

/** What every call shares. `gates` come from the mode the server runs in. */
export interface Service {
  readonly world: World
  readonly redactor: Redactor
  readonly gates: Gates
  readonly limits?: Limits | undefined
}

/** A call as it may leave the process: finished, failed, or asking first. */
export interface Answer {
  readonly isError: boolean
  readonly text: Safe
  readonly data: JsonObject | undefined
  /** Questions that must be answered before the call goes on; nothing else is in the answer then. */
  readonly asked?: Asked | undefined
  readonly raw?: JsonObject | undefined
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

const hardCap = 10_000
const listBudget = 2_000

/**
 * Runs a tool: arguments are checked, the gate is asked, and whatever is thrown becomes a typed error. Nothing leaves that did not
 * pass the redactor, and nothing is cut before it did.
 */
export async function answer(service: Service, tool: Tool, { args, call }: { args: Json; call: Call }): Promise<Answer> {
  const { world, redactor } = service
  let leave: (() => void) | undefined
  try {
    leave = service.limits?.enter(call.caller, tool.effect)
    const checked = checkedArguments(tool, args)
    const budget = budgetOf(tool, { args, call })
    const running = { ...call, ...bound(service, tool, { args: checked, call, budget }) }
    const done = (await gated(service, tool, { args: checked, call: running })) ?? (await tool.run(checked, world, running))
    if ('raw' in done) return { isError: false, text: redactor.censor(''), data: undefined, raw: done.raw }
    if ('ask' in done) return { isError: false, text: redactor.censor(''), data: undefined, asked: cleanQuestions(done, redactor) }
    const data = done.data && (clean(done.data, redactor) as JsonObject)
    const fitting = fit({ data, text: data && done.say ? done.say(data) : done.text, say: done.say }, { pages: running.pages, budget })
    const shown = call.caller.via === 'cli' ? unfenced(fitting.text) : fence(fitting.text, bytes => world.clock.id(bytes))
    return { isError: false, text: redactor.censor(shown), data: fitting.data }
  } catch (thrown) {
    const error =
      call.signal.aborted && (!(thrown instanceof ToolError) || isBehind(call.signal.reason, thrown))
        ? new ToolError('Cancelled', 'the call was cancelled', { next: 'what was already written stays: the same call does the rest' })
        : toolErrorOf(thrown, world.clock.id(4))
    if (error.code === 'Internal') reportUnforeseen(service, tool, error)
    return failure(error, redactor)
  } finally {
    leave?.()
  }
}

/** Whether something was thrown because of what a signal aborted with. */
function isBehind(reason: unknown, thrown: unknown): boolean {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) if (cause === reason) return true
  return false
}

function reportUnforeseen({ world }: Service, tool: Tool, error: ToolError): void {
  world.log.error('a tool failed unforeseen', {
    tool: tool.name,
    message: error.message,
    cause: String(error.cause instanceof Error ? error.cause.stack : error.cause),
  })
}

/** How many tokens an answer may cost: a terminal has room for all of it. Spec: mcp 2.4. */
function budgetOf(tool: Tool, { args, call }: { args: Json; call: Call }): number {
  if (call.caller.via === 'cli') return Number.POSITIVE_INFINITY
  if (isObject(args) && typeof args.maxTokens === 'number') return args.maxTokens
  return 'limit' in tool.input.shape && !(isObject(args) && 'limit' in args) ? listBudget : hardCap
}

/** What a tool gets for this call alone. */
function bound(
  { world, redactor, gates }: Service,
  tool: Tool,
  { args, call, budget }: { args: JsonObject; call: Call; budget: number },
): Pick<Running, 'pages' | 'show' | 'censor'> {
  const { cursor, limit, maxTokens: _maxTokens, detail: _detail, ...rest } = args
  const censor = (text: string): string => redactor.censor(plain(text))
  const pages = new Pager({
    key: gates.key,
    question: [tool.name, rest],
    caller: call.caller.key,
    now: world.clock.now(),
    cursor: typeof cursor === 'string' ? cursor : undefined,
    limit: typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY,
    budget,
    censor,
  })
  const show = (value: string): string => {
    redactor.learn(value)
    return redactor.print(value)
  }
  return { pages, show, censor }
}

function failure({ code, message, retryable, told }: ToolError, redactor: Redactor): Answer {
  const error = { code, message: message.trimEnd(), retryable, ...told }
  const text = `${code}: ${error.message}${/[.!?]$/.test(error.message) ? '' : '.'} Next: ${told.next}`
  return { isError: true, text: redactor.censor(plain(text)), data: clean({ error } as unknown as Json, redactor) as JsonObject }
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
  const said = issue?.message ?? 'invalid'
  const what = said.endsWith('received undefined') ? ' is missing' : `: ${said}`
  throw new ToolError('InvalidArgument', `argument '${issue?.path.join('.') || '(all)'}' of ${tool.name}${what}`, {
    next: `${what === ' is missing' ? 'give it' : 'correct it'}; arguments are ${valid.join(', ')}`,
    valid,
  })
}

/** Every string without invisible characters and without secrets. */
function clean(value: Json, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.censor(plain(value))
  if (Array.isArray(value)) return value.map(item => clean(item, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [redactor.censor(plain(key)), clean(item ?? null, redactor)]),
  )
}

function cleanQuestions({ ask, state }: Asked, redactor: Redactor): Asked {
  const asked = Object.entries(ask).map(([key, question]) =>
    'raw' in question ? ([key, question] as const) : ([key, { ...question, message: redactor.censor(plain(question.message)) }] as const),
  )
  return { ask: Object.fromEntries(asked), ...(state === undefined ? {} : { state }) }
}
