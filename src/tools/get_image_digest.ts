import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import { parseManifest } from '../sources/oci/manifest.ts'
import type { ImageManifest } from '../kinds/oci.ts'
import type { Digest } from '../lib/digest.ts'
import { isObject, type Json, stringAt } from '../lib/json.ts'
import { type ParsedReference, parseReference, printReference } from '../lib/reference.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './error.ts'
import { openRegistry, registryArguments } from './registry-access.ts'
import { tool } from './tool.ts'

export const getImageDigest = tool({
  name: 'get_image_digest',
  title: 'Look an image up',
  effect: 'reads',
  description: 'Tag to digest of a container image or Flux artifact, with platforms, size and creation time.',
  input: z.object({
    image: z.string().describe('host/repo:tag'),
    platform: z.string().optional().describe('os/arch'),
    ...registryArguments,
  }),
  output: z.looseObject({
    image: z.string(),
    digest: z.string(),
    pinned: z.string(),
    mediaType: z.string(),
    platforms: z.array(z.string()).optional(),
    size: z.number().optional(),
    created: z.string().optional(),
    servedBy: z.string(),
  }),
  async run({ image, platform, insecure }, world, { signal }) {
    const ref = parseReference(image)
    const registry = await openRegistry(world, { insecure }, 'lookup')
    const found = await registry.manifest(ref, signal)
    if (!found) throw new ToolError('NotFound', `${printReference(ref)} is not in the registry`, { next: 'list_artifacts shows its tags' })
    const { registry: host, repository } = ref
    const place = { registry: host, repository }
    const document = parseManifest(found.bytes)
    if (!('manifests' in document))
      return {
        ...named(place, ref, found.descriptor.digest),
        mediaType: found.descriptor.mediaType,
        ...(await detailsOf(registry, { place, manifest: document, signal })),
        servedBy: registry.served,
      }
    const platforms = document.manifests.flatMap(m =>
      m.platform ? [`${m.platform.os}/${m.platform.architecture}${m.platform.variant ? `/${m.platform.variant}` : ''}`] : [],
    )
    if (platform === undefined)
      return { ...named(place, ref, found.descriptor.digest), mediaType: found.descriptor.mediaType, platforms, servedBy: registry.served }
    const child = document.manifests[platforms.indexOf(platform)]
    if (!child)
      throw new ToolError('NotFound', `${printReference(ref)} has no platform ${platform}`, {
        next: `use one of ${platforms.join(', ')}`,
        valid: platforms,
      })
    return { ...named(place, ref, child.digest), mediaType: child.mediaType, platforms, servedBy: registry.served }
  },
  say: d =>
    [
      `${d.image} is ${d.digest}`,
      `pin as ${d.pinned}`,
      ...(d.platforms ? [`platforms: ${d.platforms.join(', ')}`] : []),
      ...(d.size === undefined ? [] : [`${d.size} bytes`]),
      ...(d.created ? [`created ${d.created}`] : []),
      `${d.mediaType}, served by ${d.servedBy}`,
    ].join('\n'),
})

function named(place: ParsedReference, ref: ParsedReference, digest: Digest): { image: string; digest: string; pinned: string } {
  return { image: printReference(ref), digest, pinned: printReference({ ...place, digest }) }
}

async function detailsOf(
  registry: Registry,
  { place, manifest, signal }: { place: ParsedReference; manifest: ImageManifest; signal: AbortSignal },
): Promise<{ size: number; created?: string; platforms?: string[] }> {
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, 0)
  const annotated = manifest.annotations?.[annotationKeys.created]
  if (annotated !== undefined || manifest.config.size > 1024 * 1024) return { size, ...(annotated ? { created: annotated } : {}) }
  const parts: Uint8Array[] = []
  for await (const chunk of registry.blob(place, manifest.config, signal)) parts.push(chunk)
  const config = jsonOf(Buffer.concat(parts).toString('utf8'))
  const [os, architecture, created] = [stringAt(config, 'os'), stringAt(config, 'architecture'), stringAt(config, 'created')]
  return { size, ...(created ? { created } : {}), ...(os && architecture ? { platforms: [`${os}/${architecture}`] } : {}) }
}

function jsonOf(text: string): Json | undefined {
  try {
    const parsed = JSON.parse(text) as Json
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
