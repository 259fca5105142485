import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { at, listAt, stringAt } from '../lib/json.ts'
import { current, failed, inProgress, type Status } from './kstatus-status.ts'

type Rule = (object: KubeObject, now: number | undefined) => Status | undefined

/** A whole number at a path; anything else counts as absent. */
function whole(object: KubeObject, ...path: string[]): number | undefined {
  const value = at(object, ...path)
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined
}

const count = (object: KubeObject, field: string): number => whole(object, 'status', field) ?? 0
const wanted = (object: KubeObject): number => whole(object, 'spec', 'replicas') ?? 1

/** The first that has fewer than it should. */
function short(object: KubeObject, should: number, parts: readonly (readonly [label: string, field: string])[]): Status | undefined {
  const part = parts.find(([, field]) => should > count(object, field))
  return part && inProgress(`${part[0]}: ${count(object, part[1])}/${should}`)
}

function extra(replicas: number, spec: number): Status | undefined {
  return replicas > spec ? inProgress(`Pending termination: ${replicas - spec}`) : undefined
}

/** Kubernetes' word for a deadline that never comes. */
const noDeadline = 2 ** 31 - 1

const deployment: Rule = object => {
  const progressing = conditionsOf(object).filter(c => c.type === 'Progressing')
  if (progressing.some(c => c.reason === 'ProgressDeadlineExceeded')) return failed('Progress deadline exceeded')
  const [spec, replicas, updated] = [wanted(object), count(object, 'replicas'), count(object, 'updatedReplicas')]
  const open =
    short(object, spec, [
      ['Replicas', 'replicas'],
      ['Updated', 'updatedReplicas'],
    ]) ??
    extra(replicas, spec) ??
    short(object, updated, [['Available', 'availableReplicas']]) ??
    short(object, spec, [['Ready', 'readyReplicas']])
  if (open) return open
  const finished =
    (whole(object, 'spec', 'progressDeadlineSeconds') ?? noDeadline) === noDeadline ||
    progressing.some(c => c.status === 'True' && c.reason === 'NewReplicaSetAvailable')
  if (!finished) return inProgress('ReplicaSet not Available')
  return has(object, 'Available', 'True')
    ? current(`Deployment is available. Replicas: ${replicas}`)
    : inProgress('Deployment not Available')
}

function has(object: KubeObject, type: string, status: 'True' | 'False'): boolean {
  return conditionsOf(object).some(c => c.type === type && c.status === status)
}

