/** A JSON value, as Kubernetes and OCI documents hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

/** Where the engine keeps a number by its text; newer than the compiler's library. */
const raw = JSON as typeof JSON & { rawJSON(text: string): object; isRawJSON(value: unknown): value is { readonly rawJSON: string } }

/** True for `{…}`; false for arrays, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !raw.isRawJSON(value)
}

/**
 * A whole number by its decimal digits: a number where a double holds it, or beyond 64 signed bits, where Go reads a double too. In between a
 * value that only {@link digitsOf} and `JSON.stringify` read, so that no digit is lost.
 */
export function wholeNumber(digits: string): Json {
  const value = Number(digits)
  if (Number.isSafeInteger(value)) return value
  return BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? (raw.rawJSON(digits) as unknown as Json) : value
}

/** The digits of what {@link wholeNumber} keeps exactly; `undefined` for anything else. */
export function digitsOf(value: unknown): string | undefined {
  return raw.isRawJSON(value) ? value.rawJSON : undefined
}

/** Parses JSON, with whole numbers as {@link wholeNumber} keeps them. @throws {SyntaxError} */
export function parseJson(text: string): Json {
  return hasLongNumber(text) ? (JSON.parse(text, exactly) as Json) : (JSON.parse(text) as Json)
}

const longDigits = 16

/** Whether so many digits stand in a row: one of them is among those characters that are looked at. */
function hasLongNumber(text: string): boolean {
  for (let i = longDigits - 1; i < text.length; i += longDigits) {
    let [begin, end] = [i, i]
    while (isDigit(text, begin)) begin--
    while (isDigit(text, end)) end++
    if (end - begin > longDigits) return true
  }
  return false
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

/** The JSON that a text is; `undefined` for a text that is none. */
export function jsonIn(text: string | Uint8Array): Json | undefined {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder().decode(text)) as Json
  } catch {
    return undefined
  }
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && context?.source && /^-?\d{16,}$/.test(context.source) ? wholeNumber(context.source) : value
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
  if (raw.isRawJSON(a)) return raw.isRawJSON(b) && a.rawJSON === b.rawJSON
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a).filter(k => a[k] !== undefined)
  return keys.length === Object.keys(b).filter(k => b[k] !== undefined).length && keys.every(k => Object.hasOwn(b, k) && equal(a[k], b[k]))
}
