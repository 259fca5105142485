import type { JsonObject, Json } from '../../lib/json.ts'
import type { GroupVersionKind, KubeObject, ObjectRef } from '../../kinds/manifest.ts'

/** One served API resource, from discovery. `verbs` as the server lists them. */
export interface ApiResource extends GroupVersionKind {
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  /** Subresources that are served, such as `status` and `scale`. */
  readonly subresources: readonly string[]
}

/** What a cluster serves. `incomplete` names API groups whose discovery failed, with the reason: the rest is still usable. */
export interface Discovery {
  readonly resources: readonly ApiResource[]
  readonly incomplete: readonly { readonly group: string; readonly message: string }[]
}

export interface ListQuery {
  readonly group: string
  readonly version?: string | undefined
  readonly kind: string
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Objects a page; the server's choice when absent. */
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  /** `0` reads the API server's cache. */
  readonly resourceVersion?: string | undefined
  /** Objects come with their metadata alone. */
  readonly metadataOnly?: boolean | undefined
}

/** A page. `continue` is absent on the last one; `remaining` is the server's estimate of what follows. */
export interface ObjectList {
  readonly items: KubeObject[]
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly remaining?: number | undefined
}

/** `gap` says that history was lost (410 Gone) and `objects` is the whole state as re-listed. */
export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
  | { readonly type: 'gap'; readonly objects: readonly KubeObject[] }

export interface WriteOptions {
  readonly manager: string
  readonly dryRun?: boolean | undefined
  readonly subresource?: string | undefined
}
export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean | undefined
}
export interface DeleteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined
  readonly dryRun?: boolean | undefined
}

/** `merge` is RFC 7386, `json` RFC 6902, `strategic` Kubernetes' own. */
export type Patch = WriteOptions &
  ({ readonly type: 'merge' | 'strategic'; readonly body: JsonObject } | { readonly type: 'json'; readonly body: readonly JsonObject[] })

/** What reconcilers and the engine need of a cluster: one object at a time. */
export interface ObjectReader {
  /** The live object. `undefined` means one thing: the server answered 404 for that name (or its namespace). @throws {ClusterError} */
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  /** One page. @throws {ClusterError} NO_MATCH, FORBIDDEN, EXPIRED (the continue token), … */
  list(query: ListQuery, signal: AbortSignal): Promise<ObjectList>
  /** Every object that the query matches, in pages of 500, without holding more than one page. */
  listAll(query: ListQuery, signal: AbortSignal): AsyncIterable<KubeObject>
}

export interface ObjectWriter {
  /** Server-side apply. Resolves to the object as stored (or as it would be, with dryRun). @throws {ClusterError} CONFLICT with the fields and managers, INVALID, … */
  apply(object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject>
  create(object: KubeObject, options: WriteOptions, signal: AbortSignal): Promise<KubeObject>
  /** Replaces the object, or one subresource of it; a resourceVersion in it must be the live one. */
  replace(object: KubeObject, options: WriteOptions, signal: AbortSignal): Promise<KubeObject>
  patch(ref: ObjectRef, patch: Patch, signal: AbortSignal): Promise<KubeObject>
  /** Asks for deletion. `undefined` when it was gone already; else the object or status as the server answered. */
  delete(ref: ObjectRef, options: DeleteOptions, signal: AbortSignal): Promise<Json | undefined>
}

export interface ObjectWatcher {
  /**
   * Watches from `resourceVersion` (or from now, after an initial list that comes first as one `gap` event). Bookmarks move
   * the position on, a closed stream is resumed, 410 Gone ends in a new list and a `gap`. Ends only by the signal.
   */
  watch(query: ListQuery, signal: AbortSignal): AsyncIterable<WatchEvent>
}

/**
 * One Kubernetes cluster. Every call takes a signal; an abort rejects with `signal.reason`.
 * Implemented by rest.ts; passes `clusterContract` against a real API server and the sandbox.
 */
export interface Cluster extends ObjectReader, ObjectWriter, ObjectWatcher {
  /** The context's name, as the user knows it. */
  readonly name: string
  /** The API server's URL, without credentials. */
  readonly server: string
  /** The same cluster as another user, who is impersonated: own rights must allow that. Other calls keep their user. */
  as(user: string): Cluster
  /** What is served; cached, refreshed when a kind is not found (at most every 10 s). */
  discover(signal: AbortSignal): Promise<Discovery>
  /**
   * The served resource for what a person typed: `ks`, `kustomizations`, `Kustomization`, `Kustomization.kustomize.toolkit.fluxcd.io`, any case.
   * Flux groups win over others for a bare kind. @throws {ClusterError} NO_MATCH with the near names and served versions.
   */
  resolve(typed: string, signal: AbortSignal): Promise<ApiResource>
  /** The served resource of a kind; the preferred version when none is named. `undefined` when it is not served. */
  resourceOf(kind: { group: string; version?: string | undefined; kind: string }, signal: AbortSignal): Promise<ApiResource | undefined>
  /** `v1.37.2`. */
  version(signal: AbortSignal): Promise<string>
  /** Whether the caller may do this, by SelfSubjectAccessReview. */
  allowed(
    access: {
      verb: string
      group: string
      resource: string
      namespace?: string | undefined
      name?: string | undefined
      subresource?: string | undefined
    },
    signal: AbortSignal,
  ): Promise<boolean>
  /** A token of a service account for an audience, or for several, by TokenRequest; for none it is the API server's own. Its life is the server's choice. @throws {ClusterError} NOT_FOUND, FORBIDDEN, … */
  tokenFor(
    account: { readonly namespace: string; readonly name: string },
    audience: string | readonly string[],
    signal: AbortSignal,
  ): Promise<string>
  /** GET of `path` below a Service through the API server's proxy, as a byte stream. `undefined` for 404. */
  serviceProxy(
    target: { namespace: string; service: string; port: string; path: string },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The log of a container of a pod, as a byte stream. `undefined` for 404. @throws {ClusterError} INVALID when there is none (yet), FORBIDDEN, … */
  podLog(
    pod: { readonly namespace: string; readonly name: string },
    query: LogQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** Which lines of a container's log; all of them when nothing is said. */
export interface LogQuery {
  readonly container?: string | undefined
  /** The container before its last restart. */
  readonly previous?: boolean | undefined
  /** The last lines only. */
  readonly tailLines?: number | undefined
  readonly sinceSeconds?: number | undefined
  /** Bytes after which the server ends, from the beginning of what is asked for. */
  readonly limitBytes?: number | undefined
  readonly timestamps?: boolean | undefined
}

/** The clusters a caller may use: kubeconfig contexts, or those named with `--context`. */
export interface Clusters {
  /** Names in the order of the configuration; empty when there is no kubeconfig. */
  readonly names: readonly string[]
  /** @throws {ClusterError} AMBIGUOUS when none is named and there are several; UNKNOWN_CLUSTER with the names; NO_CLUSTER when none is configured. */
  named(name?: string): Cluster
}
