import { conditionOf, type ObjectRef } from '../../kinds/manifest.ts'
import { at, listAt, stringAt } from '../../lib/json.ts'
import {
  below,
  conditionEvidence,
  eventEvidence,
  type Facts,
  fieldEvidence,
  type Finding,
  type Found,
  type Happening,
  healthOf,
  isOver,
  isYoung,
  type Rule,
  textAt,
  warning,
} from '../facts.ts'
import { referencesOf } from '../references.ts'
import { missing } from '../wordings/fetches.ts'
import { crashes } from '../wordings/crashes.ts'
import { schedulings } from '../wordings/pods.ts'
import { setups } from '../wordings/setups.ts'
import { heard } from '../wordings/wording.ts'
import { type Container, containersOf } from './container-rules.ts'
import { holdsSince, logEvidence, tellingLines } from './endings.ts'
import { isDetaching } from './reference-rules.ts'
import { isBeingBound, makingMs } from './storage-rules.ts'

const isPod = ({ ref, object }: Found): boolean => ref.kind === 'Pod' && object !== undefined && !object.metadata.deletionTimestamp

/** A pod without a node: its condition says so, or the scheduler's last event. */
export const schedulingRule: Rule = (pod, facts) => {
  if (!isPod(pod) || textAt(pod, 'spec', 'nodeName') || (textAt(pod, 'status', 'phase') ?? 'Pending') !== 'Pending') return []
  const scheduled = conditionOf(pod.object, 'PodScheduled')
  if (scheduled?.status === 'True') return []
  if (scheduled?.reason === 'SchedulingGated') return [gated(pod)]
  const event = warning(pod, /^FailedScheduling$/)
  const message = scheduled?.status === 'False' && scheduled.message ? scheduled.message : event?.message
  if (message === undefined && scheduled === undefined) return unseen(pod, facts.now)
  if (message === undefined || pod.events.some(e => e.reason === 'TriggeredScaleUp' && e.at >= (event?.at ?? 0))) return []
  const words = heard(schedulings, essential(message, pod.parent?.ref.kind === 'DaemonSet'), pod.ref.namespace)
  if (words?.name === 'ClaimUnbound' && claimsAreMade(pod, facts)) return []
  return [
    {
      name: words?.name ?? 'Unschedulable',
      what: `the pod gets no node: ${words?.what ?? 'the scheduler finds none that fits'}`,
      fix: words?.fix ?? 'change what the pod asks for, or add nodes that have it',
      subject: words?.subject,
      evidence: [
        ...conditionEvidence(pod, 'PodScheduled'),
        ...(event && event.message !== scheduled?.message ? [eventEvidence(pod, event)] : []),
      ],
      strength: words?.name === 'ClaimUnbound' ? 0.6 : 1,
    },
  ]
}

const schedulerMs = 120_000

/** A pod that its scheduler has never looked at. */
function unseen(pod: Found, now: number): Finding[] {
  const isPlaced = listAt(pod.object, 'status', 'containerStatuses').length > 0
  if (isPlaced || isYoung(pod, now, schedulerMs) || pod.events.length > 0) return []
  const asked = textAt(pod, 'spec', 'schedulerName')
  const isOwn = asked !== undefined && asked !== 'default-scheduler' && /^[\w.-]+$/.test(asked)
  return [
    {
      name: 'SchedulerSilent',
      what: `${isOwn ? `scheduler ${asked}` : 'the scheduler'} has never looked at the pod`,
      fix: isOwn
        ? `run scheduler ${asked} (its pods and their logs), or take spec.schedulerName out of the pod template so that the default scheduler places the pod`
        : 'check that kube-scheduler runs (its pod in kube-system, and its log)',
      evidence: [
        fieldEvidence(pod, 'spec.schedulerName', asked ?? 'default-scheduler'),
        fieldEvidence(pod, 'status.conditions[PodScheduled]', '(none)'),
      ],
      strength: 0.8,
    },
  ]
}

/** Whether all claims that a pod waits for were made just now. */
function claimsAreMade(pod: Found, facts: Facts): boolean {
  const names = listAt(pod.object, 'spec', 'volumes').flatMap(v => stringAt(v, 'persistentVolumeClaim', 'claimName') ?? [])
  const claims = facts.all.filter(
    f => f.ref.kind === 'PersistentVolumeClaim' && f.ref.namespace === pod.ref.namespace && names.includes(f.ref.name),
  )
  const open = claims.filter(c => textAt(c, 'status', 'phase') !== 'Bound')
  return open.length > 0 && isYoung(pod, facts.now, makingMs) && open.every(c => isBeingBound(c, facts))
}

function gated(pod: Found): Finding {
  return {
    name: 'SchedulingGated',
    what: 'the pod has scheduling gates, and nobody takes them off',
    fix: 'remove spec.schedulingGates, or start the controller that owns them',
    evidence: conditionEvidence(pod, 'PodScheduled'),
    strength: 0.9,
  }
}

