import { type KubeObject, refOf } from '../../kinds/manifest.ts'
import { type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Action, Controller, View } from './action.ts'
import { type ConditionDraft, conditions, isReady, numberAt, ownedMeta, podOf, statusAction, templateHash } from './common.ts'

const hashLabel = 'pod-template-hash'

/** One ReplicaSet per template; the old one goes when the new one is ready. */
export const deployments: Controller = (deployment, view) => {
  if (deployment.metadata.deletionTimestamp) return []
  const hash = templateHash(deployment)
  const sets = view.owned(deployment, 'ReplicaSet')
  const current = sets.find(s => s.metadata.labels?.[hashLabel] === hash)
  const replicas = numberAt(deployment, ['spec', 'replicas'], 1)
  if (!current) return [{ do: 'create', object: replicaSetOf(deployment, { hash, replicas }) }]
  const old = sets.filter(s => s !== current)
  const done =
    numberAt(current, ['status', 'readyReplicas'], 0) >= replicas &&
    numberAt(current, ['status', 'observedGeneration'], 0) === current.metadata.generation
  return [
    ...scaled(current, replicas),
    ...(done ? old.flatMap(s => scaled(s, 0)) : []),
    ...outlived(deployment, old),
    ...rollout(deployment, { current, sets, replicas, view }),
  ]
}

function replicaSetOf(deployment: KubeObject, { hash, replicas }: { hash: string; replicas: number }): KubeObject {
  const { selector, template } = deployment.spec ?? {}
  const labels = { ...objectAt(template, 'metadata', 'labels'), [hashLabel]: hash }
  const metadata = { ...objectAt(template, 'metadata'), labels }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: ownedMeta(deployment, `${deployment.metadata.name}-${hash}`, labels),
    spec: {
      replicas,
      selector: { ...objectAt(selector), matchLabels: { ...objectAt(selector, 'matchLabels'), [hashLabel]: hash } },
      template: { ...objectAt(template), metadata },
    },
  }
}

function scaled(set: KubeObject, replicas: number): Action[] {
  return numberAt(set, ['spec', 'replicas'], 1) === replicas ? [] : [{ do: 'patch', ref: refOf(set), body: { spec: { replicas } } }]
}

/** Empty ReplicaSets beyond the history limit, oldest first. */
function outlived(deployment: KubeObject, old: readonly KubeObject[]): Action[] {
  const empty = old.filter(s => numberAt(s, ['spec', 'replicas'], 1) === 0 && numberAt(s, ['status', 'replicas'], 0) === 0)
  const byAge = empty.toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
  return byAge
    .slice(0, Math.max(0, byAge.length - numberAt(deployment, ['spec', 'revisionHistoryLimit'], 10)))
    .map(s => ({ do: 'delete', ref: refOf(s), uid: s.metadata.uid }))
}

interface Rollout {
  readonly current: KubeObject
  readonly sets: readonly KubeObject[]
  readonly replicas: number
  readonly view: View
}

function rollout(deployment: KubeObject, { current, sets, replicas, view }: Rollout): Action[] {
  const sum = (field: string): number => sets.reduce((n, s) => n + numberAt(s, ['status', field], 0), 0)
  const counts: Counts = {
    replicas: sum('replicas'),
    updatedReplicas: numberAt(current, ['status', 'replicas'], 0),
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
  }
  const { stage, deadline } = progress(deployment, { counts, replicas, now: view.now })
  const status: JsonObject = {
    ...counts,
    unavailableReplicas: replicas > counts.availableReplicas ? replicas - counts.availableReplicas : null,
    observedGeneration: deployment.metadata.generation ?? 0,
    conditions: conditions(deployment, [availability(counts, replicas), progressing(stage, current.metadata.name)], {
      now: view.now,
      updateTime: true,
    }),
  }
  return [
    ...statusAction(deployment, status),
    ...(stage === 'under way' ? [{ do: 'later', ms: Math.max(deadline - view.now, 100) } as const] : []),
  ]
}

type Counts = Record<'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas', number>
type Stage = 'complete' | 'late' | 'under way'

/** How far a rollout is, and when it counts as late: the deadline runs from the last change of its counts. */
function progress(
  deployment: KubeObject,
  { counts, replicas, now }: { counts: Counts; replicas: number; now: number },
): { stage: Stage; deadline: number } {
  const before = listAt(deployment, 'status', 'conditions').find(c => stringAt(c, 'type') === 'Progressing')
  const moved =
    Object.entries(counts).some(([k, v]) => numberAt(deployment, ['status', k], 0) !== v) ||
    numberAt(deployment, ['status', 'observedGeneration'], 0) !== deployment.metadata.generation
  const lastProgress = moved ? now : Date.parse(stringAt(before, 'lastUpdateTime') ?? '') || now
  const deadline = lastProgress + numberAt(deployment, ['spec', 'progressDeadlineSeconds'], 600) * 1000
  if (counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas)
    return { stage: 'complete', deadline }
  const late = !moved && (now >= deadline || stringAt(before, 'reason') === 'ProgressDeadlineExceeded')
  return { stage: late ? 'late' : 'under way', deadline }
}

function progressing(stage: Stage, name: string): ConditionDraft {
  const type = 'Progressing'
  switch (stage) {
    case 'complete':
      return { type, status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${name}" has successfully progressed.` }
    case 'late':
      return { type, status: 'False', reason: 'ProgressDeadlineExceeded', message: `ReplicaSet "${name}" has timed out progressing.` }
    case 'under way':
      return { type, status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${name}" is progressing.` }
  }
}

function availability({ availableReplicas }: Counts, replicas: number): ConditionDraft {
  const type = 'Available'
  return availableReplicas >= replicas - Math.floor(replicas / 4)
    ? { type, status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { type, status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' }
}

/** As many pods as asked for. */
export const replicaSets: Controller = (set, view) => {
  if (set.metadata.deletionTimestamp) return []
  const pods = view.owned(set, 'Pod').filter(p => !p.metadata.deletionTimestamp)
  const replicas = numberAt(set, ['spec', 'replicas'], 1)
  const missing = Math.max(0, replicas - pods.length)
  const free = Array.from({ length: replicas + pods.length }, (_, i) => suffix(i)).filter(
    s => !pods.some(p => p.metadata.name === `${set.metadata.name}-${s}`),
  )
  const ready = pods.filter(isReady).length
  return [
    ...free.slice(0, missing).map(s => ({ do: 'create', object: podOf(set, `${set.metadata.name}-${s}`) }) as const),
    ...pods.slice(replicas).map(p => ({ do: 'delete', ref: refOf(p), uid: p.metadata.uid }) as const),
    ...statusAction(set, {
      replicas: pods.length,
      fullyLabeledReplicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation ?? 0,
    }),
  ]
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** The ending of a ReplicaSet's n-th pod name, in the alphabet that Kubernetes uses. */
function suffix(n: number): string {
  let rest = n * 7919 + 9_999_991
  let out = ''
  for (let i = 0; i < 5; i++) {
    out += alphabet[rest % alphabet.length] ?? 'x'
    rest = Math.floor(rest / alphabet.length)
  }
  return out
}
