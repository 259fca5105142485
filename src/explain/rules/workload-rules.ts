import { conditionOf } from '../../kinds/manifest.ts'
import { at, objectAt } from '../../lib/json.ts'
import {
  below,
  conditionEvidence,
  eventEvidence,
  fieldEvidence,
  healthOf,
  isOver,
  reachedFrom,
  type Rule,
  textAt,
  warning,
} from '../facts.ts'
import { lacksPods } from '../leads/template-leads.ts'
import { crashes } from '../wordings/crashes.ts'
import { missing, networks, unanswered } from '../wordings/fetches.ts'
import { refusals } from '../wordings/refusals.ts'
import { heard } from '../wordings/wording.ts'
import { containersOf } from './container-rules.ts'
import { endOf, logEvidence } from './endings.ts'

const workloads = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'])

/** A workload whose pods the API server does not let it make. */
export const creationRule: Rule = found => {
  if (!workloads.has(found.ref.kind) || !found.object) return []
  const condition = conditionOf(found.object, 'ReplicaFailure')
  const event = lacksPods(found) ? warning(found, /^(?:FailedCreate|ReplicaSetCreateError)$/) : undefined
  const over = event && isOver(found, event, /^SuccessfulCreate$/)
  const message = condition?.status === 'True' ? condition.message : over ? undefined : event?.message
  if (!message) return []
  const words = heard([...refusals, ...missing, ...networks, ...unanswered], message, found.ref.namespace)
  return [
    {
      name: words?.name ?? 'PodCreationFailed',
      what: `${found.ref.kind} ${found.ref.name} may not make its pods: ${words?.what ?? 'the API server refuses them'}`,
      fix: words?.fix ?? 'correct what the message names in the pod template',
      subject: words?.subject,
      evidence: condition?.status === 'True' ? conditionEvidence(found, 'ReplicaFailure') : event ? [eventEvidence(found, event)] : [],
      strength: 1,
    },
  ]
}

const again = 'then delete the Job so that it is made again: a failed Job does not start anew'
const gaveUp = {
  name: 'JobFailed',
  what: 'failed as often as its backoffLimit allows',
  fix: `correct what its container needs (get_logs of the Job), ${again}`,
}
const indexes = {
  name: 'JobFailed',
  what: 'has failed indexes, more than it may',
  fix: `correct what the containers of those indexes need (get_logs), or raise backoffLimitPerIndex and maxFailedIndexes, ${again}`,
}
const jobEnds: Readonly<Record<string, typeof gaveUp>> = {
  DeadlineExceeded: {
    name: 'JobDeadlineExceeded',
    what: 'ran longer than activeDeadlineSeconds allows',
    fix: 'raise spec.activeDeadlineSeconds or make the work shorter, then delete the Job so that it runs again',
  },
  PodFailurePolicy: {
    name: 'JobFailed',
    what: 'ended at once, as spec.podFailurePolicy says for the way its pod failed',
    fix: `correct what ends its container with that exit code (get_logs), or the rule in spec.podFailurePolicy, ${again}`,
  },
  FailedIndexes: indexes,
  MaxFailedIndexesExceeded: indexes,
}

/** A Job that gave up: its condition says why, the last container that ended says what. */
export const jobRule: Rule = (job, facts) => {
  const failed = conditionOf(job.object, 'Failed') ?? conditionOf(job.object, 'FailureTarget')
  if (job.ref.kind !== 'Job' || failed?.status !== 'True') return []
  const ends = reachedFrom(job, facts)
    .filter(f => f.ref.kind === 'Pod')
    .flatMap(pod => containersOf(pod).map(container => ({ pod, container, end: endOf(container, facts.now) })))
    .flatMap(({ pod, container, end }) => (end ? [end.evidence, ...logEvidence(pod, container.name)] : []))
  const { name, what, fix } = jobEnds[failed.reason] ?? gaveUp
  const why = name === 'JobFailed' ? heard(crashes, ends.map(e => e.quote).join('\n'), undefined) : undefined
  return [
    {
      name,
      what: `Job ${job.ref.name} ${what}${why ? `: ${why.what}` : ''}`,
      fix: why ? `${why.fix}; ${again}` : fix,
      evidence: [...conditionEvidence(job, failed.type), ...ends.slice(0, 2)],
      strength: 0.9,
    },
  ]
}

const unstarted: Readonly<Record<string, readonly [name: string, what: string, fix: string]>> = {
  TooManyMissedTimes: [
    'StartsMissed',
    'missed too many starts, so no Job is made any more',
    'set or lower spec.startingDeadlineSeconds so that only recent starts count, and check the clock of the control plane',
  ],
  FailedNeedsStart: [
    'StartsMissed',
    'missed too many starts, so no Job is made any more',
    'set or lower spec.startingDeadlineSeconds so that only recent starts count, and check the clock of the control plane',
  ],
  UnparseableSchedule: [
    'ScheduleInvalid',
    'has a schedule that cannot be read',
    'correct spec.schedule: five fields, or @daily and the like',
  ],
  InvalidSchedule: ['ScheduleInvalid', 'has a schedule that never comes', 'correct spec.schedule: a day that exists'],
  UnknownTimeZone: ['TimeZoneUnknown', 'names a time zone that is none', 'correct spec.timeZone, such as Etc/UTC'],
}

