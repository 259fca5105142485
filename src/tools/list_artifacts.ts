import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import { type ParsedReference, parseOciUrl } from '../lib/reference.ts'
import { matchingTags, tagsLike } from '../lib/semver.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './error.ts'
import { openRegistry, readManifest, registryArguments } from './registry-access.ts'
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
  async run({ url, semver, regex, insecure }, world, { signal, pages }) {
    const ref = parseOciUrl(url)
    if (ref.tag ?? ref.digest)
      throw new ToolError('InvalidArgument', `url '${url}' has a tag or a digest`, { next: 'give the repository alone' })
    const registry = await openRegistry(world, { insecure }, 'lookup')
    const all: string[] = []
    for await (const tag of registry.tags(ref, signal)) if (!hidden.test(tag)) all.push(tag)
    const like = regex === undefined ? all : tagsLike(all, regex)
    const tags = (semver === undefined ? like : matchingTags(like, semver)).toSorted().toReversed()
    const page = pages.of(tags)
    return {
      url,
      cols,
      ...page,
      rows: await Promise.all(page.rows.map(tag => rowOf(registry, { ...ref, tag }, signal))),
      servedBy: registry.served,
    }
  },
  say: data => [...(data.rows.length > 0 ? [tsv(data.cols, data.rows)] : []), footer(data, 'semver= or regex=')].join('\n'),
})

async function rowOf(registry: Registry, ref: ParsedReference, signal: AbortSignal): Promise<(string | null)[]> {
  const { document, descriptor } = await readManifest(registry, ref, signal)
  const { [annotationKeys.source]: source, [annotationKeys.revision]: revision } = document.annotations ?? {}
  return [ref.tag ?? '', descriptor.digest, source ?? null, revision ? shortRevision(revision) : null]
}
