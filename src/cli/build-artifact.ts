import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { JsonObject } from '../lib/json.ts'
import { archiveOf } from '../tools/artifacts/artifact.ts'
import { flagFor } from './flags.ts'
import type { VerbContext } from './run-verb.ts'

/** `build artifact`: the archive that a push would make of a folder, in a file. It needs no cluster and no registry. */
export function addBuildArtifact(parent: Command, context: VerbContext): void {
  const command = parent
    .command('artifact')
    .description('Write the archive that push artifact would push to a file')
    .argument('[path]', 'folder or file', '.')
    .option('--path <path>', 'the same as the word')
    .option('--output <file>', 'the archive', 'artifact.tgz')
    .addOption(flagFor('ignorePaths', { type: 'array', description: 'patterns to leave out, instead of the usual ones' }))
  command.action(async (word: string) => {
    const options = command.optsWithGlobals<JsonObject>()
    const path = typeof options.path === 'string' ? options.path : word
    const session = await context.open(options)
    try {
      const ignorePaths = Array.isArray(options.ignorePaths) ? options.ignorePaths.map(String) : undefined
      const { world } = session.service
      await world.scratch.during(async room => {
        const layer = await archiveOf({ path, ignorePaths }, world, { room, signal: context.signal })
        await writeFile(String(options.output), layer.open(), { signal: context.signal })
        context.out(`${String(options.output)}\t${layer.digest}\t${layer.size} bytes\n`)
      })
    } finally {
      await session.close()
    }
  })
}
