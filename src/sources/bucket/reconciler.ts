import { type Outcome, StepError } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { Bucket, type BucketObject } from '../../kinds/bucket.ts'
import { tar } from '../../lib/tar.ts'
import type { Hands } from '../../world/world.ts'
import type { Kept } from '../../world/storage/scratch.ts'
import { archiveEntries } from '../archive.ts'
import { SourceProblem } from '../problem.ts'
import { announce, settled, source } from '../source-reconciler.ts'
import { artifactIn, store } from '../storage-reconciler.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { storeOf } from './access-reconciler.ts'
import { type EtagIndex, ignoreFile, revisionOf, treeIn } from './content.ts'
import { fetchedFiles, indexed, type Reading } from './fetch-reconciler.ts'

export type BucketHands = Pick<Hands, 'artifacts' | 'auth' | 'clock' | 'cluster' | 'kernel' | 'objects' | 'scratch'>
interface Step {
  readonly hands: BucketHands
  readonly run: Run
}

const link = 'latest.tar.gz'

/** Lists the objects of a bucket, fetches them when their marks changed, stores them as an artifact. Spec: sources 8. */
export const buckets = source(Bucket, { link, fetched })

/** The revision that a bucket's listing has now; its objects are not read, and nothing is stored. @throws {StepError} */
export async function listedRevision(
  bucket: BucketObject,
  { hands, run }: { readonly hands: BucketHands; readonly run: Pick<Run, 'signal' | 'settings'> },
): Promise<string> {
  const objects = await storeOf(bucket, { hands, run })
  return hands.scratch.during(async room => {
    const { index } = await indexed({ spec: bucket.spec, store: objects, room, clock: hands.clock, signal: run.signal })
    return revisionOf(index)
  })
}

async function fetched(bucket: BucketObject, step: Step): Promise<Outcome> {
  const { hands, run } = step
  const objects = await storeOf(bucket, step)
  return hands.scratch.during(async room => {
    const reading = { spec: bucket.spec, store: objects, room, clock: hands.clock, signal: run.signal }
    const { index, ignoring } = await indexed(reading)
    const current = artifactIn(run.current())
    if (current?.revision === revisionOf(index)) return upToDate(bucket, { artifact: current, count: index.size, run })
    const files = await renewed(index, { reading, run, outdated: current !== undefined })
    run.note({ conditions: [{ type: 'FetchFailed', status: 'absent' }] })
    if (current?.revision === revisionOf(index)) return upToDate(bucket, { artifact: current, count: index.size, run })
    if (ignoring) files.set(ignoreFile, ignoring)
    const artifact = await kept(bucket, { files, revision: revisionOf(index) }, step)
    return done(bucket, { artifact, count: index.size, run })
  })
}

/** Fetches the objects; then it is told what is new, also where that failed, as fetching may have changed the index. */
async function renewed(
  index: EtagIndex,
  { reading, run, outdated }: { reading: Reading; run: Run; outdated: boolean },
): Promise<Map<string, Kept>> {
  try {
    const files = await fetchedFiles(index, reading)
    await announce(run, news(index), { outdated })
    return files
  } catch (thrown) {
    run.signal.throwIfAborted()
    if (thrown instanceof StepError) {
      run.note({ conditions: [{ type: 'FetchFailed', status: 'True', reason: thrown.code, message: thrown.message }] })
      await announce(run, news(index), { outdated })
    }
    throw thrown
  }
}

function news(index: EtagIndex): string {
  return `new upstream revision '${revisionOf(index)}'`
}

async function kept(
  bucket: BucketObject,
  { files, revision }: { files: ReadonlyMap<string, Kept>; revision: string },
  { hands: { artifacts, kernel }, run }: Step,
): Promise<Artifact> {
  const content = {
    filename: `${revision.slice(revision.indexOf(':') + 1)}.tar.gz`,
    revision,
    bytes: kernel.gzip(tar(archiveEntries(placed(files), { patterns: [], modes: 'normalised' })), run.signal),
    verb: 'archive',
    observed: { observedIgnore: bucket.spec.ignore ?? null },
  } as const
  return store(bucket, content, { artifacts, run, link })
}

function placed(files: ReadonlyMap<string, Kept>): ReturnType<typeof treeIn> {
  try {
    return treeIn(files)
  } catch (cause) {
    const message = `unable to archive artifact to storage: ${messageOf(cause)}`
    throw new SourceProblem('ArchiveOperationFailed', message, { cause, condition: 'StorageOperationFailed' })
  }
}

interface Stored {
  readonly artifact: Artifact
  readonly count: number
  readonly run: Run
}

async function upToDate(bucket: BucketObject, stored: Stored): Promise<Outcome> {
  const message = `artifact up-to-date with remote revision: '${stored.artifact.revision}'`
  await stored.run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message })
  return done(bucket, stored)
}

function done(bucket: BucketObject, { artifact, count, run }: Stored): Outcome {
  const success = {
    message: `stored artifact: revision '${artifact.revision}'`,
    news: `stored artifact with ${count} fetched files from '${bucket.spec.bucketName}' bucket`,
  }
  return settled(bucket, artifact, { run, success })
}
