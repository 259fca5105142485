import type { KubeObject } from '../../src/kinds/manifest.ts'

/** A broken cluster, the object that is asked about, and what must be said first. */
export interface FaultCase {
  readonly fault: string
  readonly says: string
  readonly ask: KubeObject
  readonly objects: readonly KubeObject[]
  readonly expect: Expected
}
export interface Expected {
  /** Names that tell the same truth. */
  readonly cause: string | readonly string[]
  /** Where it is. */
  readonly at?: RegExp
  /** What the evidence must hold. */
  readonly proof: RegExp
  readonly fix: RegExp
}

/** A row of the table; the first object is the one that is asked about. */
export function fault(name: string, says: string, objects: readonly [KubeObject, ...KubeObject[]], expect: Expected): FaultCase {
  return { fault: name, says, ask: objects[0], objects, expect }
}
