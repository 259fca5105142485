import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { JsonObject } from '../lib/json.ts'
import { addFlags, propertiesOf } from './flags.ts'
import type { Tool } from '../tools/tool.ts'
import { runVerb, type VerbContext } from './run-verb.ts'
import { dash } from './standard-input.ts'
import { UsageError } from './usage.ts'

/** `apply manifests PATH`: a file, a folder with all its YAML, or `-` for standard input. */
export function addApply(parent: Command, { tool, word }: { tool: Tool; word: string }, context: VerbContext): void {
  const properties = propertiesOf(tool.input)
  const command = parent.command(word).description(tool.description)
  command.argument('[path]', 'file or folder with YAML; - reads standard input')
  addFlags(command, properties, { taken: [] })
  command.action(async (path: string | undefined) => {
    const options = command.optsWithGlobals<JsonObject>()
    const given = path === undefined ? {} : { manifests: await manifestsAt(path, context) }
    await runVerb({ tool, options, given, properties }, context)
  })
}

async function manifestsAt(path: string, { input }: VerbContext): Promise<string> {
  if (path === dash) return Buffer.concat(await Array.fromAsync(input())).toString('utf8')
  try {
    const files = (await stat(path)).isDirectory() ? await yamlFiles(path) : [path]
    if (files.length === 0) throw new UsageError(`'${path}' has no YAML file`)
    return (await Promise.all(files.map(file => readFile(file, 'utf8')))).join('\n---\n')
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown
    throw new UsageError(`'${path}' cannot be read: ${thrown instanceof Error ? thrown.message : ''}`, { cause: thrown })
  }
}

async function yamlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names
    .filter(name => /\.ya?ml$/.test(name))
    .toSorted()
    .map(name => join(folder, name))
}
