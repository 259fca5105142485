import type { KubeObject } from '../../kinds/manifest.ts'
import type { Definitions } from '../../kinds/openapi.ts'
import type { BuiltChart, ChartBuild, ChartContent } from '../../kinds/chart.ts'
import type { CommitMessage } from '../../kinds/commit-message.ts'
import type { Evaluated, Expression, HealthExpressions, Judged } from '../../kinds/expression.ts'
import type { Json, JsonObject } from '../../lib/json.ts'

/** A tree of files to build; paths are relative with `/`, and `root` is the folder to build (`.` for the top). */
export interface BuildInput {
  readonly root: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Which schema merges an object: the built-in one, a CRD version's `openAPIV3Schema`, or none (lists are then atomic). */
export type MergeSchema =
  | { readonly from: 'builtin' }
  | { readonly from: 'crd'; readonly openAPIV3Schema: JsonObject }
  | { readonly from: 'deduced' }

export interface ManageInput {
  /** `undefined` while the object does not exist. */
  readonly live: KubeObject | undefined
  /** The applied configuration, or the whole new object for an update. */
  readonly object: KubeObject
  readonly manager: string
  readonly schema: MergeSchema
  /** `status` or `scale`; absent for the object itself. */
  readonly subresource?: string | undefined
  /** Paths that this endpoint may not set, such as `[['status']]`. */
  readonly reset?: readonly (readonly string[])[] | undefined
}

/**
 * Upstream Go libraries as pure functions. Each call has a deadline and a memory ceiling; after a failure the next call works.
 * Implemented by pool.ts over WebAssembly. @throws {KernelError} from every method; an abort rejects with `signal.reason`.
 */
export interface Kernel {
  /** What `kustomize build` prints: YAML documents with `---` between. Remote bases are refused (REMOTE_BASE). Results are kept by the digest of the input. */
  kustomizeBuild(input: BuildInput, signal: AbortSignal): Promise<string>
  /** The same as objects: what that YAML holds, without the way through text. */
  kustomizeObjects(input: BuildInput, signal: AbortSignal): Promise<Json[]>
  /** The fields of a kustomization file that kustomize knows. @throws {KernelError} BUILD_FAILED for text that is none. */
  kustomizationFile(content: Uint8Array, signal: AbortSignal): Promise<JsonObject>
  /** Takes files as kustomize takes resources. @throws {KernelError} BUILD_FAILED with the first that holds anything but Kubernetes objects. */
  checkManifests(files: ReadonlyMap<string, Uint8Array>, signal: AbortSignal): Promise<void>
  /** Server-side apply with managed fields. @throws {KernelError} STATUS with the API Status (a conflict), INVALID with the typed error. */
  apply(input: ManageInput & { readonly force: boolean }, signal: AbortSignal): Promise<KubeObject>
  /** Tracks an update by a manager. */
  update(input: ManageInput, signal: AbortSignal): Promise<KubeObject>
  /** Applies a strategic merge patch to an object of a built-in kind. @throws {KernelError} NO_SCHEMA for other kinds. */
  strategicMerge(original: KubeObject, patch: JsonObject, signal: AbortSignal): Promise<KubeObject>
  /** The patch that kubectl apply would send from `original` (last applied) to `modified` over `current`. */
  threeWayMerge(states: { original: KubeObject; modified: KubeObject; current: KubeObject }, signal: AbortSignal): Promise<JsonObject>
  /** Compresses as Go's gzip does: equal bytes, so equal digests. */
  gzip(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** An index of charts, YAML or JSON, as JSON text: invalid entries are dropped, the newest versions come first. @throws {KernelError} CHART_INVALID */
  chartIndex(bytes: Uint8Array, signal: AbortSignal): Promise<string>
  /** What a chart says of itself, checked; what else is in it may be broken. @throws {KernelError} CHART_INVALID */
  chartMetadata(chart: ChartContent, signal: AbortSignal): Promise<JsonObject>
  /** Loads a chart, changes it, and packages it. Equal input gives equal bytes. @throws {KernelError} CHART_INVALID */
  buildChart(build: ChartBuild, signal: AbortSignal): Promise<BuiltChart>
  /** Fills the template of a commit message: text/template with those functions of sprig that depend on their input alone. @throws {KernelError} TEMPLATE_INVALID with Flux's text. */
  commitMessage(message: CommitMessage, signal: AbortSignal): Promise<string>
  /**
   * Judges objects by the expressions of their kind, in the order in which they are given; with no object, whether the expressions compile.
   * @throws {KernelError} EXPRESSION_INVALID with Flux's text.
   */
  judge(check: HealthExpressions, objects: readonly KubeObject[], signal: AbortSignal): Promise<Judged[]>
  /** Evaluates CEL over values of its variables. */
  evaluate(expression: Expression, data: Readonly<Record<string, JsonObject>>, signal: AbortSignal): Promise<Evaluated>
  /** The schemas of Kubernetes' built-in kinds that merging goes by. */
  definitions(): Promise<Definitions>
  /** Ends the workers. */
  close(): Promise<void>
}
