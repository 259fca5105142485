import type { Run } from '../engine/reconciler.ts'
import { StepError } from '../engine/outcome.ts'
import { type Artifact, ownerPath } from '../kinds/artifact.ts'
import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { isObject, type JsonObject, stringAt } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import type { ArtifactOwner } from '../world/storage/artifacts.ts'
import { progressing, type StatusChange } from '../engine/conditions.ts'
import { SourceProblem } from './problem.ts'

/** What the storage of a source needs. `link` is the name beside the file that always leads to the newest; `undefined` where a kind has none. */
export interface Storing {
  readonly artifacts: Hands['artifacts']
  readonly run: Run
  readonly link: string | undefined
}

export function ownerOf({ kind, metadata }: KubeObject): ArtifactOwner {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** The artifact of the status as this pass has it. */
export function artifactIn({ status }: KubeObject): Artifact | undefined {
  return isObject(status) && isObject(status.artifact) ? (status.artifact as unknown as Artifact) : undefined
}

/** Collects garbage, then looks whether the stored file is still what the status says. Spec: sources 1.3. */
export async function checkStorage(object: KubeObject, storing: Storing): Promise<void> {
  const { artifacts, run } = storing
  const artifact = artifactIn(object)
  if (!artifact) return run.show(without(run, 'building artifact'))
  await collect(object, artifact, storing)
  const seen = await artifacts.verify(artifact, run.signal)
  if (seen.is === 'ok') return refresh(object, artifact, storing)
  if (seen.is === 'corrupt')
    await run.emit({
      severity: 'error',
      reason: 'ArtifactVerificationFailed',
      message: `failed to verify integrity of artifact: ${seen.why}`,
    })
  await run.save(without(run, 'building artifact: disappeared from storage'))
}

/** Best effort: what cannot be removed now is tried again in the next pass. */
async function collect(object: KubeObject, artifact: Artifact, { artifacts, run }: Storing): Promise<void> {
  const { artifactRetentionMs: ttlMs, artifactRetentionRecords: records } = run.settings
  const count = await artifacts.collect(ownerOf(object), artifact, { ttlMs, records }).catch(() => 0)
  if (count > 0)
    await run.emit({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message: `garbage collected ${count} artifacts` })
}

/** The addresses follow the host that serves, and a link that was lost, or could not be moved when its file was stored, is set again. */
async function refresh(object: KubeObject, artifact: Artifact, { artifacts, run, link }: Storing): Promise<void> {
  const folder = artifact.path.slice(0, artifact.path.lastIndexOf('/'))
  const isOwn = `${folder}/`.startsWith(`${ownerPath(ownerOf(object))}/`)
  const linked = link !== undefined && isOwn ? await artifacts.link(artifact, link).catch(() => undefined) : undefined
  const before = link !== undefined && stringAt(object, 'status', 'url') ? artifacts.urlOf(`${folder}/${link}`) : undefined
  const url = linked ?? before
  run.note({ fields: { artifact: { ...artifact, url: artifacts.urlOf(artifact.path) } as never, ...(url === undefined ? {} : { url }) } })
}

function without(run: Run, message: string): StatusChange {
  return {
    fields: { artifact: null, url: null },
    conditions: [...progressing(conditionsOf(run.current()), message, { drift: true }), { type: 'ArtifactInStorage', status: 'absent' }],
  }
}

/** What is to be stored; `observed` are the status fields that say what it was made from. */
export interface Content {
  readonly filename: string
  readonly revision: string
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly bytes: AsyncIterable<Uint8Array>
  /** The word in the failure: `unable to archive artifact to storage`. */
  readonly verb: 'archive' | 'copy' | 'save'
  readonly observed: JsonObject
}

/** Stores what was fetched, points the link at it, and notes both in the status. @throws {StepError} with Flux's texts. Spec: sources 3.2, 3.8. */
export async function store(object: KubeObject, content: Content, { artifacts, run, link }: Storing): Promise<Artifact> {
  const { bytes, verb, observed, ...file } = content
  const artifact = await artifacts.store({ owner: ownerOf(object), ...file }, bytes, run.signal).catch((thrown: unknown) => {
    run.signal.throwIfAborted()
    throw thrown instanceof StepError ? thrown : notStored(thrown, verb)
  })
  const url = link === undefined ? undefined : await linked(artifact, link, { artifacts, run })
  run.note({ fields: { artifact: { ...artifact } as never, ...(url === undefined ? {} : { url }), ...observed } })
  return artifact
}

function notStored(cause: unknown, verb: Content['verb']): SourceProblem {
  const options = { cause, condition: 'StorageOperationFailed' } as const
  return cause instanceof CodedError && cause.code === 'NO_FOLDER'
    ? new SourceProblem('DirectoryCreationFailed', `failed to create artifact directory: ${cause.message}`, options)
    : new SourceProblem('ArchiveOperationFailed', `unable to ${verb} artifact to storage: ${messageOf(cause)}`, options)
}

/** Best effort, as the artifact has a URL of its own. */
async function linked(artifact: Artifact, link: string, { artifacts, run }: Omit<Storing, 'link'>): Promise<string | undefined> {
  try {
    return await artifacts.link(artifact, link)
  } catch (thrown) {
    await run.emit({
      severity: 'trace',
      reason: 'SymlinkUpdateFailed',
      message: `failed to update status URL symlink: ${messageOf(thrown)}`,
    })
    return undefined
  }
}

const refusals: readonly string[] = ['DISK_FULL', 'FILE_LIMIT', 'WRITE_FAILED']

/** A disk that refused what a source put aside, or the removal of a damaged file; `undefined` for anything else. */
export function diskProblem(thrown: unknown): SourceProblem | undefined {
  if (!(thrown instanceof CodedError) || thrown.name !== 'StorageError') return undefined
  const options = { cause: thrown, condition: 'StorageOperationFailed' } as const
  if (thrown.code === 'NO_FOLDER')
    return new SourceProblem('DirectoryCreationFailed', `failed to create temporary working directory: ${thrown.message}`, options)
  return refusals.includes(thrown.code)
    ? new SourceProblem('ArchiveOperationFailed', `unable to use the disk: ${thrown.message}`, options)
    : undefined
}
