import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  availableNow,
  type Condition,
  conditions,
  deployment,
  event,
  git,
  goodChart,
  goodCharts,
  inventory,
  ks,
  object,
  ownedBy,
  pod,
  type PodShape,
  readyTrue,
  replicaSet,
  running,
  stored,
} from './objects.ts'

/** Whole clusters as Flux leaves them: its objects in flux-system, workloads in apps, and what else goes on beside. */
export const fluxNs = 'flux-system'
export function within<T extends KubeObject>(namespace: string, made: T): T {
  return { ...made, metadata: { ...made.metadata, namespace } }
}
export const labelled = (made: KubeObject, labels: Record<string, string>): KubeObject => ({
  ...made,
  metadata: { ...made.metadata, labels: { ...made.metadata.labels, ...labels } },
})
/** A pod with what its container printed. */
export const printing = (made: KubeObject, log: string): KubeObject => ({
  ...made,
  metadata: { ...made.metadata, annotations: { 'sandbox.fluxpilot.dev/log': log } },
})
const artifact = {
  revision: 'main@sha1:9f2b7c0d',
  url: 'http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/fleet/9f2b7c0d.tar.gz',
  digest: `sha256:${'1'.repeat(64)}`,
  path: 'gitrepository/flux-system/fleet/9f2b7c0d.tar.gz',
  lastUpdateTime: '2026-01-01T00:00:00Z',
}
export const fleet = (): KubeObject => within(fluxNs, git('fleet', {}, stored, { artifact }))
const fromFleet = { sourceRef: { kind: 'GitRepository', name: 'fleet' } }

/** The conditions of a Flux object that fails and tries again. */
export const retrying = (reason: string, message: string, ...more: readonly Condition[]): JsonObject => ({
  conditions: conditions(['Reconciling', 'True', 'ProgressingWithRetry', message], ['Ready', 'False', reason, message], ...more),
})

/** A Kustomization that fails, with what it had applied before. */
export function failing(
  name: string,
  [reason, message]: readonly [string, string],
  { spec = {}, owns = [] as readonly KubeObject[] } = {},
): KubeObject {
  const healthy: Condition[] = reason === 'HealthCheckFailed' ? [['Healthy', 'False', reason, message]] : []
  return within(
    fluxNs,
    ks(name, { ...fromFleet, ...spec }, undefined, {
      ...retrying(reason, message, ...healthy),
      ...inventory(...owns),
      lastAppliedRevision: 'main@sha1:11aa22bb',
      lastAttemptedRevision: 'main@sha1:9f2b7c0d',
    }),
  )
}
export const isWell = (name: string, owns: readonly KubeObject[] = [], spec: JsonObject = {}): KubeObject =>
  within(fluxNs, ks(name, { ...fromFleet, ...spec }, readyTrue, inventory(...owns)))

/** A Kustomization that waited in vain for the first of what it applied. */
export function waited(name: string, owns: readonly KubeObject[], status = 'InProgress'): KubeObject {
  const [one] = owns
  const named = one ? `${one.kind}/${one.metadata.namespace ?? ''}/${one.metadata.name}` : ''
  const message =
    status === 'Failed'
      ? `health check failed after 12.03s: failed early due to stalled resources: [${named} status: 'Failed']`
      : `health check failed after 5m0.021s: timeout waiting for: [${named} status: 'InProgress']`
  return failing(name, ['HealthCheckFailed', message], { owns, spec: { wait: true, timeout: '5m' } })
}

/** A Deployment that runs, with its ReplicaSet and pod. */
export function runs(name: string): KubeObject[] {
  const dep = deployment(name, { available: true, progressing: availableNow })
  const set = replicaSet(dep)
  return [dep, set, pod(set, { phase: 'Running', ready: true, container: running() })]
}

/** A StatefulSet or a DaemonSet of one pod. */
export function controlled(kind: 'StatefulSet' | 'DaemonSet', name: string, { spec = {}, status = {} } = {}): KubeObject {
  const counts =
    kind === 'StatefulSet'
      ? { replicas: 1, readyReplicas: 0, currentReplicas: 1, updatedReplicas: 1, currentRevision: `${name}-1`, updateRevision: `${name}-1` }
      : { desiredNumberScheduled: 1, currentNumberScheduled: 1, numberReady: 0, numberUnavailable: 1, updatedNumberScheduled: 1 }
  return object('apps/v1', kind, name, {
    spec: {
      ...(kind === 'StatefulSet' ? { replicas: 1, serviceName: name } : {}),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'registry.example.com/org/app:1.0.0' }] },
      },
      ...spec,
    },
    status: { observedGeneration: 1, ...counts, ...status },
  })
}
/** The first pod of one. */
export function firstOf(owner: KubeObject, shape: PodShape): KubeObject {
  const made = pod(owner, shape)
  return { ...made, metadata: { ...made.metadata, name: `${owner.metadata.name}-0`, ...ownedBy(owner) } }
}

/** Troubles that hurt nobody: each with its objects. */
export const slowStart = (): KubeObject[] => {
  const all = runs('gateway')
  const one = all[2] as KubeObject
  return [...all, event(one, 'Unhealthy', 'Readiness probe failed: dial tcp 10.42.0.9:8080: connect: connection refused', { count: 2 })]
}
export const retriedJob = (): KubeObject[] => {
  const job = object('batch/v1', 'Job', 'nightly-29312', {
    spec: { backoffLimit: 6, template: { spec: { containers: [{ name: 'app', image: 'registry.example.com/org/job:1' }] } } },
    status: { succeeded: 1, failed: 1, conditions: conditions(['Complete', 'True', 'CompletionsReached', '']) },
  })
  const first = pod('nightly-29312-abcde', {
    phase: 'Failed',
    container: {
      state: { terminated: { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z' } },
    },
  })
  return [job, { ...first, metadata: { ...first.metadata, ...ownedBy(job) } }]
}
export const scaledDown = (): KubeObject[] => [
  deployment('preview', { spec: { replicas: 0 }, status: { replicas: 0, unavailableReplicas: 0, observedGeneration: 1 }, available: true }),
  object('v1', 'Service', 'preview', { spec: { selector: { app: 'preview' }, ports: [{ port: 80, targetPort: 8080 }] } }),
]
export const suspendedElsewhere = (): KubeObject[] => [within(fluxNs, ks('sandbox-team', { ...fromFleet, suspend: true }, readyTrue))]

/** A harmless trouble for every third row, another each time. */
export function besides(i: number): KubeObject[] {
  const all = [slowStart, retriedJob, scaledDown, suspendedElsewhere]
  return i % 3 === 1 ? (all[((i - 1) / 3) % all.length]?.() ?? []) : []
}
/** What people report: [what, the words of a program, names that are true, proof]. */
export type Reported = readonly [says: string, words: string, cause: Expected['cause'], proof: RegExp]

/** Makes rows of a fault of what is reported, some beside a harmless trouble. */
export function reportedAs(name: string, make: (words: string) => readonly KubeObject[]) {
  return ([says, words, cause, proof]: Reported, i: number): FaultCase =>
    fault(name, `reported: ${says}`, [...make(words), ...besides(i)], { cause: cause ?? [], proof, fix: any })
}

export const goodCharted = (): KubeObject[] => [goodChart(), goodCharts()]
