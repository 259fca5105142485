import { secretOf } from '../engine/nearby.ts'
import { during, type Outcome, stalled, StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { GitRepositoryObject } from '../kinds/git-repository.ts'
import type { ImagePolicyObject } from '../kinds/image-policy.ts'
import { ImageUpdateAutomation, type ImageUpdateAutomationObject } from '../kinds/image-update-automation.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { secretData } from '../kinds/secret.ts'
import { messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { Checkout, GitRemote, Push } from '../world/git/git.ts'
import type { Hands } from '../world/world.ts'
import { type Signer, signerOf } from './automation-signing.ts'
import { choicesChanged, choicesIn, type GitPlan, gitPlan, observedOf, selectorText } from './automation.ts'
import { type ChosenImage, settersOf } from './setters.ts'
import { messageData, type Update, updated } from './update.ts'

export type AutomationHands = Pick<Hands, 'auth' | 'clock' | 'cluster' | 'git' | 'kernel'>

/** How a GitRepository is reached and checked out: what its own reconciler does. */
export interface Sources {
  remoteOf(
    repository: GitRepositoryObject,
    step: { readonly hands: AutomationHands; readonly run: Looking; readonly automation: ImageUpdateAutomationObject },
  ): Promise<GitRemote>
  /** Without a checkout when what is there is `known`. */
  checkedOut(
    spec: GitRepositoryObject['spec'],
    step: { readonly hands: AutomationHands; readonly remote: GitRemote; readonly run: Looking; readonly known: string | undefined },
  ): Promise<{ readonly revision: string; readonly checkout: Checkout | undefined }>
}

/** A pass, or a look at what one would do. */
export type Looking = Pick<Run, 'signal' | 'settings'>
export interface Step<R extends Looking = Looking> {
  readonly sources: Sources
  readonly hands: AutomationHands
  readonly run: R
}

/** The GitRepository of an automation. */
export function repositoryRef({ metadata, spec }: ImageUpdateAutomationObject): ObjectRef {
  const { name, namespace } = spec.sourceRef
  return { group: 'source.toolkit.fluxcd.io', kind: 'GitRepository', name, namespace: namespace || metadata.namespace }
}

/** What an automation has to do. */
export interface Work {
  readonly choices: readonly ChosenImage[]
  readonly source: Source
  /** What was checked out. */
  readonly revision: string
  /** What is committed onto. */
  readonly base: Checkout
  /** Where the branch to push to was; `undefined` when it was not there. */
  readonly seen: string | undefined
  readonly update: Update
}

/**
 * Finds what an automation has to do, for as long as `use` takes; `undefined` where nothing has changed since the last run.
 * Or answers how the pass ends before. Spec: images A.3.3.
 */
export async function working<T>(
  automation: ImageUpdateAutomationObject,
  step: Step,
  use: (work: Work | undefined) => Promise<T>,
): Promise<T | Outcome> {
  const choices = await choicesFor(automation, step)
  if ('is' in choices) return choices
  const source = await sourceFor(automation, step)
  if ('is' in source) return source
  const { status, spec } = automation
  const full = choicesChanged(status?.observedPolicies, observedOf(choices)) || source.plan.switches || Boolean(spec.git?.push?.refspec)
  const known = full ? undefined : status?.observedSourceRevision || undefined
  const { revision, checkout } = await checkedOut(source, known, step)
  if (!checkout) return use(undefined)
  try {
    const { base, seen, close } = await baseOf({ source, checkout }, step)
    try {
      return await use({ choices, source, revision, base, seen, update: await updateOf(automation, { choices, checkout: base }, step.run) })
    } finally {
      await close()
    }
  } finally {
    await checkout.close()
  }
}

async function choicesFor(
  { metadata, spec }: ImageUpdateAutomationObject,
  { hands: { cluster }, run }: Step,
): Promise<readonly ChosenImage[] | Outcome> {
  let labelSelector: string | undefined
  try {
    labelSelector = selectorText(spec.policySelector)
  } catch (thrown) {
    return stalled('InvalidPolicySelector', messageOf(thrown))
  }
  const query = {
    group: ImageUpdateAutomation.group,
    kind: 'ImagePolicy',
    namespace: metadata.namespace,
    ...(labelSelector ? { labelSelector } : {}),
  }
  return choicesIn(await during('Failed', listed(cluster.listAll(query, run.signal)), 'failed to list policies: '))
}

async function listed(found: AsyncIterable<KubeObject>): Promise<ImagePolicyObject[]> {
  const policies: ImagePolicyObject[] = []
  for await (const policy of found) policies.push(policy as ImagePolicyObject)
  return policies
}

/** How the repository is reached, and where it goes. */
export interface Source {
  readonly git: NonNullable<ImageUpdateAutomationObject['spec']['git']>
  readonly repository: GitRepositoryObject
  readonly plan: GitPlan
  readonly remote: GitRemote
  readonly signer: Signer | undefined
}

const managerFailed = 'SourceManagerFailed'
const gitFailed = 'GitOperationFailed'
const invalidSource = 'InvalidSourceConfiguration'

/** How the repository is reached, or why it is not. Spec: images A.3.3 step 2. */
async function sourceFor(automation: ImageUpdateAutomationObject, step: Step): Promise<Source | Outcome> {
  const { hands, run, sources } = step
  const { spec, metadata } = automation
  if (!spec.git) return stalled(invalidSource, `source kind 'GitRepository' necessitates field .spec.git: invalid source configuration`)
  const ref = repositoryRef(automation)
  if (run.settings.noCrossNamespaceRefs && ref.namespace !== metadata.namespace)
    return stalled(
      'AccessDenied',
      `can't access 'GitRepository/${ref.namespace ?? ''}/${ref.name}', cross-namespace references have been blocked`,
    )
  try {
    const repository = (await hands.cluster.get(ref, run.signal)) as GitRepositoryObject | undefined
    if (!repository)
      throw new Error(`referenced git repository does not exist: GitRepository.${ref.group} ${JSON.stringify(ref.name)} not found`)
    const plan = gitPlan(spec.git, repository.spec)
    const remote = await sources.remoteOf(repository, { hands, run, automation })
    return { git: spec.git, repository, plan, remote, signer: await signerFor(automation, step) }
  } catch (thrown) {
    run.signal.throwIfAborted()
    const message = messageOf(thrown)
    if (thrown instanceof StepError && thrown.code === 'InvalidProviderConfiguration')
      return stalled(invalidSource, `${message}: invalid source configuration`)
    if (thrown instanceof StepError && thrown.code === gitFailed) throw thrown
    if (thrown instanceof StepError && thrown.code === 'FeatureGateDisabled') return stalled(thrown.code, message)
    throw new StepError(managerFailed, `failed configuring source manager: ${message}`, { cause: thrown })
  }
}

async function signerFor({ metadata, spec }: ImageUpdateAutomationObject, { hands, run }: Step): Promise<Signer | undefined> {
  const wanted = spec.git?.commit.signingKey
  if (!wanted) return undefined
  const { name } = wanted.secretRef
  const secret = await secretOf(name, { namespace: metadata.namespace, cluster: hands.cluster, signal: run.signal }).catch(
    (cause: unknown) => {
      throw new Error(`could not find signing key secret '${name}': ${messageOf(cause)}`, { cause })
    },
  )
  return signerOf(wanted.type, { name, data: secretData(secret), now: () => hands.clock.now() })
}

async function checkedOut(
  { repository, plan, remote }: Source,
  known: string | undefined,
  { sources, hands, run }: Step,
): Promise<Awaited<ReturnType<Sources['checkedOut']>>> {
  const { url, interval, timeout } = repository.spec
  const spec = { url, interval, timeout, ...(plan.ref ? { ref: plan.ref } : {}) } as GitRepositoryObject['spec']
  try {
    return await sources.checkedOut(spec, { hands, remote, run, known })
  } catch (thrown) {
    run.signal.throwIfAborted()
    const cause = thrown instanceof StepError && thrown.cause !== undefined ? thrown.cause : thrown
    throw new StepError(gitFailed, `failed to checkout source: ${messageOf(cause)}`, { cause: thrown })
  }
}

interface Base {
  readonly base: Checkout
  /** Where the branch to push to was; `undefined` when it was not there. */
  readonly seen: string | undefined
  close(): Promise<void>
}

/** What is committed onto: another branch to push to as it is, where it is there already. Spec: images A.3.4. */
async function baseOf({ source: { plan, remote }, checkout }: { source: Source; checkout: Checkout }, { hands, run }: Step): Promise<Base> {
  const own = { base: checkout, seen: undefined, close: async () => {} }
  if (!plan.switches) return own
  const ref = `refs/heads/${plan.branch}`
  const deadline = { clock: hands.clock, ms: plan.timeoutMs, what: 'checking out', signal: run.signal }
  try {
    return await withDeadline(deadline, async signal => {
      if (!(await hands.git.refs(remote, signal)).has(ref)) return own
      const base = await hands.git.checkout(remote, { ref }, signal)
      return { base, seen: base.commit.hash, close: () => base.close() }
    })
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError(gitFailed, `failed to checkout source: ${messageOf(cause)}`, { cause })
  }
}

async function updateOf(
  { spec }: ImageUpdateAutomationObject,
  { choices, checkout }: { choices: readonly ChosenImage[]; checkout: Checkout },
  run: Looking,
): Promise<Update> {
  try {
    return await updated(checkout.tree, spec.update.path ?? '', settersOf(choices))
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('UpdateFailed', `failed to apply policies: ${messageOf(cause)}`, { cause })
  }
}

const usualMessage = 'Update from image update automation'

/** The commit of an update. @throws {StepError} GitOperationFailed for a template that cannot be filled. Spec: images A.3.5. */
export async function commitOf(
  { metadata }: ImageUpdateAutomationObject,
  { update, seen, source: { git, plan, signer } }: Work,
  { hands, run }: Step,
): Promise<Push> {
  const { author, messageTemplate, messageTemplateValues: values = {} } = git.commit
  const { refspec, options } = git.push ?? {}
  const automation = { namespace: metadata.namespace ?? '', name: metadata.name }
  const filled = { template: messageTemplate || usualMessage, automation, ...messageData(update.changes), values }
  return {
    files: update.files,
    author: { name: author.name ?? '', email: author.email },
    message: await updating(run, hands.kernel.commitMessage(filled, run.signal)),
    at: hands.clock.now(),
    signer,
    branch: plan.branch,
    refspec,
    options,
    ...(plan.switches ? { lease: { seen } } : {}),
  }
}

/** Awaits what commits or pushes. @throws {StepError} GitOperationFailed. */
export async function updating<T>(run: Looking, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError(gitFailed, `failed to update source: ${messageOf(cause)}`, { cause })
  }
}
