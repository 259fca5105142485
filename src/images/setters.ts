import type { ImageRef } from '../kinds/image-policy.ts'
import { messageOf } from '../lib/coded-error.ts'
import { type ParsedReference, parseReference } from '../lib/reference.ts'
import { ImageError } from './image.ts'
import { printImage } from './latest.ts'

/** A policy with the image that it has chosen. */
export interface ChosenImage {
  readonly namespace: string
  readonly name: string
  readonly image: ImageRef
}

/** What a marker stands for. */
export interface Setter {
  /** `namespace:policy`, and `:name`, `:tag` or `:digest`. */
  readonly name: string
  readonly value: string
  readonly policy: ChosenImage
  readonly reference: ParsedReference
}

/** What markers may name, by that name. Throws Flux's text for an image that is no reference. Spec: images A.4.3. */
export function settersOf(policies: readonly ChosenImage[]): ReadonlyMap<string, Setter> {
  const setters = policies.flatMap(policy => {
    const { name, tag, digest } = policy.image
    const whole = printImage(policy.image)
    const reference = referenceIn(whole)
    const marker = `${policy.namespace}:${policy.name}`
    const values = { [marker]: whole, [`${marker}:name`]: name, [`${marker}:tag`]: tag, [`${marker}:digest`]: digest ?? '' }
    return Object.entries(values).map(([setter, value]): Setter => ({ name: setter, value, policy, reference }))
  })
  return new Map(setters.map(setter => [setter.name, setter]))
}

function referenceIn(image: string): ParsedReference {
  try {
    return parseReference(image)
  } catch (cause) {
    throw new ImageError('IMAGE_INVALID', `encountered invalid image ref ${JSON.stringify(image)}: ${messageOf(cause)}`, { cause })
  }
}

const key = '$imagepolicy'

/** Only a file that has it is looked at. */
export const markerToken = JSON.stringify(key)

/** The setter that a comment names, with its `#`; `undefined` for any other comment. Spec: images A.4.2. */
export function markerIn(comment: string): string | undefined {
  const text = comment.replace(/^#+/, '')
  if (!text.includes(key)) return undefined
  try {
    const read = JSON.parse(text) as unknown
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined
    const fields = Object.entries(read)
    if (fields.some(([, value]) => typeof value !== 'string' && value !== null)) return undefined
    const named: unknown = fields.find(([name]) => name === key)?.[1]
    return typeof named === 'string' && named !== '' ? named : undefined
  } catch {
    return undefined
  }
}
