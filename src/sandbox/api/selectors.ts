import type { KubeObject } from '../../kinds/manifest.ts'
import { at } from '../../lib/json.ts'
import { problems } from './problem.ts'

type Test = (object: KubeObject) => boolean

/** Compiles a label selector: `a=b,c!=d,e in (f,g),h,!i`. @throws {ApiProblem} for what cannot be parsed. */
export function labelSelector(text: string): Test {
  const tests = clauses(text).map(labelTest)
  return object => tests.every(t => t(object))
}

function clauses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map(part => part.trim())
    .filter(Boolean)
}

function labelTest(clause: string): Test {
  const set = /^([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(clause)
  if (set) {
    const [, key = '', how, list = ''] = set
    const values = list.split(',').map(v => v.trim())
    return o => values.includes(o.metadata.labels?.[key] ?? '\0') === (how === 'in')
  }
  const pair = /^([^\s!=]+)\s*(==|!=|=)\s*([^\s=]*)$/.exec(clause)
  if (pair) {
    const [, key = '', how, value] = pair
    return o => (o.metadata.labels?.[key] === value) === (how !== '!=')
  }
  if (!/^!?[\w./-]+$/.test(clause)) throw problems.badRequest(`unable to parse requirement: found '${clause}'`)
  return clause.startsWith('!') ? o => o.metadata.labels?.[clause.slice(1)] === undefined : o => o.metadata.labels?.[clause] !== undefined
}

/** Compiles a field selector: `metadata.name=x,status.phase!=y`. Any path of the object may be named. */
export function fieldSelector(text: string): Test {
  const tests = clauses(text).map(clause => {
    const parts = /^([\w.[\]-]+)\s*(==|!=|=)\s*(.*)$/.exec(clause)
    if (!parts) throw problems.badRequest(`invalid selector: '${text}'; can't understand '${clause}'`)
    const [, path = '', how, value] = parts
    return (o: KubeObject) => (String(at(o, ...path.split('.')) ?? '') === value) === (how !== '!=')
  })
  return object => tests.every(t => t(object))
}
