import { CodedError } from './coded-error.ts'
import { type Digest, isDigest } from './digest.ts'

/** Where an OCI artifact is: `registry` is host[:port] (Docker Hub is `index.docker.io`); at most one of `tag` and `digest`, the digest winning. */
export interface ParsedReference {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

/** INVALID_URL: no `oci://`. INVALID_REFERENCE: a part that no registry would take. Messages are Flux's. */
export class ReferenceError extends CodedError<'INVALID_URL' | 'INVALID_REFERENCE'> {
  override readonly name = 'ReferenceError'
}

const scheme = 'oci://'
const allowed = 'abcdefghijklmnopqrstuvwxyz0123456789_-./'
const registryPattern = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?$/i
/** What a registry takes as a tag; no path can be in it. */
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** Parses `oci://host/repo[:tag|@digest]`. @throws {ReferenceError} Spec: sources 3.8, 10.1 */
export function parseOciUrl(url: string): ParsedReference {
  if (!url.startsWith(scheme)) throw new ReferenceError('INVALID_URL', "URL must be in format 'oci://<domain>/<org>/<repo>'")
  return parseReference(url.slice(scheme.length))
}

/**
 * Parses a reference as a container runtime does: without a host it is Docker Hub's, and one name alone is below `library/`.
 * @throws {ReferenceError}
 */
export function parseReference(text: string): ParsedReference {
  const { name, tag, digest } = splitReference(text.startsWith(scheme) ? text.slice(scheme.length) : text)
  if (digest?.includes('/'))
    throw new ReferenceError(
      'INVALID_REFERENCE',
      'could not parse reference: it has a user or a password before the host: sign in elsewhere',
    )
  if (digest !== undefined && !isDigest(digest))
    throw new ReferenceError('INVALID_REFERENCE', `could not parse reference: ${text}: '${digest}' is no digest (algo:hex)`)
  if (tag !== undefined && !isTag(tag))
    throw new ReferenceError('INVALID_REFERENCE', `could not parse reference: ${text}: '${tag}' is no tag`)
  const place = parseRepository(name)
  return { ...place, ...(digest !== undefined ? { digest } : tag !== undefined ? { tag } : {}) }
}

/** The parts of `name[:tag][@digest]` as they are written; nothing is checked. */
export function splitReference(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@')
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  return {
    name: hasTag ? named.slice(0, colon) : named,
    tag: hasTag ? named.slice(colon + 1) : undefined,
    digest: at < 0 ? undefined : text.slice(at + 1),
  }
}

/** True for a tag that a registry may have; no path can be in it. */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/** Parses a repository without tag or digest. @throws {ReferenceError} */
export function parseRepository(text: string): { registry: string; repository: string } {
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost'
  const registry = hasHost ? (first === 'docker.io' ? 'index.docker.io' : first) : 'index.docker.io'
  if (!registryPattern.test(registry))
    throw new ReferenceError('INVALID_REFERENCE', `registries must be valid RFC 3986 URI authorities: ${registry}`)
  const path = hasHost ? text.slice(slash + 1) : text
  const repository = registry === 'index.docker.io' && path !== '' && !path.includes('/') ? `library/${path}` : path
  if (repository.length < 2 || repository.length > 255)
    throw new ReferenceError('INVALID_REFERENCE', `repository must be between 2 and 255 characters in length: ${repository}`)
  if ([...repository].some(c => !allowed.includes(c)))
    throw new ReferenceError('INVALID_REFERENCE', `repository can only contain the characters \`${allowed}\`: ${repository}`)
  if (repository.split('/').some(part => !/^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/.test(part)))
    throw new ReferenceError(
      'INVALID_REFERENCE',
      `could not parse reference: ${text}: each part of a repository's name starts and ends with a letter or a digit`,
    )
  return { registry, repository }
}

/** `host/repo:tag`, `host/repo@digest` or `host/repo`. */
export function printReference({ registry, repository, tag, digest }: ParsedReference): string {
  return `${registry}/${repository}${digest ? `@${digest}` : tag ? `:${tag}` : ''}`
}
