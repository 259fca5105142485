import { absent } from '../../engine/conditions.ts'
import type { Outcome } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { GitRepository, type GitRepositoryObject } from '../../kinds/git-repository.ts'
import { conditionOf, printRef, refOf } from '../../kinds/manifest.ts'
import type { Checkout } from '../../world/git/git.ts'
import type { Hands } from '../../world/world.ts'
import { archived } from '../archive-reconciler.ts'
import { SourceProblem } from '../problem.ts'
import { announce, settled, source } from '../source-reconciler.ts'
import { artifactIn, store } from '../storage-reconciler.ts'
import { remoteOf } from './access-reconciler.ts'
import { checkedOut, type Found } from './checkout-reconciler.ts'
import { contentChanged, includesDiffer, observedOf } from './content-config.ts'
import { entryAt, within } from './graft.ts'
import { includesOf, withIncludes } from './include-reconciler.ts'
import { hiddenRange, revisionOf, sameRevision, subjectOf } from './ref.ts'
import { checkSignatures } from './verify-reconciler.ts'

export type GitHands = Pick<Hands, 'artifacts' | 'auth' | 'clock' | 'cluster' | 'fetcher' | 'git' | 'kernel' | 'log'>
interface Step {
  readonly hands: GitHands
  readonly run: Run
}

const link = undefined

/** Looks what the reference stands for, checks out what is new, puts the includes in, stores it as an artifact. Spec: sources 4.3. */
export const gitRepositories = source(GitRepository, { link, fetched })

async function fetched(repository: GitRepositoryObject, step: Step): Promise<Outcome> {
  const { hands, run } = step
  warnOfHidden(repository, hands)
  if (conditionOf(run.current(), 'SourceVerified')?.status === 'False') run.note({ conditions: [absent('SourceVerified')] })
  const remote = await remoteOf(repository, step)
  const includes = await includesOf(repository, step)
  await announceIncludes(repository, includes, run)
  const found = await checkedOut(repository.spec, { hands, remote, run, known: knownOf(run, includes) })
  if (!found.checkout) return unchanged(repository, revisionOf(found.point, repository.spec), run)
  try {
    return await taken(repository, { ...found, checkout: found.checkout }, { ...step, includes })
  } finally {
    await found.checkout.close()
  }
}

/** Whoever names a tag and a range gets the tag, whatever Flux documents. */
function warnOfHidden(repository: GitRepositoryObject, { log }: GitHands): void {
  const range = hiddenRange(repository.spec)
  if (range !== undefined) log.warn('spec.ref.tag wins over spec.ref.semver', { object: printRef(refOf(repository)), semver: range })
}

async function announceIncludes(repository: GitRepositoryObject, includes: readonly Artifact[], run: Run): Promise<void> {
  run.note({ conditions: [absent('IncludeUnavailable')] })
  if (includesDiffer(includes, repository)) {
    const outdated = repository.status?.includedArtifacts !== undefined
    await announce(run, 'included artifacts differ from last observed includes', { outdated, reason: 'IncludeChange' })
  }
  run.note({ conditions: [absent('ArtifactOutdated')] })
}

/** The revision at which nothing is to be done; `undefined` when something is, wherever the reference is now. */
function knownOf(run: Run, includes: readonly Artifact[]): string | undefined {
  const current = run.current() as GitRepositoryObject
  const isStored = conditionOf(current, 'ArtifactInStorage')?.status === 'True'
  return isStored && !contentChanged(current, includes) ? artifactIn(current)?.revision : undefined
}

/** A look alone showed that nothing is new; the word is misspelt as Flux 2.6 misspells it. */
async function unchanged(repository: GitRepositoryObject, revision: string, run: Run): Promise<Outcome> {
  const artifact = artifactIn(run.current())
  if (!artifact) throw new TypeError('nothing is stored that could be unchanged')
  const message = `no changes since last reconcilation: observed revision '${revision}'`
  await run.emit({ severity: 'trace', reason: 'GitOperationSucceeded', message })
  const success = { message: `stored artifact for revision '${revision}'`, news: `stored artifact for commit '${revision}'` }
  return settled(repository, artifact, { run, success })
}

type Taken = Found & { readonly checkout: Checkout }
interface Including extends Step {
  readonly includes: readonly Artifact[]
}

async function taken(repository: GitRepositoryObject, { point, tag, checkout }: Taken, step: Including): Promise<Outcome> {
  const { run, includes } = step
  run.note({ conditions: [absent('FetchFailed')] })
  await requireSparse(repository, checkout)
  await checkSignatures(repository, { commit: checkout.commit, tag }, step)
  const revision = revisionOf(point, repository.spec)
  const before = artifactIn(run.current())
  if (!sameRevision(before?.revision, revision))
    await announce(run, `new upstream revision '${revision}'`, { outdated: before !== undefined })
  const isSame = sameRevision(before?.revision, revision) && !isOutdated(run, includes)
  const artifact = before && isSame ? before : await kept(repository, { checkout, revision }, step)
  if (artifact === before)
    await run.emit({
      severity: 'trace',
      reason: 'ArtifactUpToDate',
      message: `artifact up-to-date with remote revision: '${artifact.revision}'`,
    })
  const news = `stored artifact for commit '${subjectOf(checkout.commit.message)}'`
  return settled(repository, artifact, { run, success: { message: `stored artifact for revision '${artifact.revision}'`, news } })
}

function isOutdated(run: Run, includes: readonly Artifact[]): boolean {
  const current = run.current() as GitRepositoryObject
  return includesDiffer(includes, current) || contentChanged(current, includes)
}

/** @throws {SourceProblem} for a folder to check out that is not there. Spec: sources 4.5. */
async function requireSparse({ spec }: GitRepositoryObject, { tree }: Checkout): Promise<void> {
  for (const path of spec.sparseCheckout ?? []) {
    if (await entryAt(tree, within(path))) continue
    const message = `failed to sparse checkout directories : sparse checkout dir '${path}' does not exist in repository: lstat ${path}: no such file or directory`
    throw new SourceProblem('GitOperationFailed', message, { condition: 'FetchFailed', stalls: true })
  }
}

/** Stores what was checked out, with what it includes. */
async function kept(
  repository: GitRepositoryObject,
  { checkout, revision }: { checkout: Checkout; revision: string },
  { hands, run, includes }: Including,
): Promise<Artifact> {
  const { artifacts, kernel } = hands
  const tree = await withIncludes(checkout.tree, repository, { hands, run, artifacts: includes })
  const bytes = await archived(tree, { ignore: repository.spec.ignore, kernel, signal: run.signal })
  const filename = `${checkout.commit.hash}.tar.gz`
  return store(
    repository,
    { filename, revision, bytes, verb: 'archive', observed: observedOf(repository, includes) },
    { artifacts, run, link },
  )
}
