import * as z from 'zod'
import type { ImageIndex, ImageManifest } from '../../kinds/oci.ts'
import { type ParsedReference, printReference, tagPattern } from '../../lib/reference.ts'
import { parseManifest } from '../../sources/oci/manifest.ts'
import type { Cloud } from '../../world/auth/provider.ts'
import type { Credentials, Descriptor, Registry } from '../../world/registry/registry.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'

/** Arguments of every tool that meets a registry. Credentials are the user's own docker config, or what a cloud gives this process. */
export const registryArguments = { insecure: z.boolean().default(false), provider: z.enum(['aws', 'azure', 'gcp']).optional() }

/** A tag as registries take it. */
export const tagName = z.string().regex(tagPattern)

/** How to reach a registry: what {@link registryArguments} said, and which one it is. */
export interface Reach {
  readonly at: ParsedReference
  readonly insecure: boolean
  readonly provider?: Cloud | undefined
  readonly signal: AbortSignal
}

/** @throws {AuthError} when the cloud gives nothing. */
export async function openRegistry(world: World, reach: Reach, purpose: 'lookup' | 'transfer'): Promise<Registry> {
  return world.registries.open({ credentials: await credentialsOf(world, reach), ...(reach.insecure ? { insecure: true } : {}) }, purpose)
}

async function credentialsOf({ auth }: World, { at: { registry, repository }, provider, signal }: Reach): Promise<Credentials> {
  if (provider === undefined) return { type: 'ambient' }
  const { username, password } = await auth.registry(provider, printReference({ registry, repository }), { signal })
  return { type: 'basic', username, password }
}

/** A manifest or an index. @throws {ToolError} NotFound, Unreachable for an answer that is neither. */
export async function readManifest(
  registry: Registry,
  ref: ParsedReference,
  signal: AbortSignal,
): Promise<{ document: ImageManifest | ImageIndex; descriptor: Descriptor }> {
  const found = await registry.manifest(ref, signal)
  if (!found) throw new ToolError('NotFound', `${printReference(ref)} is not in the registry`, { next: 'list_artifacts shows its tags' })
  return { document: parsed(found.bytes, ref), descriptor: found.descriptor }
}

function parsed(bytes: Uint8Array, ref: ParsedReference): ImageManifest | ImageIndex {
  try {
    return parseManifest(bytes)
  } catch (cause) {
    throw new ToolError('Unreachable', `what the registry has as ${printReference(ref)} is neither an image manifest nor an index`, {
      next: 'check that the address is an OCI registry',
      cause,
    })
  }
}
