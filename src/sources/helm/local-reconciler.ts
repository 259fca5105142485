import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { stringAt } from '../../lib/json.ts'
import { readTree } from '../../lib/untar.ts'
import { SourceProblem } from '../problem.ts'
import { type Built, building, stored } from './build.ts'
import type { At, ChartHands } from './charts-reconciler.ts'
import { resolved } from './dependencies-reconciler.ts'
import { built, packagedChart } from './package-reconciler.ts'
import { chartAt, type SourceFiles } from './tree.ts'
import { countedValues, pathInside, shortHash, withMetadata } from './version.ts'

/** A source is unpacked in memory: beyond these bounds it would take the process down. Spec: sources 15. */
const limits = { maxBytes: 1024 * 1024 * 1024, maxEntries: 500_000, maxEntryBytes: 512 * 1024 * 1024, links: 'refused' } as const

/** The chart at a path of a source's artifact; `undefined` when the artifact is not there. @throws {StepError} Spec: sources 7 step 6. */
export async function fromArtifact(
  chart: HelmChartObject,
  artifact: Artifact,
  { hands, run }: { hands: ChartHands; run: Run },
): Promise<Built | undefined> {
  const at = { hands, signal: run.signal, settings: run.settings, reconciled: run.current() }
  const files = await unpacked(artifact, at)
  if (!files) return undefined
  const path = await building('InvalidChartReference', () => placeOf(chart.spec.chart))
  const content = await building('InvalidChartReference', () => chartAt(files, path))
  const metadata = await building('InvalidChartReference', () => hands.kernel.chartMetadata(content, run.signal))
  run.signal.throwIfAborted()
  const name = stringAt(metadata, 'name') ?? ''
  const version = await building('MetadataPatchError', () =>
    withMetadata(stringAt(metadata, 'version') ?? '', metadataFor(chart, artifact)),
  )
  const named = { name, version }
  const valued = countedValues(chart.spec.valuesFiles).length > 0
  const packaged = 'files' in content || valued || metadataFor(chart, artifact) !== ''
  const known = stored(named, run.current() as HelmChartObject, packaged)
  if (known) return known
  if (!packaged && 'archive' in content) return { ...named, archive: content.archive, valuesFiles: [], packaged, dependencies: 0 }
  const values = { files: valued ? valuesIn(files, chart) : [], inside: false, ignoreMissing: chart.spec.ignoreMissingValuesFiles === true }
  const parts = { named, chart: content, values, dependencies: [] }
  const { missing } = await built(parts, false, at)
  const dependencies = 'files' in content ? await resolved(missing, { chart, files, path }, at) : []
  return packagedChart({ ...parts, dependencies }, at)
}

async function unpacked(artifact: Artifact, { hands, signal }: At): Promise<SourceFiles | undefined> {
  try {
    const bytes = await hands.fetcher.fetch(artifact, signal)
    return bytes && (await readTree(bytes, limits))
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof StepError) throw cause
    throw new SourceProblem('Failed', `artifact untar error: ${messageOf(cause)}`, { cause })
  }
}

function placeOf(path: string): string {
  if (path === '') throw new Error('no path set for local chart reference')
  if (path.startsWith('/')) throw new Error('local chart reference path is expected to be relative')
  return pathInside(path)
}

/** The build metadata of the version: of the source, of the spec, of both, or none. Spec: sources 7 step 5. */
function metadataFor({ metadata, spec }: HelmChartObject, { revision }: Artifact): string {
  const ofSource = spec.reconcileStrategy === 'Revision' ? [shortHash(spec.sourceRef.kind, revision)] : []
  const ofSpec = countedValues(spec.valuesFiles).length > 0 ? [String(metadata.generation ?? 0)] : []
  return [...ofSource, ...ofSpec].join('.')
}

function valuesIn(files: SourceFiles, { spec }: HelmChartObject) {
  return (spec.valuesFiles ?? []).map(path => {
    const place = pathInside(path)
    return { path, place: `/${place}`, content: files.get(place) }
  })
}
