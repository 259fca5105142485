import { isFluxGroup } from '../../engine/controllers.ts'
import { holdOf, isSuspended, stateOf } from '../../engine/request.ts'
import { printRef } from '../../kinds/manifest.ts'
import { at, listAt, stringAt } from '../../lib/json.ts'
import {
  type Evidence,
  fieldEvidence,
  type Finding,
  type Found,
  healthOf,
  reachedFrom,
  type Rule,
  warning,
  eventEvidence,
} from '../facts.ts'
import { namedIn, speaksOf } from '../named.ts'
import { passesOn, type Statement, statementsOf } from '../statements.ts'
import { type Heard, heard } from '../wordings/wording.ts'
import { heardFrom, whileReleasing } from './flux-tables.ts'
import { servedOtherwise } from './served-version.ts'

const isFlux = ({ ref }: Found): boolean => isFluxGroup(ref.group)

/** What the status of a Flux object says by itself. */
export const statementRule: Rule = (found, facts) => {
  if (!isFlux(found) || !found.object || healthOf(found, facts.now) === 'well') return []
  const said = statementsOf(found)
  const first = said.find(s => !passesOn(s, found)) ?? said[0]
  if (!first || passesOn(first, found)) return []
  for (const statement of said) {
    const words = heardFrom(found, statement)
    const other = words?.name === 'MissingCRD' ? servedOtherwise(found, statement.message, facts) : undefined
    if (words) return [findingOf(found, { statement, words: other?.words ?? words, strength: 0.95, more: other && [other.evidence] })]
  }
  const event = warning(found, /./)
  const words = event && heardFrom(found, { ...first, message: event.message })
  return event && words ? [findingOf(found, { statement: { ...first, evidence: eventEvidence(found, event) }, words, strength: 0.8 })] : []
}

interface Told {
  readonly statement: Statement
  readonly words: Heard
  readonly strength: number
  readonly more?: readonly Evidence[] | undefined
}

function findingOf(found: Found, { statement, words, strength, more = [] }: Told): Finding {
  const [named] = found.ref.kind === 'Kustomization' || found.ref.kind === 'HelmRelease' ? namedIn(statement.message, 1) : []
  return {
    ...words,
    what: named ? `${named.text}: ${words.what}` : words.what,
    evidence: [{ ...statement.evidence, focus: words.focus }, ...fieldsBehind(found, words.name), ...more],
    strength,
  }
}

/** The field that a cause speaks of, as it stands. */
function fieldsBehind(found: Found, name: string): Evidence[] {
  const field = (path: string[]): Evidence[] => {
    const value = at(found.object, ...path)
    return value === undefined || typeof value === 'object' ? [] : [fieldEvidence(found, path.join('.'), String(value))]
  }
  switch (name) {
    case 'PathNotFound':
      return field(['spec', 'path'])
    case 'GitRefNotFound':
      return ['branch', 'tag', 'commit', 'name', 'semver'].flatMap(key => field(['spec', 'ref', key]))
    case 'TagNotFound':
    case 'SemverNoMatch':
    case 'SemverInvalid':
    case 'WrongDigest':
      return [...['digest', 'semver', 'tag'].flatMap(key => field(['spec', 'ref', key])), ...field(['spec', 'version'])].slice(0, 1)
    case 'ChartVersionNotFound':
    case 'ChartNotFound':
      return [...field(['spec', 'chart']), ...field(['spec', 'version'])]
    case 'DnsFailure':
    case 'ConnectionRefused':
    case 'IndexNotFound':
    case 'UrlInvalid':
    case 'TlsUnknownAuthority':
      return field(['spec', 'url'])
    default:
      return []
  }
}

/** An object that is held back: it hides whatever else would have to be done. */
export const suspendedRule: Rule = (found, facts) => {
  if (!isFlux(found) || !found.object || !isSuspended(found.object)) return []
  const asked = found === facts.root
  const lacksArtifact = found.role === 'source' && at(found.object, 'status', 'artifact') === undefined
  const blocks = lacksArtifact || (found.role === 'dependency' && statementsOf(found).length > 0)
  const contained = found.role === 'contained' || (found.role === 'named' && !isBlamed(found))
  const fine = healthOf(found, facts.now) === 'well' && !statementsOf(found).length
  if (fine && (contained || (found.role === 'dependency' && !isBlamed(found)))) return []
  return [
    {
      name: 'Suspended',
      what: `${found.ref.kind} ${found.ref.name} is suspended: it does not reconcile until it is resumed`,
      fix: `resume it: set_suspended with suspended=false, or take spec.suspend out of its manifest`,
      evidence: [fieldEvidence(found, 'spec.suspend', holdOf(found.object))],
      strength: blocks ? 1 : asked ? 0.9 : 0.6,
    },
  ]
}

