import type { JsonObject } from '../lib/json.ts'
import type { World } from '../world/world.ts'

/** A resource as the registry holds it. `uri` may have variables in braces. */
export interface Resource {
  readonly name: string
  readonly uri: string
  readonly title: string
  readonly description: string
  /** `undefined` means that there is no such thing. */
  read(vars: Readonly<Record<string, string>>, world: World, signal: AbortSignal): Promise<JsonObject | undefined>
  /** Values of a variable that fit what was typed, given the others; at most 100. */
  readonly complete?:
    | Readonly<Record<string, (typed: string, others: Readonly<Record<string, string>>, world: World) => Promise<string[]>>>
    | undefined
  /** Addresses of what is there, for listing. */
  list?(world: World, signal: AbortSignal): Promise<readonly { readonly uri: string; readonly name: string }[]>
}

export function resource(definition: Resource): Resource {
  return definition
}
