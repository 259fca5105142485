/** A JSON value, as Kubernetes and OCI documents hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

/** True for `{…}`; false for arrays, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of keys and list indexes. `undefined` where any step is absent or of another shape. */
export function at(value: unknown, ...path: (string | number)[]): Json | undefined {
  let here: unknown = value
  for (const step of path) {
    if (typeof step === 'number') here = Array.isArray(here) ? here[step] : undefined
    else here = isObject(here) && Object.hasOwn(here, step) ? here[step] : undefined
    if (here === undefined) return undefined
  }
  return here as Json
}

/** The string at a path; `undefined` when absent or not a string. */
export function stringAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The list at a path; empty when absent or not a list. */
export function listAt(value: unknown, ...path: (string | number)[]): Json[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The object at a path; empty when absent or of another shape. */
export function objectAt(value: unknown, ...path: (string | number)[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

/** Deep equality of JSON values; object key order does not matter, and a key set to `undefined` counts as absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a).filter(k => a[k] !== undefined)
  return keys.length === Object.keys(b).filter(k => b[k] !== undefined).length && keys.every(k => Object.hasOwn(b, k) && equal(a[k], b[k]))
}
