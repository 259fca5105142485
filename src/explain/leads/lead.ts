import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { Role } from '../facts.ts'
import type { Named } from '../named.ts'

/** What a list asks for, as a cluster takes it. */
export interface Query {
  readonly group: string
  readonly version?: string | undefined
  readonly kind: string
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
}

/** Objects to read next, and the role they play. `weight`: how surely what is wrong there fails this one. */
export type Lead = { readonly role: Role; readonly weight: number } & (
  | { readonly one: ObjectRef }
  /** Objects of an inventory: read in few requests. */
  | { readonly several: readonly ObjectRef[] }
  /** A message names it, by a kind that has to be looked up. */
  | { readonly named: Named }
  | { readonly list: Query; readonly keep: (object: KubeObject) => boolean; readonly most: number }
)
