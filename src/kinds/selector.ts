import { type Json, listAt, objectAt, stringAt } from '../lib/json.ts'

/** The label selector of a workload, as a list takes it; empty for one that says nothing. */
export function selectorText(selector: Json | undefined): string {
  const equalities = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${String(value)}`)
  const others = listAt(selector, 'matchExpressions').map(expression => {
    const [key, operator] = [stringAt(expression, 'key') ?? '', stringAt(expression, 'operator') ?? '']
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${listAt(expression, 'values').map(String).join(',')})`
  })
  return [...equalities, ...others].join(',')
}
