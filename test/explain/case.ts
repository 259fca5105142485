import type { KubeObject } from '../../src/kinds/manifest.ts'
import {
  buildFails,
  chain,
  event,
  goodChart,
  goodCharts,
  goodGit,
  ks,
  pod,
  type PodShape,
  refused,
  release,
  restartedOnce,
} from './objects.ts'

/** A broken cluster, the object that is asked about, and what must be said first. */
export interface FaultCase {
  readonly fault: string
  readonly says: string
  readonly ask: KubeObject
  readonly objects: readonly KubeObject[]
  readonly expect: Expected
  /** Why this is not found yet. */
  readonly gap?: string | undefined
}
export interface Expected {
  /** Names that tell the same truth; none where the object and the proof are what counts. */
  readonly cause?: string | readonly string[]
  /** Where it is. */
  readonly at?: RegExp
  /** What the evidence must hold. */
  readonly proof: RegExp
  readonly fix: RegExp
}

/** For what a row does not hold to words of its own. */
export const any = /./

/** A row of the table; the first object is the one that is asked about. */
export function fault(name: string, says: string, objects: readonly KubeObject[], expect: Expected): FaultCase {
  const [ask] = objects
  if (!ask) throw new TypeError(`${name}, ${says}: nothing is asked about`)
  return { fault: name, says, ask, objects, expect }
}

type Near = readonly KubeObject[]
/** What is said in events: reasons and messages. */
export type Said = readonly (readonly [reason: string, message: string])[]
const calm = (): Near => [restartedOnce()]

/** A Kustomization whose apply the API server refuses. */
export function applied(name: string, says: string, [message, expect]: readonly [string, Expected], near = calm()): FaultCase {
  return fault(name, says, [ks('apps', {}, refused(message)), goodGit(), ...near], expect)
}
/** A Kustomization that does not build. */
export function built(name: string, says: string, [message, expect]: readonly [string, Expected], near = calm()): FaultCase {
  return fault(name, says, [ks('apps', {}, buildFails(message)), goodGit(), ...near], expect)
}
/** A release that Helm cannot install or upgrade. */
export function helm(name: string, says: string, [reason, message, expect]: readonly [string, string, Expected], near = calm()): FaultCase {
  return fault(name, says, [release('web', {}, ['False', reason, message]), goodChart(), goodCharts(), ...near], expect)
}
/** A pod that is asked about itself. */
export function alone(name: string, says: string, [shape, said, expect]: readonly [PodShape, Said, Expected], near = calm()): FaultCase {
  const one = pod('api', shape)
  const at = /^Pod\/apps\/api/
  return fault(name, says, [one, ...said.map(([reason, message]) => event(one, reason, message)), ...near], { at, ...expect })
}
/** A pod below a Kustomization that waited for it. */
export function under(name: string, says: string, [shape, said, expect]: readonly [PodShape, Said, Expected], near = calm()): FaultCase {
  const { ks: top, all, pod: one } = chain(shape, { name: 'shop' })
  return fault(name, says, [top, ...all, ...said.map(([reason, message]) => event(one, reason, message)), ...near], expect)
}
