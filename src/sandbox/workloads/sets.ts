import { timestamp } from '../../engine/conditions.ts'
import { type KubeObject, refOf } from '../../kinds/manifest.ts'
import { type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import type { Action, Controller } from './action.ts'
import { type ConditionDraft, conditions, isReady, numberAt, podOf, statusAction, templateHash } from './common.ts'

const revisionLabel = 'controller-revision-hash'

/** Pods `name-0` to `name-N`, replaced when the template changes. */
export const statefulSets: Controller = (set, view) => {
  if (set.metadata.deletionTimestamp) return []
  const hash = `${set.metadata.name}-${templateHash(set)}`
  const replicas = numberAt(set, ['spec', 'replicas'], 1)
  const names = Array.from({ length: replicas }, (_, i) => `${set.metadata.name}-${i}`)
  const pods = view.owned(set, 'Pod').filter(p => !p.metadata.deletionTimestamp)
  const current = pods.filter(p => p.metadata.labels?.[revisionLabel] === hash)
  const ready = pods.filter(isReady).length
  const updated = current.length
  const done = updated === replicas && ready === replicas
  return [
    ...pods
      .filter(p => !names.includes(p.metadata.name) || !current.includes(p))
      .map(p => ({ do: 'delete', ref: refOf(p), uid: p.metadata.uid }) as const),
    ...names
      .filter(n => !pods.some(p => p.metadata.name === n))
      .map(n => ({ do: 'create', object: podOf(set, n, { [revisionLabel]: hash, 'statefulset.kubernetes.io/pod-name': n }) }) as const),
    ...statusAction(set, {
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: updated,
      updatedReplicas: updated,
      updateRevision: hash,
      currentRevision: done ? hash : (stringAt(set, 'status', 'currentRevision') ?? hash),
      observedGeneration: set.metadata.generation ?? 0,
      collisionCount: 0,
    }),
  ]
}

/** One pod on the one node. */
export const daemonSets: Controller = (set, view) => {
  if (set.metadata.deletionTimestamp) return []
  const hash = templateHash(set)
  const pods = view.owned(set, 'Pod').filter(p => !p.metadata.deletionTimestamp)
  const current = pods.filter(p => p.metadata.labels?.[revisionLabel] === hash)
  const ready = current.filter(isReady).length
  return [
    ...pods.filter(p => !current.includes(p)).map(p => ({ do: 'delete', ref: refOf(p), uid: p.metadata.uid }) as const),
    ...(current.length === 0
      ? [{ do: 'create', object: podOf(set, `${set.metadata.name}-${hash.slice(0, 5)}`, { [revisionLabel]: hash }) } as const]
      : []),
    ...statusAction(set, {
      currentNumberScheduled: 1,
      desiredNumberScheduled: 1,
      numberMisscheduled: 0,
      numberReady: ready,
      updatedNumberScheduled: current.length,
      numberAvailable: ready,
      numberUnavailable: ready === 1 ? null : 1,
      observedGeneration: set.metadata.generation ?? 0,
    }),
  ]
}

/** Runs its pods to completion once. */
export const jobs: Controller = (job, view) => {
  if (job.metadata.deletionTimestamp || finishedJob(job) || job.spec?.suspend === true) return []
  const wanted = numberAt(job, ['spec', 'completions'], 1)
  const pods = view.owned(job, 'Pod')
  const succeeded = pods.filter(p => stringAt(p, 'status', 'phase') === 'Succeeded').length
  const failed = pods.filter(p => stringAt(p, 'status', 'phase') === 'Failed').length
  const create = Array.from({ length: Math.max(0, wanted - pods.length) }, (_, i): Action => ({
    do: 'create',
    object: podOf(job, `${job.metadata.name}-${'bcdfghjkl'[pods.length + i] ?? i}x7vq`),
  }))
  return [
    ...create,
    ...statusAction(job, jobStatus(job, { wanted, succeeded, failed, active: pods.length - succeeded - failed, now: view.now })),
  ]
}

function jobStatus(
  job: KubeObject,
  { wanted, succeeded, failed, active, now }: { wanted: number; succeeded: number; failed: number; active: number; now: number },
): JsonObject {
  const startTime = stringAt(job, 'status', 'startTime') ?? timestamp(now)
  const common: JsonObject = {
    startTime,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    active: active > 0 ? active : null,
    succeeded: succeeded > 0 ? succeeded : null,
    failed: failed > 0 ? failed : null,
  }
  const ended = (drafts: ConditionDraft[], more: JsonObject = {}): JsonObject => ({
    ...common,
    ...more,
    active: null,
    conditions: conditions(job, drafts, { now }),
  })
  const reached = 'Reached expected number of succeeded pods'
  if (succeeded >= wanted)
    return ended(
      [
        { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached', message: reached },
        { type: 'Complete', status: 'True', reason: 'CompletionsReached', message: reached },
      ],
      { completionTime: timestamp(now) },
    )
  const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  return failed > 0
    ? ended([
        { type: 'FailureTarget', status: 'True', ...why },
        { type: 'Failed', status: 'True', ...why },
      ])
    : common
}

function finishedJob(job: KubeObject): boolean {
  return listAt(job, 'status', 'conditions').some(
    c => ['Complete', 'Failed'].includes(stringAt(c, 'type') ?? '') && stringAt(c, 'status') === 'True',
  )
}
