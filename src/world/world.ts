import type { Auth } from './auth/provider.ts'
import type { Clock } from './clock/clock.ts'
import type { Cluster, Clusters } from './cluster/cluster.ts'
import type { Remotes } from './cluster/remote.ts'
import type { Docs } from './docs/docs.ts'
import type { Files, GitOrigin, OwnCheckouts } from './files/files.ts'
import type { Git } from './git/git.ts'
import type { Http } from './http/http.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { Kms } from './kms/kms.ts'
import type { Log } from './log/log.ts'
import type { Objects } from './objects/objects.ts'
import type { Registries } from './registry/registry.ts'
import type { ArtifactFetcher, Artifacts } from './storage/artifacts.ts'
import type { Scratch } from './storage/scratch.ts'
import type { Tags } from './tags/tags.ts'

/** Everything outside the process, as one value. Only main.ts and tests make one. */
export interface World {
  readonly clusters: Clusters
  /** Clusters that objects name. */
  readonly remotes: Remotes
  readonly registries: Registries
  /** Signing in to clouds and GitHub. */
  readonly auth: Auth
  /** Key services that decrypt data keys. */
  readonly kms: Kms
  readonly objects: Objects
  readonly git: Git
  readonly artifacts: Artifacts
  readonly scratch: Scratch
  readonly fetcher: ArtifactFetcher
  /** What scans of images found. */
  readonly tags: Tags
  readonly kernel: Kernel
  readonly http: Http
  readonly clock: Clock
  readonly log: Log
  readonly docs: Docs
  /** Absent over HTTP: no tool reads or writes the server's disk. */
  readonly files?: Files | undefined
  readonly origin?: GitOrigin | undefined
  readonly checkouts?: OwnCheckouts | undefined
}

/** What one reconciler gets: the world with its one cluster. */
export interface Hands extends Omit<World, 'clusters' | 'docs' | 'files' | 'origin' | 'checkouts'> {
  readonly cluster: Cluster
}
