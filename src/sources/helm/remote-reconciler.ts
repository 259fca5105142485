import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import type { HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { SourceProblem } from '../problem.ts'
import { BuildProblem, type Built, building, type Named, stored } from './build.ts'
import { packagedChart, wrongMetadata } from './package-reconciler.ts'
import { type At, type ChartHands, type Charts, httpCharts, NoSuchChart, registryCharts } from './charts-reconciler.ts'
import { timeoutOf } from './access-reconciler.ts'
import { isVerified } from './verify-reconciler.ts'
import { normalUrl } from './url.ts'
import { type ChartVersion, checkChartName, countedValues, withMetadata } from './version.ts'

/** The chart of a HelmRepository. @throws {BuildProblem} {@link StepError} for how the repository is reached. Spec: sources 7. */
export async function fromRepository(
  chart: HelmChartObject,
  repository: HelmRepositoryObject,
  { hands, run }: { hands: ChartHands; run: Run },
): Promise<Built> {
  const { spec } = chart
  const at = { hands, signal: run.signal, settings: run.settings, reconciled: run.current() }
  const charts = await opened(repository, at)
  await building('InvalidChartReference', () => checkChartName(spec.chart))
  const found = await chosen(charts, spec, at)
  const verified = await isVerified(chart, { charts, found, timeoutMs: timeoutOf(repository) }, { hands, run })
  return { ...(await ofVersion(chart, { charts, found }, { hands, run })), verified }
}

async function ofVersion(
  { spec, metadata }: HelmChartObject,
  { charts, found }: { charts: Charts; found: ChartVersion },
  { hands, run }: { hands: ChartHands; run: Run },
): Promise<Built> {
  const at = { hands, signal: run.signal, settings: run.settings, reconciled: run.current() }
  const valued = countedValues(spec.valuesFiles).length > 0
  const version = await building('MetadataPatchError', () => withMetadata(found.version, valued ? String(metadata.generation ?? 0) : ''))
  const named = { name: found.name, version }
  await building('InvalidChartReference', () => checkFileName(found.name))
  const known = stored(named, run.current() as HelmChartObject, valued)
  if (known) return known
  const archive = await building('ChartPullError', () => charts.download(found), 'failed to download chart for remote reference: ')
  run.signal.throwIfAborted()
  if (!valued) return copied(named, archive, at)
  const files = (spec.valuesFiles ?? []).map(path => ({ path, place: path, content: undefined }))
  const values = { files, inside: true, ignoreMissing: spec.ignoreMissingValuesFiles === true }
  return packagedChart({ named, chart: { archive }, values, dependencies: [] }, at)
}

/** A name of an index ends up in a file's name. That of a registry may have folders, which are in the spec. */
function checkFileName(name: string): void {
  if (name === '' || name.split('/').some(part => /^\.*$/.test(part))) throw new Error(`invalid chart name '${name}'`)
}

async function opened(repository: HelmRepositoryObject, at: At): Promise<Charts> {
  const isOci = repository.spec.type === 'oci'
  const url = address(repository.spec.url)
  if (isOci && !url.startsWith('oci://'))
    throw new SourceProblem('Failed', `failed to construct Helm client: invalid OCI registry URL: ${url}`, { stalls: true })
  if (!isOci && url.startsWith('oci://'))
    throw new SourceProblem(
      'Failed',
      "failed to construct Helm client: 'oci' URL scheme cannot be used with 'default' HelmRepository type",
      { stalls: true },
    )
  try {
    return isOci ? await registryCharts(repository, url, at) : await httpCharts(repository, url, at)
  } catch (cause) {
    at.signal.throwIfAborted()
    if (cause instanceof StepError) throw cause
    throw new SourceProblem('AuthenticationFailed', messageOf(cause), { cause })
  }
}

function address(url: string): string {
  try {
    return normalUrl(url)
  } catch (cause) {
    throw new SourceProblem('URLInvalid', `invalid Helm repository URL: ${messageOf(cause)}`, { cause, stalls: true })
  }
}

async function chosen(charts: Charts, { chart, version = '*' }: HelmChartObject['spec'], { signal }: At) {
  try {
    return await charts.find(chart, version)
  } catch (cause) {
    signal.throwIfAborted()
    const reason = cause instanceof NoSuchChart ? 'InvalidChartReference' : 'ChartPullError'
    throw new BuildProblem(reason, `failed to get chart version for remote reference: ${messageOf(cause)}`, { cause })
  }
}

/** The archive as it came, once it is seen to be a chart. */
async function copied(named: Named, archive: Uint8Array, { hands, signal }: At): Promise<Built> {
  try {
    await hands.kernel.chartMetadata({ archive }, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw new BuildProblem('ChartPullError', wrongMetadata(cause), { cause })
  }
  return { ...named, archive, valuesFiles: [], packaged: false, dependencies: 0 }
}
