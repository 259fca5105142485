import type { KubeObject } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { objectAt } from '../../lib/json.ts'
import type { ParsedReference } from '../../lib/reference.ts'
import { matchingTags } from '../../lib/semver.ts'
import { repositoryOf, wantedOf } from '../../sources/oci/ref.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { inTime, tooLate } from '../run/in-time.ts'
import type { Call } from '../tool.ts'

/** What was pushed where. */
export interface PushedTo {
  readonly repository: ParsedReference
  readonly tags: readonly string[]
  readonly digest: string
}

const patienceMs = 5000

/**
 * The sources that would take a pushed artifact, and what builds on them, as `Kind/namespace/name`. `undefined` when the cluster did not say: there is
 * none, several and none is named, it refuses, or it gives no answer in five seconds. The push is done then, and is not to be held up.
 */
export async function wouldPickUp(
  world: World,
  pushed: PushedTo & { readonly cluster: string | undefined },
  { signal }: Call,
): Promise<string[] | undefined> {
  const { names } = world.clusters
  if (names.length === 0 || (pushed.cluster === undefined && names.length > 1)) return undefined
  try {
    const users = await inTime({ clock: world.clock, ms: patienceMs, signal }, bound =>
      usersIn(world.clusters.named(pushed.cluster), pushed, bound),
    )
    return users === tooLate ? undefined : users
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return undefined
    throw thrown
  }
}

async function usersIn(cluster: Cluster, pushed: PushedTo, signal: AbortSignal): Promise<string[]> {
  const fitting = async (group: string, kind: string, fits: (object: KubeObject) => boolean | Promise<boolean>): Promise<KubeObject[]> => {
    const found: KubeObject[] = []
    if (await cluster.resourceOf({ group, kind }, signal))
      for await (const object of cluster.listAll({ group, kind }, signal)) if (await fits(object)) found.push(object)
    return found
  }
  const sources = await fitting('source.toolkit.fluxcd.io', 'OCIRepository', s => takes(s as OCIRepositoryObject, pushed))
  const users = await fitting('kustomize.toolkit.fluxcd.io', 'Kustomization', k => sources.some(s => isSourceOf(s, k)))
  return [...sources, ...users].map(o => `${o.kind}/${o.metadata.namespace ?? ''}/${o.metadata.name}`)
}

async function takes({ spec }: OCIRepositoryObject, { repository, tags, digest }: PushedTo): Promise<boolean> {
  try {
    const own = repositoryOf(spec.url)
    return own.registry === repository.registry && own.repository === repository.repository && (await fits(spec, tags, digest))
  } catch {
    return false
  }
}

/** A range takes the tag when nothing higher is there, which is not asked. */
async function fits(spec: OCIRepositoryObject['spec'], tags: readonly string[], digest: string): Promise<boolean> {
  const wanted = wantedOf(spec)
  if (wanted.by === 'digest') return wanted.digest === digest
  if (wanted.by === 'tag') return tags.includes(wanted.tag)
  const like = wanted.filter ? (await import('../../lib/tag-filter.ts')).tagsLike(tags, wanted.filter) : tags
  return matchingTags(like, wanted.range).length > 0
}

function isSourceOf(source: KubeObject, user: KubeObject): boolean {
  const { kind, name, namespace } = objectAt(user, 'spec', 'sourceRef')
  return kind === source.kind && name === source.metadata.name && (namespace ?? user.metadata.namespace) === source.metadata.namespace
}
