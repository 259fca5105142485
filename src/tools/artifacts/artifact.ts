import * as z from 'zod'
import { mediaTypes } from '../../kinds/oci.ts'
import { digester, sha256 } from '../../lib/digest.ts'
import { parseOciUrl } from '../../lib/reference.ts'
import { type Replay, replay, watched } from '../../lib/replay.ts'
import { tar, type TarEntry } from '../../lib/tar.ts'
import type { Tree } from '../../lib/tree.ts'
import { archiveEntries, memoryTree, singleFile } from '../../sources/archive.ts'
import { defaultPatterns, parsePatterns } from '../../sources/ignore.ts'
import { annotationKeys, fluxManifest } from '../../sources/oci-manifest.ts'
import type { Descriptor } from '../../kinds/oci.ts'
import type { Room } from '../../world/storage/scratch.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'
import type { Call } from '../tool.ts'

/** A file that comes in a call. */
export const givenFile = z.object({ path: z.string(), content: z.string(), encoding: z.enum(['utf8', 'base64']).default('utf8') })

/** What to push: a path of the user's, or files that came in the call. */
export interface ToPush {
  readonly url: string
  readonly path?: string | undefined
  readonly files?: readonly z.infer<typeof givenFile>[] | undefined
  readonly source?: string | undefined
  readonly revision?: string | undefined
  readonly annotations: Readonly<Record<string, string>>
  readonly ignorePaths?: readonly string[] | undefined
}

export type Files = Pick<ToPush, 'path' | 'files' | 'ignorePaths'>

/** A Flux artifact, ready to be pushed. */
export interface Made {
  readonly manifest: Uint8Array
  readonly descriptor: Descriptor
  readonly origin: { readonly source?: string; readonly revision?: string; readonly dirty?: boolean }
  readonly size: number
  readonly blobs: readonly { readonly descriptor: Descriptor; open(): AsyncIterable<Uint8Array> }[]
}

const epoch = '1970-01-01T00:00:00Z'
const name = /^(?!\/)(?!.*(^|\/)\.{0,2}(\/|$))[^\0\\]+$/

/** Makes an artifact as `flux push artifact --reproducible` does, byte for byte. The content is read once; it is good as long as the room. Spec: sources 10. */
export async function makeArtifact(args: ToPush, world: World, { call, room }: { call: Call; room: Room }): Promise<Made> {
  if (parseOciUrl(args.url).digest) throw new ToolError('InvalidArgument', `url '${args.url}' names a digest`, { next: 'push to a tag' })
  if ((args.path === undefined) === (args.files === undefined))
    throw new ToolError('InvalidArgument', 'give either path or files', {
      next: world.files ? 'path names a folder or a file' : 'this server reads no files: give files',
    })
  const entries = await entriesOf(args, world, call.signal)
  const origin = await originOf(args, world, call)
  const { layer, tarDigest } = await packed(entries, world, { room, signal: call.signal })
  const annotations = {
    [annotationKeys.created]: epoch,
    ...(origin.source ? { [annotationKeys.source]: origin.source } : {}),
    ...(origin.revision ? { [annotationKeys.revision]: origin.revision } : {}),
    ...args.annotations,
  }
  const { config, manifest, configDescriptor, layerDescriptor } = fluxManifest({ tarDigest, layer, annotations })
  return {
    manifest,
    descriptor: { mediaType: mediaTypes.manifest, digest: sha256(manifest), size: manifest.length },
    origin,
    size: layer.size,
    blobs: [
      { descriptor: configDescriptor, open: () => one(config) },
      { descriptor: layerDescriptor, open: () => layer.open() },
    ],
  }
}

/** The archive of a path or of files, as it would be pushed. */
export async function archiveOf(files: Files, world: World, within: { room: Room; signal: AbortSignal }): Promise<Replay> {
  return (await packed(await entriesOf(files, world, within.signal), world, within)).layer
}

async function packed(
  entries: AsyncIterable<TarEntry>,
  { kernel }: World,
  { room, signal }: { room: Room; signal: AbortSignal },
): Promise<{ layer: Replay; tarDigest: ReturnType<typeof sha256> }> {
  const sum = digester('sha256')
  const plain = watched(tar(entries), part => sum.update(part))
  try {
    const layer = await replay(kernel.gzip(plain, signal), { aside: room, signal })
    return { layer, tarDigest: sum.digest() }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new ToolError('Conflict', thrown.message, { next: 'push again when nothing writes there', cause: thrown })
  }
}

/** Where the content comes from: as given, else by the folder's Git checkout. */
export async function originOf(
  { path, source, revision }: Pick<ToPush, 'path' | 'source' | 'revision'>,
  world: World,
  { signal }: Call,
): Promise<Made['origin']> {
  const found =
    path === undefined || !world.origin || !world.files ? undefined : await world.origin.of(await world.files.resolve(path), signal)
  const [from, at] = [source ?? found?.url, revision ?? found?.revision]
  return {
    ...(from ? { source: from } : {}),
    ...(at ? { revision: at } : {}),
    ...(revision === undefined && found?.dirty ? { dirty: true } : {}),
  }
}

/** The entries of a path or of files as they would be archived. @throws {ToolError} InvalidArgument */
export async function entriesOf({ path, files, ignorePaths }: Files, world: World, signal: AbortSignal): Promise<AsyncIterable<TarEntry>> {
  const patterns = parsePatterns(ignorePaths === undefined ? defaultPatterns.artifact : ignorePaths.join('\n'))
  if (files !== undefined) {
    return archiveEntries(givenTree(files), { patterns, modes: 'kept' })
  }
  const { files: own } = world
  if (!own || path === undefined)
    throw new ToolError('InvalidArgument', 'this server reads no files', { next: 'give the content as files' })
  const real = await own.resolve(path)
  const found = await own.stat(real)
  if (found?.type === 'file') return singleFile(found, own.read(real, signal))
  if (found?.type !== 'folder')
    throw new ToolError('InvalidArgument', `invalid path '${path}', must point to an existing directory or file`, {
      next: 'name another path',
    })
  return archiveEntries(folderTree(own, real, signal), { patterns, modes: 'kept' })
}

function givenTree(files: NonNullable<ToPush['files']>): Tree {
  const refused = (what: string): ToolError =>
    new ToolError('InvalidArgument', what, { next: 'use relative paths with /, without .., each once, none below another' })
  const wrong = files.find(f => !name.test(f.path))
  if (wrong) throw refused(`files has the path '${wrong.path}'`)
  const paths = new Set<string>()
  for (const { path } of files) {
    if (paths.has(path)) throw refused(`files has the path '${path}' twice`)
    paths.add(path)
  }
  const below = [...paths].find(path => [...path.matchAll(/\//g)].some(({ index }) => paths.has(path.slice(0, index))))
  if (below !== undefined) throw refused(`files has the path '${below}', which is below another file`)
  return memoryTree(new Map(files.map(f => [f.path, { content: Buffer.from(f.content, f.encoding), mode: 0o644 }])))
}

/** A folder of the user's as a tree. */
export function folderTree(files: NonNullable<World['files']>, root: string, signal: AbortSignal): Tree {
  const at = (path: string): string => (path === '' ? root : `${root}/${path}`)
  return {
    list: folder => files.list(at(folder)),
    read: path => files.read(at(path), signal),
    rootMode: async () => (await files.stat(root))?.mode ?? 0o755,
  }
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
