import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Expected, fault, type FaultCase } from './case.ts'
import {
  type Condition,
  conditions,
  deployment,
  event,
  goodChart,
  goodCharts,
  object,
  ownedBy,
  past,
  pod,
  type PodShape,
  release,
  replicaSet,
  stuck,
} from './objects.ts'
import { controlled, failing, fleet, fluxNs, isWell, labelled, retriedJob, runs, scaledDown, slowStart, waited, within } from './whole.ts'

/** Builders of the rows that were written by reading only what the programs print: whole clusters, three of each fault. */
export type Row = readonly [says: string, objects: readonly KubeObject[], expect: Expected]
/** A fault, in another kind, in other words, and with something harmless beside it. */
export function three(name: string, [kind, wording, beside]: readonly [Row, Row, Row]): FaultCase[] {
  const row = (variant: string, [says, objects, expect]: Row, near: readonly KubeObject[] = []): FaultCase =>
    fault(`${name} (${variant})`, says, [...objects, ...near], expect)
  count += 1
  return [row('another kind', kind), row('other words', wording), row('beside another', beside, harmless(count))]
}
let count = 0

type Said = readonly (readonly [reason: string, message: string])[]
export const said = (about: KubeObject, list: Said): KubeObject[] => list.map(([reason, message]) => event(about, reason, message))
const calm = (about: KubeObject): KubeObject[] => [
  event(about, 'Scheduled', `Successfully assigned apps/${about.metadata.name} to node-1`, { type: 'Normal', count: 1 }),
  event(about, 'Pulling', 'Pulling image "registry.example.com/org/app:1.0.0"', { type: 'Normal' }),
]

export type Workload = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob'
/** A workload of one pod, and what is said of it; the first is what was applied. */
export function work(kind: Workload, name: string, [shape, list]: readonly [PodShape, Said]): KubeObject[] {
  const [owners, last] = ownersOf(kind, name)
  const made = kind === 'StatefulSet' ? pod(last, shape) : pod(last, shape)
  const one = kind === 'StatefulSet' ? { ...made, metadata: { ...made.metadata, name: `${name}-0` } } : made
  return [...owners, one, ...(shape.scheduled ? [] : calm(one)), ...said(one, list)]
}
function ownersOf(kind: Workload, name: string): [KubeObject[], KubeObject] {
  if (kind === 'Deployment') {
    const dep = deployment(name, { progressing: stuck })
    const set = replicaSet(dep)
    return [[dep, set], set]
  }
  if (kind === 'StatefulSet' || kind === 'DaemonSet') {
    const made = controlled(kind, name)
    return [[made], made]
  }
  const cron = kind === 'CronJob' ? [cronJob(name)] : []
  const made = jobOf(cron.length > 0 ? `${name}-29312345` : name)
  const owned = cron[0] ? { ...made, metadata: { ...made.metadata, ...ownedBy(cron[0]) } } : made
  return [[...cron, owned], owned]
}
const podTemplate: JsonObject = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'registry.example.com/org/job:1' }] } }
const cronJob = (name: string): KubeObject =>
  object('batch/v1', 'CronJob', name, {
    spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: podTemplate } } },
    status: { lastScheduleTime: past },
  })
export const jobOf = (name: string, status: JsonObject = { active: 1, startTime: past, ready: 0 }): KubeObject =>
  object('batch/v1', 'Job', name, {
    spec: { backoffLimit: 6, completions: 1, parallelism: 1, selector: { matchLabels: { 'job-name': name } }, template: podTemplate },
    status,
  })
