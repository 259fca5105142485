import { StepError } from '../../engine/outcome.ts'
import type { Descriptor, ImageManifest } from '../../kinds/oci.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { Digest } from '../../lib/digest.ts'
import { type ParsedReference, printReference } from '../../lib/reference.ts'
import { latestTag } from '../../lib/semver.ts'
import type { Fetcher, Lister, Resolver } from '../../world/registry/registry.ts'
import { parseManifest, selectLayer, selectPlatform } from './manifest.ts'
import { digestOf, revisionOf, tagOf, wantedOf } from './ref.ts'

type Spec = OCIRepositoryObject['spec']

/** What a reference stands for now. `printed` is it as text; an index has the digest of the index. */
export interface Resolved {
  readonly target: ParsedReference
  readonly digest: Digest
  readonly revision: string
  readonly printed: string
}

/** @throws {StepError} ReadOperationFailed for tags, OCIArtifactPullFailed for the digest. Spec: sources 3.3. */
export async function resolve(
  spec: Spec,
  { registry, target, signal }: { registry: Resolver & Pick<Lister, 'tags'>; target: ParsedReference; signal: AbortSignal },
): Promise<Resolved> {
  const wanted = wantedOf(spec)
  const tag =
    wanted.by === 'digest' ? undefined : wanted.by === 'tag' ? wanted.tag : await tagIn(wanted, { spec, registry, target, signal })
  return step({ reason: 'OCIArtifactPullFailed', failed: 'failed to determine artifact digest', signal }, async () => {
    const digest =
      wanted.by === 'digest'
        ? digestOf(wanted.digest)
        : (await registry.lookUp({ ...target, tag: tag && (wanted.by === 'tag' ? tagOf(tag) : tag) }, signal)).digest
    return {
      target: { ...target, ...(tag === undefined ? {} : { tag }), digest },
      digest,
      revision: revisionOf(digest, tag),
      printed: printReference(tag === undefined ? { ...target, digest } : { ...target, tag }),
    }
  })
}

function tagIn(
  { range, filter }: { range: string; filter: string | undefined },
  { spec, registry, target, signal }: { spec: Spec; registry: Pick<Lister, 'tags'>; target: ParsedReference; signal: AbortSignal },
): Promise<string> {
  return step({ reason: 'ReadOperationFailed', failed: `failed to determine the artifact tag for '${spec.url}'`, signal }, async () => {
    const tags: string[] = []
    for await (const tag of registry.tags(target, signal)) tags.push(tag)
    return latestTag(filter ? (await import('../../lib/tag-filter.ts')).filtered(tags, filter) : tags, range)
  })
}

/** Whatever work throws becomes a step's failure, but for an abort of the pass. */
async function step<T>(
  { reason, failed, signal }: { reason: string; failed?: string; signal: AbortSignal },
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof StepError) throw thrown
    const message = messageOf(thrown)
    throw new StepError(reason, failed === undefined ? message : `${failed}: ${message}`, { cause: thrown })
  }
}

/** A pulled artifact: its annotations and its layer, not yet read. */
export interface Pulled {
  readonly annotations: Readonly<Record<string, string>>
  readonly layer: Descriptor
  readonly blob: AsyncIterable<Uint8Array>
}

interface From {
  readonly registry: Fetcher & Resolver
  readonly resolved: Resolved
  readonly signal: AbortSignal
}

/** Fetches the manifest by the resolved digest and opens the selected layer. @throws {StepError} OCIArtifactPullFailed, OCIArtifactLayerOperationFailed. */
export async function pull(spec: Spec, from: From): Promise<Pulled> {
  const { registry, resolved, signal } = from
  const manifest = await manifestOf(spec, from)
  const layer = await step({ reason: 'OCIArtifactLayerOperationFailed', signal }, () => selectLayer(manifest, spec.layerSelector))
  return { annotations: manifest.annotations ?? {}, layer, blob: registry.blob(repositoryIn(resolved), layer, signal) }
}

function repositoryIn({ target }: Resolved): ParsedReference {
  return { registry: target.registry, repository: target.repository }
}

async function manifestOf(spec: Spec, from: From): Promise<ImageManifest> {
  const failed = `failed to pull artifact from '${spec.url}'`
  const fetched = async (digest: Digest): Promise<ReturnType<typeof parseManifest>> => {
    const { signal } = from
    const bytes = await step({ reason: 'OCIArtifactPullFailed', failed, signal }, () => bytesOf(digest, from))
    return step({ reason: 'OCIArtifactLayerOperationFailed', failed: 'failed to parse artifact manifest', signal }, () =>
      parseManifest(bytes),
    )
  }
  const first = await fetched(from.resolved.digest)
  if (!('manifests' in first)) return first
  const child = selectPlatform(first)
  const manifest = child && (await fetched(child.digest))
  if (manifest && !('manifests' in manifest)) return manifest
  const why = manifest
    ? `the child of index ${from.resolved.printed} is an index`
    : `no child with platform linux/amd64 in index ${from.resolved.printed}`
  throw new StepError('OCIArtifactPullFailed', `${failed}: ${why}`)
}

/** Throws what the registry says of a manifest that it does not have. */
async function bytesOf(digest: Digest, { registry, resolved, signal }: From): Promise<Uint8Array> {
  const ref = { ...repositoryIn(resolved), digest }
  const found = await registry.manifest(ref, signal)
  if (found) return found.bytes
  await registry.lookUp(ref, signal)
  throw new Error(`manifest ${digest} not found`)
}
