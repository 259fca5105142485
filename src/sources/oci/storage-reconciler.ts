import type { Run } from '../../engine/reconciler.ts'
import { StepError } from '../../engine/outcome.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { conditionsOf } from '../../kinds/manifest.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { CodedError, messageOf } from '../../lib/coded-error.ts'
import type { Hands } from '../../world/world.ts'
import type { ArtifactOwner } from '../../world/storage/artifacts.ts'
import { progressing } from '../conditions.ts'
import { SourceProblem } from '../problem.ts'
import { contentOf } from './content-reconciler.ts'
import type { Pulled, Resolved } from './pull-reconciler.ts'

interface Step {
  readonly hands: Pick<Hands, 'artifacts' | 'kernel'>
  readonly run: Run
}

export function ownerOf({ kind, metadata }: OCIRepositoryObject): ArtifactOwner {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** The artifact of the status as this pass has it. */
export function artifactIn({ status }: OCIRepositoryObject): Artifact | undefined {
  return status?.artifact as Artifact | undefined
}

/** Collects garbage, then looks whether the stored file is still what the status says. Spec: sources 1.3. */
export async function checkStorage(repository: OCIRepositoryObject, { hands: { artifacts }, run }: Step): Promise<void> {
  const artifact = artifactIn(repository)
  if (!artifact) return lost(run, 'building artifact')
  await collect(repository, { artifact, artifacts, run })
  const seen = await artifacts.verify(artifact, run.signal)
  if (seen.is === 'ok') return refreshUrls(repository, { artifact, artifacts, run })
  if (seen.is === 'corrupt')
    await run.emit({
      severity: 'error',
      reason: 'ArtifactVerificationFailed',
      message: `failed to verify integrity of artifact: ${seen.why}`,
    })
  await lost(run, 'building artifact: disappeared from storage')
}

/** Best effort: what cannot be removed now is tried again in the next pass. */
async function collect(
  repository: OCIRepositoryObject,
  { artifact, artifacts, run }: { artifact: Artifact; artifacts: Hands['artifacts']; run: Run },
): Promise<void> {
  const { artifactRetentionMs: ttlMs, artifactRetentionRecords: records } = run.settings
  const count = await artifacts.collect(ownerOf(repository), artifact, { ttlMs, records }).catch(() => 0)
  if (count > 0)
    await run.emit({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message: `garbage collected ${count} artifacts` })
}

function refreshUrls(
  { status }: OCIRepositoryObject,
  { artifact, artifacts, run }: { artifact: Artifact; artifacts: Hands['artifacts']; run: Run },
): void {
  const link = artifacts.urlOf(`${artifact.path.slice(0, artifact.path.lastIndexOf('/'))}/${latest}`)
  run.note({ fields: { artifact: { ...artifact, url: artifacts.urlOf(artifact.path) } as never, ...(status?.url ? { url: link } : {}) } })
}

async function lost(run: Run, message: string): Promise<void> {
  await run.save({
    fields: { artifact: null, url: null },
    conditions: [...progressing(conditionsOf(run.current()), message, { drift: true }), { type: 'ArtifactInStorage', status: 'absent' }],
  })
}

const latest = 'latest.tar.gz'

/** Stores what was pulled, and points the link at it. @throws {StepError} with Flux's texts. Spec: sources 3.2, 3.8. */
export async function store(
  repository: OCIRepositoryObject,
  { pulled, resolved }: { pulled: Pulled; resolved: Resolved },
  { hands: { artifacts, kernel }, run }: Step,
): Promise<Artifact> {
  const { spec } = repository
  const content = await contentOf(spec, pulled, { kernel, signal: run.signal })
  run.note({ conditions: [{ type: 'FetchFailed', status: 'absent' }] })
  const { digest, revision } = resolved
  const file = { owner: ownerOf(repository), filename: `${digest}.tar.gz`, revision, metadata: pulled.annotations }
  const artifact = await artifacts.store(file, content, run.signal).catch((thrown: unknown) => {
    run.signal.throwIfAborted()
    throw thrown instanceof StepError ? thrown : notStored(thrown, spec.layerSelector?.operation === 'copy' ? 'copy' : 'archive')
  })
  const url = await linked(artifact, { artifacts, run })
  run.note({
    fields: {
      artifact: { ...artifact } as never,
      ...(url === undefined ? {} : { url }),
      observedIgnore: spec.ignore ?? null,
      observedLayerSelector: (spec.layerSelector as never) ?? null,
    },
  })
  return artifact
}

function notStored(cause: unknown, what: 'copy' | 'archive'): SourceProblem {
  const options = { cause, condition: 'StorageOperationFailed' } as const
  return cause instanceof CodedError && cause.code === 'NO_FOLDER'
    ? new SourceProblem('DirectoryCreationFailed', `failed to create artifact directory: ${cause.message}`, options)
    : new SourceProblem('ArchiveOperationFailed', `unable to ${what} artifact to storage: ${messageOf(cause)}`, options)
}

/** Best effort, as the artifact has a URL of its own. */
async function linked(artifact: Artifact, { artifacts, run }: { artifacts: Hands['artifacts']; run: Run }): Promise<string | undefined> {
  try {
    return await artifacts.link(artifact, latest)
  } catch (thrown) {
    await run.emit({
      severity: 'trace',
      reason: 'SymlinkUpdateFailed',
      message: `failed to update status URL symlink: ${messageOf(thrown)}`,
    })
    return undefined
  }
}
