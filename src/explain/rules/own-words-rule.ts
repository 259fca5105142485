import { isFluxGroup } from '../../engine/controllers.ts'
import { printRef } from '../../kinds/manifest.ts'
import { above, below, type Facts, type Found, healthOf, type Rule } from '../facts.ts'
import { passesOn, type Statement, statementsOf, warnedBy } from '../statements.ts'
import { dangling } from '../wordings/absences.ts'
import { codes, shapes } from '../wordings/codes.ts'
import { failures, missing, networks, scopes } from '../wordings/fetches.ts'
import { operators } from '../wordings/operators.ts'
import { refusals } from '../wordings/refusals.ts'
import { causeOfReason, fixOfRoute } from '../wordings/reasons.ts'
import { heard } from '../wordings/wording.ts'
import { allConditions, isOfOperator } from '../states.ts'

const general = [...scopes, ...missing, ...networks, ...refusals, ...dangling, ...failures]
/** Kinds that rules of their own are for. */
const others = new Set(['Pod', 'Job', 'Deployment'])

/** Reasons that name no cause: a code in the message tells more. */
const vague = /(?:Error|Fail(?:ed|ure)?|Errored|NotReady|Unavailable|Unhealthy|Degraded|Creating|Invalid|Unknown)$/

/** What is left of a failing object when nothing else explains it: its own words. */
export const ownWordsRule: Rule = (found, facts) => {
  const { object, ref } = found
  if (!object) return []
  const said = statementsOf(found)
  const [statement] = said
  if (!statement || !fails(found, said, facts) || (others.has(ref.kind) && !isOfOperator(object))) return []
  if (passesOn(statement, found) && mayCome(found, facts)) return []
  const more = warnedBy(found, statement)
  const table = isOfOperator(object) ? [...operators, ...general] : general
  const text = [statement.message, more?.message ?? ''].join('\n')
  const reason = isFluxGroup(ref.group) ? causeOfReason(statement.reason) : undefined
  const known = reason ? undefined : heard(table, text, ref.namespace)
  const words = known ?? (reason ? undefined : heard(codes, text, ref.namespace))
  const rough = words || reason ? undefined : heard(shapes, text, ref.namespace)
  const own = /^[A-Z][A-Za-z]{2,40}$/.test(statement.reason) ? statement.reason : 'NotReady'
  const name = known?.name ?? reason?.name ?? (words && vague.test(own) ? words.name : own)
  return [
    {
      name,
      what: words?.what ?? reason?.what ?? `${ref.kind} ${ref.name} says itself why it fails (${name})${rough ? `: ${rough.what}` : ''}`,
      fix: words?.fix ?? reason?.fix ?? fixOfRoute(ref.group, statement.reason) ?? rough?.fix ?? 'correct what its message names',
      subject: words?.subject,
      evidence: [statement.evidence, ...(more ? [more.evidence] : [])].map(e => ({ ...e, focus: words?.focus })),
      strength: passesOn(statement, found) || namesOther(text, found, facts) ? 0.32 : words && !isFluxGroup(ref.group) ? 0.6 : 0.36,
    },
  ]
}

/** Whether it speaks of another object that says itself why it fails. */
function namesOther(text: string, found: Found, { all }: Facts): boolean {
  return all.some(
    f =>
      f !== found &&
      !above(found).includes(f) &&
      [`${f.ref.kind} "${f.ref.name}"`, `${f.ref.kind} '${f.ref.name}'`, printRef(f.ref)].some(name => text.includes(name)) &&
      statementsOf(f).length > 0,
  )
}

/** Whether what it waits for may still come: something that it leads to is on its way. */
function mayCome(found: Found, facts: Facts): boolean {
  const led = below(found, facts)
  return led.some(f => healthOf(f, facts.now) === 'going')
}

function fails(found: Found, said: readonly Statement[], facts: Facts): boolean {
  if (healthOf(found, facts.now) === 'failing') return true
  const counts = said.some(s => /\[(?:Not)?Ready\]/.test(s.evidence.at)) || (found.object !== undefined && isOfOperator(found.object))
  return counts && isLasting(found, said, facts)
}

const lastingMs = 10 * 60_000
const onTheWay = /progress|pending|issuing|creating|reconcil|waiting|provision|initial|starting|doesnotexist/i

/** Objects of other controllers are often not ready for a while, and say that they are on their way. */
function isLasting(found: Found, [first]: readonly Statement[], { now }: Pick<Facts, 'now'>): boolean {
  if (isFluxGroup(found.ref.group) || !first) return false
  const waited = above(found).some(f => statementsOf(f).some(s => /HealthCheck/.test(s.reason) || /timed? ?out/i.test(s.message)))
  const condition = allConditions(found.object).find(c => first.evidence.at.endsWith(`[${c.type}]`))
  const since = Date.parse(condition?.lastTransitionTime ?? found.object?.metadata.creationTimestamp ?? '')
  return waited || now - since > lastingMs || !onTheWay.test(first.reason)
}
