import { during, failed, type Outcome, waiting } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { Artifact } from '../kinds/artifact.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { CodedError } from '../lib/coded-error.ts'
import { formatDuration } from '../lib/duration.ts'
import { unpack } from '../lib/untar.ts'
import type { Hands } from '../world/world.ts'
import type { Tree } from './build-reconciler.ts'
import { tryRead } from './depends-reconciler.ts'
import { artifactOf, sourceGroup, sourceOf } from './depends.ts'

/** An artifact is unpacked in memory: what a cluster can hold. */
const limits = { maxBytes: 512 * 1024 * 1024, maxEntries: 200_000, maxEntryBytes: 128 * 1024 * 1024 }

/** The artifact that a Kustomization has to build, or why there is none. Spec: kustomization 2.2. */
export async function sourceFor(
  ks: KustomizationObject,
  { cluster }: Pick<Hands, 'cluster'>,
  run: Run,
): Promise<{ artifact: Artifact } | Outcome> {
  const ref = sourceOf(ks)
  if (run.settings.noCrossNamespaceRefs && ref.namespace !== ks.metadata.namespace) {
    const message = `can't access '${ref.kind}/${ref.namespace ?? ''}/${ref.name}', cross-namespace references have been blocked`
    return failed('AccessDenied', message, { events: [{ severity: 'error', message }] })
  }
  const { object: source, unread } = await tryRead(ref, cluster, run)
  if (unread)
    return failed('ArtifactFailed', `unable to get source '${ref.namespace ?? ''}/${ref.name}': ${unread.message}`, { retry: 'backoff' })
  if (!source) return failed('ArtifactFailed', `${ref.kind}.${sourceGroup} "${ref.name}" not found`)
  const artifact = artifactOf(source)
  if (artifact) return { artifact }
  return waiting('ArtifactFailed', `Source artifact not found, retrying in ${formatDuration(run.settings.requeueDependencyMs)}`, {
    retryMs: run.settings.requeueDependencyMs,
  })
}

/** What a source offers now. `undefined` also while it cannot be read: nothing newer is known then. */
export async function offeredBy(
  ks: KustomizationObject,
  { hands, run }: { hands: Pick<Hands, 'cluster'>; run: Run },
): Promise<Artifact | undefined> {
  const source = await hands.cluster.get(sourceOf(ks), run.signal).catch(() => undefined)
  run.signal.throwIfAborted()
  return source && artifactOf(source)
}

/**
 * Fetches and unpacks an artifact. One that cannot be reached is tried again as long as its source offers it:
 * where it offers another meanwhile, the next run begins at once.
 */
export async function readArtifact(
  ks: KustomizationObject,
  { hands, run, artifact }: { hands: Pick<Hands, 'cluster' | 'fetcher'>; run: Run; artifact: Artifact },
): Promise<Tree | Outcome> {
  const moved = async (): Promise<boolean> => ((await offeredBy(ks, { hands, run }))?.url ?? artifact.url) !== artifact.url
  const fetched = hands.fetcher.fetch(artifact, run.signal, moved).catch((thrown: unknown) => {
    if (thrown instanceof CodedError && thrown.code === 'SUPERSEDED') return 'superseded' as const
    throw thrown
  })
  const body = await during('ArtifactFailed', fetched)
  if (body === 'superseded') return waiting('ArtifactFailed', 'Source has another artifact, retrying', { retryMs: 0 })
  const retry = run.settings.requeueDependencyMs
  if (!body)
    return waiting('ArtifactFailed', `Source is not ready, artifact not found, retrying in ${formatDuration(retry)}`, { retryMs: retry })
  const { files, folders } = await during('ArtifactFailed', unpack(body, limits))
  return { files: new Map([...files].map(([path, { content }]) => [path, content])), folders: new Set(folders.keys()) }
}
