import type { Command } from 'commander'
import type { JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import { addApply } from './apply-verb.ts'
import { addBuildArtifact } from './build-artifact.ts'
import { addFlags, propertiesOf } from './flags.ts'
import { addSuspend } from './flux/suspend.ts'
import { addFluxVerbs, addLocalVerbs } from './flux/verbs.ts'
import { fluxFlagsOf, refuseOthers, tellFolderFlag } from './flux-flags.ts'
import { type Operands, operandsOf } from './operands.ts'
import { addPlan } from './plan-verb.ts'
import { runVerb, type VerbContext } from './run-verb.ts'
import { withInput } from './standard-input.ts'
import { watched, watchVerb } from './watch-verb.ts'

const groups: Readonly<Record<string, string>> = {
  get: 'Read status, objects, events, logs and digests',
  list: 'List artifacts and clusters',
  push: 'Push artifacts',
  pull: 'Pull artifacts',
  tag: 'Tag artifacts',
  diff: 'Compare artifacts, or local manifests with the cluster',
  apply: 'Apply manifests',
  update: 'Update images in Git',
  delete: 'Delete objects',
  set: 'Suspend or resume',
  image: 'Look images up',
  search: 'Search the documentation',
}

/** Adds each tool as a command: its name with spaces. */
export function addVerbs(program: Command, tools: readonly Tool[], context: VerbContext): void {
  for (const tool of tools) {
    const words = tool.name.split('_')
    const parent = words.slice(0, -1).reduce((at, word) => groupOf(at, word), program)
    const word = words.at(-1) ?? tool.name
    if (tool.name === 'plan') addPlan(parent, { tool, tools }, context)
    else if (tool.name === 'apply_manifests') addApply(parent, { tool, word }, context)
    else addVerb(parent, { tool, word }, context)
  }
  const find = (name: string): Tool[] => tools.filter(t => t.name === name)
  for (const tool of find('set_suspended')) {
    addSuspend(program, { tool, word: 'suspend', suspended: true }, context)
    addSuspend(program, { tool, word: 'resume', suspended: false }, context)
  }
  if (find('build').length > 0) {
    addLocalVerbs({ build: groupOf(program, 'build'), diff: groupOf(program, 'diff') }, context)
    addBuildArtifact(groupOf(program, 'build'), context)
  }
  addFluxVerbs(program, context)
}

function groupOf(parent: Command, word: string): Command {
  const known = parent.commands.find(c => c.name() === word)
  return known ?? parent.command(word).description(groups[word] ?? word)
}

interface Verb {
  readonly tool: Tool
  readonly word: string
  readonly description?: string
  /** Arguments that the word itself stands for. */
  readonly fixed?: JsonObject
  readonly operands?: Operands
}

function addVerb(parent: Command, { tool, word, description, fixed = {}, operands = operandsOf(tool) }: Verb, context: VerbContext): void {
  const properties = propertiesOf(tool.input)
  const command = parent.command(word).description(description ?? tool.description)
  for (const [shown, help] of operands.shown) command.argument(shown, help)
  const flux = fluxFlagsOf(tool.name)
  addFlags(command, properties, { taken: [...operands.takes, ...Object.keys(fixed)], also: flux.also })
  refuseOthers(command, flux)
  if (watched.has(tool.name)) command.option('-w, --watch', 'then show what is new or has changed, every 2 s, until interrupted')
  if (properties.has('output')) tellFolderFlag(command)
  command.action(async (...said: unknown[]) => {
    const words = operands.shown.map((_, i) => (typeof said[i] === 'string' ? said[i] : undefined))
    const options = command.optsWithGlobals<JsonObject>()
    const given = { ...operands.read(words), ...fixed }
    const typed = properties.has('files') ? await withInput({ options, given }, context) : { options, given }
    await (options.watch === true ? watchVerb : runVerb)({ tool, ...typed, properties }, context)
  })
}
