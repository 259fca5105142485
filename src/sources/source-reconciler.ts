import { beginning, type ConditionChange, progressing, requestOf } from '../engine/conditions.ts'
import { type Outcome, ready, StepError } from '../engine/outcome.ts'
import { type Reconciler, reconciler, type Run } from '../engine/reconciler.ts'
import type { Artifact } from '../kinds/artifact.ts'
import type { Kind, ObjectOf } from '../kinds/kind.ts'
import { conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { stringAt } from '../lib/json.ts'
import { messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { sourceConvention } from './conditions.ts'
import { newsOf } from './news.ts'
import { outcomeOf, SourceProblem } from './problem.ts'
import { artifactIn, checkStorage, diskProblem, ownerOf } from './storage-reconciler.ts'

/** What tells one kind of source from another. */
export interface SourceKind<K extends Kind, H> extends Pick<Reconciler<K, H>, 'follows' | 'isStatic' | 'wokenBy'> {
  /** The name beside the stored file that leads to the newest; `undefined` where a kind has none. Spec: sources 1.1. */
  readonly link: string | undefined
  /** Decides before anything is written, such as for an object without a status of its own; `undefined` to go on. */
  first?(object: ObjectOf<K>): Outcome | undefined
  /** Fetches what is new and stores it. A thrown SourceProblem says what became of it; another StepError is a failure to fetch. */
  fetched(object: ObjectOf<K>, step: { readonly hands: H; readonly run: Run }): Promise<Outcome>
}

/** What every source does around its own work: progress, storage, failures, the end of the object. Spec: sources 1.3–1.5. */
export function source<K extends Kind, H extends Pick<Hands, 'artifacts'>>(kind: K, own: SourceKind<K, H>): Reconciler<K, H> {
  return reconciler(kind, {
    convention: sourceConvention,
    holdsLater: true,
    ...(own.isStatic ? { isStatic: own.isStatic.bind(own) } : {}),
    ...(own.follows ? { follows: own.follows } : {}),
    ...(own.wokenBy ? { wokenBy: own.wokenBy.bind(own) } : {}),
    async reconcile(object, hands: H, run) {
      const early = own.first?.(object)
      if (early) return early
      try {
        await begin(object, run)
        await checkStorage(object, { artifacts: hands.artifacts, run, link: own.link })
        return await own.fetched(object, { hands, run })
      } catch (thrown) {
        run.signal.throwIfAborted()
        const problem = thrown instanceof StepError ? thrown : diskProblem(thrown)
        if (problem) return outcomeOf(problem)
        throw thrown
      }
    },
    finalize: (object, { artifacts }) => forgotten(object, artifacts),
  })
}

async function forgotten(object: KubeObject, artifacts: Hands['artifacts']): Promise<Outcome> {
  try {
    const removed = await artifacts.remove(ownerOf(object))
    const message = 'garbage collected artifacts for deleted resource'
    return ready('', removed ? { events: [{ severity: 'trace', reason: 'GarbageCollectionSucceeded', message }] } : {})
  } catch (cause) {
    const message = `garbage collection for deleted resource failed: ${messageOf(cause)}`
    return outcomeOf(new SourceProblem('GarbageCollectionFailed', message, { cause }))
  }
}

/** Shows that the pass runs; for a new generation and for a request. Spec: sources 1.4. */
async function begin(object: KubeObject, run: Run): Promise<void> {
  const { message, isNew } = beginning(object)
  run.note({
    conditions: [...progressing(conditionsOf(object), message, { drift: false }), { type: 'StorageOperationFailed', status: 'absent' }],
  })
  if (isNew || (requestOf(object) ?? '') !== (stringAt(object, 'status', 'lastHandledReconcileAt') ?? '')) await run.show({})
}

/** Tells that something new is upstream; `news` is the reason of ArtifactOutdated. Spec: sources 3.2 step 8. */
export async function announce(
  run: Run,
  message: string,
  { outdated, reason = 'NewRevision' }: { readonly outdated: boolean; readonly reason?: string | undefined },
): Promise<void> {
  run.progress(message)
  await run.show({
    conditions: [
      ...progressing(conditionsOf(run.current()), `building artifact: ${message}`, { drift: true }),
      ...(outdated ? [{ type: 'ArtifactOutdated', status: 'True', reason, message } as const] : []),
    ],
  })
}

const failures = ['FetchFailed', 'StorageOperationFailed', 'IncludeUnavailable', 'BuildFailed']

/** What a pass that ended well says. */
export interface Success {
  /** The reason of ArtifactInStorage; absent: Succeeded. */
  readonly reason?: string | undefined
  /** The message of ArtifactInStorage, and so of Ready. */
  readonly message: string
  /** The message of the event of a new artifact. */
  readonly news: string
  /** The reason of that event, where a kind has its own. */
  readonly newsReason?: string | undefined
}

/** The artifact of the status is that of the spec: failures go, and new bytes or the end of a failure make an event. Spec: sources 1.5, 1.6. */
export function settled(object: KubeObject, artifact: Artifact, { run, success }: { run: Run; success: Success }): Outcome {
  const { reason = 'Succeeded', message, news } = success
  const gone = [...failures, 'ArtifactOutdated'].map((type): ConditionChange => ({ type, status: 'absent' }))
  run.note({ conditions: [...gone, { type: 'ArtifactInStorage', status: 'True', reason, message }] })
  const passed = {
    before: { artifact: artifactIn(object), conditions: conditionsOf(object) },
    after: { artifact, conditions: conditionsOf(run.current()) },
    failures,
  }
  const event = newsOf(passed, news)
  const events = event ? [{ ...event, reason: success.newsReason ?? event.reason }] : undefined
  return ready(message, events ? { events } : {})
}
