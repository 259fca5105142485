import { failed, type Outcome, ready, StepError, stalled } from '../../engine/outcome.ts'
import type { ConditionChange } from '../../engine/conditions.ts'
import { reconciler, type Run } from '../../engine/reconciler.ts'
import { originRevision, type Artifact } from '../../kinds/artifact.ts'
import { conditionOf, conditionsOf } from '../../kinds/manifest.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { type ParsedReference } from '../../lib/reference.ts'
import type { Hands } from '../../world/world.ts'
import { sourceConvention } from '../conditions.ts'
import { accessOf } from './access-reconciler.ts'
import { contentOf, pull, type Pulled, resolve, type Resolved } from './pull-reconciler.ts'
import { repositoryOf, sameContentConfig } from './ref.ts'

export type SourceHands = Pick<Hands, 'artifacts' | 'clock' | 'cluster' | 'kernel' | 'registries'>
interface Step {
  readonly hands: SourceHands
  readonly run: Run
}

/** Resolves the reference, pulls what is new, stores it as an artifact. Spec: sources 3.2. */
export const ociRepositories = reconciler(OCIRepository, {
  convention: sourceConvention,
  async reconcile(repository, hands: SourceHands, run) {
    await checkStorage(repository, { hands, run })
    await run.save({ conditions: inProgress(run) })
    try {
      return await fetched(repository, { hands, run })
    } catch (thrown) {
      run.signal.throwIfAborted()
      return failure(thrown)
    }
  },
  async finalize(repository, { artifacts }) {
    await artifacts.remove(ownerOf(repository))
    return ready('')
  },
})

/** The condition that a step's failure sets; the step's reason stays the Ready reason. */
class FetchProblem extends StepError {
  readonly condition: 'FetchFailed' | 'StorageOperationFailed'
  constructor(condition: 'FetchFailed' | 'StorageOperationFailed', code: string, message: string) {
    super(code, message)
    this.condition = condition
  }
}

function failure(thrown: unknown): Outcome {
  const [condition, reason] =
    thrown instanceof FetchProblem
      ? [thrown.condition, thrown.code]
      : thrown instanceof StepError
        ? ['FetchFailed', thrown.code]
        : ['FetchFailed', 'OCIArtifactPullFailed']
  const message = messageOf(thrown)
  return failed(reason, message, {
    retry: 'backoff',
    change: { conditions: [{ type: condition, status: 'True', reason, message }] },
    events: [{ severity: 'error', reason, message }],
  })
}

function ownerOf({ kind, metadata }: OCIRepositoryObject): { kind: string; namespace: string; name: string } {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

function inProgress(run: Run): ConditionChange[] {
  const before = conditionOf(run.current(), 'Ready')?.status
  const message = 'reconciliation in progress'
  const missing = before === undefined || before === 'Unknown'
  const kept = conditionOf(run.current(), 'Reconciling')?.message.startsWith('building artifact')
  return [
    ...(kept ? [] : [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message } as const]),
    ...(missing && !kept ? [{ type: 'Ready', status: 'Unknown', reason: 'Progressing', message } as const] : []),
  ]
}

