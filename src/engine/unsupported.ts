import type { Kind } from '../kinds/kind.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { isObject, type Json } from '../lib/json.ts'
import { type Outcome, stalled } from './outcome.ts'

/** The first spec field of an object that its kind lists as not supported, as a dotted path; `undefined` when there is none. */
export function unsupportedField(kind: Kind, object: KubeObject): string | undefined {
  return kind.unsupported.find(path => uses(object.spec, path.split('.')))
}

/** What an object with such a field gets; nothing is changed for it. @param field As {@link unsupportedField} gives it. */
export function refused(field: string): Outcome {
  return stalled(
    'Unsupported',
    `spec.${field} is not supported by this engine: remove the field, or let Flux's controller handle this object`,
  )
}

function uses(value: Json | undefined, [head = '', ...rest]: string[]): boolean {
  const key = head.replace(/\[\]$/, '')
  const next = isObject(value) ? value[key] : undefined
  if (next === undefined || next === null || next === '' || (Array.isArray(next) && next.length === 0)) return false
  if (rest.length === 0) return true
  return Array.isArray(next) ? next.some(item => uses(item, rest)) : uses(next, rest)
}
