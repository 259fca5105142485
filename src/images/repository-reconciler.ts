import { progressing, requestOf, timestamp } from '../engine/conditions.ts'
import { during, type Outcome, ready, stalled } from '../engine/outcome.ts'
import { reconciler, type Run } from '../engine/reconciler.ts'
import { ImageRepository, type ImageRepositoryObject } from '../kinds/image-repository.ts'
import { conditionOf, conditionsOf, type KubeObject } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import { durationMs, formatDuration } from '../lib/duration.ts'
import type { JsonObject } from '../lib/json.ts'
import type { ParsedReference } from '../lib/reference.ts'
import type { TagOwner } from '../world/tags/tags.ts'
import type { Hands } from '../world/world.ts'
import { type AccessHands, accessOf, gateProblem, timeoutOf } from './access-reconciler.ts'
import { begun, eventOf, imageConvention } from './conditions.ts'
import { canonicalName, ImageError, repositoryOf } from './image.ts'
import { type Decision, scanDecision } from './scan.ts'
import { exclusionsOf, latestTags, withoutExcluded } from './tags.ts'

export type RepositoryHands = AccessHands & Pick<Hands, 'registries' | 'tags'>
interface Step {
  readonly hands: RepositoryHands
  readonly run: Run
}

/** Reads the tags of an image when it is time, and keeps those that are not excluded. Spec: image-helm-notification A.1. */
export const imageRepositories = reconciler(ImageRepository, {
  convention: imageConvention,
  async reconcile(repository, hands: RepositoryHands, run) {
    const gate = gateProblem(repository, run, '')
    if (gate !== undefined) return stalled('FeatureGateDisabled', gate)
    await begin(repository, run)
    const target = targetOf(repository.spec.image)
    if (target instanceof ImageError) return stalled('ImageURLInvalid', target.message)
    const access = await during('AuthenticationFailed', accessOf(repository, { hands, run, asker: repository }))
    const decision = await during('Failure', decided(repository, target, { hands, run }), "failed to determine if it's scan time: ")
    const result = decision.scan && (await scanned(repository, { target, access, decision }, { hands, run }))
    return settled(repository, { target, decision, result })
  },
  async finalize(repository, { cluster, tags }: RepositoryHands) {
    // What stays is overwritten by a namesake: no reason to hold a deletion up.
    await tags.remove(ownerOf(repository, cluster.server)).catch(() => false)
    return ready('')
  },
})

/** Whose tags an ImageRepository's are. @param cluster The server of its cluster. */
export function ownerOf({ metadata }: Pick<KubeObject, 'metadata'>, cluster: string): TagOwner {
  return { cluster, namespace: metadata.namespace ?? '', name: metadata.name }
}

async function begin(repository: ImageRepositoryObject, run: Run): Promise<void> {
  const { conditions, isNew } = begun(repository)
  run.note({ conditions })
  if (isNew || (requestOf(repository) ?? '') !== (repository.status?.lastHandledReconcileAt ?? '')) await run.show({})
}

/** The repository to scan, or why it is none. */
export function targetOf(image: string): ParsedReference | ImageError {
  try {
    return repositoryOf(image)
  } catch (thrown) {
    if (thrown instanceof ImageError) return thrown
    throw thrown
  }
}

function decided(
  repository: ImageRepositoryObject,
  target: ParsedReference,
  { hands: { clock, cluster, tags }, run }: Step,
): Promise<Decision> {
  const { spec, status } = repository
  const { lastScanResult: last, canonicalImageName: scannedImage } = status ?? {}
  const failed = conditionOf(repository, 'Ready')?.reason === 'ReadOperationFailed'
  run.signal.throwIfAborted()
  return scanDecision(
    {
      intervalMs: durationMs(spec.interval),
      lastScan: last && { at: last.scanTime === undefined ? undefined : Date.parse(last.scanTime) },
      request: requestOf(repository),
      // A request whose scan failed is answered, and still to be done.
      handledRequest: failed ? undefined : status?.lastHandledReconcileAt,
      image: canonicalName(target),
      scannedImage,
      exclusions: exclusionsOf(spec.exclusionList),
      observedExclusions: status?.observedExclusionList ?? [],
      now: clock.now(),
    },
    async () => (await tags.read(ownerOf(repository, cluster.server), scannedImage ?? '')).length > 0,
  )
}

interface Scan {
  readonly target: ParsedReference
  readonly access: Parameters<Hands['registries']['open']>[0]
  readonly decision: Decision
}
interface Result {
  readonly tagCount: number
  readonly scanTime: string
  readonly latestTags?: string[]
}

/** @throws {StepError} ReadOperationFailed; then the tags of before stay. */
async function scanned(repository: ImageRepositoryObject, scan: Scan, step: Step): Promise<Result> {
  const { run } = step
  const drift = scan.decision.scan === 'no tags in database'
  const message = `scanning: ${scan.decision.scan ?? ''}`
  run.progress(message)
  await run.show({ conditions: progressing(conditionsOf(run.current()), message, { drift }) })
  return during('ReadOperationFailed', scanOf(repository, scan, step), 'scan failed: ')
}

async function scanOf(repository: ImageRepositoryObject, { target, access }: Scan, { hands, run }: Step): Promise<Result> {
  const { clock, cluster, registries, tags } = hands
  const registry = await registries.open(access, 'lookup')
  const kept = await tagsOf(repository, { target, registry, clock, signal: run.signal })
  const image = canonicalName(target)
  await tags.write(ownerOf(repository, cluster.server), image, kept).catch((cause: unknown) => {
    if (!(cause instanceof CodedError)) throw cause
    throw new Error(`failed to set tags for ${JSON.stringify(image)}: ${messageOf(cause)}`, { cause })
  })
  const shown = latestTags(kept)
  return { tagCount: kept.length, scanTime: timestamp(clock.now()), ...(shown.length > 0 ? { latestTags: shown } : {}) }
}

/** The tags that a registry has now, without those that are left out. @throws {RegistryError} and {RegexError}, with Flux's text. */
export async function tagsOf(
  repository: ImageRepositoryObject,
  { target, registry, clock, signal }: { target: ParsedReference; registry: Lists; clock: Hands['clock']; signal: AbortSignal },
): Promise<string[]> {
  const deadline = { clock, ms: timeoutOf(repository), what: 'listing tags', signal }
  const all = await withDeadline(deadline, async bound => {
    const found: string[] = []
    for await (const tag of registry.listTags(target, bound)) found.push(tag)
    return found
  })
  return withoutExcluded(all, exclusionsOf(repository.spec.exclusionList))
}
type Lists = Pick<Awaited<ReturnType<Hands['registries']['open']>>, 'listTags'>

function settled(
  repository: ImageRepositoryObject,
  { target, decision, result }: { target: ParsedReference; decision: Decision; result: Result | undefined },
): Outcome {
  const before = repository.status?.lastScanResult?.tagCount
  const count = result?.tagCount ?? before ?? 0
  const message = `successful scan: found ${count} tags`
  const what = !result
    ? 'no change in repository configuration since last scan'
    : before === count
      ? 'no new tags found'
      : 'successful scan'
  const fields: JsonObject = {
    canonicalImageName: canonicalName(target),
    observedExclusionList: [...exclusionsOf(repository.spec.exclusionList)],
    ...(result ? { lastScanResult: { ...result } } : {}),
  }
  return ready(message, {
    change: { fields },
    events: [eventOf(repository, message, `${what}, next scan in ${formatDuration(decision.nextMs)}`)],
    requeueMs: decision.nextMs,
  })
}
