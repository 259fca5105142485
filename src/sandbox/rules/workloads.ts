import type { KubeObject } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, forbiddenValue, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { labelProblems } from './names.ts'
import { podSpecProblems } from './pod-problems.ts'
import { podSpecDefaults, withRequests } from './pods.ts'
import { each, fill, immutable, type Rule, withSpec } from './rule.ts'

function template(given: Json | undefined): JsonObject {
  const t = isObject(given) ? given : {}
  return { ...t, metadata: fill(t.metadata, { creationTimestamp: null }), spec: podSpecDefaults(t.spec) }
}

/** Kubernetes drops the empty creationTimestamp of a template when it stores it. */
function stored(spec: JsonObject): JsonObject {
  const made = template(spec.template)
  const { creationTimestamp, ...metadata } = objectAt(made, 'metadata')
  return { ...spec, template: { ...made, metadata: creationTimestamp ? { creationTimestamp, ...metadata } : metadata } }
}

function rolling(given: Json | undefined, type: string, rollingUpdate: JsonObject): JsonObject {
  const strategy = fill(given, { type })
  return strategy.type === 'RollingUpdate' ? { ...strategy, rollingUpdate: fill(strategy.rollingUpdate, rollingUpdate) } : strategy
}

const specOf = (o: KubeObject): JsonObject => (isObject(o.spec) ? o.spec : {})

function selectorProblems(object: KubeObject): Cause[] {
  const spec = specOf(object)
  const labels = isObject(spec.template) && isObject(spec.template.metadata) ? (spec.template.metadata.labels ?? null) : null
  const mismatch = invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  if (spec.selector === undefined) return [requiredValue('spec.selector'), mismatch]
  if (Object.keys(objectAt(spec, 'selector')).length === 0)
    return [invalidValue('spec.selector', {}, `empty selector is invalid for ${object.kind.toLowerCase()}`)]
  const matchLabels = objectAt(spec, 'selector', 'matchLabels')
  const fits = Object.entries(matchLabels).every(([key, value]) => isObject(labels) && labels[key] === value)
  return fits ? [] : [mismatch]
}

function workloadProblems(object: KubeObject): Cause[] {
  const spec = specOf(object)
  const replicas = spec.replicas
  return [
    ...(typeof replicas === 'number' && replicas < 0
      ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]
      : []),
    ...selectorProblems(object),
    ...labelProblems(objectAt(spec, 'template', 'metadata', 'labels'), 'spec.template.metadata.labels'),
    ...podSpecProblems(objectAt(spec, 'template', 'spec'), 'spec.template.spec', ['Always']),
  ]
}

