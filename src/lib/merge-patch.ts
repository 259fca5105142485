import { equal, isObject, type JsonObject } from './json.ts'

/** The merge patch (RFC 7386) that makes `to` of `from`; empty when they are equal. Lists are replaced as a whole; a `null` in `to` counts as absent. */
export function mergePatchFrom(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) if (from[key] !== undefined && from[key] !== null && isAbsent(to[key])) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    const before = from[key]
    if (isAbsent(value) || equal(before, value)) continue
    patch[key] = isObject(before) && isObject(value) ? mergePatchFrom(before, value) : value
  }
  return patch
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}
