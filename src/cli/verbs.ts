import { Argument, Command, Option } from 'commander'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { print } from '../lib/yaml.ts'
import { answer, type Answer, type Service } from '../tools/answer.ts'
import type { EngineOptions, Tool } from '../tools/tool.ts'
import { flagFor, propertiesOf, valueOf } from './flags.ts'

/** What a verb runs with; made anew for each command line. */
export interface Session {
  readonly service: Service
  readonly engine: EngineOptions
  readonly cluster: string | undefined
  readonly namespace: string | undefined
  close(): Promise<void>
}
export interface VerbContext {
  /** Opens the world by the options of the command line. */
  open(options: JsonObject): Promise<Session>
  out(text: string): void
  err(text: string): void
  exit(code: number): void
  readonly signal: AbortSignal
}

const targets = new Set(['kind', 'namespace', 'name'])
const positional: Readonly<Record<string, string>> = {
  push_artifact: 'url',
  pull_artifact: 'url',
  tag_artifact: 'url',
  list_artifacts: 'url',
  get_image_digest: 'image',
}
const fluxNamespace = 'flux-system'

/** Adds each tool as a command: its name with spaces. */
export function addVerbs(program: Command, tools: readonly Tool[], context: VerbContext): void {
  for (const tool of tools.filter(t => t.name !== 'plan')) {
    const words = tool.name.split('_')
    const parent = words.slice(0, -1).reduce((at, word) => groupOf(at, word), program)
    addVerb(parent, { tool, word: words.at(-1) ?? tool.name, fixed: {} }, context)
  }
  const suspend = tools.find(t => t.name === 'set_suspended')
  if (suspend)
    for (const [word, suspended] of [
      ['suspend', true],
      ['resume', false],
    ] as const)
      addVerb(program, { tool: suspend, word, fixed: { suspended } }, context)
}

function groupOf(parent: Command, word: string): Command {
  const known = parent.commands.find(c => c.name() === word)
  return known ?? parent.command(word).description(`${word} …`)
}

interface Verb {
  readonly tool: Tool
  readonly word: string
  readonly fixed: JsonObject
}

function addVerb(parent: Command, verb: Verb, context: VerbContext): void {
  const { tool, word, fixed } = verb
  const properties = propertiesOf(tool.input)
  const command = parent.command(word).description(tool.description)
  const hasTarget = ['kind', 'name'].every(n => properties.has(n)) && !tool.input.shape.kind?.safeParse(undefined).success
  const place = positional[tool.name]
  if (hasTarget) command.addArgument(new Argument('<object>', 'KIND/NAME'))
  if (place) command.addArgument(new Argument(`<${place}>`))
  for (const [name, schema] of properties)
    if (!(hasTarget && targets.has(name)) && name !== 'namespace' && name !== place && !(name in fixed))
      command.addOption(flagFor(name, schema))
  if (properties.has('namespace')) command.addOption(new Option('-n, --namespace <name>')).addOption(new Option('-A, --all-namespaces'))
  command.addOption(new Option('-o, --out <format>').choices(['text', 'json', 'yaml']).default('text'))
  command.action(async (...given: unknown[]) => {
    const options = command.optsWithGlobals<JsonObject>()
    const first = typeof given[0] === 'string' ? given[0] : undefined
    await runVerb(verb, { options, first: hasTarget ? { object: first } : place ? { [place]: first } : {}, properties }, context)
  })
}

async function runVerb(
  { tool, fixed }: Verb,
  { options, first, properties }: { options: JsonObject; first: Record<string, string | undefined>; properties: Map<string, JsonObject> },
  context: VerbContext,
): Promise<void> {
  const session = await context.open(options)
  try {
    const args = argumentsFor({ options, first, properties }, session)
    if (session.cluster && properties.has('cluster') && needsCluster(tool))
      context.err(`cluster: ${String(args.cluster ?? session.cluster)}\n`)
    const call = {
      signal: context.signal,
      caller: { key: 'cli', user: 'cli', scopes: [], via: 'cli' as const },
      engine: session.engine,
      progress: (note: string) => context.err(`► ${session.service.redactor.censor(note)}\n`),
    }
    const done = await answer(session.service, tool, { args: { ...args, ...fixed }, call })
    context.out(rendered(done, String(options.out ?? 'text')))
    context.exit(exitCode(done))
  } finally {
    await session.close()
  }
}

function needsCluster({ name }: Tool): boolean {
  return !['get_image_digest', 'list_artifacts', 'pull_artifact', 'tag_artifact', 'list_clusters'].includes(name)
}

function argumentsFor(
  { options, first, properties }: { options: JsonObject; first: Record<string, string | undefined>; properties: Map<string, JsonObject> },
  session: Session,
): JsonObject {
  const flags = [...properties].flatMap(([name, schema]): [string, Json][] =>
    options[name] === undefined ? [] : [[name, valueOf(options[name], schema)]],
  )
  const { object, ...rest } = first
  const [kind, name] = object === undefined ? [] : splitObject(object)
  const namespace =
    options.allNamespaces === true
      ? {}
      : { namespace: typeof options.namespace === 'string' ? options.namespace : (session.namespace ?? fluxNamespace) }
  return {
    ...Object.fromEntries(flags),
    ...Object.fromEntries(Object.entries(rest).filter((e): e is [string, string] => e[1] !== undefined)),
    ...(properties.has('namespace') ? namespace : {}),
    ...(kind === undefined ? {} : { kind, name: name ?? '' }),
    ...(session.cluster && properties.has('cluster') && options.cluster === undefined ? { cluster: session.cluster } : {}),
  }
}

function splitObject(text: string): [string, string] {
  const slash = text.indexOf('/')
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)]
}

function rendered({ text, data }: Answer, format: string): string {
  if (format === 'json') return `${JSON.stringify(data ?? { text }, null, 2)}\n`
  if (format === 'yaml') return print(data ?? { text })
  return `${text.trimEnd()}\n`
}

/** 0 done, 1 failed or not ready, 2 wrong usage, 3 a plan is asked for. */
function exitCode({ isError, data }: Answer): number {
  if (isError) return isObject(data?.error) && data.error.code === 'InvalidArgument' ? 2 : 1
  if (data?.planned === true) return 3
  return typeof data?.verdict === 'string' && !['Ready', 'Suspended'].includes(data.verdict) ? 1 : 0
}
