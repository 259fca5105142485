import type { Json, JsonObject } from '../lib/json.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import type { Complete } from '../tools/objects/completions.ts'
import type { ApiResource, Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'

export type Variables = Readonly<Record<string, string>>

/** Where a resource lives, and what counts as a change of it: equal texts mean that nothing happened. */
export interface Watched {
  readonly cluster: Cluster
  readonly resource: ApiResource
  readonly namespace: string | undefined
  readonly name: string
  print(object: KubeObject | undefined): string
}

/** A resource as the registry holds it. `uri` may have variables in braces. */
export interface Resource {
  readonly name: string
  readonly uri: string
  readonly title: string
  readonly description: string
  readonly mimeType?: string | undefined
  /** `undefined` means that there is no such thing. */
  read(vars: Variables, world: World, signal: AbortSignal): Promise<JsonObject | undefined>
  readonly complete?: Readonly<Record<string, Complete>> | undefined
  /** Addresses of what is there, for listing. */
  list?(world: World, signal: AbortSignal): Promise<readonly { readonly uri: string; readonly name: string }[]>
  /** Absent: it cannot be watched. `undefined`: there is nothing of that kind. A resource need not exist to be watched. */
  watched?(vars: Variables, world: World, signal: AbortSignal): Promise<Watched | undefined>
  /** Contents of kinds that no product resource has: only the fixtures of the conformance suite do. */
  raw?(vars: Variables): readonly Json[]
}

export function resource(definition: Resource): Resource {
  return definition
}

/** The variables of a template in an address; `undefined` when the address is of another form. Values are as they stand in it. */
export function variablesIn(template: string, uri: string): Variables | undefined {
  const [wanted, given] = [template.split('/'), uri.split('/')]
  if (wanted.length !== given.length) return undefined
  const vars: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const here = given[i] ?? ''
    const [, variable] = /^\{(\w+)\}$/.exec(part) ?? []
    if (variable === undefined ? part !== here : here === '') return undefined
    if (variable !== undefined) vars[variable] = here
  }
  return vars
}