/** What most nodes lack: taints of control planes, what preemption says, and for pods that belong to one node the others, are beside the point. */
function essential(message: string, isOfOneNode: boolean): string {
  const [, list = message] = /nodes? (?:is|are) available: ([\s\S]*?)(?:\.? preemption:[\s\S]*)?$/.exec(message) ?? []
  const parts = list.split(/,\s+(?=\d+ )/)
  const aside = isOfOneNode
    ? /control-plane|node-role\.kubernetes\.io\/master|affinity/i
    : /control-plane|node-role\.kubernetes\.io\/master/
  const telling = parts.filter(p => !aside.test(p))
  const ranked = (telling.length > 0 ? telling : parts).toSorted((a, b) => countOf(b) - countOf(a))
  const ports = ranked.find(p => /free ports|persistentvolumeclaim|unbound/i.test(p))
  return ports ?? ranked[0] ?? message
}

function countOf(part: string): number {
  return Number.parseInt(/\d+/.exec(part)?.[0] ?? '1', 10)
}

const passing = /failed to sync (?:configmap|secret) cache|object .* not registered|timed out waiting for the condition$/i
const setupReasons =
  /^(FailedMount|FailedAttachVolume|FailedCreatePodSandBox|FailedCreatePodContainer|NetworkNotReady|FailedMapVolume|FailedMountOnFilesystemMismatch|NodePublishError)$/
/** What says only that volumes are not there yet counts once it is said again and again. */
const persistent = 4

/** The last event that tells why a pod is not set up; one that only tells of the time is left for last. */
function setupEvent(pod: Found): Happening | undefined {
  const telling = warning(pod, setupReasons, new RegExp(`^(?![\\s\\S]*(?:${passing.source}))`, 'i'))
  const late = warning(pod, setupReasons, /unmounted volumes/)
  return telling ?? (late && late.count >= persistent ? late : undefined)
}

/** A pod on its node whose volumes or network do not come up. */
export const setupRule: Rule = (pod, facts) => {
  const waits = listAt(pod.object, 'status', 'containerStatuses').map(c => stringAt(c, 'state', 'waiting', 'reason'))
  if (!isPod(pod) || textAt(pod, 'status', 'phase') !== 'Pending' || waits.some(w => w !== undefined && !/Creating|Initializing/.test(w)))
    return []
  const event = setupEvent(pod)
  if (!event || isOver(pod, event, /^(SuccessfulMountVolume|SuccessfulAttachVolume|Pulling|Pulled|Created|Started)$/)) return []
  const words = heard([...missing, ...setups], event.message, pod.ref.namespace)
  if (words?.name === 'VolumeInUse' && isDetaching(pod, facts.now) && !/used by pod/.test(event.message)) return []
  const source = volumeSource(pod, event.message)
  const named = (text: string): string => (source ? text.replace('that it names', source.name) : text)
  return [
    {
      name: words?.name ?? (event.reason.includes('SandBox') ? 'PodSandboxFailed' : 'VolumeMountFailed'),
      what: `the pod cannot be set up on its node: ${named(words?.what ?? event.reason)}`,
      fix: named(words?.fix ?? 'correct what the event names'),
      subject: words?.subject ?? source,
      evidence: [eventEvidence(pod, event)],
      strength: 0.95,
    },
  ]
}

const silentMs = 10 * 60_000

/** A pod that has its node for long and does not come up, while nobody says why any more: events last an hour. */
export const silentPodRule: Rule = (pod, facts) => {
  const waits = listAt(pod.object, 'status', 'containerStatuses').map(c => stringAt(c, 'state', 'waiting', 'reason') ?? '')
  const age = facts.now - Date.parse(pod.object?.metadata.creationTimestamp ?? '')
  if (!isPod(pod) || textAt(pod, 'status', 'phase') !== 'Pending' || !textAt(pod, 'spec', 'nodeName') || !(age > silentMs)) return []
  const held = containersOf(pod).find(c => holdsSince(c, facts.now) !== undefined)
  if (held) return [initHolds(held, holdsSince(held, facts.now) ?? '')]
  return [
    {
      name: 'PodNotStarting',
      what: `the pod has a node (${textAt(pod, 'spec', 'nodeName')}) and its containers do not start; no event says why any more`,
      fix: 'look at its volumes, its network and the kubelet of that node; delete the pod so that a new one says why in its events',
      evidence: [
        fieldEvidence(pod, 'status.containerStatuses[].state.waiting', waits.filter(Boolean).join(', ') || '(no status yet)'),
        fieldEvidence(pod, 'metadata.creationTimestamp', pod.object?.metadata.creationTimestamp ?? ''),
      ],
      strength: 0.45,
    },
  ]
}

/** An init container that runs on: what it waits for does not come. */
function initHolds({ pod, name, at: place }: Container, since: string): Finding {
  const lines = logEvidence(pod, name)
  const why = heard(crashes, tellingLines(pod, name).join('\n'), undefined)
  return {
    name: 'InitContainerWaits',
    what: `init container ${name} does not end, so the containers of the pod do not start${why ? `: ${why.what}` : ''}`,
    fix: why?.fix ?? `make what init container ${name} waits for come (its log says what), or correct its command`,
    evidence: [fieldEvidence(pod, `${place}.state.running.startedAt`, since), ...lines],
    strength: 0.7,
  }
}

