import { parseOciUrl, printReference } from '../../lib/reference.ts'
import { type Replay, replay } from '../../lib/replay.ts'
import { annotationKeys } from '../../sources/oci-manifest.ts'
import { selectLayer, selectPlatform } from '../../sources/oci/manifest.ts'
import type { Room } from '../../world/storage/scratch.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'
import type { Call } from '../tool.ts'
import { openRegistry, type Reach, readManifest } from './registry-access.ts'

/** Bounds of an artifact that a tool unpacks. */
export const archiveLimits = { maxBytes: 1024 * 1024 * 1024, maxEntries: 100_000, maxEntryBytes: 64 * 1024 * 1024 }

/** An artifact whose layer was read to its end, so its digest holds. */
export interface Fetched {
  readonly digest: string
  readonly servedBy: string
  readonly source: string | undefined
  readonly revision: string | undefined
  readonly layer: Replay
}

/** Fetches what a URL names, of an index the image for linux/amd64. It is good as long as the room. @throws {ToolError} NotFound, TooLarge */
export async function fetched(
  args: Omit<Reach, 'at' | 'signal'> & { readonly url: string },
  world: World,
  { call: { signal }, room }: { call: Call; room: Room },
): Promise<Fetched> {
  const ref = parseOciUrl(args.url)
  const registry = await openRegistry(world, { at: ref, ...args, signal }, 'transfer')
  const place = { registry: ref.registry, repository: ref.repository }
  const { digest } = await registry.lookUp(ref, signal)
  const manifestAt = async (at: typeof digest) => readManifest(registry, { ...place, digest: at }, signal)
  const { document } = await manifestAt(digest)
  const child = 'manifests' in document ? selectPlatform(document) : undefined
  const manifest = child ? (await manifestAt(child.digest)).document : document
  if ('manifests' in manifest || manifest.layers.length === 0)
    throw new ToolError('NotFound', `${printReference(ref)} has no layer${'manifests' in manifest ? ' for linux/amd64' : ''}`, {
      next: 'get_image_digest shows what it is',
    })
  const selected = selectLayer(manifest, undefined)
  if (selected.size > archiveLimits.maxBytes)
    throw new ToolError('TooLarge', `the layer of ${printReference(ref)} has ${selected.size} bytes`, {
      next: `pull it with oras: at most ${archiveLimits.maxBytes} bytes are taken here`,
    })
  const layer = await replay(registry.blob(place, selected, signal), { aside: room, signal })
  const { [annotationKeys.source]: source, [annotationKeys.revision]: revision } = manifest.annotations ?? {}
  return { digest, servedBy: registry.served, source, revision, layer }
}
