import { StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { GitRepositoryObject } from '../../kinds/git-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { durationMs } from '../../lib/duration.ts'
import type { Checkout, Git, GitRemote, Wanted as GitWanted } from '../../world/git/git.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { shownUrl } from './credentials.ts'
import {
  bestTags,
  commitOf,
  isTagName,
  newest,
  type Point,
  revisionOf,
  sameRevision,
  tagsIn,
  wantedOf,
  whyNoName,
  withoutPeel,
} from './ref.ts'
import type { TagSeen } from './verify.ts'

type Spec = GitRepositoryObject['spec']

interface From {
  readonly git: Git
  readonly remote: GitRemote
  readonly signal: AbortSignal
}

/** What was found upstream. `checkout` is absent when the look alone showed that nothing is new; who gets one closes it. */
export interface Found {
  readonly point: Point
  readonly tag: TagSeen | undefined
  readonly checkout: Checkout | undefined
}

/**
 * Looks at what the spec names and checks it out, unless it is at `known` already; all of it within `spec.timeout`.
 * @throws {StepError} GitOperationFailed, EmptyGitRepository. Spec: sources 4.2, 4.3.
 */
export async function checkedOut(
  spec: Spec,
  {
    hands,
    remote,
    run,
    known,
  }: { hands: Pick<Hands, 'clock'> & { git: Git }; remote: GitRemote; run: Pick<Run, 'signal'>; known: string | undefined },
): Promise<Found> {
  const deadline = { clock: hands.clock, ms: durationMs(spec.timeout ?? '60s'), what: 'checking out', signal: run.signal }
  try {
    return await withDeadline(deadline, async signal => {
      const from = { git: hands.git, remote, signal }
      const target = await targetOf(spec, from)
      const point = target.head === undefined ? undefined : { reference: target.reference, hash: target.head }
      if (point && known !== undefined && sameRevision(known, revisionOf(point, spec)))
        return { point, tag: undefined, checkout: undefined }
      return taken(target, await fetched(target, spec, from))
    })
  } catch (thrown) {
    run.signal.throwIfAborted()
    if (thrown instanceof StepError) throw thrown
    throw new StepError('GitOperationFailed', `failed to checkout and determine revision: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** What to check out. `reference` is what the revision is told with; `head` the commit that a look alone can vouch for. */
interface Target {
  readonly wanted: GitWanted
  /** Where a commit is looked for after its first place. */
  readonly otherwise?: GitWanted
  readonly reference: string
  readonly head?: string
}

async function targetOf(spec: Spec, from: From): Promise<Target> {
  const wanted = wantedOf(spec)
  if (wanted.by === 'commit') return commitTarget(wanted)
  const malformed = wanted.by === 'name' ? whyNoName(wanted.name) : undefined
  if (malformed) throw new Error(malformed)
  const refs = await from.git.refs(from.remote, from.signal)
  if (refs.size === 0) throw emptyRepository(wanted.by, spec.url)
  switch (wanted.by) {
    case 'name': {
      const head = commitOf(refs, wanted.name)
      if (head === undefined) throw new Error(`unable to resolve ref '${wanted.name}' to a specific commit`)
      return { wanted: { ref: withoutPeel(wanted.name) }, reference: wanted.name, head }
    }
    case 'semver': {
      const reference = `refs/tags/${await tagOf(wanted.range, tagsIn(refs), from)}`
      return { wanted: { ref: reference }, reference }
    }
    case 'tag':
    case 'branch': {
      const reference = wanted.by === 'tag' ? `refs/tags/${wanted.tag}` : `refs/heads/${wanted.branch}`
      const head = commitOf(refs, reference)
      if (head === undefined)
        throw new Error(`unable to clone '${shownUrl(spec.url)}': couldn't find remote ref ${JSON.stringify(reference)}`)
      return { wanted: { ref: reference }, reference, head }
    }
  }
}

function commitTarget({ commit, branch, name }: Extract<ReturnType<typeof wantedOf>, { by: 'commit' }>): Target {
  const hash = commit.toLowerCase()
  if (!/^[0-9a-f]{40}$/.test(hash)) throw notThere(commit)
  const reference = name ?? (branch ? `refs/heads/${branch}` : '')
  const wanted = branch ? { ref: `refs/heads/${branch}`, commit: hash } : { commit: hash }
  return { wanted, reference, ...(name ? { otherwise: { ref: withoutPeel(name), commit: hash } } : {}) }
}

function notThere(commit: string): Error {
  return new Error(`unable to resolve commit object for '${commit}': object not found`)
}

function emptyRepository(by: string, url: string): Error {
  if (by === 'branch') return new SourceProblem('EmptyGitRepository', 'git repository is empty', { condition: 'FetchFailed' })
  return new Error(
    by === 'name'
      ? `unable to list remote for '${shownUrl(url)}': remote repository is empty`
      : `unable to clone: remote repository is empty: git repository: '${shownUrl(url)}'`,
  )
}

/** The tag of the highest version; among equal ones that of the newest commit. */
async function tagOf(range: string, tags: ReadonlyMap<string, string>, { git, remote, signal }: From): Promise<string> {
  const best = bestTags([...tags.keys()], range)
  const [only, ...more] = best
  if (only !== undefined && more.length === 0) return only
  const hashes = [...new Set(best.map(tag => tags.get(tag) ?? ''))]
  return newest(tags, best, await git.commitTimes(remote, hashes, signal))
}

async function fetched({ wanted, otherwise }: Target, spec: Spec, { git, remote, signal }: From): Promise<Checkout> {
  const sparse = spec.sparseCheckout?.map(path => (path.startsWith('./') ? path.slice(2) : path))
  const more = { ...(sparse && sparse.length > 0 ? { sparse } : {}), ...(spec.recurseSubmodules ? { submodules: true } : {}) }
  try {
    return await git.checkout(remote, { ...wanted, ...more }, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (!otherwise) throw thrown
    return git.checkout(remote, { ...otherwise, ...more }, signal)
  }
}

function taken({ reference, wanted }: Target, checkout: Checkout): Found {
  const { commit, tag } = checkout
  const name = withoutPeel(reference).slice('refs/tags/'.length)
  const object = wanted.commit === undefined ? tag : undefined
  return {
    point: { reference, hash: commit.hash },
    tag: isTagName(reference) ? { name: object?.name ?? name, object } : undefined,
    checkout,
  }
}
