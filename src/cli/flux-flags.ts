import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './usage.ts'

/** Other spellings of a verb's flags, as flux has them, beside our own. Spec: sources 10.2. */
export interface FluxFlags {
  /** By argument: a short flag, or a long one that means the same. */
  readonly also: Readonly<Record<string, string>>
  /** Flags of flux that are none here, and what to do instead. */
  readonly instead: Readonly<Record<string, string>>
}

const none: FluxFlags = { also: {}, instead: {} }
const insecure = { insecure: '--insecure-registry' }
const creds = { '--creds <text>': 'sign in with docker login, whose credentials are taken, or use --provider for a cloud' }
const generic = { ...creds, '--timeout <text>': 'a verb ends by itself: stop it with Ctrl-C' }

const byTool: Readonly<Record<string, FluxFlags>> = {
  push_artifact: {
    also: { ...insecure, path: '-f', annotations: '-a', tags: '--tag' },
    instead: {
      ...generic,
      '--output <text>': 'use --out json or --out yaml',
      '--reproducible': 'leave it away: the same content has the same digest always',
      '--debug': 'leave it away',
    },
  },
  pull_artifact: { also: insecure, instead: generic },
  tag_artifact: { also: { ...insecure, tags: '--tag' }, instead: generic },
  list_artifacts: { also: { ...insecure, semver: '--filter-semver', regex: '--filter-regex' }, instead: generic },
  diff_artifact: { also: insecure, instead: generic },
}

export function fluxFlagsOf(tool: string): FluxFlags {
  return byTool[tool] ?? none
}

/** Answers flags of flux that are none here with what to do instead: parsing throws a {@link UsageError}. */
export function refuseOthers(command: Command, { instead }: FluxFlags): void {
  for (const [flags, advice] of Object.entries(instead)) {
    const option = new Option(flags).hideHelp()
    command.addOption(option)
    command.on(`option:${option.name()}`, () => {
      throw new UsageError(`${option.long ?? flags} is no flag of this verb: ${advice}`)
    })
  }
}

/** In flux the `-o` of a pull is the folder. */
export function tellFolderFlag(command: Command): void {
  const out = command.options.find(o => o.long === '--out')
  const formats = out?.argChoices ?? []
  out?.argParser(value => {
    if (!formats.includes(value))
      throw new InvalidArgumentError(`-o is the format (${formats.join(', ')}); use --output for the folder to write to.`)
    return value
  })
}
