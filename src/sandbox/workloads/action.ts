import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { JsonObject } from '../../lib/json.ts'

/** What a simulated controller wants done. A controller is a pure function from what it sees to these. */
export type Action =
  | { readonly do: 'create'; readonly object: KubeObject }
  /** Merges into the status. */
  | { readonly do: 'status'; readonly ref: ObjectRef; readonly status: JsonObject }
  /** Merges into the object. */
  | { readonly do: 'patch'; readonly ref: ObjectRef; readonly body: JsonObject }
  | { readonly do: 'delete'; readonly ref: ObjectRef; readonly uid?: string | undefined }
  /** Ends a namespace whose content is gone. */
  | { readonly do: 'finalize'; readonly namespace: KubeObject }
  | {
      readonly do: 'event'
      readonly about: KubeObject
      readonly type: 'Normal' | 'Warning'
      readonly reason: string
      readonly message: string
      readonly component: string
    }
  /** Look at the object again after a while. */
  | { readonly do: 'later'; readonly ms: number }

/** What a controller sees: the objects of the watched kinds, and the time. */
export interface View {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Objects of a kind that an object owns as their controller. */
  owned(owner: KubeObject, kind: string): KubeObject[]
  /** Every object of a kind. */
  all(kind: string): KubeObject[]
}

/** Looks at one object. */
export type Controller = (object: KubeObject, view: View) => Action[]
