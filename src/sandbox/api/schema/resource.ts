import type { JsonObject } from '../../../lib/json.ts'
import type { ApiResource } from '../../../world/cluster/cluster.ts'

/** A printed column: `path` is a JSONPath such as `.spec.url`; `wide` ones show with `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly path: string
  readonly wide?: boolean | undefined
}

/** What a definition says of a custom resource. */
export interface Custom {
  readonly schema: JsonObject
  readonly columns: readonly Column[]
  /** Fields it can be selected by. */
  readonly selectable: readonly string[]
  /** Where the replicas are, when it has a scale. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector: string } | undefined
  /** What every answer warns of. */
  readonly deprecation?: string | undefined
}

/** One served version of an API type. */
export interface Resource extends ApiResource {
  /** Stored objects carry this version. */
  readonly storageVersion: string
  /** Where another group keeps the objects of this type. */
  readonly stored?: { readonly group: string; readonly plural: string } | undefined
  /** Present for custom resources. */
  readonly custom?: Custom | undefined
}

/** What tells where objects are kept. */
export type Stored = Pick<Resource, 'group' | 'plural' | 'stored'>

/** What objects are kept under: `group/plural`. */
export function storageKey({ group, plural, stored }: Stored): string {
  return stored ? `${stored.group}/${stored.plural}` : `${group}/${plural}`
}
