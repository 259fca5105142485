import type { ChartBuild, ChartContent } from '../../kinds/chart.ts'
import { CodedError, messageOf } from '../../lib/coded-error.ts'
import { stringAt } from '../../lib/json.ts'
import { BuildProblem, type Built, type Named } from './build.ts'
import type { At } from './charts-reconciler.ts'

/** What a package is made of. */
export interface Parts extends Pick<ChartBuild, 'values' | 'dependencies'> {
  readonly named: Named
  readonly chart: ChartContent
}

/** Which step of the kernel's work failed. */
function stepOf(thrown: unknown): string | undefined {
  return thrown instanceof CodedError ? stringAt(thrown, 'detail') : undefined
}

/** What is said of an archive that is no chart. */
export function wrongMetadata(thrown: unknown): string {
  const what = stepOf(thrown) === 'validate' ? 'failed to validate metadata of' : 'failed to load chart metadata from'
  return `${what} written chart: ${messageOf(thrown)}`
}

/** Looks at a chart, or makes its package. @throws {BuildProblem} */
export async function built({ named, chart, values, dependencies }: Parts, packaged: boolean, { hands, signal }: At) {
  try {
    return await hands.kernel.buildChart({ chart, version: named.version, values, dependencies, packaged }, signal)
  } catch (cause) {
    signal.throwIfAborted()
    const step = stepOf(cause)
    const reason = step === 'values' ? 'ValuesFilesError' : step === 'dependency' ? 'DependencyBuildError' : 'ChartPackageError'
    const prefix = step === 'load' && 'archive' in chart ? 'failed to load downloaded chart: ' : ''
    throw new BuildProblem(reason, prefix + messageOf(cause), { cause })
  }
}

/** The package of a chart. @throws {BuildProblem} */
export async function packagedChart(parts: Parts, at: At): Promise<Built> {
  const { values, archive } = await built(parts, true, at)
  return { ...parts.named, archive, valuesFiles: values ?? [], packaged: true, dependencies: parts.dependencies.length }
}