/** A CronJob that makes no Jobs. */
export const cronRule: Rule = cron => {
  if (cron.ref.kind !== 'CronJob') return []
  const event = warning(cron, /^(TooManyMissedTimes|FailedNeedsStart|UnparseableSchedule|InvalidSchedule|UnknownTimeZone)$/)
  const said = event && unstarted[event.reason]
  const started = Date.parse(textAt(cron, 'status', 'lastScheduleTime') ?? '') || 0
  if (!event || !said || started > event.at) return []
  const [name, what, fix] = said
  return [{ name, what: `CronJob ${cron.ref.name} ${what}`, fix, evidence: [eventEvidence(cron, event)], strength: 0.95 }]
}

/** A Deployment that is not getting further, and whose pods say nothing of why. */
export const stuckRolloutRule: Rule = (found, facts) => {
  const progressing = conditionOf(found.object, 'Progressing')
  if (found.ref.kind !== 'Deployment' || progressing?.status !== 'False') return []
  const pods = reachedFrom(found, facts).filter(f => f.ref.kind === 'Pod')
  return [
    {
      name: 'ProgressDeadlineExceeded',
      what: `Deployment ${found.ref.name} makes no progress${pods.length === 0 ? ', and has no pods' : ''}`,
      fix: 'look at its pods (get_object, get_logs); raise spec.progressDeadlineSeconds when they are only slow',
      evidence: conditionEvidence(found, 'Progressing'),
      strength: 0.4,
    },
  ]
}

/** A paused Deployment does not roll out; a rule only where something waits for it. */
export const pausedRule: Rule = (found, facts) => {
  if (found.ref.kind !== 'Deployment' || at(found.object, 'spec', 'paused') !== true || healthOf(found, facts.now) === 'well') return []
  return [
    {
      name: 'RolloutPaused',
      what: `Deployment ${found.ref.name} is paused: its new template is not rolled out`,
      fix: 'take spec.paused out of the manifest (kubectl rollout resume)',
      evidence: [{ object: `${found.ref.kind}/${found.ref.namespace}/${found.ref.name}`, at: 'spec.paused', quote: 'true' }],
      strength: 0.9,
    },
  ]
}

/** A Job or CronJob that is held back, when it is the one that is asked about or waited for. */
export const heldRule: Rule = (found, facts) => {
  const { kind, name } = found.ref
  if (!['Job', 'CronJob'].includes(kind) || at(found.object, 'spec', 'suspend') !== true) return []
  if (found.role !== undefined && (kind === 'CronJob' || healthOf(found, facts.now) === 'well')) return []
  return [
    {
      name: 'Suspended',
      what: `${kind} ${name} is suspended: ${kind === 'Job' ? 'its pods are not made' : 'no Job is started'} until it is resumed`,
      fix: 'take spec.suspend out of its manifest, or set it to false',
      evidence: [fieldEvidence(found, 'spec.suspend', 'true'), ...conditionEvidence(found, 'Suspended')],
      strength: 0.9,
    },
  ]
}

/** An autoscaler that cannot read what it scales by, though what it scales is there. */
export const scalerRule: Rule = (found, facts) => {
  if (found.ref.kind !== 'HorizontalPodAutoscaler' || below(found, facts, 'target').some(f => !f.object && f.unread === undefined))
    return []
  const bad = ['AbleToScale', 'ScalingActive'].find(type => conditionOf(found.object, type)?.status === 'False')
  const condition = bad && conditionOf(found.object, bad)
  if (!bad || !condition || condition.reason === 'ScalingDisabled') return []
  const metrics = /Metric/.test(condition.reason)
  const [, resource] = /missing request for ([\w./-]+)/.exec(condition.message ?? '') ?? []
  return [
    {
      name: metrics ? 'MetricsUnavailable' : 'ScaleTargetUnavailable',
      what: metrics ? 'the autoscaler gets no metrics' : 'the autoscaler cannot read or change what it scales',
      fix: metrics
        ? resource
          ? `set resources.requests.${resource} on all containers of the pods that it scales: a share of nothing cannot be counted`
          : 'install metrics-server (or the adapter that serves this metric), and set resources.requests on the containers'
        : 'correct spec.scaleTargetRef',
      evidence: conditionEvidence(found, bad),
      strength: 0.95,
    },
  ]
}

/** A workload that no controller looks at: kube-controller-manager has never written its status. */
export const unhandledWorkloadRule: Rule = (found, facts) => {
  const { object } = found
  if (!object || !workloads.has(found.ref.kind) || at(object, 'status', 'observedGeneration') !== undefined || found.ref.kind === 'Job')
    return []
  const age = facts.now - Date.parse(object.metadata.creationTimestamp ?? '')
  if (!(age > 60_000) || below(found, facts).length > 0 || Object.keys(objectAt(object, 'status')).length > 0) return []
  return [
    {
      name: 'NoController',
      what: `no controller has looked at ${found.ref.kind} ${found.ref.name}: it has no status`,
      fix: 'check that kube-controller-manager runs',
      evidence: [{ object: `${found.ref.kind}/${found.ref.namespace}/${found.ref.name}`, at: 'status', quote: '(empty)' }],
      strength: 0.7,
    },
  ]
}

/** What the last warning says of an object that fails, where nothing else does. */
export const warningRule: Rule = (found, facts) => {
  if (!found.object || ['Pod', 'PersistentVolumeClaim'].includes(found.ref.kind) || healthOf(found, facts.now) !== 'failing') return []
  const event = warning(found, /./)
  const words = event && heard([...refusals, ...missing, ...networks], event.message, found.ref.namespace)
  return event && words ? [{ ...words, evidence: [eventEvidence(found, event)], strength: 0.35 }] : []
}
