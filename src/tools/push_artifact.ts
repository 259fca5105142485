import * as z from 'zod'
import { mediaTypes } from '../kinds/oci.ts'
import { sha256 } from '../lib/digest.ts'
import { parseOciUrl, printReference } from '../lib/reference.ts'
import { type Kernel } from '../world/kernel/kernel.ts'
import { tar, type TarEntry } from '../lib/tar.ts'
import { archiveEntries, memoryTree, type Tree } from '../sources/archive.ts'
import { defaultPatterns, parsePatterns } from '../sources/ignore.ts'
import { annotationKeys, fluxManifest } from '../sources/oci-manifest.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import { openRegistry, registryArguments } from './registry-access.ts'
import { type Call, tool } from './tool.ts'
import { wouldPickUp } from './would-pick-up.ts'

const file = z.object({ path: z.string(), content: z.string(), encoding: z.enum(['utf8', 'base64']).default('utf8') })
const epoch = '1970-01-01T00:00:00Z'
const name = /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0\\]+$/

const input = z.object({
  url: z.string().describe('oci://host/repo:tag'),
  path: z.string().optional().describe('folder or file'),
  files: z.array(file).max(2000).optional(),
  source: z.string().optional(),
  revision: z.string().optional(),
  tags: z.array(z.string()).max(20).default([]),
  annotations: z.record(z.string(), z.string()).default({}),
  ignorePaths: z.array(z.string()).optional(),
  ...registryArguments,
})
type Arguments = z.infer<typeof input> & { cluster?: string | undefined }

export const pushArtifact = tool({
  name: 'push_artifact',
  title: 'Push manifests as an artifact',
  effect: 'changes',
  repeatable: true,
  description:
    'Push manifests, from a path or given as files, as a reproducible Flux artifact. Then reconcile withSource what picks it up.',
  input,
  output: z.looseObject({
    url: z.string(),
    pinned: z.string(),
    digest: z.string(),
    source: z.string().optional(),
    revision: z.string().optional(),
    dirty: z.boolean().optional(),
    uploaded: z.boolean(),
    servedBy: z.string(),
    picksUp: z.array(z.string()),
    next: z.string(),
  }),
  async preview(args, world, call) {
    const made = await makeArtifact(args, world, call)
    return {
      summary: `push ${made.manifestDigest} to ${args.url}`,
      changes: [{ action: 'push', object: args.url, detail: made.manifestDigest }],
      live: made.manifestDigest,
    }
  },
  async run(args, world, call) {
    const ref = parseOciUrl(args.url)
    const made = await makeArtifact(args, world, call)
    const registry = await openRegistry(world, args, 'transfer')
    const tag = ref.tag ?? 'latest'
    const repository = { registry: ref.registry, repository: ref.repository }
    const there = await registry.resolve({ ...repository, tag }, call.signal)
    const changed = there?.digest !== made.manifestDigest
    if (changed) {
      call.progress(`uploading ${made.layer.length} bytes`)
      for (const [descriptor, bytes] of [
        [made.configDescriptor, made.config],
        [made.layerDescriptor, made.layer],
      ] as const)
        await registry.pushBlob(repository, { descriptor, open: () => one(bytes) }, { signal: call.signal })
      await registry.pushManifest({ ...repository, tag }, { mediaType: mediaTypes.manifest, bytes: made.manifest }, call.signal)
    }
    for (const extra of args.tags)
      await registry.pushManifest({ ...repository, tag: extra }, { mediaType: mediaTypes.manifest, bytes: made.manifest }, call.signal)
    const pinned = `oci://${printReference({ ...repository, digest: made.manifestDigest })}`
    const picksUp = await wouldPickUp(world, { cluster: args.cluster, repository, tag, digest: made.manifestDigest }, call)
    const next =
      picksUp.length > 0
        ? `reconcile ${picksUp[picksUp.length - 1] ?? ''} withSource=true`
        : 'nothing in the cluster uses it yet: apply_manifests with create makes an OCIRepository and a Kustomization'
    return {
      url: args.url,
      pinned,
      digest: made.manifestDigest,
      ...made.origin,
      uploaded: changed,
      servedBy: registry.served,
      picksUp,
      next,
    }
  },
  say: d =>
    [
      `${d.uploaded ? 'pushed' : 'already there'}: ${d.pinned}`,
      ...(d.source ? [`source ${d.source}`] : []),
      ...(d.revision ? [`revision ${d.revision}${d.dirty ? ' (the checkout has uncommitted changes)' : ''}`] : []),
      ...(d.picksUp.length > 0 ? [`picked up by ${d.picksUp.join(', ')}`] : []),
      `Next: ${d.next}`,
    ].join('\n'),
})

