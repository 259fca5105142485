import type { Kind } from '../kinds/kind.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { isObject, type Json } from '../lib/json.ts'

/** The first spec field of an object that its kind lists as not supported, as a dotted path; `undefined` when there is none. */
export function unsupportedField(kind: Kind, object: KubeObject): string | undefined {
  return kind.unsupported.find(path => uses(object.spec, path.split('.')))
}

function uses(value: Json | undefined, [head = '', ...rest]: string[]): boolean {
  const key = head.replace(/\[\]$/, '')
  const next = isObject(value) ? value[key] : undefined
  if (next === undefined || next === null) return false
  if (rest.length === 0) return true
  return Array.isArray(next) ? next.some(item => uses(item, rest)) : uses(next, rest)
}
