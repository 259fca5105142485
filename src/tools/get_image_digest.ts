import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import type { ImageManifest, Platform } from '../kinds/oci.ts'
import type { Digest } from '../lib/digest.ts'
import { isObject, type Json, stringAt } from '../lib/json.ts'
import { type ParsedReference, parseReference, printReference } from '../lib/reference.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './frame/error.ts'
import { openRegistry, readManifest, registryArguments } from './artifacts/registry-access.ts'
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
  async run({ image, platform, insecure, provider }, world, { signal }) {
    const ref = parseReference(image)
    const registry = await openRegistry(world, { at: ref, insecure, provider, signal }, 'lookup')
    const { document, descriptor } = await readManifest(registry, ref, signal)
    const place = { registry: ref.registry, repository: ref.repository }
    const served = { servedBy: registry.served }
    if (!('manifests' in document)) {
      const details = await detailsOf(registry, { place, manifest: document, signal })
      if (platform !== undefined && details.platforms && !details.platforms.includes(platform))
        throw noPlatform(ref, platform, details.platforms)
      return { ...named(place, ref, descriptor.digest), mediaType: descriptor.mediaType, ...details, ...served }
    }
    const platforms = document.manifests.map(m => (m.platform ? platformName(m.platform) : undefined))
    const known = platforms.filter(p => p !== undefined)
    if (platform === undefined)
      return { ...named(place, ref, descriptor.digest), mediaType: descriptor.mediaType, platforms: known, ...served }
    const child = document.manifests[platforms.indexOf(platform)]
    if (!child) throw noPlatform(ref, platform, known)
    const { document: chosen } = await readManifest(registry, { ...place, digest: child.digest }, signal)
    const details = 'manifests' in chosen ? {} : await detailsOf(registry, { place, manifest: chosen, signal })
    return { ...named(place, ref, child.digest), mediaType: child.mediaType, ...details, platforms: known, ...served }
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

function platformName({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant ? `/${variant}` : ''}`
}

function noPlatform(ref: ParsedReference, platform: string, valid: readonly string[]): ToolError {
  const next = valid.length > 0 ? `use one of ${valid.join(', ')}` : 'leave platform away'
  return new ToolError('NotFound', `${printReference(ref)} has no platform ${platform}`, { next, valid })
}

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
