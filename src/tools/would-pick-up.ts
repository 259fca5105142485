import type { KubeObject } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { objectAt } from '../lib/json.ts'
import type { ParsedReference } from '../lib/reference.ts'
import { repositoryOf, wantedOf } from '../sources/oci/ref.ts'
import type { OCIRepositoryObject } from '../kinds/oci-repository.ts'
import type { World } from '../world/world.ts'
import type { Call } from './tool.ts'

/** The sources that would take a pushed artifact, and what builds on them, as `Kind/namespace/name`; empty without a cluster. */
export async function wouldPickUp(
  world: World,
  { cluster: named, repository, tag, digest }: { cluster: string | undefined; repository: ParsedReference; tag: string; digest: string },
  { signal }: Call,
): Promise<string[]> {
  if (world.clusters.names.length === 0 || (named === undefined && world.clusters.names.length > 1)) return []
  const cluster = world.clusters.named(named)
  try {
    const all = async (group: string, kind: string): Promise<KubeObject[]> =>
      (await cluster.resourceOf({ group, kind }, signal)) ? (await cluster.list({ group, kind, limit: 500 }, signal)).items : []
    const sources = (await all('source.toolkit.fluxcd.io', 'OCIRepository')).filter(s =>
      takes(s as OCIRepositoryObject, { repository, tag, digest }),
    )
    const users = (await all('kustomize.toolkit.fluxcd.io', 'Kustomization')).filter(k => sources.some(s => isSourceOf(s, k)))
    return [...sources, ...users].map(o => `${o.kind}/${o.metadata.namespace ?? ''}/${o.metadata.name}`)
  } catch (thrown) {
    if (thrown instanceof CodedError) return []
    throw thrown
  }
}

function takes(
  { spec }: OCIRepositoryObject,
  { repository, tag, digest }: { repository: ParsedReference; tag: string; digest: string },
): boolean {
  const wanted = wantedOf(spec)
  const fits = wanted.by === 'semver' || (wanted.by === 'tag' ? wanted.tag === tag : wanted.digest === digest)
  try {
    const own = repositoryOf(spec.url)
    return fits && own.registry === repository.registry && own.repository === repository.repository
  } catch {
    return false
  }
}

function isSourceOf(source: KubeObject, user: KubeObject): boolean {
  const { kind, name, namespace } = objectAt(user, 'spec', 'sourceRef')
  return kind === source.kind && name === source.metadata.name && (namespace ?? user.metadata.namespace) === source.metadata.namespace
}
