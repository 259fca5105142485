import { each } from '../../lib/gathered.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { Kustomization, type KustomizationObject } from '../../kinds/kustomization.ts'
import { type KubeObject, printRef } from '../../kinds/manifest.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { readTree } from '../../lib/untar.ts'
import { desired, type Rendered } from '../../kustomize/build-reconciler.ts'
import { artifactOf, sourceOf } from '../../kustomize/depends.ts'
import { accessOf } from '../../sources/oci/access-reconciler.ts'
import { contentOf } from '../../sources/oci/content-reconciler.ts'
import { pull, resolve } from '../../sources/oci/pull-reconciler.ts'
import { repositoryOf } from '../../sources/oci/ref.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { Room } from '../../world/storage/scratch.ts'
import type { World } from '../../world/world.ts'
import { ToolError } from '../frame/error.ts'
import { inTime, tooLate } from '../run/in-time.ts'
import { existing, type Located } from '../objects/locate.ts'
import type { Call } from '../tool.ts'
import { notRendered } from './not-rendered.ts'
import { stepsOf } from './steps-of.ts'

const impatienceMs = 500
const limits = { maxBytes: 512 * 1024 * 1024, maxEntries: 200_000, maxEntryBytes: 128 * 1024 * 1024 }

/**
 * What a Kustomization's objects are: rendered from the artifact that its source offers, or with `newest` from what an OCIRepository would pull now.
 * @throws {ToolError} Unsupported, NotReady
 */
export async function renderLive(
  world: World,
  { cluster, ref, newest = false, decrypts = true }: Located & { newest?: boolean; decrypts?: boolean },
  call: Call,
): Promise<Rendered & { ks: KustomizationObject; revision: string }> {
  if (ref.kind !== Kustomization.kind || ref.group !== Kustomization.group) throw notRendered(ref)
  const ks = (await existing({ cluster, ref }, call.signal)) as KustomizationObject
  const source = await cluster.get(sourceOf(ks), call.signal)
  const stored = source && !(newest && source.kind === OCIRepository.kind) ? await storedContent(world, source, call) : undefined
  const content =
    stored ??
    (source?.kind === OCIRepository.kind && (newest || artifactOf(source))
      ? await newestContent(world, { cluster, source: source as OCIRepositoryObject }, call)
      : undefined)
  if (!content)
    throw new ToolError(
      'NotReady',
      `source ${printRef(sourceOf(ks))} of ${printRef(ref)} ${source ? 'has no artifact' : 'does not exist'}`,
      { next: source ? `reconcile ${printRef(sourceOf(ks))} first` : 'create it with apply_manifests' },
    )
  const tree = await readTree(content.files, limits)
  const task = { hands: { ...world, cluster }, settings: call.engine.settings, decrypts, signal: call.signal }
  return { ks, revision: content.revision, ...(await stepsOf(ks, () => desired(ks, tree, task))) }
}

interface Content {
  readonly revision: string
  readonly files: AsyncIterable<Uint8Array>
}

/** `undefined` when there is no artifact, or when the process that kept it is gone. */
async function storedContent(world: World, source: KubeObject, call: Call): Promise<Content | undefined> {
  const artifact = artifactOf(source)
  if (!artifact) return undefined
  const isOci = source.kind === OCIRepository.kind
  try {
    const files = await openArtifact(world, artifact, {
      patient: !isOci || !isLoopback(new URL(artifact.url).hostname),
      signal: call.signal,
    })
    return files && { revision: artifact.revision, files }
  } catch (thrown) {
    call.signal.throwIfAborted()
    if (thrown instanceof CodedError && thrown.code === 'UNREACHABLE' && isOci) return undefined
    throw thrown
  }
}

/** Another process on this machine that kept an artifact answers at once, or is gone. */
async function openArtifact(
  world: World,
  artifact: Artifact,
  { patient, signal }: { patient: boolean; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (patient) return world.fetcher.fetch(artifact, signal)
  const files = await inTime({ clock: world.clock, ms: impatienceMs, signal }, both => world.fetcher.fetch(artifact, both))
  return files === tooLate ? undefined : files
}

/** What the registry has now; nothing is stored. */
async function newestContent(
  world: World,
  { cluster, source }: { cluster: Cluster; source: OCIRepositoryObject },
  { signal, engine: { settings } }: Call,
): Promise<Content> {
  return stepsOf(source, async () => {
    const access = await accessOf(source, { hands: { ...world, cluster }, run: { signal, settings } })
    const registry = await world.registries.open(access, 'lookup')
    const resolved = await resolve(source.spec, { registry, target: repositoryOf(source.spec.url), signal })
    const pulled = await pull(source.spec, { registry, resolved, signal })
    return { revision: resolved.revision, files: await contentOf(source.spec, pulled, { kernel: world.kernel, room: inMemory, signal }) }
  })
}

/** A preview is read by whoever asked for it, after this call: its content is held. */
const inMemory: Room = {
  async keep(content) {
    const parts: Uint8Array[] = []
    for await (const part of content) parts.push(part)
    return { size: parts.reduce((sum, part) => sum + part.length, 0), read: () => each(parts) }
  },
}

/** The revision that an OCIRepository would fetch now. */
export async function newestRevision(
  world: World,
  { cluster, source }: { cluster: Cluster; source: OCIRepositoryObject },
  { signal, engine: { settings } }: Call,
): Promise<string> {
  return stepsOf(source, async () => {
    const access = await accessOf(source, { hands: { ...world, cluster }, run: { signal, settings } })
    const registry = await world.registries.open(access, 'lookup')
    return (await resolve(source.spec, { registry, target: repositoryOf(source.spec.url), signal })).revision
  })
}
