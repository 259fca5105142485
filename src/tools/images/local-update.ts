import { posix } from 'node:path'
import { choicesIn } from '../../images/automation.ts'
import { type ChosenImage, settersOf } from '../../images/setters.ts'
import { type Marked, withSetters } from '../../images/setters-file.ts'
import { marked, type Update, updated } from '../../images/update.ts'
import { ImagePolicy, type ImagePolicyObject } from '../../kinds/image-policy.ts'
import { sha256 } from '../../lib/digest.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Tree } from '../../lib/tree.ts'
import type { Files, OwnCheckout } from '../../world/files/files.ts'
import type { World } from '../../world/world.ts'
import { folderTree } from '../artifacts/artifact.ts'
import { ToolError } from '../frame/error.ts'
import { chosenOf, policiesIn, policyOf } from './given-policies.ts'

export interface LocalWanted {
  readonly path: string
  readonly policies?: readonly unknown[] | undefined
  readonly cluster?: string | undefined
  readonly namespace?: string | undefined
  readonly commit?: string | undefined
}

/** What the policies of marked fields would change below a path. */
export interface LocalUpdate {
  /** Folder or file, absolute. */
  readonly at: string
  readonly update: Update
  /** Policies that markers name and that say nothing, with the reason. */
  readonly unresolved: readonly string[]
  /** The new content of files by absolute paths. */
  readonly contents: ReadonlyMap<string, Uint8Array>
  /** Where it is committed; absent where it is not. */
  readonly checkout?: OwnCheckout
  /** Files that have what markers want, and that the last commit has without it. */
  readonly pending: readonly string[]
}

const readsAtOnce = 8

/** @throws {ToolError} InvalidArgument, Conflict where a file to be committed has other changes too. */
export async function localUpdate(wanted: LocalWanted, world: World, signal: AbortSignal): Promise<LocalUpdate> {
  const { at, root, below, tree } = await placeOf(wanted.path, world.files, signal)
  const marks = await marked(tree, below)
  const { choices, unresolved } = wanted.policies
    ? { choices: await chosenOf(policiesIn(wanted.policies, marks), world, { marks, signal }), unresolved: [] }
    : await choicesOf(marks, wanted, { world, signal })
  const setters = settersOf(choices)
  const update = await updated(tree, below, setters)
  const contents = new Map([...update.files].map(([path, content]) => [posix.join(root, path), content]))
  const found = { at, update, unresolved, contents, pending: [] }
  if (wanted.commit === undefined) return found
  const checkout = await checkoutOf(world, { root, paths: [...contents.keys()], signal })
  return { ...found, checkout, pending: await pendingIn(checkout, { at, setters, contents, files: world.files, signal }) }
}

interface Place {
  readonly at: string
  readonly root: string
  /** What of the tree is updated. */
  readonly below: string
  readonly tree: Tree
}

async function placeOf(path: string, files: Files | undefined, signal: AbortSignal): Promise<Place> {
  if (!files)
    throw new ToolError('InvalidArgument', 'this server reads no files', {
      next: 'give name, of an ImageUpdateAutomation, instead of path',
    })
  const at = await files.resolve(path)
  const isFile = (await files.stat(at))?.type === 'file'
  const [root, below] = isFile ? [posix.dirname(at), posix.basename(at)] : [at, '']
  const tree = folderTree(files, root, signal)
  const list = async (folder: string): Promise<Awaited<ReturnType<Tree['list']>>> =>
    (await tree.list(folder)).filter(({ name }) => name !== '.git')
  return { at, root, below, tree: { ...tree, list } }
}

/** What the policies that markers name have chosen in the cluster; those of other namespaces only where none is named. */
async function choicesOf(
  marks: readonly Marked[],
  { cluster: name, namespace: only }: LocalWanted,
  { world, signal }: { world: World; signal: AbortSignal },
): Promise<{ choices: ChosenImage[]; unresolved: string[] }> {
  const named = [...new Set(marks.map(({ marker }) => policyOf(marker)))]
  if (named.length === 0) return { choices: [], unresolved: [] }
  const cluster = world.clusters.named(name)
  const found = await inParallel(named, readsAtOnce, async policy => {
    const [namespace = '', called = ''] = policy.split(':')
    if (only !== undefined && only !== '-' && namespace !== only) return `${policy} (of another namespace than ${only})`
    if (namespace === '' || called === '') return `${policy} (no NAMESPACE:NAME)`
    const object = await cluster.get({ group: ImagePolicy.group, kind: ImagePolicy.kind, namespace, name: called }, signal)
    if (!object) return `${policy} (does not exist in cluster '${cluster.name}')`
    const [choice] = choicesIn([object as ImagePolicyObject])
    return choice ?? `${policy} (has chosen no image yet)`
  })
  return {
    choices: found.filter(one => typeof one !== 'string'),
    unresolved: found.filter(one => typeof one === 'string'),
  }
}

/** The checkout, when a commit of these files would hold nothing but the update. */
async function checkoutOf(
  { checkouts }: World,
  { root, paths, signal }: { root: string; paths: readonly string[]; signal: AbortSignal },
): Promise<OwnCheckout> {
  if (!checkouts) throw new ToolError('InvalidArgument', 'this server commits nothing', { next: 'leave commit away' })
  const checkout = await checkouts.at(root, signal)
  const states = await checkout.states(paths)
  const [[path, state] = []] = [...states].filter(([, is]) => is !== 'same')
  if (path === undefined) return checkout
  throw new ToolError('Conflict', `'${path}' ${state === 'none' ? 'is not in the last commit' : 'has changes that are not committed'}`, {
    next: 'commit it or put it aside first, or give write instead of commit',
  })
}

/** What a call that was interrupted has written and not committed. */
async function pendingIn(
  checkout: OwnCheckout,
  {
    at,
    setters,
    contents,
    files,
    signal,
  }: Pick<LocalUpdate, 'at' | 'contents'> & { setters: ReturnType<typeof settersOf>; files: Files | undefined; signal: AbortSignal },
): Promise<string[]> {
  const pending: string[] = []
  for (const path of await checkout.changed(at)) {
    if (contents.has(path) || (await files?.stat(path))?.type !== 'file') continue
    const wanted = withSetters(await checkout.committed(path), setters)?.content
    if (wanted && files && Buffer.concat(await Array.fromAsync(files.read(path, signal))).equals(wanted)) pending.push(path)
  }
  return pending
}

/** Writes, and commits where that is wanted. @returns the commit, where there is one */
export async function written(
  local: LocalUpdate,
  { files }: World,
  { message, signal }: { message: string | undefined; signal: AbortSignal },
): Promise<string | undefined> {
  signal.throwIfAborted()
  if (local.contents.size > 0) await files?.replace(local.contents)
  const paths = [...local.contents.keys(), ...local.pending]
  return message === undefined || paths.length === 0 ? undefined : local.checkout?.commit(paths, message)
}

/** What a plan of it depends on. */
export function liveOf({ at, contents, pending, unresolved }: LocalUpdate): string {
  return JSON.stringify([at, [...contents].map(([path, content]) => [path, sha256(content)]), pending, unresolved])
}