async function makeArtifact(args: Arguments, world: World, call: Call) {
  const ref = parseOciUrl(args.url)
  if (ref.digest) throw new ToolError('InvalidArgument', `url '${args.url}' names a digest`, { next: 'push to a tag' })
  if ((args.path === undefined) === (args.files === undefined))
    throw new ToolError('InvalidArgument', 'give either path or files', {
      next: world.files ? 'path names a folder or a file' : 'this server reads no files: give files',
    })
  const origin = await originOf(args, world, call)
  const plain = await whole(tar(await entriesOf(args, world)))
  const layer = await whole((world.kernel as Kernel).gzip(one(plain), call.signal))
  const annotations = {
    [annotationKeys.created]: epoch,
    ...(origin.source ? { [annotationKeys.source]: origin.source } : {}),
    ...(origin.revision ? { [annotationKeys.revision]: origin.revision } : {}),
    ...args.annotations,
  }
  const made = fluxManifest({ tarDigest: sha256(plain), layer: { digest: sha256(layer), size: layer.length }, annotations })
  return { ...made, layer, origin, manifestDigest: sha256(made.manifest) }
}

/** Where the content comes from: as given, else by the folder's Git checkout. */
async function originOf(
  { path, source, revision }: Arguments,
  world: World,
  { signal }: Call,
): Promise<{ source?: string; revision?: string; dirty?: boolean }> {
  const found =
    path === undefined || !world.origin || !world.files ? undefined : await world.origin.of(await world.files.resolve(path), signal)
  const [from, at] = [source ?? found?.url, revision ?? found?.revision]
  return {
    ...(from ? { source: from } : {}),
    ...(at ? { revision: at } : {}),
    ...(revision === undefined && found?.dirty ? { dirty: true } : {}),
  }
}

async function entriesOf({ path, files, ignorePaths }: Arguments, world: World): Promise<AsyncIterable<TarEntry>> {
  const patterns = parsePatterns(ignorePaths === undefined ? defaultPatterns.artifact : ignorePaths.join('\n'))
  if (files !== undefined) return archiveEntries(givenTree(files), { patterns, modes: 'kept' })
  if (!world.files || path === undefined)
    throw new ToolError('InvalidArgument', 'this server reads no files', { next: 'give the content as files' })
  const real = await world.files.resolve(path)
  const found = await world.files.stat(real)
  if (found?.type === 'file')
    return single({
      path: found.name,
      type: 'file',
      mode: found.mode,
      size: found.size,
      content: world.files.read(real, new AbortController().signal),
    })
  return archiveEntries(folderTree(world.files, real), { patterns, modes: 'kept' })
}

function givenTree(files: NonNullable<Arguments['files']>): Tree {
  const wrong = files.find(f => !name.test(f.path))
  if (wrong) throw new ToolError('InvalidArgument', `files has the path '${wrong.path}'`, { next: 'use relative paths with /, without ..' })
  return memoryTree(new Map(files.map(f => [f.path, { content: Buffer.from(f.content, f.encoding), mode: 0o644 }])))
}

function folderTree(files: NonNullable<World['files']>, root: string): Tree {
  const forever = new AbortController().signal
  const at = (path: string): string => (path === '' ? root : `${root}/${path}`)
  return {
    list: folder => files.list(at(folder)),
    read: path => files.read(at(path), forever),
    rootMode: async () => (await files.stat(root))?.mode ?? 0o755,
  }
}

async function* single(entry: TarEntry): AsyncIterable<TarEntry> {
  yield entry
}
async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
