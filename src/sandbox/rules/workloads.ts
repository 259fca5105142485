import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, requiredValue } from '../api/problem.ts'
import { labelProblems } from './names.ts'
import { podSpecDefaults, podSpecProblems } from './pods.ts'
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
  const labels = objectAt(spec, 'template', 'metadata', 'labels')
  const matchLabels = objectAt(spec, 'selector', 'matchLabels')
  if (spec.selector === undefined) return [requiredValue('spec.selector')]
  if (Object.keys(objectAt(spec, 'selector')).length === 0)
    return [invalidValue('spec.selector', {}, `empty selector is invalid for ${object.kind.toLowerCase()}`)]
  const fits = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return fits ? [] : [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
}

function workloadProblems(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const spec = specOf(object)
  const replicas = spec.replicas
  return [
    ...(typeof replicas === 'number' && replicas < 0
      ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]
      : []),
    ...selectorProblems(object),
    ...labelProblems(objectAt(spec, 'template', 'metadata', 'labels'), 'spec.template.metadata.labels'),
    ...podSpecProblems(objectAt(spec, 'template', 'spec'), 'spec.template.spec', ['Always']),
    ...immutable(object, live, 'spec.selector'),
  ]
}

const deployment: Rule = {
  defaults: o =>
    withSpec(o, {
      ...stored(fill(o.spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })),
      strategy: rolling(specOf(o).strategy, 'RollingUpdate', { maxUnavailable: '25%', maxSurge: '25%' }),
    }),
  check: workloadProblems,
}
const replicaSet: Rule = { defaults: o => withSpec(o, stored(fill(o.spec, { replicas: 1 }))), check: workloadProblems }
const daemonSet: Rule = {
  defaults: o =>
    withSpec(o, {
      ...stored(fill(o.spec, { revisionHistoryLimit: 10 })),
      updateStrategy: rolling(specOf(o).updateStrategy, 'RollingUpdate', { maxUnavailable: 1, maxSurge: 0 }),
    }),
  check: workloadProblems,
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
      updateStrategy: rolling(specOf(o).updateStrategy, 'RollingUpdate', { partition: 0 }),
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
  check: (o, live) => [...workloadProblems(o, live), ...fixedStatefulSet(o, live)],
}

function fixedStatefulSet(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const fixed = ['serviceName', 'podManagementPolicy', 'volumeClaimTemplates']
  if (!live || fixed.every(f => immutable(object, live, `spec.${f}`).length === 0)) return []
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
  return withSpec(o, {
    ...spec,
    selector: spec.selector ?? { matchLabels: own },
    template: { ...objectAt(spec, 'template'), metadata: { ...metadata, labels } },
  })
}

const job: Rule = {
  defaults: o => withSpec(o, stored(fill(o.spec, jobDefaults))),
  prepare: (o, { live }) => selecting(o, live),
  check: (o, live) => [
    ...podSpecProblems(objectAt(o, 'spec', 'template', 'spec'), 'spec.template.spec', ['OnFailure', 'Never']),
    ...immutable(o, live, 'spec.template', 'spec.selector', 'spec.completions'),
  ],
}
const cronJob: Rule = {
  defaults: o =>
    withSpec(o, {
      ...fill(o.spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 }),
      jobTemplate: { ...objectAt(o, 'spec', 'jobTemplate'), spec: stored(objectAt(o, 'spec', 'jobTemplate', 'spec')) },
    }),
  check: o => (stringAt(o, 'spec', 'schedule') ? [] : [requiredValue('spec.schedule')]),
}
const pod: Rule = {
  defaults: o =>
    withSpec(o, fill(podSpecDefaults(o.spec), { enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority', priority: 0 })),
  check: o => podSpecProblems(specOf(o), 'spec', ['Always', 'OnFailure', 'Never']),
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
