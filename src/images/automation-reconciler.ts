import { timestamp } from '../engine/conditions.ts'
import { secretOf } from '../engine/nearby.ts'
import { type Outcome, ready, stalled, StepError } from '../engine/outcome.ts'
import { type Reconciler, reconciler, type Run } from '../engine/reconciler.ts'
import { asksForRun } from '../engine/triggers.ts'
import { GitRepository, type GitRepositoryObject } from '../kinds/git-repository.ts'
import { ImagePolicy, type ImagePolicyObject } from '../kinds/image-policy.ts'
import { ImageUpdateAutomation, type ImageUpdateAutomationObject } from '../kinds/image-update-automation.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { secretData } from '../kinds/secret.ts'
import { messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Checkout, GitRemote } from '../world/git/git.ts'
import type { Hands } from '../world/world.ts'
import { automationConvention, begunOrAsked } from './automation-conditions.ts'
import { type Signer, signerOf } from './automation-signing.ts'
import { choicesChanged, choicesIn, type GitPlan, gitPlan, newsOf, observedOf, type Pushed, readyText, selectorText } from './automation.ts'
import { isReady } from './conditions.ts'
import { printImage } from './latest.ts'
import { type ChosenImage, settersOf } from './setters.ts'
import { messageData, type Update, updated } from './update.ts'

export type AutomationHands = Pick<Hands, 'auth' | 'clock' | 'cluster' | 'git' | 'kernel'>

/** How a GitRepository is reached and checked out: what its own reconciler does. */
export interface Sources {
  remoteOf(repository: GitRepositoryObject, step: { readonly hands: AutomationHands; readonly run: Run }): Promise<GitRemote>
  /** Without a checkout when what is there is `known`. */
  checkedOut(
    spec: GitRepositoryObject['spec'],
    step: { readonly hands: AutomationHands; readonly remote: GitRemote; readonly run: Run; readonly known: string | undefined },
  ): Promise<{ readonly revision: string; readonly checkout: Checkout | undefined }>
}

interface Step {
  readonly sources: Sources
  readonly hands: AutomationHands
  readonly run: Run
}

/** Writes the images that policies have chosen into a Git repository, and pushes. Spec: images A.3. */
export function imageUpdateAutomations(sources: Sources): Reconciler<typeof ImageUpdateAutomation, AutomationHands> {
  return reconciler(ImageUpdateAutomation, {
    convention: automationConvention,
    follows: [GitRepository, ImagePolicy],
    wokenBy: (change, all) => wokenBy(change, all as readonly ImageUpdateAutomationObject[]),
    reconcile: (automation, hands: AutomationHands, run) => pass(automation, { sources, hands, run }),
    finalize: async () => ready(''),
  })
}

/** A policy that has chosen something else wakes all of its namespace, a GitRepository with another spec those that name it. Spec: images A.3.4. */
function wokenBy(
  { before, after }: { before: KubeObject | undefined; after: KubeObject },
  all: readonly ImageUpdateAutomationObject[],
): readonly ImageUpdateAutomationObject[] {
  if (after.kind === ImagePolicy.kind) {
    const [was, is] = [before, after].map(object => (object as ImagePolicyObject | undefined)?.status?.latestRef)
    if (!is || (was && printImage(was) === printImage(is))) return []
    return all.filter(({ metadata }) => metadata.namespace === after.metadata.namespace)
  }
  if (!before || !asksForRun(before, after)) return []
  return all.filter(automation => {
    const { name, namespace } = repositoryRef(automation)
    return name === after.metadata.name && namespace === after.metadata.namespace
  })
}

function repositoryRef({ metadata, spec }: ImageUpdateAutomationObject): ObjectRef {
  const { name, namespace } = spec.sourceRef
  return { group: 'source.toolkit.fluxcd.io', kind: 'GitRepository', name, namespace: namespace || metadata.namespace }
}

async function pass(automation: ImageUpdateAutomationObject, step: Step): Promise<Outcome> {
  const { hands, run } = step
  const { conditions, isNew } = begunOrAsked(automation)
  run.note({ fields: { lastAutomationRunTime: timestamp(hands.clock.now()) }, conditions })
  if (isNew) await run.show({})
  const choices = await choicesFor(automation, step)
  if ('is' in choices) return choices
  const source = await sourceFor(automation, step)
  if ('is' in source) return source
  const { status, spec } = automation
  const full = choicesChanged(status?.observedPolicies, observedOf(choices)) || source.plan.switches || Boolean(spec.git?.push?.refspec)
  const known = full ? undefined : status?.observedSourceRevision || undefined
  const { revision, checkout } = await checkedOut(source, known, step)
  if (!checkout) return done(automation, { synced: false })
  try {
    return await synced(automation, { choices, source, revision, checkout }, step)
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
  const policies: ImagePolicyObject[] = []
  for await (const policy of cluster.listAll(query, run.signal)) policies.push(policy as ImagePolicyObject)
  return choicesIn(policies)
}

interface Source {
  readonly repository: GitRepositoryObject
  readonly plan: GitPlan
  readonly remote: GitRemote
  readonly signer: Signer | undefined
}

const managerFailed = 'SourceManagerFailed'
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
    const remote = await sources.remoteOf(repository, { hands, run })
    return { repository, plan, remote, signer: await signerFor(automation, step) }
  } catch (thrown) {
    run.signal.throwIfAborted()
    const message = messageOf(thrown)
    if (thrown instanceof StepError && thrown.code === 'InvalidProviderConfiguration')
      return stalled(invalidSource, `${message}: invalid source configuration`)
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
    throw new StepError('GitOperationFailed', `failed to checkout source: ${messageOf(cause)}`, { cause: thrown })
  }
}