/** Whether what leads to an object speaks of it in what is wrong. */
function isBlamed({ parent, ref }: Found): boolean {
  return parent !== undefined && statementsOf(parent).some(s => speaksOf(s.message, ref))
}

/** Dependencies that wait for each other. */
export const loopRule: Rule = (found, facts) => {
  if (!isFlux(found) || found !== facts.all.find(f => printRef(f.ref) === printRef(found.ref))) return []
  const loop = loopFrom(found, facts)
  if (!loop || loop.some(f => f.object && stateOf(f.object) === 'ready')) return []
  const first = loop.toSorted((a, b) => facts.all.indexOf(a) - facts.all.indexOf(b))[0]
  if (first !== found) return []
  const names = [...loop, found].map(f => `${f.ref.namespace ?? ''}/${f.ref.name}`)
  return [
    {
      name: 'DependencyLoop',
      what: `dependsOn goes in a circle: ${names.join(' -> ')}; each waits for the next`,
      fix: `take one of these entries out of spec.dependsOn`,
      evidence: loop.map(f => fieldEvidence(f, 'spec.dependsOn', dependenciesOf(f).join(', '))),
      strength: 1,
    },
  ]
}

function dependenciesOf({ object, ref }: Found): string[] {
  return listAt(object, 'spec', 'dependsOn').map(
    d => `${ref.kind}/${stringAt(d, 'namespace') ?? ref.namespace ?? ''}/${stringAt(d, 'name') ?? ''}`,
  )
}

function loopFrom(start: Found, facts: { readonly all: readonly Found[] }): Found[] | undefined {
  const byName = new Map(facts.all.map(f => [printRef(f.ref), f]))
  const seen = new Set<string>()
  const walk = (here: Found, path: Found[]): Found[] | undefined => {
    for (const next of dependenciesOf(here)) {
      if (next === printRef(start.ref)) return path
      const found = byName.get(next)
      if (!found || seen.has(next)) continue
      seen.add(next)
      const loop = walk(found, [...path, found])
      if (loop) return loop
    }
    return undefined
  }
  return walk(start, [start])
}

/** A wait for health that ended with the time, while what was waited for is only slow. */
export const healthTimeoutRule: Rule = (found, facts) => {
  const [statement] = statementsOf(found)
  if (!isFlux(found) || !statement || healthOf(found, facts.now) === 'well') return []
  const timedOut =
    /HealthCheck/.test(statement.reason) || /timed? ?out waiting|context deadline exceeded|client rate limiter/i.test(statement.message)
  if (!timedOut || !['Kustomization', 'HelmRelease'].includes(found.ref.kind)) return []
  const late = reachedFrom(found, facts).filter(f => f !== found && f.parent === found && healthOf(f, facts.now) === 'going')
  const names = late.slice(0, 3).map(f => printRef(f.ref))
  return [
    {
      name: 'HealthTimeout',
      what: `${names.length > 0 ? names.join(', ') : 'what was applied'} did not get healthy in the time that spec.timeout gives`,
      fix: 'raise spec.timeout when it is only slow (spec.interval is used without it); else look at what it waits for with explain',
      evidence: [statement.evidence],
      strength: 0.3,
    },
  ]
}

/** What an object tells of its source, where the source itself tells nothing any more. */
export const echoRule: Rule = (found, facts) => {
  const [statement] = statementsOf(found)
  const [, told] = /is not ready: ([\s\S]+)/.exec(statement?.message ?? '') ?? []
  if (!isFlux(found) || !statement || told === undefined || healthOf(found, facts.now) !== 'failing') return []
  const words = heard(whileReleasing, told, found.ref.namespace)
  return words ? [findingOf(found, { statement, words, strength: 0.5 })] : []
}
