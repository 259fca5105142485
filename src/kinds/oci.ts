import type { Digest } from '../lib/digest.ts'

/** What an OCI document points with. `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly platform?: Platform | undefined
  readonly artifactType?: string | undefined
}

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
  readonly 'os.version'?: string | undefined
}

/** `registry` is host[:port] (Docker Hub is `index.docker.io`); exactly one of `tag` and `digest`, or neither. */
export interface Reference {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export interface ImageIndex {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  fluxConfig: 'application/vnd.cncf.flux.config.v1+json',
  fluxContent: 'application/vnd.cncf.flux.content.v1.tar+gzip',
} as const
