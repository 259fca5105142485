import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { JsonObject } from '../lib/json.ts'
import { archiveOf } from '../tools/artifacts/artifact.ts'
import { flagFor } from './flags.ts'
import type { VerbContext } from './run-verb.ts'
import { dash, fileFromInput } from './standard-input.ts'
import { UsageError } from './usage.ts'

/** `build artifact`: the archive that a push would make of a folder, in a file. It needs no cluster and no registry. */
export function addBuildArtifact(parent: Command, context: VerbContext): void {
  const command = parent
    .command('artifact')
    .description('Write the archive that push artifact would push to a file')
    .argument('[path]', 'folder or file; - reads standard input', '.')
    .option('-p, --path <path>', 'the same as the word')
    .option('-o, --output <file>', 'the archive', 'artifact.tgz')
    .addOption(flagFor('ignorePaths', { type: 'array', description: 'patterns to leave out, instead of the usual ones' }))
  shareShortFlag(parent, command)
  command.action(async (word: string) => {
    const options = command.optsWithGlobals<JsonObject>()
    const path = typeof options.path === 'string' ? options.path : word
    if (path === '') throw new UsageError("--path: invalid path ''")
    const content = path === dash ? { files: [await fileFromInput(context.input(), context.signal)] } : { path }
    const session = await context.open(options)
    try {
      const ignorePaths = Array.isArray(options.ignorePaths) ? options.ignorePaths.map(String) : undefined
      const { world } = session.service
      await world.scratch.during(async room => {
        const layer = await archiveOf({ ...content, ignorePaths }, world, { room, signal: context.signal })
        await writeFile(String(options.output), layer.open(), { signal: context.signal })
        context.out(`${String(options.output)}\t${layer.digest}\t${layer.size} bytes\n`)
      })
    } finally {
      await session.close()
    }
  })
}

/** The short flag of the archive is that of the format above it, which parses first: what comes by it is the file here, and a format there. */
function shareShortFlag(parent: Command, command: Command): void {
  const out = parent.options.find(o => o.long === '--out')
  const formats = out?.argChoices ?? []
  out?.argParser(value => value)
  parent.hook('preAction', (_parent, running) => {
    const { out: given } = parent.opts<{ out?: string }>()
    if (running === command && parent.getOptionValueSource('out') === 'cli') command.setOptionValue('output', given)
    else if (given !== undefined && !formats.includes(given))
      throw new UsageError(`--out '${given}' is no format: use ${formats.join(', ')}`)
  })
}
