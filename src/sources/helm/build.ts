import { StepError } from '../../engine/outcome.ts'
import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { countedValues } from './version.ts'

const summaries = {
  InvalidChartReference: 'invalid chart reference',
  ChartPullError: 'chart pull error',
  MetadataPatchError: 'chart metadata patch error',
  ValuesFilesError: 'values files merge error',
  DependencyBuildError: 'dependency build error',
  ChartPackageError: 'chart package error',
  ChartVerificationError: 'chart verification error',
} as const
type Reason = keyof typeof summaries

const final = new Set<string>(['InvalidChartReference', 'MetadataPatchError', 'ValuesFilesError'])
const ofTheBuild = new Set<string>([
  'MetadataPatchError',
  'ValuesFilesError',
  'DependencyBuildError',
  'ChartPackageError',
  'ChartVerificationError',
])

/** A chart as it is known before it is there. */
export interface Named {
  readonly name: string
  readonly version: string
}

/** A chart could not be had or made. Spec: sources 7. */
export class BuildProblem extends StepError {
  constructor(reason: Reason, why: string, options: ErrorOptions = {}) {
    super(reason, `${summaries[reason]}: ${why}`, options)
  }

  /** No retry can help. */
  get stalls(): boolean {
    return final.has(this.code)
  }

  get condition(): 'BuildFailed' | 'FetchFailed' {
    return ofTheBuild.has(this.code) ? 'BuildFailed' : 'FetchFailed'
  }
}

/** Runs a step of a build; what it throws is a {@link BuildProblem} of this reason. */
export async function building<T>(reason: Reason, work: () => T | Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StepError) throw cause
    throw new BuildProblem(reason, prefix + messageOf(cause), { cause })
  }
}

/** A chart that is ready to be stored; without an archive it is the one that is stored already. */
export interface Built extends Named {
  readonly archive: Uint8Array | undefined
  readonly valuesFiles: readonly string[]
  readonly packaged: boolean
  readonly dependencies: number
  /** Its signature was asked for, and is there. */
  readonly verified?: boolean | undefined
}

/** The stored chart, where it is the one that is wanted and the spec is that of the last pass. Spec: sources 7 step 4. */
export function stored({ name, version }: Named, { metadata, spec, status }: HelmChartObject, packaged: boolean): Built | undefined {
  const isCurrent = metadata.generation === status?.observedGeneration && status?.artifact !== undefined
  if (!isCurrent || status.observedChartName !== name || status.artifact?.revision !== version) return undefined
  const valuesFiles = status.observedValuesFiles ?? countedValues(spec.valuesFiles)
  return { name, version, archive: undefined, valuesFiles, packaged, dependencies: 0 }
}

/** What was done with a chart: `packaged 'podinfo' chart with version '6.1.0' and merged values files [a.yaml]`. */
export function summaryOf({ name, version, valuesFiles, packaged }: Pick<Built, 'name' | 'version' | 'valuesFiles' | 'packaged'>): string {
  const merged = valuesFiles.length > 0 ? ` and merged values files [${valuesFiles.join(' ')}]` : ''
  return `${packaged ? 'packaged' : 'pulled'} '${name}' chart with version '${version}'${merged}`
}
