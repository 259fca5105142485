import type { Artifact } from '../../kinds/artifact.ts'

/** The object an artifact belongs to; `kind` as in the API. */
export interface ArtifactOwner {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What to keep when collecting garbage. Spec: sources 1.3. */
export interface Retention {
  readonly ttlMs: number
  readonly records: number
}

/** Whether the stored file is what the artifact says; `why` is Flux's text. */
export type Verified = { readonly is: 'ok' } | { readonly is: 'missing' } | { readonly is: 'corrupt'; readonly why: string }

/** Artifacts on disk, served over HTTP. Spec: sources 1.1–1.3. */
export interface Artifacts {
  /** The address that URLs carry: `host:port`, or a URL prefix. */
  readonly advertised: string
  /**
   * Writes by temporary file, fsync and rename, so that the file of before stays until the new one is whole. Digest and size are of the bytes written.
   * What `content` throws passes as it is. @throws {StorageError} NO_FOLDER, DISK_FULL, FILE_LIMIT, WRITE_FAILED
   */
  store(
    file: {
      owner: ArtifactOwner
      filename: string
      revision: string
      metadata?: Readonly<Record<string, string>> | undefined
    },
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Artifact>
  /** Points a link beside the stored file at it, unless it does already; answers the link's URL. @throws {StorageError} WRITE_FAILED */
  link(artifact: Artifact, name: string): Promise<string>
  /** Whether the stored file is there and its bytes have the digest. A corrupt file is removed. */
  verify(artifact: Artifact, signal: AbortSignal): Promise<Verified>
  /** Collects old files of an owner, never the current one. Answers how many went. */
  collect(owner: ArtifactOwner, current: Artifact, retention: Retention): Promise<number>
  /** Removes everything of an owner. False when there was nothing. */
  remove(owner: ArtifactOwner): Promise<boolean>
  /** The bytes at a URL of this storage, unchecked. `undefined` for what is not here. */
  open(url: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The URL of a path as of now. */
  urlOf(path: string): string
}

/** Reads artifacts by URL wherever they are: our own storage, HTTP, or the API server's service proxy for in-cluster sources. The digest is checked. */
export interface ArtifactFetcher {
  /**
   * The file's bytes, verified against `digest` before the stream ends normally. `undefined` means 404. @throws {StorageError} DIGEST_MISMATCH, DIGEST_UNSUPPORTED, UNREACHABLE, SUPERSEDED
   * @param superseded asked before another attempt: whether the source offers another artifact by now, which ends it.
   */
  fetch(
    artifact: Pick<Artifact, 'url' | 'digest'>,
    signal: AbortSignal,
    superseded?: () => Promise<boolean>,
  ): Promise<AsyncIterable<Uint8Array> | undefined>
}
