import { tar } from '../lib/tar.ts'
import type { Tree } from '../lib/tree.ts'
import type { Kernel } from '../world/kernel/kernel.ts'
import { archiveEntries, sourcePatterns } from './archive.ts'
import { SourceProblem } from './problem.ts'

/**
 * A tree as a source stores it: without what is ignored, gzipped.
 * @throws {SourceProblem} SourceIgnoreError where the tree's own ignore rules would take too long. Spec: sources 1.2, 2.2, 15.
 */
export async function archived(
  tree: Tree,
  { ignore, kernel, signal }: { ignore: string | undefined; kernel: Kernel; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  const seen = { own: [] as { folder: string; text: string }[], paths: 0, characters: 0 }
  for await (const { folder, name, type } of entriesOf(tree, '')) {
    seen.paths++
    seen.characters += folder.length + 1 + name.length
    if (type === 'file' && name === '.sourceignore')
      seen.own.push({ folder, text: await textOf(tree, folder === '' ? name : `${folder}/${name}`) })
  }
  const patterns = sourcePatterns(seen.own, ignore)
  checkEffort(patterns.length, seen)
  return kernel.gzip(tar(archiveEntries(tree, { patterns, modes: 'normalised' })), signal)
}

async function* entriesOf(tree: Tree, folder: string): AsyncIterable<{ folder: string; name: string; type: string }> {
  for (const { name, type } of await tree.list(folder)) {
    yield { folder, name, type }
    if (type === 'folder') yield* entriesOf(tree, folder === '' ? name : `${folder}/${name}`)
  }
}

async function textOf(tree: Tree, path: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of tree.read(path)) chunks.push(chunk)
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** Patterns times characters of paths: seconds of work. An artifact brings both, and nobody else is served meanwhile. */
const mostComparisons = 200_000_000

function checkEffort(patterns: number, { paths, characters }: { paths: number; characters: number }): void {
  if (patterns * characters <= mostComparisons) return
  const message = `unable to archive artifact to storage: ${patterns} ignore patterns are too many for ${paths} files and folders`
  throw new SourceProblem('SourceIgnoreError', message, { condition: 'StorageOperationFailed' })
}
