import * as z from 'zod'
import type { Settings } from '../engine/settings.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { Show } from '../lib/mask.ts'
import type { World } from '../world/world.ts'
import type { Pager } from './frame/cursor.ts'

/** What a tool does to a cluster, a registry or files: the only source of hints, filters, scopes and docs. Spec: mcp 1.2. */
export type Effect = 'reads' | 'changes' | 'destroys'

/** Who calls. `key` binds plans and cursors. */
export interface Caller {
  readonly key: string
  readonly user: string
  readonly scopes: readonly string[]
  readonly via: 'stdio' | 'http' | 'cli'
}

/** Which engine may act: `auto` leaves to Flux what Flux serves. `shard` is our own `sharding.fluxcd.io/key`. */
export interface EngineOptions {
  readonly mode: 'auto' | 'flux' | 'own'
  readonly shard?: string | undefined
  readonly settings: Settings
}

/** A question to the person at the client: a form of strings, choices and yes or no. */
export interface Question {
  readonly message: string
  /** JSON Schema of the form: a flat object. */
  readonly form: JsonObject
}

/** What came back for a question. `missing`: nothing yet. */
export interface Answered {
  readonly action: 'missing' | 'accept' | 'decline' | 'cancel'
  readonly value?: JsonObject | undefined
}

/** One call, as it arrives. */
export interface Call {
  readonly signal: AbortSignal
  readonly caller: Caller
  readonly engine: EngineOptions
  /** Which questions the client can put to a person; none when absent. */
  readonly canAsk?: { readonly form: boolean; readonly url: boolean } | undefined
  /** What came back for a question that an earlier round of this call asked. */
  answered?(question: string): Answered
  /** What the earlier round left, unchanged since; `undefined` on the first. */
  readonly state?: Json | undefined
  /** What the transport has, for the fixtures of the conformance suite alone. */
  readonly raw?: unknown
  /** A short line for whoever waits. */
  progress(note: string): void
}

/** A call while a tool runs it. */
export interface Running extends Call {
  /** Pages of this question, bound to its caller. */
  readonly pages: Pager
  /** How a secret value is shown; it is also learned, so that copies of it elsewhere are hidden. */
  readonly show: Show
  /** Takes secrets and invisible characters out of text of others, before it is searched or cut. */
  censor(text: string): string
}

/** What a finished run answers. */
export interface Finished {
  readonly data: JsonObject | undefined
  readonly text: string
  /** The text for data that was cleaned or cut; absent where the text is all there is. */
  readonly say?: ((data: JsonObject) => string) | undefined
}

/** The call goes on when the questions are answered: it runs again from the start. `state` comes back with the answers. */
export interface Asked {
  readonly ask: Readonly<Record<string, Question | { readonly raw: Json }>>
  readonly state?: Json | undefined
}

/** A protocol result that no product tool makes: only the fixtures of the conformance suite do. */
export interface RawResult {
  readonly raw: JsonObject
}

/** What a gated call would do. `live` is what the plan depends on: the handle is void when it changes. */
export interface Preview {
  readonly summary: string
  readonly changes: readonly JsonObject[]
  readonly live: string
  readonly mustPlan?: boolean | undefined
  /** With these arguments the tool changes nothing: no gate holds it. */
  readonly onlyReads?: boolean | undefined
}

/** When a call must bring a plan: `mode` when the server's mode asks for it, `judged` also when the preview says so, `never` only enforces one that is given. */
export type Gate = 'mode' | 'judged' | 'never'

/** A tool as the registry holds it. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly effect: Effect
  readonly foreignText: boolean
  readonly repeatable: boolean
  readonly gate: Gate | ((args: JsonObject) => Gate)
  /** Strict: unknown arguments are refused. */
  readonly input: z.ZodObject
  /** A JSON Schema that clients see instead: only the fixtures of the conformance suite have one. */
  readonly raw?: JsonObject | undefined
  /** Absent: the answer is text alone. */
  readonly output: z.ZodObject | undefined
  /** What it would do; absent for tools that are never gated. */
  preview?(args: JsonObject, world: World, call: Running): Promise<Preview>
  run(args: JsonObject, world: World, call: Running): Promise<Finished | Asked | RawResult>
}

