import * as z from 'zod'
import { parseOciUrl, printReference } from '../lib/reference.ts'
import { givenFile, type Made, makeArtifact, type ToPush } from './artifacts/artifact.ts'
import { eachTag } from './artifacts/each-tag.ts'
import { openRegistry, type Reach, registryArguments, tagName } from './artifacts/registry-access.ts'
import type { Room } from '../world/storage/scratch.ts'
import type { World } from '../world/world.ts'
import { type Call, tool } from './tool.ts'
import { wouldPickUp } from './artifacts/would-pick-up.ts'

export const pushArtifact = tool({
  name: 'push_artifact',
  title: 'Push manifests as an artifact',
  effect: 'changes',
  repeatable: true,
  description:
    'Push manifests, from a path or given as files, as a reproducible Flux artifact. Then reconcile withSource what picks it up.',
  input: z.object({
    url: z.string().describe('oci://host/repo:tag'),
    path: z.string().optional().describe('folder or file'),
    files: z.array(givenFile).max(2000).optional(),
    source: z.string().optional(),
    revision: z.string().optional(),
    tags: z.array(tagName).max(20).default([]),
    annotations: z.record(z.string(), z.string()).default({}),
    ignorePaths: z.array(z.string()).optional(),
    ...registryArguments,
  }),
  output: z.looseObject({
    url: z.string(),
    pinned: z.string(),
    digest: z.string(),
    source: z.string().optional(),
    revision: z.string().optional(),
    dirty: z.boolean().optional(),
    uploaded: z.boolean(),
    servedBy: z.string(),
    picksUp: z.array(z.string()).optional(),
    next: z.string(),
  }),
  async preview(args, world, call) {
    const { digest } = await world.scratch.during(async room => (await makeArtifact(args, world, { call, room })).descriptor)
    return { summary: `push ${digest} to ${args.url}`, changes: [{ action: 'push', object: args.url, detail: digest }], live: digest }
  },
  async run(args, world, call) {
    const { registry: host, repository: path, tag = 'latest' } = parseOciUrl(args.url)
    const repository = { registry: host, repository: path }
    const { made, uploaded, servedBy } = await world.scratch.during(room => pushed({ args, repository, tag }, world, { call, room }))
    const { digest } = made.descriptor
    const picksUp = await wouldPickUp(world, { cluster: args.cluster, repository, tags: [tag, ...args.tags], digest }, call)
    const pinned = `oci://${printReference({ ...repository, digest })}`
    return {
      url: args.url,
      pinned,
      digest,
      ...made.origin,
      uploaded,
      servedBy,
      ...(picksUp ? { picksUp } : {}),
      next: nextOf(picksUp),
    }
  },
  say: d =>
    [
      `${d.uploaded ? 'pushed' : 'already there'}: ${d.pinned} (served by ${d.servedBy})`,
      ...(d.source ? [`source ${d.source}`] : []),
      ...(d.revision ? [`revision ${d.revision}${d.dirty ? ' (the checkout has uncommitted changes)' : ''}`] : []),
      ...(d.picksUp && d.picksUp.length > 0 ? [`picked up by ${d.picksUp.join(', ')}`] : []),
      `Next: ${d.next}`,
    ].join('\n'),
})

interface Push {
  readonly args: ToPush & Pick<Reach, 'insecure' | 'provider'> & { readonly tags: readonly string[] }
  readonly repository: { readonly registry: string; readonly repository: string }
  readonly tag: string
}

/** Makes the artifact, and uploads it unless the tag has it already. */
async function pushed(
  { args, repository, tag }: Push,
  world: World,
  { call, room }: { call: Call; room: Room },
): Promise<{ made: Made; uploaded: boolean; servedBy: string }> {
  const made = await makeArtifact(args, world, { call, room })
  const registry = await openRegistry(world, { at: repository, ...args, signal: call.signal }, 'transfer')
  const there = await registry.resolve({ ...repository, tag }, call.signal)
  const uploaded = there?.digest !== made.descriptor.digest
  if (uploaded) {
    call.progress(`uploading ${made.size} bytes`)
    for (const blob of made.blobs) await registry.pushBlob(repository, blob, { signal: call.signal })
  }
  await eachTag([...(uploaded ? [tag] : []), ...args.tags], name =>
    registry.pushManifest({ ...repository, tag: name }, contentOf(made), call.signal),
  )
  return { made, uploaded, servedBy: registry.served }
}

function contentOf({ manifest, descriptor }: Made): { mediaType: string; bytes: Uint8Array } {
  return { mediaType: descriptor.mediaType, bytes: manifest }
}

function nextOf(picksUp: readonly string[] | undefined): string {
  if (picksUp === undefined) return 'no cluster said what uses it: list_clusters shows which can be reached, and cluster names one'
  const last = picksUp.at(-1)
  return last === undefined
    ? 'nothing in the cluster uses it yet: apply_manifests with create makes an OCIRepository and a Kustomization'
    : `reconcile ${last} withSource=true`
}
