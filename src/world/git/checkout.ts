import { type Access, accessTo, type Machine } from './access.ts'
import { GitError } from './error.ts'
import { fetchInto, type Filling } from './fetch.ts'
import type { GitRemote, Wanted } from './git.ts'
import { commitContent } from './history.ts'
import { type GitFile, type Listed, listedIn } from './listing.ts'
import { moduleRemote, modulesIn } from './modules.ts'
import { Objects } from './objects.ts'
import type { Room } from './room.ts'
import { outputOf, runGit } from './run.ts'

/** Bounds of one checkout with all its submodules. */
export interface Bounds {
  /** From servers. */
  readonly bytes: number
  /** Of all files together, as they are when they are read. */
  readonly content: number
  readonly files: number
  readonly modules: number
  readonly depth: number
}

/** A checkout that is being put together. */
export interface Gathering {
  readonly room: Room
  readonly machine: Machine
  readonly wanted: Pick<Wanted, 'sparse' | 'submodules'>
  readonly bounds: Bounds
  readonly files: Map<string, GitFile>
  /** Bytes of the files so far. */
  content: number
  /** Paths of submodules. */
  readonly modules: Set<string>
  readonly opened: Objects[]
  newRepository(): Promise<string>
}

/** One repository of it. */
export interface Part {
  readonly repository: string
  readonly commit: string
  readonly remote: GitRemote
  readonly objects: Objects
  /** Where it stands in the whole: `''` or ends with `/`. */
  readonly at: string
  readonly depth: number
  readonly filling: Filling
}

/** Adds what a commit has, and its submodules when they are wanted. @throws {GitError} */
export async function gather(part: Part, whole: Gathering): Promise<void> {
  const listed = await listCommit(part, whole)
  const files = listed.filter(({ type, path }) => type !== 'module' && isWanted(part.at + path, whole.wanted))
  const spec = whole.wanted.submodules ? listed.find(({ path, type }) => path === '.gitmodules' && type === 'file') : undefined
  const hashes = [...new Set([...files, ...(spec ? [spec] : [])].map(({ hash }) => hash))]
  const sizes = await presentSizes(part, hashes)
  for (const file of files) {
    const size = sizes.get(file.hash)
    if (size === undefined) throw new GitError('BROKEN', `${part.filling.doing}: the server did not send '${file.path}'`)
    whole.content += size
    if (whole.content > whole.bounds.content)
      throw new GitError('TOO_LARGE', `${part.filling.doing}: the files have more than ${whole.bounds.content} bytes`)
    whole.files.set(part.at + file.path, { ...file, size, from: part.objects })
  }
  part.objects.expect(files.map(({ hash }) => ({ hash, size: sizes.get(hash) ?? 0 })))
  const links = listed.filter(({ type, path }) => type === 'module' && mayHold(part.at + path, whole.wanted))
  for (const link of links) whole.modules.add(part.at + link.path)
  if (spec) await gatherModules(part, { spec, links }, whole)
}

async function listCommit({ repository, commit, filling, at }: Part, { files, bounds }: Gathering): Promise<Listed[]> {
  const { access, doing, signal } = filling
  const listed: Listed[] = []
  let rest: Buffer = Buffer.alloc(0)
  const command = { args: ['ls-tree', '-r', '-z', '--full-tree', commit], access, cwd: repository, doing }
  await runGit(command, signal, chunk => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0, from)) {
      listed.push(listedIn(rest.subarray(from, end)))
      from = end + 1
    }
    rest = rest.subarray(from)
    if (listed.length + files.size > bounds.files) throw new GitError('TOO_LARGE', `${doing}: '${at}' has more than ${bounds.files} files`)
  })
  return listed
}

/** The sizes of blobs; those that a filter left out are fetched first, all at once. */
async function presentSizes({ repository, objects, filling }: Part, hashes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const sizes = await objects.sizes(hashes)
  const absent = hashes.filter(hash => !sizes.has(hash))
  if (absent.length === 0) return sizes
  await fetchInto(repository, { what: absent, filter: 'blob:none', more: true }, filling)
  return new Map([...sizes, ...(await objects.sizes(absent))])
}

function isWanted(path: string, { sparse }: Pick<Wanted, 'sparse'>): boolean {
  return sparse === undefined || sparse.some(prefix => path.startsWith(prefix))
}

/** Whether something below a folder may be wanted. */
function mayHold(folder: string, { sparse }: Pick<Wanted, 'sparse'>): boolean {
  return sparse === undefined || sparse.some(prefix => folder.startsWith(prefix) || prefix.startsWith(`${folder}/`))
}

const mostSpec = 1024 * 1024

async function gatherModules(part: Part, { spec, links }: { spec: Listed; links: readonly Listed[] }, whole: Gathering): Promise<void> {
  const { access, doing, signal } = part.filling
  const args = ['config', `--blob=${spec.hash}`, '--no-includes', '--list', '-z']
  const said = await outputOf({ args, access, cwd: part.repository, doing }, mostSpec, signal)
  const modules = modulesIn(said.toString('utf8'))
  for (const link of links) {
    const module = modules.find(({ path }) => path === link.path)
    if (!module) throw new GitError('BROKEN', `${doing}: .gitmodules does not name '${part.at}${link.path}'`)
    if (part.depth >= whole.bounds.depth || whole.modules.size > whole.bounds.modules)
      throw new GitError('TOO_LARGE', `${doing}: '${part.at}${link.path}' is one submodule too many`)
    await gatherModule(part, { link, remote: moduleRemote(part.remote, module) }, whole)
  }
}

async function gatherModule(parent: Part, { link, remote }: { link: Listed; remote: GitRemote }, whole: Gathering): Promise<void> {
  const at = `${parent.at}${link.path}/`
  const access: Access = await accessTo(remote, { ...whole.machine, room: whole.room, signal: parent.filling.signal })
  const filling = { ...parent.filling, access, doing: `unable to clone submodule '${at.slice(0, -1)}'`, newRepository: whole.newRepository }
  const repository = await commitContent(link.hash, whole.wanted, filling)
  const objects = new Objects(repository, access)
  whole.opened.push(objects)
  if ((await objects.find(link.hash))?.type !== 'commit')
    throw new GitError('NOT_FOUND', `unable to resolve commit object for '${link.hash}': object not found`)
  await gather({ repository, commit: link.hash, remote, objects, at, depth: parent.depth + 1, filling }, whole)
}
