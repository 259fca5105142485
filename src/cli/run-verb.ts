import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { answer, type Answer, type Service } from '../tools/frame/answer.ts'
import { fluxNamespace } from '../tools/objects/locate.ts'
import type { EngineOptions, Tool } from '../tools/tool.ts'
import { valueOf } from './flags.ts'
import { type Format, isPlan, rendered, type Terminal } from './output.ts'
import { exitCodes } from './usage.ts'

/** What a verb runs with; made anew for each command line. */
export interface Session {
  readonly service: Service
  readonly engine: EngineOptions
  readonly cluster: string | undefined
  /** The namespace of a context; the current one without a name. */
  namespaceOf(cluster?: string): string | undefined
  close(): Promise<void>
}
export interface VerbContext {
  /** Opens the world by the options of the command line. */
  open(options: JsonObject): Promise<Session>
  out(text: string): void
  err(text: string): void
  /** Standard input, read when it is asked for. */
  input(): AsyncIterable<Uint8Array>
  exit(code: number): void
  readonly signal: AbortSignal
  /** The terminal that standard output is; absent for files and pipes. */
  readonly terminal?: Terminal | undefined
  /** Asks the person at the terminal; absent where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
}

/** A verb as it was typed. `given` are the tool's arguments that its words and its name stand for. */
export interface Typed {
  readonly tool: Tool
  readonly options: JsonObject
  readonly given: JsonObject
  readonly properties: ReadonlyMap<string, JsonObject>
  /** How it ended, where that is not told as by other verbs. */
  readonly exitCode?: (done: Answer) => number
}

const offline = new Set(['get_image_digest', 'list_artifacts', 'diff_artifact', 'pull_artifact', 'tag_artifact', 'list_clusters'])

/** Whether a verb with these arguments asks a cluster. */
function usesCluster(tool: string, { policy, path, policies }: JsonObject): boolean {
  if (tool === 'update_images') return path === undefined || policies === undefined
  return !offline.has(tool) || policy !== undefined
}

/** Runs a verb and prints its answer. */
export async function runVerb(typed: Typed, context: VerbContext): Promise<void> {
  const argsFor = argsOf(typed)
  const session = await context.open(typed.options)
  try {
    const args = argsFor(session)
    const format = (typed.options.out ?? 'text') as Format
    if (args.cluster !== undefined && usesCluster(typed.tool.name, args)) context.err(`cluster: ${String(args.cluster)}\n`)
    const first = await call(typed.tool, args, { session, context })
    show(first, format, context)
    const handle = await confirmed(typed.tool, { args, planned: first }, context)
    if (handle === undefined && isPlan(first) && typed.tool.name !== 'plan')
      context.err(`► nothing done: run the same command with --plan ${String(first.data?.plan)}\n`)
    const last = handle === undefined ? first : await call(typed.tool, { ...args, plan: handle }, { session, context })
    if (handle !== undefined) show(last, format, context)
    context.exit(context.signal.aborted ? exitCodes.interrupted : (typed.exitCode?.(last) ?? exitCode(typed.tool, last)))
  } finally {
    await session.close()
  }
}

/** What the tool is called with, once it is known where. @throws {UsageError} naming a flag, at once. */
export function argsOf(typed: Typed): (session: Session) => JsonObject {
  const flags = flagsOf(typed)
  return session => ({ ...argumentsFor(typed, session), ...flags, ...typed.given })
}

export function call(tool: Tool, args: JsonObject, { session, context }: { session: Session; context: VerbContext }): Promise<Answer> {
  return answer(session.service, tool, {
    args,
    call: {
      signal: context.signal,
      caller: { key: 'cli', user: 'cli', scopes: [], via: 'cli' },
      engine: session.engine,
      progress: note => context.err(`► ${session.service.redactor.censor(note)}\n`),
    },
  })
}

/** Failures in text go where progress goes; all else is for the next program. */
export function show(done: Answer, format: Format, { out, err, terminal }: VerbContext): void {
  if (done.isError && format === 'text') err(`✗ ${done.text.trimEnd()}\n`)
  else out(rendered(done, format, terminal))
}

/** The handle of a destroying plan, when the person at the terminal typed the object's name. */
async function confirmed(
  { effect }: Tool,
  { args, planned }: { args: JsonObject; planned: Answer },
  { ask, err }: VerbContext,
): Promise<string | undefined> {
  if (effect !== 'destroys' || !isPlan(planned) || !ask || typeof args.name !== 'string') return undefined
  const typed = await ask(`Type the name '${args.name}' to go on: `)
  if (typed.trim() === args.name) return String(planned.data?.plan)
  err('✗ that is not its name: nothing was done\n')
  return undefined
}

function flagsOf({ options, properties }: Typed): JsonObject {
  return Object.fromEntries(
    [...properties].flatMap(([name, schema]): [string, Json][] =>
      options[name] === undefined || isPreset(options[name], schema) ? [] : [[name, valueOf(name, options[name], schema)]],
    ),
  )
}

/** `--no-x` flags come with a value when nobody gave them. */
function isPreset(value: Json, schema: JsonObject): boolean {
  return schema.type === 'boolean' && value === schema.default
}

/** Where a call goes when the command line does not say. */
function argumentsFor({ options, properties, given }: Typed, session: Session): JsonObject {
  const cluster = typeof options.cluster === 'string' ? options.cluster : session.cluster
  const everywhere = options.allNamespaces === true || !properties.has('namespace') || given.namespace !== undefined
  return {
    ...(cluster !== undefined && properties.has('cluster') ? { cluster } : {}),
    ...(everywhere ? {} : { namespace: namespaceFor(options, session) }),
  }
}

/** The namespace that was typed, else the context's, else Flux's. */
export function namespaceFor(options: JsonObject, session: Session): string {
  if (typeof options.namespace === 'string') return options.namespace
  return session.namespaceOf(typeof options.cluster === 'string' ? options.cluster : session.cluster) ?? fluxNamespace
}

export function exitCode({ name }: Tool, done: Answer): number {
  const { isError, data } = done
  if (isError) return isObject(data?.error) && data.error.code === 'InvalidArgument' ? exitCodes.usage : exitCodes.failed
  if (isPlan(done)) return name === 'plan' ? exitCodes.done : exitCodes.planned
  if (data?.differs === true) return exitCodes.failed
  return typeof data?.verdict === 'string' && !['Ready', 'Suspended'].includes(data.verdict) ? exitCodes.failed : exitCodes.done
}