function strategyProblems(object: KubeObject): Cause[] {
  const { strategy, progressDeadlineSeconds, minReadySeconds } = specOf(object)
  const { type, rollingUpdate } = isObject(strategy) ? strategy : {}
  return [
    ...(type === 'Recreate' && rollingUpdate !== undefined
      ? [forbiddenValue('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
      : []),
    ...(type === 'Recreate' || type === 'RollingUpdate'
      ? []
      : [notSupported('spec.strategy', { Type: type ?? '', RollingUpdate: null }, ['Recreate', 'RollingUpdate'])]),
    ...(Number(progressDeadlineSeconds) <= Number(minReadySeconds ?? 0)
      ? [invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
  ]
}

const deployment: Rule = {
  defaults: o =>
    withSpec(o, {
      ...stored(fill(o.spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })),
      strategy: rolling(specOf(o).strategy, 'RollingUpdate', { maxUnavailable: '25%', maxSurge: '25%' }),
    }),
  check: (o, live) => [...workloadProblems(o), ...strategyProblems(o), ...immutable(o, live, 'spec.selector')],
}
const replicaSet: Rule = {
  defaults: o => withSpec(o, stored(fill(o.spec, { replicas: 1 }))),
  check: (o, live) => [...workloadProblems(o), ...immutable(o, live, 'spec.selector')],
}
const templateGeneration = 'deprecated.daemonset.template.generation'
const daemonSet: Rule = {
  defaults: o => ({
    ...withSpec(o, {
      ...stored(fill(o.spec, { revisionHistoryLimit: 10 })),
      updateStrategy: rolling(specOf(o).updateStrategy, 'RollingUpdate', { maxUnavailable: 1, maxSurge: 0 }),
    }),
    metadata: { ...o.metadata, annotations: { [templateGeneration]: '0', ...o.metadata.annotations } },
  }),
  prepare: (o, { live }) => {
    const before = Number(live?.metadata.annotations?.[templateGeneration] ?? 0)
    const changed = !live || !equal(specOf(o).template, specOf(live).template)
    const annotations = { ...o.metadata.annotations, [templateGeneration]: String(changed ? before + 1 : before) }
    return { ...o, metadata: { ...o.metadata, annotations } }
  },
  check: (o, live) => [...immutable(o, live, 'spec.selector'), ...workloadProblems(o)],
}
const statefulSet: Rule = {
  defaults: o =>
    withSpec(o, {
      ...stored(
        fill(o.spec, {
          replicas: 1,
          revisionHistoryLimit: 10,
          podManagementPolicy: 'OrderedReady',
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
      ),
      updateStrategy: rolling(specOf(o).updateStrategy, 'RollingUpdate', { partition: 0, maxUnavailable: 1 }),
      ...(specOf(o).volumeClaimTemplates
        ? {
            volumeClaimTemplates: each(specOf(o).volumeClaimTemplates, c => ({
              ...fill(c, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }),
              spec: fill(c.spec, { volumeMode: 'Filesystem' }),
              status: { phase: 'Pending' },
            })),
          }
        : {}),
    }),
  check: (o, live) => [...workloadProblems(o), ...fixedStatefulSet(o, live)],
}

function fixedStatefulSet(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const own = immutable(object, live, 'spec.serviceName', 'spec.selector')
  const fixed = ['podManagementPolicy', 'volumeClaimTemplates']
  if (!live || own.length > 0 || fixed.every(f => immutable(object, live, `spec.${f}`).length === 0)) return own
  return [
    {
      field: 'spec',
      reason: 'FieldValueForbidden',
      message:
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    },
  ]
}

const jobDefaults = {
  completions: 1,
  parallelism: 1,
  backoffLimit: 6,
  completionMode: 'NonIndexed',
  suspend: false,
  podReplacementPolicy: 'TerminatingOrFailed',
  manualSelector: false,
}

/** A job's selector and the labels that it selects by are made from its uid. */
function selecting(o: KubeObject, live: KubeObject | undefined): KubeObject {
  const spec = specOf(o)
  if (spec.manualSelector === true || live) return o
  const own = { 'batch.kubernetes.io/controller-uid': o.metadata.uid ?? '' }
  const metadata = objectAt(spec, 'template', 'metadata')
  const labels = {
    ...objectAt(metadata, 'labels'),
    ...own,
    'batch.kubernetes.io/job-name': o.metadata.name,
    'controller-uid': o.metadata.uid ?? '',
    'job-name': o.metadata.name,
  }
  return {
    ...withSpec(o, {
      ...spec,
      selector: spec.selector ?? { matchLabels: own },
      template: { ...objectAt(spec, 'template'), metadata: { ...metadata, labels } },
    }),
    metadata: { ...o.metadata, labels: o.metadata.labels ?? labels },
  }
}

function jobPolicyProblems(spec: JsonObject, field: string): Cause[] {
  const policy = stringAt(spec, 'template', 'spec', 'restartPolicy') ?? ''
  if (policy === 'OnFailure' || policy === 'Never') return []
  return [requiredValue(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')]
}

const policies = ['Always', 'OnFailure', 'Never']

const job: Rule = {
  defaults: o => withSpec(o, stored(fill(o.spec, jobDefaults))),
  prepare: (o, { live }) => selecting(o, live),
  check: (o, live) => [
    ...podSpecProblems(objectAt(o, 'spec', 'template', 'spec'), 'spec.template.spec', policies),
    ...jobPolicyProblems(specOf(o), 'spec'),
    ...immutable(o, live, 'spec.template', 'spec.selector', 'spec.completions'),
  ],
}
const cronJob: Rule = {
  defaults: o =>
    withSpec(o, {
      ...fill(o.spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 }),
      jobTemplate: { ...objectAt(o, 'spec', 'jobTemplate'), spec: stored(objectAt(o, 'spec', 'jobTemplate', 'spec')) },
    }),
  check: o => {
    const { schedule, concurrencyPolicy } = specOf(o)
    const fields = String(schedule ?? '')
      .split(/\s+/)
      .filter(Boolean)
    const concurrency = ['Allow', 'Forbid', 'Replace']
    return [
      ...(fields.length === 0 ? [requiredValue('spec.schedule')] : []),
      ...(fields.length === 0 || fields.length === 5 || String(schedule).startsWith('@')
        ? []
        : [invalidValue('spec.schedule', schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)]),
      ...(concurrency.includes(String(concurrencyPolicy)) ? [] : [notSupported('spec.concurrencyPolicy', concurrencyPolicy, concurrency)]),
      ...podSpecProblems(objectAt(o, 'spec', 'jobTemplate', 'spec', 'template', 'spec'), 'spec.jobTemplate.spec.template.spec', policies),
      ...jobPolicyProblems(objectAt(o, 'spec', 'jobTemplate', 'spec'), 'spec.jobTemplate.spec'),
    ]
  },
}
const tolerated = ['not-ready', 'unreachable'].map(why => ({
  effect: 'NoExecute',
  key: `node.kubernetes.io/${why}`,
  operator: 'Exists',
  tolerationSeconds: 300,
}))
/** Fields of a running pod that may change. */
const alive = new Set(['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'])

const pod: Rule = {
  defaults: o => ({ ...withSpec(o, fill(withRequests(podSpecDefaults(o.spec)), { enableServiceLinks: true })), ...addressed(o.status) }),
  prepare: (o, { live }) => ({
    ...withSpec(o, fill(o.spec, live ? {} : { preemptionPolicy: 'PreemptLowerPriority', priority: 0, tolerations: tolerated })),
    status: live ? (o.status ?? {}) : { phase: 'Pending', qosClass: qualityOf(specOf(o)) },
  }),
  check: (o, live) => [...podSpecProblems(specOf(o), 'spec', ['Always', 'OnFailure', 'Never']), ...frozenPod(o, live)],
}

/** A pod's addresses begin with its first one. */
function addressed(status: KubeObject['status']): Pick<KubeObject, 'status'> {
  if (!status) return {}
  return { status: status.podIP && !status.podIPs ? { ...status, podIPs: [{ ip: status.podIP }] } : status }
}

function qualityOf(spec: JsonObject): string {
  const all = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')].map(c => objectAt(c, 'resources'))
  if (all.every(r => !isObject(r.requests) && !isObject(r.limits))) return 'BestEffort'
  const bounded = (r: JsonObject): boolean =>
    ['cpu', 'memory'].every(n => objectAt(r, 'limits')[n] !== undefined && equal(objectAt(r, 'limits')[n], objectAt(r, 'requests')[n]))
  return all.every(bounded) ? 'Guaranteed' : 'Burstable'
}

function frozenPod(object: KubeObject, live: KubeObject | undefined): Cause[] {
  if (!live) return []
  const fixed = (spec: JsonObject): JsonObject => ({
    ...Object.fromEntries(Object.entries(spec).filter(([key]) => !alive.has(key))),
    containers: each(spec.containers, c => ({ ...c, image: '' })),
    initContainers: each(spec.initContainers, c => ({ ...c, image: '' })),
  })
  const grace = (o: KubeObject): Json => specOf(o).terminationGracePeriodSeconds ?? null
  if (equal(fixed(specOf(object)), fixed(specOf(live))) && equal(grace(object), grace(live))) return []
  return [
    forbiddenValue(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ]
}

/** Rules of workloads, by `group/Kind`. */
export const workloadRules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'apps/DaemonSet': daemonSet,
  'apps/StatefulSet': statefulSet,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  '/Pod': pod,
}
