import { Bucket, type BucketObject } from '../../kinds/bucket.ts'
import { Kustomization } from '../../kinds/kustomization.ts'
import { printRef } from '../../kinds/manifest.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { artifactOf } from '../../kustomize/depends.ts'
import { listedRevision } from '../../sources/bucket/reconciler.ts'
import { shortRevision } from '../../lib/digest.ts'
import type { World } from '../../world/world.ts'
import { dependents } from './dependents.ts'
import { ToolError } from '../frame/error.ts'
import { existing, type Located } from '../objects/locate.ts'
import { previewKustomization } from './preview-kustomization.ts'
import { newestRevision } from './render-live.ts'
import { stepsOf } from './steps-of.ts'
import type { Call, Preview, Running } from '../tool.ts'

/** What running an object would change. @throws {ToolError} Unsupported for kinds whose work this engine cannot foresee. */
export function previewRun(world: World, located: Located & { newest?: boolean }, call: Running): Promise<Preview> {
  const { group, kind } = located.ref
  if (group === Kustomization.group && kind === Kustomization.kind) return previewKustomization(world, located, call)
  const newest = group === OCIRepository.group ? newestOf.get(kind) : undefined
  if (newest) return previewFetch(located, call, () => newest(world, located, call))
  throw new ToolError('Unsupported', `what a run of ${kind} would change cannot be told beforehand`, {
    next: 'plan works for Kustomization, OCIRepository and Bucket; get_object shows what is there now',
  })
}

/** The revision that a source of a kind would fetch now. */
type Newest = (world: World, located: Located, call: Call) => Promise<string>
const newestOf: ReadonlyMap<string, Newest> = new Map<string, Newest>([
  [
    OCIRepository.kind,
    async (world, { cluster, ref }, call) =>
      newestRevision(world, { cluster, source: (await existing({ cluster, ref }, call.signal)) as OCIRepositoryObject }, call),
  ],
  [
    Bucket.kind,
    async (world, { cluster, ref }, { signal, engine: { settings } }) => {
      const bucket = (await existing({ cluster, ref }, signal)) as BucketObject
      return stepsOf(bucket, () => listedRevision(bucket, { hands: { ...world, cluster }, run: { signal, settings } }))
    },
  ],
])

async function previewFetch({ cluster, ref }: Located, call: Call, find: () => Promise<string>): Promise<Preview> {
  const source = await existing({ cluster, ref }, call.signal)
  const newest = await find()
  const stored = artifactOf(source)?.revision
  const same = stored === newest
  return {
    summary: `${printRef(ref)}: ${same ? `nothing new, ${shortRevision(newest)} is stored` : `fetch ${shortRevision(newest)}`}`,
    changes: [
      ...(same
        ? []
        : [{ action: 'fetch', object: printRef(ref), detail: `${shortRevision(stored ?? 'nothing')} → ${shortRevision(newest)}` }]),
      ...(await dependents(cluster, ref, call.signal)),
    ],
    live: JSON.stringify([source.metadata.uid, source.metadata.generation, newest]),
  }
}
