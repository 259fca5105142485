import { during, failed, type Outcome, ready, stalled, StepError, waiting } from '../engine/outcome.ts'
import { type Followed, reconciler, type Run } from '../engine/reconciler.ts'
import { ImagePolicy, type ImagePolicyObject, type ImageRef } from '../kinds/image-policy.ts'
import { ImageRepository, type ImageRepositoryObject } from '../kinds/image-repository.ts'
import { conditionOf, type KubeObject, type ObjectRef, splitApiVersion } from '../kinds/manifest.ts'
import { messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import { durationMs } from '../lib/duration.ts'
import type { JsonObject } from '../lib/json.ts'
import { printReference } from '../lib/reference.ts'
import type { Hands } from '../world/world.ts'
import { accessOf, gateProblem, timeoutOf } from './access-reconciler.ts'
import { blocked, denied } from './access.ts'
import { begun, eventOf, imageConvention, isReady } from './conditions.ts'
import { ImageError, repositoryOf } from './image.ts'
import { digestStep, keptRef, printImage, readyMessage, refsAfter, refsIn } from './latest.ts'
import { type Chosen, chosen, PolicyError, policerOf } from './policy.ts'
import { ownerOf, type RepositoryHands, targetOf } from './repository-reconciler.ts'

export type PolicyHands = RepositoryHands
interface Step {
  readonly hands: PolicyHands
  readonly run: Run
}

/** Chooses one of the tags that an ImageRepository has found, and looks its digest up where it is told to. Spec: image-helm-notification A.2. */
export const imagePolicies = reconciler(ImagePolicy, {
  convention: imageConvention,
  follows: [ImageRepository],
  wokenBy,
  async reconcile(policy, hands: PolicyHands, run) {
    run.note({ fields: takenOver(policy) })
    const { digestReflectionPolicy, interval } = policy.spec
    if (digestReflectionPolicy === 'Always' && interval === undefined)
      return stalled('IntervalNotConfigured', "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'")
    const { conditions, isNew } = begun(policy)
    run.note({ conditions })
    if (isNew) await run.show({})
    const repository = await repositoryFor(policy, { hands, run })
    const target = targetOf(repository.spec.image)
    if (target instanceof ImageError) return stalled('ImageURLInvalid', target.message)
    const gate = gateProblem(repository, run, ' in the ImageRepository')
    if (gate !== undefined) return stalled('FeatureGateDisabled', gate)
    const choice = await choiceOf(policy, repository, { hands, run })
    if ('is' in choice) return choice
    const image = { name: repository.spec.image, tag: choice.tag }
    const digest = await during(
      'Failed',
      digestOf(policy, { repository, image }, { hands, run }),
      `failed fetching digest of ${printImage(image)}: `,
    )
    return settled(policy, digest ? { ...image, digest } : image)
  },
  finalize: async () => ready(''),
})

/** The policies of a repository that is ready as it is now, or that is no more. Spec: image-helm-notification A.2.3, "Triggers". */
function wokenBy({ after, gone }: Followed, all: readonly KubeObject[]): KubeObject[] {
  const current = conditionOf(after, 'Ready')?.observedGeneration === after.metadata.generation
  if (!gone && !(current && isReady(after))) return []
  return all.filter(policy => {
    const { name, namespace } = placeOf(policy as ImagePolicyObject)
    return name === after.metadata.name && namespace === after.metadata.namespace
  })
}

function placeOf({ metadata, spec }: ImagePolicyObject): { from: string; namespace: string; name: string } {
  const { name, namespace } = spec.imageRepositoryRef
  const from = metadata.namespace ?? ''
  return { from, namespace: namespace || from, name }
}

/** The ImageRepository of a policy, if that may use it. @throws {StepError} AccessDenied, DependencyNotReady, Failure. */
export async function repositoryFor(
  policy: ImagePolicyObject,
  { hands: { cluster }, run }: { hands: Pick<Hands, 'cluster'>; run: Pick<Run, 'settings' | 'signal'> },
): Promise<ImageRepositoryObject> {
  const refused = (reason: string, why: string): StepError => new StepError(reason, `failed to get the referred ImageRepository: ${why}`)
  const place = placeOf(policy)
  const barred = blocked(place, run.settings.noCrossNamespaceRefs)
  if (barred !== undefined) throw refused('AccessDenied', barred)
  const { group } = ImagePolicy
  const read = (reason: string, ref: ObjectRef, what = ''): Promise<KubeObject | undefined> =>
    during(reason, cluster.get(ref, run.signal), `failed to get the referred ImageRepository: ${what}`)
  const found = await read('Failure', { group, kind: 'ImageRepository', namespace: place.namespace, name: place.name })
  if (!found)
    throw refused(
      'DependencyNotReady',
      `referenced ImageRepository does not exist: ImageRepository.${group} ${JSON.stringify(place.name)} not found`,
    )
  const repository = found as ImageRepositoryObject
  const { accessFrom } = repository.spec
  const asks = accessFrom !== undefined && place.from !== place.namespace
  const own = asks
    ? await read('AccessDenied', { group: '', version: 'v1', kind: 'Namespace', name: place.from }, 'access denied: ')
    : undefined
  const why = denied(place, accessFrom, own?.metadata.labels ?? {})
  if (why !== undefined) throw refused('AccessDenied', why)
  return repository
}

/** The tag that a policy chooses, or how the pass ends without one. */
async function choiceOf(
  policy: ImagePolicyObject,
  repository: ImageRepositoryObject,
  { hands: { cluster, tags }, run }: Step,
): Promise<Chosen | Outcome> {
  const { spec } = policy
  try {
    const policer = policerOf(spec.policy)
    const owner = ownerOf(repository, cluster.server)
    const found = await during(
      'Failure',
      tags.read(owner, repository.status?.canonicalImageName ?? ''),
      'failed to read tags from database: ',
    )
    if (found.length === 0) return waiting('DependencyNotReady', 'no tags in database', { retryMs: 0, events: [missing] })
    return await chosen(policer, spec.filterTags, found)
  } catch (thrown) {
    run.signal.throwIfAborted()
    if (!(thrown instanceof PolicyError)) throw thrown
    if (thrown.code === 'INVALID_POLICY') return stalled('InvalidPolicy', thrown.message)
    return failed('Failure', thrown.message, { events: [{ severity: 'error', message: thrown.message }] })
  }
}

const missing = { severity: 'error', reason: 'DependencyNotReady', message: 'no tags in database' } as const

/** The digest of the chosen image where the spec asks for it; `undefined` where it does not. Throws Flux's texts. */
async function digestOf(
  policy: ImagePolicyObject,
  { repository, image }: { repository: ImageRepositoryObject; image: ImageRef },
  { hands, run }: Step,
): Promise<string | undefined> {
  const known = refsIn(policy).latest
  const step = digestStep(policy.spec.digestReflectionPolicy ?? 'Never', known, image)
  if (step !== 'fetch') return step === 'keep' ? known?.digest : undefined
  const access = await accessOf(repository, { hands, run, asker: policy })
  const registry = await hands.registries.open(access, 'lookup')
  const ref = { ...repositoryOf(image.name), tag: image.tag }
  const deadline = { clock: hands.clock, ms: timeoutOf(repository), what: 'looking it up', signal: run.signal }
  try {
    return (await withDeadline(deadline, signal => registry.lookUp(ref, signal))).digest
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new Error(`failed fetching descriptor for ${JSON.stringify(printReference(ref))}: ${messageOf(cause)}`, { cause })
  }
}

function settled(policy: ImagePolicyObject, image: ImageRef): Outcome {
  const { latest, previous } = refsAfter(refsIn(policy), image)
  const message = readyMessage(latest, previous)
  const fields: JsonObject = {
    latestRef: keptRef(latest),
    ...(previous ? { observedPreviousRef: keptRef(previous) } : {}),
    ...(hasTexts(policy) ? textsOf(latest, previous) : {}),
  }
  const { interval, digestReflectionPolicy } = policy.spec
  const requeueMs = digestReflectionPolicy === 'Always' && interval !== undefined ? durationMs(interval) : undefined
  return ready(message, { change: { fields }, events: [eventOf(policy, message, message)], requeueMs })
}

/** Refs of the texts that an older controller wrote, whatever becomes of the pass. Spec: image-helm-notification A.2.2. */
function takenOver({ status = {} }: ImagePolicyObject): JsonObject {
  const { latest, previous } = refsIn({ status })
  return {
    ...(latest && !status.latestRef ? { latestRef: keptRef(latest) } : {}),
    ...(previous && !status.observedPreviousRef ? { observedPreviousRef: keptRef(previous) } : {}),
  }
}

/** The versions before v1 have the images as texts, too. */
function hasTexts({ apiVersion }: KubeObject): boolean {
  return splitApiVersion(apiVersion).version.startsWith('v1beta')
}

function textsOf(latest: ImageRef, previous: ImageRef | undefined): JsonObject {
  const text = ({ name, tag }: ImageRef): string => `${name}:${tag}`
  return { latestImage: text(latest), ...(previous ? { observedPreviousImage: text(previous) } : {}) }
}
