import { conditionOf } from '../../kinds/manifest.ts'
import { at } from '../../lib/json.ts'
import { conditionEvidence, eventEvidence, fieldEvidence, type Rule, warning } from '../facts.ts'

/** A disruption budget that cannot count its pods: it lets none of them be evicted. */
export const budgetRule: Rule = budget => {
  const allowed = conditionOf(budget.object, 'DisruptionAllowed')
  if (budget.ref.kind !== 'PodDisruptionBudget' || allowed?.status !== 'False' || allowed.reason !== 'SyncFailed') return []
  return [
    {
      name: 'BudgetUncounted',
      what: `PodDisruptionBudget ${budget.ref.name} cannot count its pods, so it lets none of them be evicted`,
      fix: 'correct what the message names: narrow spec.selector to the pods of one workload that has a scale; pods of anything else (a Job, none) can only be counted with minAvailable as a number',
      evidence: conditionEvidence(budget, 'DisruptionAllowed'),
      strength: 0.95,
    },
  ]
}

/** A node that should be emptied, while a disruption budget lets a pod on it not go. */
export const drainRule: Rule = node => {
  const isLeaving = node.object?.metadata.deletionTimestamp !== undefined || at(node.object, 'spec', 'unschedulable') === true
  if (node.ref.kind !== 'Node' || !isLeaving) return []
  const event = warning(node, /Drain|Evict|ScaleDown|Disruption/i, /\bPDBs?\b|disruption ?budget/i)
  if (!event) return []
  const held = (node.object?.metadata.finalizers ?? []).join(', ')
  return [
    {
      name: 'DrainBlocked',
      what: `node ${node.ref.name} cannot be drained: a PodDisruptionBudget does not let a pod go`,
      fix: 'let the budget of that pod allow an eviction (disruptionsAllowed above 0): more ready replicas than minAvailable asks for, or maxUnavailable: 1',
      evidence: [eventEvidence(node, event), ...(held === '' ? [] : [fieldEvidence(node, 'metadata.finalizers', held)])],
      strength: 0.95,
    },
  ]
}