interface Work {
  readonly choices: readonly ChosenImage[]
  readonly source: Source
  /** What was checked out. */
  readonly revision: string
  readonly checkout: Checkout
}

async function synced(automation: ImageUpdateAutomationObject, work: Work, step: Step): Promise<Outcome> {
  const { run } = step
  const { base, seen, close } = await baseOf(work, step)
  try {
    const update = await updateOf(automation, { choices: work.choices, checkout: base }, run)
    const observed: JsonObject = { observedPolicies: observedOf(work.choices), observedSourceRevision: work.revision }
    if (update.files.size === 0) return done(automation, { synced: true, fields: observed })
    const pushed = await pushedUpdate(automation, { update, base, seen, source: work.source }, step)
    if (!pushed) return done(automation, { synced: true, fields: observed })
    const own = work.source.plan.switches ? {} : { observedSourceRevision: `${pushed.branch}@sha1:${pushed.hash}` }
    const last = { lastPushCommit: pushed.hash, lastPushTime: timestamp(step.hands.clock.now()) }
    return done(automation, { synced: true, pushed, fields: { ...observed, ...own, ...last } })
  } finally {
    await close()
  }
}

interface Base {
  readonly base: Checkout
  /** Where the branch to push to was; `undefined` when it was not there. */
  readonly seen: string | undefined
  close(): Promise<void>
}

/** What is committed onto: another branch to push to as it is, where it is there already. Spec: images A.3.4. */
async function baseOf({ source: { plan, remote }, checkout }: Work, { hands, run }: Step): Promise<Base> {
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
    throw new StepError('GitOperationFailed', `failed to checkout source: ${messageOf(cause)}`, { cause })
  }
}

async function updateOf(
  { spec }: ImageUpdateAutomationObject,
  { choices, checkout }: { choices: readonly ChosenImage[]; checkout: Checkout },
  run: Run,
): Promise<Update> {
  try {
    return await updated(checkout.tree, spec.update.path ?? '', settersOf(choices))
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('UpdateFailed', `failed to apply policies: ${messageOf(cause)}`, { cause })
  }
}

const usualMessage = 'Update from image update automation'

async function pushedUpdate(
  { metadata, spec: { git } }: ImageUpdateAutomationObject,
  { update, base, seen, source }: { update: Update; base: Checkout; seen: string | undefined; source: Source },
  { hands, run }: Step,
): Promise<Pushed | undefined> {
  if (!git) return undefined
  const { plan, signer } = source
  const { author, messageTemplate, messageTemplateValues: values = {} } = git.commit
  const { refspec, options } = git.push ?? {}
  try {
    const automation = { namespace: metadata.namespace ?? '', name: metadata.name }
    const template = messageTemplate || usualMessage
    const message = await hands.kernel.commitMessage({ template, automation, ...messageData(update.changes), values }, run.signal)
    const push = {
      files: update.files,
      author: { name: author.name ?? '', email: author.email },
      message,
      at: hands.clock.now(),
      signer,
      branch: plan.branch,
      refspec,
      options,
      ...(plan.switches ? { lease: { seen } } : {}),
    }
    const deadline = { clock: hands.clock, ms: plan.timeoutMs, what: 'pushing', signal: run.signal }
    const hash = await withDeadline(deadline, signal => base.push(push, signal))
    return hash === undefined ? undefined : { hash, branch: plan.branch, refspecs: refspec ? [refspec] : [], message }
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('GitOperationFailed', `failed to update source: ${messageOf(cause)}`, { cause })
  }
}

function done(
  automation: ImageUpdateAutomationObject,
  { synced: isSynced, pushed, fields }: { synced: boolean; pushed?: Pushed; fields?: JsonObject },
): Outcome {
  const event = newsOf({ wasReady: isReady(automation), pushed, synced: isSynced })
  return ready(readyText, { events: [event], ...(fields ? { change: { fields } } : {}) })
}
