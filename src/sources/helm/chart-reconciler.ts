import { failed, type Outcome, stalled, StepError } from '../../engine/outcome.ts'
import { absent, type ConditionChange } from '../../engine/conditions.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { Bucket } from '../../kinds/bucket.ts'
import { GitRepository } from '../../kinds/git-repository.ts'
import { HelmChart, type HelmChartObject } from '../../kinds/helm-chart.ts'
import { HelmRepository, type HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import { conditionOf, type KubeObject } from '../../kinds/manifest.ts'
import { SourceProblem } from '../problem.ts'
import { announce, source, type Success, settled } from '../source-reconciler.ts'
import { artifactIn, store } from '../storage-reconciler.ts'
import { BuildProblem, type Built, type Named, summaryOf } from './build.ts'
import type { ChartHands } from './charts-reconciler.ts'
import { fromArtifact } from './local-reconciler.ts'
import { fromRepository } from './remote-reconciler.ts'
import { wokenBy } from './triggers.ts'

interface Step {
  readonly hands: ChartHands
  readonly run: Run
}

const link = 'latest.tar.gz'
const sources = [HelmRepository, GitRepository, Bucket]
const kinds = sources.map(s => s.kind)

/** Chooses a chart of its source, packages it where something of it is changed, and stores it. Spec: sources 7. */
export const helmCharts = source(HelmChart, {
  link,
  follows: sources,
  wokenBy: (change, all) => wokenBy(change, all as readonly HelmChartObject[]),
  fetched,
})

async function fetched(chart: HelmChartObject, { hands, run }: Step): Promise<Outcome> {
  if (conditionOf(run.current(), 'SourceVerified')?.status === 'False') run.note({ conditions: [absent('SourceVerified')] })
  const { kind, name } = chart.spec.sourceRef
  if (!kinds.includes(kind)) return unsupportedKind(kind)
  const from = await sourceOf(chart, { hands, run })
  const artifact = artifactIn(from)
  const isStatic = kind === 'HelmRepository' && from.spec?.type === 'oci'
  if (!artifact && !isStatic) return noArtifact(kind, name)
  if (artifact) run.note({ fields: { observedSourceArtifactRevision: artifact.revision } })
  const built = await attempted(chart, { from, artifact }, { hands, run })
  if (built === undefined) return noArtifact(kind, name)
  return 'is' in built ? built : kept(chart, built, { hands, run })
}

function unsupportedKind(kind: string): Outcome {
  const message = `failed to get source: unsupported source kind '${kind}', must be one of: [${kinds.join(' ')}]`
  const conditions: ConditionChange[] = [{ type: 'FetchFailed', status: 'True', reason: 'SourceUnavailable', message }]
  return stalled('UnsupportedSourceKind', message, { change: { conditions } })
}

async function sourceOf({ metadata, spec }: HelmChartObject, { hands, run }: Step): Promise<KubeObject> {
  const { kind, name } = spec.sourceRef
  const { group, version } = HelmChart
  const found = await hands.cluster.get({ group, version, kind, name, namespace: metadata.namespace }, run.signal)
  if (found) return found
  throw new SourceProblem('SourceUnavailable', `failed to get source: ${kind}.${group} "${name}" not found`, { condition: 'FetchFailed' })
}

/** Looked for again with growing delay, unless the source wakes the chart before. */
function noArtifact(kind: string, name: string): Outcome {
  const reason = 'NoSourceArtifact'
  const message = `no artifact available for ${kind} source '${name}'`
  const change = { conditions: [{ type: 'FetchFailed', status: 'True', reason, message } as const] }
  return failed(reason, message, { retry: 'backoff', change, events: [{ severity: 'trace', reason, message }] })
}

async function attempted(
  chart: HelmChartObject,
  { from, artifact }: { from: KubeObject; artifact: Artifact | undefined },
  step: Step,
): Promise<Built | Outcome | undefined> {
  try {
    if (chart.spec.sourceRef.kind === 'HelmRepository') return await fromRepository(chart, from as HelmRepositoryObject, step)
    return artifact && (await fromArtifact(chart, artifact, step))
  } catch (thrown) {
    step.run.signal.throwIfAborted()
    if (thrown instanceof BuildProblem) return notBuilt(thrown)
    if (thrown instanceof StepError) return notReached(thrown)
    throw thrown
  }
}

/** What is wrong with the chart. */
function notBuilt(problem: BuildProblem): Outcome {
  const { code: reason, message, condition } = problem
  const other = condition === 'BuildFailed' ? 'FetchFailed' : 'BuildFailed'
  const change = { conditions: [absent(other), { type: condition, status: 'True', reason, message } as const, ...unverified(problem)] }
  const events = [{ severity: 'error', reason, message } as const]
  return problem.stalls ? stalled(reason, message, { change, events }) : failed(reason, message, { retry: 'backoff', change, events })
}

function unverified({ code, message }: BuildProblem): ConditionChange[] {
  return code === 'ChartVerificationError' ? [{ type: 'SourceVerified', status: 'False', reason: 'VerificationError', message }] : []
}

/** Flux's condition says nothing of why its source was not reached but in the message; event and Stalled do. */
function notReached(problem: StepError): Outcome {
  const { code: reason, message } = problem
  const said: ConditionChange = { type: 'FetchFailed', status: 'True', reason: 'Unknown', message: `unknown build error: ${message}` }
  const change = { conditions: [{ type: 'BuildFailed', status: 'absent' } as const, said] }
  const events = [{ severity: 'error', reason, message } as const]
  const stalls = problem instanceof SourceProblem && problem.consequence.stalls
  return stalls ? stalled(reason, message, { change, events }) : failed(reason, message, { retry: 'backoff', change, events })
}

/** Tells of a chart that is not the stored one. */
async function tell({ name, version }: Named, summary: string, run: Run): Promise<void> {
  const current = run.current() as HelmChartObject
  const artifact = artifactIn(current)
  if (current.status?.observedChartName === name && artifact?.revision === version) return
  await announce(run, summary, { outdated: artifact !== undefined, reason: 'NewChart' })
}

async function kept(chart: HelmChartObject, built: Built, { hands, run }: Step): Promise<Outcome> {
  noteVerified(chart, built, run)
  const summary = summaryOf(built)
  const reason = built.packaged ? 'ChartPackageSucceeded' : 'ChartPullSucceeded'
  const success = { reason, message: summary, news: summary, newsReason: reason } satisfies Success
  const current = artifactIn(run.current())
  if (built.archive === undefined && current) {
    const message = `artifact up-to-date with remote revision: '${current.revision}'`
    await run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message })
    return settled(chart, current, { run, success })
  }
  await tell(built, summary, run)
  if (built.dependencies > 0)
    await run.emit({ severity: 'trace', reason: 'ResolvedDependencies', message: `resolved ${built.dependencies} chart dependencies` })
  return settled(chart, await saved(chart, built, { hands, run }), { run, success })
}

function noteVerified({ spec }: HelmChartObject, { verified, version }: Built, run: Run): void {
  const message = `verified signature of version ${version}`
  if (!spec.verify) run.note({ conditions: [absent('SourceVerified')] })
  else if (verified) run.note({ conditions: [{ type: 'SourceVerified', status: 'True', reason: 'Succeeded', message }] })
}

function saved(chart: HelmChartObject, built: Built, { hands: { artifacts }, run }: Step): Promise<Artifact> {
  const { name, version, archive, valuesFiles } = built
  run.note({ conditions: ['FetchFailed', 'BuildFailed'].map(type => ({ type, status: 'absent' })) })
  const observedValuesFiles = chart.spec.ignoreMissingValuesFiles && valuesFiles.length > 0 ? [...valuesFiles] : null
  const content = {
    filename: `${name}-${version}.tgz`,
    revision: version,
    bytes: once(archive ?? new Uint8Array()),
    verb: 'copy',
    observed: { observedChartName: name, observedValuesFiles },
  } as const
  return store(chart, content, { artifacts, run, link })
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
