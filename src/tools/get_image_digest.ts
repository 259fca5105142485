import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import type { ImageManifest, Platform } from '../kinds/oci.ts'
import type { Digest } from '../lib/digest.ts'
import { isObject, type Json, stringAt } from '../lib/json.ts'
import { type ParsedReference, parseReference, printReference } from '../lib/reference.ts'
import type { Registry } from '../world/registry/registry.ts'
import { ToolError } from './frame/error.ts'
import { openRegistry, readManifest, registryArguments } from './artifacts/registry-access.ts'
import { signersOf } from './artifacts/signers.ts'
import { tool } from './tool.ts'

export const getImageDigest = tool({
  name: 'get_image_digest',
  title: 'Look an image up',
  effect: 'reads',
  description:
    'Tag to digest of a container image or Flux artifact, with platforms, size, creation time and whether it is signed (not verified).',
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
    signers: z.array(z.enum(['cosign', 'notation'])).optional(),
    servedBy: z.string(),
  }),
  async run({ image, platform, insecure, provider }, world, { signal }) {
    const ref = parseReference(image)
    const registry = await openRegistry(world, { at: ref, insecure, provider, signal }, 'lookup')
    const found = await lookedUp({ ref, platform }, { registry, signal })
    const place = { registry: ref.registry, repository: ref.repository }
    const signers = await signersOf({ ...place, digest: found.digest }, { registry, clock: world.clock, signal })
    return { ...found, ...(signers ? { signers } : {}), servedBy: registry.served }
  },
  say: d =>
    [
      `${d.image} is ${d.digest}`,
      `pin as ${d.pinned}`,
      ...(d.platforms ? [`platforms: ${d.platforms.join(', ')}`] : []),
      ...(d.size === undefined ? [] : [`${d.size} bytes`]),
      ...(d.created ? [`created ${d.created}`] : []),
      ...(d.signers ? [d.signers.length > 0 ? `signed (${d.signers.join(' and ')}, not verified)` : 'no signature is beside it'] : []),
      `${d.mediaType}, served by ${d.servedBy}`,
    ].join('\n'),
})

interface Found extends Details {
  readonly image: string
  readonly digest: Digest
  readonly pinned: string
  readonly mediaType: string
}

interface Details {
  readonly size?: number
  readonly created?: string
  readonly platforms?: string[]
}

/** What a reference names, or of an index its image for a platform. @throws {ToolError} NotFound */
async function lookedUp(
  { ref, platform }: { ref: ParsedReference; platform: string | undefined },
  { registry, signal }: { registry: Registry; signal: AbortSignal },
): Promise<Found> {
  const { document, descriptor } = await readManifest(registry, ref, signal)
  const place = { registry: ref.registry, repository: ref.repository }
  if (!('manifests' in document)) {
    const details = await detailsOf(registry, { place, manifest: document, signal })
    if (platform !== undefined && details.platforms && !details.platforms.includes(platform))
      throw noPlatform(ref, platform, details.platforms)
    return { ...named(place, ref, descriptor.digest), mediaType: descriptor.mediaType, ...details }
  }
  const platforms = document.manifests.map(m => (m.platform ? platformName(m.platform) : undefined))
  const known = platforms.filter(p => p !== undefined)
  if (platform === undefined) return { ...named(place, ref, descriptor.digest), mediaType: descriptor.mediaType, platforms: known }
  const child = document.manifests[platforms.indexOf(platform)]
  if (!child) throw noPlatform(ref, platform, known)
  const { document: chosen } = await readManifest(registry, { ...place, digest: child.digest }, signal)
  const details = 'manifests' in chosen ? {} : await detailsOf(registry, { place, manifest: chosen, signal })
  return { ...named(place, ref, child.digest), mediaType: child.mediaType, ...details, platforms: known }
}

function platformName({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant ? `/${variant}` : ''}`
}

function noPlatform(ref: ParsedReference, platform: string, valid: readonly string[]): ToolError {
  const next = valid.length > 0 ? `use one of ${valid.join(', ')}` : 'leave platform away'
  return new ToolError('NotFound', `${printReference(ref)} has no platform ${platform}`, { next, valid })
}

function named(place: ParsedReference, ref: ParsedReference, digest: Digest): Pick<Found, 'image' | 'digest' | 'pinned'> {
  return { image: printReference(ref), digest, pinned: printReference({ ...place, digest }) }
}

async function detailsOf(
  registry: Registry,
  { place, manifest, signal }: { place: ParsedReference; manifest: ImageManifest; signal: AbortSignal },
): Promise<Details> {
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
