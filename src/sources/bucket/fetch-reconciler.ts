import { StepError } from '../../engine/outcome.ts'
import type { BucketObject } from '../../kinds/bucket.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { durationMs } from '../../lib/duration.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { ObjectStore } from '../../world/objects/objects.ts'
import type { Kept, Room } from '../../world/storage/scratch.ts'
import { type EtagIndex, bucketPatterns, ignoreFile, isTaken, pathOf } from './content.ts'

type Spec = BucketObject['spec']

/** What reading a bucket needs. */
export interface Reading {
  readonly spec: Spec
  readonly store: ObjectStore
  readonly room: Room
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** As in Flux. */
const mostAtOnce = 100
/** Patterns times characters of keys: seconds of work. A bucket brings both, and nobody else is served meanwhile. Spec: sources 15. */
const mostComparisons = 200_000_000
const mostIgnoreBytes = 256 * 1024
/** All files of a bucket together: beyond it the disk is at the mercy of who fills the bucket. Spec: sources 15. */
const mostBytes = 10 * 1024 ** 3

/** What is in a bucket: the marks of its objects, and the ignore file, put aside, if it has one. */
export interface Indexed {
  readonly index: EtagIndex
  readonly ignoring: Kept | undefined
}

/** Lists what a bucket has for its artifact. @throws {StepError} BucketOperationFailed. Spec: sources 8, steps 1 to 3. */
export async function indexed(reading: Reading): Promise<Indexed> {
  const { spec, store, room } = reading
  return within(reading, 'listing the bucket', async signal => {
    const confirming = `failed to confirm existence of '${spec.bucketName}' bucket`
    if (!(await inWords(confirming, signal, () => store.exists(signal)))) throw new Error(`bucket '${spec.bucketName}' not found`)
    const ignoring = await inWords(`failed to get Etag for '${ignoreFile}' object`, signal, async () => {
      const found = await store.fetch(ignoreFile, signal)
      return found && room.keep(bounded(found.content, { left: mostIgnoreBytes }), signal)
    })
    const patterns = bucketPatterns(ignoring && (await textOf(ignoring)), spec.ignore)
    const listing = `indexation of objects from bucket '${spec.bucketName}' failed: listing objects from bucket '${spec.bucketName}' failed`
    return inWords(listing, signal, async () => {
      const index: EtagIndex = new Map()
      let effort = 0
      for await (const { key, etag } of store.list(spec.prefix ?? '', signal)) {
        effort += patterns.length * key.length
        if (effort > mostComparisons) throw new Error(`${patterns.length} ignore patterns are too many for its objects`)
        if (isTaken(key, patterns)) index.set(key, etag)
      }
      return { index, ignoring }
    })
  })
}

/**
 * Fetches what the index names, at most a hundred objects at a time, each streamed to a file. What vanished leaves the index, what changed is
 * marked anew. @throws {StepError} BucketOperationFailed; then what is under way is given up. Spec: sources 8, step 6.
 */
export async function fetchedFiles(index: EtagIndex, reading: Reading): Promise<Map<string, Kept>> {
  const files = new Map<string, Kept>()
  const budget = { left: mostBytes }
  const failing = `fetch from bucket '${reading.spec.bucketName}' failed`
  await within(reading, 'fetching the objects', async limit => {
    const failed = new AbortController()
    const signal = AbortSignal.any([limit, failed.signal])
    const one = async ([key, etag]: [string, string]): Promise<void> => {
      const found = await inWords(`${failing}: failed to get '${key}' object`, signal, () =>
        fetchedOne(key, { ...reading, signal }, budget),
      )
      if (!found) return void index.delete(key)
      files.set(key, found.kept)
      if (found.etag !== etag) index.set(key, found.etag)
    }
    await inParallel([...index], mostAtOnce, async entry => {
      await one(entry).catch((thrown: unknown) => {
        failed.abort(thrown)
        throw thrown
      })
    })
  })
  return files
}

async function fetchedOne(
  key: string,
  { store, room, signal }: Reading,
  budget: Budget,
): Promise<{ etag: string; kept: Kept } | undefined> {
  pathOf(key)
  const found = await store.fetch(key, signal)
  return found && { etag: found.etag, kept: await room.keep(bounded(found.content, budget), signal) }
}

interface Budget {
  left: number
}

/** Content until a budget is spent. */
async function* bounded(content: AsyncIterable<Uint8Array> & { cancel(): Promise<void> }, budget: Budget): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of content) {
      budget.left -= chunk.length
      if (budget.left < 0) throw new Error('it is larger than what may be fetched')
      yield chunk
    }
  } finally {
    await content.cancel()
  }
}

async function textOf(kept: Kept): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of kept.read()) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

/** Work within `spec.timeout`; whatever fails is a failure of the bucket, but for an abort of the pass. */
async function within<T>({ spec, clock, signal }: Reading, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await withDeadline({ clock, ms: durationMs(spec.timeout ?? '60s'), what, signal }, work)
  } catch (thrown) {
    signal.throwIfAborted()
    throw thrown instanceof StepError ? thrown : new StepError('BucketOperationFailed', messageOf(thrown), { cause: thrown })
  }
}

/** Tells what was being done when something failed; an abort passes as it is. */
async function inWords<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown === signal.reason && !isDeadline(thrown)) throw thrown
    throw new Error(`${what}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

function isDeadline(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'DeadlineError'
}
