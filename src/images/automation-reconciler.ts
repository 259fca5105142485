import { timestamp } from '../engine/conditions.ts'
import { type Outcome, ready } from '../engine/outcome.ts'
import { type Reconciler, reconciler, type Run } from '../engine/reconciler.ts'
import { GitRepository } from '../kinds/git-repository.ts'
import { ImagePolicy, type ImagePolicyObject } from '../kinds/image-policy.ts'
import { ImageUpdateAutomation, type ImageUpdateAutomationObject } from '../kinds/image-update-automation.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { JsonObject } from '../lib/json.ts'
import { automationConvention, begunOrAsked } from './automation-conditions.ts'
import {
  type AutomationHands,
  commitOf,
  repositoryRef,
  type Sources,
  type Step,
  updating,
  type Work,
  working,
} from './automation-work-reconciler.ts'
import { newsOf, observedOf, type Pushed, readyText } from './automation.ts'
import { isReady } from './conditions.ts'
import { printImage, refsIn } from './latest.ts'

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
    const [was, is] = [before, after].map(object => refsIn((object as ImagePolicyObject | undefined) ?? {}).latest)
    if (!is || (was && printImage(was) === printImage(is))) return []
    return all.filter(({ metadata }) => metadata.namespace === after.metadata.namespace)
  }
  if (!before || before.metadata.generation === after.metadata.generation) return []
  return all.filter(automation => {
    const { name, namespace } = repositoryRef(automation)
    return name === after.metadata.name && namespace === after.metadata.namespace
  })
}

async function pass(automation: ImageUpdateAutomationObject, step: Step<Run>): Promise<Outcome> {
  const { hands, run } = step
  const { conditions, isNew } = begunOrAsked(automation)
  run.note({ fields: { lastAutomationRunTime: timestamp(hands.clock.now()) }, conditions })
  if (isNew) await run.show({})
  return working(automation, step, work => (work ? synced(automation, work, step) : Promise.resolve(done(automation, { synced: false }))))
}

async function synced(automation: ImageUpdateAutomationObject, work: Work, step: Step): Promise<Outcome> {
  const observed: JsonObject = {
    observedPolicies: work.choices.length > 0 ? observedOf(work.choices) : null,
    observedSourceRevision: work.revision,
  }
  const pushed = work.update.files.size === 0 ? undefined : await pushedUpdate(automation, work, step)
  if (!pushed) return done(automation, { synced: true, fields: observed })
  const own = work.source.plan.switches ? {} : { observedSourceRevision: `${pushed.branch}@sha1:${pushed.hash}` }
  const last = { lastPushCommit: pushed.hash, lastPushTime: timestamp(step.hands.clock.now()) }
  return done(automation, { synced: true, pushed, fields: { ...observed, ...own, ...last } })
}

async function pushedUpdate(automation: ImageUpdateAutomationObject, work: Work, step: Step): Promise<Pushed | undefined> {
  const { hands, run } = step
  const push = await commitOf(automation, work, step)
  const deadline = { clock: hands.clock, ms: work.source.plan.timeoutMs, what: 'pushing', signal: run.signal }
  const hash = await updating(
    run,
    withDeadline(deadline, signal => work.base.push(push, signal)),
  )
  const { branch, refspec, message } = push
  return hash === undefined ? undefined : { hash, branch, refspecs: refspec ? [refspec] : [], message }
}

function done(
  automation: ImageUpdateAutomationObject,
  { synced: isSynced, pushed, fields }: { synced: boolean; pushed?: Pushed; fields?: JsonObject },
): Outcome {
  const event = newsOf({ wasReady: isReady(automation), pushed, synced: isSynced })
  return ready(readyText, { events: [event], ...(fields ? { change: { fields } } : {}) })
}
