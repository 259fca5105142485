import { type Command, Option } from 'commander'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import { flagFor, propertiesOf, valueOf } from './flags.ts'
import { objectFrom } from './operands.ts'
import { runVerb, type VerbContext } from './run-verb.ts'
import { UsageError } from './usage.ts'

/** `plan TOOL [KIND/NAME] [--arguments JSON]`: what a verb would do, with the handle to pass to it. */
export function addPlan(parent: Command, { tool, tools }: { tool: Tool; tools: readonly Tool[] }, context: VerbContext): void {
  const properties = propertiesOf(tool.input)
  const planned = tools.filter(t => t.preview !== undefined)
  const command = parent.command('plan').description(tool.description)
  command
    .argument('<tool>', planned.map(t => t.name).join(', '))
    .argument('[object]', 'KIND/NAME')
    .argument('[name]', 'the name, after a KIND alone')
  for (const [name, schema] of properties) if (['arguments', 'cluster'].includes(name)) command.addOption(flagFor(name, schema))
  command
    .addOption(new Option('-n, --namespace <name>', "the context's namespace without it, else flux-system"))
    .addOption(new Option('-o, --out <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
  command.action(async (typed: string, object: string | undefined, name: string | undefined) => {
    const options = command.optsWithGlobals<JsonObject>()
    const wanted = planned.find(t => t.name === typed.replaceAll(/[- ]/g, '_'))
    if (!wanted) throw new UsageError(`'${typed}' has no plan: use ${planned.map(t => t.name).join(', ')}`)
    const session = await context.open(options)
    const cluster = typeof options.cluster === 'string' ? options.cluster : session.cluster
    const target =
      object === undefined ? {} : { namespace: namespaceOf(options, session.namespaceOf(cluster)), ...objectFrom(object, name) }
    const more = options.arguments === undefined ? {} : valueOf('arguments', options.arguments, { type: 'object' })
    const args = { ...target, ...(isObject(more) ? more : {}), ...(cluster === undefined ? {} : { cluster }) }
    const { arguments: _arguments, ...rest } = options
    await runVerb(
      { tool, options: rest, given: { tool: wanted.name, arguments: args }, properties },
      { ...context, open: async () => session },
    )
  })
}

function namespaceOf(options: JsonObject, ofContext: string | undefined): string {
  return typeof options.namespace === 'string' ? options.namespace : (ofContext ?? 'flux-system')
}
