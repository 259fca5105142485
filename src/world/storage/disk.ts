import * as promises from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { type Artifact, ownerPath } from '../../kinds/artifact.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type DigestAlgorithm, digester, whyNoDigest } from '../../lib/digest.ts'
import type { Clock } from '../clock/clock.ts'
import type { Artifacts, Verified } from './artifacts.ts'
import { collect, sweep } from './collect.ts'
import { type Files, makeFolder, pointLink, writeDurably } from './durable.ts'
import { onDisk, StorageError } from './error.ts'

export interface DiskOptions {
  /** The folder; made when missing. */
  readonly folder: string
  /** `host:port` or a URL prefix that artifact URLs carry. */
  readonly advertised: string
  readonly clock: Clock
  /** What digests of new files are made with; absent: sha256. */
  readonly algorithm?: DigestAlgorithm | undefined
  /** The file system; absent: that of this machine. */
  readonly files?: Files | undefined
}

/** Artifacts in a folder. Files are written aside, synced and renamed, so that a reader never sees half of one. Spec: sources 1.2, 1.3. */
export function diskArtifacts({ folder, advertised, clock, algorithm = 'sha256', files = promises }: DiskOptions): Artifacts {
  const urlOf = (path: string): string =>
    `${/^https?:\/\//.test(advertised) ? advertised.replace(/\/$/, '') : `http://${advertised}`}/${path}`
  const storage: Place = { files, folder, isWithin: within(files, folder) }
  return {
    advertised,
    urlOf,
    async store({ owner, filename, revision, metadata }, content, signal) {
      const path = `${ownerPath(owner)}/${filename}`
      const place = dirname(join(folder, path))
      const isNew = await onDisk(place, () => makeOwnFolder(storage, place), 'NO_FOLDER')
      if (!isNew) await sweep(place, { files, clock })
      const written = await writeDurably(files, join(folder, path), { content, id: clock.id(4), algorithm, signal })
      const lastUpdateTime = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
      return {
        path,
        url: urlOf(path),
        revision,
        ...written,
        lastUpdateTime,
        ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
      }
    },
    async link({ path }, name) {
      const place = `${dirname(path)}/${name}`
      const target = path.slice(dirname(path).length + 1)
      await onDisk(join(folder, place), () => pointLink(files, join(folder, place), { target, id: clock.id(4) }))
      return urlOf(place)
    },
    verify: (artifact, signal) => verify(storage, artifact, signal),
    collect: (owner, current, retention) =>
      collect(join(folder, ownerPath(owner)), { current: join(folder, current.path), retention }, { files, clock }),
    open: url => opened(url, { ...storage, prefix: urlOf('') }),
    remove: owner => removed(files, join(folder, ownerPath(owner))),
  }
}

/** Whether there was such a folder. */
async function removed(files: Files, folder: string): Promise<boolean> {
  const found = await files.lstat(folder).catch(() => undefined)
  await files.rm(folder, { recursive: true, force: true })
  return found !== undefined
}

/** Where artifacts are. */
interface Place {
  readonly files: Files
  readonly folder: string
  isWithin(path: string): Promise<boolean>
}

async function opened(
  url: string,
  { files, folder, isWithin, prefix }: Place & { readonly prefix: string },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const place = join(folder, url.slice(prefix.length))
  if (!url.startsWith(prefix) || !(await isWithin(place))) return undefined
  const handle = await files.open(place, 'r').catch(() => undefined)
  return handle && contentOf(handle)
}

async function* contentOf(handle: promises.FileHandle): AsyncIterable<Uint8Array> {
  try {
    yield* handle.createReadStream({ autoClose: false })
  } finally {
    await handle.close()
  }
}

/** A link in the place of a folder must not lead what is written out of the storage. */
async function makeOwnFolder({ files, isWithin }: Place, place: string): Promise<boolean> {
  const isNew = await makeFolder(files, place)
  if (!(await isWithin(place))) throw new StorageError('NO_FOLDER', place)
  return isNew
}

/** Tells whether a path really is below a folder; where that is, is kept. */
function within(files: Files, folder: string): Place['isWithin'] {
  let root = ''
  return async path => {
    const real = await files.realpath(path).catch(() => '')
    if (root === '' || !real.startsWith(root + sep)) root = await files.realpath(folder).catch(() => '')
    return root !== '' && real.startsWith(root + sep)
  }
}

/** A path of a status is somebody's text: one that leaves the folder is as good as missing. */
async function verify({ files, folder, isWithin }: Place, { path, digest }: Artifact, signal: AbortSignal): Promise<Verified> {
  const place = path === '' || path.split('/').includes('..') ? undefined : join(folder, path)
  const found = place === undefined ? undefined : await files.lstat(place).catch(() => undefined)
  if (place === undefined || !found?.isFile() || !(await isWithin(place))) return { is: 'missing' }
  const why = await whyCorrupt({ files, place }, digest, signal)
  if (why === undefined) return { is: 'ok' }
  await onDisk(place, () => files.rm(place, { force: true }))
  return { is: 'corrupt', why }
}

async function whyCorrupt(
  { files, place }: { files: Files; place: string },
  digest: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!digest) return 'artifact has no digest'
  const why = whyNoDigest(digest)
  if (why !== undefined) return `failed to parse artifact digest '${digest}': ${why}`
  const sum = digester(digest.split(':')[0])
  try {
    for await (const chunk of contentOf(await files.open(place))) {
      signal.throwIfAborted()
      sum.update(chunk)
    }
  } catch (thrown) {
    signal.throwIfAborted()
    return messageOf(thrown)
  }
  return sum.digest() === digest ? undefined : `computed digest doesn't match '${digest}'`
}
