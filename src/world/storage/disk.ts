import { createReadStream } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Artifact } from '../../kinds/artifact.ts'
import { type Digest, digester } from '../../lib/digest.ts'
import type { Clock } from '../clock/clock.ts'
import type { ArtifactOwner, Artifacts, Retention } from './artifacts.ts'
import { StorageError } from './error.ts'

export interface DiskOptions {
  /** The folder; made when missing. */
  readonly folder: string
  /** `host:port` or a URL prefix that artifact URLs carry. */
  readonly advertised: string
  readonly clock: Clock
}

const mostWalked = 1000

/** Artifacts in a folder. Files are written aside, synced and renamed, so that a reader never sees half of one. Spec: sources 1.2, 1.3. */
export function diskArtifacts({ folder, advertised, clock }: DiskOptions): Artifacts {
  const urlOf = (path: string): string =>
    `${/^https?:\/\//.test(advertised) ? advertised.replace(/\/$/, '') : `http://${advertised}`}/${path}`
  return {
    advertised,
    urlOf,
    async store({ owner, filename, revision, metadata, link }, content, signal) {
      const path = `${ownerPath(owner)}/${filename}`
      const written = await writeFile(join(folder, path), content, signal)
      if (link) await pointTo(join(folder, ownerPath(owner), link), filename)
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
    verify: (artifact, signal) => verify(join(folder, artifact.path), artifact, signal),
    collect: (owner, current, retention) =>
      collect(join(folder, ownerPath(owner)), { current: current && join(folder, current.path), retention, now: clock.now() }),
    remove: async owner => {
      await rm(join(folder, ownerPath(owner)), { recursive: true, force: true })
    },
  }
}

/** `ocirepository/flux-system/podinfo`. */
export function ownerPath({ kind, namespace, name }: ArtifactOwner): string {
  return `${kind.toLowerCase()}/${namespace}/${name}`
}

async function writeFile(path: string, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<{ digest: Digest; size: number }> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 })
    const file = await open(temporary, 'w', 0o600)
    const sum = digester()
    let size = 0
    try {
      for await (const chunk of content) {
        signal.throwIfAborted()
        sum.update(chunk)
        size += chunk.length
        await file.write(chunk)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await chmod(temporary, 0o600)
    await rename(temporary, path)
    return { digest: sum.digest(), size }
  } catch (thrown) {
    await rm(temporary, { force: true })
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new StorageError('DISK_FULL', path, { cause: thrown })
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR') throw new StorageError('WRITE_FAILED', path, { cause: thrown })
    throw thrown
  }
}

async function pointTo(link: string, target: string): Promise<void> {
  await rm(`${link}.tmp`, { force: true })
  await symlink(target, `${link}.tmp`)
  await rename(`${link}.tmp`, link)
}

async function verify(path: string, artifact: Artifact, signal: AbortSignal): Promise<'ok' | 'missing' | 'corrupt'> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isFile()) return 'missing'
  if (artifact.digest && (await digestOf(path, artifact.digest, signal)) === artifact.digest) return 'ok'
  await rm(path, { force: true })
  return 'corrupt'
}

async function digestOf(path: string, like: Digest, signal: AbortSignal): Promise<Digest | undefined> {
  const algorithm = like.split(':')[0] ?? ''
  if (!['sha256', 'sha384', 'sha512'].includes(algorithm)) return undefined
  const sum = digester(algorithm)
  for await (const chunk of createReadStream(path, { signal })) sum.update(chunk as Uint8Array)
  return sum.digest()
}

async function collect(
  folder: string,
  { current, retention, now }: { current: string | undefined; retention: Retention; now: number },
): Promise<number> {
  const names = (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter(e => e.isFile() && !e.name.endsWith('.lock'))
    .slice(0, mostWalked)
  const files = await Promise.all(names.map(async e => ({ path: join(folder, e.name), at: (await stat(join(folder, e.name))).mtimeMs })))
  const others = files.filter(f => f.path !== current).toSorted((a, b) => a.at - b.at)
  const old = others.filter(f => now - f.at > retention.ttlMs)
  const left = others.filter(f => !old.includes(f))
  const kept = left.length + (files.length - others.length)
  const surplus = kept < retention.records ? [] : left.slice(0, Math.max(0, kept - retention.records))
  const gone = [...old, ...surplus]
  for (const { path } of gone) for (const each of [path, `${path}.lock`]) await rm(each, { force: true })
  return gone.length
}
