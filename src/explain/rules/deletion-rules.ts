import { isFluxGroup } from '../../engine/controllers.ts'
import { conditionsOf, printRef } from '../../kinds/manifest.ts'
import {
  above,
  below,
  eventEvidence,
  type Evidence,
  type Facts,
  fieldEvidence,
  type Finding,
  type Found,
  healthOf,
  type Rule,
  textAt,
  warning,
} from '../facts.ts'
import { statementsOf } from '../statements.ts'
import { setups } from '../wordings/setups.ts'
import { heard } from '../wordings/wording.ts'

const patienceMs = 60_000

/** A pod on its way out that does not go. */
export const stuckPodRule: Rule = (pod, facts) => {
  const since = pod.object?.metadata.deletionTimestamp
  if (pod.ref.kind !== 'Pod' || since === undefined || facts.now - Date.parse(since) < patienceMs) return []
  if ((pod.object?.metadata.finalizers ?? []).length > 0) return []
  const event = warning(pod, /^FailedKillPod$/)
  if (!event && (below(pod, facts, 'node').length > 0 || above(pod).some(f => f.ref.kind !== 'Pod'))) return []
  if (pod.parent && healthOf(pod.parent, facts.now) === 'well') return []
  const words = event && heard(setups, event.message, pod.ref.namespace)
  return [
    {
      name: 'PodStuckTerminating',
      what: event ? 'the pod was deleted and its node cannot end it' : 'the pod was deleted and its node does not confirm that it ended',
      fix: words?.fix ?? 'look at the node; kubectl delete pod --force removes it once the node is surely gone',
      evidence: [...(event ? [eventEvidence(pod, event)] : []), fieldEvidence(pod, 'metadata.deletionTimestamp', since)],
      strength: 0.8,
    },
  ]
}

const claimProtection = 'kubernetes.io/pvc-protection'
/** Finalizers that Kubernetes itself takes off in time. */
const builtin = /^(foregroundDeletion|orphan|kubernetes|kubernetes\.io\/.*|.*\.kubernetes\.io\/.*|batch\.kubernetes\.io\/.*)$/

/** An object that was deleted and that a finalizer holds. */
export const finalizerRule: Rule = (found, facts) => {
  const { object, ref } = found
  const since = object?.metadata.deletionTimestamp
  const finalizers = object?.metadata.finalizers ?? []
  if (!object || since === undefined || finalizers.length === 0 || ref.kind === 'Namespace') return []
  const isLong = facts.now - Date.parse(since) > patienceMs
  const users = usersOf(found, facts)
  if (users.length > 0) return isLong ? [inUse(found, users)] : []
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

/** The pods that use a claim that was deleted. */
function usersOf(found: Found, facts: Facts): Found[] {
  return found.object?.metadata.finalizers?.includes(claimProtection) ? below(found, facts, 'user') : []
}

function inUse({ ref, object }: Found, users: readonly Found[]): Finding {
  const [first] = users
  const more = users.length > 1 ? ` and ${users.length - 1} more` : ''
  return {
    name: 'ClaimInUse',
    what: `${ref.kind} ${ref.name} was deleted and stays as long as a pod uses it: ${first?.ref.name ?? ''}${more}`,
    fix: `stop Pod ${first?.ref.name ?? ''}${more} (what makes it, too, or it comes back): the finalizer then leaves by itself`,
    evidence: [
      { object: printRef(ref), at: 'metadata.finalizers', quote: (object?.metadata.finalizers ?? []).join(', ') },
      ...users.slice(0, 2).map(f => fieldEvidence(f, 'spec.volumes[].persistentVolumeClaim.claimName', ref.name)),
    ],
    strength: 0.9,
  }
}

interface Holder {
  readonly type: string
  readonly what: string
  readonly fix: string
}

const unheld = { what: '', fix: 'wait until it is gone and let it be made again, or apply to another namespace' }
/** What holds a namespace, by the condition that says so: what tells most first. */
const holders: readonly Holder[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    what: '; an API that does not answer holds it',
    fix: 'repair or delete the APIService that the condition names, then the deletion goes on',
  },
  {
    type: 'NamespaceFinalizersRemaining',
    what: '; finalizers of what is left hold it',
    fix: 'let the controllers of the objects that the condition names finish, or clear their finalizers; then let the namespace be made again',
  },
  {
    type: 'NamespaceDeletionContentFailure',
    what: '; what is in it cannot be deleted',
    fix: 'correct what the condition names (rights, a webhook, an API that does not answer), then the deletion goes on',
  },
  {
    type: 'NamespaceContentRemaining',
    what: '; what is left in it is not gone yet',
    fix: 'look at why what the condition names does not end (explain on such an object tells), then let the namespace be made again',
  },
]

/** A namespace on its way out: what holds it stands in its conditions. */
export const namespaceRule: Rule = (found, facts) => {
  if (found.ref.kind !== 'Namespace' || !found.object) return []
  const terminating = textAt(found, 'status', 'phase') === 'Terminating' || found.object.metadata.deletionTimestamp !== undefined
  if (!terminating) return []
  const held = conditionsOf(found.object).filter(c => c.status === 'True' && /Remaining|Failure/.test(c.type))
  const since = Date.parse(found.object.metadata.deletionTimestamp ?? '')
  const isLong = facts.now - since > patienceMs
  const isHeld = held.some(c => c.type !== 'NamespaceContentRemaining')
  if (found.role === undefined && !isHeld && !isLong) return []
  const evidence: Evidence[] = [
    ...held.map(c => fieldEvidence(found, `status.conditions[${c.type}]`, c.message)),
    fieldEvidence(found, 'status.phase', 'Terminating'),
  ]
  return [ending(found, evidence, holders.find(h => held.some(c => c.type === h.type)) ?? unheld)]
}

function ending(found: Found, evidence: Evidence[], { what, fix }: Pick<Holder, 'what' | 'fix'>): Finding {
  return {
    name: 'NamespaceTerminating',
    what: `namespace ${found.ref.name} is being deleted, so nothing new may be made in it${what}`,
    fix,
    evidence,
    strength: 1,
  }
}
