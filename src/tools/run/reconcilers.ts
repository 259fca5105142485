import type { Reconciler } from '../../engine/reconciler.ts'
import type { Kind } from '../../kinds/kind.ts'
import type { ObjectRef } from '../../kinds/manifest.ts'
import { imagePolicies } from '../../images/policy-reconciler.ts'
import { imageRepositories } from '../../images/repository-reconciler.ts'
import { kustomizations } from '../../kustomize/reconciler.ts'
import { buckets } from '../../sources/bucket/reconciler.ts'
import { gitRepositories } from '../../sources/git/reconciler.ts'
import { helmCharts } from '../../sources/helm/chart-reconciler.ts'
import { helmRepositories } from '../../sources/helm/repository-reconciler.ts'
import { ociRepositories } from '../../sources/oci/reconciler.ts'
import type { Hands } from '../../world/world.ts'
import { automations } from './automations.ts'

/** What our engine reconciles: the one list of kinds, sources first. */
export const reconcilers: readonly Reconciler<Kind, Hands>[] = [
  gitRepositories,
  ociRepositories,
  buckets,
  helmRepositories,
  helmCharts,
  kustomizations,
  imageRepositories,
  imagePolicies,
  automations,
]

/** The kinds that our engine reconciles. */
export const kinds: readonly Kind[] = reconcilers.map(({ kind }) => kind)

/** The reconciler of an object's kind; `undefined` for a kind that our engine does not reconcile. */
export function reconcilerOf({ group, kind }: Pick<ObjectRef, 'group' | 'kind'>): Reconciler<Kind, Hands> | undefined {
  return reconcilers.find(r => r.kind.group === group && r.kind.kind === kind)
}

/** The controllers of Flux that some reconcilers stand for, each once. */
export function controllersOf(some: readonly Reconciler<Kind, Hands>[]): string[] {
  return [...new Set(some.map(r => r.convention.controller))]
}
