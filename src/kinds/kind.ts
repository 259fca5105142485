import type * as z from 'zod'
import type { Condition, KubeObject, ObjectMeta } from './manifest.ts'
import type { Artifact } from './artifact.ts'

/** One served version of an API type. `columns` are kubectl's. */
export interface KindVersion {
  readonly name: string
  readonly storage: boolean
  readonly deprecated?: string | undefined
  readonly spec: z.ZodObject
  readonly status: z.ZodObject
  readonly columns: readonly {
    readonly name: string
    readonly type: 'string' | 'date'
    readonly path: string
    /** Above 0: in wide tables alone. */
    readonly priority?: number | undefined
  }[]
}

/** An API type, said once: from it come the TypeScript type, validation, the CRD and completion. */
export interface Kind<Spec extends z.ZodObject = z.ZodObject, Status extends z.ZodObject = z.ZodObject> {
  readonly group: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly description: string
  /** The version we read and write. */
  readonly version: string
  /** Versions that mean the same, for clusters that do not serve that one, the first that is served. Absent: none. */
  readonly alsoReads?: readonly string[] | undefined
  readonly versions: readonly KindVersion[]
  readonly spec: Spec
  readonly status: Status
  /** Spec fields (dotted paths, `[]` for list items) whose behaviour is not there yet: an object that uses one is Stalled `Unsupported`. */
  readonly unsupported: readonly string[]
}

/** An object of a kind. Fields outside the schema are kept. */
export type ObjectOf<K extends Kind> = KubeObject & { metadata: ObjectMeta; spec: z.infer<K['spec']>; status?: z.infer<K['status']> }

/** What every Flux source has in its status, as far as others read it. */
export interface SourceStatus {
  readonly artifact?: Artifact | undefined
  readonly conditions?: readonly Condition[] | undefined
  readonly observedGeneration?: number | undefined
}

/** Keeps the schemas' types while checking the shape. */
export function kind<Spec extends z.ZodObject, Status extends z.ZodObject>(definition: Kind<Spec, Status>): Kind<Spec, Status> {
  return definition
}
