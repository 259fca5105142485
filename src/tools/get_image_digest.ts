import * as z from 'zod'
import { annotationKeys } from '../sources/oci-manifest.ts'
import type { ImageManifest, Platform } from '../kinds/oci.ts'
import type { Digest } from '../lib/digest.ts'
import { isObject, type Json, stringAt } from '../lib/json.ts'
import { type ParsedReference, parseReference, printReference } from '../lib/reference.ts'
import type { Cloud } from '../world/auth/provider.ts'
import type { Registry } from '../world/registry/registry.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './frame/error.ts'
import { openRegistry, readManifest, registryArguments } from './artifacts/registry-access.ts'
import { type PolicyImage, policyImage } from './artifacts/policy-image.ts'
import { signersOf } from './artifacts/signers.ts'
import { type Call, tool } from './tool.ts'

export const getImageDigest = tool({
  name: 'get_image_digest',
  title: 'Look an image up',
  effect: 'reads',
  description:
    'Tag to digest of a container image or Flux artifact, with platforms, size, creation time and whether it is signed (not verified). Or the tag that an ImagePolicy would choose now, and why.',
  input: z.object({
    image: z.string().optional().describe('host/repo:tag'),
    policy: z.string().optional().describe('instead of image'),
    namespace: z.string().optional(),
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
    policy: z.string().optional(),
    reason: z.string().optional(),
    candidates: z.array(z.string()).optional(),
    tags: z.number().optional(),
    inEffect: z.string().optional(),
  }),
  async run({ platform, ...wanted }, world, call) {
    const { signal } = call
    const { ref, registry, ...why } = await imageOf(wanted, world, call)
    const found = await lookedUp({ ref, platform }, { registry, signal })
    const place = { registry: ref.registry, repository: ref.repository }
    const signers = await signersOf({ ...place, digest: found.digest }, { registry, clock: world.clock, signal })
    return { ...found, ...(signers ? { signers } : {}), servedBy: registry.served, ...why }
  },
  say: d =>
    [
      ...(d.policy
        ? [
            `${d.policy} would choose ${d.image}: ${d.reason ?? ''}, of ${d.tags ?? 0} tags${d.inEffect === undefined ? '' : `; in effect is ${d.inEffect}`}`,
            `candidates, best first: ${(d.candidates ?? []).join(', ')}`,
          ]
        : []),
      `${d.image} is ${d.digest}`,
      `pin as ${d.pinned}`,
      ...(d.platforms ? [`platforms: ${d.platforms.join(', ')}`] : []),
      ...(d.size === undefined ? [] : [`${d.size} bytes`]),
      ...(d.created ? [`created ${d.created}`] : []),
      ...(d.signers ? [d.signers.length > 0 ? `signed (${d.signers.join(' and ')}, not verified)` : 'no signature is beside it'] : []),
      `${d.mediaType}, served by ${d.servedBy}`,
    ].join('\n'),
})

interface Wanted {
  readonly image?: string | undefined
  readonly policy?: string | undefined
  readonly namespace?: string | undefined
  readonly cluster?: string | undefined
  readonly insecure: boolean
  readonly provider?: Cloud | undefined
}
type Asked = Pick<PolicyImage, 'ref' | 'registry'> & Partial<PolicyImage>

/** The image that was named, or the one that a policy would choose. @throws {ToolError} InvalidArgument for neither and for both. */
async function imageOf({ image, policy, namespace, cluster, insecure, provider }: Wanted, world: World, call: Call): Promise<Asked> {
  const invalid = (what: string, next: string): ToolError => new ToolError('InvalidArgument', what, { next })
  if (image !== undefined) {
    if (policy !== undefined) throw invalid('image and policy exclude each other', 'leave one of them away')
    const ref = parseReference(image)
    return { ref, registry: await openRegistry(world, { at: ref, insecure, provider, signal: call.signal }, 'lookup') }
  }
  if (policy === undefined) throw invalid('which image?', 'give image as host/repo:tag, or policy as the name of an ImagePolicy')
  if (insecure || provider !== undefined)
    throw invalid('insecure and provider are not for a policy', 'set spec.insecure or spec.provider of its ImageRepository')
  return policyImage(world, { cluster, namespace, policy }, call)
}

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
