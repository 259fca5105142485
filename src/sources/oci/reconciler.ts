import { during, type Outcome, ready, StepError, stalled } from '../../engine/outcome.ts'
import { type ConditionChange, requestOf } from '../../engine/conditions.ts'
import { reconciler, type Run } from '../../engine/reconciler.ts'
import { originRevision, originSource, type Artifact } from '../../kinds/artifact.ts'
import { conditionsOf } from '../../kinds/manifest.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { ParsedReference } from '../../lib/reference.ts'
import type { Access } from '../../world/registry/registry.ts'
import type { Hands } from '../../world/world.ts'
import { progressing, sourceConvention } from '../conditions.ts'
import { newsOf } from '../news.ts'
import { outcomeOf, SourceProblem } from '../problem.ts'
import { accessOf } from './access-reconciler.ts'
import { pull, resolve, type Resolved } from './pull-reconciler.ts'
import { repositoryOf, sameContentConfig } from './ref.ts'
import { artifactIn, checkStorage, ownerOf, store } from './storage-reconciler.ts'
import { bounded, type Source } from './timeout-reconciler.ts'

export type SourceHands = Pick<Hands, 'artifacts' | 'clock' | 'cluster' | 'kernel' | 'registries'>
interface Step {
  readonly hands: SourceHands
  readonly run: Run
}

/** Resolves the reference, pulls what is new, stores it as an artifact. Spec: sources 3.2. */
export const ociRepositories = reconciler(OCIRepository, {
  convention: sourceConvention,
  async reconcile(repository, hands: SourceHands, run) {
    const unsupported = unsupportedProvider(repository)
    if (unsupported) return unsupported
    try {
      await begin(repository, run)
      await checkStorage(repository, { hands, run })
      return await fetched(repository, { hands, run })
    } catch (thrown) {
      run.signal.throwIfAborted()
      if (thrown instanceof StepError) return outcomeOf(thrown)
      throw thrown
    }
  },
  async finalize(repository, { artifacts }) {
    try {
      const removed = await artifacts.remove(ownerOf(repository))
      const message = 'garbage collected artifacts for deleted resource'
      return ready('', removed ? { events: [{ severity: 'trace', reason: 'GarbageCollectionSucceeded', message }] } : {})
    } catch (cause) {
      const message = `garbage collection for deleted resource failed: ${messageOf(cause)}`
      return outcomeOf(new SourceProblem('GarbageCollectionFailed', message, { cause }))
    }
  },
})

/** Without pull secrets a provider is asked to sign in, which this engine cannot; with a service account Flux itself refuses by default. */
function unsupportedProvider({ spec: { provider, secretRef, serviceAccountName } }: OCIRepositoryObject): Outcome | undefined {
  if ((provider ?? 'generic') === 'generic' || secretRef || serviceAccountName) return undefined
  return stalled(
    'Unsupported',
    `spec.provider '${provider}' is not supported by this engine: use a pull secret, or let Flux's controller handle this object`,
  )
}

/** Shows that the pass runs; written at once for a new generation and for a request. Spec: sources 1.4. */
async function begin(repository: OCIRepositoryObject, run: Run): Promise<void> {
  const { metadata, status } = repository
  const [generation, observed] = [metadata.generation ?? 0, status?.observedGeneration ?? -1]
  const message = generation === observed ? 'reconciliation in progress' : `processing object: new generation ${observed} -> ${generation}`
  run.note({
    conditions: [...progressing(conditionsOf(repository), message, { drift: false }), { type: 'StorageOperationFailed', status: 'absent' }],
  })
  if (generation !== observed || (requestOf(repository) ?? '') !== (status?.lastHandledReconcileAt ?? '')) await run.save({})
}

async function fetched(repository: OCIRepositoryObject, { hands, run }: Step): Promise<Outcome> {
  const { spec } = repository
  const access = await accessOf(repository, { hands, run, tell: event => run.emit(event) })
  const target = targetOf(repository)
  const open = (purpose: 'lookup' | 'transfer'): Promise<Source> => opened(repository, { hands, access, purpose })
  const resolved = await resolve(spec, { registry: await open('lookup'), target, signal: run.signal })
  const current = run.current() as OCIRepositoryObject
  const artifact = artifactIn(current)
  if (artifact?.revision === resolved.revision && sameContentConfig(current)) {
    const message = `artifact up-to-date with remote revision: '${resolved.revision}'`
    await run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message })
    return settled(repository, artifact, run)
  }
  await announce(run, resolved, artifact)
  const pulled = await pull(spec, { registry: await open('transfer'), resolved, signal: run.signal })
  return settled(repository, await store(repository, { pulled, resolved }, { hands, run }), run)
}

async function opened(
  { spec }: OCIRepositoryObject,
  { hands: { registries, clock }, access, purpose }: { hands: SourceHands; access: Access; purpose: 'lookup' | 'transfer' },
): Promise<Source> {
  const registry = await during('OCIArtifactPullFailed', registries.open(access, purpose), `failed to pull artifact from '${spec.url}': `)
  return bounded(registry, spec, clock)
}

function targetOf({ spec }: OCIRepositoryObject): ParsedReference {
  try {
    return repositoryOf(spec.url)
  } catch (cause) {
    const message = `URL validation failed for '${spec.url}': ${messageOf(cause)}`
    throw new SourceProblem('URLInvalid', message, { cause, condition: 'FetchFailed', stalls: true })
  }
}

async function announce(run: Run, { revision, printed }: Resolved, artifact: Artifact | undefined): Promise<void> {
  if (artifact?.revision === revision) return
  const news = `new revision '${revision}' for '${printed}'`
  run.progress(news)
  await run.save({
    conditions: [
      ...progressing(conditionsOf(run.current()), `building artifact: ${news}`, { drift: true }),
      ...(artifact ? [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message: news } as const] : []),
    ],
  })
}

const failures = ['FetchFailed', 'StorageOperationFailed']

/** The artifact of the status is that of the spec. Spec: sources 1.6, 3.2. */
function settled(repository: OCIRepositoryObject, artifact: Artifact, run: Run): Outcome {
  const message = `stored artifact for digest '${artifact.revision}'`
  const gone = [...failures, 'ArtifactOutdated', 'SourceVerified'].map((type): ConditionChange => ({ type, status: 'absent' }))
  run.note({ conditions: [...gone, { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message }] })
  const passed = {
    before: { artifact: artifactIn(repository), conditions: conditionsOf(repository) },
    after: { artifact, conditions: conditionsOf(run.current()) },
    failures,
  }
  const event = newsOf(passed, newsText(repository, artifact))
  return ready(message, event ? { events: [event] } : {})
}

function newsText({ spec }: OCIRepositoryObject, { revision, metadata }: Artifact): string {
  const [source, origin] = [metadata?.[originSource], metadata?.[originRevision]]
  const text = `stored artifact with revision '${revision}' from '${spec.url}'`
  return source && origin ? `${text}, origin source '${source}', origin revision '${origin}'` : text
}
