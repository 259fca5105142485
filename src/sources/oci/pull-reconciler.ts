import { StepError } from '../../engine/outcome.ts'
import type { Descriptor, ImageManifest } from '../../kinds/oci.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type Digest, isDigest } from '../../lib/digest.ts'
import { type ParsedReference, printReference } from '../../lib/reference.ts'
import { latestTag } from '../../lib/semver.ts'
import { tar } from '../../lib/tar.ts'
import { cleanPath, untar } from '../../lib/untar.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import type { Registry } from '../../world/registry/registry.ts'
import { archiveEntries, memoryTree, sourcePatterns } from '../archive.ts'
import { parseManifest, selectLayer, selectPlatform } from './manifest.ts'
import { revisionOf, wantedOf } from './ref.ts'

type Spec = OCIRepositoryObject['spec']

/** What a reference stands for now. `printed` is it as text; an index has the digest of the index. */
export interface Resolved {
  readonly target: ParsedReference
  readonly digest: Digest
  readonly revision: string
  readonly printed: string
}

const limits = { maxBytes: 1024 * 1024 * 1024, maxEntries: 500_000, maxEntryBytes: 512 * 1024 * 1024 }

/** @throws {StepError} ReadOperationFailed for tags, OCIArtifactPullFailed for the digest. Spec: sources 3.3. */
export async function resolve(
  spec: Spec,
  { registry, target, signal }: { registry: Registry; target: ParsedReference; signal: AbortSignal },
): Promise<Resolved> {
  const wanted = wantedOf(spec)
  if (wanted.by === 'digest') {
    if (!isDigest(wanted.digest))
      throw new StepError('OCIArtifactPullFailed', `failed to determine artifact digest: invalid digest '${wanted.digest}'`)
    return {
      target: { ...target, digest: wanted.digest },
      digest: wanted.digest,
      revision: wanted.digest,
      printed: printReference({ ...target, digest: wanted.digest }),
    }
  }
  const tag = wanted.by === 'tag' ? wanted.tag : await tagIn(wanted, { spec, registry, target, signal })
  try {
    const { digest } = await registry.lookUp({ ...target, tag }, signal)
    return { target: { ...target, tag, digest }, digest, revision: revisionOf(digest, tag), printed: printReference({ ...target, tag }) }
  } catch (thrown) {
    signal.throwIfAborted()
    throw new StepError('OCIArtifactPullFailed', `failed to determine artifact digest: ${messageOf(thrown)}`, { cause: thrown })
  }
}

async function tagIn(
  { range, filter }: { range: string; filter: string | undefined },
  { spec, registry, target, signal }: { spec: Spec; registry: Registry; target: ParsedReference; signal: AbortSignal },
): Promise<string> {
  try {
    const tags: string[] = []
    for await (const tag of registry.tags(target, signal)) tags.push(tag)
    return latestTag(tags, range, filter)
  } catch (thrown) {
    signal.throwIfAborted()
    throw new StepError('ReadOperationFailed', `failed to determine the artifact tag for '${spec.url}': ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

/** A pulled artifact: its annotations and its layer, not yet read. */
export interface Pulled {
  readonly annotations: Readonly<Record<string, string>>
  readonly layer: Descriptor
  readonly blob: AsyncIterable<Uint8Array>
}

/** Fetches the manifest by the resolved digest and opens the selected layer. @throws {StepError} OCIArtifactPullFailed, OCIArtifactLayerOperationFailed. */
export async function pull(
  spec: Spec,
  { registry, resolved, signal }: { registry: Registry; resolved: Resolved; signal: AbortSignal },
): Promise<Pulled> {
  const repository = { registry: resolved.target.registry, repository: resolved.target.repository }
  const manifest = await manifestOf(spec, { registry, resolved, signal })
  const layer = layerOperation(() => selectLayer(manifest, spec.layerSelector))
  return { annotations: manifest.annotations ?? {}, layer, blob: registry.blob(repository, layer, signal) }
}

function layerOperation<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw new StepError('OCIArtifactLayerOperationFailed', messageOf(thrown), { cause: thrown })
  }
}

async function manifestOf(
  spec: Spec,
  { registry, resolved, signal }: { registry: Registry; resolved: Resolved; signal: AbortSignal },
): Promise<ImageManifest> {
  const repository = { registry: resolved.target.registry, repository: resolved.target.repository }
  const bytesOf = async (digest: Digest): Promise<Uint8Array> => {
    try {
      const found = await registry.manifest({ ...repository, digest }, signal)
      if (found) return found.bytes
    } catch (thrown) {
      signal.throwIfAborted()
      throw new StepError('OCIArtifactPullFailed', `failed to pull artifact from '${spec.url}': ${messageOf(thrown)}`, { cause: thrown })
    }
    throw new StepError('OCIArtifactPullFailed', `failed to pull artifact from '${spec.url}': manifest ${digest} not found`)
  }
  const bytes = await bytesOf(resolved.digest)
  const first = layerOperation(() => wrapped(bytes))
  if (!('manifests' in first)) return first
  const child = selectPlatform(first)
  if (!child)
    throw new StepError(
      'OCIArtifactPullFailed',
      `failed to pull artifact from '${spec.url}': no child with platform linux/amd64 in index ${resolved.printed}`,
    )
  const manifest = wrapped(await bytesOf(child.digest))
  if ('manifests' in manifest)
    throw new StepError('OCIArtifactPullFailed', `failed to pull artifact from '${spec.url}': the child of an index is an index`)
  return manifest
}

function wrapped(bytes: Uint8Array): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(bytes)
  } catch (thrown) {
    throw new StepError('OCIArtifactLayerOperationFailed', `failed to parse artifact manifest: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** The bytes to store: the layer as it is, or unpacked and archived again by the ignore rules. Spec: sources 1.2, 3.2 steps 13 and 14. */
export async function* contentOf(
  spec: Spec,
  { blob }: Pulled,
  { kernel, signal }: { kernel: Kernel; signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  if (spec.layerSelector?.operation === 'copy') return yield* blob
  const files = new Map<string, { content: Uint8Array; mode: number }>()
  const folders = new Map<string, number>()
  try {
    for await (const { path, type, mode, content } of untar(blob, limits)) {
      const clean = cleanPath(path)
      if (type === 'folder' && clean !== '') folders.set(clean, mode)
      if (type === 'file') files.set(clean, { content, mode })
    }
  } catch (thrown) {
    signal.throwIfAborted()
    throw new StepError('OCIArtifactLayerOperationFailed', `failed to extract layer contents from artifact: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  const own = [...files]
    .filter(([path]) => path === '.sourceignore' || path.endsWith('/.sourceignore'))
    .map(([path, { content }]) => ({
      folder: path.slice(0, Math.max(0, path.length - '/.sourceignore'.length)),
      text: new TextDecoder().decode(content),
    }))
  const patterns = sourcePatterns(
    own.toSorted((a, b) => (a.folder < b.folder ? -1 : 1)),
    spec.ignore,
  )
  yield* kernel.gzip(tar(archiveEntries(memoryTree(files, folders), { patterns, modes: 'normalised' })), signal)
}
