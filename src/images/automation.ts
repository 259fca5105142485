import type { EventDraft } from '../engine/events.ts'
import type { GitRepositoryObject } from '../kinds/git-repository.ts'
import type { ImagePolicyObject, ImageRef } from '../kinds/image-policy.ts'
import type { ImageUpdateAutomationObject } from '../kinds/image-update-automation.ts'
import { durationMs } from '../lib/duration.ts'
import { keptRef, refsIn, sameRef } from './latest.ts'
import type { ChosenImage } from './setters.ts'

type GitSpec = NonNullable<ImageUpdateAutomationObject['spec']['git']>

/** The branch where nothing names one. */
const usualBranch = 'master'

/** Where an automation checks out and pushes. */
export interface GitPlan {
  readonly ref: GitRepositoryObject['spec']['ref']
  readonly branch: string
  /** It pushes to another branch than that it checks out. */
  readonly switches: boolean
  readonly timeoutMs: number
}

/** What a spec and its GitRepository say together. Throws Flux's text when nothing names a branch to push to. Spec: images A.3.4. */
export function gitPlan(git: GitSpec, repository: Pick<GitRepositoryObject['spec'], 'ref' | 'timeout'>): GitPlan {
  const ref = git.checkout?.ref ?? repository.ref
  const timeoutMs = durationMs(repository.timeout ?? '1m')
  const branch = git.push?.branch
  if (branch) return { ref, branch, switches: branch !== (ref ? (ref.branch ?? '') : usualBranch), timeoutMs }
  if (!ref?.branch) throw new Error('push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref')
  return { ref, branch: ref.branch, switches: false, timeoutMs }
}

/** The policies of a list that have chosen an image. Spec: images A.3.3 step 1. */
export function choicesIn(policies: readonly ImagePolicyObject[]): ChosenImage[] {
  return policies.flatMap(policy => {
    const { metadata } = policy
    const image = refsIn(policy).latest
    return image ? [{ namespace: metadata.namespace ?? '', name: metadata.name, image }] : []
  })
}

type Observed = Readonly<Record<string, ImageRef>>

/** Choices as the status keeps them. */
export function observedOf(choices: readonly ChosenImage[]): Record<string, ReturnType<typeof keptRef>> {
  return Object.fromEntries(choices.map(({ name, image }) => [name, keptRef(image)]))
}

/** Whether policies have come, gone or chosen something else. Spec: images A.3.3 step 3. */
export function choicesChanged(before: Observed = {}, now: Observed): boolean {
  const same = (was: ImageRef | undefined, is: ImageRef): boolean => was !== undefined && sameRef(was, is)
  return Object.keys(before).length !== Object.keys(now).length || Object.entries(now).some(([name, ref]) => !same(before[name], ref))
}

/** A commit that was pushed. */
export interface Pushed {
  readonly hash: string
  readonly branch: string
  readonly refspecs: readonly string[]
  readonly message: string
}

const shortHash = 7

/** What is told of a push. Throws for one without a commit. Spec: images A.3.3. */
export function summaryOf({ hash, branch, refspecs, message }: Pushed): string {
  if (hash === '') throw new Error('empty push commit revision')
  const also = refspecs.length > 0 ? ` and refspecs '${refspecs.join("', '")}'` : ''
  return `pushed commit '${hash.slice(0, shortHash)}' to branch '${branch}'${also}${message === '' ? '' : `\n${message}`}`
}

export const readyText = 'repository up-to-date'

/** What a pass that ended well tells: a push, the end of a failure, or for the cluster alone that nothing changed. Spec: images A.3.3. */
export function newsOf({ wasReady, pushed, synced }: { wasReady: boolean; pushed?: Pushed | undefined; synced: boolean }): EventDraft {
  if (pushed) return { severity: 'info', reason: 'Succeeded', message: summaryOf(pushed) }
  if (!wasReady) return { severity: 'info', reason: 'Succeeded', message: readyText }
  return { severity: 'trace', reason: 'Succeeded', message: synced ? readyText : 'no change since last reconciliation' }
}

type Selector = NonNullable<ImageUpdateAutomationObject['spec']['policySelector']>

const keyPattern = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const valuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/** A selector as a list takes it; `undefined` for one that takes all. Throws for one that is none. Spec: images A.3.3 step 1. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector = {}): string | undefined {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${checkedKey(key)}=${checkedValue(value)}`)
  const all = [...equal, ...matchExpressions.map(requirementText)]
  return all.length === 0 ? undefined : all.join(',')
}

function requirementText({ key, operator, values = [] }: NonNullable<Selector['matchExpressions']>[number]): string {
  const name = checkedKey(key)
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw wrong("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
      return `${name} ${operator === 'In' ? 'in' : 'notin'} (${values.map(checkedValue).join(',')})`
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw wrong('values: Invalid value: values set must be empty for exists and does not exist')
      return operator === 'Exists' ? name : `!${name}`
    default:
      throw wrong(`${JSON.stringify(operator)} is not a valid label selector operator`)
  }
}

function checkedKey(key: string): string {
  if (keyPattern.test(key)) return key
  throw wrong(`key: Invalid value: ${JSON.stringify(key)}`)
}

function checkedValue(value: string): string {
  if (valuePattern.test(value)) return value
  throw wrong(`values: Invalid value: ${JSON.stringify(value)}`)
}

function wrong(why: string): Error {
  return new Error(`failed to parse policy selector: ${why}`)
}
