import * as z from 'zod'
import type { Registry } from '../world/registry/registry.ts'
import type { World } from '../world/world.ts'

/** Arguments of every tool that meets a registry. Credentials are the user's own docker config. */
export const registryArguments = { insecure: z.boolean().default(false) }

export function openRegistry(world: World, { insecure }: { insecure: boolean }, purpose: 'lookup' | 'transfer'): Promise<Registry> {
  return world.registries.open({ credentials: { type: 'ambient' }, ...(insecure ? { insecure } : {}) }, purpose)
}
