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

/** Artifacts on disk (or in memory), served over HTTP. Spec: sources 1.1–1.3. */
export interface Artifacts {
  /** The address that URLs carry: `host:port`, or a URL prefix. */
  readonly advertised: string
  /** Writes by temporary file, fsync and rename, then moves the `latest` link when `link` names one. Digest and size are of the bytes written. @throws {StorageError} DISK_FULL, WRITE_FAILED */
  store(
    file: {
      owner: ArtifactOwner
      filename: string
      revision: string
      metadata?: Readonly<Record<string, string>> | undefined
      link?: string | undefined
    },
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Artifact>
  /** Whether the stored file is there and its bytes have the digest. A corrupt file is removed. */
  verify(artifact: Artifact, signal: AbortSignal): Promise<'ok' | 'missing' | 'corrupt'>
  /** Collects old files of an owner, never the current one. Answers how many went. */
  collect(owner: ArtifactOwner, current: Artifact | undefined, retention: Retention): Promise<number>
  /** Removes everything of an owner. */
  remove(owner: ArtifactOwner): Promise<void>
  /** The URL of a path as of now. */
  urlOf(path: string): string
}

/** Reads artifacts by URL wherever they are: our own storage, HTTP, or the API server's service proxy for in-cluster sources. The digest is checked. */
export interface ArtifactFetcher {
  /** The file's bytes, verified against `digest` before the stream ends normally. `undefined` means 404. @throws {StorageError} DIGEST_MISMATCH, UNREACHABLE */
  fetch(artifact: Pick<Artifact, 'url' | 'digest'>, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>
}
