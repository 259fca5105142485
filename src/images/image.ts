import { CodedError } from '../lib/coded-error.ts'
import { type ParsedReference, parseReference, printReference } from '../lib/reference.ts'

/** An image that is no repository alone. Messages are Flux's. */
export class ImageError extends CodedError<'IMAGE_INVALID'> {
  override readonly name = 'ImageError'
}

/** The repository that `spec.image` names. @throws {ImageError} also for one with a scheme, a tag or a digest. Spec: image-helm-notification A.1.3 step 4. */
export function repositoryOf(image: string): ParsedReference {
  const [scheme, after] = image.split('://')
  if (after !== undefined) throw invalid(`image '${image}' should not include URL scheme; remove '${scheme ?? ''}://'`)
  const { registry, repository } = parsed(image)
  const tag = (image.startsWith(registry) ? image.slice(registry.length) : image).split(':')[1]
  if (tag !== undefined) throw invalid(`image '${image}' should not include a tag; remove ':${tag}'`)
  return { registry, repository }
}

function parsed(image: string): ParsedReference {
  try {
    return parseReference(image)
  } catch (cause) {
    throw invalid(`could not parse reference: ${image}`, cause)
  }
}

function invalid(message: string, cause?: unknown): ImageError {
  return new ImageError('IMAGE_INVALID', message, cause === undefined ? {} : { cause })
}

/** A repository with all that a short name leaves out: `alpine` is `index.docker.io/library/alpine`. Spec: image-helm-notification A.1.2. */
export function canonicalName({ registry, repository }: ParsedReference): string {
  return printReference({ registry, repository })
}
