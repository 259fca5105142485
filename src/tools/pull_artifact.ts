import { posix } from 'node:path'
import * as z from 'zod'
import type { OCIRepositoryObject } from '../kinds/oci-repository.ts'
import { parseOciUrl, printReference } from '../lib/reference.ts'
import { readTree } from '../lib/untar.ts'
import { pull } from '../sources/oci/pull-reconciler.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import { openRegistry, registryArguments } from './registry-access.ts'
import { type Body, type Call, textTool } from './tool.ts'

const limits = { maxBytes: 256 * 1024 * 1024, maxEntries: 100_000, maxEntryBytes: 64 * 1024 * 1024 }

export const pullArtifact = textTool({
  name: 'pull_artifact',
  title: 'Content of an artifact',
  effect: 'reads',
  foreignText: true,
  description: 'The files of a Flux artifact, in pages; with output they are written to that folder instead.',
  input: z.object({ url: z.string(), output: z.string().optional(), ...registryArguments }),
  async run({ url, output, insecure }, world, call) {
    const { files, digest } = await contentOf(world, { url, insecure }, call)
    if (output !== undefined) return written(world, { files, output, digest })
    const text = [...files]
      .map(
        ([path, content]) =>
          `=== ${path}\n${content.includes(0) ? `(binary, ${content.length} bytes)` : new TextDecoder().decode(content)}`,
      )
      .join('\n')
    return { head: `${digest} files=${files.size}`, what: 'file content', body: text }
  },
})

async function contentOf(
  world: World,
  { url, insecure }: { url: string; insecure: boolean },
  { signal }: Call,
): Promise<{ files: Map<string, Uint8Array>; digest: string }> {
  const ref = parseOciUrl(url)
  const registry = await openRegistry(world, { insecure }, 'transfer')
  const { digest } = await registry.lookUp(ref, signal)
  const target = { registry: ref.registry, repository: ref.repository, digest }
  const spec: OCIRepositoryObject['spec'] = { url, interval: '1m', provider: 'generic', timeout: '60s' }
  const { blob } = await pull(spec, { registry, resolved: { target, digest, revision: digest, printed: printReference(ref) }, signal })
  return { files: await readTree(blob, limits), digest }
}

async function written(
  world: World,
  { files, output, digest }: { files: Map<string, Uint8Array>; output: string; digest: string },
): Promise<Body> {
  if (!world.files)
    throw new ToolError('InvalidArgument', 'this server writes no files', { next: 'leave output away: the content comes in pages' })
  const folder = await world.files.resolve(output)
  for (const [path, content] of files) await world.files.write(posix.join(folder, path), content)
  return { head: `${digest} files=${files.size}\nwritten to ${output}`, what: '', body: '' }
}
