import { at } from '../../lib/json.ts'
import { conditionsOf } from '../../kinds/manifest.ts'
import {
  below,
  conditionEvidence,
  eventEvidence,
  type Evidence,
  type Facts,
  fieldEvidence,
  type Found,
  isOver,
  isYoung,
  type Rule,
  textAt,
  warning,
} from '../facts.ts'
import { statementsOf, timedOut } from '../statements.ts'
import { refusals } from '../wordings/refusals.ts'
import { heard, type Wording } from '../wordings/wording.ts'

/** What binders say of a volume that is named or missing: it tells more than a refusal. */
const bindings: readonly Wording[] = [
  {
    name: 'StorageClassMissing',
    says: /storageclass(?:es)?\S* "(?<class>[\w.-]+)" not found/i,
    what: 'StorageClass {class|of the claim} does not exist',
    fix: 'create StorageClass {class|of the claim}, or make the claim again with a storageClassName that exists',
    subject: { group: 'storage.k8s.io', kind: 'StorageClass', name: 'class', namespace: '-' },
  },
  {
    name: 'VolumeTaken',
    says: /volume "(?<volume>[\w.-]+)" (?:is )?already bound to a different claim/i,
    what: 'volume {volume|that it names} belongs to another claim, or to one that is gone',
    fix: 'when that claim is gone, clear spec.claimRef of PersistentVolume {volume|that it names} (its data stay); else name another volume in spec.volumeName',
  },
  {
    name: 'VolumeMissing',
    says: /no persistent volumes available|no volume plugin matched|no storage class is set|cannot find matching/i,
    what: 'no PersistentVolume fits the claim, and no storage class makes one',
    fix: 'set storageClassName (or mark a StorageClass as the default), or create a PersistentVolume of that size and access mode',
  },
]
/** What drivers say that make volumes. */
const provisionings: readonly Wording[] = [
  {
    name: 'ProvisioningFailed',
    says: /MULTI_NODE_\w+|access ?modes?\b[^\n]{0,60}(?:not (?:be )?supported|unsupported|invalid)|only AccessModes/i,
    what: 'the storage driver makes no volume of the access mode that the claim asks for',
    fix: 'make the claim again with accessModes that the driver has (disks: ReadWriteOnce), or with a StorageClass of shared files',
  },
  {
    name: 'ProvisioningFailed',
    says: /no EC2 IMDS role|(?:get|refresh|retrieve|find|load)\w* (?:\w+ )?credentials|UnauthorizedOperation|not authorized to perform|AccessDenied|AuthorizationFailed|InvalidClientTokenId|insufficient (?:authentication scopes|permissions?)|required '[\w.]+' permission/i,
    what: 'the storage driver has no credentials or no rights at the provider',
    fix: 'give the service account of the storage driver its role at the provider (annotation and trust of the role, or its credentials Secret), with the right that the event names',
  },
  {
    name: 'ProvisioningFailed',
    says: /fail(?:ed|ure) to provision|provision|rpc error|exceed|quota/i,
    what: 'the storage driver could not make the volume',
    fix: 'correct what the event names: parameters of the StorageClass, size, access mode, or the driver with its rights and quota at the provider',
  },
]

/** A claim that does not bind. One that waits for its first pod is well. */
export const claimRule: Rule = (claim, facts) => {
  const phase = textAt(claim, 'status', 'phase') ?? 'Pending'
  if (claim.ref.kind !== 'PersistentVolumeClaim' || !claim.object || phase === 'Bound') return []
  if (phase === 'Lost')
    return [
      {
        name: 'VolumeLost',
        what: 'the volume that the claim was bound to is gone',
        fix: 'restore the volume from a backup, or make the claim again',
        evidence: [fieldEvidence(claim, 'status.phase', phase)],
        strength: 1,
      },
    ]
  const event = warning(claim, /^(ProvisioningFailed|FailedBinding|ClaimMisbound|VolumeMismatch|FailedProvisioning)$/) ?? unbindable(claim)
  const over =
    event &&
    isOver(claim, event, /^(Provisioning|ProvisioningSucceeded|WaitForFirstConsumer|ExternalProvisioning)$/) &&
    facts.now - event.at < 30_000
  const place: Evidence = fieldEvidence(
    claim,
    'status.phase',
    `${phase}, storageClassName: ${textAt(claim, 'spec', 'storageClassName') ?? '(none)'}`,
  )
  if (event && !over) {
    const words = heard([...bindings, ...refusals, ...provisionings], event.message, undefined)
    return [
      {
        name: words?.name ?? 'ClaimPending',
        what: `PersistentVolumeClaim ${claim.ref.name} does not bind: ${words?.what ?? event.reason}`,
        fix: words?.fix ?? 'correct what the event names',
        subject: words?.subject,
        evidence: [eventEvidence(claim, event), place, ...(words?.name === 'VolumeTaken' ? takenBy(claim, facts) : [])],
        strength: 1,
      },
    ]
  }
  return withoutClass(claim, facts.all) ? [noClass(claim, place)] : []
}