interface Definition<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly effect: Effect
  readonly foreignText?: boolean
  readonly repeatable?: boolean
  readonly gate?: Gate | ((args: JsonObject) => Gate)
  readonly input: I
  readonly output: O
  preview?(args: z.infer<I> & Common, world: World, call: Running): Promise<Preview>
  run(args: z.infer<I> & Common, world: World, call: Running): Promise<z.infer<O>>
  say(data: z.infer<O>): string
}
/** A text answer: a line of `key=value` facts, then content of others, which comes in pages. */
export interface Body {
  readonly head: string
  readonly what: string
  readonly body: string
}
interface TextDefinition<I extends z.ZodObject> extends Omit<Definition<I, z.ZodObject>, 'output' | 'run' | 'say'> {
  run(args: z.infer<I> & Common, world: World, call: Running): Promise<Body>
}
interface Common {
  readonly cluster?: string | undefined
  readonly maxTokens?: number | undefined
  readonly plan?: string | undefined
}

const cluster = { cluster: z.string().optional() }
const maxTokens = { maxTokens: z.int().min(200).max(20_000).optional() }
const pageable = { cursor: z.string().optional() }
const plan = { plan: z.string().optional().describe('handle from plan') }

function complete(input: z.ZodObject, effect: Effect, gated: boolean): z.ZodObject {
  return input.extend({ ...cluster, ...(effect === 'reads' ? maxTokens : {}), ...(gated ? plan : {}) }).strict()
}

/** Makes a tool of its definition; adds the arguments that all have. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(definition: Definition<I, O>): Tool {
  const { preview, run, say, input, output } = definition
  return {
    ...identity(definition),
    output,
    input: complete(input, definition.effect, preview !== undefined),
    ...(preview ? { preview: (args, world, call) => preview(args as z.infer<I> & Common, world, call) } : {}),
    async run(args, world, call) {
      const data = await run(args as z.infer<I> & Common, world, call)
      return { data: data as JsonObject, text: say(data), say: cut => say(cut as z.infer<O>) }
    },
  }
}

/** Makes a tool that answers with text alone: YAML, file content. */
export function textTool<I extends z.ZodObject>(definition: TextDefinition<I>): Tool {
  const { preview, run, input } = definition
  return {
    ...identity(definition),
    output: undefined,
    input: complete(input.extend({ ...pageable, ...maxTokens }), definition.effect, preview !== undefined),
    ...(preview ? { preview: (args, world, call) => preview(args as z.infer<I> & Common, world, call) } : {}),
    async run(args, world, call) {
      const { head, what, body } = await run(args as z.infer<I> & Common, world, call)
      return { data: undefined, text: body === '' ? head : call.pages.ofText(head, { what, body }) }
    },
  }
}

type Identity = 'name' | 'title' | 'description' | 'effect' | 'foreignText' | 'repeatable' | 'gate'

function identity({
  name,
  title,
  description,
  effect,
  foreignText = false,
  repeatable = false,
  gate = 'mode',
}: Pick<Definition<z.ZodObject, z.ZodObject>, Identity>): Pick<Tool, Identity> {
  return { name, title, description, effect, foreignText, repeatable: effect === 'reads' || repeatable, gate }
}

/** One object by any spelling of its kind. `namespace` is absent or `-` for cluster-scoped kinds. */
export const target = z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() })
export const seconds = z.int().min(1).max(600)
export const limit = z.int().min(1).max(200).default(20)
/** A rows answer: columns once, then cells. */
export const rows = {
  cols: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
  total: z.number(),
  nextCursor: z.string().optional(),
  truncated: z.boolean(),
}

/** Cells under their columns, tab separated, as short as text gets. */
export function tsv(cols: readonly string[], cells: readonly (readonly (string | number | null)[])[]): string {
  return [cols, ...cells]
    .map(row => row.map(cell => (cell === null ? '-' : String(cell).replaceAll(/[\t\n]+/g, ' '))).join('\t'))
    .join('\n')
}

/** The last line of a list. */
export function footer(
  { rows: shown, total, nextCursor }: { rows: readonly unknown[]; total: number; nextCursor?: string | undefined },
  narrow: string,
): string {
  return nextCursor === undefined
    ? `${shown.length} of ${total}`
    : `${shown.length} of ${total}, cursor=${nextCursor}, narrow with ${narrow}`
}
