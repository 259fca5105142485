import type { KubeObject } from '../../kinds/manifest.ts'
import { at, type Json } from '../../lib/json.ts'
import { labelKeyProblems, labelValueProblems } from '../rules/names.ts'
import { problems } from './problem.ts'
import type { Resource } from './schema/resource.ts'

type Test = (object: KubeObject) => boolean

/** Compiles a label selector: `a=b,c!=d,e in (f,g),h,!i`. @throws {ApiProblem} for what cannot be parsed. */
export function labelSelector(text: string): Test {
  const tests = new Parser(text).requirements()
  return object => tests.every(t => t(object))
}

interface Token {
  readonly kind: 'symbol' | 'word' | 'end'
  readonly text: string
}
const operators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt', '>', '<']

class Parser {
  readonly #tokens: Token[]
  #next = 0

  constructor(text: string) {
    this.#tokens = [...text.matchAll(/\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/g)].map(([, found = '']) => ({
      kind: /^[=!(),<>]/.test(found) ? 'symbol' : 'word',
      text: found,
    }))
  }

  requirements(): Test[] {
    const tests: Test[] = []
    for (;;) {
      const { kind, text } = this.#peek()
      if (kind === 'end') return tests
      if (kind !== 'word' && text !== '!') throw refused(`found '${text}', expected: !, identifier, or 'end of string'`)
      tests.push(this.#requirement())
      const after = this.#take()
      if (after.kind === 'end') return tests
      if (after.text !== ',') throw refused(`found '${after.text}', expected: ',' or 'end of string'`)
      const then = this.#peek()
      if (then.kind !== 'word' && then.text !== '!') throw refused(`found '${then.text}', expected: identifier after ','`)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '' }
  }

  #take(): Token {
    const token = this.#peek()
    this.#next++
    return token
  }

  #requirement(): Test {
    const absent = this.#peek().text === '!'
    if (absent) this.#take()
    const { kind, text: key } = this.#take()
    if (kind !== 'word') throw unparsed(`found '${key}', expected: identifier`)
    const [wrong] = labelKeyProblems(key)
    if (wrong !== undefined) throw unparsed(`key: Invalid value: ${JSON.stringify(key)}: ${wrong}`)
    if (absent) return o => o.metadata.labels?.[key] === undefined
    const { kind: next, text } = this.#peek()
    if (next === 'end' || text === ',') return o => o.metadata.labels?.[key] !== undefined
    return this.#comparison(key)
  }

  #comparison(key: string): Test {
    const { text: operator } = this.#take()
    if (!operators.includes(operator)) throw unparsed(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()]
    for (const [i, value] of values.entries()) {
      const [wrong] = labelValueProblems(value)
      if (wrong !== undefined) throw unparsed(`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong}`)
    }
    if (operator === '>' || operator === '<')
      return o =>
        operator === '>' ? Number(o.metadata.labels?.[key]) > Number(values[0]) : Number(o.metadata.labels?.[key]) < Number(values[0])
    const wanted = operator !== '!=' && operator !== 'notin'
    return o => values.includes(o.metadata.labels?.[key] ?? '\0') === wanted
  }

  #value(): string {
    const { kind, text } = this.#peek()
    if (kind === 'end' || text === ',') return ''
    this.#take()
    if (kind !== 'word') throw unparsed(`found '${text}', expected: identifier`)
    return text
  }

  #values(): string[] {
    const open = this.#take()
    if (open.text !== '(') throw unparsed(`found '${open.text}' expected: '('`)
    const values: string[] = []
    for (;;) {
      const { kind, text } = this.#take()
      if (kind === 'word') values.push(text)
      else if (text === ',') values.push('')
      else if (text === ')') return values
      else throw unparsed(`found '${text}', expected: ',', ')' or identifier`)
      const after = this.#peek()
      if (after.text === ',') this.#take()
      else if (after.text !== ')') throw unparsed(`found '${after.text}', expected: ',' or ')'`)
    }
  }
}

function refused(message: string): Error {
  return problems.badRequest(message)
}
function unparsed(message: string): Error {
  return problems.badRequest(`unable to parse requirement: ${message}`)
}

/** Fields that a kind can be selected by, beside its name and namespace, and where they are when not under their own path. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  '/Pod': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/Event': [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(f => `involvedObject.${f}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/Event': [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(f => `regarding.${f}`),
    'reason',
    'reportingController',
    'type',
  ],
  '/Secret': ['type'],
  '/Namespace': ['status.phase', 'name'],
  '/Node': ['spec.unschedulable'],
  '/Service': ['spec.clusterIP', 'spec.type'],
  '/ReplicationController': ['status.replicas'],
  'apps/ReplicaSet': ['status.replicas'],
  'batch/Job': ['status.successful'],
}
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  source: ['source', 'component'],
  'status.successful': ['status', 'succeeded'],
  name: ['metadata', 'name'],
}

/** Compiles a field selector: `metadata.name=x,status.phase!=y`. @throws {ApiProblem} for a field that the kind cannot be selected by. */
export function fieldSelector(text: string, resource: Resource): Test {
  const own = selectable[`${resource.group}/${resource.kind}`]
  const known = [
    'metadata.name',
    ...(resource.namespaced ? ['metadata.namespace'] : []),
    ...(own ?? []),
    ...(resource.custom?.selectable ?? []),
  ]
  const tests = text
    .split(',')
    .filter(Boolean)
    .map(clause => {
      const [, path = '', how = '', value = ''] = /^([^=!]*)(==|!=|=)(.*)$/.exec(clause) ?? []
      if (how === '') throw refused(`invalid selector: '${text}'; can't understand '${clause}'`)
      if (!known.includes(path)) throw refused(unknownField(path, { resource, own }))
      const keys = elsewhere[path] ?? path.split('.')
      return (o: KubeObject) => (textOf(at(o, ...keys)) === value) === (how !== '!=')
    })
  return object => tests.every(t => t(object))
}

function textOf(value: Json | undefined): string {
  return value === undefined || value === null ? '' : String(value)
}

function unknownField(path: string, { resource, own }: { resource: Resource; own: readonly string[] | undefined }): string {
  if (resource.custom || own) return `field label not supported: ${path}`
  return `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`
}
