import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import { parseManifest } from '../sources/oci/manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import { type ParsedReference, parseOciUrl } from '../lib/reference.ts'
import { matchingTags } from '../lib/semver.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './error.ts'
import { openRegistry, registryArguments } from './registry-access.ts'
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
  output: z.looseObject({ url: z.string(), ...rows }),
  async run({ url, semver, regex, insecure }, world, { signal, pages }) {
    const ref = parseOciUrl(url)
    if (ref.tag ?? ref.digest)
      throw new ToolError('InvalidArgument', `url '${url}' has a tag or a digest`, { next: 'give the repository alone' })
    const registry = await openRegistry(world, { insecure }, 'lookup')
    const expression = regex === undefined ? undefined : compiled(regex)
    const all: string[] = []
    for await (const tag of registry.tags(ref, signal)) if (!hidden.test(tag) && (expression?.test(tag) ?? true)) all.push(tag)
    const tags = (semver === undefined ? all : matchingTags(all, semver)).toSorted().toReversed()
    const page = pages.of(tags)
    return { url, cols, ...page, rows: await Promise.all(page.rows.map(tag => rowOf(registry, { ...ref, tag }, signal))) }
  },
  say: data => [...(data.rows.length > 0 ? [tsv(data.cols, data.rows)] : []), footer(data, 'semver= or regex=')].join('\n'),
})

function compiled(regex: string): RegExp {
  try {
    return new RegExp(regex)
  } catch (cause) {
    throw new ToolError('InvalidArgument', `regex '${regex}' parse error`, { next: 'correct the regular expression', cause })
  }
}

async function rowOf(registry: Registry, ref: ParsedReference, signal: AbortSignal): Promise<(string | null)[]> {
  const found = await registry.manifest(ref, signal)
  const annotations = found && parseManifest(found.bytes).annotations
  const revision = annotations?.[annotationKeys.revision]
  return [
    ref.tag ?? '',
    found?.descriptor.digest ?? null,
    annotations?.[annotationKeys.source] ?? null,
    revision ? shortRevision(revision) : null,
  ]
}
