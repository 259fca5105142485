import { printRef } from '../../kinds/manifest.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import { isUnhandled } from '../leads/operator-leads.ts'
import { below, fieldEvidence, type Finding, type Found, type Rule } from '../facts.ts'
import { namedIn } from '../named.ts'
import { statementsOf, warnedBy } from '../statements.ts'
import { operators } from '../wordings/operators.ts'
import { heard } from '../wordings/wording.ts'

/** An object that an expression of the Kustomization above it finds failed, or not there yet, when the wait for it has ended. */
export const healthExpressionRule: Rule = found => {
  const { judged, parent, ref } = found
  if (!judged || !parent || !statementsOf(parent).some(s => /HealthCheck/.test(s.reason))) return []
  const name = `${ref.kind} ${ref.name}`
  const said = {
    failed: `${name} is failed by the expression ${judged.field}, which holds for it`,
    inProgress: `${name} is still in progress by the expression ${judged.field}, which holds for it`,
    current: `${name} is not healthy by the expression ${judged.field}, which does not hold for it`,
    unknown: `the expressions of ${judged.field} cannot be evaluated over ${name}`,
  }[judged.by]
  return [
    {
      name: judged.by === 'unknown' ? 'HealthExpressionInvalid' : 'HealthExpressionFailed',
      what: said,
      fix:
        judged.by === 'unknown'
          ? `correct ${judged.field} so that it holds for objects that lack the field (has(status.x) && …)`
          : `make ${name} what the expression asks (get_object tells its conditions and events), or correct ${judged.field}`,
      evidence: [
        fieldEvidence(parent, judged.field, judged.text),
        fieldEvidence(found, 'values', judged.saw),
        ...statementsOf(found).map(s => s.evidence),
      ],
      strength: judged.by === 'inProgress' || judged.by === 'current' ? 0.6 : 0.9,
    },
  ]
}

/** What a health check waits for and what is not there. */
export const healthTargetRule: Rule = (found, facts) => {
  const [statement] = statementsOf(found)
  if (!statement || !/HealthCheck/.test(statement.reason)) return []
  return [...statement.message.matchAll(/([A-Z]\w*\/\S+) status: '?NotFound/g)]
    .slice(0, 3)
    .flatMap(([, text = '']) => absent(found, text, below(found, facts)))
}

function absent(found: Found, text: string, children: readonly Found[]): Finding[] {
  const [named] = namedIn(text, 1)
  const child = children.find(f => printRef(f.ref) === text)
  if (!named || child?.object) return []
  const asked = listAt(found.object, 'spec', 'healthChecks').some(
    h => stringAt(h, 'name') === named.name && stringAt(h, 'kind') === named.kind,
  )
  return [
    {
      name: 'ObjectMissing',
      what: `${text}, which ${asked ? 'spec.healthChecks names' : 'was applied'}, does not exist`,
      fix: asked
        ? 'correct the entry in spec.healthChecks (kind, namespace, name), or add the object to what is applied'
        : 'find out who deletes the object after it was applied (its events, another controller), or take it out of the manifests',
      subject: child?.ref,
      evidence: [
        ...statementsOf(found)
          .slice(0, 1)
          .map(s => s.evidence),
        ...(child ? [fieldEvidence(child, '(lookup)', 'not found')] : []),
      ],
      strength: 0.9,
    },
  ]
}

/** An object that should make a Secret and says why it does not; what it takes it from may say so first. */
export const makerRule: Rule = (found, facts) => {
  const [statement] = statementsOf(found)
  if (found.role !== 'maker' || !statement) return []
  if (below(found, facts, 'issuer').some(f => !f.object || statementsOf(f).length > 0)) return []
  const { kind, name, namespace } = found.ref
  const more = warnedBy(found, statement)
  const words = heard(operators, [statement.message, more?.message ?? ''].join('\n'), namespace)
  return [
    {
      name: words?.name ?? 'SecretNotMade',
      what: `${kind} ${name} should make the Secret that is missing, and fails${words ? `: ${words.what}` : ''}`,
      fix: words?.fix ?? `correct what ${kind} ${name} says: the key or store that it names, or the rights to read it`,
      evidence: [
        statement.evidence,
        ...(more ? [more.evidence] : []),
        ...(found.parent ? [fieldEvidence(found.parent, '(lookup)', 'not found')] : []),
      ],
      strength: 1,
    },
  ]
}

const lookedAt = new Set([undefined, 'maker', 'named'])

/** An object that should make a Secret, and that no operator has looked at. That of sealed Secrets may be set to write no status. */
export const unhandledMakerRule: Rule = (found, { now }) => {
  const { kind, name, group } = found.ref
  const isQuiet = kind === 'SealedSecret' && found.role !== 'maker'
  if (!lookedAt.has(found.role) || isQuiet || !isUnhandled(found, now)) return []
  return [
    {
      name: 'NoController',
      what: `no operator has looked at ${kind} ${name}, so it makes no Secret: it has no status`,
      fix: `bring the operator of ${group} back (its pods and their logs say why it does not run), or install it`,
      evidence: [
        fieldEvidence(found, 'status', '(empty)'),
        ...(found.role === 'maker' && found.parent ? [fieldEvidence(found.parent, '(lookup)', 'not found')] : []),
      ],
      strength: 0.95,
    },
  ]
}
