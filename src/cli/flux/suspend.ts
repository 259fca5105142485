import { type Command, Option } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import type { Tool } from '../../tools/tool.ts'
import { addFlags, propertiesOf } from '../flags.ts'
import { objectFrom } from '../operands.ts'
import { namespaceFor, runVerb, type Session, type VerbContext } from '../run-verb.ts'
import { exitCodes, UsageError } from '../usage.ts'

/** `suspend` and `resume` of one object, of several, or with `--all` of every one of a kind in a namespace. Spec: kustomization 13. */
export function addSuspend(
  program: Command,
  { tool, word, suspended }: { tool: Tool; word: string; suspended: boolean },
  context: VerbContext,
): void {
  const properties = propertiesOf(tool.input)
  const command = program
    .command(word)
    .description(suspended ? 'Suspend Flux objects' : 'Resume Flux objects, and wait for their verdicts')
    .argument('<object>', 'KIND/NAME, KIND/NAMESPACE/NAME, or KIND with names or --all')
    .argument('[names...]', 'more of them')
  addFlags(command, properties, { taken: ['kind', 'name', 'suspended'] })
  command.addOption(new Option('--all', 'every object of the kind in the namespace'))
  command.action(async (first: string, more: string[]) => {
    const options = command.optsWithGlobals<JsonObject>()
    const named = targetsOf(first, more, options.all === true)
    if (options.plan !== undefined && named.length !== 1) throw new UsageError('--plan is of one call: name one object')
    const session = await context.open(options)
    try {
      const targets = named.length > 0 ? named : await allOf(first, options, { session, context })
      const codes: number[] = []
      const each = { ...context, exit: (code: number) => void codes.push(code), open: async () => ({ ...session, close: async () => {} }) }
      const run = (target: JsonObject): Promise<void> => runVerb({ tool, options, given: { ...target, suspended }, properties }, each)
      await Promise.all(targets.map(run))
      context.exit(Math.max(exitCodes.done, ...codes))
    } finally {
      await session.close()
    }
  })
}

/** None with `--all`. @throws {UsageError} */
function targetsOf(first: string, more: readonly string[], all: boolean): JsonObject[] {
  if (all && (more.length > 0 || first.includes('/'))) throw new UsageError('--all takes a KIND alone, without names')
  if (all) return []
  if (more.length === 0) return [objectFrom(first, undefined)]
  const targets = first.includes('/')
    ? [first, ...more].map(word => objectFrom(word, undefined))
    : more.map(word => (word.includes('/') ? objectFrom(word, undefined) : objectFrom(first, word)))
  return [...new Map(targets.map(t => [JSON.stringify(t), t])).values()]
}

interface Opened {
  readonly session: Session
  readonly context: VerbContext
}

async function allOf(kind: string, options: JsonObject, { session, context }: Opened): Promise<JsonObject[]> {
  const cluster = session.service.world.clusters.named(typeof options.cluster === 'string' ? options.cluster : session.cluster)
  const namespace = namespaceFor(options, session)
  const resource = await cluster.resolve(kind, context.signal)
  const objects = await Array.fromAsync(cluster.listAll({ ...resource, namespace }, context.signal))
  if (objects.length > 0) return objects.map(({ metadata: { name } }) => ({ kind, name, namespace }))
  throw new UsageError(`--all: no ${resource.kind} is in namespace '${namespace}'`)
}