/** Whose the volume is that a claim names. */
function takenBy(claim: Found, { all }: Facts): Evidence[] {
  const name = textAt(claim, 'spec', 'volumeName')
  return all
    .filter(f => f.ref.kind === 'PersistentVolume' && f.ref.name === name && f.object)
    .map(volume => {
      const owner = ['namespace', 'name'].map(key => textAt(volume, 'spec', 'claimRef', key) ?? '').join('/')
      return fieldEvidence(volume, 'spec.claimRef', `${owner}, status.phase: ${textAt(volume, 'status', 'phase') ?? ''}`)
    })
}

/** How long a volume may take to be made. */
export const makingMs = 120_000

/** Whether the volume of a claim that was made just now is being made, or will be by its class, and nobody says that it cannot be. */
export function isBeingBound(claim: Found, facts: Facts): boolean {
  const isPending = (textAt(claim, 'status', 'phase') ?? 'Pending') === 'Pending'
  const isServed = claim.events.length > 0 || below(claim, facts, 'storage class').some(f => f.object)
  const isRefused = claim.events.some(e => e.type !== 'Normal' || e.reason === 'FailedBinding')
  return isPending && isServed && !isRefused && isYoung(claim, facts.now, makingMs)
}

/** The binder says some of its bad news in events of type Normal. */
function unbindable(claim: Found): ReturnType<typeof warning> {
  return claim.events.find(e => e.reason === 'FailedBinding')
}

