import type { Digest } from '../lib/digest.ts'

/** `.status.artifact` of a source. Spec: sources 1.1. */
export interface Artifact {
  /** `<kind lowercased>/<namespace>/<name>/<file>`, relative to the storage root. */
  readonly path: string
  readonly url: string
  /** `latest@sha256:…`, `main@sha1:…`, `sha256:…`. */
  readonly revision: string
  /** Of the stored file. `undefined` only for artifacts of very old controllers. */
  readonly digest?: Digest | undefined
  /** RFC 3339, UTC. */
  readonly lastUpdateTime: string
  /** Bytes of the stored file. */
  readonly size?: number | undefined
  /** OCI manifest annotations. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Where the artifacts of an object are: `ocirepository/flux-system/podinfo`. */
export function ownerPath({ kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${kind.toLowerCase()}/${namespace}/${name}`
}

/** A file or folder of an unpacked artifact. `path` is relative, with `/`, no leading or trailing slash, never `..`. */
export interface ArtifactFile {
  readonly path: string
  readonly content: Uint8Array
  readonly executable?: boolean | undefined
}

/** A source's origin revision as OCI annotations carry it. */
export const originRevision = 'org.opencontainers.image.revision'
/** A source's origin as OCI annotations carry it. */
export const originSource = 'org.opencontainers.image.source'
