import { Kustomization, type KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { equal, isObject, type Json, type JsonObject } from '../lib/json.ts'
import { OCIRepository, type OCIRepositoryObject } from '../kinds/oci-repository.ts'
import { readTree } from '../lib/untar.ts'
import { drifted, isForced, isSkipped, manager } from '../kustomize/apply.ts'
import { desired } from '../kustomize/build-reconciler.ts'
import { artifactOf, sourceOf } from '../kustomize/depends.ts'
import { entryOf, type Inventory, refOfEntry, stale } from '../kustomize/inventory.ts'
import { accessOf } from '../sources/oci/access-reconciler.ts'
import { contentOf, pull, resolve } from '../sources/oci/pull-reconciler.ts'
import { repositoryOf } from '../sources/oci/ref.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import { existing, type Located } from './locate.ts'
import type { Call, Preview } from './tool.ts'

const limits = { maxBytes: 512 * 1024 * 1024, maxEntries: 200_000, maxEntryBytes: 128 * 1024 * 1024 }

/**
 * What a Kustomization's objects are: rendered from the artifact that its source offers, or with `newest` from what an OCIRepository would pull now.
 * @throws {ToolError} Unsupported, NotReady
 */
export async function renderLive(
  world: World,
  { cluster, ref, newest = false }: Located & { newest?: boolean },
  call: Call,
): Promise<{ ks: KustomizationObject; objects: KubeObject[]; revision: string }> {
  if (ref.kind !== Kustomization.kind || ref.group !== Kustomization.group)
    throw new ToolError('Unsupported', `${ref.kind} cannot be rendered here`, { next: 'name a Kustomization' })
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
  return {
    ks,
    revision: content.revision,
    objects: await desired(ks, tree, {
      hands: { ...world, cluster },
      strict: call.engine.settings.strictSubstitution,
      signal: call.signal,
    }),
  }
}

interface Content {
  readonly revision: string
  readonly files: AsyncIterable<Uint8Array>
}

/** `undefined` when there is no artifact, or when the process that kept it is gone. */
async function storedContent(world: World, source: KubeObject, { signal }: Call): Promise<Content | undefined> {
  const artifact = artifactOf(source)
  const files =
    artifact &&
    (await world.fetcher.fetch(artifact, signal).catch((thrown: unknown) => {
      if (thrown instanceof CodedError && thrown.code === 'UNREACHABLE' && source.kind === OCIRepository.kind) return undefined
      throw thrown
    }))
  return artifact && files && { revision: artifact.revision, files }
}

/** What the registry has now; nothing is stored. */
async function newestContent(
  world: World,
  { cluster, source }: { cluster: Cluster; source: OCIRepositoryObject },
  { signal }: Call,
): Promise<Content> {
  const access = await accessOf(source, { hands: { cluster }, run: { signal } })
  const registry = await world.registries.open(access, 'lookup')
  const resolved = await resolve(source.spec, { registry, target: repositoryOf(source.spec.url), signal })
  const pulled = await pull(source.spec, { registry, resolved, signal })
  return { revision: resolved.revision, files: contentOf(source.spec, pulled, { kernel: world.kernel, signal }) }
}

/** What reconciling a Kustomization would change: every object dry-run against the cluster, and what prune would delete. */
export async function previewKustomization(world: World, located: Located & { newest?: boolean }, call: Call): Promise<Preview> {
  const { ks, objects, revision } = await renderLive(world, located, call)
  const changes = await Promise.all(
    objects.map(object => changeFor(located.cluster, object, { force: ks.spec.force === true, signal: call.signal })),
  )
  const next = { entries: objects.map(o => entryOf(o)) }
  const pruned = ks.spec.prune ? stale(ks.status?.inventory as Inventory | undefined, next).flatMap(e => refOfEntry(e) ?? []) : []
  const all: JsonObject[] = [...changes, ...pruned.map(ref => ({ action: 'prune', object: printRef(ref) }))]
  const count = (action: string): string[] => {
    const n = all.filter(c => c.action === action).length
    return n > 0 ? [`${n} ${action}`] : []
  }
  const summary = `${printRef(located.ref)} at ${revision}: ${['create', 'configure', 'recreate', 'prune', 'refused', 'skipped', 'unchanged'].flatMap(count).join(', ') || 'nothing'}`
  return {
    summary,
    changes: all.filter(c => c.action !== 'unchanged'),
    live: JSON.stringify([revision, ks.metadata.uid, ks.metadata.generation, changes.map(c => c.live ?? null), pruned.map(printRef)]),
  }
}

async function changeFor(
  cluster: Cluster,
  object: KubeObject,
  { force, signal }: { force: boolean; signal: AbortSignal },
): Promise<JsonObject> {
  const name = printRef(refOf(object))
  try {
    const live = await cluster.get(refOf(object), signal)
    if (isSkipped(object, live)) return { action: 'skipped', object: name }
    const dryRun = await cluster.apply(object, { manager, force: true, dryRun: true }, signal)
    if (!live) return { action: 'create', object: name }
    return drifted(live, dryRun)
      ? { action: 'configure', object: name, detail: differences(live, dryRun).slice(0, 8).join(', '), live: live.metadata.uid ?? '' }
      : { action: 'unchanged', object: name, live: live.metadata.uid ?? '' }
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    const recreates = (force || isForced(object, undefined)) && (thrown.code === 'INVALID' || thrown.code === 'CONFLICT')
    return { action: recreates ? 'recreate' : 'refused', object: name, detail: thrown.message }
  }
}

/** Paths whose values differ; the values themselves stay here. */
export function differences(before: Json | undefined, after: Json | undefined, path = ''): string[] {
  if (equal(before, after)) return []
  if (!isObject(before) || !isObject(after)) return [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  if (path === '') for (const key of ['metadata', 'status']) keys.delete(key)
  const own = [...keys].flatMap(key => differences(before[key] ?? undefined, after[key] ?? undefined, path === '' ? key : `${path}.${key}`))
  return path === ''
    ? [
        ...own,
        ...['labels', 'annotations']
          .filter(m => !equal(isObject(before.metadata) ? before.metadata[m] : null, isObject(after.metadata) ? after.metadata[m] : null))
          .map(m => `metadata.${m}`),
      ]
    : own
}