/** A claim that names no class, in a cluster without a default one, and no volume of its name. */
function withoutClass(claim: Found, all: readonly Found[]): boolean {
  const named = at(claim.object, 'spec', 'storageClassName')
  const classes = all.filter(f => f.parent === claim && f.role === 'storage class' && f.object)
  const hasDefault = classes.some(f => f.object?.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true')
  return (named === undefined || named === '') && !hasDefault && classes.length > 0 && at(claim.object, 'spec', 'volumeName') === undefined
}

function noClass(claim: Found, place: Evidence): ReturnType<Rule>[number] {
  return {
    name: 'VolumeMissing',
    what: `PersistentVolumeClaim ${claim.ref.name} names no storage class and the cluster has no default one`,
    fix: 'set storageClassName, or mark a StorageClass as the default',
    evidence: [place],
    strength: 0.7,
  }
}

const silentMs = 10 * 60_000

/** A claim that should have bound by itself, while nobody says why it does not any more. One of a class that waits for a pod is well. */
export const silentClaimRule: Rule = (claim, facts) => {
  if (claim.ref.kind !== 'PersistentVolumeClaim' || textAt(claim, 'status', 'phase') !== 'Pending') return []
  const [storage] = below(claim, facts, 'storage class').filter(f => f.object)
  const age = facts.now - Date.parse(claim.object?.metadata.creationTimestamp ?? '')
  const waits = claim.events.some(e => e.reason === 'WaitForFirstConsumer' || e.reason === 'WaitForPodScheduled')
  if (!storage || waits || textAt(storage, 'volumeBindingMode') === 'WaitForFirstConsumer' || !(age > silentMs)) return []
  return [
    {
      name: 'ClaimPending',
      what: `PersistentVolumeClaim ${claim.ref.name} does not bind; no event says why any more`,
      fix: `check that the provisioner of StorageClass ${storage.ref.name} runs (its log says why), or provide a volume of that class, size and access mode`,
      evidence: [
        fieldEvidence(claim, 'status.phase', `Pending, storageClassName: ${storage.ref.name}`),
        fieldEvidence(storage, 'provisioner', textAt(storage, 'provisioner') ?? ''),
      ],
      strength: 0.62,
    },
  ]
}

/** A claim that something waits for, though it binds only once a pod uses it and none does. */
export const unusedClaimRule: Rule = claim => {
  const { ref } = claim
  if (ref.kind !== 'PersistentVolumeClaim' || textAt(claim, 'status', 'phase') !== 'Pending') return []
  const [last] = claim.events.toSorted((a, b) => b.at - a.at)
  if (last?.reason !== 'WaitForFirstConsumer' || !wasWaitedFor(claim)) return []
  return [
    {
      name: 'ClaimUnused',
      what: `PersistentVolumeClaim ${ref.name} is waited for, and binds only once a pod uses it: none does`,
      fix: `apply a pod that mounts claim ${ref.name}, leave the claim out of what is waited for, or give it a StorageClass with volumeBindingMode Immediate`,
      evidence: [eventEvidence(claim, last), fieldEvidence(claim, 'status.phase', 'Pending')],
      strength: 0.7,
    },
  ]
}

/** Whether who applied an object waited for it until its time was over: Helm does not say for what. */
function wasWaitedFor({ parent, role }: Found): boolean {
  const isMeant = role === 'named' || (role === 'contained' && parent?.ref.kind === 'HelmRelease')
  return isMeant && parent !== undefined && statementsOf(parent).some(timedOut)
}

/** A claim that has its volume, and should get a larger one: the latest event says why it does not, or a condition. */
export const resizeRule: Rule = claim => {
  if (claim.ref.kind !== 'PersistentVolumeClaim') return []
  const condition = conditionsOf(claim.object).find(c => c.type.endsWith('ResizeError') && c.status === 'True')
  const event = warning(claim, /^(?:VolumeResizeFailed|FileSystemResizeFailed)$/)
  const over = event && isOver(claim, event, /^(?:VolumeResizeSuccessful|FileSystemResizeSuccessful)$/)
  const said = event && !over ? [eventEvidence(claim, event)] : condition ? conditionEvidence(claim, condition.type) : []
  if (said.length === 0) return []
  return [
    {
      name: 'VolumeResizeFailed',
      what: `the volume of PersistentVolumeClaim ${claim.ref.name} cannot be made as large as the claim asks`,
      fix: 'correct what the message names: the size in spec.resources.requests.storage, allowVolumeExpansion of the StorageClass, or the rights and limits of the driver (some let a volume grow only once in some hours: wait)',
      evidence: [
        ...said,
        fieldEvidence(claim, 'spec.resources.requests.storage', textAt(claim, 'spec', 'resources', 'requests', 'storage') ?? ''),
      ],
      strength: 0.95,
    },
  ]
}

/** A provisioner that a class names and that does not act: it was waited for often, or long ago. */
export const provisionerRule: Rule = (found, facts) => {
  const claim = found.ref.kind === 'PersistentVolumeClaim' && textAt(found, 'status', 'phase') !== 'Bound' ? found : undefined
  const waits = claim?.events.find(e => e.reason === 'ExternalProvisioning')
  if (!claim || !waits || warning(claim, /ProvisioningFailed|FailedBinding/)) return []
  if (waits.count < 10 && (waits.at === 0 || facts.now - waits.at < silentMs)) return []
  const [, asked] = /external provisioner '([^']+)'/.exec(waits.message) ?? []
  const driver = asked ?? below(claim, facts, 'storage class').map(f => textAt(f, 'provisioner'))[0]
  return [
    {
      name: 'ProvisionerSilent',
      what: `PersistentVolumeClaim ${claim.ref.name} waits for a provisioner that does not answer`,
      fix: `check that the driver ${driver && /^[\w./-]+$/.test(driver) ? driver : 'of its StorageClass'} is installed and runs`,
      evidence: [eventEvidence(claim, waits)],
      strength: 0.8,
    },
  ]
}
