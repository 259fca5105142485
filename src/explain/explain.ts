import { isSuspended } from '../engine/request.ts'
import { type ObjectRef, printRef } from '../kinds/manifest.ts'
import { isUnhandled, madeSecretOf } from './leads/operator-leads.ts'
import { above, type Evidence, type Facts, type Finding, type Found, healthOf, type Placed, reachedFrom } from './facts.ts'
import { lastResorts, rules } from './rules/rules.ts'
import { withBehindFirst } from './behind.ts'
import { statementsOf } from './statements.ts'

/** A cause, with what proves it and what mends it. */
export interface Cause {
  readonly name: string
  readonly object: string
  readonly what: string
  readonly fix: string
  /** The way from the object that is asked about to where the cause is. */
  readonly through: readonly string[]
  /** Objects with the same cause, beside this one. */
  readonly alike: number
  readonly evidence: readonly Evidence[]
  /** How surely it is the cause, up to 1. */
  readonly score: number
}

export interface Explanation {
  readonly state: 'well' | 'going' | 'failing' | 'suspended'
  readonly causes: readonly Cause[]
}

const [leastBeside, least] = [0.25, 0.29]

/** The causes of an object's state, the surest first: a cause that the chain proves comes before what is merely near. */
export function explain(facts: Facts): Explanation {
  const proven = withBehindFirst(
    facts.all.filter(f => f.role !== 'template').flatMap(found => rules.flatMap(rule => placed(rule(found, facts), found, facts))),
    facts,
  )
  const left = resorts(facts, proven)
  const ranked = [...proven, ...left].toSorted((a, b) => b.score - a.score || depth(b.found) - depth(a.found))
  const first = ranked[0]?.score ?? 0
  const causes = merged(ranked.filter(p => p.score >= Math.min(leastBeside, first)))
  return { state: stateOf(facts, causes), causes }
}

function placed(findings: readonly Finding[], found: Found, facts: Facts): Placed[] {
  return findings.map(finding => {
    const share = isMade(finding.subject ?? found.ref, facts) ? 0.4 : 1
    return { finding, found, score: finding.strength * found.weight * share }
  })
}

/** Whether somebody should have made what is not there, and says why it did not: that says more. */
function isMade(ref: ObjectRef, facts: Facts): boolean {
  const isAbsent = facts.all.some(f => !f.object && printRef(f.ref) === printRef(ref))
  return (
    isAbsent &&
    facts.all.some(f => f.object && madeSecretOf(f.object) === printRef(ref) && (statementsOf(f).length > 0 || isUnhandled(f, facts.now)))
  )
}

/** From the deepest up: the words of objects whose failure nothing at or below them explains. */
function resorts(facts: Facts, proven: readonly Placed[]): Placed[] {
  const left: Placed[] = []
  const deepest = facts.all.filter(f => f.role !== 'template').toSorted((a, b) => depth(b) - depth(a))
  for (const found of deepest) {
    const reached = reachedFrom(found, facts)
    const explained = [...proven, ...left].some(p => reached.includes(p.found) && explains(p, found))
    if (explained) continue
    for (const rule of lastResorts) {
      const said = placed(rule(found, facts), found, facts)
      left.push(...said)
      if (said.length > 0) break
    }
  }
  return left
}

/** What is only near an object does not explain its failure, and a held neighbour does only where it blocks. */
function explains({ found, finding, score }: Placed, failing: Found): boolean {
  const near = finding.name === 'Suspended' ? 0.9 : 0.7
  return (
    found.weight >= failing.weight * near &&
    score >= failing.weight * least &&
    (finding.name !== 'Suspended' || score >= failing.weight * near)
  )
}

/** Causes of the same name at objects of the same kind and owner are one; a cause and its echo further up as well. */
function merged(ranked: readonly Placed[]): Cause[] {
  const out: { cause: Cause; keys: string[]; found: Found }[] = []
  for (const { finding, found, score } of ranked) {
    const object = finding.subject ?? found.ref
    const keys = [
      `${finding.name} ${printRef(object)}`,
      `${finding.name} ${found.ref.kind} of ${found.parent ? printRef(found.parent.ref) : ''}`,
    ]
    const same = out.find(
      o =>
        o.keys.some(k => keys.includes(k)) ||
        (o.cause.name === finding.name && (above(o.found).includes(found) || above(found).includes(o.found))),
    )
    if (same) {
      same.keys.push(...keys)
      const twin = found.ref.kind === same.found.ref.kind && found !== same.found
      same.cause = { ...same.cause, alike: same.cause.alike + (twin ? 1 : 0), evidence: withMore(same.cause.evidence, finding.evidence) }
    } else out.push({ cause: causeOf({ finding, found, score }, printRef(object)), keys, found })
  }
  return out.map(o => o.cause)
}

const mostEvidence = 3

function withMore(evidence: readonly Evidence[], more: readonly Evidence[]): Evidence[] {
  const fresh = more.filter(m => !evidence.some(e => e.quote === m.quote))
  return [...evidence, ...fresh].slice(0, mostEvidence)
}

function causeOf({ finding, found, score }: Placed, object: string): Cause {
  const path = above(found).toReversed()
  const through = [...path, ...(printRef(found.ref) === object ? [] : [found])].map(f => printRef(f.ref))
  return {
    name: finding.name,
    object,
    what: finding.what,
    fix: finding.fix,
    through: through.filter(name => name !== object),
    alike: 0,
    evidence: finding.evidence.slice(0, mostEvidence),
    score,
  }
}

function depth(found: Found): number {
  return above(found).length
}

function stateOf({ root, now }: Facts, causes: readonly Cause[]): Explanation['state'] {
  if (root.object && isSuspended(root.object)) return 'suspended'
  const health = healthOf(root, now)
  if (health === 'failing' || statementsOf(root).length > 0) return 'failing'
  if (health === 'well') return causes.length > 0 ? 'failing' : 'well'
  return causes.length > 0 ? 'failing' : 'going'
}
