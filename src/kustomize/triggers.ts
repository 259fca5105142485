import type { KustomizationObject } from '../kinds/kustomization.ts'
import { conditionOf, type KubeObject } from '../kinds/manifest.ts'
import { artifactOf, dependencies, sourceOf } from './depends.ts'

/**
 * The Kustomizations that a changed source wakes, those that others depend on first. None while the revision is the same, none for what is ready at it,
 * none at all when dependencies go round in a circle. Spec: kustomization 2.1.
 */
export function wokenBy(
  { before, after }: { before: KubeObject | undefined; after: KubeObject },
  all: readonly KustomizationObject[],
): KustomizationObject[] {
  const revision = artifactOf(after)?.revision
  if (revision === undefined || (before && artifactOf(before)?.revision === revision)) return []
  return inDependencyOrder(all.filter(ks => reads(ks, after) && !isReadyAt(ks, revision)))
}

function reads(ks: KustomizationObject, source: KubeObject): boolean {
  const { kind, namespace, name } = sourceOf(ks)
  return kind === source.kind && name === source.metadata.name && namespace === source.metadata.namespace
}

function isReadyAt(ks: KustomizationObject, revision: string): boolean {
  const is = (type: string): boolean => conditionOf(ks, type)?.status === 'True'
  return is('Ready') && !is('Reconciling') && !is('Stalled') && ks.status?.lastAttemptedRevision === revision
}

function inDependencyOrder(some: readonly KustomizationObject[]): KustomizationObject[] {
  const keyOf = (o: { namespace?: string | undefined; name: string }): string => `${o.namespace ?? ''}/${o.name}`
  const left = new Map(some.map(ks => [keyOf(ks.metadata), ks]))
  const ordered: KustomizationObject[] = []
  while (left.size > 0) {
    const free = [...left].filter(([, ks]) => !dependencies(ks).some(ref => left.has(keyOf(ref))))
    if (free.length === 0) return []
    for (const [key, ks] of free) {
      left.delete(key)
      ordered.push(ks)
    }
  }
  return ordered
}