const statefulSet: Rule = object => {
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return current('StatefulSet is using the ondelete update strategy')
  const [spec, replicas, updated] = [wanted(object), count(object, 'replicas'), count(object, 'updatedReplicas')]
  const open =
    short(object, spec, [
      ['Replicas', 'replicas'],
      ['Ready', 'readyReplicas'],
    ]) ?? extra(replicas, spec)
  if (open) return open
  const partition = whole(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  if (partition !== undefined)
    return short(object, spec - partition, [['updated', 'updatedReplicas']]) ?? current(`Partition rollout complete. updated: ${updated}`)
  const behind = short(object, spec, [['current', 'currentReplicas']])
  if (behind) return behind
  if ((stringAt(object, 'status', 'currentRevision') ?? '') !== (stringAt(object, 'status', 'updateRevision') ?? ''))
    return inProgress('Waiting for updated revision to match current')
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`)
}

const daemonSet: Rule = object => {
  if (object.metadata.generation === undefined) return inProgress(`${object.kind} metadata.generation not found`)
  if (at(object, 'status', 'observedGeneration') === undefined) return inProgress(`${object.kind} status.observedGeneration not found`)
  const desired = whole(object, 'status', 'desiredNumberScheduled')
  if (desired === undefined) return inProgress('Missing .status.desiredNumberScheduled')
  return (
    short(object, desired, [
      ['Current', 'currentNumberScheduled'],
      ['Updated', 'updatedNumberScheduled'],
      ['Available', 'numberAvailable'],
      ['Ready', 'numberReady'],
    ]) ?? current(`All replicas scheduled as expected. Replicas: ${desired}`)
  )
}

const replicaSet: Rule = object => {
  if (has(object, 'ReplicaFailure', 'True')) return inProgress('Replica Failure condition. Check Pods')
  const [spec, replicas] = [wanted(object), count(object, 'replicas')]
  return (
    short(object, spec, [
      ['Labelled', 'fullyLabeledReplicas'],
      ['Available', 'availableReplicas'],
      ['Ready', 'readyReplicas'],
    ]) ??
    extra(replicas, spec) ??
    current(`ReplicaSet is available. Replicas: ${replicas}`)
  )
}

const unschedulableMs = 15_000

const pod: Rule = (object, now) => {
  const phase = stringAt(object, 'status', 'phase') ?? ''
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully')
    case 'Failed':
      return current('Pod has completed, but not successfully')
    case 'Running':
      return running(object)
    case 'Pending':
      return pending(object, now)
    case '':
      return inProgress('Pod phase not available')
    default:
      return { status: 'Unknown', message: `unknown phase ${phase}` }
  }
}

function running(object: KubeObject): Status {
  if (has(object, 'Ready', 'True')) return current('Pod is Ready')
  const crashing = listAt(object, 'status', 'containerStatuses')
    .filter(c => stringAt(c, 'state', 'waiting', 'reason') === 'CrashLoopBackOff')
    .map(c => stringAt(c, 'name'))
  return crashing.length > 0
    ? failed(`Containers in CrashLoop state: ${crashing.join(',')}`)
    : inProgress('Pod is running but is not Ready')
}

function pending(object: KubeObject, now: number | undefined): Status {
  const scheduled = conditionsOf(object).find(c => c.type === 'PodScheduled' && c.status === 'False')
  if (scheduled?.reason !== 'Unschedulable') return inProgress('Pod is in the Pending phase')
  const age = now === undefined ? 0 : now - Date.parse(object.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z')
  return age >= unschedulableMs ? failed('Pod could not be scheduled') : inProgress('Pod has not been scheduled')
}

/** As Flux judges Jobs: done when complete, not when started. */
const job: Rule = object => {
  const completions = whole(object, 'spec', 'completions') ?? whole(object, 'spec', 'parallelism') ?? 1
  const end = conditionsOf(object).find(c => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')
  if (end?.type === 'Complete') return current(`Job Completed. succeeded: ${count(object, 'succeeded')}/${completions}`)
  return end ? failed(`Job Failed. failed: ${count(object, 'failed')}/${completions}`) : inProgress('Job in progress')
}

const claim: Rule = object => {
  const phase = stringAt(object, 'status', 'phase') ?? 'unknown'
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`)
}

const service: Rule = object =>
  stringAt(object, 'spec', 'type') === 'LoadBalancer' && !stringAt(object, 'spec', 'clusterIP')
    ? inProgress('ClusterIP not set. Service type: LoadBalancer')
    : current('Service is ready')

/** The first condition that says something decides. */
const definition: Rule = object => {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(message ?? '')
    if (type !== 'Established') continue
    if (status === 'False' && reason !== 'Installing') return failed(message ?? '')
    if (status === 'True') return current('CRD is established')
  }
  return inProgress('Install in progress')
}

/** What is left when no rule of a kind decides. */
export function byReady(object: KubeObject): Status {
  const ready = conditionsOf(object).find(c => c.type === 'Ready' && ['True', 'False', 'Unknown'].includes(c.status))
  if (ready?.status === 'True') return current('Resource is Ready')
  return ready ? inProgress(ready.message ?? '') : current('Resource is current')
}

const always =
  (message: string): Rule =>
  () =>
    current(message)

/** Rules of the kinds that have one, by `group/Kind`. */
export const kindRules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  '/Pod': pod,
  'batch/Job': job,
  'extensions/Deployment': deployment,
  'extensions/DaemonSet': daemonSet,
  'extensions/ReplicaSet': replicaSet,
  '/PersistentVolumeClaim': claim,
  '/Service': service,
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'batch/CronJob': always('Resource is always ready'),
  '/ConfigMap': always('Resource is always ready'),
  '/Secret': always('Resource is always ready'),
  'policy/PodDisruptionBudget': always('AllowedDisruptions has been computed.'),
}
