import { isFluxGroup } from '../../engine/controllers.ts'
import { conditionsOf } from '../../kinds/manifest.ts'
import { type Evidence, fieldEvidence, type Finding, type Found, type Rule, textAt } from '../facts.ts'
import { statementsOf } from '../statements.ts'

const patienceMs = 60_000
/** Finalizers that Kubernetes itself takes off in time. */
const builtin = /^(foregroundDeletion|orphan|kubernetes|kubernetes\.io\/.*|.*\.kubernetes\.io\/.*|batch\.kubernetes\.io\/.*)$/

/** An object that was deleted and that a finalizer holds. */
export const finalizerRule: Rule = (found, facts) => {
  const { object, ref } = found
  const since = object?.metadata.deletionTimestamp
  const finalizers = object?.metadata.finalizers ?? []
  if (!object || since === undefined || finalizers.length === 0 || ref.kind === 'Namespace') return []
  const isLong = facts.now - Date.parse(since) > patienceMs
  const foreign = finalizers.filter(f => !builtin.test(f) && !f.startsWith('finalizers.fluxcd.io'))
  const unserved = isFluxGroup(ref.group) && facts.isServed(ref) === false
  if (!isLong && foreign.length === 0 && !unserved) return []
  const failing = statementsOf(found)[0]
  return [
    {
      name: 'FinalizerStuck',
      what: `${ref.kind} ${ref.name} was deleted and a finalizer holds it${unserved ? ': the controller that takes it off does not run' : ''}`,
      fix: unserved
        ? 'start the controller, or remove the finalizer by a patch when what it cleans up is surely gone'
        : 'make the controller that owns the finalizer finish; remove the finalizer by a patch only when what it cleans up is surely gone',
      evidence: [
        fieldEvidence(found, 'metadata.finalizers', finalizers.join(', ')),
        fieldEvidence(found, 'metadata.deletionTimestamp', since),
        ...(failing ? [failing.evidence] : []),
      ],
      strength: foreign.length > 0 || unserved ? 0.9 : 0.8,
    },
  ]
}

/** A namespace on its way out: what holds it stands in its conditions. */
export const namespaceRule: Rule = (found, facts) => {
  if (found.ref.kind !== 'Namespace' || !found.object) return []
  const terminating = textAt(found, 'status', 'phase') === 'Terminating' || found.object.metadata.deletionTimestamp !== undefined
  if (!terminating) return []
  const held = conditionsOf(found.object).filter(c => c.status === 'True' && /Remaining|Failure/.test(c.type))
  const since = Date.parse(found.object.metadata.deletionTimestamp ?? '')
  const isLong = facts.now - since > patienceMs
  if (found.role === undefined && held.length === 0 && !isLong) return []
  const evidence: Evidence[] = [
    ...held.map(c => fieldEvidence(found, `status.conditions[${c.type}]`, c.message)),
    fieldEvidence(found, 'status.phase', 'Terminating'),
  ]
  return [
    ending(
      found,
      evidence,
      held.some(c => c.type === 'NamespaceDeletionDiscoveryFailure'),
    ),
  ]
}

function ending(found: Found, evidence: Evidence[], undiscovered: boolean): Finding {
  const held = evidence.length > 1
  return {
    name: 'NamespaceTerminating',
    what: `namespace ${found.ref.name} is being deleted, so nothing new may be made in it${held ? (undiscovered ? '; an API that does not answer holds it' : '; finalizers of what is left hold it') : ''}`,
    fix: undiscovered
      ? 'repair or delete the APIService that the condition names, then the deletion goes on'
      : held
        ? 'let the controllers of the objects that the condition names finish, or clear their finalizers; then let the namespace be made again'
        : 'wait until it is gone and let it be made again, or apply to another namespace',
    evidence,
    strength: 1,
  }
}
