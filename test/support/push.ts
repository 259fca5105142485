import { sha256 } from '../../src/lib/digest.ts'
import { parseOciUrl } from '../../src/lib/reference.ts'
import { tar } from '../../src/lib/tar.ts'
import { archiveEntries, memoryTree } from '../../src/sources/archive.ts'
import { annotationKeys, fluxManifest } from '../../src/sources/oci-manifest.ts'
import { type Descriptor, mediaTypes } from '../../src/kinds/oci.ts'
import type { Hands } from '../../src/world/world.ts'
import { unending } from './unending.ts'

/** Pushes files as a Flux artifact; answers the manifest's digest. */
export async function pushFiles(
  { kernel, registries }: Pick<Hands, 'kernel' | 'registries'>,
  url: string,
  files: Record<string, string>,
  annotations: Record<string, string> = {},
): Promise<string> {
  const signal = unending
  const ref = parseOciUrl(url)
  const registry = await registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
  const tree = memoryTree(new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }])))
  const plain = await whole(tar(archiveEntries(tree, { patterns: [], modes: 'kept' })))
  const layer = await whole(kernel.gzip(one(plain), signal))
  const made = fluxManifest({
    tarDigest: sha256(plain),
    layer: { digest: sha256(layer), size: layer.length },
    annotations: { [annotationKeys.created]: '1970-01-01T00:00:00Z', ...annotations },
  })
  for (const [descriptor, bytes] of [
    [made.configDescriptor, made.config],
    [made.layerDescriptor, layer],
  ] as const)
    await registry.pushBlob(ref, { descriptor, open: () => one(bytes) }, { signal })
  return (await registry.pushManifest(ref, { mediaType: mediaTypes.manifest, bytes: made.manifest }, signal)).digest
}

/** Pushes layers as they are, with a config of nothing; answers the manifest's digest. */
export async function pushLayers(
  { registries }: Pick<Hands, 'registries'>,
  url: string,
  layers: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[],
): Promise<string> {
  const signal = unending
  const ref = parseOciUrl(url)
  const registry = await registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
  const push = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length }
    await registry.pushBlob(ref, { descriptor, open: () => one(bytes) }, { signal })
    return descriptor
  }
  const config = await push('application/vnd.example.config', Buffer.from('{}'))
  const pushed: Descriptor[] = []
  for (const { mediaType, bytes } of layers) pushed.push(await push(mediaType, bytes))
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: pushed }
  return (await registry.pushManifest(ref, { mediaType: mediaTypes.manifest, bytes: Buffer.from(JSON.stringify(manifest)) }, signal)).digest
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
