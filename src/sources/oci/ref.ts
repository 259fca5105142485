import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { type Digest, isDigest } from '../../lib/digest.ts'
import { equal } from '../../lib/json.ts'
import { isTag, type ParsedReference, parseOciUrl, ReferenceError } from '../../lib/reference.ts'

type Spec = OCIRepositoryObject['spec']

/** How a spec names its revision; `latest` is the tag without a ref. Spec: sources 3.3. */
export type Wanted =
  | { readonly by: 'digest'; readonly digest: string }
  | { readonly by: 'semver'; readonly range: string; readonly filter: string | undefined }
  | { readonly by: 'tag'; readonly tag: string }

/** Digest wins over range, range over tag. */
export function wantedOf({ ref }: Spec): Wanted {
  if (ref?.digest) return { by: 'digest', digest: ref.digest }
  if (ref?.semver) return { by: 'semver', range: ref.semver, filter: ref.semverFilter }
  return { by: 'tag', tag: ref?.tag || 'latest' }
}

/** The repository of a URL. @throws {ReferenceError} also for one with a tag or digest. */
export function repositoryOf(url: string): ParsedReference {
  const parsed = parseOciUrl(url)
  if (parsed.tag === undefined && parsed.digest === undefined) return parsed
  throw new ReferenceError(
    'INVALID_REFERENCE',
    `repository can only contain the characters \`abcdefghijklmnopqrstuvwxyz0123456789_-./\`: ${url.slice(url.indexOf('/', 'oci://'.length) + 1)}`,
  )
}

/** A digest from `spec.ref`. @throws {ReferenceError} in the registry library's words. */
export function digestOf(text: string): Digest {
  if (isDigest(text)) return text
  throw new ReferenceError('INVALID_REFERENCE', whyNoDigest(text))
}

function whyNoDigest(text: string): string {
  const [algorithm = '', hex, ...more] = text.split(':')
  if (hex === undefined || more.length > 0) return `cannot parse hash: ${JSON.stringify(text)}`
  const [wrong] = /[^0-9a-f]/.exec(hex) ?? []
  if (wrong !== undefined) return `found non-hex character in hash: ${wrong}`
  return ['sha256', 'sha384', 'sha512'].includes(algorithm)
    ? `wrong number of hex digits for ${algorithm}: ${hex}`
    : `unsupported hash: ${JSON.stringify(algorithm)}`
}

/** A tag from `spec.ref`: one with a path in it would lead to another repository than the one that the URL names. @throws {ReferenceError} */
export function tagOf(text: string): string {
  if (isTag(text)) return text
  throw new ReferenceError('INVALID_REFERENCE', `'${text}' is no tag`)
}

/** `tag@sha256:…`, or the digest alone. */
export function revisionOf(digest: Digest, tag: string | undefined): string {
  return tag === undefined ? digest : `${tag}@${digest}`
}

/** Whether what the artifact was made from, beside its revision, is as the spec has it; absent and empty differ. Spec: sources 3.2 step 10. */
export function sameContentConfig({ spec, status }: Pick<OCIRepositoryObject, 'spec' | 'status'>): boolean {
  return status?.observedIgnore === spec.ignore && equal(status?.observedLayerSelector ?? null, spec.layerSelector ?? null)
}
