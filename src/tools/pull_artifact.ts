import { posix } from 'node:path'
import * as z from 'zod'
import { parseOciUrl } from '../lib/reference.ts'
import { ArchiveError } from '../lib/archive-error.ts'
import { cleanPath, unpack, untar } from '../lib/untar.ts'
import type { Files } from '../world/files/files.ts'
import { ToolError } from './frame/error.ts'
import { archiveLimits, fetched, type Fetched } from './artifacts/fetched.ts'
import { openRegistry, registryArguments } from './artifacts/registry-access.ts'
import { type Body, textTool } from './tool.ts'

const mostText = 8 * 1024 * 1024

const base = { name: 'pull_artifact', title: 'Content of an artifact', foreignText: true } as const
const input = z.object({ url: z.string(), ...registryArguments })

/** For servers that write no files of the user's. */
export const pullArtifact = textTool({
  ...base,
  effect: 'reads',
  description: 'The files of a Flux artifact, in pages.',
  input,
  run: (args, world, call) => world.scratch.during(async room => pages(await fetched(args, world, { call, room }))),
})

/** The same for servers that do. */
export const pullArtifactToFolder = textTool({
  ...base,
  effect: 'changes',
  repeatable: true,
  description: 'The files of a Flux artifact, in pages; with output they are written to that folder instead.',
  input: input.extend({ output: z.string().optional() }),
  async preview({ output, ...args }, world, call) {
    const at = parseOciUrl(args.url)
    const registry = await openRegistry(world, { at, ...args, signal: call.signal }, 'lookup')
    const { digest } = await registry.lookUp(at, call.signal)
    if (output === undefined) return { summary: `read the files of ${digest}`, changes: [], live: digest, onlyReads: true }
    const changes = [{ action: 'write', object: output, detail: digest }]
    return { summary: `write the files of ${digest} to ${output}`, changes, live: digest }
  },
  async run({ output, ...args }, world, call) {
    const folder = output === undefined ? undefined : await folderOf(world.files, output)
    return world.scratch.during(async room => {
      const content = await fetched(args, world, { call, room })
      if (folder === undefined) return pages(content)
      const count = await written(content, folder, call.signal)
      return { head: `${headOf(content, count)}\nwritten to ${output}`, what: '', body: '' }
    })
  },
})

function headOf({ digest, servedBy }: Fetched, count: number): string {
  return `${digest} files=${count} servedBy=${servedBy}`
}

async function pages(content: Fetched): Promise<Body> {
  const { files } = await unpack(content.layer.open(), { ...archiveLimits, maxBytes: mostText }).catch((thrown: unknown) => {
    if (!(thrown instanceof ArchiveError) || thrown.code !== 'TOO_LARGE') throw thrown
    throw new ToolError('TooLarge', thrown.message, { next: 'pull it to a folder, with output', cause: thrown })
  })
  const textOf = (bytes: Uint8Array): string => (bytes.includes(0) ? `(binary, ${bytes.length} bytes)` : new TextDecoder().decode(bytes))
  const body = [...files].map(([path, file]) => `=== ${path}\n${textOf(file.content)}`).join('\n')
  return { head: headOf(content, files.size), what: 'file content', body }
}

/** A real folder, not a link to one. Spec: sources 11.1. */
async function folderOf(files: Files | undefined, output: string): Promise<{ files: Files; path: string }> {
  if (!files)
    throw new ToolError('InvalidArgument', 'this server writes no files', { next: 'leave output away: the content comes in pages' })
  const path = await files.resolve(output)
  if ((await files.stat(output))?.type !== 'folder')
    throw new ToolError('InvalidArgument', `dir '${output}' must be a directory`, { next: 'name a folder itself, not a file or a link' })
  return { files, path }
}

/** Writes the files once the whole archive was found good; a later entry of the same path wins. Answers how many there are. */
async function written({ layer }: Fetched, { files, path: folder }: { files: Files; path: string }, signal: AbortSignal): Promise<number> {
  const paths = new Set<string>()
  for await (const { path, type, target = '' } of untar(layer.open(), archiveLimits)) {
    if (type === 'hard link' && !paths.has(cleanPath(target)))
      throw new ArchiveError('LINK', `tar file entry ${path} is a hard link to '${target}', which is no file before it`, { entry: path })
    if (type === 'file' || type === 'hard link') paths.add(cleanPath(path))
  }
  const at = (path: string): string => posix.join(folder, cleanPath(path))
  for await (const { path, type, content, mode, target = '' } of untar(layer.open(), archiveLimits)) {
    signal.throwIfAborted()
    if (type === 'file') await files.write(at(path), content, mode)
    if (type === 'hard link') await files.write(at(path), files.read(at(target), signal), (await files.stat(at(target)))?.mode)
  }
  return paths.size
}
