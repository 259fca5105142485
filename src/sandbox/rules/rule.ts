import type { KubeObject } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, at } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import { type Cause, invalidValue } from '../api/problem.ts'

/** What the API server does to objects of one built-in kind before it stores them. */
export interface Rule {
  /** Fills in defaults, while the object is decoded: whoever wrote the object owns them. */
  readonly defaults?: ((object: KubeObject) => KubeObject) | undefined
  /** What the server sets itself, and nobody owns. `live` is what the object replaces. */
  readonly prepare?: ((object: KubeObject, at: { live: KubeObject | undefined; clock: Clock }) => KubeObject) | undefined
  /** What is worth a warning. */
  readonly warn?: ((object: KubeObject) => string[]) | undefined
  /** What is wrong with it. */
  readonly check?: ((object: KubeObject, live: KubeObject | undefined) => Cause[]) | undefined
}

/** `over` with the keys of `base` that it lacks. */
export function fill(over: Json | undefined, base: JsonObject): JsonObject {
  return { ...base, ...(isObject(over) ? over : {}) }
}

/** Maps the objects of a list; anything else becomes an empty list or stays absent. */
export function each(list: Json | undefined, map: (item: JsonObject) => JsonObject): Json[] {
  return Array.isArray(list) ? list.map(item => (isObject(item) ? map(item) : item)) : []
}

/** Refuses a change of fields that are fixed at creation. */
export function immutable(object: KubeObject, live: KubeObject | undefined, ...paths: string[]): Cause[] {
  if (!live) return []
  return paths
    .filter(path => !equal(at(object, ...path.split('.')), at(live, ...path.split('.'))))
    .map(path => invalidValue(path, at(object, ...path.split('.')), 'field is immutable'))
}

/** An object with another spec. */
export function withSpec(object: KubeObject, spec: JsonObject): KubeObject {
  return { ...object, spec }
}