/** Collects garbage, then looks whether the stored file is still what the status says. Spec: sources 1.3. */
async function checkStorage(repository: OCIRepositoryObject, { hands: { artifacts }, run }: Step): Promise<void> {
  const owner = ownerOf(repository)
  const artifact = repository.status?.artifact as Artifact | undefined
  const collected = await artifacts.collect(owner, artifact, {
    ttlMs: run.settings.artifactRetentionMs,
    records: run.settings.artifactRetentionRecords,
  })
  if (collected > 0)
    await run.emit({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message: `garbage collected ${collected} artifacts` })
  const state = artifact ? await artifacts.verify(artifact, run.signal) : 'none'
  if (artifact && state === 'ok') {
    const url = artifacts.urlOf(artifact.path)
    return url === artifact.url
      ? undefined
      : run.save({ fields: { artifact: { ...artifact, url } as never, url: artifacts.urlOf(`${folderOf(repository)}/latest.tar.gz`) } })
  }
  if (state === 'corrupt')
    await run.emit({
      severity: 'error',
      reason: 'ArtifactVerificationFailed',
      message: `failed to verify artifact '${artifact?.path ?? ''}': its digest does not match`,
    })
  const message = `building artifact${state === 'none' ? '' : ': disappeared from storage'}`
  await run.save({
    fields: { artifact: null, url: null },
    conditions: [
      { type: 'ArtifactInStorage', status: 'absent' },
      { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
      { type: 'Ready', status: 'Unknown', reason: 'Progressing', message },
    ],
  })
}

function folderOf(repository: OCIRepositoryObject): string {
  return `${repository.kind.toLowerCase()}/${repository.metadata.namespace ?? ''}/${repository.metadata.name}`
}

async function fetched(repository: OCIRepositoryObject, step: Step): Promise<Outcome> {
  const target = targetOf(repository)
  if ('is' in target) return target
  const { spec } = repository
  if (spec.provider !== 'generic' && !spec.secretRef && !spec.serviceAccountName)
    return stalled(
      'Unsupported',
      `spec.provider '${spec.provider}' is not supported by this engine: use a pull secret, or let Flux's controller handle this object`,
    )
  const access = await accessOf(repository, step)
  const registry = await step.hands.registries.open(access, 'lookup')
  const resolved = await resolve(spec, { registry, target, signal: step.run.signal })
  const current = step.run.current() as OCIRepositoryObject
  const artifact = current.status?.artifact as Artifact | undefined
  if (artifact && artifact.revision === resolved.revision && sameContentConfig(current)) return upToDate(step.run, resolved)
  await announce(step.run, resolved, artifact)
  const transfers = await step.hands.registries.open(access, 'transfer')
  const pulled = await pull(spec, { registry: transfers, resolved, signal: step.run.signal })
  return stored(repository, pulled, { ...step, resolved, before: artifact })
}

function targetOf({ spec }: OCIRepositoryObject): ParsedReference | Outcome {
  try {
    return repositoryOf(spec.url)
  } catch (thrown) {
    const message = `URL validation failed for '${spec.url}': ${messageOf(thrown)}`
    return stalled('URLInvalid', message, {
      change: { conditions: [{ type: 'FetchFailed', status: 'True', reason: 'URLInvalid', message }] },
    })
  }
}

async function upToDate(run: Run, { revision }: Resolved): Promise<Outcome> {
  await run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message: `artifact up-to-date with remote revision: '${revision}'` })
  const recovered = failedBefore(run)
  const message = `stored artifact for digest '${revision}'`
  return ready(message, {
    change: { conditions: success(message) },
    ...(recovered ? { events: [{ severity: 'info', reason: 'Succeeded', message }] } : {}),
  })
}

function failedBefore(run: Run): boolean {
  return conditionsOf(run.current()).some(c => (c.type === 'FetchFailed' || c.type === 'StorageOperationFailed') && c.status === 'True')
}

function success(message: string): ConditionChange[] {
  const absent = (type: string): ConditionChange => ({ type, status: 'absent' })
  return [
    absent('FetchFailed'),
    absent('StorageOperationFailed'),
    absent('ArtifactOutdated'),
    absent('SourceVerified'),
    { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message },
  ]
}

async function announce(run: Run, { revision, printed }: Resolved, artifact: Artifact | undefined): Promise<void> {
  if (artifact?.revision === revision) return
  const news = `new revision '${revision}' for '${printed}'`
  run.progress(news)
  await run.save({
    conditions: [
      { type: 'Reconciling', status: 'True', reason: 'Progressing', message: `building artifact: ${news}` },
      { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: `building artifact: ${news}` },
      ...(artifact ? [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message: news } as const] : []),
    ],
  })
}

async function stored(
  repository: OCIRepositoryObject,
  pulled: Pulled,
  { hands, run, resolved, before }: Step & { resolved: Resolved; before: Artifact | undefined },
): Promise<Outcome> {
  const { spec } = repository
  const artifact = await hands.artifacts
    .store(
      {
        owner: ownerOf(repository),
        filename: `${resolved.digest}.tar.gz`,
        revision: resolved.revision,
        metadata: pulled.annotations,
        link: 'latest.tar.gz',
      },
      contentOf(spec, pulled, { kernel: hands.kernel, signal: run.signal }),
      run.signal,
    )
    .catch((thrown: unknown) => {
      throw thrown instanceof StepError
        ? thrown
        : new FetchProblem(
            'StorageOperationFailed',
            'ArchiveOperationFailed',
            `unable to archive artifact to storage: ${messageOf(thrown)}`,
          )
    })
  const { source, revision: origin } = {
    source: pulled.annotations['org.opencontainers.image.source'],
    revision: pulled.annotations[originRevision],
  }
  const news = `stored artifact with revision '${resolved.revision}' from '${spec.url}'${source && origin ? `, origin source '${source}', origin revision '${origin}'` : ''}`
  const message = `stored artifact for digest '${resolved.revision}'`
  const annotations = { 'source.toolkit.fluxcd.io/revision': artifact.revision, 'source.toolkit.fluxcd.io/digest': artifact.digest ?? '' }
  const changed = artifact.digest !== before?.digest
  const events = changed
    ? [{ severity: 'info', reason: 'NewArtifact', message: news, annotations } as const]
    : failedBefore(run)
      ? [{ severity: 'info', reason: 'Succeeded', message, annotations } as const]
      : []
  return ready(message, {
    events,
    change: {
      fields: {
        artifact: { ...artifact } as never,
        url: hands.artifacts.urlOf(`${folderOf(repository)}/latest.tar.gz`),
        observedIgnore: spec.ignore ?? null,
        observedLayerSelector: (spec.layerSelector as never) ?? null,
      },
      conditions: success(message),
    },
  })
}
