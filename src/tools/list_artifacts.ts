import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import { type ParsedReference, parseOciUrl } from '../lib/reference.ts'
import { matchingTags } from '../lib/semver.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './frame/error.ts'
import { openRegistry, readManifest, registryArguments } from './artifacts/registry-access.ts'
import { footer, limit, rows, tool, tsv } from './tool.ts'

const cols = ['tag', 'digest', 'source', 'revision']
const hidden = /\.(att|sbom|sig)$/

export const listArtifacts = tool({
  name: 'list_artifacts',
  title: 'Tags of a repository',
  effect: 'reads',
  description: 'Tags of an OCI repository with digest, source and revision; filter by semver range or regex.',
  input: z.object({
    url: z.string().describe('oci://host/repo'),
    semver: z.string().optional(),
    regex: z.string().max(200).optional(),
    limit,
    cursor: z.string().optional(),
    ...registryArguments,
  }),
  output: z.looseObject({ url: z.string(), servedBy: z.string(), ...rows }),
  async run({ url, semver, regex, insecure, provider }, world, { signal, pages }) {
    const ref = parseOciUrl(url)
    if (ref.tag ?? ref.digest)
      throw new ToolError('InvalidArgument', `url '${url}' has a tag or a digest`, { next: 'give the repository alone' })
    const registry = await openRegistry(world, { at: ref, insecure, provider, signal }, 'lookup')
    const all: string[] = []
    for await (const tag of registry.tags(ref, signal)) if (!hidden.test(tag)) all.push(tag)
    const like = regex === undefined ? all : (await import('../lib/tag-filter.ts')).tagsLike(all, regex)
    const tags = (semver === undefined ? like : matchingTags(like, semver)).toSorted().toReversed()
    const page = pages.of(tags)
    return {
      url,
      cols,
      ...page,
      rows: await rowsOf(
        registry,
        page.rows.map(tag => ({ ...ref, tag })),
        signal,
      ),
      servedBy: registry.served,
    }
  },
  say: data => [...(data.rows.length > 0 ? [tsv(data.cols, data.rows)] : []), footer(data, 'semver= or regex=')].join('\n'),
})

const atOnce = 8

/** A few at a time: a registry that is asked for a page at once refuses the next caller. */
async function rowsOf(registry: Registry, refs: readonly ParsedReference[], signal: AbortSignal): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  for (let at = 0; at < refs.length; at += atOnce)
    rows.push(...(await Promise.all(refs.slice(at, at + atOnce).map(ref => rowOf(registry, ref, signal)))))
  return rows
}

/** A tag that went away meanwhile has its name alone. */
async function rowOf(registry: Registry, ref: ParsedReference, signal: AbortSignal): Promise<(string | null)[]> {
  const found = await readManifest(registry, ref, signal).catch((thrown: unknown) => {
    if (thrown instanceof ToolError && thrown.code === 'NotFound') return undefined
    throw thrown
  })
  const { [annotationKeys.source]: source, [annotationKeys.revision]: revision } = found?.document.annotations ?? {}
  return [ref.tag ?? '', found?.descriptor.digest ?? null, source ?? null, revision ? shortRevision(revision) : null]
}
