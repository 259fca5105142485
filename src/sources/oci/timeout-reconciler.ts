import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { type Deadline, streamWithDeadline, withDeadline } from '../../lib/deadline.ts'
import { durationMs } from '../../lib/duration.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Fetcher, Lister, Resolver } from '../../world/registry/registry.ts'

/** What pulling needs of a registry. */
export type Source = Resolver & Fetcher & Pick<Lister, 'tags'>

/** A registry whose calls, each for itself, take no longer than `spec.timeout`: Flux 2.6 lets them wait for ever. Spec: sources 15. */
export function bounded(registry: Source, { timeout }: OCIRepositoryObject['spec'], clock: Clock): Source {
  const within = (what: string, signal: AbortSignal): Deadline => ({ clock, ms: durationMs(timeout ?? '60s'), what, signal })
  return {
    resolve: (ref, signal) => withDeadline(within('looking it up', signal), bound => registry.resolve(ref, bound)),
    lookUp: (ref, signal) => withDeadline(within('looking it up', signal), bound => registry.lookUp(ref, bound)),
    manifest: (ref, signal) => withDeadline(within('reading the manifest', signal), bound => registry.manifest(ref, bound)),
    tags: (repository, signal) => streamWithDeadline(within('listing tags', signal), bound => registry.tags(repository, bound)),
    blob: (repository, target, signal) =>
      streamWithDeadline(within('reading the layer', signal), bound => registry.blob(repository, target, bound)),
  }
}
