import { createReadStream } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Artifact } from '../../kinds/artifact.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type Digest, digester, isDigest } from '../../lib/digest.ts'
import type { Clock } from '../clock/clock.ts'
import type { ArtifactOwner, Artifacts, Retention, Verified } from './artifacts.ts'
import { StorageError } from './error.ts'
import { garbage, type StoredFile } from './garbage.ts'

export interface DiskOptions {
  /** The folder; made when missing. */
  readonly folder: string
  /** `host:port` or a URL prefix that artifact URLs carry. */
  readonly advertised: string
  readonly clock: Clock
}

const mostWalked = 1000
const [folderMode, fileMode] = [0o700, 0o600]

/** Artifacts in a folder. Files are written aside, synced and renamed, so that a reader never sees half of one. Spec: sources 1.2, 1.3. */
export function diskArtifacts({ folder, advertised, clock }: DiskOptions): Artifacts {
  const urlOf = (path: string): string =>
    `${/^https?:\/\//.test(advertised) ? advertised.replace(/\/$/, '') : `http://${advertised}`}/${path}`
  return {
    advertised,
    urlOf,
    async store({ owner, filename, revision, metadata }, content, signal) {
      const path = `${ownerPath(owner)}/${filename}`
      const written = await writeFile(join(folder, path), { content, suffix: clock.id(4) }, signal)
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
      await onDisk(join(folder, place), () => pointTo(join(folder, place), path.slice(dirname(path).length + 1)))
      return urlOf(place)
    },
    verify: (artifact, signal) => verify(folder, artifact, signal),
    collect: (owner, current, retention) =>
      collect(join(folder, ownerPath(owner)), { current: join(folder, current.path), retention, now: clock.now() }),
    async remove(owner) {
      const place = join(folder, ownerPath(owner))
      const found = await lstat(place).catch(() => undefined)
      await rm(place, { recursive: true, force: true })
      return found !== undefined
    },
  }
}

/** `ocirepository/flux-system/podinfo`. */
export function ownerPath({ kind, namespace, name }: ArtifactOwner): string {
  return `${kind.toLowerCase()}/${namespace}/${name}`
}

async function writeFile(
  path: string,
  { content, suffix }: { content: AsyncIterable<Uint8Array>; suffix: string },
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const place = dirname(path)
  await onDisk(place, () => mkdir(place, { recursive: true, mode: folderMode }), 'NO_FOLDER')
  const temporary = `${path}.${suffix}.tmp`
  try {
    const file = await onDisk(path, () => open(temporary, 'w', fileMode))
    const written = await fill(file, { path, content }, signal).finally(() => file.close())
    await onDisk(path, () => rename(temporary, path))
    return written
  } finally {
    await rm(temporary, { force: true })
  }
}

async function fill(
  file: FileHandle,
  { path, content }: { path: string; content: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const sum = digester()
  let size = 0
  for await (const chunk of content) {
    signal.throwIfAborted()
    sum.update(chunk)
    size += chunk.length
    await onDisk(path, () => file.writeFile(chunk))
  }
  await onDisk(path, () => file.sync())
  return { digest: sum.digest(), size }
}

/** What the disk refuses becomes a coded error; what the content throws never comes here. */
async function onDisk<T>(path: string, work: () => Promise<T>, otherwise: 'WRITE_FAILED' | 'NO_FOLDER' = 'WRITE_FAILED'): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StorageError(code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : otherwise, path, { cause })
  }
}

async function pointTo(link: string, target: string): Promise<void> {
  await rm(`${link}.tmp`, { force: true })
  await symlink(target, `${link}.tmp`)
  await rename(`${link}.tmp`, link)
}

/** A path of a status is somebody's text: one that leaves the folder is as good as missing. */
async function verify(folder: string, { path, digest }: Artifact, signal: AbortSignal): Promise<Verified> {
  const place = path === '' || path.split('/').includes('..') ? undefined : join(folder, path)
  const found = place === undefined ? undefined : await lstat(place).catch(() => undefined)
  if (place === undefined || !found?.isFile()) return { is: 'missing' }
  const why = await whyCorrupt(place, digest, signal)
  if (why === undefined) return { is: 'ok' }
  await onDisk(place, () => rm(place, { force: true }))
  return { is: 'corrupt', why }
}

async function whyCorrupt(place: string, digest: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  if (!digest) return 'artifact has no digest'
  if (!isDigest(digest)) return `failed to parse artifact digest '${digest}': invalid checksum digest format`
  const sum = digester(digest.split(':')[0])
  try {
    for await (const chunk of createReadStream(place, { signal })) sum.update(chunk as Uint8Array)
  } catch (thrown) {
    signal.throwIfAborted()
    return messageOf(thrown)
  }
  return sum.digest() === digest ? undefined : `computed digest doesn't match '${digest}'`
}

async function collect(
  folder: string,
  { current, retention, now }: { current: string; retention: Retention; now: number },
): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries
    .filter(e => e.isFile() && !e.name.endsWith('.lock'))
    .map(e => e.name)
    .toSorted()
    .slice(0, mostWalked)
  const files = await Promise.all(names.map(name => storedFile(join(folder, name))))
  const gone = garbage(files.flat(), { current, retention, now })
  for (const path of gone) for (const each of [path, `${path}.lock`]) await onDisk(each, () => rm(each, { force: true }))
  return gone.length
}

async function storedFile(path: string): Promise<StoredFile[]> {
  const found = await stat(path).catch(() => undefined)
  return found ? [{ path, at: found.mtimeMs }] : []
}
