import { type Command, Option } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import type { Answer } from '../../tools/frame/answer.ts'
import type { Tool } from '../../tools/tool.ts'
import { addFlags, propertiesOf } from '../flags.ts'
import { refuseOthers } from '../flux-flags.ts'
import { objectFrom } from '../operands.ts'
import { runVerb, type Typed, type VerbContext } from '../run-verb.ts'
import { exitCodes } from '../usage.ts'
import { buildKustomization } from './build.ts'
import { debugKustomization } from './debug.ts'
import { diffKustomization } from './diff.ts'
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

/** `build kustomization` and `diff kustomization`, below the groups that they are of. */
export function addLocalVerbs({ build, diff }: { build: Command; diff: Command }, context: VerbContext): void {
  const verb = (group: Command, tool: Tool): Command =>
    addTool(
      group.command('kustomization').alias('ks').description(tool.description).argument('<name>', 'name of the Kustomization'),
      tool,
      ['name'],
    )
  const built = verb(build, buildKustomization)
  built.action((name: string) => run(built, { tool: buildKustomization, given: { name } }, context))
  const compared = verb(diff, diffKustomization)
  compared.addHelpText(
    'after',
    '\nExit codes of this verb: 0 nothing would change; 1 something would; 2 it failed, or an object was refused.',
  )
  compared.action((name: string) => run(compared, { tool: diffKustomization, given: { name }, exitCode: codeOfDiff }, context))
}

function codeOfDiff({ isError, data }: Answer): number {
  if (isError || data?.refused !== 0) return exitCodes.usage
  return data.differs === true ? exitCodes.failed : exitCodes.done
}

function addTool(command: Command, tool: Tool, taken: readonly string[]): Command {
  addFlags(command, propertiesOf(tool.input), { taken })
  return command
}

type Called = Pick<Typed, 'tool' | 'given' | 'exitCode'>

function run(command: Command, called: Called, context: VerbContext): Promise<void> {
  return runVerb({ ...called, options: command.optsWithGlobals<JsonObject>(), properties: propertiesOf(called.tool.input) }, context)
}
