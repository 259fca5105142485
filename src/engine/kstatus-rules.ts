import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { at, listAt, stringAt } from '../lib/json.ts'
import { current, failed, inProgress, type Status } from './kstatus-status.ts'

type Rule = (object: KubeObject, now: number | undefined) => Status | undefined

function count(object: KubeObject, field: string): number {
  const value = at(object, 'status', field)
  return typeof value === 'number' ? value : 0
}

function wanted(object: KubeObject): number {
  const value = at(object, 'spec', 'replicas')
  return typeof value === 'number' ? value : 1
}

const deployment: Rule = object => {
  const progressing = conditionOf(object, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded')
  const spec = wanted(object)
  const [replicas, updated, available, ready] = [count(object, 'replicas'), count(object, 'updatedReplicas'), count(object, 'availableReplicas'), count(object, 'readyReplicas')]
  if (spec > replicas) return inProgress(`replicas: ${replicas}/${spec}`)
  if (spec > updated) return inProgress(`Updated: ${updated}/${spec}`)
  if (replicas > spec) return inProgress(`Pending termination: ${replicas - spec}`)
  if (updated > available) return inProgress(`Available: ${available}/${updated}`)
  if (spec > ready) return inProgress(`Ready: ${ready}/${spec}`)
  const finished = at(object, 'spec', 'progressDeadlineSeconds') === undefined || (progressing?.status === 'True' && progressing.reason === 'NewReplicaSetAvailable')
  if (!finished) return inProgress('ReplicaSet not Available')
  return conditionOf(object, 'Available')?.status === 'True' ? current(`Deployment is available. Replicas: ${replicas}`) : inProgress('Deployment not Available')
}

const statefulSet: Rule = object => {
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return current('StatefulSet is using the ondelete update strategy')
  const spec = wanted(object)
  const [replicas, ready, updated, now] = [count(object, 'replicas'), count(object, 'readyReplicas'), count(object, 'updatedReplicas'), count(object, 'currentReplicas')]
  if (spec > replicas) return inProgress(`Replicas: ${replicas}/${spec}`)
  if (spec > ready) return inProgress(`Ready: ${ready}/${spec}`)
  if (replicas > spec) return inProgress(`Pending termination: ${replicas - spec}`)
  const partition = at(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  if (typeof partition === 'number' && partition > 0) {
    if (updated < spec - partition) return inProgress(`updated: ${updated}/${spec - partition}`)
    return current(`Partition rollout complete. updated: ${updated}`)
  }
  if (spec > now) return inProgress(`current: ${now}/${spec}`)
  if (stringAt(object, 'status', 'currentRevision') !== stringAt(object, 'status', 'updateRevision')) return inProgress('Waiting for updated revision to match current')
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`)
}

const daemonSet: Rule = object => {
  if (object.metadata.generation === undefined || at(object, 'status', 'observedGeneration') === undefined) return inProgress('Generation or observedGeneration is missing')
  if (at(object, 'status', 'desiredNumberScheduled') === undefined) return inProgress('Missing .status.desiredNumberScheduled')
  const desired = count(object, 'desiredNumberScheduled')
  const parts: [string, string][] = [['Current', 'currentNumberScheduled'], ['Updated', 'updatedNumberScheduled'], ['Available', 'numberAvailable'], ['Ready', 'numberReady']]
  for (const [label, field] of parts) if (desired > count(object, field)) return inProgress(`${label}: ${count(object, field)}/${desired}`)
  return current(`All replicas scheduled as expected. Replicas: ${desired}`)
}

const replicaSet: Rule = object => {
  const failure = conditionOf(object, 'ReplicaFailure')
  if (failure?.status === 'True') return inProgress('Replica Failure condition. Check Pods')
  const spec = wanted(object)
  const parts: [string, string][] = [['Labelled', 'fullyLabeledReplicas'], ['Available', 'availableReplicas'], ['Ready', 'readyReplicas']]
  for (const [label, field] of parts) if (spec > count(object, field)) return inProgress(`${label}: ${count(object, field)}/${spec}`)
  const replicas = count(object, 'replicas')
  return replicas > spec ? inProgress(`Pending termination: ${replicas - spec}`) : current(`ReplicaSet is available. Replicas: ${replicas}`)
}

const unschedulableMs = 15_000

const pod: Rule = (object, now) => {
  const phase = stringAt(object, 'status', 'phase')
  switch (phase) {
    case 'Succeeded': return current('Pod has completed successfully')
    case 'Failed': return current('Pod has completed, but not successfully')
    case 'Running': return running(object)
    case 'Pending': return pending(object, now)
    case undefined: return inProgress('Pod phase not available')
    default: return { status: 'Unknown', message: `unknown phase ${phase}` }
  }
}

function running(object: KubeObject): Status {
  if (conditionOf(object, 'Ready')?.status === 'True') return current('Pod is Ready')
  const crashing = listAt(object, 'status', 'containerStatuses').filter(c => stringAt(c, 'state', 'waiting', 'reason') === 'CrashLoopBackOff').map(c => stringAt(c, 'name'))
  return crashing.length > 0 ? failed(`Containers in CrashLoop state: ${crashing.join(',')}`) : inProgress('Pod is running but is not Ready')
}

function pending(object: KubeObject, now: number | undefined): Status {
  const scheduled = conditionOf(object, 'PodScheduled')
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return inProgress('Pod is in the Pending phase')
  const age = now === undefined ? 0 : now - Date.parse(object.metadata.creationTimestamp ?? '')
  return age > unschedulableMs ? failed('Pod could not be scheduled') : inProgress('Pod has not been scheduled')
}

/** As Flux judges Jobs: done when complete, not when started. */
const job: Rule = object => {
  if (conditionOf(object, 'Complete')?.status === 'True') return current(`Job Completed. succeeded: ${count(object, 'succeeded')}/${String(at(object, 'spec', 'completions') ?? 1)}`)
  if (conditionOf(object, 'Failed')?.status === 'True') return failed(`Job Failed. failed: ${count(object, 'failed')}/${String(at(object, 'spec', 'completions') ?? 1)}`)
  return inProgress('Job in progress')
}

const claim: Rule = object => {
  const phase = stringAt(object, 'status', 'phase') ?? 'unknown'
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`)
}

const service: Rule = object => stringAt(object, 'spec', 'type') === 'LoadBalancer' && !stringAt(object, 'spec', 'clusterIP')
  ? inProgress('ClusterIP not set. Service type: LoadBalancer')
  : current('Service is ready')

const definition: Rule = object => {
  const [names, established] = [conditionOf(object, 'NamesAccepted'), conditionOf(object, 'Established')]
  if (names?.status === 'False') return failed(names.message)
  if (established?.status === 'False' && established.reason !== 'Installing') return failed(established.message)
  return established?.status === 'True' ? current('CRD is established') : inProgress('Install in progress')
}

const always = (message: string): Rule => () => current(message)

/** Rules of the kinds that have one, by `group/Kind`. */
export const kindRules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': deployment, 'apps/StatefulSet': statefulSet, 'apps/DaemonSet': daemonSet, 'apps/ReplicaSet': replicaSet, '/Pod': pod, 'batch/Job': job,
  '/PersistentVolumeClaim': claim, '/Service': service, 'apiextensions.k8s.io/CustomResourceDefinition': definition, 'batch/CronJob': always('Resource is always ready'),
  '/ConfigMap': always('Resource is always ready'), '/Secret': always('Resource is always ready'), 'policy/PodDisruptionBudget': always('AllowedDisruptions has been computed.'),
}
