import * as z from 'zod'
import { digestStep } from '../../images/latest.ts'
import { ImageError, repositoryOf } from '../../images/image.ts'
import { chosen, PolicyError, policerOf } from '../../images/policy.ts'
import { tagsOf } from '../../images/repository-reconciler.ts'
import type { ChosenImage } from '../../images/setters.ts'
import type { Marked } from '../../images/setters-file.ts'
import type { ImageRef } from '../../kinds/image-policy.ts'
import { isDigest } from '../../lib/digest.ts'
import { inParallel } from '../../lib/parallel.ts'
import { type ParsedReference, splitReference } from '../../lib/reference.ts'
import type { World } from '../../world/world.ts'
import { openRegistry } from '../artifacts/registry-access.ts'
import { stepError, ToolError } from '../frame/error.ts'

const order = z.strictObject({ order: z.enum(['asc', 'desc']).optional() })

/** A policy that comes in a call: the fields of an ImagePolicy and of its ImageRepository. */
const givenPolicy = z.strictObject({
  name: z.string().regex(/^[^\s:]+:[^\s:]+$/, 'is no NAMESPACE:NAME, as in markers: {"$imagepolicy": "flux-system:app"}'),
  image: z.string().regex(/^[^@\s]+$/, 'names a repository alone: no digest, no user and no password'),
  policy: z.strictObject({
    semver: z.strictObject({ range: z.string() }).optional(),
    alphabetical: order.optional(),
    numerical: order.optional(),
  }),
  filterTags: z.strictObject({ pattern: z.string().optional(), extract: z.string().optional() }).optional(),
  digestReflectionPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('Never'),
  exclusionList: z.array(z.string()).max(25).optional(),
  insecure: z.boolean().default(false),
  provider: z.enum(['aws', 'azure', 'gcp']).optional(),
})
type Given = z.infer<typeof givenPolicy>

const fields =
  'name (NAMESPACE:NAME), image, policy ({semver: {range}}, {alphabetical: {order}} or {numerical: {order}}), filterTags ({pattern, extract}), digestReflectionPolicy, exclusionList, insecure, provider'
const registriesAtOnce = 8
const listing = '1m'

/** @throws {ToolError} InvalidArgument naming the field; for a policy that no marker names, or that is given twice. */
export function policiesIn(given: readonly unknown[], marks: readonly Marked[]): Given[] {
  const marked = new Set(marks.map(({ marker }) => policyOf(marker)))
  const names = new Set<string>()
  return given.map((one, i) => {
    const parsed = givenPolicy.safeParse(one)
    const [issue] = parsed.error?.issues ?? []
    if (!parsed.success)
      throw new ToolError(
        'InvalidArgument',
        `policies[${i}]${issue?.path.length ? `.${issue.path.join('.')}` : ''}: ${issue?.message ?? ''}`,
        {
          next: `correct it; fields are ${fields}`,
        },
      )
    if (!marked.has(parsed.data.name))
      throw new ToolError('InvalidArgument', `no marker names the policy '${parsed.data.name}'`, {
        next: marked.size > 0 ? `markers name ${[...marked].join(', ')}` : 'mark fields with # {"$imagepolicy": "NAMESPACE:NAME"}',
        valid: [...marked],
      })
    if (names.has(parsed.data.name))
      throw new ToolError('InvalidArgument', `policies[${i}].name: '${parsed.data.name}' is given twice`, {
        next: 'leave one of them away',
      })
    names.add(parsed.data.name)
    return parsed.data
  })
}

/** `namespace:policy` of a marker. */
export function policyOf(marker: string): string {
  return marker.split(':').slice(0, 2).join(':')
}

/** What given policies choose of the tags that registries have now. @throws {ToolError} InvalidArgument, NotReady. */
export function chosenOf(
  policies: readonly Given[],
  world: World,
  { marks, signal }: { marks: readonly Marked[]; signal: AbortSignal },
): Promise<ChosenImage[]> {
  return inParallel(policies, registriesAtOnce, async given => {
    const [namespace = '', name = ''] = given.name.split(':')
    try {
      return { namespace, name, image: await imageOf(given, world, { known: knownIn(marks, given.name), signal }) }
    } catch (thrown) {
      throw told(thrown, given.name)
    }
  })
}

async function imageOf(
  { image, policy, filterTags, digestReflectionPolicy, exclusionList, insecure, provider }: Given,
  world: World,
  { known, signal }: { known: ImageRef | undefined; signal: AbortSignal },
): Promise<ImageRef> {
  const at = repositoryOf(image)
  const policer = policerOf(policy)
  const registry = await openRegistry(world, { at, insecure, provider, signal }, 'lookup')
  const scanned = { apiVersion: '', kind: 'ImageRepository', metadata: { name: '' }, spec: { image, interval: listing, exclusionList } }
  const tags = await tagsOf(scanned as Parameters<typeof tagsOf>[0], { target: at, registry, clock: world.clock, signal })
  const { tag } = await chosen(policer, filterTags, tags)
  const ref = { name: image, tag }
  const step = digestStep(digestReflectionPolicy, known, ref)
  if (step === 'none') return ref
  const digest = step === 'keep' ? known?.digest : (await registry.lookUp({ ...at, tag } satisfies ParsedReference, signal)).digest
  return { ...ref, digest }
}

/** What a field that is marked for a policy as a whole says now; the first that has a digest. */
function knownIn(marks: readonly Marked[], policy: string): ImageRef | undefined {
  const refs = marks.flatMap(({ marker, value }): ImageRef[] => {
    const { name, tag, digest } = splitReference(value)
    return marker === policy && tag && digest && isDigest(digest) ? [{ name, tag, digest }] : []
  })
  return refs[0]
}

/** What a failure of a policy is in the tools' words; others as they are. */
function told(thrown: unknown, policy: string): unknown {
  const as = (code: ConstructorParameters<typeof ToolError>[0], next: string): ToolError =>
    new ToolError(code, `policy '${policy}': ${(thrown as Error).message}`, { next, cause: thrown })
  if (thrown instanceof ImageError)
    return as('InvalidArgument', 'image is a repository, as ghcr.io/org/app, without scheme, tag and digest')
  if (!(thrown instanceof PolicyError)) return stepError(thrown, `policy '${policy}'`)
  return thrown.code === 'INVALID_POLICY'
    ? as('InvalidArgument', 'correct policy and filterTags')
    : as('NotReady', `widen policy or filterTags; list_artifacts shows the tags of an image`)
}
