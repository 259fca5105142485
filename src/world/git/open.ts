import type { Http } from '../http/http.ts'
import { type Access, accessTo, type Machine } from './access.ts'
import { type Bounds, gather, type Gathering } from './checkout.ts'
import { GitError } from './error.ts'
import { fetchInto, type Filling } from './fetch.ts'
import type { Checkout, Git, GitRemote, Wanted } from './git.ts'
import { isRefusal, wantedContent } from './history.ts'
import { type GitFile, treeOf } from './listing.ts'
import { Objects } from './objects.ts'
import { commitFrom, tagFrom } from './parse.ts'
import { gitProgram } from './program.ts'
import { pusher } from './push.ts'
import { following } from './redirect.ts'
import { listRefs } from './refs.ts'
import { openRoom, type Room } from './room.ts'

export interface GitOptions extends Machine {
  readonly http: Http
  readonly bounds?: Partial<Bounds> | undefined
}

const usual: Bounds = { bytes: 2 * 1024 ** 3, content: 8 * 1024 ** 3, files: 1_000_000, modules: 100, depth: 10 }
const mostTags = 8

/** Reads Git repositories through the `git` on PATH, which sees nothing of this machine's configuration. */
export function openGit({ http, bounds, ...machine }: GitOptions): Git {
  const check = gitProgram(machine.env)
  const limits = { ...usual, ...bounds }
  const started = async (): Promise<Room> => {
    await check()
    return openRoom()
  }
  const during = async <T>(remote: GitRemote, signal: AbortSignal, work: (into: Into) => Promise<T>): Promise<T> => {
    const room = await started()
    try {
      return await following(remote, { http, signal }, async reached => {
        signal.throwIfAborted()
        return work({ access: await accessTo(reached, { ...machine, room, signal }), room, remote: reached, newRepository: counted(room) })
      })
    } finally {
      await room.remove()
    }
  }
  return {
    refs: (remote, signal) => during(remote, signal, into => listRefs(into, { http, signal })),
    commitTimes: (remote, hashes, signal) => during(remote, signal, into => timesOf(into, hashes, { signal, limits })),
    async checkout(remote, wanted, signal) {
      const room = await started()
      const opened: Objects[] = []
      const close = async (): Promise<void> => {
        await Promise.all(opened.map(objects => objects.close()))
        await room.remove()
      }
      try {
        return await following(remote, { http, signal }, reached =>
          checkOut(reached, wanted, { room, machine, limits, signal, opened, close }),
        )
      } catch (thrown) {
        await close()
        throw thrown
      }
    },
  }
}

/** A room with access to one remote. */
export interface Into {
  readonly access: Access
  readonly room: Room
  readonly remote: GitRemote
  newRepository(): Promise<string>
}

const repositories = new WeakMap<Room, number>()
function counted(room: Room): () => Promise<string> {
  return () => {
    const number = (repositories.get(room) ?? 0) + 1
    repositories.set(room, number)
    return room.repository(`repository-${number}`)
  }
}

function fillingOf(access: Access, remote: GitRemote, { limits, signal }: { limits: Bounds; signal: AbortSignal }): Filling {
  return { access, doing: `unable to clone '${remote.url}'`, signal, total: { bytes: 0 }, mostBytes: limits.bytes }
}

async function timesOf(
  { access, remote, newRepository }: Into,
  hashes: readonly string[],
  options: { signal: AbortSignal; limits: Bounds },
): Promise<ReadonlyMap<string, number>> {
  if (hashes.length === 0) return new Map()
  const repository = await newRepository()
  const filling = fillingOf(access, remote, options)
  try {
    await fetchInto(repository, { what: hashes, shallow: true, filter: 'tree:0' }, filling)
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown
    const what = ['+refs/tags/*:refs/tags/*', '+refs/heads/*:refs/heads/*']
    await fetchInto(repository, { what, shallow: true, filter: 'tree:0' }, filling)
  }
  const objects = new Objects(repository, access)
  try {
    const times = new Map<string, number>()
    for (const hash of hashes) {
      const found = await objects.find(hash)
      if (found?.type === 'commit') times.set(hash, commitFrom(found).committedAt)
    }
    return times
  } finally {
    await objects.close()
  }
}

interface Working {
  readonly room: Room
  readonly machine: Machine
  readonly limits: Bounds
  readonly signal: AbortSignal
  readonly opened: Objects[]
  close(): Promise<void>
}

async function checkOut(remote: GitRemote, wanted: Wanted, { room, machine, limits, signal, opened, close }: Working): Promise<Checkout> {
  signal.throwIfAborted()
  const access = await accessTo(remote, { ...machine, room, signal })
  const filling = { ...fillingOf(access, remote, { limits, signal }), newRepository: counted(room) }
  const { repository, name } = await wantedContent(wanted, filling)
  const objects = new Objects(repository, access)
  opened.push(objects)
  const { commit, tag } = await resolvedAt(objects, name)
  const files = new Map<string, GitFile>()
  const whole: Gathering = {
    room,
    machine,
    wanted,
    bounds: limits,
    files,
    content: 0,
    modules: new Set(),
    opened,
    newRepository: filling.newRepository,
  }
  await gather({ repository, commit: commit.hash, remote, objects, at: '', depth: 0, filling }, whole)
  const tree = treeOf(files, whole.modules)
  const push = pusher({ repository, commit: commit.hash, access, files, objects })
  return { commit, ...(tag ? { tag } : {}), tree, received: filling.total.bytes, push, close }
}

/** The commit at a name, and the annotated tag that stands before it. */
async function resolvedAt(objects: Objects, name: string): Promise<Pick<Checkout, 'commit' | 'tag'>> {
  let found = await objects.find(name)
  const tag = found?.type === 'tag' ? tagFrom(found).tag : undefined
  for (let hop = 0; found?.type === 'tag' && hop < mostTags; hop++) found = await objects.find(tagFrom(found).target)
  if (found?.type !== 'commit') throw new GitError('BROKEN', 'unable to resolve commit object: what the server sent for it is no commit')
  return { commit: commitFrom(found), ...(tag ? { tag } : {}) }
}
