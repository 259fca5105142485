/** A chart as it came: its archive, or the files of its folder by path. */
export type ChartContent = { readonly archive: Uint8Array } | { readonly files: ReadonlyMap<string, Uint8Array> }

/** What a chart asks for beside itself, as Chart.yaml or its lock names it. */
export interface ChartDependency {
  readonly name: string
  readonly version: string
  readonly repository: string
  readonly alias: string | undefined
}

/** A file that is merged into the default values; `undefined` content: it was looked for at `place` and not found. */
export interface ChartValues {
  readonly path: string
  readonly place: string
  readonly content: Uint8Array | undefined
}

/** What to make of a chart. Spec: sources 7. */
export interface ChartBuild {
  readonly chart: ChartContent
  /** Replaces its version. */
  readonly version: string
  /** Files whose merged content replaces the default values; with `inside` they are looked for in the chart itself. */
  readonly values: { readonly files: readonly ChartValues[]; readonly inside: boolean; readonly ignoreMissing: boolean }
  readonly dependencies: readonly { readonly chart: ChartContent; readonly alias: string | undefined }[]
  /** Without it the chart is only looked at. */
  readonly packaged: boolean
}

/** What became of it. */
export interface BuiltChart {
  /** The values files that made the default values; `undefined` when those stay as they are. */
  readonly values: readonly string[] | undefined
  /** Dependencies that it does not hold, those of `dependencies` not counted. */
  readonly missing: readonly ChartDependency[]
  readonly archive: Uint8Array | undefined
}

/** Flux's bounds in bytes: of an index, of a chart's archive, of a file in a chart. Spec: sources 7. */
export const chartBounds = { index: 50 * 1024 * 1024, chart: 10 * 1024 * 1024, file: 5 * 1024 * 1024 } as const