/** The ConfigMap or Secret behind a volume whose key is missing: the kubelet names the volume alone. */
function volumeSource(pod: Found, message: string): ObjectRef | undefined {
  const [, volume] = /for volume "([\w.-]+)"/.exec(message) ?? []
  const [, of, key] = /non-existent (config|secret) key: ([\w.-]+)/.exec(message) ?? []
  if (volume === undefined || of === undefined) return undefined
  const kind = of === 'config' ? 'ConfigMap' : 'Secret'
  const named = referencesOf(pod.object).filter(r => r.at === `spec.volumes[${volume}]` && r.kind === kind)
  const { name } = named.find(r => r.key === key) ?? named[0] ?? {}
  return name === undefined ? undefined : { group: '', kind, name, namespace: pod.ref.namespace }
}

/** A pod that its node gave up. */
export const endedPodRule: Rule = (pod, facts) => {
  if (!isPod(pod) || textAt(pod, 'status', 'phase') !== 'Failed') return []
  const owner = pod.parent
  if (owner && healthOf(owner, facts.now) === 'well') return []
  const reason = textAt(pod, 'status', 'reason')
  if (reason === undefined) return []
  const evicted = /evicted|terminated|nodelost|shutdown|preempt/i.test(reason)
  const isReplaced =
    owner !== undefined && below(owner, facts).some(f => isPod(f) && isLater(f, pod) && textAt(f, 'status', 'phase') !== 'Failed')
  return [
    {
      name: evicted ? 'PodEvicted' : reason === 'DeadlineExceeded' ? 'PodDeadlineExceeded' : 'PodRejected',
      what: evicted
        ? 'the node evicted the pod'
        : reason === 'DeadlineExceeded'
          ? 'the pod ran longer than activeDeadlineSeconds allows'
          : 'the node did not take the pod',
      fix: evicted
        ? mendsEviction(textAt(pod, 'status', 'message') ?? '')
        : reason === 'DeadlineExceeded'
          ? 'raise activeDeadlineSeconds, or make the work shorter'
          : 'change what the message names (requests, devices, affinity, tolerations) or free it on the node, then delete the pod so that it is made anew',
      evidence: [fieldEvidence(pod, 'status', `${reason}: ${textAt(pod, 'status', 'message') ?? ''}`)],
      strength: isReplaced ? 0.28 : 0.9,
    },
  ]
}

/** What keeps a pod from being evicted again, by what it was evicted for. */
function mendsEviction(message: string): string {
  const [, volume] = /EmptyDir volume "([\w.-]+)" exceeds/.exec(message) ?? []
  if (volume) return `raise sizeLimit of emptyDir volume ${volume}, or let the pod write less to it`
  if (/ephemeral local storage usage exceeds/.test(message))
    return 'raise resources.limits.ephemeral-storage of its containers, or let them write less to their disk and logs'
  return 'set requests near what the pod uses (memory, ephemeral-storage), or give the node more'
}

/** Whether a pod is as young as another, or younger. */
function isLater(pod: Found, than: Found): boolean {
  return (pod.object?.metadata.creationTimestamp ?? '') >= (than.object?.metadata.creationTimestamp ?? '')
}

function cordoned(node: Found): Finding {
  return {
    name: 'NodesCordoned',
    what: `node ${node.ref.name} is cordoned: it takes no new pods`,
    fix: `kubectl uncordon ${node.ref.name}, once what it was cordoned for is done`,
    evidence: [fieldEvidence(node, 'spec.unschedulable', 'true')],
    strength: 0.6,
  }
}

/** A node that does not answer takes its pods along. */
export const nodeRule: Rule = (node, facts) => {
  if (node.ref.kind !== 'Node' || !node.object) return []
  const ready = conditionOf(node.object, 'Ready')
  if (node.role === undefined && ready?.status === 'True' && at(node.object, 'spec', 'unschedulable') === true) return [cordoned(node)]
  const pressed = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'].find(
    t => conditionOf(node.object, t)?.status === 'True',
  )
  const podIsWell = node.parent !== undefined && healthOf(node.parent, facts.now) === 'well'
  if (podIsWell || (ready?.status === 'True' && !pressed)) return []
  if (!ready && !pressed) return []
  return [
    {
      name: ready?.status === 'True' ? 'NodePressure' : 'NodeNotReady',
      what: `${node.parent?.object?.spec?.nodeName === node.ref.name || node.role === undefined ? 'the node of the pod' : `node ${node.ref.name}, which could take the pod,`} is ${ready?.status === 'True' ? `under ${pressed}` : 'not ready'}`,
      fix: 'bring the node back (kubelet, network, disk), or delete the pod so that it moves to another one',
      evidence: conditionEvidence(node, ready?.status === 'True' ? (pressed ?? 'Ready') : 'Ready'),
      strength: ready?.status === 'True' ? 0.5 : 1,
    },
  ]
}
