import { isObject, type Json } from '../../lib/json.ts'

/**
 * The value at a field path as people write it: `spec.containers[0].image`, `data['a.yaml']`, and also `metadata.labels.example.com/name`,
 * where keys have dots of their own: the longest key that is there wins. `undefined` when nothing is.
 */
export function fieldAt(object: Json, path: string): Json | undefined {
  const steps = [...path.matchAll(/\[(\d+)\]|\[['"]([^'"]*)['"]\]|([^.[\]]+)/g)].map(
    ([, index, quoted, word]) => index ?? quoted ?? word ?? '',
  )
  return walk(object, steps)
}

function walk(value: Json | undefined, steps: readonly string[]): Json | undefined {
  const [first] = steps
  if (first === undefined || value === undefined) return value
  if (Array.isArray(value)) return walk(value[Number(first)], steps.slice(1))
  if (!isObject(value)) return undefined
  for (let length = steps.length; length > 0; length--) {
    const key = steps.slice(0, length).join('.')
    const found = Object.hasOwn(value, key) ? walk(value[key], steps.slice(length)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
