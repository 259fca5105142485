import { GitError } from './error.ts'
import { type Fetch, fetchInto, type Filling } from './fetch.ts'
import type { Wanted } from './git.ts'
import { Objects } from './objects.ts'

/** Where what is wanted lies in a repository of ours. */
export const here = 'refs/fluxpilot/wanted'

/** Fills a repository with what is wanted, its blobs too unless it is `sparse`. @returns The repository, and the name to look under. */
export async function wantedContent(
  { ref, commit, sparse }: Wanted,
  filling: Filling & { newRepository(): Promise<string> },
): Promise<{ repository: string; name: string }> {
  const filter = sparse ? 'blob:none' : undefined
  if (ref !== undefined) checkRef(ref, filling.doing)
  if (commit === undefined) {
    const repository = await filling.newRepository()
    await fetchInto(repository, { what: [`+${ref ?? 'HEAD'}:${here}`], shallow: true, filter }, filling)
    return { repository, name: here }
  }
  const hash = checkedHash(commit)
  const what = [ref === undefined ? '+refs/heads/*:refs/heads/*' : `+${ref}:${here}`]
  const history = await filling.newRepository()
  await fetchInto(history, { what, filter: 'tree:0' }, filling)
  const seen = await treeOfCommit(history, hash, filling)
  if (seen === 'whole') return { repository: history, name: hash }
  const repository = await filling.newRepository()
  await direct(repository, { hash, filter, otherwise: { what } }, filling)
  return { repository, name: hash }
}

/** A commit as such, or with all that leads to it where the server gives no commit by its hash. */
async function direct(
  repository: string,
  { hash, filter, otherwise }: { hash: string; filter: Fetch['filter']; otherwise: Fetch },
  filling: Filling,
): Promise<void> {
  try {
    await fetchInto(repository, { what: [`+${hash}:${here}`], shallow: true, filter }, filling)
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown
    await fetchInto(repository, otherwise, filling)
  }
}

/** Fills a repository with one commit that need not be below any branch. */
export async function commitContent(
  hash: string,
  { sparse }: Pick<Wanted, 'sparse'>,
  filling: Filling & { newRepository(): Promise<string> },
): Promise<string> {
  const repository = await filling.newRepository()
  const otherwise = { what: ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] }
  await direct(repository, { hash: checkedHash(hash), filter: sparse ? 'blob:none' : undefined, otherwise }, filling)
  return repository
}

/** Whether a server refused to give an object by its hash. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof GitError && (thrown.code === 'NOT_FOUND' || thrown.code === 'BROKEN')
}

async function treeOfCommit(history: string, hash: string, filling: Filling): Promise<'whole' | 'commit'> {
  const objects = new Objects(history, filling.access)
  try {
    const found = await objects.find(hash)
    if (found?.type !== 'commit') throw new GitError('NOT_FOUND', `unable to resolve commit object for '${hash}': object not found`)
    const tree = found.bytes.subarray('tree '.length, 'tree '.length + hash.length).toString('latin1')
    return (await objects.sizes([tree])).size > 0 ? 'whole' : 'commit'
  } finally {
    await objects.close()
  }
}

function checkedHash(commit: string): string {
  const hash = commit.toLowerCase()
  if (/^[0-9a-f]{40}$/.test(hash)) return hash
  throw new GitError('NOT_FOUND', `unable to resolve commit object for '${commit}': object not found`)
}

/** @throws {GitError} NOT_FOUND for what cannot be the name of a ref, and so is none that a server has */
function checkRef(ref: string, doing: string): void {
  // oxlint-disable-next-line no-control-regex -- no ref has them
  const wrong = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\.lock(?:\/|$)|\/\./
  if (ref === 'HEAD' || (ref.startsWith('refs/') && !wrong.test(ref))) return
  throw new GitError('NOT_FOUND', `${doing}: couldn't find remote ref ${JSON.stringify(ref)}`)
}
