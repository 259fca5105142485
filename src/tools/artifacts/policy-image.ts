import { refsIn } from '../../images/latest.ts'
import type { EngineOptions } from '../tool.ts'
import { during, StepError } from '../../engine/outcome.ts'
import { accessOf } from '../../images/access-reconciler.ts'
import { ImageError, repositoryOf } from '../../images/image.ts'
import { candidates, chosen, type Chosen, PolicyError, type Policer, policerOf } from '../../images/policy.ts'
import { repositoryFor } from '../../images/policy-reconciler.ts'
import { tagsOf } from '../../images/repository-reconciler.ts'
import type { ImagePolicyObject } from '../../kinds/image-policy.ts'
import { printRef } from '../../kinds/manifest.ts'
import { counted } from '../../lib/counted.ts'
import type { ParsedReference } from '../../lib/reference.ts'
import type { Registry } from '../../world/registry/registry.ts'
import type { World } from '../../world/world.ts'
import { stepError, ToolError, type ToolErrorCode } from '../frame/error.ts'
import { existing, locate } from '../objects/locate.ts'

interface Wanted {
  readonly cluster?: string | undefined
  readonly namespace?: string | undefined
  readonly policy: string
}

/** What a policy would choose now, and why. */
export interface PolicyImage {
  readonly ref: ParsedReference
  readonly registry: Registry
  readonly policy: string
  readonly reason: string
  /** The best, the chosen one first. */
  readonly candidates: string[]
  readonly tags: number
  /** The tag in the status; absent before the first choice. */
  readonly inEffect?: string
}

const shown = 10

/** Chooses as an ImagePolicy of a cluster does, among the tags that the registry has now. @throws {ToolError} NotFound, Forbidden, Stalled, NotReady. */
export async function policyImage(
  world: World,
  { policy: name, ...wanted }: Wanted,
  { signal, engine }: { signal: AbortSignal; engine: Pick<EngineOptions, 'settings'> },
): Promise<PolicyImage> {
  const located = await locate(world, { ...wanted, kind: 'ImagePolicy', name }, signal)
  const policy = (await existing(located, signal)) as ImagePolicyObject
  const step = { hands: { ...world, cluster: located.cluster }, run: { signal, settings: engine.settings } }
  const printed = printRef(located.ref)
  try {
    const repository = await repositoryFor(policy, step)
    const target = repositoryOf(repository.spec.image)
    const policer = policerOf(policy.spec.policy)
    const access = await during('AuthenticationFailed', accessOf(repository, step))
    const registry = await world.registries.open(access, 'lookup')
    const tags = await tagsOf(repository, { target, registry, clock: world.clock, signal })
    const choice = await chosen(policer, policy.spec.filterTags, tags)
    const { best, count } = candidates(policer, choice, shown)
    const inEffect = refsIn(policy).latest?.tag
    return {
      ref: { ...target, tag: choice.tag },
      registry,
      policy: printed,
      reason: reasonOf(policer, choice, count),
      candidates: best,
      tags: tags.length,
      ...(inEffect === undefined ? {} : { inEffect }),
    }
  } catch (thrown) {
    throw told(thrown, printed)
  }
}

function reasonOf(policer: Policer, { tag, value }: Chosen, count: number): string {
  const many = counted(count, 'candidate')
  const compared = value === tag ? '' : `, compared by '${value}'`
  switch (policer.by) {
    case 'semver':
      return `the highest version in '${policer.range}' of ${many}${compared}`
    case 'alphabetical':
      return `the ${policer.order === 'ASC' ? 'last' : 'first'} in alphabetical order of ${many}${compared}`
    case 'numerical':
      return `the ${policer.order === 'ASC' ? 'largest' : 'smallest'} number of ${many}${compared}`
  }
}

const advice: Readonly<Record<string, { code: ToolErrorCode; next: string } | undefined>> = {
  AccessDenied: { code: 'Forbidden', next: "let the ImageRepository's spec.accessFrom name the policy's namespace" },
  DependencyNotReady: { code: 'NotFound', next: 'correct spec.imageRepositoryRef' },
  AuthenticationFailed: {
    code: 'Unauthenticated',
    next: 'correct spec.secretRef, certSecretRef, proxySecretRef or serviceAccountName of the ImageRepository, or what the message names of it',
  },
}

/** What a failure of a policy is in the tools' words; others as they are. */
function told(thrown: unknown, object: string): unknown {
  const as = (code: ConstructorParameters<typeof ToolError>[0], next: string): ToolError =>
    new ToolError(code, `${object}: ${(thrown as Error).message}`, { next, object, cause: thrown })
  if (thrown instanceof ImageError) return as('Stalled', "correct the ImageRepository's spec.image")
  if (!(thrown instanceof PolicyError)) return stepError(thrown, object, thrown instanceof StepError ? advice[thrown.code] : undefined)
  return thrown.code === 'INVALID_POLICY'
    ? as('Stalled', 'correct spec.policy and spec.filterTags')
    : as('NotReady', 'widen spec.policy or spec.filterTags, or push a tag that they take')
}
