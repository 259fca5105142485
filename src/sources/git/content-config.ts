import type { Artifact } from '../../kinds/artifact.ts'
import type { GitRepositoryObject } from '../../kinds/git-repository.ts'
import { equal, type Json, type JsonObject } from '../../lib/json.ts'
import { sameRevision } from './ref.ts'

type Repository = Pick<GitRepositoryObject, 'spec' | 'status'>
type Mode = 'HEAD' | 'Tag' | 'TagAndHEAD'

/** Whose signature a spec wants looked at; `undefined` without verification. Spec: sources 4.6. */
export function modeOf({ verify }: GitRepositoryObject['spec']): Mode | undefined {
  if (!verify) return undefined
  return verify.mode === undefined || verify.mode === 'head' ? 'HEAD' : verify.mode
}

/** Whether a signature must be looked at that the last artifact's was not. Spec: sources 4.3. */
export function requiresVerification({ spec, status }: Repository): boolean {
  const [mode, observed] = [modeOf(spec), status?.sourceVerificationMode]
  if (mode === undefined) return false
  if (!observed) return true
  return (observed === 'Tag' && mode !== 'Tag') || (observed === 'HEAD' && mode !== 'HEAD')
}

/** Whether what the artifact was made from, beside its revision, is no longer as the spec has it; absent and empty differ for `ignore` alone. */
export function contentChanged(repository: Repository, includes: readonly Artifact[]): boolean {
  const { spec, status } = repository
  return (
    status?.observedIgnore !== spec.ignore ||
    (status?.observedRecurseSubmodules ?? false) !== (spec.recurseSubmodules ?? false) ||
    !equal((status?.observedSparseCheckout ?? []) as Json, (spec.sparseCheckout ?? []) as Json) ||
    requiresVerification(repository) ||
    includesChanged(repository, includes)
  )
}

function includesChanged({ spec, status }: Repository, includes: readonly Artifact[]): boolean {
  const told = (list: GitRepositoryObject['spec']['include']): Json =>
    (list ?? []).map(({ repository, fromPath = '', toPath = '' }) => [repository.name, fromPath, toPath])
  const observed = (status?.includedArtifacts ?? []) as readonly Artifact[]
  return (
    !equal(told(status?.observedInclude), told(spec.include)) ||
    observed.length !== includes.length ||
    includes.some((now, i) => !sameRevision(observed[i]?.revision, now.revision) || observed[i]?.digest !== now.digest)
  )
}

/** Whether included artifacts are others than those of the last run, in whatever order. */
export function includesDiffer(now: readonly Artifact[], { status }: Pick<Repository, 'status'>): boolean {
  const before = (status?.includedArtifacts ?? []) as readonly Artifact[]
  return now.length !== before.length || now.some(({ revision }) => !before.some(other => sameRevision(other.revision, revision)))
}

/** The status fields that say what an artifact was made from; `null` removes one. */
export function observedOf({ spec }: Pick<Repository, 'spec'>, includes: readonly Artifact[]): JsonObject {
  const listed = (list: readonly unknown[] | undefined): Json => (list && list.length > 0 ? (list as Json) : null)
  return {
    includedArtifacts: listed(includes),
    observedIgnore: spec.ignore ?? null,
    observedRecurseSubmodules: spec.recurseSubmodules || null,
    observedInclude: listed(spec.include),
    observedSparseCheckout: listed(spec.sparseCheckout),
  }
}
