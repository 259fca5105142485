import type { JsonObject } from '../../lib/json.ts'
import type { ApiResource } from '../../world/cluster/cluster.ts'

/** A printed column: `path` is a JSONPath such as `.spec.url`; `wide` ones show with `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly path: string
  readonly wide?: boolean | undefined
}

/** One served version of an API type. */
export interface Resource extends ApiResource {
  /** Stored objects carry this version. */
  readonly storageVersion: string
  /** Present for custom resources. */
  readonly custom?:
    | {
        readonly schema: JsonObject
        readonly columns: readonly Column[]
        readonly selectable: readonly string[]
        readonly scale?: { spec?: string; status?: string; selector?: string } | undefined
      }
    | undefined
}

/** What objects are kept under: `group/plural`. */
export function storageKey({ group, plural }: Pick<Resource, 'group' | 'plural'>): string {
  return `${group}/${plural}`
}
