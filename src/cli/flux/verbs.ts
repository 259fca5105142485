import { type Command, Option } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import type { Tool } from '../../tools/tool.ts'
import { addFlags, propertiesOf } from '../flags.ts'
import { refuseOthers } from '../flux-flags.ts'
import { objectFrom } from '../operands.ts'
import { runVerb, type VerbContext } from '../run-verb.ts'
import { debugKustomization } from './debug.ts'
import { addEnvsubst } from './envsubst.ts'
import { exported } from './export.ts'
import { stats } from './stats.ts'

/** Verbs of a terminal alone, which answer what flux has a command for and no tool of ours does. */
export function addFluxVerbs(program: Command, context: VerbContext): void {
  addEnvsubst(program, context)
  const counts = addTool(program.command('stats').description(stats.description), stats, [])
  counts.action(() => run(counts, { tool: stats, given: {} }, context))
  const yaml = program.command('export').description(exported.description).argument('<object>', 'KIND/NAME, or KIND with --all')
  addTool(yaml, exported, ['kind', 'name', 'all'])
  yaml.addOption(new Option('--all', 'every object of the kind'))
  refuseOthers(yaml, { also: {}, instead: { '--with-credentials': 'Secrets never leave: read them with kubectl' } })
  yaml.action((object: string) => {
    const all = yaml.opts().all === true
    return run(
      yaml,
      { tool: exported, given: all || !object.includes('/') ? { kind: object, all } : objectFrom(object, undefined) },
      context,
    )
  })
  const group = program.command('debug').description('What goes into an object')
  const debug = addTool(
    group.command('kustomization').alias('ks').description(debugKustomization.description).argument('<name>', 'name of the Kustomization'),
    debugKustomization,
    ['name'],
  )
  debug.action((name: string) => run(debug, { tool: debugKustomization, given: { name } }, context))
}

function addTool(command: Command, tool: Tool, taken: readonly string[]): Command {
  addFlags(command, propertiesOf(tool.input), { taken })
  return command
}

function run(command: Command, { tool, given }: { tool: Tool; given: JsonObject }, context: VerbContext): Promise<void> {
  return runVerb({ tool, options: command.optsWithGlobals<JsonObject>(), given, properties: propertiesOf(tool.input) }, context)
}