/** A Kustomization that waits for what it applied. */
export function waits(objects: readonly KubeObject[], more: readonly KubeObject[] = []): KubeObject[] {
  return [waited('shop', [...objects.slice(0, 1), ...more]), fleet(), ...objects, ...more, ...runsBeside('catalog')]
}
/** A Kustomization whose apply is refused. */
export function refuses(name: string, message: string, owns: readonly KubeObject[] = []): KubeObject[] {
  return [failing(name, ['ReconciliationFailed', message], { owns }), fleet(), ...owns, ...runsBeside('catalog')]
}
/** A Kustomization that does not build. */
export function breaks(name: string, message: string, spec: JsonObject = {}): KubeObject[] {
  return [failing(name, ['BuildFailed', message], { spec }), fleet(), ...runsBeside('catalog')]
}
const runsBeside = (name: string): KubeObject[] => {
  const all = runs(name)
  return [isWell(name, all.slice(0, 1)), ...all]
}
/** A Kustomization that waits for a source which has no artifact. */
export function unsourced(source: KubeObject): KubeObject[] {
  const { kind, metadata } = source
  const top = failing('shop', ['ArtifactFailed', 'Source artifact not found, retrying in 30s'], {
    spec: { sourceRef: { kind, name: metadata.name } },
  })
  return [top, within(fluxNs, source), ...runsBeside('catalog')]
}
/** The conditions of a source that cannot be fetched. */
export const unfetched = (reason: string, message: string): JsonObject => ({
  conditions: conditions(
    ['Reconciling', 'True', 'ProgressingWithRetry', message],
    ['FetchFailed', 'True', reason, message],
    ['Ready', 'False', reason, message],
  ),
})
/** A release that fails, with its chart and what it made. */
export function releases(name: string, [reason, message]: readonly [string, string], made: readonly KubeObject[] = []): KubeObject[] {
  const state: Condition = ['Ready', 'False', reason, message]
  const stalled: Condition[] = [
    ['Stalled', 'True', 'RetriesExceeded', `Failed to ${reason.startsWith('Upgrade') ? 'upgrade' : 'install'} after 4 attempt(s)`],
  ]
  const top = release(name, {}, undefined, {
    conditions: conditions(...(/^(?:Install|Upgrade)Failed/.test(reason) ? stalled : []), state, ['Released', 'False', reason, message]),
    helmChart: `apps/apps-${name}`,
    installFailures: 4,
    failures: 4,
  })
  return [top, goodChart(`apps-${name}`), goodCharts(), ...made.map(o => ofRelease(o, name))]
}
const ofRelease = (made: KubeObject, name: string): KubeObject =>
  made.kind === 'Event' || made.metadata.ownerReferences
    ? made
    : {
        ...labelled(made, {
          'app.kubernetes.io/managed-by': 'Helm',
          'helm.toolkit.fluxcd.io/name': name,
          'helm.toolkit.fluxcd.io/namespace': 'apps',
        }),
      }
/** A release that stands at its chart. */
export function chartless(
  name: string,
  [reason, message]: readonly [string, string],
  chart: KubeObject,
  more: readonly KubeObject[] = [goodCharts()],
): KubeObject[] {
  const waitsFor = `HelmChart 'apps/apps-${name}' is not ready: ${message}`
  const top = release(name, {}, undefined, {
    conditions: conditions(['Reconciling', 'True', 'ProgressingWithRetry', waitsFor], ['Ready', 'False', 'SourceNotReady', waitsFor]),
    helmChart: `apps/apps-${name}`,
  })
  const broken = { ...chart, status: { observedGeneration: 1, ...unfetched(reason, message) } } as KubeObject
  return [top, broken, ...more]
}

/** What hurts nobody. */
function harmless(i: number): KubeObject[] {
  const all = [slowStart, retriedJob, scaledDown, scheduledLate, manyNameservers, otherScan]
  return all[i % all.length]?.() ?? []
}
function scheduledLate(): KubeObject[] {
  const all = runs('search')
  const one = all[2] as KubeObject
  return [
    ...all,
    event(one, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available.', { count: 1 }),
  ]
}
function manyNameservers(): KubeObject[] {
  const all = runs('mailer')
  const one = all[2] as KubeObject
  return [
    ...all,
    event(
      one,
      'DNSConfigForming',
      'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.2 10.0.0.3 10.0.0.4',
    ),
  ]
}
function otherScan(): KubeObject[] {
  const spec = { image: 'ghcr.io/acme/old', interval: '5m' }
  return [
    within(
      fluxNs,
      object('image.toolkit.fluxcd.io/v1', 'ImageRepository', 'old', {
        spec,
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'ReadOperationFailed',
            'scan failed: GET https://ghcr.io/v2/acme/old/tags/list: NAME_UNKNOWN: repository name not known to registry',
          ]),
        },
      }),
    ),
  ]
}
